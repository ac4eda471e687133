"""The order in which a notebook's cells run, and in which of the student's two processes.

The first runs the student's cells and the visible tests, and what it prints is shown. The second runs the student's cells again
and the hidden tests, and what it prints is not. So nothing that a student reads has ever been near a hidden test.
"""

import time

from nbformat import NotebookNode

from gdcourse.grading.judge.cells import ending_of, run_test
from gdcourse.grading.judge.outputs import output
from gdcourse.grading.judge.remote import Remote
from gdcourse.grading.notebooks import BEGIN, grade_id, is_beside, is_test
from gdcourse.grading.wire.messages import Ending, Output, Ran, Report


def run_notebook(nb: NotebookNode, shown: Remote, unseen: Remote, *, cell_limit: float, strict: bool) -> Report:
    """Run a notebook's cells in order; return the `Report`."""
    cells = {}
    code = [(str(i), cell) for i, cell in enumerate(nb.cells) if cell.cell_type == "code"]
    has_hidden = [i for i, cell in code if is_test(cell) and (BEGIN in cell.source or is_beside(cell))]
    last = int(has_hidden[-1]) if has_hidden else -1
    again = {
        i for i, cell in code if int(i) < last and (strict or not is_test(cell))
    }  # strictly, also what they warn of once
    hidden = [(i, cell) for i, cell in code if i in has_hidden or i in again]
    for i, cell in code:
        if i not in has_hidden:
            cells[i] = _cell(shown, cell, cell_limit)
    shown.kill()  # before the first hidden test: two processes that live at once could tell each other, if only by time
    for i, cell in hidden:
        if not is_beside(cell):
            ran = _cell(unseen, cell, cell_limit)
            cells.setdefault(i, ran)
    for i, cell in hidden:  # last: what such a test shows to the student's code cannot come out any more
        if is_beside(cell):
            cells[i] = _cell(unseen, cell, cell_limit)
    gone = [remote for remote in (shown, unseen) if remote.ended]
    worst = next((remote for remote in gone if remote.ending is Ending.TAMPERED), gone[0] if gone else unseen)
    return Report(cells, worst.ending, worst.ended)


def _cell(remote: Remote, cell: NotebookNode, limit: float) -> Ran:
    """Run a cell, as a test or as the student's own; return what `Ran`."""
    started = time.perf_counter()
    if is_test(cell) and not is_beside(cell):
        (outputs, ending), count = run_test(remote, cell.source, grade_id(cell) or "", limit), None
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
