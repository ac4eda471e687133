"""The processes of engines, found by the command that starts them."""

import contextlib
import subprocess
import sys
from functools import cache

import psutil

from gdcourse.grading.engine.near_end import FAR_END


def is_engine(process):
    """Is this process an engine, or forked by one?"""
    with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return FAR_END in process.cmdline()
    return False


def engines():
    """Return all engines of this machine, with all that they have forked."""
    return [process for process in psutil.process_iter() if is_engine(process)]


REAPER = """
import os, time
parent = os.getpid()
if os.fork() == 0:
    while os.getppid() == parent:
        time.sleep(0.001)
    print(os.getppid())
"""


@cache
def reaper():
    """Return the id of the process that becomes the parent of those whose own has ended: 1, or a session's manager."""
    return int(subprocess.run([sys.executable, "-c", REAPER], capture_output=True, text=True, check=True).stdout)


def orphans():
    """Return the ids of engines and forks of them whose parent is gone."""
    return {process.pid for process in engines() if process.ppid() == reaper()}


def pids(engine):
    """Return the ids of an `Engine`'s process and its zygote, [] if it has none."""
    if engine.pid is None:
        return []
    return [engine.pid, *(child.pid for child in psutil.Process(engine.pid).children())]
