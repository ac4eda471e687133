"""Processors: which ones this process may use, and which one a worker has for itself."""

import os
import socket
import sys


def available() -> list[int] | list[None]:
    """Return the processors that this process may use, or as many None where the system does not say which."""
    known = hasattr(os, "sched_getaffinity")
    return sorted(os.sched_getaffinity(0)) if known else [None] * (os.cpu_count() or 1)


class Claim:
    """A processor that no other claim on this machine has, while this one lives; `cpu` is None if there is none left.

    A claim is an abstract socket with the processor's number in its name: the kernel lets one process bind it, and gives it
    back whatever way that process ends.
    """

    def __init__(self) -> None:
        self.cpu, self._socket = None, None
        for cpu in available() if sys.platform == "linux" else ():
            held = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            try:
                held.bind(f"\0gdcourse-processor-{cpu}")
            except OSError:  # somebody has it
                held.close()
                continue
            self.cpu, self._socket = cpu, held
            return

    def close(self) -> None:
        """Give the processor back."""
        if self._socket is not None:
            self._socket.close()
