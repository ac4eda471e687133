"""`check("mse")` in a notebook: the tests of an exercise, run at once on the answer that the kernel holds.

The tests are those of the installed course, hidden ones too; of an exercise that it does not have, those of the notebook. They
run in the learner's own process, so this is a quick look: `gdcourse check` runs the file itself, and stays the judge of record.
"""

import contextlib
import json
import linecache
import numbers
import os
import random
import re
import sys
import threading
import warnings
from _thread import interrupt_main
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import psutil
from IPython.core.getipython import get_ipython
from IPython.utils.capture import capture_output

from gdcourse import resources, workspace
from gdcourse._lazy import need
from gdcourse._names import names
from gdcourse.catalogue import BEGIN, Catalogue, State, anchor
from gdcourse.grading.check import trial
from gdcourse.grading.check.clock import EXPLAIN, TICK, Clock

MARKS = {True: "✓", False: "✗", None: "–"}
Property: TypeAlias = tuple[str, bool | None, str]  # what it says, does it hold (None: not tried), what was seen


class CheckError(ValueError):
    """An exercise that cannot be checked; the message says which there are. IPython shows no more than that."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


def check(*exercises: str, timeout: float = 30.0) -> "Report":
    """Run the tests of exercises on the answers in this kernel, and return a `Report` that a notebook shows.

    exercises: names such as "mse"; none for all of this notebook.  timeout: seconds that a test cell may work.
    What the tests make, print or draw is gone afterwards, and the home page's progress is brought up to date.
    """
    shell: Any = get_ipython()
    if shell is None:
        raise CheckError("check() looks at the answers in a notebook's kernel; in a terminal, use `gdcourse check`")
    known = _exercises(shell.user_ns)
    chosen = [_named(name, known) for name in exercises] or _of_this_notebook(known, shell.user_ns)
    results = [_check(exercise, shell.user_ns, timeout) for exercise in _with_bar(chosen)]
    _record(results)
    return Report(results)


@dataclass
class Exercise:
    """An exercise. unit: of the course, or "" where only the notebook has it.  tests: its cells, as JSON."""

    name: str
    unit: str
    tests: list[dict[str, Any]]

    @cached_property
    def stub(self) -> str:
        """What a learner is handed as the answer's cell, where that is known."""
        cells = _cells(resources.released(self.unit)) if self.unit else []
        return next((_source(cell).strip() for cell, flags in cells if flags.get("grade_id") == self.name), "")

    @property
    def defines(self) -> set[str]:
        """The names that an answer binds."""
        return names(self.stub)[1] or {self.name}

    @property
    def has_hidden(self) -> bool:
        return any(BEGIN in _source(cell) for cell in self.tests)


@dataclass
class Tried:
    """A test cell that was tried. late: was it stopped by the clock?"""

    name: str
    points: float
    earned: float = 0.0
    late: bool = False
    properties: list[Property] = field(default_factory=list)


@dataclass
class Result:
    """What a check found. answer: its text.  told: why no test ran, or ""."""

    exercise: Exercise
    answer: str
    tests: list[Tried] = field(default_factory=list)
    told: str = ""

    @property
    def earned(self) -> float:
        return sum(test.earned for test in self.tests)

    @property
    def points(self) -> float:
        return sum(float(cell["metadata"]["nbgrader"]["points"]) for cell in self.exercise.tests)

    @property
    def state(self) -> State:
        if self.told:
            return State.NOT_STARTED
        if self.earned < self.points:
            return State.FAILED
        return State.ALL if self.exercise.has_hidden else State.VISIBLE

    @property
    def title(self) -> str:
        """Points, and how many properties do not hold."""
        if self.told:
            return self.told
        broken = sum(holds is False for test in self.tests for _, holds, _ in test.properties)
        what = f"{broken} propert{'ies do' if broken > 1 else 'y does'} not hold" if broken else "everything holds"
        only = "" if self.exercise.has_hidden else " (visible tests only)"
        return f"{self.earned:g} of {self.points:g} points: {what}{only}"


class Report:
    """The results of a check: a page in a notebook, text elsewhere."""

    def __init__(self, results: list[Result]) -> None:
        self.results = results

    def __repr__(self) -> str:
        lines = [line for result in self.results for line in self._lines(result)]
        return "\n".join([*self._sum(), *lines])

    def _lines(self, result: Result) -> Iterator[str]:
        yield f"{MARKS[result.state in (State.ALL, State.VISIBLE)]} {result.exercise.name}: {result.title}"
        for told, holds, seen in _shown(result):
            yield f"    {MARKS[holds]} {told}{f': {seen}' if seen else ''}"

    def _sum(self) -> list[str]:
        if len(self.results) < 2:
            return []
        earned, of = sum(r.earned for r in self.results), sum(r.points for r in self.results)
        solved = sum(r.state in (State.ALL, State.VISIBLE) for r in self.results)
        return [f"{solved} of {len(self.results)} exercises solved, {earned:g} of {of:g} points"]

    def _repr_html_(self) -> str:
        return "".join([*(f"<p><b>{line}</b></p>" for line in self._sum()), *map(self._html, self.results)])

    def _html(self, result: Result) -> str:
        solved = result.state in (State.ALL, State.VISIBLE)
        title = f"{MARKS[solved]} <b>{escape(result.exercise.name)}</b>: {escape(result.title)}"
        shown, again = _shown(result), "" if solved else _links(result.exercise)
        broken = _list([each for each in shown if each[1] is False])
        parts = [(True, "what holds"), (None, "what was not tried, since something failed before it")]
        rest = "".join(_folded([each for each in shown if each[1] is holds], words) for holds, words in parts)
        return f"<div>{title}{broken}{rest}{again}</div>"


def _folded(properties: list[Property], words: str) -> str:
    """Return a list of properties under a line that says how many there are."""
    if not properties:
        return ""
    return f"<details><summary>{words}: {len(properties)}</summary>{_list(properties)}</details>"


def _list(properties: list[Property]) -> str:
    """Return properties as a list, each with its mark and what was seen."""
    rows = "".join(
        f"<li>{MARKS[holds]} {escape(told)}{f'<br><small>{escape(seen)}</small>' if seen else ''}</li>"
        for told, holds, seen in properties
    )
    return f"<ul style='list-style: none; margin: 0.3em 0; padding-left: 1em'>{rows}</ul>" if rows else ""


def _shown(result: Result) -> list[Property]:
    """Return the properties of a result: first what does not hold, then what holds, last what was not tried."""
    found = [each for test in result.tests for each in test.properties]
    order: list[bool | None] = [False, True, None]
    return sorted(dict.fromkeys(found), key=lambda each: order.index(each[1]))


def _links(exercise: Exercise) -> str:
    """Return where to look again: the sections of lessons that lead to an exercise of the course."""
    if not exercise.unit:
        return ""
    found = []
    for path in sorted((resources.root() / "solutions" / exercise.unit).glob("[0-9]*.py")):
        before, mark, _ = path.read_text("utf-8").partition(f"{{{{exercise:{exercise.name}}}}}")
        headings = re.findall(r"^# ##? (.+)$", before, re.M)
        if mark:
            where = f"{path.stem}.ipynb" + (f"#{anchor(headings[-1])}" if len(headings) > 1 else "")
            found.append(f"<a href='{where}'>{escape(': '.join(dict.fromkeys([headings[0], headings[-1]])))}</a>")
    return f"<p>Look again at {', '.join(found)}.</p>" if found else ""


def _exercises(namespace: dict[str, Any]) -> dict[str, Exercise]:
    """Return name -> `Exercise`: those of the course, and those of the notebook that is open."""
    units = Catalogue.read(resources.root()).units
    own = [(unit, path) for unit in units if (path := resources.solved(unit)).is_file()]
    found: dict[str, Exercise] = {}
    for unit, path in [*own, *(("", path) for path in _open_notebooks(namespace))]:
        for exercise in _read(path, unit):
            found.setdefault(exercise.name, exercise)
    return found


def _open_notebooks(namespace: dict[str, Any]) -> list[Path]:
    """Return the notebook that this kernel serves, as JupyterLab or VS Code tell; else those in its folder."""
    told = [namespace.get("__vsc_ipynb_file__"), os.environ.get("JPY_SESSION_NAME")]
    files = [path for name in told if name and (path := Path(name)).suffix == ".ipynb" and path.is_file()]
    return files or sorted(Path.cwd().glob("*.ipynb"))


def _read(path: Path, unit: str) -> list[Exercise]:
    """Return the exercises of a notebook, each with its tests; of a file that is none, nothing."""
    cells = _cells(path)
    tests = [(flags["grade_id"].rsplit("-", 1)[0], cell) for cell, flags in cells if _is_test(flags)]
    answers = [flags["grade_id"] for _, flags in cells if flags.get("solution")]
    found = [Exercise(name, unit, [cell for owner, cell in tests if owner == name]) for name in answers]
    return [exercise for exercise in found if exercise.tests]


def _cells(path: Path) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return the code cells of a notebook with nbgrader's flags; of a file that is none, nothing."""
    try:
        cells = json.loads(path.read_text("utf-8"))["cells"]
        return [(cell, cell["metadata"].get("nbgrader", {})) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError, AttributeError, OSError):
        return []


def _is_test(flags: dict[str, Any]) -> bool:
    return bool(flags.get("grade")) and not flags.get("solution")


def _source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def _named(name: str, known: dict[str, Exercise]) -> Exercise:
    if name not in known:
        near = get_close_matches(name, known, n=3) or [f"{first} ... {last}" for first, *_, last in [list(known)]]
        raise CheckError(f"expected the name of an exercise, such as {', '.join(near)}; got {name!r}")
    return known[name]


def _of_this_notebook(known: dict[str, Exercise], namespace: dict[str, Any]) -> list[Exercise]:
    """Return the exercises of the notebook that is open: those whose answers' cells it has."""
    here = {exercise.name for path in _open_notebooks(namespace) for exercise in _read(path, "")}
    chosen = [exercise for name, exercise in known.items() if name in here]
    if not chosen:
        raise CheckError('check() finds no exercises in this notebook; name one, as in check("mse")')
    return chosen


def _with_bar(exercises: list[Exercise]) -> Any:
    """Return the exercises to go through, with a bar if there are several."""
    if len(exercises) < 2:
        return exercises
    from tqdm.auto import tqdm

    return tqdm(exercises, desc="checking", leave=False)


def _check(exercise: Exercise, namespace: dict[str, Any], timeout: float) -> Result:
    """Return the `Result` of one exercise. Frameworks are imported before the clock starts: that is not the learner's time."""
    missing = sorted(exercise.defines - namespace.keys())
    if missing:
        return Result(exercise, "", told=f"{missing[0]} is not defined yet: run the cell with your answer first")
    result = Result(exercise, _answer(exercise, namespace))
    if exercise.stub and result.answer.strip() == exercise.stub:
        result.told = "not started: your answer still raises NotImplementedError"
        return result
    for framework in sorted(
        {f for cell in exercise.tests for f in trial.FRAMEWORK.findall(_source(cell))}, reverse=True
    ):
        with contextlib.suppress(ModuleNotFoundError):
            need(framework)  # where it is missing, the test itself says so
    for cell in exercise.tests:
        with _as_it_was(namespace):
            result.tests.append(_try(cell, namespace, timeout))
        if result.tests[-1].late:
            break  # it may never end in the others either
    return result


def _answer(exercise: Exercise, namespace: dict[str, Any]) -> str:
    """Return the text of the cell that defined the answer, as IPython keeps it."""
    for name in sorted(exercise.defines):
        for file in sorted(trial.files(namespace[name])):
            return "".join(linecache.getlines(file))
    return ""


def _try(cell: dict[str, Any], namespace: dict[str, Any], timeout: float) -> Tried:
    """Run one test cell; if it fails, try it once more, assertion by assertion."""
    source, flags = _source(cell), cell["metadata"]["nbgrader"]
    tried = Tried(flags["grade_id"], float(flags["points"]))
    with capture_output(), warnings.catch_warnings():
        try:
            with _limit(timeout):
                value = trial.whole(source, tried.name, namespace)
        except KeyboardInterrupt:
            tried.late = True
            tried.properties.append(("ends in time", False, f"stopped: it took longer than {timeout:g} seconds"))
            return tried
        except Exception as error:
            first = trial.describe(error, namespace)
        else:
            tried.earned = _mark(value, tried.points)
            tried.properties += [(_property(claim, tried), True, "") for claim in trial.claims(source)]
            return tried
        attempt = trial.Trial(source, tried.name, namespace)
        with contextlib.suppress(KeyboardInterrupt), _limit(min(EXPLAIN, timeout)):
            attempt.run()
    tried.properties += _told(source, tried, attempt, first)
    return tried


def _told(source: str, tried: Tried, attempt: trial.Trial, first: str) -> Iterator[Property]:
    """Yield what a failed test cell says of each property: (the property, does it hold, what was seen where it does not)."""
    claims = trial.claims(source)
    if not any(attempt.properties.get(claim) is False for claim in claims):
        yield _property(first, tried), False, ""  # what stopped the cell belongs to no property
    for claim in claims:
        holds = attempt.properties.get(claim)
        yield _property(claim, tried), holds, attempt.seen.get(claim, "") if holds is False else ""


def _property(claim: str, tried: Tried) -> str:
    return claim.removeprefix(f"{tried.name.rsplit('-', 1)[0]}: ")


def _mark(value: Any, points: float) -> float:
    """Return nbgrader's mark for a cell that ran: its last value, if that is a number, else all points."""
    partial = isinstance(value, numbers.Real) and not isinstance(value, bool)
    return min(max(float(value), 0.0), points) if partial else points


@contextlib.contextmanager
def _limit(seconds: float) -> Iterator[None]:
    """Raise `KeyboardInterrupt` in the main thread each time that its work has taken too long, until it ends."""
    done = threading.Event()

    def watch() -> None:
        clock = Clock(psutil.Process())
        while not done.wait(TICK):
            if clock.tick() > seconds:
                interrupt_main()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


@contextlib.contextmanager
def _as_it_was(namespace: dict[str, Any]) -> Iterator[None]:
    """Put back afterwards what a test may change in a kernel: names, folder, random states, settings, open figures."""
    kept, folder, environment = dict(namespace), Path.cwd(), dict(os.environ)
    random_state, numpy_state, errors = random.getstate(), np.random.get_state(), np.geterr()
    try:
        with np.printoptions(), _torch_as_it_was(), _figures_as_they_were():
            yield
    finally:
        for name in namespace.keys() - kept.keys():
            del namespace[name]
        namespace.update(kept)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        random.setstate(random_state)
        np.random.set_state(numpy_state)
        np.seterr(**errors)


@contextlib.contextmanager
def _torch_as_it_was() -> Iterator[None]:
    torch: Any = sys.modules.get("torch")
    if torch is None:
        yield
        return
    state, dtype, grad = torch.get_rng_state(), torch.get_default_dtype(), torch.is_grad_enabled()
    try:
        yield
    finally:
        torch.set_rng_state(state)
        torch.set_default_dtype(dtype)
        torch.set_grad_enabled(grad)


@contextlib.contextmanager
def _figures_as_they_were() -> Iterator[None]:
    def opened() -> list[int]:
        pyplot: Any = sys.modules.get("matplotlib.pyplot")
        return pyplot.get_fignums() if pyplot else []

    before = opened()
    try:
        yield
    finally:
        for number in set(opened()).difference(before):
            sys.modules["matplotlib.pyplot"].close(number)


def _record(results: list[Result]) -> None:
    """Note in the working copy, if this is one, what was found of the course's exercises."""
    try:
        folder = workspace.find()
    except workspace.WorkspaceError:
        return
    for unit in {result.exercise.unit for result in results} - {""}:
        mine = [r for r in results if r.exercise.unit == unit and r.answer]
        workspace.record(folder, unit, {r.exercise.name: (r.state, r.answer) for r in mine})
