"""Looking for the engine's processes by name finds them: a search that matches nothing would let every leak pass."""

import sys

import coursefolder
import nbformat
import processes
import psutil

from gdcourse.grading.engine.near_end import Engine
from gdcourse.grading.engine.results import Job
from gdcourse.grading.student import sandbox

NOTEBOOK = nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x = 1")]))
JOB = Job(NOTEBOOK, isolated=sandbox.missing() is None)


def test_an_engine_that_runs_is_found_with_its_zygote():
    with Engine(JOB) as engine:
        assert processes.pids(engine) == []
        engine.mark(NOTEBOOK.encode())
        ids = processes.pids(engine)
        assert len(ids) == 2 and set(ids) <= {process.pid for process in processes.engines()}
        assert not set(ids) & processes.orphans()
    assert not {process.pid for process in processes.engines()} & set(ids)


def test_an_orphan_is_found():
    code = "import os, time; os.fork(); time.sleep(60)"
    with psutil.Popen([sys.executable, "-c", code, processes.FAR_END]) as parent:
        (child,) = coursefolder.wait_for(parent.children)
        assert child.pid not in processes.orphans()
        parent.kill()
    try:
        assert child.pid in processes.orphans()
    finally:
        child.kill()
