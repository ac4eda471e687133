"""Which cell of a source gives a test each of its names, read off the source's text."""

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from gdcourse.grading.judge.source import Cell, Part, Source, imported, plain


def source(*cells, modules=()):
    """Return the `Source` of cells, each (kind, text): own, locked, answer, or test. modules: texts of the unit's own."""
    made = []
    for i, (kind, text) in enumerate(cells):
        flags = {"grade_id": f"{kind}{i}", "grade": kind == "test", "solution": kind == "answer", "points": 1}
        flags |= {"locked": kind in ("test", "locked"), "schema_version": 3, "task": False}
        made.append(new_code_cell(text, metadata={} if kind == "own" else {"nbgrader": flags}))
    return Source(new_notebook(cells=made), modules)


def givers(of):
    """Return (name -> place of the cell that gives it, unknown names) of the last test."""
    plan = of.plan(list(of.tests.values())[-1])
    return {name: cell.place for name, cell in plan.givers.items()}, set(plan.unknown)


@pytest.mark.parametrize(
    "text, names",
    [
        ("f(x)", {"f", "x"}),
        ("x = 1\nf(x)", {"f"}),
        ("import numpy as np\nnp.ones(n)", {"n"}),
        ("def g(a):\n    return a + b\ng(1)", {"b"}),
        ("[i * k for i in range(3)]", {"k"}),
        ("class A:\n    y = z\n", {"z"}),
        ("print(len([]))", set()),
        ("for i in xs:\n    pass", {"xs"}),
        ("lambda v: v + w", {"w"}),
        ("def g():\n    global made\n    made = 1\nmade", set()),
        ("try:\n    f()\nexcept E as e:\n    e", {"E", "f"}),
        ("y = await f(1)", {"f"}),
        ("%matplotlib inline\nf(1)", {"f", "get_ipython"}),
        ("this is no Python (", set()),
    ],
)
def test_the_names_that_a_cell_reads_and_does_not_define(text, names):
    of = source()
    assert of.plan(of.of_test("a", text)).unknown == names


ANSWER = ("answer", "def f(x):\n    return x")
CASES = {
    "an answer's function": ([ANSWER, ("test", "f(1)")], {"f": 0}),
    "an ungraded cell's import": ([("own", "import numpy as np"), ANSWER, ("test", "np.f")], {"np": 0}),
    "an answer that imports it again": ([("own", "import re"), ("answer", "import re"), ("test", "re")], {"re": 0}),
    "an answer that imports another": (
        [("own", "from math import log"), ("answer", "from cmath import log"), ("test", "log")], {"log": 1}),
    "a locked helper, and what it calls": ([("locked", "def h():\n    f(1)"), ANSWER, ("test", "h()")], {"h": 0, "f": 1}),
    "an ungraded cell that an answer replaces": ([("own", "x = 1"), ("answer", "x = 2"), ("test", "x")], {"x": 1}),
    "data that an answer changes in place": ([("own", "d = {}"), ("answer", "d['a'] = 1"), ("test", "d")], {"d": 1}),
    "data that an answer only reads": (
        [("own", "d = [1]"), ("answer", "g = sum(d)\nprint(d)"), ("test", "d, g")], {"d": 0, "g": 1}),
    "a module whose settings an answer changes": (
        [("own", "import numpy as np"), ("answer", "np.x = 1\nnp.seterr()"), ("test", "np")], {"np": 0}),
    "an earlier test": ([ANSWER, ("test", "A = f(1)"), ("test", "A")], {"A": 1, "f": 0}),
    "a test that puts a function back": ([ANSWER, ("test", "g = f\ndel f\nf = g"), ("test", "f")], {"f": 0}),
    "a test that uses an answer's letter": ([("answer", "A = 1"), ("test", "A = 2"), ("test", "A")], {"A": 1}),
    "a star import": ([("own", "from math import *"), ANSWER, ("test", "cos(f(1))")], {"cos": 0, "f": 1}),
    "a star import over a name of Python's": ([("own", "from numpy import *"), ("test", "sum([1])")], {"sum": 0}),
    "%pylab": ([("own", "%pylab inline"), ("test", "np, cos(1)")], {"np": 0, "cos": 0}),
    "a name that is read and made": ([ANSWER, ("test", "f = f(1)")], {"f": 0}),
    "a name made after the test": ([("test", "late"), ("answer", "late = 1")], {}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_who_gives_a_name(case):
    cells, expected = CASES[case]
    found, unknown = givers(source(*cells))
    assert found == expected and unknown == ({"late"} if not expected else set())


def test_what_changes_data_in_place_runs_too_and_nothing_else():
    of = source(
        ("own", "import random\ndata = [3, 1]"),
        ("own", "other = 1 / 0"),
        ("own", "data.sort()"),
        ("own", "random.shuffle(data)"),
        ("own", "print(data[0])\nlong = sum(data)"),
        ("test", "data"),
    )
    assert of.plan(of.tests["test5"]).first == (0, 2, 3)


def test_a_name_of_nowhere_runs_the_cells_that_may_make_it_unseen():
    of = source(("own", "exec('h = 1')"), ("own", "y = 1"), ("answer", "exec('k = 1')"), ("test", "h"))
    assert of.plan(of.tests["test3"]).first == (0,) and of.plan(of.tests["test3"]).unknown == {"h"}


def test_tests_are_required_through_others():
    of = source(("test", "a = 1"), ("own", "b = a"), ("test", "c = b"), ("test", "d = 1"), ("test", "c"))
    assert of.required(["test4"]) == {"test0", "test2"}


def test_magics_become_calls_and_python_stays():
    assert plain("x = 1\n") == "x = 1\n" and plain("no Python (") == "no Python ("
    assert "run_line_magic('timeit'" in plain("%timeit f()") and "from pylab import *" in plain("x = 1\n%pylab inline")


def test_a_star_import_of_what_is_not_there_may_bring_anything():
    assert Cell.of(0, Part.OWN, None, "from no_such_module_at_all import *").opaque
    assert not Cell.of(0, Part.OWN, None, "from math import *").opaque


def test_an_import_of_the_source_is_carried_out_here():
    import math
    import os.path

    assert imported(("math", None)) is math and imported(("math", "pi")) == math.pi
    assert (
        imported(("os", "path")) is os.path and imported(("importlib", "machinery")).__name__ == "importlib.machinery"
    )
    with pytest.raises(ImportError):
        imported(("math", "nothing"))
