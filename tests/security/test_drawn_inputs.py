"""Hidden inputs that are drawn for each submission: what leaks of one helps nobody, and a mark can be made again."""

from contextlib import closing

import coursefolder
import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from gdcourse.grading.course import submissions
from gdcourse.grading.engine.near_end import Engine
from gdcourse.grading.plugins.execute import IsolatedExecute

UNIT = coursefolder.UNIT
TEST = """\
from gdcourse.testing import drawn
### BEGIN HIDDEN TESTS
for x in drawn("half").normal(size=5):
    assert half(x) == x / 2, "half: half of any number"
### END HIDDEN TESTS"""
pytestmark = [pytest.mark.slow, pytest.mark.isolated]


def cell(name, source, points=None):
    flags = {"grade_id": name, "grade": bool(points), "solution": not points, "locked": bool(points), "task": False}
    more = {"points": points} if points else {}
    return new_code_cell(source, metadata={"nbgrader": {"schema_version": 3, **flags, **more}}, id=name)


def notebook(answer):
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=[cell("half", answer), cell("half-hidden", TEST, 2)], metadata={"kernelspec": kernel})


def table_of(seed):
    """Return an answer that knows the inputs of the submission with this seed, and nothing else."""
    known = np.random.default_rng([seed, *b"half"]).normal(size=5)
    return f"def half(x):\n    return {dict(zip(known.tolist(), (known / 2).tolist(), strict=True))}.get(float(x))"


HONEST = "def half(x):\n    return x / 2"


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Return (the course's grader, its first student's outcome)."""
    course = coursefolder.make(tmp_path_factory.mktemp("drawn") / "course")
    source = notebook(f"### BEGIN SOLUTION\n{HONEST}\n### END SOLUTION")
    nbformat.write(source, course / "source" / UNIT / "exercises.ipynb")
    coursefolder.hand_in(course, "ada", notebook(HONEST))
    grader = coursefolder.grader(course)
    (ada,) = grader.run(UNIT, jobs=1)
    return grader, ada


def test_what_leaked_of_one_helps_no_other_and_not_the_same_a_second_time(graded):
    grader, ada = graded
    assert ada.score == 2 and ada.seed > 0
    stolen = notebook(table_of(ada.seed))
    for student in ("bob", "ada"):
        coursefolder.hand_in(grader.course.folder, student, stolen)
    again = {outcome.student: outcome for outcome in grader.run(UNIT, jobs=1)}
    assert {student: outcome.score for student, outcome in again.items()} == {"ada": 0, "bob": 0}
    assert len({ada.seed, again["ada"].seed, again["bob"].seed}) == 3


def test_the_table_is_good_where_inputs_stay_the_same(graded):
    """So the test before is not passed by an answer that is wrong anyway."""
    grader, ada = graded
    with closing(grader.open()) as book:
        job = grader.jobs(UNIT, book)["exercises"]
    with Engine(job) as engine:
        text = nbformat.writes(notebook(table_of(ada.seed))).encode()
        marks = [engine.mark(text, seed=seed) for seed in (ada.seed, ada.seed + 1)]
        assert [marked.tests[0].score for marked in marks] == [2, 0]
        assert nbformat.reads(marks[0].notebook, as_version=4).metadata.gdcourse == {"seed": ada.seed}


def test_a_mark_is_made_again_by_the_same_seed_and_by_both_doors(graded):
    grader, _ = graded
    coursefolder.hand_in(grader.course.folder, "cyd", notebook(HONEST))
    (first,) = grader.run(UNIT, ["cyd"], jobs=1)
    (second,) = grader.run(UNIT, ["cyd"], jobs=1, force=True)
    (kept,) = grader.run(UNIT, ["cyd"], jobs=1)
    assert first.seed == second.seed == kept.seed and second.fresh and not kept.fresh
    with closing(grader.open()) as book:
        run = IsolatedExecute(config=grader.course.config)._checked_run(UNIT, book)
        assert run.read("cyd").seed == first.seed


def test_nobody_foretells_a_seed_without_the_course_s_key(graded):
    grader, _ = graded
    with closing(grader.open()) as book:
        key = book.key()
        assert book.key() == key and len(key) == 32
    handed_in = submissions.read(grader.coursedir, UNIT, "ada")
    seeds = {handed_in.drawn_from(k, unit) for k in (key, bytes(32)) for unit in (UNIT, "01_loss")}
    assert len(seeds) == 4
    handed_in.files[submissions.TIMESTAMP] = b"2027-01-01"
    assert handed_in.drawn_from(key, UNIT) in seeds
    handed_in.files["more.txt"] = b""
    assert handed_in.drawn_from(key, UNIT) not in seeds
