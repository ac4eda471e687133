"""The table of kinds has no empty cell, and each cell names what the unit's exercises really say."""

import ast
import re

import kinds
import matrix
import pytest

from gdcourse.grading.notebooks import exercise_names, grade_id, is_test

CELLS = [
    pytest.param(unit, exercise, kind, id=f"{exercise}-{kind}")
    for unit, exercises in kinds.TABLE.items()
    for exercise in exercises
    for kind in kinds.KINDS
]


@pytest.mark.parametrize("unit", kinds.TABLE)
def test_the_table_has_every_exercise_and_no_other_kind(unit):
    assert list(kinds.TABLE[unit]) == exercise_names(matrix.solved(unit))
    for cells in kinds.TABLE[unit].values():
        assert set(cells) <= set(kinds.KINDS)


@pytest.mark.parametrize("unit, exercise, kind", CELLS)
def test_a_cell_names_a_test_or_what_rules_it_out(unit, exercise, kind):
    how, _, words = kinds.TABLE[unit][exercise].get(kind, "").partition(": ")
    assert words, f"{exercise}, {kind}: empty"
    if how == "test":
        assert any(words in message for message in messages(unit, exercise)), words
    elif how == "task":
        assert words in task(unit, exercise), words
    else:
        assert how == "signature" and len(words.split()) >= 4


def messages(unit, exercise):
    """Return the messages of the asserts in an exercise's tests."""
    cells = [c for c in matrix.solved(unit).cells if is_test(c) and grade_id(c).rsplit("-", 1)[0] == exercise]
    nodes = [node for cell in cells for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Assert)]
    return [node.msg.value for node in nodes]


def task(unit, exercise):
    """Return the text before an exercise's answer, on one line."""
    cells = matrix.solved(unit).cells
    place = next(i for i, cell in enumerate(cells) if grade_id(cell) == exercise)
    return re.sub(r"\s+", " ", cells[place - 1].source)
