"""Mutants are sound programs that differ by one change; what no test notices is found; the list of equivalents is not stale."""

import ast

import matrix
import mutants
import nbformat
import pytest

from gdcourse.grading.notebooks import exercise_names, is_test

SOLUTION = '''
def step(w, g, lr):
    """Return w after one step."""
    ### BEGIN SOLUTION
    if not g:
        raise ValueError(f"expected a gradient, got {g!r}")
    scale = max(lr, 0.0)
    w = w - scale * g
    return w
    ### END SOLUTION
'''
CHANGES = {
    "- w = w - scale * g\n+ w = w + scale * g",
    "- w = w - scale * g\n+ pass",
    "- scale = max(lr, 0.0)\n+ scale = max(lr, 1.0)",
    "- scale = max(lr, 0.0)\n+ scale = max(lr, )",
    "- if not g:\n+ if g:",
}


def test_mutants_are_sound_programs_each_once_and_say_what_changed():
    made = list(mutants.mutants("step", SOLUTION))
    assert {mutant.change for mutant in made} >= CHANGES
    assert len({ast.dump(ast.parse(mutant.source)) for mutant in made} - {ast.dump(ast.parse(SOLUTION))}) == len(made)


def test_what_a_learner_is_given_is_not_changed():
    source = "import math\nLIMIT = 3\n" + SOLUTION.replace("lr):", "lr=1.0):")
    for mutant in mutants.mutants("step", source):
        assert mutant.source.startswith(source[: source.index("### BEGIN")])


def test_statements_change_places_and_marks_stay_where_they_are():
    changes = {mutant.change for mutant in mutants.mutants("step", SOLUTION)}
    assert "+ scale = max(lr, 0.0)\n- scale = max(lr, 0.0)" in changes
    assert not any("SOLUTION" in change for change in changes)


def test_neither_words_nor_docstrings_are_changed():
    for mutant in mutants.mutants("step", SOLUTION):
        assert "Return w after one step." in mutant.source
        assert "expected a gradient" in mutant.source or mutant.change.endswith("+ pass")


@pytest.mark.slow
def test_what_no_test_notices_is_found():
    nb = mutants.alone("00_start", "descend")
    tried = [
        m
        for m in mutants.mutants("descend", mutants.solution(nb, "descend"))
        if "+ 1" in m.source or "pass" in m.source
    ]
    assert tried and mutants.survivors(nb, tried) == []
    blind = nbformat.from_dict(nb)
    for cell in blind.cells:
        if is_test(cell):
            cell.source = "pass"
    assert mutants.survivors(blind, tried) == tried


@pytest.mark.parametrize("unit", matrix.units())
def test_what_is_called_equivalent_is_a_mutant_of_today_and_has_a_reason(unit):
    for exercise, reasons in mutants.equivalent(unit).items():
        assert exercise in exercise_names(matrix.solved(unit))
        made = {m.change for m in mutants.mutants(exercise, mutants.solution(matrix.solved(unit), exercise))}
        assert set(reasons) <= made
        assert all(len(reason.split()) >= 4 for reason in reasons.values())
