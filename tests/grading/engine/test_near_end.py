"""An engine starts where it can, and leaves nothing behind where it is killed."""

import os
import signal
import time
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from gdcourse.grading.engine.near_end import Engine, imports
from gdcourse.grading.engine.results import EngineError, Job
from gdcourse.grading.limits import BUSY, START, Limits
from gdcourse.grading.notebooks import NotebookError
from gdcourse.grading.wire.messages import NotMarked


@pytest.mark.isolated
def test_a_killed_engine_leaves_no_folder():
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x = 1")])
    with Engine(Job(nbformat.writes(nb))) as engine:
        engine.mark(nbformat.writes(nb).encode())
        folder = Path(engine.folder)
        assert folder.is_dir()
        os.kill(engine.pid, signal.SIGKILL)
    assert not folder.exists()


def test_the_far_end_gets_the_time_that_it_may_take_on_a_busy_machine(monkeypatch):
    """It gives back what was waited for a processor, up to `BUSY` times the limit."""
    engine, left = Engine(Job("", limits=Limits(total=300.0))), []

    class Listens:
        def send(self, *_):
            pass

        def receive(self, *_, deadline):
            left.append(deadline - time.monotonic())
            return NotMarked("enough", ours=False)

    engine._channel = Listens()
    monkeypatch.setattr(engine, "_start", lambda: None)
    with pytest.raises(NotebookError, match="enough"):
        engine.mark(b"")
    assert left[0] > BUSY * 300.0 + START


def test_a_system_without_fork_is_told(monkeypatch):
    monkeypatch.delattr(os, "fork")
    with Engine(Job("")) as engine, pytest.raises(EngineError, match="use Linux, macOS or WSL"):
        engine.mark(b"")


@pytest.mark.parametrize(
    ("source", "needed"),
    [
        ("import torch\nloss.backward()", ["torch"]),
        ("import torch\ntorch.optim.SGD(model.parameters(), 0.1)", ["torch", "torch._dynamo"]),
        ("import tensorflow as tf\nimport torch, numpy", ["torch", "numpy", "tensorflow", "keras"]),
        ("import gdcourse.losses\nfrom a.b import c\n%magic", []),
        ("import gdcourse.losses\nfrom a.b import c", ["a.b"]),
    ],
)
def test_an_engine_imports_what_its_notebook_does(source, needed):
    assert imports(new_notebook(cells=[new_code_cell(source)])) == needed
