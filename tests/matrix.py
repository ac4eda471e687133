"""The answers matrix: every known wrong and unusual right answer, marked by nbgrader as a class would be.

    python tests/matrix.py [UNIT ...]       prints it as a table

Each answer is one student, who hands in the solved notebook with that one exercise answered otherwise.
"""

import sys
from concurrent.futures import ProcessPoolExecutor
from copy import deepcopy
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import jupytext
import nbformat
from traitlets.config import Config

from gdcourse import resources
from gdcourse.catalogue import Catalogue
from gdcourse.grading.classroom import Classroom
from gdcourse.grading.notebooks import exercise_names, grade_id

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


def submission(unit, replaced):
    """Return the solved notebook with some answers replaced: exercise -> source."""
    nb = deepcopy(solved(unit))
    for cell in nb.cells:
        if grade_id(cell) in replaced:
            cell.source = replaced[grade_id(cell)]
    return nb


def classroom(folder, timeout=60):
    """Return an nbgrader course in ``folder``, with the project's own configuration and sources."""
    overrides = Config()
    overrides.CourseDirectory.root = str(folder)
    overrides.CourseDirectory.source_directory = str(SOLUTIONS)
    overrides.CourseDirectory.db_url = f"sqlite:///{folder}/gradebook.db"
    overrides.ExecutePreprocessor.timeout = overrides.Execute.timeout = timeout
    return Classroom(SOLUTIONS, overrides)


def hand_in(room, unit, student, nb):
    """Put a notebook, or text that should be one, where a student's submission lies."""
    folder = Path(room.coursedir.format_path(room.coursedir.submitted_directory, student, unit))
    folder.mkdir(parents=True)
    text = nb if isinstance(nb, str) else nbformat.writes(nb)
    (folder / "exercises.ipynb").write_text(text, "utf-8")


def marks(unit, folder, every=1, workers=2):
    """Grade the answers of a unit; return (answer, `Mark`) pairs, the reference solution first with answer None.

    every: grade one answer in so many.  Each worker process grades its share in an nbgrader course of its own.
    """
    class_list = [None, *answers(unit)[::every]]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        shares = [class_list[i::workers] for i in range(workers)]
        folders = [Path(folder) / f"course{i}" for i in range(workers)]
        graded = list(pool.map(_grade_share, [unit] * workers, folders, shares))
    return [graded[i % workers][i // workers] for i in range(len(class_list))]


def _grade_share(unit, folder, share):
    folder.mkdir()
    room = classroom(folder)
    room.release(unit)
    return [(answer, _marked(room, unit, f"student{i:03d}", answer)) for i, answer in enumerate(share)]


def _marked(room, unit, student, answer):
    hand_in(room, unit, student, submission(unit, {answer.exercise: answer.source} if answer else {}))
    return room.autograde(unit, student)


def lost(answer, mark, full):
    """Return (visible, hidden, elsewhere): points lost on the answer's exercise, and on all others."""
    missing = {test: full.points[test] - mark.points.get(test, 0) for test in full.points}
    visible, hidden = (missing.get(f"{answer.exercise}-{part}", 0) for part in ("visible", "hidden"))
    return visible, hidden, sum(missing.values()) - visible - hidden


def _print(unit):
    from tempfile import TemporaryDirectory

    from rich.console import Console
    from rich.table import Table

    table = Table("exercise", "kind", "answer", "visible", "hidden", "others", "verdict", title=unit)
    with TemporaryDirectory() as folder:
        (_, full), *rows = marks(unit, Path(folder))
    counts = dict.fromkeys(exercise_names(solved(unit)), 0)
    for answer, mark in rows:
        visible, hidden, elsewhere = lost(answer, mark, full)
        counts[answer.exercise] += answer.kind == "wrong" and visible > 0
        good = elsewhere == 0 and (visible + hidden > 0) == (answer.kind == "wrong") and mark.problem is None
        told = [f"-{points:g}" if points else "" for points in (visible, hidden, elsewhere)]
        table.add_row(answer.exercise, answer.kind, answer.name, *told, "ok" if good else f"NO {mark.problem or ''}")
    Console().print(table)
    wrong = [answer for answer, _ in rows if answer.kind == "wrong"]
    print(
        f"{len(wrong)} wrong, {len(rows) - len(wrong)} right; rejected by the visible tests alone: {sum(counts.values())}"
    )
    print(", ".join(f"{name} {count}" for name, count in counts.items()))


if __name__ == "__main__":
    for each in sys.argv[1:] or units():
        _print(each)
