"""Mark one exercise notebook: which exercises are untouched, which named property fails, how many points."""

from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbclient.exceptions import DeadKernelError
from nbgrader.utils import determine_grade

from gdcourse import resources
from gdcourse.execution import client, run
from gdcourse.grading.notebooks import BEGIN, exercise_names, grade_id, is_test, read_notebook, restore

TIMEOUT = "CellTimeoutError"


@dataclass
class Exercise:
    """The outcome of one exercise. state: "passed", "failed" or "not started"; failures: one line per failed test."""

    name: str
    state: str
    earned: float
    points: float
    failures: list[str] = field(default_factory=list)


def check(path, unit, *, full=False, timeout=30, on_cell=None):
    """Run the notebook at ``path`` with the tests of ``unit`` and return its list of `Exercise`.

    full: hidden tests too.  timeout: seconds per cell.  on_cell(done, of): called after each cell.
    The file itself is not changed. What the notebook writes lands in its own folder, as when it is run in JupyterLab.
    """
    source = nbformat.read(resources.solved(unit), as_version=4)
    if not full:
        source.cells = [cell for cell in source.cells if not (is_test(cell) and BEGIN in cell.source)]
    nb = restore(read_notebook(path), source)
    death = _execute(nb, Path(path).parent, timeout, on_cell)
    untouched = nbformat.read(resources.released(unit), as_version=4)
    return [_outcome(name, nb, untouched, death, timeout) for name in exercise_names(source)]


def points(exercises):
    """Return (earned, of) over a list of `Exercise`."""
    return sum(e.earned for e in exercises), sum(e.points for e in exercises)


def _execute(nb, folder, timeout, on_cell):
    """Run every cell; return the exercise at which the kernel died, or None."""
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    reached = 0

    def advance(cell, cell_index, execute_reply):
        nonlocal reached
        reached = cell_index + 1
        _note_timeout(cell, execute_reply["content"])
        if on_cell is not None:
            on_cell(reached, len(nb.cells))

    try:
        run(
            client(
                nb,
                cwd=folder,
                timeout=timeout,
                allow_errors=True,
                interrupt_on_timeout=True,
                error_on_timeout={"status": "error", "ename": TIMEOUT, "evalue": "", "traceback": []},
                on_cell_executed=advance,
            )
        )
    except DeadKernelError:
        return reached
    return None


def _note_timeout(cell, reply):
    """Record in the cell itself that it was stopped: code that swallows the interruption leaves no error of its own."""
    if reply.get("ename") == TIMEOUT:
        cell.outputs.append(nbformat.v4.new_output("error", ename=TIMEOUT, evalue="", traceback=[]))


def _outcome(name, nb, untouched, death, timeout):
    answer = _find(nb, name)
    tests = [(i, c) for i, c in enumerate(nb.cells) if is_test(c) and grade_id(c).startswith(f"{name}-")]
    total = sum(float(cell.metadata["nbgrader"]["points"]) for _, cell in tests)
    if answer is None:
        return Exercise(name, "failed", 0.0, total, ["the cell for your answer is missing from the notebook"])
    earned, failures = 0.0, []
    for index, cell in tests:
        score = 0.0 if death is not None and index >= death else (determine_grade(_without_stderr(cell))[0] or 0.0)
        earned += score
        if score < float(cell.metadata["nbgrader"]["points"]):
            failures.append(_reason(cell, index, death, timeout))
    if not failures:
        return Exercise(name, "passed", earned, total)
    stub = _find(untouched, name).source.strip()
    started = answer.source.strip() != stub
    return Exercise(name, "failed" if started else "not started", earned, total, failures if started else [])


def _find(nb, id_):
    return next((cell for cell in nb.cells if grade_id(cell) == id_), None)


def _without_stderr(cell):
    cell.outputs = [o for o in cell.outputs if not (o.output_type == "stream" and o.name == "stderr")]
    return cell


def _reason(cell, index, death, timeout):
    """Say in one line why a test cell lost points."""
    if death is not None and index >= death:
        return "the kernel died before this test could finish: an answer above it crashes Python"
    errors = [o for o in cell.outputs if o.output_type == "error"]
    if not errors:
        return f"{grade_id(cell)}: part of the points"
    error = errors[-1]
    if error.ename == TIMEOUT:
        return f"took longer than {timeout} seconds and was stopped"
    if error.ename == "AssertionError" and error.evalue:
        return error.evalue.splitlines()[0]
    if error.ename == "NotImplementedError":
        return "still raises NotImplementedError"
    told = error.evalue.splitlines()
    return f"raised {error.ename}" + (f": {told[0]}" if told else "")
