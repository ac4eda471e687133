"""The warm parent: has imported what a unit's notebooks import, runs nothing of it, and forks a process for each student.

An engine forks it before it has read the unit's source, so no test was ever in its memory; its environment is the engine's own,
without secrets. Each message on its socket brings one end of another (as ancillary data), which becomes the only connection of
a new student's process.
"""

import os
import signal
import socket
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from gdcourse.grading import forking
from gdcourse.grading.limits import ORDER_BYTES, Limits
from gdcourse.grading.student import sandbox
from gdcourse.grading.student.kernel import SandboxError, die_with_parent
from gdcourse.grading.wire.channel import Channel
from gdcourse.grading.wire.messages import CannotIsolate, End, Ended, Files, Fork, Message, Ready, Started, load


def start(settings: dict[str, Any], strangers: Iterable[socket.socket]) -> tuple[int, socket.socket]:
    """Fork the warm parent; return (its process id, the socket to it). strangers: sockets that are none of its business.

    settings: of the `sandbox`, "hidden" and "limits", and "folder", where student code works that is not isolated.
    """
    control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pid = os.fork()
    if pid:
        theirs.close()
        return pid, control
    try:
        for each in (control, *strangers):
            each.close()
        _serve(theirs, settings)
    finally:
        os._exit(0)


def _serve(control: socket.socket, settings: dict[str, Any]) -> None:
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the terminal is the grader's business
    from gdcourse.grading.student.shell import Shell

    settings["view"] = sandbox.View.of_python(hidden=[*settings["hidden"], *sandbox.copies()])
    Shell.warm = Shell()
    forking.settle()
    control.send(Ready().dump())
    children: set[int] = set()
    while True:
        message, fds, *_ = socket.recv_fds(control, ORDER_BYTES, 1)
        if not message:
            break
        order: Message = load(message, (Fork, End))
        if isinstance(order, Fork):
            pid = _start(control, fds[0], settings, order.isolated)
            children.add(pid)
            control.send(Started(pid).dump())
        elif isinstance(order, End):
            _end(children, order.pid)
            control.send(Ended(order.pid).dump())
    for pid in list(children):
        _end(children, pid)


def _end(children: set[int], pid: int) -> None:
    """Kill a supervisor, and with it all that the student's process has started."""
    if pid in children:
        children.remove(pid)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _start(control: socket.socket, fd: int, settings: dict[str, Any], isolated: bool) -> int:
    """Fork a supervisor for one student, outside the new namespaces; return its process id."""
    pid = os.fork()
    if pid:
        os.close(fd)
        return pid
    status = 1
    try:
        die_with_parent()
        control.close()
        status = _supervise(fd, settings, isolated)
    finally:
        os._exit(status)


def _supervise(fd: int, settings: dict[str, Any], isolated: bool) -> int:
    channel = Channel(socket.socket(fileno=fd))
    try:
        if isolated:
            sandbox.separate()
    except SandboxError as error:
        channel.send(CannotIsolate(str(error)))
        return 1
    number = os.getpid()  # of this machine, the student's process has another
    student = os.fork()
    if student == 0:
        try:
            die_with_parent()
            _become_student(channel, settings, isolated, number)
        finally:
            os._exit(0)
    channel.close()
    signal.signal(signal.SIGINT, lambda *_: os.kill(student, signal.SIGINT))
    _, status = os.waitpid(student, 0)
    return 0 if status == 0 else 1


def _become_student(channel: Channel, settings: dict[str, Any], isolated: bool, number: int) -> None:
    os.setsid()
    nothing = os.open("/dev/null", os.O_RDONLY)
    os.dup2(nothing, 0)
    sys.stdin = open(0)  # noqa: SIM115
    from gdcourse.grading.student.process import Student

    process = Student(channel)  # its streams take the place of 1 and 2
    files = channel.receive(Files).files
    try:
        if isolated:
            sandbox.enter(settings["view"], Limits(**settings["limits"]), files, number)
        else:
            _work_in(settings["folder"], files)
    except (SandboxError, OSError) as error:
        channel.send(CannotIsolate(str(error)))
        return
    _forget()
    os.environ["PYTHONBREAKPOINT"] = "0"  # nobody is there to debug: a `breakpoint()` left in an answer does nothing
    channel.send(Ready())
    process.serve()


def _work_in(folder: str, files: Mapping[str, bytes]) -> None:
    """Without isolation: work in a fresh folder below ``folder``."""
    import tempfile
    from pathlib import Path

    os.chdir(tempfile.mkdtemp(dir=folder))
    for name, content in files.items():
        path = Path(sandbox.below(".", name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _forget() -> None:
    """Take the course's package out of reach of an import; its files are not there any more either."""
    for name in [name for name in sys.modules if name.split(".")[0] == "gdcourse"]:
        del sys.modules[name]
    sys.meta_path[:] = [finder for finder in sys.meta_path if "gdcourse" not in repr(finder)]
    sys.path[:] = ["", *(path for path in sys.path if os.path.isdir(path))]
    sys.argv[:] = ["student"]
