"""Whatever goes wrong while one submission is read, marked or written is that student's problem, and not the class's."""

from contextlib import contextmanager, nullcontext

import coursefolder
import matrix
import pytest
from sqlalchemy.exc import DataError

from gdcourse.grading.course import grader as grader_module
from gdcourse.grading.course import marked_files, submissions
from gdcourse.grading.course.gradebook import CourseGradebook
from gdcourse.grading.course.workers import Engines, LocalWorkers

UNIT = coursefolder.UNIT
SOLVED, FULL = matrix.solved(UNIT), matrix.worth(UNIT)
CLASS = ["ada", "bob", "cleo"]
pytestmark = pytest.mark.slow
ODD = [RecursionError("too deep"), MemoryError(), ValueError("year is out of range"), OSError(36, "File name too long")]
ODD += [KeyError("cells"), UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates"), DataError("INSERT", {}, None)]


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    folder = coursefolder.make(tmp_path_factory.mktemp("one") / "course")
    coursefolder.release(folder)
    for student in CLASS:
        coursefolder.hand_in(folder, student, SOLVED, {f"{student}.txt": b""})
    return folder


@pytest.fixture(autouse=True, scope="module")
def warm():
    """Keep one engine warm for all the tests."""
    with LocalWorkers(1) as workers, pytest.MonkeyPatch.context() as patched:
        patched.setattr(grader_module, "_workers", lambda jobs, scheduler: nullcontext(workers))
        yield


def failing(original, error, about):
    """Return a function that raises an error where it is about one student, and is the original one elsewhere."""

    def work(*args, **kwargs):
        if about(*args):
            raise error
        return original(*args, **kwargs)

    return work


@contextmanager
def spoilt(monkeypatch, step, error):
    """Let one step fail for the second student."""
    with monkeypatch.context() as patched:
        if step == "reading":
            patched.setattr(submissions, "read", failing(submissions.read, error, lambda *a: a[2] == "bob"))
        elif step == "marking":
            original = Engines._marked
            patched.setattr(Engines, "_marked", failing(original, error, lambda *a: "bob.txt" in a[2].files))
        elif step == "files":
            original = marked_files.written_beside
            patched.setattr(marked_files, "written_beside", failing(original, error, lambda *a: a[2].student == "bob"))
        else:
            original = CourseGradebook._mark
            patched.setattr(
                CourseGradebook, "_mark", failing(original, error, lambda *a: a[1].assignment.student.id == "bob")
            )
        yield


def grade(course):
    return {o.student: o for o in coursefolder.grader(course).run(UNIT)}


@pytest.mark.parametrize("step", ["reading", "marking", "files", "gradebook"])
def test_the_others_are_marked_and_the_next_run_mends_it(step, released, tmp_path, monkeypatch):
    course = coursefolder.copy(released, tmp_path / "course")
    for error in ODD if step == "reading" else ODD[::3]:
        with spoilt(monkeypatch, step, error):
            first = grade(course)
        name = type(error).__name__
        assert first["bob"].score == 0 and f"it cannot be marked ({name}" in first["bob"].problem, step
        assert {s: first[s].score for s in CLASS if s != "bob"} == {"ada": FULL, "cleo": FULL}
        assert set(coursefolder.left_behind(course)[0]) == {"ada", "cleo"}
        assert not list((course / "autograded").rglob(".*"))
        for student in ("ada", "cleo"):  # they are to be marked anew with the next error
            with coursefolder.book(course) as book:
                book.remove_submission(UNIT, student)
    second = grade(course)
    assert {s: (o.score, o.problem) for s, o in second.items()} == dict.fromkeys(CLASS, (FULL, None))


def test_an_unchanged_submission_that_cannot_be_read_again(released, tmp_path, monkeypatch):
    course = coursefolder.copy(released, tmp_path / "course")
    grade(course)
    with spoilt(monkeypatch, "reading", RecursionError("too deep")):
        again = grade(course)
    assert "the mark of an earlier submission stays" in again["bob"].problem and again["bob"].score == FULL
    assert {again[s].problem for s in ("ada", "cleo")} == {None}


def test_a_name_that_no_gradebook_holds(released, tmp_path):
    course = coursefolder.copy(released, tmp_path / "course")
    coursefolder.hand_in(course, "n" * 200, SOLVED)
    outcomes = grade(course)
    assert outcomes["n" * 200].problem == "the folder's name is longer than 128 characters: not marked"
    assert all(outcomes[s].score == FULL for s in CLASS)
