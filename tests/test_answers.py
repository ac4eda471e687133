"""The graders are tested: every known wrong answer loses points, every unusual right one earns all, none disturbs another."""

import ast
from collections import Counter

import jupytext
import matrix
import numpy as np
import pytest

from gdcourse import resources
from gdcourse.catalogue import Catalogue
from gdcourse.grading.notebooks import exercise_names, grade_id, is_test

UNITS = matrix.units()


@pytest.fixture(scope="module", params=UNITS)
def graded(request, tmp_path_factory):
    """Grade every answer of a unit as a class is graded; return (row of answers, outcome) pairs, the solution's first."""
    return matrix.marks(request.param, tmp_path_factory.mktemp("matrix"), matrix.together(request.param))


@pytest.mark.timeout(900)
def test_the_matrix(graded):
    (_, full), *rows = graded
    assert full.score == full.max_score > 0, "the reference solution earns every point"
    every = [(answer, outcome) for row, outcome in rows for answer in row.values()]
    assert [(a.exercise, a.kind, a.name, o.problem) for a, o in every if not matrix.is_good(a, o)] == []
    assert [row for row, outcome in rows if matrix.lost_elsewhere(row, outcome)] == []


def test_every_unit_with_exercises_has_answers():
    units = Catalogue.read(resources.root()).units
    assert [unit for unit in units if (matrix.SOLUTIONS / unit / "exercises.py").exists()] == UNITS


@pytest.mark.parametrize("unit", UNITS)
def test_there_are_enough_answers_each_with_a_reason(unit):
    answers = matrix.answers(unit)
    counts = Counter((answer.exercise, answer.kind) for answer in answers)
    for exercise in exercise_names(matrix.solved(unit)):
        assert counts[exercise, "wrong"] >= 8 and counts[exercise, "right"] >= 3, exercise
    assert {answer.kind for answer in answers} == {"wrong", "right"}
    assert all(len(answer.why.split()) >= 4 for answer in answers)
    assert len({(answer.exercise, answer.name) for answer in answers}) == len(answers)


def test_cells():
    """Yield (id of the test, exercise, syntax tree, source) for every test cell of the course's sources."""
    for unit in UNITS:
        for cell in jupytext.read(matrix.SOLUTIONS / unit / "exercises.py", fmt="py:percent").cells:
            nbgrader = cell.metadata.get("nbgrader", {})
            if "points" in nbgrader:
                yield pytest.param(nbgrader["grade_id"], cell.source, id=nbgrader["grade_id"])


CELLS = list(test_cells())
test_cells.__test__ = False


@pytest.mark.parametrize("id_, source", CELLS)
def test_every_assertion_names_a_property_of_its_exercise(id_, source):
    exercise = id_.rsplit("-", 1)[0]
    asserts = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Assert)]
    assert asserts
    for node in asserts:
        assert isinstance(node.msg, ast.Constant), f"{id_}, line {node.lineno}: the message is not a literal"
        assert node.msg.value.startswith(f"{exercise}: "), f"{id_}, line {node.lineno}: the message names no exercise"


LOOSEST = 2e-3  # how far a number may be from the largest true one of its array, beside it
LOOSE = {  # test cell: why a comparison in it is looser
    "standardise-inputs": "the digits of numbers near a million, which the inputs do not hold",
    "momentum_matrix-hidden": "two eigenvalues that nearly meet, which rounding may move by 1e-7",
    "newton_step-hidden": "a limit that a large damping nearly reaches",
}


def _watched(compare, looks):
    """Return np.isclose or np.allclose; it notes for each comparison with numbers other than 0 how loose that is."""

    def _compare(a, b, rtol=1e-5, atol=1e-8, **options):
        sizes = np.abs(np.atleast_1d(np.asarray(b, dtype=complex)))
        largest = max(sizes[np.isfinite(sizes)], default=0.0)
        if largest > 0:
            looks.append(rtol + atol / largest)
        return compare(a, b, rtol=rtol, atol=atol, **options)

    return _compare


@pytest.mark.parametrize("id_, source", CELLS)
def test_a_test_cell_needs_nothing_but_the_exercise_and_compares_closely(id_, source, monkeypatch):
    """Run it with only the functions of its exercise's solution defined: no name from another cell is used.

    And no tolerance of its comparisons is so wide that wrong digits, or 0 for a tiny number, would pass.
    """
    exercise = id_.rsplit("-", 1)[0]
    unit = next(u for u in UNITS if any(grade_id(c) == id_ for c in matrix.solved(u).cells))
    solution = next(c.source for c in matrix.solved(unit).cells if grade_id(c) == exercise)
    student, looks = {}, []
    exec("import numpy as np\n" + solution, student)
    defined = [node.name for node in ast.parse(solution).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    for name in ("isclose", "allclose"):
        monkeypatch.setattr(np, name, _watched(getattr(np, name), looks))
    exec(source, {name: student[name] for name in defined})
    assert (max(looks, default=0.0) > LOOSEST) == (id_ in LOOSE)


@pytest.mark.parametrize("id_, source", CELLS)
def test_test_cells_define_no_public_function(id_, source):
    tree = ast.parse(source)
    defined = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    assert all(name.startswith("_") for name in defined)


@pytest.mark.parametrize("unit", UNITS)
def test_points_stated_are_points_given(unit):
    """The line under each exercise's title states the points of its two test cells."""
    import re

    nb = matrix.solved(unit)
    stated = [
        int(p) for c in nb.cells if c.cell_type == "markdown" for p in re.findall(r"minutes · (\d+) points", c.source)
    ]
    given = Counter()
    for cell in nb.cells:
        if is_test(cell):
            given[grade_id(cell).rsplit("-", 1)[0]] += cell.metadata["nbgrader"]["points"]
            assert f"{cell.metadata['nbgrader']['points']} point" in cell.source.splitlines()[0]
    assert stated == list(given.values())
