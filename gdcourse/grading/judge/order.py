"""The order in which a notebook's cells run, and in which of the student's processes.

The first runs the student's cells and the visible tests, and what it prints is shown. The second runs the student's cells again
and the hidden tests, and what it prints is not. So nothing that a student reads has ever been near a hidden test. Hidden tests
that run beside the student's code have a third one, so that no other hidden test ever meets code that has read one.
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from nbformat import NotebookNode

from gdcourse.catalogue import BEGIN
from gdcourse.grading.judge.cells import ending_of, run_test
from gdcourse.grading.judge.files import Folder
from gdcourse.grading.judge.namespace import Namespace
from gdcourse.grading.judge.outputs import output
from gdcourse.grading.judge.remote import Remote
from gdcourse.grading.judge.source import Source
from gdcourse.grading.limits import BUSY, Limits
from gdcourse.grading.notebooks import grade_id, is_beside, is_skipped, is_test
from gdcourse.grading.wire.messages import Ending, Output, Ran, Report


def hidden_tests(nb: NotebookNode, source: Source) -> set[str]:
    """Return the names of the tests that are hidden, or need what a hidden one makes."""
    hidden = {name for cell in nb.cells if is_test(cell) and BEGIN in cell.source and (name := grade_id(cell))}
    for name, test in source.tests.items():  # in order
        if any(source.cells[place].name in hidden for place in source.plan(test).first):
            hidden.add(name)
    return hidden


class Process(StrEnum):
    """One of the student's processes, by what it is for."""

    SHOWN = "what is shown"
    UNSEEN = "hidden tests"
    BESIDE = "hidden tests beside the student's code"


def processes(nb: NotebookNode, source: Source) -> list[Process]:
    """Return the student's processes that a notebook needs, in order."""
    hidden = hidden_tests(nb, source)
    beside = [is_beside(cell) for cell in nb.cells if is_test(cell) and grade_id(cell) in hidden]
    needed = {Process.SHOWN: True, Process.UNSEEN: not all(beside), Process.BESIDE: any(beside)}
    return [process for process, is_needed in needed.items() if is_needed]


@dataclass(frozen=True)
class Rules:
    """How a notebook's cells run. cell, total: seconds for a cell, and for all of them.

    deadline: when they are over, on `time.monotonic`'s clock.  strict: by nbgrader's own rules.
    tell: is told what came of each cell that counts, by its index.  folder: where tests look for files.
    """

    cell: float = Limits.cell
    total: float = Limits.total
    deadline: float = math.inf
    strict: bool = False
    tell: Callable[[str, Ran], None] = lambda *_: None
    folder: Folder | None = None


def run_notebook(nb: NotebookNode, remotes: Mapping[Process, Remote], source: Source, rules: Rules) -> Report:
    """Run a notebook's cells in order; return the `Report`. remotes: of its `processes`; source: of the unit."""
    code = [(str(i), cell) for i, cell in enumerate(nb.cells) if cell.cell_type == "code" and not is_skipped(cell)]
    hidden = hidden_tests(nb, source)
    run = _Run(source, rules, {i for i, cell in code if grade_id(cell) in hidden and BEGIN not in cell.source})
    run.phase(remotes[Process.SHOWN], [(i, cell) for i, cell in code if grade_id(cell) not in hidden])
    if Process.UNSEEN in remotes:
        judged = [i for i, cell in code if grade_id(cell) in hidden and is_test(cell) and not is_beside(cell)]
        again = [
            (i, cell)
            for i, cell in code
            if i in judged
            or (int(i) < int(judged[-1]) and (not is_test(cell) or (rules.strict and not is_beside(cell))))
        ]  # strictly, also what visible tests warn of once
        run.phase(remotes[Process.UNSEEN], again)
    if Process.BESIDE in remotes:
        apart = {name for _, cell in code if is_beside(cell) and (name := grade_id(cell)) in hidden}
        apart |= source.required(apart)
        inside = [(i, cell) for i, cell in code if not is_test(cell) or grade_id(cell) in apart]
        run.phase(remotes[Process.BESIDE], inside, inside=True)
    gone = [remote for remote in remotes.values() if remote.ended]
    if run.late and not gone:
        return Report(run.cells, Ending.LATE, run.late)
    worst = next((remote for remote in gone if remote.ending is Ending.TAMPERED), gone[0] if gone else None)
    return Report(run.cells, worst.ending, worst.ended) if worst else Report(run.cells, Ending.DONE, None)


def _untold(ran: Ran) -> Ran:
    """Return what came of a visible test that needs a hidden one, without what the student's code may say of that."""
    if ran.ending is Ending.DONE:
        return ran._replace(outputs=[])
    told = "this test needs what a hidden one makes, and failed"
    kind = "AssertionError" if ran.ending is Ending.BROKEN else "StudentError"
    return ran._replace(outputs=[output("error", ename=kind, evalue=told, traceback=[f"{kind}: {told}"])])


class _Run:
    """How cells run, by some `Rules`. untold: cells of which only the mark is told.

    cells: index -> what came of it, where it counts.  late: why the rest was not run, or None.
    """

    def __init__(self, source: Source, rules: Rules, untold: set[str]) -> None:
        self.source, self.rules, self.untold = source, rules, untold
        self.cells: dict[str, Ran] = {}
        self.late: str | None = None
        self.waited = 0.0  # for a busy processor, in all phases so far

    def phase(self, remote: Remote, cells: list[tuple[str, NotebookNode]], inside: bool = False) -> None:
        """Run cells with one of the student's processes, and end it: two that live at once could tell each other by time.

        inside: run every test in the student's process, since others there need it.
        """
        self.remote, self.before = remote, self.waited - remote.waiting()
        namespace = Namespace(remote, self.source, self.until, self.rules.folder)
        for i, cell in cells:
            ran = self._cell(remote, cell, namespace, inside or is_beside(cell))
            if i not in self.cells:  # else it has been shown
                self.cells[i] = _untold(ran) if i in self.untold else ran
                self.rules.tell(i, self.cells[i])
        self.until()  # while the process still tells what it waited
        remote.kill()

    def until(self) -> float:
        """Return when the time for all is over, on `time.monotonic`'s clock. Waiting for a busy processor is given back."""
        self.waited = max(self.waited, self.before + self.remote.waiting())
        return self.rules.deadline + min(self.waited, (BUSY - 1) * self.rules.total)

    def _cell(self, remote: Remote, cell: NotebookNode, namespace: Namespace, inside: bool) -> Ran:
        """Run a cell, as a test or as the student's own; return what `Ran`."""
        started = time.perf_counter()
        limit = min(self.rules.cell, self.until() - time.monotonic())
        if limit <= 0:
            self.late = f"the notebook as a whole took longer than {self.rules.total:g} seconds: the rest was not run"
            error = output("error", ename="TimeLimitError", evalue=self.late, traceback=[self.late])
            return Ran([error], None, 0.0, Ending.LATE)
        if is_test(cell) and not inside:
            outputs, ending = run_test(remote, cell.source, grade_id(cell) or "", limit, namespace)
            count = None
        else:
            outputs, count, ending = _own(remote, cell.source, limit)
        return Ran(outputs, None if is_test(cell) else count, time.perf_counter() - started, ending)


def _own(remote: Remote, source: str, limit: float) -> tuple[list[Output], int | None, Ending]:
    """Run a cell in the student's process; return (outputs, count, how it ended). What goes wrong there is its output."""
    try:
        outputs, count = remote.cell(source, limit)
    except Exception as error:
        kind = type(error).__name__
        return (
            [output("error", ename=kind, evalue=str(error), traceback=[f"{kind}: {error}"])],
            None,
            ending_of(error, remote),
        )
    errors = [o["ename"] for o in outputs if o["output_type"] == "error"]
    ending = Ending.DONE if not errors else Ending.BROKEN if errors[-1] == "AssertionError" else Ending.RAISED
    return outputs, count, ending
