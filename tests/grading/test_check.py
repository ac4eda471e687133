"""`check` marks one notebook: it says what passes, what is untouched, and which named property fails."""

import json

import matrix
import nbformat
import pytest

from gdcourse import resources
from gdcourse.grading.check import check, points
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
    assert (exercise.state, exercise.earned, exercise.points, exercise.failures) == ("passed", 3, 3, [])


def test_without_full_only_the_visible_tests_count(tmp_path):
    exercise = marked(tmp_path, WRONG["stays on one side"])
    assert (exercise.state, exercise.points) == ("passed", 1)
    exercise = marked(tmp_path, WRONG["stays on one side"], full=True)
    assert (exercise.state, exercise.earned) == ("failed", 1)


def test_the_broken_property_is_named(tmp_path):
    exercise = marked(tmp_path, WRONG["leaves out the start"], full=True)
    assert exercise.failures[0] == "descend: returns steps + 1 points, the start included"


def test_the_released_notebook_is_not_started(tmp_path):
    path = tmp_path / "exercises.ipynb"
    path.write_bytes(resources.released(UNIT).read_bytes())
    exercises = check(path, UNIT, full=True)
    assert {e.state for e in exercises} == {"not started"} and points(exercises) == (0, matrix.worth(UNIT))
    assert path.read_bytes() == resources.released(UNIT).read_bytes()


def test_an_endless_loop_is_stopped(tmp_path):
    exercise = marked(tmp_path, "def descend(x, lr, steps):\n    while True:\n        pass", timeout=2)
    assert exercise.state == "failed" and exercise.failures == ["took longer than 2 seconds and was stopped"]


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


def test_an_exception_is_named(tmp_path):
    exercise = marked(tmp_path, "def descend(x, lr, steps):\n    return [x][steps]")
    assert exercise.failures == ["raised IndexError: list index out of range"]


def test_a_syntax_error_leaves_the_name_undefined(tmp_path):
    assert "raised NameError" in marked(tmp_path, "def descend(x, lr, steps:").failures[0]


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
