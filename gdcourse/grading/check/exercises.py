"""Check an exercise notebook: what is untouched, which named properties fail and where, how many points."""

import itertools
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from jupyter_core.utils import ensure_event_loop
from nbformat import NotebookNode

from gdcourse import resources
from gdcourse.catalogue import BEGIN, State
from gdcourse.grading.check import needs
from gdcourse.grading.check.clock import EXPLAIN
from gdcourse.grading.check.kernel import START, Kernel, Ran
from gdcourse.grading.check.trial import FRAMEWORK
from gdcourse.grading.notebooks import exercise_names, grade_id, read_notebook, restore

OnCell = Callable[[int, int], None]
MOST_FAILURES = 5  # that are told of one exercise; the others are counted
WARM_UP = "try:\n    __import__('gdcourse._lazy', fromlist=['need']).need({!r})\nexcept ImportError:\n    pass"


@dataclass
class Exercise:
    """The outcome of one exercise.

    earned, points: of the tests that ran.  hidden: points of hidden tests that did not run.
    failures: one line per property that does not hold.  answer: the learner's text.
    """

    name: str
    state: State
    earned: float
    points: float
    hidden: float = 0.0
    failures: list[str] = field(default_factory=list)
    answer: str = ""


def check(
    path: Path,
    unit: str,
    *,
    only: Collection[str] | None = None,
    full: bool = False,
    timeout: float = 30,
    on_cell: OnCell | None = None,
) -> list[Exercise]:
    """Run the exercises of the notebook at ``path`` with the tests of ``unit``; return its list of `Exercise`.

    only: names of exercises; all if None.  full: hidden tests too.  timeout: seconds that one cell may work.
    on_cell(done, of): called after each cell.  The file itself is not changed. What the notebook writes lands in its own
    folder, as when it is run in JupyterLab.
    """
    source, released = (nbformat.read(p, as_version=4) for p in (resources.solved(unit), resources.released(unit)))
    notebook = Notebook(restore(read_notebook(path), source), source, released, full)
    chosen = [name for name in notebook.names if only is None or name in only]
    tried = _try_all(notebook, list(filter(notebook.is_started, chosen)), Path(path).parent, timeout, on_cell)
    return [_outcome(notebook, name, tried, timeout) for name in chosen]


def points(exercises: list[Exercise]) -> tuple[float, float]:
    """Return (earned, of) over a list of `Exercise`."""
    return sum(e.earned for e in exercises), sum(e.points for e in exercises)


class Notebook:
    """A learner's notebook with the tests of its unit. names: its exercises, in order.  full: do hidden tests run?"""

    def __init__(self, nb: NotebookNode, source: NotebookNode, released: NotebookNode, full: bool) -> None:
        self.cells, self.full, self.names = nb.cells, full, exercise_names(source)
        self.stubs = {grade_id(cell): cell.source.strip() for cell in released.cells}
        self._needs = {name: needs.cells(nb, name, self.names[0]) for name in self.names}
        self._tests = {name: needs.tests(nb, name) for name in self.names}

    def answer(self, name: str) -> str | None:
        """Return the text of an answer, or None where its cell is missing."""
        return next((cell.source.strip() for cell in self.cells if grade_id(cell) == name), None)

    def is_started(self, name: str) -> bool:
        """Does the answer differ from what was handed out?"""
        return self.answer(name) not in (None, self.stubs.get(name))

    def needs(self, name: str) -> list[int]:
        """Return the indices of the cells to run before the tests of an exercise."""
        return self._needs[name]

    def tests(self, name: str) -> list[int]:
        """Return the indices of the tests of an exercise that run."""
        return [i for i in self._tests[name] if self.full or BEGIN not in self.cells[i].source]

    def worth(self, name: str) -> tuple[float, float]:
        """Return the points of an exercise: (of the tests that run, of the others)."""
        run, whole = (
            sum(float(self.cells[i].metadata["nbgrader"]["points"]) for i in indices)
            for indices in (self.tests(name), self._tests[name])
        )
        return run, whole - run

    def frameworks(self, names: Iterable[str]) -> list[str]:
        """Return the frameworks that the cells of some exercises import, PyTorch first."""
        used = {i for name in names for i in (*self.needs(name), *self.tests(name))}
        return sorted({found for i in used for found in FRAMEWORK.findall(self.cells[i].source)}, reverse=True)


@dataclass
class Tried:
    """What became of one exercise: needed cells and tests, index -> `Ran`; broken: test -> what does not hold, in words."""

    cells: dict[int, Ran]
    tests: dict[int, Ran] = field(default_factory=dict)
    broken: dict[int, list[str]] = field(default_factory=dict)


def _try_all(
    notebook: Notebook, names: list[str], folder: Path, timeout: float, on_cell: OnCell | None
) -> dict[str, Tried]:
    """Return name -> `Tried`. TensorFlow takes longest to import, so the exercises that need it run beside the others."""
    groups = [[n for n in names if ("tensorflow" in notebook.frameworks([n])) is slow] for slow in (True, False)]
    groups = [group for group in groups if group]
    of = sum(len({i for n in g for i in (*notebook.needs(n), *notebook.tests(n))}) for g in groups)
    done = itertools.count(1)

    def advance() -> None:
        if on_cell is not None:
            on_cell(min(next(done), of), of)

    runners = [Runner(notebook, folder, timeout, notebook.frameworks(group), advance) for group in groups]
    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(runner.run, group) for runner, group in zip(runners, groups, strict=True)]
        import nbgrader.utils  # noqa: F401  needed later; it takes a second, so while the kernels start

        return {name: tried for each in running for name, tried in each.result().items()}


class Runner:
    """Runs exercises one after another in a kernel; where that has ended, the next cell gets a new one."""

    def __init__(
        self, notebook: Notebook, folder: Path, timeout: float, frameworks: list[str], advance: Callable[[], None]
    ) -> None:
        self.notebook, self.folder, self.timeout, self.advance = notebook, folder, timeout, advance
        self.frameworks = frameworks
        self.kernel: Kernel | None = None
        self.ran: dict[int, Ran] = {}

    def run(self, names: list[str]) -> dict[str, Tried]:
        """Return name -> `Tried`."""
        try:
            return {name: self._exercise(name) for name in names}
        finally:
            if self.kernel is not None:
                self.kernel.close()
            ensure_event_loop().close()  # jupyter_client has made one for this thread

    def _exercise(self, name: str) -> Tried:
        tried = Tried({})
        for test in self.notebook.tests(name):
            kernel = self._running()
            tried.tests[test] = self._prepare(kernel, name) or self._test(kernel, test, tried)
            self.advance()
            if tried.tests[test].end == "died":
                break
        tried.cells = {i: self.ran[i] for i in self.notebook.needs(name) if i in self.ran}
        return tried

    def _running(self) -> Kernel:
        """Return the kernel, a new one if it has ended."""
        if self.kernel is None or not self.kernel.alive:
            self.kernel, self.ran, self.warm = Kernel(self.folder), {}, False
        return self.kernel

    def _prepare(self, kernel: Kernel, name: str) -> Ran | None:
        """Run what an exercise needs and has not run yet; return the `Ran` of a cell that ended the kernel, or None."""
        for i in self.notebook.needs(name):
            if i not in self.ran:
                self._warm_up(kernel, self.notebook.cells[i].source)
                self.ran[i] = kernel.run(self.notebook.cells[i].source, self.timeout)
                self.advance()
            if not kernel.alive:
                return self.ran[i]
        return None

    def _test(self, kernel: Kernel, i: int, tried: Tried) -> Ran:
        """Run a test cell; if it fails, ask what of it does."""
        source, name = self.notebook.cells[i].source, self.notebook.cells[i].metadata["nbgrader"]["grade_id"]
        self._warm_up(kernel, source)
        ran = kernel.call("whole", source, name, self.timeout)
        if ran.end == "done" and ran.error:
            tried.broken[i] = kernel.call("display_broken", source, name, min(EXPLAIN, self.timeout)).shown or []
        return ran

    def _warm_up(self, kernel: Kernel, source: str) -> None:
        """Import the frameworks before the first cell that imports one: that is not the learner's time."""
        if not self.warm and FRAMEWORK.search(source):
            self.warm = True
            for framework in self.frameworks:
                kernel.run(WARM_UP.format(framework), START)


def _outcome(notebook: Notebook, name: str, tried: dict[str, Tried], timeout: float) -> Exercise:
    """Return the `Exercise`, with nbgrader's marks: where Python crashes, no test below earns anything."""
    of, hidden = notebook.worth(name)
    answer = notebook.answer(name)
    if answer is None:
        return Exercise(name, State.FAILED, 0.0, of, hidden, ["the cell for your answer is missing from the notebook"])
    if name not in tried:
        return Exercise(name, State.NOT_STARTED, 0.0, of, hidden, [], answer)
    crash = _crash(tried)
    earned, failures = 0.0, []
    for i in notebook.tests(name):
        ran = tried[name].tests.get(i, Ran("died"))
        below = ran.end != "died" and crash is not None and i > crash
        score = 0.0 if below else _score(notebook.cells[i], ran)
        earned += score
        if below:
            failures.append("Python crashes in a cell above, and then no test below it runs: the kernel died")
        elif score < float(notebook.cells[i].metadata["nbgrader"]["points"]):
            failures += _reasons(ran, tried[name].broken.get(i, []), timeout)
    if failures:
        failures = _first(_cell_problems(notebook, name, tried[name]) or failures)
        return Exercise(name, State.FAILED, earned, of, hidden, failures, answer)
    return Exercise(name, State.VISIBLE if hidden else State.ALL, earned, of, hidden, [], answer)


def _first(failures: list[str]) -> list[str]:
    """Return each failure once, the first few of many."""
    failures = list(dict.fromkeys(failures))
    more = len(failures) - MOST_FAILURES
    return failures if more < 2 else [*failures[:MOST_FAILURES], f"{more} more properties do not hold"]


def _crash(tried: dict[str, Tried]) -> int | None:
    """Return the index of the first cell in which a kernel died, or None."""
    return min(
        (i for each in tried.values() for i, ran in (*each.cells.items(), *each.tests.items()) if ran.end == "died"),
        default=None,
    )


def _score(cell: NotebookNode, ran: Ran) -> float:
    """Return nbgrader's mark for a test cell with what it put out."""
    from nbgrader.utils import determine_grade

    outputs = ran.outputs if ran.end == "done" else [nbformat.v4.new_output("error", ename=ran.end)]
    return determine_grade(nbformat.from_dict({**cell, "outputs": outputs}))[0] or 0.0


def _reasons(ran: Ran, broken: list[str], timeout: float) -> list[str]:
    """Say why a test cell lost points, a line for each property."""
    if ran.end == "died":
        return ["Python itself crashes here: the kernel died"]
    told = ran.error.traceback[0] if ran.error and ran.error.traceback else ""
    if ran.end == "late":
        return [f"took longer than {timeout} seconds and was stopped{told.removeprefix('stopped')}"]
    if ran.error is None:
        return ["part of the points"]
    told = told or f"raised {ran.error.ename}"
    return broken if any(line.startswith(told) for line in broken) else [told, *broken]


def _cell_problems(notebook: Notebook, name: str, tried: Tried) -> list[str]:
    """Return what is wrong with the cells before the tests, if anything: then the tests can say no more."""
    found = []
    for i, ran in tried.cells.items():
        if ran.error is None or ran.error.ename == "NotImplementedError":
            continue
        told = (ran.error.traceback or [f"raised {ran.error.ename}"])[0]
        if grade_id(notebook.cells[i]) == name:
            return [told.replace("your cell", "your answer")]
        found.append(f"in a cell that your answer may need: {told}")
    return found
