"""`kill -9` at random moments: after a second run the gradebook and the marked notebooks are as if nothing had happened.

One round for each kind of process; 50 rounds with GDCOURSE_FAULTS=full in the environment.
"""

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import time
from copy import deepcopy

import coursefolder
import matrix
import processes
import psutil
import pytest

from gdcourse.grading.notebooks import grade_id

UNIT = coursefolder.UNIT
pytestmark = pytest.mark.slow
KINDS = ["grader", "engine", "zygote", "judge", "dask worker", "dask scheduler"]
ROUNDS = 50 if os.environ.get("GDCOURSE_FAULTS") == "full" else len(KINDS)
FIRST = int(os.environ.get("GDCOURSE_FAULTS_SEED", "0"))
LATEST = 2.0  # seconds after the first process of a kind is there, at which one is killed at the latest
PATIENCE = 5.0  # seconds that other processes of a killed run may take to end
WRONG = [answer.source for answer in matrix.answers(UNIT) if answer.kind == "wrong"][:2]


def slow(answer=None):
    """Return the solved notebook, or one with another answer, that takes a moment to run."""
    nb = deepcopy(matrix.solved(UNIT) if answer is None else matrix.submission(UNIT, {"descend": answer}))
    cell = next(cell for cell in nb.cells if grade_id(cell) == "descend")
    cell.source += "\n\nimport time\n\ntime.sleep(0.15)\nprint('ready')"
    return nb


CLASS = {
    "ada": (slow(), "2026-01-01 10:00:00 UTC"),
    "bob": (slow(WRONG[0]), "2026-03-01 10:00:00 UTC"),
    "cleo": ("{", None),
    "dan": (slow(WRONG[1]), None),
    "eve": (slow(), None),
    "fay": (slow("descend = 3"), None),
    "gus": (slow(), "2026-03-02 10:00:00 UTC"),
}


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """Make a course folder with a class that has handed in, released but not graded."""
    course = coursefolder.make(tmp_path_factory.mktemp("template") / "course")
    coursefolder.release(course)
    with coursefolder.book(course) as book:
        book.update_or_create_assignment(UNIT, duedate="2026-02-01 12:00:00 UTC")
    for student, (nb, stamp) in CLASS.items():
        coursefolder.hand_in(course, student, nb, {"timestamp.txt": stamp.encode()} if stamp else {})
    return course


@pytest.fixture(scope="module")
def undisturbed(template, tmp_path_factory):
    """Return what a run that nobody disturbs leaves behind."""
    course = coursefolder.copy(template, tmp_path_factory.mktemp("undisturbed") / "course")
    outcomes = list(coursefolder.grader(course).run(UNIT, jobs=1))
    assert sum(o.problem is not None for o in outcomes) == 1
    return coursefolder.left_behind(course)


def running(marker, kind=None):
    """Return the processes of a run, all or those of a kind: its PATH, which it passes on, names ``marker``."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            if marker in process.environ().get("PATH", "") and (kind is None or kind_of(process) == kind):
                found.append(process)
    return found


def kind_of(process):
    words = " ".join(process.cmdline())
    if processes.is_engine(process):
        return _kind_of_fork(process, process.parent())
    if "gdcourse.cli" in words:
        return "grader"
    if "dask scheduler" in words:
        return "dask scheduler"
    return "dask worker" if "spawn_main" in words else "other"


def _kind_of_fork(process, parent):
    """Tell an engine from what it forks: first the zygote, then judges; students are forks of the zygote's."""
    if parent is None or not processes.is_engine(parent):
        return "engine"
    above = parent.parent()
    if above is not None and processes.is_engine(above):
        return "student"
    eldest = min(parent.children(), key=psutil.Process.create_time, default=process)
    return "zygote" if process == eldest else "judge"


def kill_one(kind, marker, rng, run, course):
    """Kill a process of a kind at a random moment; return whether there still was one.

    The moment is some time after the first one is there (a cluster is there before the run, which begins with its first
    engine), and, for what lives as long as the run, often after some marks.
    """
    first = "engine" if kind.startswith("dask") else kind
    coursefolder.wait_for(lambda: run.poll() is not None or running(marker, first))
    if kind in ("grader", "dask scheduler") and (marks := rng.randrange(-2, len(CLASS))) > 0:
        coursefolder.wait_for(lambda: run.poll() is not None or finished(course) >= marks)
        time.sleep(rng.uniform(0, 0.2))
    else:
        time.sleep(rng.uniform(0, LATEST))
    while run.poll() is None:
        for process in rng.sample(found := running(marker, kind), len(found)):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
                return True
    return False


def finished(course):
    """Return how many students the killed run has recorded for good."""
    with contextlib.closing(sqlite3.connect(course / "gradebook.db")) as db:
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'gdcourse_record'").fetchone():
            return 0
        query = "SELECT count(*) FROM gdcourse_record WHERE unit = ? AND student != '' AND fingerprint != ''"
        return db.execute(query, (UNIT,)).fetchone()[0]


@pytest.mark.parametrize("number", range(FIRST, FIRST + ROUNDS))
def test_a_second_run_makes_good_what_a_kill_has_done(number, template, undisturbed, tmp_path):
    kind, rng = KINDS[number % len(KINDS)], random.Random(number)
    course, marker = coursefolder.copy(template, tmp_path / "course"), f"/run-{number}-{os.getpid()}"
    environment = {**coursefolder.ENVIRONMENT, "PATH": os.pathsep.join([os.environ["PATH"], marker])}
    with contextlib.ExitStack() as stack:
        more = ["--jobs", "2"]
        if kind.startswith("dask"):
            more = ["--scheduler", stack.enter_context(coursefolder.cluster(environment, tmp_path))]
        run = subprocess.Popen(
            coursefolder.command(course, *more),
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        stack.enter_context(run)
        stack.callback(run.kill)
        hit = kill_one(kind, marker, rng, run, course)
        told, _ = run.communicate(timeout=120)
    coursefolder.wait_for(lambda: not running(marker), PATIENCE)
    marked_before = finished(course)
    outcomes = list(coursefolder.grader(course).run(UNIT, jobs=1))
    fresh = sum(outcome.fresh for outcome in outcomes)
    print(f"{number}: {kind} {'killed' if hit else 'had ended'}, {marked_before} marked, {fresh} marked again\n{told}")
    assert coursefolder.left_behind(course) == undisturbed
    assert (
        len(CLASS) - marked_before <= fresh <= len(CLASS) - marked_before + 1
    )  # one may be between gradebook and folder
    if hit:
        assert run.returncode == (-signal.SIGKILL if kind == "grader" else 1)
    if kind not in ("grader", "dask scheduler"):
        assert fresh <= 1 or "died" in told  # the run itself went on
