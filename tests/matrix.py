"""The answers matrix: every known wrong and unusual right answer, marked by the code that grades a class.

    python tests/matrix.py [UNIT ...]          prints it as a table; each student hands in one answer to every exercise
    python tests/matrix.py --alone [UNIT ...]  the same, but one answer a student: ten times slower

A student hands in the solved notebook with the answers in place of the solutions.
"""

import sys
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import coursefolder
import jupytext
import nbformat
from kinds import print_kinds
from rich.console import Console
from rich.table import Table
from stock import StockCourse
from traitlets.config import Config

from gdcourse import resources
from gdcourse.catalogue import Catalogue
from gdcourse.grading.course.grader import Grader
from gdcourse.grading.notebooks import exercise_names, grade_id, is_test
from gdcourse.grading.student import sandbox

ANSWERS = Path(__file__).parent / "answers"
SOLUTIONS = resources.root() / "solutions"


@dataclass(frozen=True)
class Answer:
    """One answer to one exercise. kind: "wrong" or "right"; why: its first comment."""

    unit: str
    exercise: str
    kind: str
    name: str
    why: str
    source: str


def units():
    """Return the units of the course that have answers; a draft that `course.toml` does not name yet is left out."""
    return [unit for unit in Catalogue.read(resources.root()).units if (ANSWERS / f"{unit}.py").exists()]


def answers(unit):
    """Return the answers of a unit's file, in its order."""
    cells = jupytext.read(ANSWERS / f"{unit}.py", fmt="py:percent").cells
    return [_answer(unit, cell) for cell in cells if "title" in cell.metadata]


def _answer(unit, cell):
    exercise, kind, name = (part.strip() for part in cell.metadata["title"].split("|"))
    why, source = cell.source.split("\n", 1)
    return Answer(unit, exercise, kind, name, why.removeprefix("#").strip(), source)


def solved(unit):
    """Return the solved exercises of a unit, as a notebook."""
    return nbformat.read(resources.solved(unit), as_version=4)


def worth(unit, *exercises):
    """Return the points of all tests of a unit, or of some of its exercises."""
    tests = [cell for cell in solved(unit).cells if is_test(cell)]
    chosen = [cell for cell in tests if not exercises or grade_id(cell).rsplit("-", 1)[0] in exercises]
    return sum(cell.metadata["nbgrader"]["points"] for cell in chosen)


def submission(unit, replaced):
    """Return the solved notebook with some answers replaced: exercise -> source."""
    nb = deepcopy(solved(unit))
    for cell in nb.cells:
        if grade_id(cell) in replaced:
            cell.source = replaced[grade_id(cell)]
    return nb


def overrides(folder, timeout=60):
    """Return a configuration for an nbgrader course in ``folder`` with the project's own sources."""
    config = Config()
    config.CourseDirectory.root = str(folder)
    config.CourseDirectory.source_directory = str(SOLUTIONS)
    config.CourseDirectory.db_url = f"sqlite:///{folder}/gradebook.db"
    config.ExecutePreprocessor.timeout = config.Execute.timeout = timeout
    return config


def grader(folder, **options):
    """Return a `Grader` of a course in ``folder``; isolated, where the system can."""
    return Grader(SOLUTIONS, overrides(folder), isolated=sandbox.missing() is None, **options)


def stock_course(folder, timeout=60):
    """Return the same course for stock nbgrader: notebooks run in a kernel, by nbgrader's own rules."""
    return StockCourse(SOLUTIONS, overrides(folder, timeout))


def alone(unit):
    """Return one {exercise: answer} per answer."""
    return [{answer.exercise: answer} for answer in answers(unit)]


def together(unit):
    """Return as few {exercise: answer} as hold every answer once: right ones stand among wrong ones of other exercises."""
    per_exercise = {}
    for answer in answers(unit):
        per_exercise.setdefault(answer.exercise, []).append(answer)
    size = max(map(len, per_exercise.values()))
    rows = [{} for _ in range(size)]
    for shift, (exercise, its) in enumerate(per_exercise.items()):
        for i, answer in enumerate(its):
            rows[(i + 5 * shift) % size][exercise] = answer
    return rows


def marks(unit, folder, rows, **options):
    """Grade rows of {exercise: answer}; return (row, `Outcome`) pairs, the reference solution first with the row {}."""
    course = grader(folder, **options)
    class_list = {f"student{i:03d}": row for i, row in enumerate([{}, *rows])}
    for student, row in class_list.items():
        nb = submission(unit, {name: answer.source for name, answer in row.items()})
        coursefolder.hand_in(folder, student, nb, unit=unit)
    graded = {outcome.student: outcome for outcome in course.run(unit)}
    return [(row, graded[student]) for student, row in class_list.items()]


def lost(exercise, outcome):
    """Return (visible, hidden) points that were lost on an exercise; a test that runs beside the answer counts as hidden."""
    missing = {True: 0.0, False: 0.0}
    for test in outcome.tests:
        name, kind = test["name"].rsplit("-", 1)
        if name == exercise:
            missing[kind == "visible"] += test["points"] - (test["score"] or 0.0)
    return missing[True], missing[False]


def lost_elsewhere(row, outcome):
    """Return the points that were lost on exercises that the row does not answer."""
    others = {test["name"].rsplit("-", 1)[0] for test in outcome.tests} - set(row)
    return sum(sum(lost(exercise, outcome)) for exercise in others)


def is_good(answer, outcome):
    """Did the mark do to this answer what it should?"""
    return (sum(lost(answer.exercise, outcome)) > 0) == (answer.kind == "wrong") and outcome.problem is None


def _print(unit, rows):
    table = Table("exercise", "kind", "answer", "visible", "hidden", "others", "verdict", title=unit)
    with TemporaryDirectory() as folder:
        _, *graded = marks(unit, Path(folder), rows)
    counts = dict.fromkeys(exercise_names(solved(unit)), 0)
    wrong = right = bad = 0
    for row, outcome in graded:
        elsewhere = lost_elsewhere(row, outcome)
        for answer in row.values():
            visible, hidden = lost(answer.exercise, outcome)
            counts[answer.exercise] += answer.kind == "wrong" and visible > 0
            good = is_good(answer, outcome) and elsewhere == 0
            wrong, right, bad = wrong + (answer.kind == "wrong"), right + (answer.kind == "right"), bad + (not good)
            told = [f"-{points:g}" if points else "" for points in (visible, hidden, elsewhere)]
            verdict = "ok" if good else f"NO {outcome.problem or ''}"
            table.add_row(answer.exercise, answer.kind, answer.name, *told, verdict)
    Console().print(table)
    print(
        f"{wrong} wrong, {right} right; rejected by the visible tests alone: {sum(counts.values())}; not as they should: {bad}"
    )
    print(", ".join(f"{name} {count}" for name, count in counts.items()))
    print_kinds(unit)


if __name__ == "__main__":
    chosen = [word for word in sys.argv[1:] if not word.startswith("-")]
    for each in chosen or units():
        _print(each, alone(each) if "--alone" in sys.argv else together(each))
