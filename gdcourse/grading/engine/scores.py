"""From the judge's report to a marked notebook and its scores, by nbgrader's rules."""

import nbformat
from nbformat import NotebookNode

from gdcourse.grading.engine.results import Job, Marked, Test
from gdcourse.grading.judge.outputs import output
from gdcourse.grading.limits import FAILURE
from gdcourse.grading.notebooks import grade_id, is_beside, is_skipped, warnings_are_information
from gdcourse.grading.wire.messages import Ending, Ran, Report

TOLD = "the tests did not get here"
NOT_RUN = Ran([output("error", ename="NotRun", evalue=TOLD, traceback=[TOLD])], None, 0.0, Ending.NOT_RUN)
SELF_EXPLAINED = (
    Ending.BROKEN,
    Ending.LATE,
    Ending.DIED,
    Ending.TAMPERED,
)  # their messages need no name of an exception


def marked(nb: NotebookNode, report: Report, job: Job, seconds: float) -> Marked:
    """Put the judge's report into the notebook, and read the scores off it as nbgrader does."""
    from nbgrader.utils import compute_checksum, is_grade, is_solution

    tests, no_response = [], []
    lost = job.strict and report.problem is not None
    for i, cell in enumerate(nb.cells):
        ran = report.cells.get(str(i), NOT_RUN)
        if cell.cell_type == "code" and not is_skipped(cell):
            _fill(cell, ran, job.strict)
        name = grade_id(cell) or ""
        if (checksum := job.checksums.get(name)) is not None:
            cell.metadata.nbgrader["checksum"] = checksum
        if is_grade(cell):
            score, points = _score(cell)
            score = 0.0 if lost else score
            line = failed(cell, score, points, ran.ending)
            tests.append(Test(name, points, score, line, ran.seconds, ran.ending, not is_beside(cell)))
        if is_solution(cell) and checksum is not None and checksum == compute_checksum(cell):
            no_response.append(name)
    _clean(nb, job)
    text = nbformat.writes(nb).encode("utf-8", "replace").decode()
    return Marked(text, tests, no_response, report.problem, report.ending is Ending.TAMPERED, seconds)


def _clean(nb: NotebookNode, job: Job) -> None:
    """Let no text of a student's run in the browser of whoever looks through the marked notebook."""
    if theirs := [cell for cell in nb.cells if cell.cell_type != "code" and cell.source not in job.texts]:
        from gdcourse.grading.engine import markup  # and with it nbconvert, which most notebooks do without

        markup.clean(theirs)


def _fill(cell: NotebookNode, ran: Ran, strict: bool) -> None:
    """Give a code cell what came of it."""
    cell.execution_count = ran.number
    cell.outputs = [nbformat.from_dict(each) for each in ran.outputs]
    if not strict:
        warnings_are_information(cell)


def _score(cell: NotebookNode) -> tuple[float | None, float]:
    """Return (score, points) by nbgrader's rule."""
    from nbgrader.utils import determine_grade

    def has_text(output: NotebookNode) -> bool:
        return output.output_type != "execute_result" or "text/plain" in output.data

    told = [output for output in cell.get("outputs", ()) if has_text(output)]  # nbgrader reads points off the text
    try:
        return determine_grade(nbformat.from_dict({**cell, "outputs": told}) if "outputs" in cell else cell)
    except ValueError:  # partial credit above the maximum: the test's own mistake
        return 0.0, float(cell.metadata["nbgrader"]["points"])


def failed(cell: NotebookNode, score: float | None, points: float, ending: Ending) -> str | None:
    """Return in a line why a test cell lost points, or None."""
    if score is None or score >= points:
        return None
    errors = [o for o in cell.get("outputs", ()) if o["output_type"] == "error"]
    if not errors:
        return f"{grade_id(cell)}: part of the points"
    told = errors[-1]["evalue"].splitlines()
    kind = errors[-1]["ename"]
    return (told[0] if told and ending in SELF_EXPLAINED else f"{kind}: {told[0]}" if told else kind)[:FAILURE]
