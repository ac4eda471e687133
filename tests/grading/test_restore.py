"""Whatever a student does to the test cells, they stand once and as in the source when the notebook is marked."""

from copy import deepcopy

import matrix
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

from gdcourse.grading.notebooks import grade_id, is_skipped, is_test, parse, restore

SOURCE = matrix.solved("00_start")
TESTS = {grade_id(cell): cell.source for cell in SOURCE.cells if is_test(cell)}


def test_what_the_source_has_tagged_not_to_run_is_so_again():
    live = [cell.source for cell in SOURCE.cells if "skip-execution" in cell.metadata.get("tags", ())]
    assert live == [f'from gdcourse import check\n\ncheck("{name}")' for name in ("descend", "fate")]
    handed_in = parse(nbformat.writes(SOURCE).encode())
    assert set(live) <= {cell.source for cell in handed_in.cells}
    assert not any(map(is_skipped, handed_in.cells))  # of a student's metadata nothing is read but ids
    assert [cell.source for cell in restore(handed_in, SOURCE).cells if is_skipped(cell)] == live


def find(nb, id_):
    return next(i for i, cell in enumerate(nb.cells) if grade_id(cell) == id_)


def delete(nb):
    del nb.cells[find(nb, "descend-visible")]


def delete_all_tests_and_the_answer(nb):
    nb.cells = [cell for cell in nb.cells if grade_id(cell) is None]


def duplicate(nb):
    nb.cells.append(deepcopy(nb.cells[find(nb, "descend-hidden")]))


def edit(nb):
    nb.cells[find(nb, "descend-hidden")].source = "pass"


def reflag(nb):
    nb.cells[find(nb, "descend-hidden")].metadata["nbgrader"].update(points=100, grade=False, locked=False)


def to_markdown(nb):
    i = find(nb, "descend-visible")
    nb.cells[i] = nbformat.v4.new_markdown_cell("free points", metadata=nb.cells[i].metadata)


def forge(nb):
    forged = {"grade": True, "grade_id": "bonus", "points": 99, "schema_version": 3, "solution": False, "locked": True}
    nb.cells.append(nbformat.v4.new_code_cell("pass", metadata={"nbgrader": forged}))


def spoil_metadata(nb):
    nb.cells[0].metadata["nbgrader"] = "nonsense"
    nb.cells[1].metadata["nbgrader"] = {"grade_id": ["no", "string"]}


@pytest.mark.parametrize(
    "tamper",
    [delete, delete_all_tests_and_the_answer, duplicate, edit, reflag, to_markdown, forge, spoil_metadata],
)
def test_tests_stand_once_and_unchanged(tamper):
    nb = deepcopy(SOURCE)
    tamper(nb)
    handed_in = deepcopy(nb)
    restored = restore(nb, SOURCE)
    tests = [cell for cell in restored.cells if is_test(cell)]
    assert {grade_id(cell): cell.source for cell in tests} == TESTS and len(tests) == len(TESTS)
    assert sum(cell.metadata["nbgrader"]["points"] for cell in tests) == matrix.worth("00_start")
    assert nb == handed_in


def test_the_last_of_two_answers_counts():
    nb = deepcopy(SOURCE)
    second = deepcopy(nb.cells[find(nb, "descend")])
    second.source = "second"
    nb.cells.append(second)
    restored = restore(nb, SOURCE)
    assert restored.cells[find(restored, "descend")].source == "second"
    assert sum(grade_id(cell) == "descend" for cell in restored.cells) == 1
    assert len(restored.cells) == len(nb.cells)  # the first answer still runs, as a plain cell


def test_missing_tests_come_back_behind_the_answer():
    nb = deepcopy(SOURCE)
    delete(nb)
    nb.cells.append(nbformat.v4.new_code_cell("# my notes"))
    restored = restore(nb, SOURCE)
    order = [grade_id(cell) for cell in restored.cells if grade_id(cell)]
    assert order[:3] == ["descend", "descend-visible", "descend-hidden"]


def test_an_honest_notebook_is_left_as_it_is():
    nb = deepcopy(SOURCE)
    nb.cells.insert(find(nb, "descend-visible"), nbformat.v4.new_code_cell("helper = 1"))
    assert [cell.source for cell in restore(nb, SOURCE).cells] == [cell.source for cell in nb.cells]


def test_text_beyond_the_limit_is_cut_and_code_is_not():
    """Others turn it into pages, and twenty megabytes of brackets take them half a minute."""
    long = "[" * 700_000
    cells = [new_markdown_cell(long), new_code_cell("x" * 2_000_000), new_markdown_cell(long), new_raw_cell(long)]
    parsed = parse(nbformat.writes(new_notebook(cells=cells)).encode())
    assert [len(cell.source) for cell in parsed.cells] == [700_000, 2_000_000, 300_000 + 14, 14]
    assert parsed.cells[3].source == "\n\n... text cut"
