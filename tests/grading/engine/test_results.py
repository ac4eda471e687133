"""A test that the unit's own solution fails in the judge may run beside the student's code."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from gdcourse.grading.engine.near_end import Engine
from gdcourse.grading.engine.results import Job, NeedsBeside, needs_beside

pytestmark = pytest.mark.isolated


def notebook(answer="def double(x):\n    return 2 * x"):
    cells = [
        ("double", answer),
        ("seen", "assert double(2) == 4"),
        ("inside", "assert double.__code__.co_argcount == 1"),
    ]
    flags = {"schema_version": 3, "task": False}
    tests = [
        {**flags, "grade_id": name, "grade": i > 0, "solution": i == 0, "locked": i > 0, **({"points": 1} if i else {})}
        for i, (name, _) in enumerate(cells)
    ]
    made = [new_code_cell(text, metadata={"nbgrader": f}) for (_, text), f in zip(cells, tests, strict=True)]
    return nbformat.writes(new_notebook(cells=made))


def points(marked):
    return {test.name: (test.score, test.tamper_proof) for test in marked.tests}


def test_what_the_solution_fails_is_named_and_passes_beside_the_code():
    with Engine(Job(notebook())) as engine:
        marked = engine.mark(notebook().encode())
    assert points(marked) == {"seen": (1, True), "inside": (0, True)}
    (needed,) = needs_beside(marked)
    assert needed.test == "inside" and needed == NeedsBeside("inside", needed.why)
    assert needed.why.startswith("it looks at the answer's code (AttributeError: __code__")
    with Engine(Job(notebook(), beside=("inside",))) as engine:
        solved = engine.mark(notebook().encode())
        wrong = engine.mark(notebook("def double(x, y=0):\n    return 2 * x").encode())
    assert points(solved) == {"seen": (1, True), "inside": (1, False)} and needs_beside(solved) == []
    assert points(wrong) == {"seen": (1, True), "inside": (0, False)}
