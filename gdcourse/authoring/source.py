"""Read a py:percent source as a notebook that depends on the source alone."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbformat import NotebookNode

from gdcourse.authoring.markup import TASK, Markup
from gdcourse.authoring.minutes import FOLDED

TAGS = {  # what an author writes -> what JupyterLab, nbval and the site need besides
    "torch": ["raises-exception"],  # Run All goes on where a framework is missing
    "tensorflow": ["raises-exception"],
    "live": [
        "nbval-skip",
        "skip-execution",
    ],  # for a learner's kernel only: neither nbval, nbclient nor a grader runs it
    "widget": ["nbval-ignore-output"],  # a widget's output is new in every run
    **{tag: ["hide-input"] for tag in FOLDED},  # folded on the site; in JupyterLab by `complete`
}
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def read_source(path: Path, markup: Markup, measured: float | None) -> NotebookNode:
    """Return the notebook of a source, without outputs. measured: seconds the notebook runs, or None if never run."""
    nb = jupytext.read(path, fmt="py:percent")
    nb.nbformat_minor = 5
    nb.metadata = {"kernelspec": dict(KERNEL), "language_info": {"name": "python"}}
    markup.expand(nb, path.parent.name, path.stem, measured)
    nb.cells = list(with_checks(nb.cells))
    for cell in nb.cells:
        cell.metadata.pop("lines_to_next_cell", None)
        complete(cell.metadata)
    for cell, id_ in zip(nb.cells, list(cell_ids(nb)), strict=True):
        cell.id = id_
    return nb


def with_checks(cells: list[NotebookNode]) -> Iterator[NotebookNode]:
    """Yield cells, and after the tests of each exercise one that checks it in the learner's kernel."""
    owners = [_tested(cell) for cell in cells]
    for cell, owner, after in zip(cells, owners, [*owners[1:], None], strict=True):
        yield cell
        if owner and owner != after:
            text = f'from gdcourse import check\n\ncheck("{owner}")'
            yield nbformat.v4.new_code_cell(text, metadata={"tags": ["live"]})


def _tested(cell: NotebookNode) -> str | None:
    """Return the exercise that a test cell of a source belongs to, None for any other cell."""
    flags = cell.metadata.get("nbgrader", {})
    return flags["grade_id"].rsplit("-", 1)[0] if "points" in flags else None


def complete(metadata: dict[str, Any]) -> None:
    """Fill in what a source leaves out: nbgrader's flags, what follows from `TAGS`, and JupyterLab's fold."""
    if "nbgrader" in metadata:
        given = metadata["nbgrader"]
        grade = "points" in given
        flags = {"grade": grade, "locked": grade, "schema_version": 3, "solution": not grade, "task": False}
        metadata["nbgrader"] = dict(sorted({**flags, **given}.items()))
    if tags := metadata.get("tags"):
        metadata["tags"] = list(dict.fromkeys([*tags, *(also for tag in tags for also in sorted(TAGS.get(tag, ())))]))
        if FOLDED & set(tags):
            metadata["jupyter"] = {"source_hidden": True}


def cell_ids(nb: NotebookNode) -> Iterator[str]:
    """Yield an id per cell, numbered where it repeats: the grade_id; of a task, its answer's with -task; else a hash."""
    seen: Counter[str] = Counter()
    for cell, after in zip(nb.cells, [*nb.cells[1:], None], strict=True):
        text = f"{cell.cell_type}\n{cell.source}".encode()
        key = (
            cell.metadata.get("nbgrader", {}).get("grade_id") or _task_id(after) or hashlib.sha256(text).hexdigest()[:8]
        )
        seen[key] += 1
        yield key if seen[key] == 1 else f"{key}-{seen[key]}"


def _task_id(after: NotebookNode | None) -> str | None:
    """Return the id of a cell that stands before ``after``, if that is an answer's: it states the task."""
    if after and after.metadata.get("nbgrader", {}).get("solution"):
        return TASK.format(after.metadata["nbgrader"]["grade_id"])
    return None
