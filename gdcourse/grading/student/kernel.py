"""Calls of the Linux kernel that Python has no function for, through the C library."""

import ctypes
import os
import signal
import struct
import sys
from typing import Any

NEW_MOUNTS, NEW_NAMES, NEW_IPC, NEW_USER, NEW_PIDS, NEW_NET = (
    0x20000,
    0x4000000,
    0x8000000,
    0x10000000,
    0x20000000,
    0x40000000,
)
READ_ONLY, NO_SUID, NO_DEVICES, NO_EXEC, REMOUNT, BIND, RECURSIVE, PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
SET_DEATH_SIGNAL, SET_DUMPABLE, SET_SECCOMP, SET_NO_NEW_PRIVILEGES, FILTER, DETACH = 1, 4, 22, 38, 2, 2
PIVOT_ROOT = {"aarch64": 41}.get(os.uname().machine, 155) if hasattr(os, "uname") else 155


class SandboxError(Exception):
    """The system does not let the process be isolated; the message says which step failed."""


_libc = ctypes.CDLL(None, use_errno=True)


def call(name: str, *args: Any) -> None:
    """Call a function of the C library; raise `SandboxError` if it fails."""
    words = [
        ctypes.c_char_p(a.encode()) if isinstance(a, str) else ctypes.c_ulong(a) if isinstance(a, int) else a
        for a in args
    ]
    if getattr(_libc, name)(*words) != 0:
        raise SandboxError(f"{name}{args}: {os.strerror(ctypes.get_errno())}")


def die_with_parent() -> None:
    """Let the kernel kill this process when the one that started it ends."""
    if sys.platform == "linux":
        call("prctl", SET_DEATH_SIGNAL, int(signal.SIGKILL), 0, 0, 0)


def pivot_root() -> None:
    """Make the working folder the root of the file system; the old root lies over it, to be unmounted."""
    if _libc.syscall(ctypes.c_long(PIVOT_ROOT), b".", b".") != 0:
        raise SandboxError(f"pivot_root: {os.strerror(ctypes.get_errno())}")


def drop_capabilities() -> None:
    """Empty the capability sets: in a user namespace of its own a process has all of them."""
    header = ctypes.create_string_buffer(struct.pack("II", 0x20080522, 0))
    call("capset", header, ctypes.create_string_buffer(bytes(24)))
