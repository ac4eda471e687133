"""`check` marks one notebook: it says what passes, what is untouched, and which named property fails."""

import json
import re

import matrix
import nbformat
import pytest

from gdcourse import resources
from gdcourse.catalogue import State
from gdcourse.grading.check.exercises import check, points
from gdcourse.grading.notebooks import NotebookError, grade_id

UNIT = "00_start"
WRONG = {answer.name: answer.source for answer in matrix.answers(UNIT) if answer.kind == "wrong"}


def marked(tmp_path, source=None, *, edit=lambda nb: None, **options):
    """Check unit 00 with ``source`` as the answer to its first exercise; return the outcome of that."""
    nb = matrix.submission(UNIT, {} if source is None else {"descend": source})
    edit(nb)
    nbformat.write(nb, tmp_path / "exercises.ipynb")
    return check(tmp_path / "exercises.ipynb", UNIT, **options)[0]


def test_the_solution_passes(tmp_path):
    exercise = marked(tmp_path, full=True)
    assert (exercise.state, exercise.earned, exercise.points, exercise.failures) == (State.ALL, 3, 3, [])


def test_without_full_only_the_visible_tests_count(tmp_path):
    exercise = marked(tmp_path, WRONG["stays on one side"])
    assert (exercise.state, exercise.points, exercise.hidden) == (State.VISIBLE, 1, 2)
    exercise = marked(tmp_path, WRONG["stays on one side"], full=True)
    assert (exercise.state, exercise.earned) == (State.FAILED, 1)


def test_the_broken_property_is_named(tmp_path):
    exercise = marked(tmp_path, WRONG["leaves out the start"], full=True)
    assert exercise.failures[0] == "descend: returns steps + 1 points, the start included"


def test_the_released_notebook_is_not_started(tmp_path):
    path = tmp_path / "exercises.ipynb"
    path.write_bytes(resources.released(UNIT).read_bytes())
    exercises = check(path, UNIT, full=True)
    assert {e.state for e in exercises} == {State.NOT_STARTED} and points(exercises) == (0, matrix.worth(UNIT))
    assert path.read_bytes() == resources.released(UNIT).read_bytes()


def test_an_endless_loop_is_stopped(tmp_path):
    exercise = marked(tmp_path, "def descend(x, lr, steps):\n    while True:\n        pass", timeout=2)
    assert exercise.state == State.FAILED
    (told,) = exercise.failures
    assert re.fullmatch(
        r"took longer than 2 seconds and was stopped, in line [23] of your answer: (while True:|pass)", told
    )


def test_a_loop_that_swallows_the_interruption_earns_nothing(tmp_path):
    stubborn = """
def descend(x, lr, steps):
    try:
        while True:
            pass
    except BaseException:
        return [x * (1 - 2 * lr) ** t for t in range(steps + 1)]
"""
    exercise = marked(tmp_path, stubborn, timeout=2)
    assert exercise.earned == 0 and exercise.failures == ["took longer than 2 seconds and was stopped"]


def test_a_crash_of_python_is_reported(tmp_path):
    exercise = marked(tmp_path, "import os\n\ndef descend(x, lr, steps):\n    os._exit(1)", full=True)
    assert exercise.earned == 0 and "kernel died" in exercise.failures[0]


def several(tmp_path, answers, **options):
    """Check unit 01 with some answers in place of its solutions."""
    nbformat.write(matrix.submission("01_loss", answers), tmp_path / "exercises.ipynb")
    return {e.name: e for e in check(tmp_path / "exercises.ipynb", "01_loss", **options)}


def test_below_a_crash_no_test_counts_as_in_nbgrader(tmp_path):
    found = several(tmp_path, {"gd": "import os\n\ndef gd(*args):\n    os._exit(1)"})
    names = list(found)
    below = names[names.index("gd") + 1 :]
    assert all(found[name].state == State.VISIBLE for name in names[: names.index("gd")])
    assert all(
        found[name].earned == 0 and "Python crashes in a cell above" in found[name].failures[0] for name in below
    )


def test_one_exercise_is_checked_alone(tmp_path):
    """What it does not need does not run: not even what would end Python."""
    crash = "import os\n\nos._exit(1)\n\ndef gd(*args): pass"
    found = several(tmp_path, {"gd": crash, "mse": "def mse(*args): return 1"}, only=["mse_grad", "mse"], full=True)
    assert [(e.name, e.state) for e in found.values()] == [("mse", State.FAILED), ("mse_grad", State.ALL)]


def test_a_stray_cell_of_the_learners_does_not_run(tmp_path):
    def stray(nb):
        at = 1 + [grade_id(cell) for cell in nb.cells].index("descend")
        nb.cells.insert(at, nbformat.v4.new_code_cell("import os\nos._exit(1)"))

    assert marked(tmp_path, edit=stray, full=True).state == State.ALL


def test_an_exception_is_named_with_its_line_and_kind_of_input(tmp_path):
    (told,) = marked(tmp_path, "def descend(x, lr, steps):\n    return [x][steps]").failures
    assert told == (
        "raised IndexError: list index out of range, in line 2 of your answer: return [x][steps] "
        "(given x: float, lr: float, steps: int; tested for: returns steps + 1 points, the start included)"
    )


@pytest.mark.parametrize(
    "source, told",
    [
        ("def descend(x, lr, steps:\n    return [x]", "line 1 of your answer: '(' was never closed"),
        (
            "def descend(x, lr, steps):\n    path = [x]\n   return path",
            "line 3 of your answer: unindent does not match",
        ),
        ("import numpy as np\nraise_ = 1\ndef descend(x):\n    return", None),
        (
            "rate = 1 / 0\ndef descend(x, lr, steps):\n    return [x]",
            "raised ZeroDivisionError: division by zero, in line 1",
        ),
    ],
)
def test_what_is_wrong_with_the_cell_itself_is_told_alone(tmp_path, source, told):
    failures = marked(tmp_path, source).failures
    assert len(failures) == 1 and failures[0].startswith(
        told or "raised TypeError: descend() takes 1 positional argument"
    )
    assert "not defined" not in failures[0]


def test_a_broken_helper_is_named(tmp_path):
    def helper(nb):
        nb.cells.insert(1, nbformat.v4.new_code_cell("def step(x, lr:\n    return x - 2 * lr * x"))

    source = "def descend(x, lr, steps):\n    return [x] + [x := step(x, lr) for _ in range(steps)]"
    (told,) = marked(tmp_path, source, edit=helper).failures
    assert told == "in a cell that your answer may need: line 1 of your cell: '(' was never closed"


def test_endless_recursion_is_told_at_once(tmp_path):
    told = marked(tmp_path, "def descend(x, lr, steps):\n    return [x] + descend(x, lr, steps)", timeout=20).failures[
        0
    ]
    assert told.startswith("calls itself without end, or more than") and "in line 2 of your answer" in told


def test_several_broken_properties_are_told_in_one_run(tmp_path):
    failures = marked(tmp_path, "def descend(x, lr, steps):\n    return [2 * x] * (steps + 1)", full=True).failures
    assert failures[:2] == [
        "descend: the first point is the start",
        "descend: follows x - lr * 2x in the worked example",
    ]
    assert len(failures) > 3 and len(set(failures)) == len(failures)


def test_of_many_failures_the_rest_is_counted(tmp_path):
    failures = marked(tmp_path, "def descend(x, lr, steps):\n    return [2 * x] * (steps + 1)", full=True).failures
    assert len(failures) == 6 and failures[-1].endswith("more properties do not hold")


def test_a_warning_costs_nothing(tmp_path):
    closed_form = next(a.source for a in matrix.answers(UNIT) if a.name == "closed form")
    warns = "import warnings\n\n" + closed_form.replace("    return", "    warnings.warn('careful')\n    return")
    assert marked(tmp_path, warns, full=True).earned == 3


def test_deleted_and_edited_tests_are_restored(tmp_path):
    def cheat(nb):
        nb.cells = [cell for cell in nb.cells if grade_id(cell) != "descend-hidden"]
        next(cell for cell in nb.cells if grade_id(cell) == "descend-visible").source = "pass"

    assert marked(tmp_path, WRONG["climbs"], edit=cheat, full=True).earned == 0


def test_a_missing_answer_is_reported(tmp_path):
    def drop(nb):
        nb.cells = [cell for cell in nb.cells if grade_id(cell) != "descend"]

    assert "cell for your answer is missing" in marked(tmp_path, edit=drop).failures[0]


@pytest.mark.parametrize(
    "text, told",
    [
        ("{ not json", "not a Jupyter notebook"),
        ("", "not a Jupyter notebook"),
        (json.dumps([1, 2]), "not a Jupyter notebook"),
        (json.dumps({"cells": 3, "nbformat": 4}), "not a Jupyter notebook"),
        (json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}}), "it has no list of cells"),
        (None, "is missing; `gdcourse lab` brings it back"),
    ],
)
def test_a_file_that_is_no_notebook_gets_a_clear_line(tmp_path, text, told):
    path = tmp_path / "exercises.ipynb"
    if text is not None:
        path.write_text(text)
    with pytest.raises(NotebookError, match=told) as error:
        check(path, UNIT)
    assert "\n" not in str(error.value)
