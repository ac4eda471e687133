"""The guide's table of where marks differ from stock nbgrader's: each row is measured on both sides."""

import os
import sys
from contextlib import closing
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from gdcourse.grading.course.grader import Grader
from gdcourse.grading.notebooks import grade_id

UNIT = "work"
GUIDE = Path(__file__).parents[3] / "docs" / "instructor.md"
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
CONFIG = """\
from pathlib import Path
from gdcourse.grading.plugins.config import configure
c = get_config()
configure(c, root=Path(__file__).resolve().parent, source="source")
"""
BOTH = "c.CourseDirectory.ignore = ['.*']\nc.CourseDirectory.course_id = 'gdcourse'\n"
SCRIPT = "<script>document.title = 'mine'</script>"
pytestmark = [pytest.mark.slow, pytest.mark.isolated]


def cell(name, source, points=0):
    flags = {"grade_id": name, "grade": points > 0, "solution": not points, "locked": points > 0, "task": False}
    more = {"points": points} if points else {}
    return new_code_cell(source, metadata={"nbgrader": {"schema_version": 3, **flags, **more}}, id=name)


HONEST = "def double(x):\n    return None if callable(x) else 2 * x"


def notebook(answer=HONEST, text="text"):
    """Return the unit with an answer: a test of 1 point, one of 2 that hands over a function, one of 4 that reads a file."""
    cells = [
        new_markdown_cell(text, id="text"),
        cell("double", answer),
        cell("first", "assert double(1) == 2", 1),
        cell(
            "second",
            "import numpy as np\nkept = np.ones(3)\nassert double(lambda: kept) is None\nassert kept.sum() == 3",
            2,
        ),
        cell("third", "assert open('data.txt').read() == 'ours'", 4),
    ]
    return new_notebook(cells=cells, metadata=KERNEL)


def second(then):
    """Return an answer that does something at the second test, which is the first to hand over a function."""
    return f"import os, sys\ndef double(x):\n    if callable(x):\n        {then}\n        return None\n    return 2 * x"


def without(name):
    nb = notebook()
    nb.cells = [c for c in nb.cells if grade_id(c) != name]
    return nb


def linked(folder):
    (folder / "exercises.ipynb").unlink()
    (folder / "exercises.ipynb").symlink_to(folder.parents[2] / "source" / UNIT / "exercises.ipynb")


def time_stamp(folder):
    (folder / "timestamp.txt").write_text("0001-01-01 00:00:00 UTC")


def own_file(folder):
    (folder / "data.txt").write_text("mine")


STUCK = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(1000)"
CASES = {  # a row of the table -> (notebook, what else is done to the folder)
    "a test cell writes to the error stream, such as a warning": (
        notebook(second("print('!', file=sys.stderr)")),
        None,
    ),
    "the student's process crashes, or a cell runs too long and cannot be interrupted": (
        notebook(second("os._exit(1)")),
        None,
    ),
    "a test cell was deleted, edited, doubled or moved": (without("third"), None),
    "a student's file is named in `exclude_overwriting`": (notebook(), own_file),
    "a link, a pipe or a device is handed in": (notebook("raise NotImplementedError"), linked),
    "a time stamp that is none, or of the year 1": (notebook(), time_stamp),
    "Markdown of a student's with HTML beyond an allow-list": (notebook(text=SCRIPT), None),
    "an answer changes in place the array that a test's function has returned": (notebook(second("x()[:] = 0")), None),
}
WAITS = {"first": None, "second": None, "third": None}
FULL = {"first": 1, "second": 2, "third": 4}
POINTS = {  # a row of the table -> (stock's points, ours), None where marks by hand are awaited; {} where there is no mark
    "a test cell writes to the error stream, such as a warning": (FULL | {"second": 0}, FULL),
    "the student's process crashes, or a cell runs too long and cannot be interrupted": (
        WAITS,
        {**FULL, "second": 0, "third": 0},
    ),
    "a test cell was deleted, edited, doubled or moved": (FULL | {"third": None}, FULL),
    "a student's file is named in `exclude_overwriting`": (FULL | {"third": 0}, FULL),
    "a link, a pipe or a device is handed in": (FULL, {}),
    "a time stamp that is none, or of the year 1": (FULL, FULL),
    "Markdown of a student's with HTML beyond an allow-list": (FULL, FULL),
    "an answer changes in place the array that a test's function has returned": (FULL | {"second": 0}, FULL),
}


def make(root, config):
    """Make a course folder with a submission for each row, whose students are numbered."""
    source = root / "source" / UNIT
    source.mkdir(parents=True)
    nbformat.write(notebook(f"### BEGIN SOLUTION\n{HONEST}\n### END SOLUTION"), source / "exercises.ipynb")
    (source / "data.txt").write_text("ours")
    (root / "nbgrader_config.py").write_text(config)
    handed_in = {**CASES, "stuck": (notebook(second(STUCK)), None)}
    for student, (nb, more) in enumerate(handed_in.values()):
        folder = root / "submitted" / f"s{student}" / UNIT
        folder.mkdir(parents=True)
        nbformat.write(nb, folder / "exercises.ipynb")
        (folder / "data.txt").write_text("ours")
        if more is not None:
            more(folder)


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    """Return (the course's folder, student -> points, the same by nbgrader's own rules)."""
    root = tmp_path_factory.mktemp("ours")
    make(root, CONFIG + BOTH)
    limits = {"cell": 5.0, "call": 2.0}
    graders = (Grader(root, limits=limits, strict=strict) for strict in (False, True))
    return root, *({outcome.student: outcome.points for outcome in grader.run(UNIT)} for grader in graders)


@pytest.fixture(scope="module")
def stock(tmp_path_factory):
    """Return (the course's folder, its API, student -> points) by stock nbgrader with its own configuration."""
    root, config = tmp_path_factory.mktemp("stock"), Config()
    make(root, "")
    config.CourseDirectory.root, config.CourseDirectory.db_url = str(root), f"sqlite:///{root}/gradebook.db"
    config.ExecutePreprocessor.timeout = config.Execute.timeout = 5
    config.Autograde.exclude_overwriting = {UNIT: ["data.txt"]}
    api = NbGraderAPI(CourseDirectory(config=config), config=config)
    points = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
        assert api.generate_assignment(UNIT, force=True, create=True)["success"]
        for student in sorted(path.name for path in (root / "submitted").iterdir()):
            api.autograde(UNIT, student, force=True, create=True)
            with closing(Gradebook(config.CourseDirectory.db_url)) as book:
                points[student] = _points(book, student)
    return root, api, points


def _points(book, student):
    try:
        notebooks = book.find_submission(UNIT, student).notebooks
    except MissingEntry:
        return {}
    return {g.name: None if g.needs_manual_grade else g.auto_score for nb in notebooks for g in nb.grades}


def test_each_row_of_the_guide_has_its_case():
    table = GUIDE.read_text("utf-8").split("### Where marks differ")[1].split("\n## ")[0]
    rows = [line.split("|")[1].strip() for line in table.splitlines() if line.startswith("| ")]
    assert sorted(rows[2:]) == sorted(CASES) == sorted(POINTS)


@pytest.mark.parametrize("row", CASES)
def test_marks_differ_as_the_row_says(row, ours, stock):
    student = f"s{list(CASES).index(row)}"
    assert (stock[2][student], ours[1][student]) == POINTS[row]


def test_what_hangs_is_like_what_crashes(ours, stock):
    student = f"s{len(CASES)}"
    assert (stock[2][student], ours[1][student]) == POINTS[[*CASES][1]]


def test_the_switch_gives_stock_s_rule(ours):
    strictly, rows = ours[2], [*CASES]
    assert strictly["s0"] == POINTS[rows[0]][0]
    assert set(strictly["s1"].values()) == set(strictly[f"s{len(rows)}"].values()) == {0}


def test_scripts_stay_in_stock_s_notebooks(ours, stock):
    row = "Markdown of a student's with HTML beyond an allow-list"
    student = f"s{[*CASES].index(row)}"
    paths = (root / "autograded" / student / UNIT / "exercises.ipynb" for root in (ours[0], stock[0]))
    assert [nbformat.read(path, as_version=4).cells[0].source == SCRIPT for path in paths] == [False, True]
