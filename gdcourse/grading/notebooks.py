"""Notebooks that students hand in: read what can be read of them, and put the test cells right."""

import errno
import json
import os
import re
import stat
from collections.abc import Collection
from copy import deepcopy
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO

import nbformat
from nbformat import NotebookNode

from gdcourse.grading.limits import MARKDOWN, NOTEBOOK_BYTES, NOTEBOOK_CELLS

GOOD_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class NotebookError(Exception):
    """A file that cannot be marked; the message says in one line why."""


def read_notebook(path: str | Path) -> NotebookNode:
    """Return the notebook in a file that a student may have broken; raise `NotebookError` if it is none."""
    path = Path(path)
    return parse(read_file(path, NOTEBOOK_BYTES + 1), path.name)


def read_file(path: str | Path, most: int) -> bytes:
    """Return the first ``most`` bytes of a file that a student may have made; raise `NotebookError` if it cannot be read."""
    path = Path(path)
    try:
        with open_plain(path) as file:
            return file.read(most)
    except FileNotFoundError:
        raise NotebookError(f"{path.name} is missing; `gdcourse lab` brings it back") from None
    except OSError as error:
        raise NotebookError(f"{path.name} cannot be read: {error.strerror}") from None


def open_plain(path: str | Path) -> BinaryIO:
    """Open a file that a student may have made, for its bytes; raise `OSError` if it is no plain file.

    A link could lead to what the student may not read, and a pipe or a device has no end.
    """
    fd = os.open(path, os.O_RDONLY | NO_LINK)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError(errno.EINVAL, "it is no plain file", str(path))
    return open(fd, "rb")


def parse(raw: bytes, name: str = "exercises.ipynb") -> NotebookNode:
    """Return the notebook in ``raw``, bytes, of any format, as one of ours; raise `NotebookError` if there is none in it.

    It is built anew from what is sound: the type, text and nbgrader id of each cell. All else is dropped, since it is not
    needed and may be broken: outputs, attachments, other metadata, what is no cell. The same bytes give the same notebook.
    """
    if len(raw) > NOTEBOOK_BYTES:
        raise NotebookError(f"{name} is larger than {NOTEBOOK_BYTES:,} bytes: not marked")
    try:
        cells = _cells(json.loads(raw.decode("utf-8-sig", "replace")))
    except (ValueError, RecursionError) as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise NotebookError(f"{name} is not a Jupyter notebook that can be read ({first[:120]})") from None
    if len(cells) > NOTEBOOK_CELLS:
        raise NotebookError(f"{name} has {len(cells)} cells, more than {NOTEBOOK_CELLS}: not marked")
    return _notebook(_shortened([_cell(cell) for cell in cells if isinstance(cell, dict)]))


def _shortened(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Cut text beyond what a page can be made of in a moment: its markup is read by others, whose time nothing limits."""
    left = MARKDOWN
    for cell in cells:
        if cell.cell_type != "code":
            if len(cell.source) > left:
                cell.source = f"{cell.source[:left]}\n\n... text cut"
            left = max(0, left - len(cell.source))
    return cells


def _cells(data: Any) -> list[Any]:
    """Return the cells of a notebook; up to format 3 they lie in worksheets."""
    sheets = data.get("worksheets", [data]) if isinstance(data, dict) else None
    cells = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)] if isinstance(sheets, list) else []
    found = [each for each in cells if isinstance(each, list)]
    if not found:
        raise ValueError("it has no list of cells")
    return [cell for each in found for cell in each]


def _cell(given: dict[str, Any]) -> NotebookNode:
    """Return a new cell with what is sound in one of a student's."""
    kind = given.get("cell_type")
    source = given.get("source", given.get("input"))
    lines = [line for line in (source if isinstance(source, list) else [source]) if isinstance(line, str)]
    metadata = given.get("metadata")
    flags = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = flags.get("grade_id") if isinstance(flags, dict) else None
    return _made(
        kind if kind in ("code", "raw") else "markdown",
        "".join(lines).encode("utf-8", "replace").decode(),
        {"nbgrader": {"grade_id": name}} if isinstance(name, str) else {},
        given.get("id"),
    )


def _made(kind: str, source: str, metadata: dict[str, Any], id_: Any) -> NotebookNode:
    """Return a new cell. It is not validated, as nbformat's own are: the notebook is, as a whole."""
    code: dict[str, Any] = {"execution_count": None, "outputs": []} if kind == "code" else {}
    return nbformat.from_dict({"cell_type": kind, "id": id_, "metadata": metadata, "source": source, **code})


def _notebook(cells: list[NotebookNode], metadata: dict[str, Any] | None = None) -> NotebookNode:
    """Return a notebook of ``cells``, each with an id of its own: its own one, if it is good and no earlier cell has it."""
    taken, fresh = set(), (f"cell-{i}" for i in count())
    for cell in cells:
        if not (isinstance(cell.get("id"), str) and GOOD_ID.fullmatch(cell.id) and cell.id not in taken):
            cell["id"] = next(id_ for id_ in fresh if id_ not in taken)
        taken.add(cell.id)
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata or {})


def grade_id(cell: NotebookNode) -> str | None:
    """Return a cell's nbgrader id, or None. Metadata of any shape is possible in what a student hands in."""
    given = cell.metadata.get("nbgrader")
    id_ = given.get("grade_id") if isinstance(given, dict) else None
    return id_ if isinstance(id_, str) else None


def is_test(cell: NotebookNode) -> bool:
    """Is this cell of a source a test cell, which no student may change?"""
    flags = cell.metadata.get("nbgrader", {})
    return bool(flags.get("grade")) and not flags.get("solution")


def is_beside(cell: NotebookNode) -> bool:
    """Does this test cell run in the student's own process, since it looks at what no judge can see from outside?"""
    return is_test(cell) and "beside" in cell.metadata.get("tags", ())


def run_beside(source: NotebookNode, tests: Collection[str]) -> None:
    """Tag tests of a source, by their names, to run in the student's own process."""
    for cell in source.cells:
        if is_test(cell) and grade_id(cell) in tests and not is_beside(cell):
            cell.metadata["tags"] = [*cell.metadata.get("tags", ()), "beside"]


def is_skipped(cell: NotebookNode) -> bool:
    """Is this cell of a source one that nbclient, and so nbgrader, leaves out when it runs a notebook?"""
    return "skip-execution" in cell.metadata.get("tags", ())


def is_answer(cell: NotebookNode) -> bool:
    """Is this cell of a source one that students fill in?"""
    flags = cell.metadata.get("nbgrader", {})
    return bool(flags.get("solution") or flags.get("task"))


def warnings_are_information(cell: NotebookNode) -> None:
    """Let what a cell wrote to its error stream be ordinary output: nbgrader alone takes all points of a test for it."""
    for output in cell.get("outputs", ()):
        if output.output_type == "stream":
            output.name = "stdout"


def exercise_names(source: NotebookNode) -> list[str]:
    """Return the ids of the exercises of a source notebook, in order."""
    return [name for cell in source.cells if (name := grade_id(cell)) and is_answer(cell)]


def restore(nb: NotebookNode, source: NotebookNode) -> NotebookNode:
    """Return a copy of ``nb`` in which every test cell of ``source`` stands once, as in ``source``.

    A test stays where the student has it; further copies go. One that is missing comes back behind the cell that precedes
    it in the source, or at the end. Where an answer stands twice, the last one counts, as it does when the notebook runs.
    Cells that the source has tagged not to run, such as `check("mse")`, are so again.
    """
    ours = {name: cell for cell in source.cells if (name := grade_id(cell))}
    skipped = {cell.source for cell in source.cells if is_skipped(cell)}
    cells: list[NotebookNode] = []
    seen: dict[str, NotebookNode] = {}
    for cell in map(deepcopy, nb.cells):
        id_ = grade_id(cell)
        if cell.source in skipped:
            cell.metadata["tags"] = ["skip-execution"]
        if id_ is None or id_ not in ours:
            cell.metadata.pop("nbgrader", None)
        elif is_answer(ours[id_]):
            if id_ in seen:
                del seen[id_].metadata["nbgrader"]  # the earlier one still runs, as a plain cell
            cell = _answer(cell, ours[id_])
        elif id_ in seen:
            continue
        else:
            cell = _fresh(ours[id_])
        if id_ is not None:
            seen[id_] = cell
        cells.append(cell)
    _insert_missing(cells, source, seen)
    kept = {key: deepcopy(source.metadata[key]) for key in ("kernelspec", "language_info") if key in source.metadata}
    return _notebook(_plain(cells, source), kept)


def _plain(cells: list[NotebookNode], source: NotebookNode) -> list[NotebookNode]:
    """Let a student's cells be code or text, with no metadata but nbgrader's. What the text says is `engine.markup`'s."""
    ours = {cell.source for cell in source.cells}
    for cell in cells:
        if cell.cell_type == "raw":
            cell.cell_type = "markdown"
        cell.metadata = {k: v for k, v in cell.metadata.items() if k == "nbgrader" or cell.source in ours}
    return cells


def _answer(cell: NotebookNode, ours: NotebookNode) -> NotebookNode:
    """Return the student's answer as a cell of the source's type with the source's flags."""
    kind = "code" if ours.cell_type == "code" else "markdown"
    return _made(kind, cell.source, {"nbgrader": deepcopy(ours.metadata["nbgrader"])}, cell.get("id"))


def _fresh(ours: NotebookNode) -> NotebookNode:
    cell = deepcopy(ours)
    if cell.cell_type == "code":
        cell.outputs, cell.execution_count = [], None
    return cell


def _insert_missing(cells: list[NotebookNode], source: NotebookNode, seen: dict[str, NotebookNode]) -> None:
    before = None
    for ours in source.cells:
        id_ = grade_id(ours)
        if id_ and not is_answer(ours) and id_ not in seen:
            where = next((i for i, cell in enumerate(cells) if grade_id(cell) == before), len(cells) - 1)
            cells.insert(where + 1, _fresh(ours))
        before = id_ or before
