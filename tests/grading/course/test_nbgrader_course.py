"""A class of submissions through nbgrader itself, by the commands that an instructor runs."""

import csv
import html
import os
import re
import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import matrix
import nbformat
import pytest
from nbgrader.api import Gradebook

from gdcourse import resources
from gdcourse.grading.notebooks import exercise_names, grade_id, is_test

UNIT, TIMEOUT = "01_loss", 10
pytestmark = pytest.mark.slow
SOLVED = matrix.solved(UNIT)
FULL = sum(cell.metadata["nbgrader"]["points"] for cell in SOLVED.cells if is_test(cell))


def points_of(*exercises):
    return sum(
        cell.metadata["nbgrader"]["points"]
        for cell in SOLVED.cells
        if is_test(cell) and grade_id(cell).rsplit("-", 1)[0] in exercises
    )


def released():
    return nbformat.read(resources.released(UNIT), as_version=4)


def with_answers(nb, *exercises):
    """Fill in the solutions of some exercises."""
    for cell in nb.cells:
        if grade_id(cell) in exercises:
            cell.source = next(c.source for c in SOLVED.cells if grade_id(c) == grade_id(cell))
    return nb


def answered(source, exercise="gd"):
    nb = deepcopy(SOLVED)
    next(cell for cell in nb.cells if grade_id(cell) == exercise).source = source
    return nb


def without_tests():
    nb = deepcopy(SOLVED)
    nb.cells = [cell for cell in nb.cells if not is_test(cell) or "mse" not in grade_id(cell)]
    nb.cells += [
        nbformat.from_dict({**deepcopy(cell), "id": f"copy{i}"}) for i, cell in enumerate(nb.cells) if is_test(cell)
    ]
    return nb


def with_edited_tests():
    nb = released()
    for cell in nb.cells:
        if is_test(cell):
            cell.source = "assert True"
            cell.metadata["nbgrader"]["points"] = 50
    return nb


def wrong_everywhere():
    first = {a.exercise: a.source for a in reversed(matrix.answers(UNIT)) if a.kind == "wrong"}
    return matrix.submission(UNIT, first)


CLASS = {  # student -> (what is handed in, expected mark, what the report says where there is no mark)
    "ada-solved": (lambda: deepcopy(SOLVED), FULL, None),
    "bob-untouched": (released, 0, None),
    "cleo-partly": (lambda: with_answers(released(), "mse", "gd"), points_of("mse", "gd"), None),
    "dan-wrong": (wrong_everywhere, "less than half", None),
    "eve-endless": (lambda: answered("def gd(*args):\n    while True:\n        pass"), FULL - points_of("gd"), None),
    "fay-crash": (
        lambda: answered("import os\n\n\ndef gd(*args):\n    os._exit(1)"),
        points_of("mse", "mse_grad", "softmax_ce"),  # what was earned before stays
        "gd: the student's process ended",
    ),
    "gus-deleted-doubled": (without_tests, FULL, None),
    "hal-edited": (with_edited_tests, 0, None),
    "ivy-broken-json": (lambda: '{"cells": [', 0, "not a Jupyter notebook"),
    "joe-solved-last": (lambda: deepcopy(SOLVED), FULL, None),
}


def secrets(*kinds):
    """Return the telling lines between the markers of the source that stand nowhere outside them."""
    marked = re.compile(rf" *### BEGIN ({'|'.join(kinds or ('SOLUTION', 'HIDDEN TESTS'))})\n(.+?)\n *### END", re.S)
    inside = {
        line.strip() for cell in SOLVED.cells for _, body in marked.findall(cell.source) for line in body.splitlines()
    }
    outside = "\n".join(marked.sub("", cell.source) for cell in SOLVED.cells)
    return sorted(line for line in inside if len(line) > 30 and line not in outside)


def nbgrader(folder, *args, check=True):
    """Run an nbgrader command in the course folder, as an instructor does."""
    command = [sys.executable, "-m", "nbgrader", *args]
    env = {**os.environ, "PYTHONWARNINGS": "ignore", "HOME": str(folder), "JUPYTER_PREFER_ENV_PATH": "1"}
    done = subprocess.run(command, cwd=folder / "solutions", env=env, capture_output=True, text=True)
    assert not check or done.returncode == 0, f"{args}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Make a course folder like a clone of the repository, and release the unit with nbgrader's own command."""
    folder = tmp_path_factory.mktemp("course")
    exchange = folder / "exchange"
    exchange.mkdir(mode=0o777)
    exchange.chmod(0o777)
    for path in matrix.SOLUTIONS.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts and ".ipynb_checkpoints" not in path.parts:
            target = folder / "solutions" / path.relative_to(matrix.SOLUTIONS)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    with (folder / "solutions" / "nbgrader_config.py").open("a") as config:
        config.write(
            f"\nc.Exchange.root = {str(exchange)!r}\nc.ExecutePreprocessor.timeout = c.Execute.timeout = {TIMEOUT}\n"
        )
    nbgrader(folder, "generate_assignment", UNIT, "--create")
    return folder


@pytest.fixture(scope="module")
def report(course):
    """Hand in the class and grade it with `gdcourse grade`; return what the command printed."""
    for student, (make, *_) in CLASS.items():
        nb = make()
        path = course / "submitted" / student / UNIT / "exercises.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(nb if isinstance(nb, str) else nbformat.writes(nb), "utf-8")
    command = [sys.executable, "-m", "gdcourse.cli", "grade", UNIT, "--dir", str(course / "solutions")]
    env = {**os.environ, "COLUMNS": "200", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == 1, done.stdout + done.stderr  # two submissions have no mark
    return done.stdout


@pytest.fixture(scope="module")
def scores(course, report):
    with Gradebook(f"sqlite:///{course}/gradebook.db", "gdcourse") as book:
        return {student: book.find_submission(UNIT, student).score for student in CLASS if "json" not in student}


@pytest.mark.parametrize("student", CLASS)
def test_each_student_gets_the_right_mark_or_a_clear_report(student, scores, report):
    _, expected, problem = CLASS[student]
    (line,) = [line for line in report.splitlines() if student in line]
    if problem:
        assert problem in line
    if expected == "less than half":
        assert 0 <= scores[student] < FULL / 2
    else:
        assert scores.get(student, 0) == expected
        assert f"{expected:g}/{FULL:g}" in line


def test_nbgrader_itself_gives_the_same_mark(course, scores):
    """Stock `nbgrader autograde` on single students, through the same configuration."""
    for student in ("cleo-partly", "gus-deleted-doubled"):
        nbgrader(course, "autograde", UNIT, "--student", student, "--force")
        with Gradebook(f"sqlite:///{course}/gradebook.db", "gdcourse") as book:
            assert book.find_submission(UNIT, student).score == scores[student]


def test_released_files_hold_no_solution_no_hidden_test_no_source(course):
    files = [path for path in (course / "release").rglob("*") if path.is_file()]
    assert [path.name for path in files] == ["exercises.ipynb"]
    text = files[0].read_text("utf-8")
    assert "SOLUTION" not in text and "HIDDEN" not in text
    plain = "\n".join(cell.source for cell in nbformat.reads(text, as_version=4).cells)
    assert not [line for line in secrets() if line in plain]
    assert all(f'"{name}"' in text for name in exercise_names(SOLVED))


def test_feedback_shows_no_hidden_test_and_names_the_property(course, report):
    nbgrader(course, "generate_feedback", UNIT, "--force", check=False)
    pages = {path.parent.parent.name: path.read_text("utf-8") for path in course.glob(f"feedback/*/{UNIT}/*.html")}
    assert {"ada-solved", "dan-wrong", "bob-untouched"} <= set(pages)
    for student, page in pages.items():
        text = html.unescape(re.sub(r"<[^>]+>", "", page))
        assert not [line for line in secrets("HIDDEN TESTS") if line in text], student
    assert "mse_grad: " in pages["dan-wrong"]


def test_export_lists_every_mark(course, scores):
    nbgrader(course, "export")
    with (course / "solutions" / "grades.csv").open() as file:
        rows = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert {student: rows[student] for student in scores} == scores


def test_release_fetch_submit_collect(course):
    """The way through nbgrader's exchange, with a student who solves one exercise."""
    nbgrader(course, "release_assignment", UNIT)
    student = course / "student-home"
    student.mkdir()
    env = {**os.environ, "PYTHONWARNINGS": "ignore", "HOME": str(student)}
    options = [f"--Exchange.root={course / 'exchange'}", "--course=gdcourse", UNIT]
    run = [sys.executable, "-m", "nbgrader"]
    subprocess.run([*run, "fetch_assignment", *options], cwd=student, env=env, check=True, capture_output=True)
    path = student / UNIT / "exercises.ipynb"
    nbformat.write(with_answers(nbformat.read(path, as_version=4), "unscale"), path)
    subprocess.run([*run, "submit", *options], cwd=student, env=env, check=True, capture_output=True)
    nbgrader(course, "collect", UNIT)
    collected = {path.parent.parent.name for path in Path(course / "submitted").glob(f"*/{UNIT}/timestamp.txt")}
    assert len(collected) == 1
    nbgrader(course, "autograde", UNIT, "--student", *collected)
    with Gradebook(f"sqlite:///{course}/gradebook.db", "gdcourse") as book:
        assert book.find_submission(UNIT, *collected).score == points_of("unscale")
