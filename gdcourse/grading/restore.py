"""Put the test cells of a submission right: edited, deleted, doubled and moved ones, from the source."""

from copy import deepcopy

import nbformat
from nbgrader.preprocessors import NbGraderPreprocessor

from gdcourse import resources


class RestoreTests(NbGraderPreprocessor):
    """`restore` inside nbgrader: runs before nbgrader looks the cells up, so that no student's notebook can confuse it."""

    def preprocess(self, nb, resources_):
        source = nbformat.read(resources.solved(resources_["nbgrader"]["assignment"]), as_version=4)
        return restore(nb, source), resources_


def grade_id(cell):
    """Return a cell's nbgrader id, or None. Metadata of any shape is possible in what a student hands in."""
    given = cell.metadata.get("nbgrader")
    id_ = given.get("grade_id") if isinstance(given, dict) else None
    return id_ if isinstance(id_, str) else None


def is_test(cell):
    """Is this cell of a source a test cell?"""
    return bool(cell.metadata.get("nbgrader", {}).get("grade"))


def restore(nb, source):
    """Return a copy of ``nb`` in which every test cell of ``source`` stands once, as in ``source``.

    A test stays where the student has it; further copies go. One that is missing comes back behind the cell that precedes
    it in the source, or at the end. Where an answer stands twice, the last one counts, as it does when the notebook runs.
    """
    ours = {grade_id(cell): cell for cell in source.cells if grade_id(cell)}
    cells, seen = [], set()
    for cell in map(deepcopy, nb.cells):
        id_ = grade_id(cell)
        if id_ not in ours:
            cell.metadata.pop("nbgrader", None)
        elif not is_test(ours[id_]):
            _forget(cells, id_)
            cell = _answer(cell, ours[id_])
        elif id_ in seen:
            continue
        else:
            cell = _fresh(ours[id_])
        seen.add(id_)
        cells.append(cell)
    _insert_missing(cells, source, seen)
    restored = deepcopy(nb)
    restored.cells = cells
    return restored


def _forget(cells, id_):
    """Make an earlier copy of an answer a plain cell."""
    for cell in cells:
        if grade_id(cell) == id_:
            del cell.metadata["nbgrader"]


def _answer(cell, ours):
    """Return the student's answer as a code cell with the source's flags."""
    answer = nbformat.v4.new_code_cell(cell.source, metadata={"nbgrader": deepcopy(ours.metadata["nbgrader"])})
    return nbformat.from_dict({**answer, "id": cell.get("id", answer.id)})


def _fresh(ours):
    cell = deepcopy(ours)
    cell.outputs, cell.execution_count = [], None
    return cell


def _insert_missing(cells, source, seen):
    before = None
    for ours in source.cells:
        id_ = grade_id(ours)
        if id_ and is_test(ours) and id_ not in seen:
            where = next((i for i, cell in enumerate(cells) if grade_id(cell) == before), len(cells) - 1)
            cells.insert(where + 1, _fresh(ours))
        before = id_ or before
