"""Which cells of a notebook one exercise leans on."""

import re

from nbformat import NotebookNode

from gdcourse._names import names
from gdcourse.grading.notebooks import grade_id, is_test

DEFINES = re.compile(r"^(?:def|class)\s+(\w+)|^(\w+)\s*=(?!=)", re.M)  # in a cell that does not parse
MAGIC = re.compile(r"^\s*[%!].*$", re.M)


def tests(nb: NotebookNode, exercise: str) -> list[int]:
    """Return the indices of the test cells of an exercise."""
    return [
        i
        for i, cell in enumerate(nb.cells)
        if is_test(cell) and cell.metadata["nbgrader"]["grade_id"].startswith(f"{exercise}-")
    ]


def cells(nb: NotebookNode, exercise: str, first: str) -> list[int]:
    """Return the indices of the code cells to run before the tests of an exercise: its answer, and what that and they lean on.

    first: the first exercise of the notebook. What stands before it is the set-up, which all exercises lean on.
    """
    own = tests(nb, exercise)
    start = next((i for i, cell in enumerate(nb.cells) if grade_id(cell) == first), 0)
    above = {i: _names(c.source) for i, c in enumerate(nb.cells[: max(own, default=0)]) if _is_candidate(c)}
    found = {i for i in above if i < start or grade_id(nb.cells[i]) == exercise}
    wanted = set().union(*(_names(nb.cells[i].source)[0] for i in own), *(above[i][0] for i in found))
    while more := {i for i, (_, binds) in above.items() if i not in found and binds & {*wanted, "*"}}:
        found |= more
        wanted |= set().union(*(above[i][0] for i in more))
    return sorted(found)


def _is_candidate(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and bool(cell.source.strip()) and not is_test(cell)


def _names(source: str) -> tuple[set[str], set[str]]:
    """Return the names that a cell (reads, binds); "*" among the latter if it imports whatever a module has."""
    plain = MAGIC.sub("", source)
    starred = {"*"} if re.search(r"^from .+ import \*", plain, re.M) else set()
    try:
        reads, binds = names(plain)
    except SyntaxError:
        return set(), {name for pair in DEFINES.findall(plain) for name in pair if name} | starred
    return reads, binds | starred
