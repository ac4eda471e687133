"""Calls of the kernel that fail say which and why, and a child ends with its parent."""

import os
import signal
import sys
import time
from pathlib import Path

import psutil
import pytest

from gdcourse.grading.student import kernel
from gdcourse.grading.student.kernel import SandboxError
from grading.student.test_shell import in_a_fork

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="these are Linux's")


@pytest.mark.parametrize(
    "call", [("prctl", 99999, 0, 0, 0, 0), ("mount", "none", "/nowhere/at/all", "none", kernel.BIND, None)]
)
def test_a_call_that_fails_says_which_and_why(call):
    with pytest.raises(
        SandboxError, match=rf"{call[0]}\(.*\): (Invalid argument|No such file|Operation not permitted)"
    ):
        kernel.call(*call)


def test_a_child_ends_with_its_parent():
    reader, writer = os.pipe()
    parent = os.fork()
    if parent == 0:
        if os.fork() == 0:
            kernel.die_with_parent()
            os.write(writer, f"{os.getpid()}\n".encode())
            time.sleep(60)
        time.sleep(60)
    child = psutil.Process(int(os.read(reader, 20)))
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    assert psutil.wait_procs([child], timeout=10)[1] == [] or child.status() == psutil.STATUS_ZOMBIE
    os.close(reader)
    os.close(writer)


def test_no_capability_is_left():
    def work():
        kernel.drop_capabilities()
        lines = Path("/proc/self/status").read_text().splitlines()
        return " ".join(line.split()[1] for line in lines if line.startswith(("CapEff", "CapPrm", "CapInh")))

    assert set(in_a_fork(work).split()) == {"0" * 16}


def test_the_root_cannot_be_moved_to_where_it_is():
    def work():
        try:
            kernel.pivot_root()
        except SandboxError as error:
            return str(error)
        return "moved"

    assert in_a_fork(work).startswith("pivot_root: ")
