"""What a judge has told counts, whatever becomes of it; what is too large is told barely."""

import os
import socket
import subprocess
import sys
import time

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from gdcourse.grading.engine.far_end import NearEndGone, Server, _waiting, bare
from gdcourse.grading.engine.near_end import Engine
from gdcourse.grading.engine.results import Job
from gdcourse.grading.judge.order import Process
from gdcourse.grading.judge.outputs import output
from gdcourse.grading.limits import BUSY, Limits
from gdcourse.grading.notebooks import NotebookError
from gdcourse.grading.wire.channel import Channel
from gdcourse.grading.wire.messages import CellRan, Ending, Ran, Report


def ran(*outputs, ending=Ending.DONE):
    return Ran(list(outputs), None, 0.1, ending)


@pytest.fixture
def ends():
    """Return (a far end that only listens, the judge's channel, the near end's socket)."""
    (far, judge), (near, other) = socket.socketpair(), socket.socketpair()
    server = Server.__new__(Server)
    server.near = near
    yield server, far, Channel(judge), other
    for each in (far, judge, near, other):
        each.close()


def test_cells_are_gathered_until_the_report(ends):
    server, far, judge, _ = ends
    for i in "012":
        judge.send(CellRan(i, ran()))
    judge.send(Report({}, Ending.DONE, None))
    assert server._report(far, time.monotonic() + 5) == Report({i: ran() for i in "012"}, Ending.DONE, None)


def test_a_judge_that_hangs_or_dies_keeps_what_it_has_told(ends):
    server, far, judge, _ = ends
    judge.send(CellRan("0", ran()))
    late = server._report(far, time.monotonic() + 0.2)
    assert set(late.cells) == {"0"} and late.ending is Ending.LATE and "could not be interrupted" in late.problem
    judge.send(CellRan("1", ran()))
    judge.close()
    lost = server._report(far, time.monotonic() + 5)
    assert set(lost.cells) == {"1"} and lost.ending is Ending.LOST


def test_nobody_waits_for_a_judge_when_the_near_end_is_gone(ends):
    server, far, _, other = ends
    other.close()
    with pytest.raises(NearEndGone):
        server._report(far, time.monotonic() + 5)


def test_a_bare_cell_keeps_whether_it_failed():
    error = output("error", ename="E" * 500, evalue="x" * 99, traceback=["x"])
    short = bare(ran(output("stream", name="stdout", text="x" * 99), error, ending=Ending.BROKEN))
    assert [o["output_type"] for o in short.outputs] == ["error"] and len(str(short)) < 400
    assert short.ending is Ending.BROKEN and bare(ran()).outputs == []


@pytest.mark.skipif(not os.path.exists("/proc/self/schedstat"), reason="this system does not tell")
def test_who_gets_no_processor_is_seen_to_wait():
    """Two processes that compute, on one processor: the one waits while the other runs."""
    cpu = min(os.sched_getaffinity(0))
    code = f"import os, time; os.sched_setaffinity(0, [{cpu}]); pid = os.fork()\nwhile True: pass"
    with subprocess.Popen([sys.executable, "-c", code], start_new_session=True) as busy:
        try:
            time.sleep(0.5)
            waited = _waiting(busy.pid)
            before = waited()
            time.sleep(1.0)
            assert waited() - before > 0.2
        finally:
            os.killpg(busy.pid, 9)
    assert _waiting(busy.pid)() == 0.0


def test_what_judge_and_students_waited_is_given_back_also_of_those_that_are_gone(monkeypatch):
    waited = {"judge": 1.0, "first": 5.0, "second": 0.0}
    monkeypatch.setattr("gdcourse.grading.engine.far_end._waited", waited.get)
    monkeypatch.setattr("gdcourse.grading.engine.far_end._waiting", lambda pid: lambda: waited[pid])
    server = Server.__new__(Server)
    server.job = Job("", limits=Limits(total=10.0))
    given_back = server._given_back("judge", {Process.SHOWN: ("first", None), Process.UNSEEN: ("second", None)})
    assert given_back() == 6.0
    waited |= {"first": 0.0, "second": 2.0}
    assert given_back() == 8.0
    waited["second"] = 1000.0
    assert given_back() == (BUSY - 1) * 10.0


def graded(name, source, points=1):
    flags = {"grade": points > 0, "solution": points == 0, "locked": points > 0, "grade_id": name, "schema_version": 3}
    more = {"points": points} if points else {}
    return new_code_cell(source, metadata={"nbgrader": {**flags, "task": False, **more}})


@pytest.mark.isolated
def test_a_test_that_hangs_in_c_code_costs_no_point_of_those_before_it():
    """Integers whose hashes are equal: a set of them takes for ever, and no signal comes in between."""
    cells = [
        graded("many", "def many(n):\n    return [i * (2 ** 61 - 1) for i in range(n)]", 0),
        graded("a", "assert len(many(3)) == 3"),
        graded("b", "assert len(set(many(300_000))) > 1"),
        graded("c", "assert many(1) == [0]"),
    ]
    text = nbformat.writes(new_notebook(cells=cells))
    with Engine(Job(text, limits=Limits(cell=2.0, call=5.0, total=6.0))) as engine:
        started = time.monotonic()
        marked = engine.mark(text.encode())
        assert time.monotonic() - started < 60
        assert [test.score for test in marked.tests] == [1, 0, 0] and "took" in marked.problem


@pytest.mark.isolated
def test_a_notebook_that_kills_its_engine_twice_is_no_notebook(monkeypatch):
    with Engine(Job(nbformat.writes(new_notebook()))) as engine:
        channel = Channel.receive

        def dead(self, *kinds, **options):
            answer = channel(self, *kinds, **options)
            if "MarkedNotebook" in str(kinds):
                engine._process.kill()
                return channel(self, *kinds, **options)
            return answer

        monkeypatch.setattr(Channel, "receive", dead)
        with pytest.raises(NotebookError, match="died twice over this notebook"):
            engine.mark(nbformat.writes(new_notebook()).encode())


@pytest.mark.isolated
def test_a_notebook_of_sleeping_cells_ends_when_its_time_is_over():
    cells = [graded("a", "x = 1", 0), graded("test", "assert x == 1")]
    text = nbformat.writes(new_notebook(cells=cells))
    slow = nbformat.writes(
        new_notebook(cells=[*cells, *(new_code_cell("import time\ntime.sleep(0.9)") for _ in range(50))])
    )
    with Engine(Job(text, limits=Limits(total=3.0))) as engine:
        engine.mark(text.encode())
        started = time.monotonic()
        marked = engine.mark(slow.encode())
        assert time.monotonic() - started < 20
        assert marked.problem == "the notebook as a whole took longer than 3 seconds: the rest was not run"
        assert [test.score for test in marked.tests] == [1]


@pytest.mark.isolated
@pytest.mark.parametrize("how", ["from helping import *", "import helping", "from helping import check"])
def test_a_module_beside_the_notebook_is_the_unit_s_own(how):
    call = "helping.check" if how == "import helping" else "check"
    cells = [
        new_code_cell(how),
        graded("four", "def four():\n    return 4", 0),
        graded("test", f"{call}(four())"),
    ]
    text = nbformat.writes(new_notebook(cells=cells))
    wrong = text.replace("return 4", "return 5")
    files = {"helping.py": b"def check(value):\n    assert value == 4, 'four: it is four'\n"}
    mine = {"helping.py": b"def check(value):\n    pass\n"}
    with Engine(Job(text, files)) as engine:
        assert [engine.mark(nb.encode(), mine).tests[0].score for nb in (text, wrong)] == [1, 0]
