"""A clock that a busy machine does not move."""

import time

import psutil

EXPLAIN = 5.0  # seconds for saying what of a failed test cell does not hold
TICK = 0.25  # seconds between two looks at the clock
IDLE = 0.02  # a process that uses less of a processor than this share is waiting


class Clock:
    """Counts the seconds that a process works, or waits for something else than a processor.

    On a busy machine a process waits for a processor most of the time; that is not counted. One that sleeps uses none at all.
    """

    def __init__(self, process: psutil.Process) -> None:
        self.process, self.seconds = process, 0.0
        self._before = self._now()

    def tick(self) -> float:
        """Look at the process, and return the seconds so far."""
        now = self._now()
        passed, used = (after - before for after, before in zip(now, self._before, strict=True))
        self.seconds += passed if used <= IDLE * passed else min(used, passed)
        self._before = now
        return self.seconds

    def _now(self) -> tuple[float, float]:
        times = self.process.cpu_times()
        return time.monotonic(), times.user + times.system
