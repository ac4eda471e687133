"""An exercise runs with the set-up, its answer, and what these and its tests lean on; nothing else."""

import nbformat
import pytest

from gdcourse.grading.check import needs


def answer(name, source):
    return cell(source, grade_id=name, grade=False, solution=True)


def checked(name, source):
    return cell(source, grade_id=name, grade=True, solution=False)


def cell(source, **flags):
    return nbformat.v4.new_code_cell(source, metadata={"nbgrader": flags} if flags else {})


def run(cells, exercise):
    """Return the sources of the cells that an exercise needs."""
    nb = nbformat.v4.new_notebook(cells=cells)
    return [nb.cells[i].source for i in needs.cells(nb, exercise, "f")]


SETUP = [cell("import numpy as np"), cell("np.seterr(all='raise')"), nbformat.v4.new_markdown_cell("## 1")]
F, G = answer("f", "def f(x): return np.abs(x)"), answer("g", "def g(x): return f(x) + 1")
F_TEST, G_TEST = checked("f-visible", "assert f(1) == 1"), checked("g-visible", "assert g(1) == 2")


def test_the_setup_runs_and_answers_that_are_not_used_do_not():
    other = answer("h", "def h(x): return 1")
    assert run([*SETUP, F, F_TEST, other, G, G_TEST], "f") == [SETUP[0].source, SETUP[1].source, F.source]


def test_an_answer_that_calls_another_gets_it():
    assert run([*SETUP, F, F_TEST, G, G_TEST], "g")[2:] == [F.source, G.source]


def test_an_answer_that_only_the_test_calls_is_run_too():
    assert run([*SETUP, F, F_TEST, G, checked("g-hidden", "h = g\nassert h(f(1)) == 2")], "g")[2:] == [
        F.source,
        G.source,
    ]


def test_helpers_of_helpers_are_found_and_other_cells_left_out():
    own = [cell("deep = 3"), cell("def helper(x): return x + deep"), cell("while True: pass")]
    g = answer("g", "def g(x): return helper(x)")
    assert run([*SETUP, F, F_TEST, *own, g, G_TEST], "g")[2:] == ["deep = 3", own[1].source, g.source]


def test_what_stands_below_the_tests_is_not_run():
    assert run([*SETUP, F, F_TEST, cell("def f(x): return -1")], "f")[-1] == F.source


@pytest.mark.parametrize(
    "source", ["from math import *", "%time helper = 3", "helper = (", "def helper(x:\n    return 1"]
)
def test_cells_with_stars_magics_and_syntax_errors_count_for_what_they_seem_to_define(source):
    g = answer("g", "def g(x): return helper(x)")
    assert source in run([*SETUP, F, F_TEST, cell(source), g, G_TEST], "g") or source.startswith("%")


def test_tests_never_count_as_needed():
    assert F_TEST.source not in run([*SETUP, F, F_TEST, G, G_TEST], "g")
    assert [*needs.tests(nbformat.v4.new_notebook(cells=[F, F_TEST, G, G_TEST]), "f")] == [1]
