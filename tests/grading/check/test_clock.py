"""Seconds that a process works, on a machine whose time the test makes."""

import pytest

from gdcourse.grading.check import clock as module
from gdcourse.grading.check.clock import Clock


class Process:
    """A process on a machine whose time we make: clock -> (seconds passed, seconds of processor used)."""

    def __init__(self, monkeypatch):
        self.passed, self.used = 0.0, 0.0
        monkeypatch.setattr(module.time, "monotonic", lambda: self.passed)

    def cpu_times(self):
        return type("Times", (), {"user": 0.75 * self.used, "system": 0.25 * self.used})

    def go(self, passed, used):
        self.passed, self.used = self.passed + passed, self.used + used


def test_the_clock_counts_work_not_waiting_for_a_processor(monkeypatch):
    process = Process(monkeypatch)
    clock = Clock(process)
    process.go(10, 4)  # five busy processes share two processors
    assert clock.tick() == pytest.approx(4)
    process.go(10, 0.5)  # a very busy machine
    assert clock.tick() == pytest.approx(4.5)
    process.go(10, 10)
    assert clock.tick() == pytest.approx(14.5)


def test_the_clock_counts_sleep_in_full_and_threads_once(monkeypatch):
    process = Process(monkeypatch)
    clock = Clock(process)
    process.go(10, 0)
    assert clock.tick() == pytest.approx(10)
    process.go(10, 20)  # two threads at once
    assert clock.tick() == pytest.approx(20)
