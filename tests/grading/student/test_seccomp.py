"""Behind the filter, what `FORBIDDEN` lists is refused, and what Python needs works."""

import ctypes
import errno
import os
import sys

import pytest

from gdcourse.grading.student import seccomp
from gdcourse.grading.student.kernel import SET_NO_NEW_PRIVILEGES, call
from grading.student.test_shell import in_a_fork

pytestmark = pytest.mark.skipif(seccomp.ARCHITECTURE is None, reason="no table of system calls for this processor")


def behind_the_filter(source):
    """Run statements behind the filter; return the repr of `answer`."""

    def work():
        call("prctl", SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        seccomp.filter_system_calls()
        namespace = {}
        exec(source, namespace)
        return repr(namespace["answer"])

    return in_a_fork(work)


REFUSED = [
    "import os; answer = os.fork()",
    "import os; answer = os.execv('/bin/true', ['true'])",
    "import subprocess; answer = subprocess.run(['true'])",
    "import socket; answer = socket.socket(socket.AF_INET)",
    "import socket; answer = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
    "import os; answer = os.memfd_create('x')",
    "import fcntl; answer = fcntl.flock(0, fcntl.LOCK_EX)",
    "import fcntl; answer = fcntl.lockf(open('/dev/null'), fcntl.LOCK_SH)",
    "import os; answer = os.sched_setaffinity(0, [0])",
    "import os; answer = os.nice(1)",
    "import os; answer = os.posix_fadvise(os.open('/dev/null', 0), 0, 0, os.POSIX_FADV_DONTNEED)",
    "import mmap; answer = mmap.mmap(-1, 1 << 16).madvise(mmap.MADV_WILLNEED)",
    "import os; answer = os.splice(0, 1, 1)",
    "import os; answer = os.unshare(os.CLONE_NEWUSER)" if hasattr(os, "unshare") else "raise PermissionError",
]


@pytest.mark.parametrize("source", REFUSED)
def test_what_leads_out_is_refused(source):
    assert behind_the_filter(source).startswith("PermissionError(")


WORKS = {
    "import threading; t = threading.Thread(target=print); t.start(); t.join(); answer = 1": "1",
    "import socket; answer = len(socket.socketpair())": "2",
    "import numpy; answer = float(numpy.linalg.norm([3, 4]))": "5.0",
    "import tempfile; answer = tempfile.TemporaryFile().write(b'abc')": "3",
    "import mmap; answer = mmap.mmap(-1, 1 << 16).madvise(mmap.MADV_DONTNEED)": "None",
    "import os; f = os.open('/proc/self/status', 0); answer = os.preadv(f, [bytearray(5)], 0)": "5",
    "import os; answer = os.cpu_count() > 0 and len(os.sched_getaffinity(0)) > 0": "True",
    "import fcntl, os; answer = fcntl.fcntl(0, fcntl.F_GETFD) >= 0": "True",
    "import os, signal; os.kill(os.getpid(), 0); answer = signal.getsignal(signal.SIGINT) is not None": "True",
}


@pytest.mark.parametrize("source", WORKS)
def test_what_python_needs_works(source):
    assert behind_the_filter(source) == WORKS[source]


def test_every_call_of_the_table_is_refused_by_its_number():
    arm = os.uname().machine == "aarch64"
    numbers = {name: both[arm] for name, both in seccomp.FORBIDDEN.items() if both[arm] is not None}

    def work():
        call("prctl", SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        seccomp.filter_system_calls()
        libc = ctypes.CDLL(None, use_errno=True)
        allowed = []
        for name, number in numbers.items():
            ctypes.set_errno(0)
            if not (libc.syscall(number, -1, -1, -1, -1, -1) == -1 and ctypes.get_errno() == errno.EPERM):
                allowed.append(name)
        return repr(allowed)

    assert sys.platform == "linux" and len(numbers) > 40
    assert in_a_fork(work) == "[]"
