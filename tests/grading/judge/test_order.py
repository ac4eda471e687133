"""The first process runs what is shown, then ends; the second runs hidden tests; tests beside the answer come last."""

import time

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from gdcourse.grading.judge.order import Process as Kind
from gdcourse.grading.judge.order import Rules, _Run, processes, run_notebook
from gdcourse.grading.judge.outputs import output
from gdcourse.grading.judge.remote import StudentError
from gdcourse.grading.judge.source import Source
from gdcourse.grading.wire.messages import Ending

HIDDEN = "### BEGIN HIDDEN TESTS\nsecret\n### END HIDDEN TESTS"


NAMES = {Kind.SHOWN: "shown", Kind.UNSEEN: "unseen", Kind.BESIDE: "apart"}


class Process:
    """Stands for a student's process: keeps the order in which cells run, in a list that two of them share."""

    def __init__(self, name, log, failing=()):
        self.name, self.log, self.failing = name, log, failing
        self.ending, self.ended = Ending.DONE, None

    def cell(self, source, limit):
        self.log.append((self.name, source, limit))
        if source in self.failing:
            raise StudentError("gone")
        return [output("stream", name="stdout", text=source)], len(self.log)

    def waiting(self):
        return 0.0

    def kill(self):
        self.log.append((self.name, "killed", None))


@pytest.fixture
def run(monkeypatch):
    """Return run(cells, strict): (the report, the order of what ran), with tests that only note that they ran."""
    log = []

    def note(remote, source, name, limit, namespace):
        log.append((remote.name, name, limit))
        return [output("stream", name="stdout", text=name)], Ending.DONE

    monkeypatch.setattr("gdcourse.grading.judge.order.run_test", note)

    def work(cells, strict=False, **failing):
        nb = new_notebook(cells=cells)
        source = Source(nb)
        remotes = {kind: Process(NAMES[kind], log, failing.get(NAMES[kind], ())) for kind in processes(nb, source)}
        return run_notebook(nb, remotes, source, Rules(9.0, strict=strict)), log

    return work


def grade(name, source="visible", tags=()):
    flags = {"grade": True, "grade_id": name, "solution": False, "locked": True, "points": 1, "schema_version": 3}
    return new_code_cell(source, metadata={"nbgrader": flags, "tags": list(tags)})


NOTEBOOK = [
    new_markdown_cell("text"),
    new_code_cell("first"),
    grade("a-visible"),
    grade("a-hidden", HIDDEN),
    new_code_cell("second"),
    grade("b-beside", "beside", ["beside"]),
    grade("c-beside", f"{HIDDEN} beside", ["beside"]),
    grade("b-hidden", HIDDEN),
    new_code_cell("last"),
]


def test_the_order(run):
    report, log = run(NOTEBOOK)
    assert [(who, what.splitlines()[-1]) for who, what, _ in log] == [
        ("shown", "first"), ("shown", "a-visible"), ("shown", "second"), ("shown", "beside"), ("shown", "last"),
        ("shown", "killed"),
        ("unseen", "first"), ("unseen", "a-hidden"), ("unseen", "second"), ("unseen", "b-hidden"), ("unseen", "killed"),
        ("apart", "first"), ("apart", "second"), ("apart", "### END HIDDEN TESTS beside"), ("apart", "last"),
        ("apart", "killed"),
    ]  # fmt: skip
    assert {limit for *_, limit in log} == {9.0, None}
    assert set(report.cells) == set("12345678") and (report.ending, report.problem) == (Ending.DONE, None)


def test_a_visible_test_that_needs_a_hidden_one_runs_with_it_and_shows_nothing(run):
    made = grade("a-hidden", "### BEGIN HIDDEN TESTS\nmade = 1\n### END HIDDEN TESTS")
    report, log = run([made, grade("b-visible", "made"), grade("c-visible", "other")])
    assert [(who, what) for who, what, _ in log] == [
        ("shown", "c-visible"), ("shown", "killed"), ("unseen", "a-hidden"), ("unseen", "b-visible"), ("unseen", "killed"),
    ]  # fmt: skip
    assert report.cells["1"].outputs == [] and report.cells["0"].outputs and report.cells["2"].outputs


def test_beside_the_code_run_also_the_tests_that_one_there_needs(run):
    hidden = [grade(f"{n}-hidden", f"{HIDDEN}\n{text}", tags) for n, text, tags in (
        ("a", "k = 1", ()), ("b", "z = 1", ()), ("c", "k", ["beside"]))]  # fmt: skip
    _, log = run(hidden)
    assert [what.splitlines()[-1] for who, what, _ in log if who == "apart"] == ["k = 1", "k", "killed"]
    assert [what for who, what, _ in log if who == "unseen"] == ["a-hidden", "b-hidden", "killed"]


def test_what_students_see_comes_from_the_first_process(run):
    report, _ = run(NOTEBOOK)
    assert report.cells["1"].number == 1 and report.cells["2"].number is None
    assert report.cells["1"].outputs[0]["text"] == "first"


def test_strictly_visible_tests_run_before_hidden_ones_too(run):
    _, log = run(NOTEBOOK, strict=True)
    assert ("unseen", "a-visible", 9.0) in log


@pytest.mark.parametrize(
    "cells, needed",
    [
        (NOTEBOOK, [*Kind]),
        (NOTEBOOK[:3], [Kind.SHOWN]),
        ([], [Kind.SHOWN]),
        (NOTEBOOK[:4], [Kind.SHOWN, Kind.UNSEEN]),
        (NOTEBOOK[6:7], [Kind.SHOWN, Kind.BESIDE]),
    ],
)
def test_no_more_processes_are_started_than_the_notebook_needs(cells, needed):
    nb = new_notebook(cells=cells)
    assert processes(nb, Source(nb)) == needed


def test_without_hidden_tests_there_is_one_process(run):
    _, log = run(NOTEBOOK[:3])
    assert {who for who, *_ in log} == {"shown"}


def test_a_cell_that_cannot_run_says_so_and_the_rest_goes_on(run):
    report, log = run(NOTEBOOK, shown=["first"])
    assert (
        report.cells["1"].outputs
        == [output("error", ename="StudentError", evalue="gone", traceback=["StudentError: gone"])]
        and report.cells["1"].ending is Ending.RAISED
    )
    assert ("shown", "last", 9.0) in log


@pytest.mark.parametrize(
    "endings, expected",
    [
        ((Ending.DIED, Ending.DONE), Ending.DIED),
        ((Ending.DONE, Ending.LATE), Ending.LATE),
        ((Ending.LATE, Ending.TAMPERED), Ending.TAMPERED),
        ((Ending.TAMPERED, Ending.DIED), Ending.TAMPERED),
    ],
)
def test_the_report_tells_the_worst_end(endings, expected, monkeypatch):
    nb = new_notebook(cells=[grade("a-hidden", HIDDEN)])
    remotes = {kind: Process(NAMES[kind], []) for kind in processes(nb, Source(nb))}
    for process, ending in zip(remotes.values(), endings, strict=True):
        process.ending, process.ended = ending, None if ending is Ending.DONE else f"it {ending}"
    monkeypatch.setattr("gdcourse.grading.judge.order.run_test", lambda *_: ([], Ending.DONE))
    report = run_notebook(nb, remotes, Source(nb), Rules())
    assert (report.ending, report.problem) == (expected, f"it {expected}")


def test_what_each_phase_waited_is_given_back_in_the_next_and_to_cells_that_a_test_needs(monkeypatch):
    """25 s were waited before, 60 s in the first phase, 5 s in the second; the deadline passed 20 s ago."""
    clock, found = {"shown": 0.0, "unseen": 30.0}, []
    shown, unseen = Process("shown", []), Process("unseen", [])
    for process in (shown, unseen):
        process.waiting = lambda process=process: clock[process.name]

    def wait(remote, source, name, limit, namespace):
        clock[remote.name] += {"shown": 60.0, "unseen": 5.0}[remote.name]
        found.append(round(namespace.until() - deadline))
        clock[remote.name] = 0.0  # it is gone, and tells no more
        return [], Ending.DONE

    monkeypatch.setattr("gdcourse.grading.judge.order.run_test", wait)
    deadline = time.monotonic() - 20.0
    run = _Run(Source(), Rules(9.0, 100.0, deadline), set())
    run.waited = 25.0
    run.phase(shown, [("0", grade("a-visible"))])
    run.phase(unseen, [("1", grade("a-hidden", HIDDEN))])
    assert found == [85, 90] and run.late is None


def test_past_the_time_for_all_nothing_more_is_run():
    nb, told = new_notebook(cells=NOTEBOOK), []
    remotes = {kind: Process(NAMES[kind], []) for kind in processes(nb, Source(nb))}
    rules = Rules(9.0, 0.0, time.monotonic(), tell=lambda i, _: told.append(i))
    report = run_notebook(nb, remotes, Source(nb), rules)
    assert (report.ending, report.problem) == (
        Ending.LATE, "the notebook as a whole took longer than 0 seconds: the rest was not run",
    )  # fmt: skip
    assert {ran.ending for ran in report.cells.values()} == {Ending.LATE} and sorted(told) == sorted(report.cells)
    assert [what for _, what, _ in remotes[Kind.SHOWN].log] == ["killed"]
