"""Every kind of file that a student can hand in, by both doors: `gdcourse grade` and `nbgrader autograde`."""

import os
import socket
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import coursefolder
import matrix
import pytest

from gdcourse.grading.plugins import autograde, execute

UNIT = coursefolder.UNIT
SOLVED, FULL = matrix.solved(UNIT), matrix.worth(UNIT)
SECRET = "closely kept: 146380842"
pytestmark = [pytest.mark.slow, pytest.mark.isolated]


def notebook(folder):
    """Make room for something else under the notebook's name."""
    (folder / "exercises.ipynb").unlink()
    return folder / "exercises.ipynb"


def source(folder):
    return folder.parents[2] / "source" / UNIT / "exercises.ipynb"


def linked(target, name="linked"):
    return lambda folder: (folder / name).symlink_to(target if isinstance(target, str) else target(folder))


def linked_folder(folder):
    """Put the student's folder of the unit behind a link."""
    real = folder.parents[2] / "elsewhere"
    folder.rename(real)
    folder.symlink_to(real)


def bound(path):
    with closing(socket.socket(socket.AF_UNIX)) as server:
        here = os.getcwd()
        os.chdir(path.parent)  # the path may be longer than a socket's name
        server.bind(path.name)
        os.chdir(here)


def nested(folder, name, depth):
    """Make folders in folders, also where the whole path is longer than the system takes."""
    at = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir(name, dir_fd=at)
        below = os.open(name, os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    os.close(os.open("file.txt", os.O_CREAT, dir_fd=at))
    os.close(at)


def secret(folder):
    return folder.parents[2] / "secret.txt"


KINDS = {  # what is done to an honest submission -> (does its notebook still count, how)
    "honest": (True, lambda folder: None),
    "notebook is a link to the solution": (False, lambda f: notebook(f).symlink_to(source(f))),
    "notebook is a link to a neighbour's": (False, lambda f: notebook(f).symlink_to("../../honest/exercises.ipynb")),
    "notebook is a link to no end": (False, lambda f: notebook(f).symlink_to("/dev/zero")),
    "notebook is a hard link to the solution": (False, lambda f: os.link(source(f), notebook(f))),
    "notebook is a pipe": (False, lambda f: os.mkfifo(notebook(f))),
    "notebook is a socket": (False, lambda f: bound(notebook(f))),
    "notebook is a folder": (False, lambda f: notebook(f).mkdir()),
    "folder is a link": (False, linked_folder),
    "link to a secret": (True, linked(secret)),
    "link to a folder of secrets": (True, linked(lambda folder: folder.parents[2])),
    "link to the gradebook": (True, linked(lambda folder: folder.parents[2] / "gradebook.db")),
    "link to no end": (True, linked("/dev/zero")),
    "link to nothing": (True, linked("/nowhere")),
    "link to itself": (True, linked("linked")),
    "hard link to a secret": (True, lambda folder: os.link(secret(folder), folder / "linked")),
    "pipe": (True, lambda folder: os.mkfifo(folder / "linked")),
    "socket": (True, lambda folder: bound(folder / "linked")),
    "time is a pipe": (True, lambda folder: os.mkfifo(folder / "timestamp.txt")),
    "time is a link to a secret": (True, linked(secret, "timestamp.txt")),
    "time is a link to no end": (True, linked("/dev/zero", "timestamp.txt")),
    "time of day": (True, lambda folder: (folder / "timestamp.txt").write_text("10:00")),
    "time in year 1": (True, lambda folder: (folder / "timestamp.txt").write_text("0001-01-01 00:00:00 UTC")),
    "time in year 9999": (True, lambda folder: (folder / "timestamp.txt").write_text("9999-12-31 23:59:59 -2300")),
    "time that is none": (True, lambda folder: (folder / "timestamp.txt").write_bytes(b"\xff\x00soon")),
    "time zone is a file": (True, lambda f: (f / "timestamp.txt").write_text(f"2026-01-01 10:00 {secret(f)}")),
    "a thousand folders": (True, lambda folder: nested(folder, "d", 1000)),
    "path of 4,000 bytes": (True, lambda folder: nested(folder, "x" * 250, 16)),
    "two hard links of one's own": (True, lambda f: os.link(f / "exercises.ipynb", f / "copy.txt")),
}
if os.geteuid() == 0:
    KINDS["device"] = (True, lambda folder: os.mknod(folder / "linked", 0o666 | stat.S_IFCHR, os.makedev(1, 5)))
MARKED = {kind for kind, (counts, _) in KINDS.items() if counts}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    folder = coursefolder.make(tmp_path_factory.mktemp("kinds") / "course")
    coursefolder.release(folder)
    secret(folder / "submitted" / "honest" / UNIT).write_text(SECRET)
    for kind, (_, change) in KINDS.items():
        change(coursefolder.hand_in(folder, kind, SOLVED))
    yield folder
    subprocess.run(["rm", "-rf", folder], check=True)  # deeper than Python's own way goes


@pytest.fixture(scope="module")
def ours(course):
    done = coursefolder.run(course, timeout=120)
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    found = coursefolder.left_behind(course)
    subprocess.run(["rm", "-rf", course / "autograded"], check=True)
    with coursefolder.book(course) as book:
        for student in found[0]:
            book.remove_submission(UNIT, student)
    return done.stdout, *found


@pytest.fixture(scope="module")
def theirs(course, ours):
    """Run nbgrader's own command over the class, after ours and without what ours has left."""
    command = [sys.executable, "-m", "nbgrader", "autograde", UNIT]
    options = {"env": coursefolder.ENVIRONMENT, "capture_output": True, "text": True, "timeout": 240}
    done = subprocess.run(command, cwd=course, check=False, **options)
    return done, *coursefolder.left_behind(course)


def test_our_door(ours):
    told, marks, files = ours
    assert {student: mark[0] for student, mark in marks.items()} == dict.fromkeys(MARKED, FULL)
    assert not any(SECRET.encode() in content for content in files.values())
    for kind in KINDS.keys() - {"honest", "two hard links of one's own"}:
        assert coursefolder.line(told, kind).split("│")[3].strip(), kind


def test_nbgraders_door(theirs):
    done, marks, files = theirs
    assert {student: mark[0] for student, mark in marks.items()} == dict.fromkeys(MARKED, FULL)
    assert not any(SECRET.encode() in content for content in files.values())
    (refused,) = [line for line in done.stderr.splitlines() if "no notebook could be read of: " in line]
    assert done.returncode == 1 and set(refused.split("read of: ")[1].split(", ")) == KINDS.keys() - MARKED


def test_both_doors_leave_the_same(ours, theirs):
    assert theirs[1] == ours[1]
    names = [{path for path in files if not path.endswith("timestamp.txt")} for *_, files in (ours, theirs)]
    assert names[0] == names[1]


def test_what_nbgrader_lists_stays_readable(course, ours, theirs):
    """Formgrader asks for the time of each submission whenever it shows the class."""
    listed = {row["student"] for row in coursefolder.grader(course).course.api.get_submissions(UNIT)}
    assert KINDS.keys() >= listed >= MARKED


def test_without_the_guard_nobody_is_marked(monkeypatch):
    monkeypatch.setattr(autograde.Autograde, "start", autograde.STOCK)
    with pytest.raises(RuntimeError, match=r"would follow links: call .*guard"):
        execute.IsolatedExecute().preprocess(SOLVED, {})


def test_another_course_in_the_same_server_is_left_alone(monkeypatch):
    called = []
    monkeypatch.setattr(autograde, "STOCK", called.append)
    app = autograde.Autograde(autograde_preprocessors=["nbgrader.preprocessors.Execute"])
    autograde.guard()
    app.start()
    assert called == [app]


def test_a_folder_of_ours_is_gone_and_the_course_is_as_it_was(course, monkeypatch):
    grader, seen = coursefolder.grader(course), []

    def fail(app):
        seen.append(Path(app.coursedir.submitted_directory))
        raise ValueError("in between")

    monkeypatch.setattr(autograde, "STOCK", fail)
    before = grader.coursedir.submitted_directory
    assert not grader.course.api.autograde(UNIT, "honest", force=True)["success"]
    assert grader.coursedir.submitted_directory == before and seen and not seen[0].exists()
