"""The graders are tested: every known wrong answer loses points, every unusual right one earns all, none disturbs another."""

import ast
import math
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


@pytest.mark.timeout(1800)
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
    "subgrad_mae-inputs": "a subgradient at a kink, which may lie anywhere in an interval",
    "train_mlp-hidden": "a share of right answers near a half, as far as chance moves it",
}


class Watch:
    """Notes how loose comparisons with numbers other than 0 are. looks: tolerances beside the largest true number."""

    def __init__(self):
        self.looks, self.largest = [], 0.0

    def note(self, b, rtol, atol):
        sizes = np.abs(np.atleast_1d(np.asarray(b, dtype=complex)))
        self.largest = max(sizes[np.isfinite(sizes)], default=0.0)
        if self.largest > 0:
            self.looks.append(rtol + atol / self.largest)

    def numpy(self, compare):
        """Return np.isclose or np.allclose, watched."""

        def _compare(a, b, rtol=1e-5, atol=1e-8, **options):
            self.note(b, rtol, atol)
            return compare(a, b, rtol=rtol, atol=atol, **options)

        return _compare

    def math(self, a, b, *, rel_tol=1e-9, abs_tol=0.0, _compare=math.isclose):
        """math.isclose, watched: a tolerance beside the larger of the two."""
        self.note([a, b], rel_tol, abs_tol)
        return _compare(a, b, rel_tol=rel_tol, abs_tol=abs_tol)

    def true(self, b):
        """Remember what is subtracted; `tolerance` comes next."""
        self.note(b, 0.0, 0.0)
        return b

    def tolerance(self, bound):
        if self.largest > 0:
            self.looks.append(np.max(bound) / self.largest)
        return bound

    def program(self, source):
        """Return the syntax tree of a test cell in which asserts that abs(a - b) < bound tell this watch b and bound."""
        tree = ast.parse(source)
        for compare in _asserted_differences(tree):
            difference = next(node for node in ast.walk(compare.left) if _is_difference(node)).args[0]
            difference.right = _called("true", difference.right)
            compare.comparators[0] = _called("tolerance", compare.comparators[0])
        return compile(ast.fix_missing_locations(tree), "test cell", "exec")


def _called(name, argument):
    return ast.Call(ast.Attribute(ast.Name("_watch", ast.Load()), name, ast.Load()), [argument], [])


def _asserted_differences(tree):
    """Return every "abs(a - b) < bound" below an assert; abs may be np.abs, a norm or another library's, its largest too."""
    nodes = [n for a in ast.walk(tree) if isinstance(a, ast.Assert) for n in ast.walk(a.test)]
    compares = [n for n in nodes if isinstance(n, ast.Compare) and isinstance(n.ops[0], ast.Lt | ast.LtE)]
    return [n for n in compares if any(map(_is_difference, ast.walk(n.left)))]


def _is_difference(node):
    """Is this abs(a - b), by whatever library?"""
    name = getattr(node, "func", None) and (getattr(node.func, "id", None) or getattr(node.func, "attr", None))
    return name in ("abs", "norm") and isinstance(node.args[0], ast.BinOp) and isinstance(node.args[0].op, ast.Sub)


@pytest.mark.parametrize("id_, source", CELLS)
def test_a_test_cell_needs_nothing_but_the_exercise_and_compares_closely(id_, source, monkeypatch):
    """Run it with only the functions of its exercise's solution defined: no name from another cell is used.

    And no tolerance of its comparisons is so wide that wrong digits, or 0 for a tiny number, would pass.
    """
    exercise = id_.rsplit("-", 1)[0]
    unit = next(u for u in UNITS if any(grade_id(c) == id_ for c in matrix.solved(u).cells))
    solution = next(c.source for c in matrix.solved(unit).cells if grade_id(c) == exercise)
    student, watch = {}, Watch()
    exec("import numpy as np\n" + solution, student)
    defined = [node.name for node in ast.parse(solution).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    for name in ("isclose", "allclose"):
        monkeypatch.setattr(np, name, watch.numpy(getattr(np, name)))
    monkeypatch.setattr(math, "isclose", watch.math)
    exec(watch.program(source), {"_watch": watch, **{name: student[name] for name in defined}})
    assert (max(watch.looks, default=0.0) > LOOSEST) == (id_ in LOOSE)


@pytest.mark.parametrize(
    "condition, looseness",
    [
        ("abs(x - 2.0) < 1e-6", 5e-7),
        ("np.max(np.abs(x - np.array([2.0, 4]))) < 5", 1.25),
        ("np.abs(x - np.array([1, 2.0])).max() <= 2", 1.0),
        ("np.linalg.norm(x - np.full(2, 1.0)) <= 2", 2.0),
        ("math.isclose(x, 1.9, rel_tol=0.1, abs_tol=0.1)", 0.15),
        ("abs(x - 0) < 3 and abs(x) < 3 and x - 2 < 1", 0.0),
    ],
)
def test_how_loose_a_comparison_is_gets_noted(condition, looseness, monkeypatch):
    watch = Watch()
    monkeypatch.setattr(math, "isclose", watch.math)
    exec(watch.program(f"assert {condition}"), {"_watch": watch, "np": np, "math": math, "x": 2.0})
    assert math.fabs(max(watch.looks, default=0.0) - looseness) < 1e-12


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
