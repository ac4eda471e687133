"""The speed of grading, beside stock `nbgrader autograde`, on one processor: `python tests/benchmarks/grading.py`.

For a NumPy, a PyTorch and a TensorFlow assignment, 20 honest submissions each: the time of the whole command, and that of one
more submission, from runs over 1 and over 20 of them. Stock runs beside it on the same machine. Ratios are of processor time,
which other work on the machine hardly changes, and of the clock. `--profile` says which processes take ours; `--thousand`
grades 1,000 submissions of unit 01 on two processors; `--dask` grades on a local cluster of one and of two workers. It fails
nothing.
"""

import ctypes
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

import nbformat
import psutil
from nbgrader.api import Gradebook
from rich.console import Console
from rich.table import Table

from gdcourse.grading.notebooks import grade_id

sys.path.insert(0, str(Path(__file__).parents[1]))
import matrix

TESTS = Path(__file__).parents[1]
ASSIGNMENTS = {  # unit, exercise, which of its tests; how many times faster than stock is asked for, in all and for one more
    "NumPy": ("00_start", "descend", ("visible", "hidden"), (10, 15)),
    "PyTorch": ("02_gradients", "torch_step", ("visible",), (20, 40)),
    "TensorFlow": ("02_gradients", "tape_step", ("visible",), (15, 30)),
    "PyTorch, long tests": ("02_gradients", "torch_step", ("visible", "hidden", "memory"), ("", "")),
    "TensorFlow, long tests": ("02_gradients", "tape_step", ("visible", "hidden"), ("", "")),
}
CLASS, ONE = 20, "--student=student0000"
DASK = {"01_loss": 100, "04_learning_rates": 40}  # unit: how many submissions
OTHER = re.compile(r"torch|sklearn|tensorflow")  # answers that import these take seconds more, here and in stock
CONFIG = """\
from pathlib import Path
from gdcourse.grading.plugins.config import configure
configure(get_config(), root=Path(__file__).resolve().parent, source="source")
"""
STOCK_CONFIG = f"import sys; sys.path.insert(0, {str(TESTS)!r}); from stock import stock; stock(get_config())\n"


def only(nb, exercise, tests):
    """Keep of a notebook the cells of one exercise, and of its tests some."""
    wanted = {exercise, *(f"{exercise}-{kind}" for kind in tests)}
    nb.cells = [c for c in nb.cells if c.cell_type == "code" and (grade_id(c) or exercise) in wanted]
    return nb


def make(folder, unit, exercise, tests, students):
    """Make a course folder with one exercise and so many submissions: the solution, and each known answer in turn."""
    answers = [{}, *({exercise: a.source} for a in matrix.answers(unit) if a.exercise == exercise)]
    handed_in = (matrix.submission(unit, answer) for answer in islice(cycle(answers), students))
    _make(folder, only(matrix.solved(unit), exercise, tests), (only(nb, exercise, tests) for nb in handed_in))


def make_class(folder, students, unit="01_loss"):
    """Make a course folder with one unit and so many submissions: the known answers in NumPy, one to each exercise, in turn."""
    rows = [{n: a.source for n, a in row.items() if not OTHER.search(a.source)} for row in matrix.together(unit)]
    handed_in = (matrix.submission(unit, row) for row in islice(cycle([{}, *rows]), students))
    _make(folder, matrix.solved(unit), handed_in)


def _make(folder, source, handed_in):
    nbformat.write(source, _new(folder / "source" / "work") / "exercises.ipynb")
    for i, nb in enumerate(handed_in):
        nbformat.write(nb, _new(folder / "submitted" / f"student{i:04d}" / "work") / "exercises.ipynb")
    (folder / "nbgrader_config.py").write_text(CONFIG)


def _new(folder):
    folder.mkdir(parents=True)
    return folder


class Took(NamedTuple):
    """What a command took. wall, cpu: seconds by the clock, and of processors, of all its processes; peak: bytes of memory.

    The memory is looked at every five seconds, so a short run has none: looking takes time itself.
    """

    wall: float
    cpu: float
    peak: int


def timed(command, folder, cpus):
    """Run a command on some processors; return what it `Took`."""
    env = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
    start, used, peak = time.perf_counter(), _used(), 0
    with tempfile.TemporaryFile() as told:
        run = subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.DEVNULL, stderr=told)
        psutil.Process(run.pid).cpu_affinity(cpus)
        while True:
            try:
                status = run.wait(5)
                break
            except subprocess.TimeoutExpired:
                peak = max(peak, _memory(run.pid))
        told.seek(0)
        if status not in (0, 1):
            raise RuntimeError(told.read().decode()[-2000:])
    return Took(time.perf_counter() - start, _used() - used, peak)


SUBREAPER = 36  # prctl: whose parent dies comes to this process


def _used():
    """Return the processor time of all that this process and those below it have started and that has ended, in seconds."""
    ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _memory(pid):
    try:
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        return sum(p.memory_full_info().pss for p in family)
    except psutil.NoSuchProcess:
        return 0


OURS = [sys.executable, "-m", "gdcourse.cli", "grade", "work", "--force"]
STOCK = [sys.executable, "-m", "nbgrader", "autograde", "work", "--force"]


def run_ours(folder, *more, cpus=(0,)):
    return timed([*OURS, *more], folder, list(cpus))


def run_stock(folder, *more):
    (folder / "nbgrader_config.py").write_text(CONFIG + STOCK_CONFIG)
    subprocess.run([*STOCK[:3], "generate_assignment", "work", "--create", "--force"], cwd=folder, capture_output=True)
    return timed([*STOCK, *more], folder, [0])


def compare(name, alone=3):
    """Return a row of the table for one assignment. alone: how often one submission is graded, of which the median counts."""
    with TemporaryDirectory() as folder:
        courses = [Path(folder, "ours"), Path(folder, "stock")]
        for course in courses:
            make(course, *ASSIGNMENTS[name][:3], CLASS)
        run_ours(courses[0], ONE)  # files come from the disk once, and the unit is released
        whole, more = [], []
        for course, run in zip(courses, (run_ours, run_stock), strict=True):
            first = [run(course, ONE) for _ in range(alone)]
            whole.append(run(course))
            more.append([(whole[-1][i] - median(took[i] for took in first)) / (CLASS - 1) for i in (0, 1)])
    row = [name]
    for (ours, stock), digits, asked in ((whole, 1, ASSIGNMENTS[name][3][0]), (more, 3, ASSIGNMENTS[name][3][1])):
        row += [f"{stock[1]:.{digits}f}", f"{ours[1]:.{digits}f}"]
        row += [f"{stock[1] / ours[1]:.1f}", f"{stock[0] / ours[0]:.1f}", str(asked)]
    return row


PARTS = """
import atexit, resource
def tell():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    with open("parts", "w") as file:
        print(*[each.ru_utime + each.ru_stime for each in used], file=file)
atexit.register(tell)
from gdcourse.cli import app
app()
"""


def _parts(folder, *more):
    """Return the processor seconds of the instructor's process, of the engine and its judges, and of students' processes."""
    took = timed([sys.executable, "-c", PARTS, *OURS[3:], *more], folder, [0])
    own, engine = map(float, (folder / "parts").read_text().split())
    return own, engine, took.cpu - own - engine  # a student's process outlives who started it, so no parent counts it


def profile(name, alone=3):
    """Return a row of the table of where our time goes for one assignment: in one submission, and in one more."""
    with TemporaryDirectory() as folder:
        make(Path(folder), *ASSIGNMENTS[name][:3], CLASS)
        run_ours(Path(folder), ONE)
        one = [median(parts) for parts in zip(*[_parts(Path(folder), ONE) for _ in range(alone)], strict=True)]
        more = [1000 * (b - a) / (CLASS - 1) for a, b in zip(one, _parts(Path(folder)), strict=True)]
    return [name, *(f"{part:.2f}" for part in one), *(f"{part:.0f}" for part in more)]


def thousand():
    """Grade 1,000 submissions of unit 01 on two processors."""
    with TemporaryDirectory() as folder:
        make_class(Path(folder), 1000)
        took = run_ours(Path(folder), "--jobs", "2", cpus=(0, 1))
    print(
        f"1,000 submissions of unit 01 on 2 processors: {took.wall:.0f} s, {took.cpu:.0f} s of processor time, "
        f"{took.peak / 1e6:.0f} MB for all processes"
    )


def dask(unit, students):
    """Grade submissions of a unit on a local cluster of 1 and of 2 workers, whose engines are warm, in turn, three times.

    Compares the gradebooks, and the medians of the whole time and of the time beyond that of grading one submission.
    """
    whole, more, books = {1: [], 2: []}, {1: [], 2: []}, {}
    with TemporaryDirectory() as folder:
        for workers in (1, 2):
            make_class(Path(folder, str(workers)), students, unit)
        for workers in (1, 2) * 3:
            all_, alone = _on_cluster(Path(folder, str(workers)), workers)
            whole[workers].append(all_)
            more[workers].append(all_ - alone)
        for workers in (1, 2):
            with Gradebook(f"sqlite:///{folder}/{workers}/gradebook.db", "gdcourse") as book:
                books[workers] = {s.student_id: s.score for s in book.assignment_submissions("work")}
    for what, times in ((f"{students} submissions of {unit}", whole), ("all but one of them", more)):
        one, two = (median(times[workers]) for workers in (1, 2))
        print(f"Dask, {what}: 1 worker {one:.1f} s, 2 workers {two:.1f} s, efficiency {one / two / 2:.2f}")
    print("the same gradebook" if books[1] == books[2] else "DIFFERENT GRADEBOOKS")


def _on_cluster(course, workers):
    """Return the seconds of grading a class, and one of it, on a local cluster without Dask's profiler."""
    import dask
    from distributed import LocalCluster

    dask.config.set({"distributed.worker.profile.enabled": False})
    with LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster:
        options = ["--scheduler", cluster.scheduler_address]
        run_ours(course, *options, *(f"--student=student{i:04d}" for i in range(8)), cpus=(0, 1))  # the engines start
        alone = run_ours(course, *options, ONE, cpus=(0, 1))
        return run_ours(course, *options, cpus=(0, 1)).wall, alone.wall


def main():
    names = [word for word in sys.argv[1:] if word in ASSIGNMENTS] or ASSIGNMENTS
    if "--thousand" in sys.argv:
        thousand()
    elif "--dask" in sys.argv:
        for unit, students in DASK.items():
            dask(unit, students)
    elif "--profile" in sys.argv:
        whose = ("instructor", "engine, judge", "students")
        table = Table(
            "processor time", *(f"{who}: one, s" for who in whose), *(f"{who}: one more, ms" for who in whose)
        )
        for name in names:
            table.add_row(*profile(name))
        Console(width=150).print(table)
    else:
        half = ("ratio", "by the clock", "asked")
        table = Table(
            "20 submissions, one processor", "stock, s", "ours, s", *half, "stock, one more", "ours, one more", *half
        )
        for name in names:
            table.add_row(*compare(name))
        Console(width=150).print(table)


if __name__ == "__main__":
    main()
