"""An engine that is killed leaves nothing behind."""

import os
import signal
from pathlib import Path

import nbformat
import pytest

from gdcourse.grading.engine.near_end import Engine
from gdcourse.grading.engine.results import Job
from gdcourse.grading.student import sandbox


@pytest.mark.skipif(sandbox.missing() is not None, reason="this system cannot isolate student code")
def test_a_killed_engine_leaves_no_folder():
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x = 1")])
    with Engine(Job(nbformat.writes(nb))) as engine:
        engine.mark(nbformat.writes(nb).encode())
        folder = Path(engine.folder)
        assert folder.is_dir()
        os.kill(engine.pid, signal.SIGKILL)
    assert not folder.exists()
