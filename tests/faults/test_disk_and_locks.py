"""A full disk and a locked gradebook: a clear message, no half-written mark, and the next run completes."""

import contextlib
import os
import resource
import shutil
import sqlite3
import subprocess
from pathlib import Path

import coursefolder
import matrix
import pytest

from gdcourse.grading.course.gradebook import GradebookError
from gdcourse.grading.course.run import GradingError

UNIT = coursefolder.UNIT
pytestmark = pytest.mark.slow
STUDENTS = ["ada", "bob", "cleo"]
SOMETHING = {"data.bin": bytes(400_000)}
FULL = [matrix.worth(UNIT)] * len(STUDENTS)


def hand_in(course):
    for student in STUDENTS:
        coursefolder.hand_in(course, student, matrix.solved(UNIT), SOMETHING)


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """Make a course folder with a class that has handed in, released but not graded; other units' sources are left out."""
    course = coursefolder.make(tmp_path_factory.mktemp("template") / "course")
    for other in (course / "source").iterdir():
        if other.name != UNIT:
            shutil.rmtree(other)
    hand_in(course)
    coursefolder.release(course)
    return course


@pytest.fixture(scope="module")
def undisturbed(template, tmp_path_factory):
    course = coursefolder.copy(template, tmp_path_factory.mktemp("undisturbed") / "course")
    assert grade(course) == FULL
    return coursefolder.left_behind(course)


@pytest.fixture
def course(template, tmp_path):
    return coursefolder.copy(template, tmp_path / "course")


def grade(course, **options):
    """Grade in this process; return the scores."""
    return [outcome.score for outcome in coursefolder.grader(course, **options).run(UNIT, jobs=1)]


@pytest.fixture
def small_disk(tmp_path):
    """Mount a file system of 8 MB; a system that does not let us is skipped."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("no file system may be mounted here")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def fill(disk, leave):
    """Fill a disk but for some bytes; return the path of what fills it."""
    about = os.statvfs(disk)
    filler = disk / "filler"
    filler.write_bytes(bytes(about.f_bavail * about.f_frsize - leave))
    return filler


def assert_no_half_mark(course, undisturbed, url=None):
    """Who has marks has all of them, and the files that belong to them."""
    marks, files = coursefolder.left_behind(course, url)
    assert marks == {student: undisturbed[0][student] for student in marks}
    assert {path: undisturbed[1].get(path) for path in files} == files
    assert {path for path in undisturbed[1] if path.split("/")[1] in marks} == set(files)
    return len(marks)


def assert_told(done, *words):
    assert done.returncode == 1 and "Traceback" not in done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.strip()]
    assert all(word in line for word in (*words, "run again")), line


def test_a_full_disk_under_the_marked_notebooks(small_disk, template, undisturbed):
    course = coursefolder.copy(template, small_disk / "course")
    filler = fill(small_disk, leave=700_000)  # room for one submission
    done = coursefolder.run(course, "--jobs", "1")
    assert_told(done, "No space left on device")
    assert assert_no_half_mark(course, undisturbed) == 1
    filler.unlink()
    assert grade(course) == FULL
    assert coursefolder.left_behind(course) == undisturbed


def test_a_full_disk_under_the_gradebook(small_disk, course, undisturbed):
    url = f"sqlite:///{small_disk}/marks.db"
    shutil.copy(course / "gradebook.db", small_disk / "marks.db")
    filler = fill(small_disk, leave=4096)
    with pytest.raises(GradebookError, match=r"marks.db cannot be used \(database or disk is full\)"):
        grade(course, db=url)
    assert coursefolder.left_behind(course, url)[0] == {}
    filler.unlink()
    assert grade(course, db=url) == FULL
    assert coursefolder.left_behind(course, url) == undisturbed


def test_a_gradebook_that_may_not_grow(course, undisturbed):
    """The limit on the size of a file is a full disk that needs no rights of root."""
    for path in course.glob("submitted/*/*/data.bin"):
        path.unlink()  # else it is the first to be too large

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))

    assert_told(coursefolder.run(course, preexec_fn=limit), "gradebook")
    assert coursefolder.left_behind(course) == ({}, {})
    assert grade(course) == FULL
    assert coursefolder.left_behind(course)[0] == undisturbed[0]


@contextlib.contextmanager
def locked(course):
    """Hold the gradebook, as a program does that is in the middle of writing it."""
    with contextlib.closing(sqlite3.connect(course / "gradebook.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


def impatient(course):
    return coursefolder.grader(course, db=f"sqlite:///{course}/gradebook.db?timeout=0.1")


def test_a_gradebook_that_is_locked_from_the_start(course, undisturbed):
    with locked(course):
        done = coursefolder.run(course)
    assert_told(done, "database is locked", "close what else has it open")
    assert assert_no_half_mark(course, undisturbed) == 0


def test_a_gradebook_that_is_locked_on_the_way(course, undisturbed):
    with contextlib.closing(impatient(course).run(UNIT, jobs=1)) as run:
        next(run)
        with locked(course), pytest.raises(GradebookError, match="database is locked"):
            next(run)
    assert assert_no_half_mark(course, undisturbed) == 1
    assert sum(outcome.fresh for outcome in impatient(course).run(UNIT, jobs=1)) == 2
    assert coursefolder.left_behind(course) == undisturbed


def test_marked_notebooks_that_cannot_be_put_in_their_place(course, undisturbed):
    """Something that is no folder lies where the students' folders should be made."""
    (course / "autograded").mkdir()
    (course / "autograded" / "ada").write_text("in the way")
    with pytest.raises(GradingError, match="what 'ada' gets could not be written"):
        grade(course)
    Path(course / "autograded" / "ada").unlink()
    assert grade(course) == FULL
    assert coursefolder.left_behind(course) == undisturbed


@pytest.mark.parametrize("url", ["nonsense", "postgresql://me:secret@127.0.0.1:1/none", "sqlite:////nowhere/at/all.db"])
def test_a_gradebook_that_cannot_be_opened(url, tmp_path):
    course = coursefolder.make(tmp_path / "course")
    with pytest.raises(GradebookError, match="cannot be used") as error:
        coursefolder.grader(course, db=url).open()
    assert "secret" not in str(error.value) and "\n" not in str(error.value)
