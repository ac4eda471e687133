"""An engine starts where it can, and leaves nothing behind where it is killed."""

import os
import signal
from pathlib import Path

import nbformat
import pytest

from gdcourse.grading.engine.near_end import Engine
from gdcourse.grading.engine.results import EngineError, Job


@pytest.mark.isolated
def test_a_killed_engine_leaves_no_folder():
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x = 1")])
    with Engine(Job(nbformat.writes(nb))) as engine:
        engine.mark(nbformat.writes(nb).encode())
        folder = Path(engine.folder)
        assert folder.is_dir()
        os.kill(engine.pid, signal.SIGKILL)
    assert not folder.exists()


def test_a_system_without_fork_is_told(monkeypatch):
    monkeypatch.delattr(os, "fork")
    with Engine(Job("")) as engine, pytest.raises(EngineError, match="use Linux, macOS or WSL"):
        engine.mark(b"")
