"""Assignments that lean on the notebook around their tests get stock nbgrader's marks, cell by cell."""

import os
import sys
from pathlib import Path

import nbformat
import patterns
import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from gdcourse.grading.engine.near_end import Engine
from gdcourse.grading.engine.results import Job, needs_beside
from gdcourse.grading.limits import Limits

pytestmark = [pytest.mark.isolated, pytest.mark.slow]


@pytest.fixture(scope="module")
def programs():
    """Let nbgrader find its helpers, which are installed beside this Python."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
        yield


@pytest.fixture(scope="module")
def stock(tmp_path_factory, programs):
    """Return student -> {(pattern, test): points} by stock nbgrader, of all patterns at once: a notebook each."""
    folder = tmp_path_factory.mktemp("stock")
    config = Config()
    config.CourseDirectory.root = str(folder)
    config.CourseDirectory.db_url = f"sqlite:///{folder}/gradebook.db"
    api = NbGraderAPI(CourseDirectory(config=config), config=config)
    names = {pattern: pattern.replace(" ", "_").replace("%", "") for pattern in patterns.ALL}
    for pattern, name in names.items():
        for student, nb in patterns.submissions(pattern).items():
            path = folder / "submitted" / student / "all" / f"{name}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(nb, path)
        source = folder / "source" / "all" / f"{name}.ipynb"
        source.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(patterns.solved(pattern), source)
    assert api.generate_assignment("all", force=True, create=True)["success"]
    found = {}
    for student in sorted(path.name for path in (folder / "submitted").iterdir()):
        result = api.autograde("all", student, force=True, create=True)
        assert result["success"], result["log"]
    with Gradebook(config.CourseDirectory.db_url) as book:
        for submission in book.assignment_submissions("all"):
            for notebook in submission.notebooks:
                pattern = next(pattern for pattern, name in names.items() if name == notebook.name)
                for grade in notebook.grades:
                    found[pattern, submission.student.id, grade.name] = grade.score
    return found


def compared(pattern, stock, beside=()):
    """Mark the submissions to a pattern; return (what differs from stock, the tests that the solution fails)."""
    source = nbformat.writes(patterns.solved(pattern))
    apart = []
    with Engine(Job(source, limits=Limits(call=5.0, cell=10.0), beside=tuple(beside))) as engine:
        needed = needs_beside(engine.mark(source.encode()))
        for student, nb in patterns.submissions(pattern).items():
            marked = engine.mark(patterns.text(nb))
            assert marked.problem is None
            assert {test.name for test in marked.tests if not test.tamper_proof} == set(beside)
            ours = {test.name: test.score for test in marked.tests}
            theirs = {name: score for (p, s, name), score in stock.items() if (p, s) == (pattern, student)}
            assert sum(theirs.values()) == patterns.ALL[pattern]["stock"][student], student
            apart += [(student, name, theirs[name], ours[name]) for name in theirs if theirs[name] != ours[name]]
    return apart, needed


@pytest.mark.parametrize("pattern", patterns.PATTERNS)
def test_the_marks_are_those_of_stock_nbgrader(pattern, stock):
    assert compared(pattern, stock) == ([], [])


@pytest.mark.parametrize("pattern", patterns.BESIDE)
def test_what_no_judge_sees_is_named_and_has_stock_s_marks_beside_the_code(pattern, stock):
    apart, needed = compared(pattern, stock)
    expected = patterns.ALL[pattern]["needs"]
    assert {need.test for need in needed} == set(expected) and {test for _, test, *_ in apart} <= set(expected)
    assert all(need.why.startswith(f"it looks at {expected[need.test]}") for need in needed)
    assert compared(pattern, stock, expected) == ([], [])
