"""`Grader` and `gdcourse grade`: what is marked, what is left alone, what is written."""

import csv
import io
import os
import re
import signal
import sqlite3
import subprocess
import time
from contextlib import closing, nullcontext
from copy import deepcopy
from datetime import datetime

import coursefolder
import matrix
import nbformat
import pytest
from rich.console import Console
from traitlets.config import Config

from gdcourse import resources
from gdcourse.grading.course import grader as grader_module
from gdcourse.grading.course import terminal
from gdcourse.grading.course.grader import Grader
from gdcourse.grading.course.run import GradingError
from gdcourse.grading.course.workers import LocalWorkers
from gdcourse.grading.engine.near_end import Engine
from gdcourse.grading.engine.results import IsolationError, Job
from gdcourse.grading.notebooks import grade_id
from gdcourse.grading.plugins.new_course import make_course
from gdcourse.grading.student import sandbox

UNIT = coursefolder.UNIT
SOLVED = matrix.solved(UNIT)
ALL = matrix.worth(UNIT)
REST = ALL - 3  # what is not `descend`
WRONG = [
    matrix.submission(UNIT, {"descend": a.source})
    for a in matrix.answers(UNIT)
    if (a.exercise, a.kind) == ("descend", "wrong")
]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Make a course folder whose unit is released; each test has students of its own in it."""
    folder = coursefolder.make(tmp_path_factory.mktemp("grader") / "course")
    coursefolder.release(folder)
    return folder


@pytest.fixture(scope="module")
def workers():
    """Keep one engine warm for all the tests."""
    with LocalWorkers(1) as pool:
        yield pool


@pytest.fixture
def warm(workers, monkeypatch):
    monkeypatch.setattr(grader_module, "_workers", lambda jobs, scheduler: nullcontext(workers))


def run(course, *students, overrides=None, force=False, **options):
    """Grade some students; return student -> `Outcome`, and how many were to be marked."""
    planned = []
    grader = Grader(course, overrides, isolated=sandbox.missing() is None, **options)
    outcomes = {o.student: o for o in grader.run(UNIT, students or None, force=force, on_plan=planned.append)}
    return outcomes, planned[0]


def mark(course, student, nb=SOLVED, files=None, **options):
    """Hand in and grade; return the `Outcome`."""
    coursefolder.hand_in(course, student, nb, files)
    return run(course, student, **options)[0][student]


def submission(book, student):
    return book.find_submission(UNIT, student)


def console():
    return Console(file=io.StringIO(), width=200)


def shown(grader, *students, **options):
    """Return (good, what `gdcourse grade` prints)."""
    out = console()
    return terminal.grade(grader, UNIT, list(students), out, console(), **options), out.file.getvalue()


# ---- what is marked again, and what is not ----


def test_what_has_not_changed_is_skipped_and_reported(course, warm):
    for student, nb in (("again-1", SOLVED), ("again-2", WRONG[0])):
        coursefolder.hand_in(course, student, nb)
    first, planned = run(course, "again-1", "again-2")
    second, planned_again = run(course, "again-1", "again-2")
    assert (planned, planned_again) == (2, 0)
    assert all(o.fresh for o in first.values()) and not any(o.fresh for o in second.values())
    assert {s: (o.score, o.tests) for s, o in first.items()} == {s: (o.score, o.tests) for s, o in second.items()}


@pytest.mark.parametrize("change", ["notebook", "file", "new file", "time", "marked notebook", "gradebook", "force"])
def test_what_has_changed_is_marked_again(course, warm, change):
    student = f"changed-{change.replace(' ', '-')}"
    files = {"notes.txt": b"one", "exercises": b"a name like the notebook's", "timestamp.txt": b"2026-01-01 10:00 UTC"}
    mark(course, student, files=files)
    marked = course / "autograded" / student / UNIT / "exercises.ipynb"
    if change == "notebook":
        coursefolder.hand_in(course, student, WRONG[0])
    elif change == "file":
        coursefolder.hand_in(course, student, SOLVED, {"notes.txt": b"two"})
    elif change == "new file":
        coursefolder.hand_in(course, student, SOLVED, {"more.txt": b""})
    elif change == "time":
        coursefolder.hand_in(course, student, SOLVED, {"timestamp.txt": b"2026-01-02 10:00 UTC"})
    elif change == "marked notebook":
        marked.chmod(0o644)
        marked.write_text("spoilt")
    elif change == "gradebook":
        with coursefolder.book(course) as book:
            book.remove_submission(UNIT, student)
    outcomes, planned = run(course, student, force=change == "force")
    assert planned == 1 and outcomes[student].fresh
    assert outcomes[student].score == (REST if change == "notebook" else ALL)
    assert nbformat.reads(marked.read_text(), as_version=4).cells


def test_a_changed_source_marks_all_again_and_its_files_win(tmp_path):
    course = coursefolder.make(tmp_path / "course")
    source = course / "source" / UNIT
    (source / "data.csv").write_text("from the source")
    for student in ("ada", "bob"):
        coursefolder.hand_in(course, student, SOLVED, {"data.csv": b"mine", "mine.txt": b"kept", "numpy.py": b"1/0"})
    first = run(course)[0]
    folder = course / "autograded" / "ada" / UNIT
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == dict.fromkeys(
        ["exercises.ipynb", "data.csv", "mine.txt"], 0o444
    )
    assert (folder / "data.csv").read_text() == "from the source"
    assert run(course)[1] == 0
    nb = deepcopy(SOLVED)
    next(cell for cell in nb.cells if grade_id(cell) == "descend-hidden").source += "\n# one comment more"
    nbformat.write(nb, source / "exercises.ipynb")
    second, planned = run(course)
    assert planned == 2 and {s: o.score for s, o in second.items()} == {s: o.score for s, o in first.items()}
    assert "one comment more" in (folder / "exercises.ipynb").read_text()


# ---- what nbgrader finds in the gradebook ----


def test_marks_by_hand_survive_and_are_flagged(course, warm):
    mark(course, "by-hand", WRONG[0])
    with coursefolder.book(course) as book:
        grade = book.find_grade("descend-hidden", "exercises", UNIT, "by-hand")
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 1.5, 0.25, False
        book.find_comment("descend", "exercises", UNIT, "by-hand").manual_comment = "nearly"
        book.db.commit()
    assert run(course, "by-hand")[0]["by-hand"].score == REST + 1.75  # what has not changed is reported with it
    outcome = mark(course, "by-hand", SOLVED)
    assert outcome.fresh and outcome.score == REST + 1 + 1.75
    with coursefolder.book(course) as book:
        grade = book.find_grade("descend-hidden", "exercises", UNIT, "by-hand")
        assert (grade.auto_score, grade.manual_score, grade.extra_credit, grade.needs_manual_grade) == (
            2,
            1.5,
            0.25,
            True,
        )
        assert not book.find_grade("descend-visible", "exercises", UNIT, "by-hand").needs_manual_grade
        assert book.find_comment("descend", "exercises", UNIT, "by-hand").manual_comment == "nearly"


def test_late_penalties_come_from_nbgraders_plugin(course, warm):
    with coursefolder.book(course) as book:
        book.update_or_create_assignment(UNIT, duedate="2026-02-01 12:00:00 UTC")
    overrides = Config()
    overrides.LateSubmissionPlugin.penalty_method = "zero"
    late, early = {"timestamp.txt": b"2026-02-02 10:00:00 UTC"}, {"timestamp.txt": b"2026-01-31T10:00:00+01:00"}
    assert mark(course, "late", files=late, overrides=overrides).score == 0
    assert mark(course, "early", files=early, overrides=overrides).score == ALL
    assert mark(course, "late-but-free", files=late).score == ALL
    with coursefolder.book(course) as book:
        (notebook,) = submission(book, "late").notebooks
        assert (notebook.score, notebook.late_submission_penalty) == (ALL, ALL)
        assert submission(book, "late").timestamp == datetime(2026, 2, 2, 10)
        assert submission(book, "early").timestamp == datetime(2026, 1, 31, 9)
        assert submission(book, "early").notebooks[0].late_submission_penalty is None


def test_an_untouched_answer_has_no_response(course, warm):
    released = nbformat.read(resources.released(UNIT), as_version=4)
    mark(course, "untouched", released)
    mark(course, "touched", SOLVED)
    with coursefolder.book(course) as book:
        assert book.find_comment("descend", "exercises", UNIT, "untouched").auto_comment == "No response."
        assert book.find_comment("descend", "exercises", UNIT, "touched").auto_comment is None
    mark(course, "untouched", SOLVED)
    with coursefolder.book(course) as book:
        assert book.find_comment("descend", "exercises", UNIT, "untouched").auto_comment is None


@pytest.mark.isolated
def test_nbgraders_own_command_gives_the_same(course, warm):
    released = nbformat.read(resources.released(UNIT), as_version=4)
    class_list = {"stock-solved": SOLVED, "stock-wrong": WRONG[0], "stock-untouched": released}
    for student, nb in class_list.items():
        mark(course, student, nb, {"timestamp.txt": b"2026-01-01 10:00:00 UTC"})
    ours, _ = coursefolder.left_behind(course)
    with coursefolder.book(course) as book:
        for student in class_list:
            book.remove_submission(UNIT, student)
    for student in class_list:
        command = [
            *coursefolder.command(course)[:2],
            "nbgrader",
            "autograde",
            UNIT,
            "--student",
            student,
            "--force",
            "--create",
        ]
        done = subprocess.run(
            command, cwd=course, env=coursefolder.ENVIRONMENT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    theirs, _ = coursefolder.left_behind(course)
    assert {s: theirs[s] for s in class_list} == {s: ours[s] for s in class_list}
    assert ours["stock-untouched"][3][0] == ("descend", "No response.", None)


def test_another_gradebook_by_its_url(course, warm, tmp_path):
    url = f"sqlite:///{tmp_path}/other.db"
    assert mark(course, "elsewhere", db=url).score == ALL
    assert set(coursefolder.left_behind(course, url)[0]) == {"elsewhere"}
    assert "elsewhere" not in coursefolder.left_behind(course)[0]


# ---- the command ----


def test_only_one_student_and_nobody_unknown(course, warm):
    for student in ("only-1", "only-2"):
        coursefolder.hand_in(course, student, SOLVED)
    grader = coursefolder.grader(course)
    good, text = shown(grader, "only-1")
    assert good and "only-1" in text and "only-2" not in text and "1 marked" in text
    with pytest.raises(GradingError, match=r"no submission of 00_start by 'nobody'"):
        shown(grader, "only-1", "nobody")
    with pytest.raises(GradingError, match=r"no submission of 01_loss in"):
        terminal.grade(grader, "01_loss", None, console(), console())


def test_the_report_is_a_table_a_csv_and_a_figure(course, warm):
    mark(course, "reported", WRONG[0])
    mark(course, "reported-broken", "{")
    out = console()
    terminal.report(coursefolder.grader(course), UNIT, out)
    text = out.file.getvalue()
    assert "descend" in text and re.search(r"\d x ", text) and "reported-broken: exercises.ipynb is not" in text
    with (course / f"report-{UNIT}.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["exercise"] == "descend" and 0 < float(rows[0]["solved"]) < 1
    assert (course / f"report-{UNIT}.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(GradingError, match=r"nothing of 01_loss was graded yet"):
        terminal.report(coursefolder.grader(course), "01_loss", console())


def test_a_new_course_folder_and_no_second_one_in_its_place(course):
    assert {path.name for path in course.iterdir()} >= {"source", "submitted", "nbgrader_config.py", "README.md"}
    with pytest.raises(FileExistsError, match=r"nothing was changed"):
        make_course(course)


def test_a_solution_that_fails_stops_the_run_before_a_student_is_marked(tmp_path):
    course = coursefolder.make(tmp_path / "course")
    path = course / "source" / UNIT / "exercises.ipynb"
    nb = deepcopy(SOLVED)
    next(
        cell for cell in nb.cells if grade_id(cell) == "descend-hidden"
    ).source += "\nassert False, 'descend: is perfect'"
    nbformat.write(nb, path)
    coursefolder.hand_in(course, "ada", SOLVED)
    with pytest.raises(GradingError, match=r"does not earn full marks, so nobody was marked: .*descend: is perfect"):
        run(course)
    assert coursefolder.left_behind(course) == ({}, {})


@pytest.mark.isolated
def test_a_system_that_cannot_isolate_says_so_and_grades_only_unsafe(tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text(
        "from gdcourse.grading.student import sandbox\n\nsandbox.missing = lambda: 'no namespaces here'\n"
    )
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    course = coursefolder.make(tmp_path / "course")
    coursefolder.hand_in(course, "ada", SOLVED)
    with pytest.raises(GradingError, match=r"cannot be isolated here: no namespaces here. .*--unsafe"):
        shown(Grader(course), jobs=1)
    with Engine(Job(nbformat.writes(SOLVED))) as engine, pytest.raises(IsolationError, match=r"no namespaces here"):
        engine.mark(nbformat.writes(SOLVED).encode())
    good, text = shown(Grader(course, isolated=False), jobs=1)
    assert good and f"{ALL}/{ALL}" in text


def recorded(course):
    with closing(sqlite3.connect(course / "gradebook.db")) as db:
        return db.execute("SELECT count(*) FROM gdcourse_record WHERE student != ''").fetchone()[0]


def test_ctrl_c_keeps_what_is_marked(tmp_path):
    course = coursefolder.make(tmp_path / "course")
    coursefolder.release(course)
    nb = deepcopy(SOLVED)
    next(cell for cell in nb.cells if grade_id(cell) == "descend").source += "\n\nimport time\n\ntime.sleep(1)"
    students = [f"student{i}" for i in range(9)]
    for student in students:
        coursefolder.hand_in(course, student, nb)
    options = {"env": coursefolder.ENVIRONMENT, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(coursefolder.command(course, "--jobs", "2"), **options) as process:
        while recorded(course) < 2 and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        told = process.communicate(timeout=60)[1]
    kept = recorded(course)
    assert process.returncode == 1 and f"stopped: {kept} marked, nothing lost; run again to go on" in told
    assert 2 <= kept < len(students)
    outcomes, planned = run(course)
    assert planned == len(students) - kept and all(o.score == ALL for o in outcomes.values())


def test_a_dask_cluster_gives_the_same_gradebook(tmp_path):
    course = coursefolder.make(tmp_path / "course")
    coursefolder.release(course)
    for student, nb in (("ada", SOLVED), ("bob", WRONG[0]), ("cleo", "{"), ("dan", WRONG[1])):
        coursefolder.hand_in(course, student, nb)
    other = coursefolder.copy(course, tmp_path / "other")
    run(course)
    with coursefolder.cluster(coursefolder.ENVIRONMENT, tmp_path) as address:
        done = coursefolder.run(other, "--scheduler", address)
    assert done.returncode == 1 and "4 marked" in done.stdout, done.stderr
    assert coursefolder.left_behind(other) == coursefolder.left_behind(course)
