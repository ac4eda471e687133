"""The order in which a notebook's cells run, and in which of the student's processes.

The first runs the student's cells and the visible tests, and what it prints is shown. The second runs the student's cells again
and the hidden tests, and what it prints is not. So nothing that a student reads has ever been near a hidden test. Hidden tests
that run beside the student's code have a third one, so that no other hidden test ever meets code that has read one.
"""

import time
from collections.abc import Callable

from nbformat import NotebookNode

from gdcourse.grading.judge.cells import ending_of, run_test
from gdcourse.grading.judge.files import Folder
from gdcourse.grading.judge.namespace import Namespace
from gdcourse.grading.judge.outputs import output
from gdcourse.grading.judge.remote import Remote
from gdcourse.grading.judge.source import Source
from gdcourse.grading.limits import BUSY, Limits
from gdcourse.grading.notebooks import BEGIN, grade_id, is_beside, is_test
from gdcourse.grading.wire.messages import Ending, Output, Ran, Report


def hidden_tests(nb: NotebookNode, source: Source) -> set[str]:
    """Return the names of the tests that are hidden, or need what a hidden one makes."""
    hidden = {name for cell in nb.cells if is_test(cell) and BEGIN in cell.source and (name := grade_id(cell))}
    for name, test in source.tests.items():  # in order
        if any(source.cells[place].name in hidden for place in source.plan(test).first):
            hidden.add(name)
    return hidden


def hides_beside(nb: NotebookNode, source: Source) -> bool:
    """Does a hidden test run beside the student's code, in a process of its own?"""
    hidden = hidden_tests(nb, source)
    return any(is_beside(cell) and grade_id(cell) in hidden for cell in nb.cells)


def run_notebook(
    nb: NotebookNode,
    shown: Remote,
    unseen: Remote,
    beside: Remote | None = None,
    *,
    source: Source | None = None,
    cell_limit: float,
    total: float = Limits.total,
    deadline: float | None = None,
    strict: bool,
    tell: Callable[[str, Ran], None] = lambda *_: None,
    folder: Folder | None = None,
) -> Report:
    """Run a notebook's cells in order; return the `Report`. beside: if `hides_beside`; source: of the unit.

    total: seconds for all of it; deadline: when they are over, on `time.monotonic`'s clock.
    tell: is told what came of each cell that counts, by its index.  folder: where tests look for files.
    """
    source = source or Source()
    code = [(str(i), cell) for i, cell in enumerate(nb.cells) if cell.cell_type == "code"]
    hidden = hidden_tests(nb, source)
    untold = {i for i, cell in code if grade_id(cell) in hidden and BEGIN not in cell.source}
    run = _Run(source, cell_limit, total, deadline or time.monotonic() + total, untold, tell, folder)
    run.phase(shown, [(i, cell) for i, cell in code if grade_id(cell) not in hidden])
    judged = [i for i, cell in code if grade_id(cell) in hidden and is_test(cell) and not is_beside(cell)]
    if judged:
        again = [
            (i, cell)
            for i, cell in code
            if i in judged or (int(i) < int(judged[-1]) and (not is_test(cell) or (strict and not is_beside(cell))))
        ]  # strictly, also what visible tests warn of once
        run.phase(unseen, again)
    if beside is not None:
        apart = {name for _, cell in code if is_beside(cell) and (name := grade_id(cell)) in hidden}
        apart |= source.required(apart)
        inside = [(i, cell) for i, cell in code if not is_test(cell) or grade_id(cell) in apart]
        run.phase(beside, inside, inside=True)
    gone = [remote for remote in (shown, unseen, beside) if remote is not None and remote.ended]
    worst = next((remote for remote in gone if remote.ending is Ending.TAMPERED), gone[0] if gone else unseen)
    if run.late and not gone:
        return Report(run.cells, Ending.LATE, run.late)
    return Report(run.cells, worst.ending, worst.ended)


def _untold(ran: Ran) -> Ran:
    """Return what came of a visible test that needs a hidden one, without what the student's code may say of that."""
    if ran.ending is Ending.DONE:
        return ran._replace(outputs=[])
    told = "this test needs what a hidden one makes, and failed"
    kind = "AssertionError" if ran.ending is Ending.BROKEN else "StudentError"
    return ran._replace(outputs=[output("error", ename=kind, evalue=told, traceback=[f"{kind}: {told}"])])


class _Run:
    """How cells run. limit, total: seconds for a cell, and for all of them.  untold: cells of which only the mark is told.

    cells: index -> what came of it, where it counts.  late: why the rest was not run, or None.
    """

    def __init__(
        self,
        source: Source,
        limit: float,
        total: float,
        deadline: float,
        untold: set[str],
        tell: Callable[[str, Ran], None],
        folder: Folder | None,
    ) -> None:
        self.source, self.limit, self.total, self.deadline = source, limit, total, deadline
        self.untold, self.tell, self.folder = untold, tell, folder
        self.cells: dict[str, Ran] = {}
        self.late: str | None = None
        self.waited = 0.0  # for a busy processor, in all phases so far

    def phase(self, remote: Remote, cells: list[tuple[str, NotebookNode]], inside: bool = False) -> None:
        """Run cells with one of the student's processes, and end it: two that live at once could tell each other by time.

        inside: run every test in the student's process, since others there need it.
        """
        self.remote, self.before = remote, self.waited - remote.waiting()
        namespace = Namespace(remote, self.source, self.until, self.folder)
        for i, cell in cells:
            ran = self._cell(remote, cell, namespace, inside or is_beside(cell))
            if i not in self.cells:  # else it has been shown
                self.cells[i] = _untold(ran) if i in self.untold else ran
                self.tell(i, self.cells[i])
        self.until()  # while the process still tells what it waited
        remote.kill()

    def until(self) -> float:
        """Return when the time for all is over, on `time.monotonic`'s clock. Waiting for a busy processor is given back."""
        self.waited = max(self.waited, self.before + self.remote.waiting())
        return self.deadline + min(self.waited, (BUSY - 1) * self.total)

    def _cell(self, remote: Remote, cell: NotebookNode, namespace: Namespace, inside: bool) -> Ran:
        """Run a cell, as a test or as the student's own; return what `Ran`."""
        started = time.perf_counter()
        limit = min(self.limit, self.until() - time.monotonic())
        if limit <= 0:
            self.late = f"the notebook as a whole took longer than {self.total:g} seconds: the rest was not run"
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
