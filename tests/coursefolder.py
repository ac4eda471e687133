"""A course folder as `gdcourse grade --init` makes it, the command run in it, and all that a run leaves behind."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook

from gdcourse.grading.course.grader import Grader
from gdcourse.grading.plugins.new_course import make_course
from gdcourse.grading.student import sandbox

UNIT = "00_start"
ENVIRONMENT = {**os.environ, "COLUMNS": "1000", "PYTHONWARNINGS": "ignore", "OMP_NUM_THREADS": "1"}


def make(folder):
    """Return a new course folder."""
    return make_course(folder)


def release(course):
    """Release the unit, as the first run does."""
    with closing(grader(course).open()) as opened:
        grader(course).jobs(UNIT, opened)


def copy(course, folder):
    """Return a copy of a course folder, the gradebook with it."""
    return Path(shutil.copytree(course, folder))


def hand_in(course, student, notebook, files=None, unit=UNIT):
    """Put a notebook (an object, text or bytes) and files, name -> bytes, where a student's submission lies."""
    folder = Path(course, "submitted", student, unit)
    folder.mkdir(parents=True, exist_ok=True)
    text = nbformat.writes(notebook) if isinstance(notebook, dict) else notebook
    everything = {"exercises.ipynb": text.encode() if isinstance(text, str) else text, **(files or {})}
    for name, content in everything.items():
        (folder / name).write_bytes(content)
    return folder


def command(course, *args, unit=UNIT):
    """Return the words of `gdcourse grade` in a course folder."""
    unsafe = [] if sandbox.missing() is None else ["--unsafe"]
    return [sys.executable, "-m", "gdcourse.cli", "grade", unit, "--dir", str(course), *unsafe, *args]


def run(course, *args, **options):
    """Run `gdcourse grade` to its end."""
    return subprocess.run(
        command(course, *args), env=ENVIRONMENT, capture_output=True, text=True, check=False, **options
    )


def grader(course, **options):
    """Return a `Grader` of the folder; isolated, where the system can."""
    return Grader(course, isolated=sandbox.missing() is None, **options)


def book(course, url=None):
    """Return a context manager that opens nbgrader's own gradebook."""
    return closing(Gradebook(url or f"sqlite:///{course}/gradebook.db", "gdcourse"))


def left_behind(course, url=None):
    """Return all that a run has left: student -> marks, comments, flags, penalties, time, and the autograded files."""
    with book(course, url) as opened:
        marks = {s.student.id: _marks(s) for s in opened.find_assignment(UNIT).submissions}
    files = {
        str(path.relative_to(course)): path.read_bytes()
        for path in sorted(Path(course, "autograded").rglob("*"))
        if path.is_file()
    }
    return marks, files


def _marks(submission):
    grades = [
        (g.name, g.auto_score, g.manual_score, g.extra_credit, g.needs_manual_grade, g.max_score)
        for notebook in submission.notebooks
        for g in notebook.grades
    ]
    comments = [
        (c.name, c.auto_comment, c.manual_comment) for notebook in submission.notebooks for c in notebook.comments
    ]
    penalties = [(notebook.name, notebook.late_submission_penalty) for notebook in submission.notebooks]
    return submission.score, submission.timestamp, sorted(grades), sorted(comments), sorted(penalties)


def line(output, name):
    """Return the one line of a printed table that is about a student."""
    (found,) = [line for line in output.splitlines() if [c.strip() for c in line.split("│")][1:2] == [name]]
    return found


@contextmanager
def cluster(environment, folder):
    """Run a Dask scheduler and two workers; give the scheduler's address."""
    told = folder / "scheduler.json"
    dask = [sys.executable, "-m", "dask"]
    options = {"env": environment, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    local = ["--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(told)]
    started = [subprocess.Popen([*dask, "scheduler", "--port", "0", *local], start_new_session=True, **options)]
    try:
        wait_for(told.exists)
        workers = [*dask, "worker", "--nworkers", "2", "--nthreads", "1", "--local-directory", str(folder), *local]
        started.append(subprocess.Popen(workers, start_new_session=True, **options))
        wait_for(lambda: told.read_text().strip())
        yield json.loads(told.read_text())["address"]
    finally:
        for process in started:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_for(condition, seconds=60.0):
    """Wait until ``condition()`` is true, and return it."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {seconds} seconds in vain"
        time.sleep(0.02)
    return value
