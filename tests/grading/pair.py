"""Both ends of the wire: a student's process forked from the test, or a test that plays the student itself."""

import os
import signal
import socket
import sys
import traceback
from contextlib import closing, contextmanager, suppress

from gdcourse.grading.judge.remote import Remote
from gdcourse.grading.student.process import Student
from gdcourse.grading.wire.channel import LENGTH, Channel


@contextmanager
def student(source, call_limit=5.0):
    """Run ``source`` in a student's process and give the judge's `Remote` of it; the process ends with the block."""
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        ours.close()
        _be_student(theirs, source)
    theirs.close()

    def send(number):
        with suppress(ProcessLookupError):
            os.kill(pid, number)

    try:
        with closing(Channel(ours)) as channel:
            yield Remote(channel, lambda: send(signal.SIGINT), lambda: send(signal.SIGKILL), call_limit)
    finally:
        send(signal.SIGKILL)
        os.waitpid(pid, 0)


def _be_student(sock, source):
    try:
        main = type(sys)("__main__")
        sys.modules["__main__"] = main
        process = Student(Channel(sock))
        exec(source, main.__dict__)
        process.serve()
    except BaseException:
        os.write(sys.__stderr__.fileno(), traceback.format_exc().encode())
    finally:
        os._exit(0)


class Forger:
    """The student's end in the test's own hands: what it sends lies ready before the judge asks."""

    def __init__(self, call_limit=5.0):
        ours, self.sock = socket.socketpair()
        self.signals = []
        interrupt, kill = lambda: self.signals.append("interrupt"), lambda: self.signals.append("kill")
        self.remote = Remote(Channel(ours), interrupt, kill, call_limit)
        self.channel = Channel(self.sock)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remote.channel.close()
        self.sock.close()

    def send(self, message):
        """Send a message, or raw bytes in a frame."""
        raw = message if isinstance(message, bytes) else message.dump()
        self.sock.sendall(LENGTH.pack(len(raw)) + raw)
