"""What an instructor changes after students have handed in: dates, policies, sources, marks by hand; and what is told."""

import csv
import errno
import io
import os
from contextlib import closing, contextmanager, nullcontext
from copy import deepcopy
from datetime import timedelta
from pathlib import Path

import coursefolder
import matrix
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell
from rich.console import Console
from traitlets.config import Config

from gdcourse.grading.course import grader as grader_module
from gdcourse.grading.course import nbgrader_course, reports, run, terminal
from gdcourse.grading.course.gradebook import GradebookError
from gdcourse.grading.course.run import GradingError
from gdcourse.grading.course.workers import LocalWorkers
from gdcourse.grading.notebooks import grade_id

UNIT = coursefolder.UNIT
SOLVED, FULL = matrix.solved(UNIT), matrix.worth(UNIT)
pytestmark = pytest.mark.slow
LATE = {"timestamp.txt": b"2026-02-02 12:00:00 UTC"}


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    folder = coursefolder.make(tmp_path_factory.mktemp("instructors") / "course")
    coursefolder.release(folder)
    return folder


@pytest.fixture
def course(released, tmp_path):
    return coursefolder.copy(released, tmp_path / "course")


@pytest.fixture(autouse=True, scope="module")
def warm():
    """Keep one engine warm for all the tests."""
    with LocalWorkers(1) as workers, pytest.MonkeyPatch.context() as patched:
        patched.setattr(grader_module, "_workers", lambda jobs, scheduler: nullcontext(workers))
        yield


def grade(course, **options):
    return {o.student: o for o in coursefolder.grader(course, **options).run(UNIT)}


def printed(course, **options):
    """Return what `gdcourse grade` prints."""
    out = Console(file=io.StringIO(), width=300)
    terminal.grade(coursefolder.grader(course, **options), UNIT, None, out, Console(file=io.StringIO()))
    return out.file.getvalue()


def reported(course):
    out = Console(file=io.StringIO(), width=300)
    terminal.report(coursefolder.grader(course), UNIT, out)
    return out.file.getvalue()


def zero():
    config = Config()
    config.LateSubmissionPlugin.penalty_method = "zero"
    return config


# ---- dates and policies ----


def test_a_due_date_that_changes_after_grading_changes_the_marks(course):
    coursefolder.hand_in(course, "ada", SOLVED, LATE)
    coursefolder.hand_in(course, "bob", SOLVED)
    options = {"overrides": zero()}
    assert grade(course, **options)["ada"].score == FULL
    for due, score, told in (
        ("2026-02-01 11:00:00 UTC", 0, f"late by 1 day, 1:00:00, {FULL:g} points less"),
        ("2026-02-03 12:00:00 UTC", FULL, ""),
        ("2026-02-02 11:00:00 UTC", 0, f"late by 1:00:00, {FULL:g} points less"),
        (None, FULL, ""),
    ):
        with coursefolder.book(course) as book:
            book.update_or_create_assignment(UNIT, duedate=due)
        text = printed(course, **options)
        assert "0 marked, 2 unchanged" in text and "late penalties that changed: 1\n" in text
        line = coursefolder.line(text, "ada")
        assert f"{score:g}/{FULL:g}" in line and told in line and ("late" in line) == bool(told)
        with coursefolder.book(course) as book:
            (notebook,) = book.find_submission(UNIT, "ada").notebooks
            assert notebook.score - (notebook.late_submission_penalty or 0) == score
        assert "penalties that changed" not in printed(course, **options)
        assert coursefolder.line(printed(course, **options), "ada") == line


def test_a_policy_and_an_extension_that_change_do_so_too(course):
    coursefolder.hand_in(course, "ada", SOLVED, LATE)
    with coursefolder.book(course) as book:
        book.update_or_create_assignment(UNIT, duedate="2026-02-01 12:00:00 UTC")
    assert grade(course)["ada"].score == FULL
    changed = grade(course, overrides=zero())["ada"]
    assert (changed.score, changed.fresh, changed.settled) == (0, False, True)
    with coursefolder.book(course) as book:
        book.grant_extension(UNIT, "ada", days=2)
    extended = grade(course, overrides=zero())["ada"]
    assert (extended.score, extended.fresh, extended.settled, extended.late) == (FULL, False, True, "")
    with coursefolder.book(course) as book:
        book.update_or_create_assignment(UNIT, duedate=None)
        assert book.find_submission(UNIT, "ada").extension == timedelta(days=2)
    assert grade(course, overrides=zero())["ada"].score == FULL


# ---- the source ----


@contextmanager
def edited(course):
    """Edit the unit's source."""
    path = course / "source" / UNIT / "exercises.ipynb"
    nb = nbformat.read(path, as_version=4)
    yield nb
    nbformat.write(nb, path)


def flags(name, **more):
    kind = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    return {"nbgrader": {"grade_id": name, **kind, **more}}


ADDED = [
    new_code_cell("### BEGIN SOLUTION\nadded = 1\n### END SOLUTION", metadata=flags("added", solution=True), id="a1"),
    new_code_cell(
        "assert added == 1, 'added: is 1'", metadata=flags("added-visible", grade=True, locked=True, points=4), id="a2"
    ),
    new_markdown_cell("Why?", metadata=flags("why", grade=True, solution=True, points=5), id="a3"),
    new_markdown_cell("Read this.", metadata=flags("note", locked=True), id="a4"),
]


def names(course):
    return {s: sorted(name for name, *_ in marks[2]) for s, marks in coursefolder.left_behind(course)[0].items()}


def test_cells_are_added_points_changed_a_test_mended_and_cells_taken_out(course):
    coursefolder.hand_in(course, "ada", SOLVED)
    before = grade(course)["ada"]
    assert before.score == FULL
    with edited(course) as nb:
        nb.cells += deepcopy(ADDED)
    after = grade(course)["ada"]
    assert (after.score, after.max_score, after.fresh, after.waiting) == (FULL, FULL + 9, True, ["why"])
    with edited(course) as nb:
        next(c for c in nb.cells if grade_id(c) == "added-visible").metadata["nbgrader"]["points"] = 6
        next(c for c in nb.cells if grade_id(c) == "descend-visible").source += "\n# mended"
    answered = deepcopy(SOLVED)
    answered.cells += deepcopy(ADDED)
    answered.cells[-2].source = "Because."
    coursefolder.hand_in(course, "bob", answered)
    outcomes = grade(course)
    assert (outcomes["ada"].score, outcomes["bob"].score, outcomes["bob"].max_score) == (FULL, FULL + 6, FULL + 11)
    assert outcomes["bob"].waiting == ["why"]
    assert "# mended" in (course / "release" / UNIT / "exercises.ipynb").read_text()
    with edited(course) as nb:
        nb.cells = [c for c in nb.cells if grade_id(c) not in ("added", "added-visible", "why", "note")]
    outcomes = grade(course)
    assert {o.score for o in outcomes.values()} == {FULL} and {o.max_score for o in outcomes.values()} == {FULL}
    assert names(course)["ada"] == names(course)["bob"] == sorted(before.points)


def test_a_cell_that_was_marked_by_hand_is_not_taken_out_in_silence(course):
    with edited(course) as nb:
        nb.cells += deepcopy(ADDED)
    answered = deepcopy(SOLVED)
    answered.cells += deepcopy(ADDED)
    answered.cells[-2].source = "Because."
    coursefolder.hand_in(course, "ada", answered)
    grade(course)
    with coursefolder.book(course) as book:
        grade_row = book.find_grade("why", "exercises", UNIT, "ada")
        grade_row.manual_score, grade_row.needs_manual_grade = 3.0, False
        book.db.commit()
    kept, release = coursefolder.left_behind(course), (course / "release" / UNIT / "exercises.ipynb").read_bytes()
    with edited(course) as nb:
        nb.cells = [c for c in nb.cells if grade_id(c) != "why"]
    with pytest.raises(GradebookError, match=r"no cell 'why' any more, which was marked by hand: put it back, or"):
        grade(course)
    assert coursefolder.left_behind(course) == kept
    assert (course / "release" / UNIT / "exercises.ipynb").read_bytes() == release
    with edited(course) as nb:
        nb.cells.append(deepcopy(ADDED[2]))
    assert grade(course)["ada"].score == FULL + 4 + 3


def test_cells_that_cannot_be_taken_out_leave_the_others_as_they_were(course):
    """The test of `added` goes before its comment is looked at. Nothing of that is in what the same connection writes next."""
    with edited(course) as nb:
        nb.cells += deepcopy(ADDED)
    answered = deepcopy(SOLVED)
    answered.cells += deepcopy(ADDED)
    coursefolder.hand_in(course, "ada", answered)
    grade(course)
    with coursefolder.book(course) as book:
        book.find_comment("added", "exercises", UNIT, "ada").manual_comment = "Well done."
        book.db.commit()
    kept = coursefolder.left_behind(course)
    with closing(coursefolder.grader(course).open()) as opened:
        with pytest.raises(GradebookError, match=r"no cell 'added' any more"):
            opened.align(UNIT, {"exercises": SOLVED})
        opened.keep(UNIT, "bob", "", "", {})
    assert coursefolder.left_behind(course) == kept


@pytest.mark.parametrize("change", ["broken", "second notebook", "doubled cell"])
def test_a_release_that_fails_leaves_the_old_one(course, change):
    coursefolder.hand_in(course, "ada", SOLVED)
    grade(course)
    release = (course / "release" / UNIT / "exercises.ipynb").read_bytes()
    source = course / "source" / UNIT
    if change == "broken":
        with edited(course) as nb:
            next(c for c in nb.cells if grade_id(c) == "descend").source = "### BEGIN SOLUTION\nno end"
    elif change == "second notebook":
        (source / "more.ipynb").write_bytes((source / "exercises.ipynb").read_bytes())
    else:
        with edited(course) as nb:
            nb.cells.append(deepcopy(next(c for c in nb.cells if grade_id(c) == "descend-hidden")))
            nb.cells[-1].id = "another"
    with pytest.raises((RuntimeError, GradebookError)) as error:
        grade(course)
    assert "\n" not in str(error.value)
    assert (course / "release" / UNIT / "exercises.ipynb").read_bytes() == release
    assert not list(course.rglob(".release-*"))


def moving(monkeypatch, fails):
    """Let `os.rename` fail in a release where ``fails(source, destination)`` says so; return whom it was asked for."""
    rename, asked = os.rename, []

    def refused(source, destination):
        asked.append(Path(destination))
        if fails(Path(source), Path(destination)):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        rename(source, destination)

    monkeypatch.setattr(nbgrader_course.os, "rename", refused)
    return asked


def test_a_release_on_another_disk(course, monkeypatch):
    """No folder moves from the course's disk to that of `release`."""
    inside = lambda path: (course / "release") in path.parents  # noqa: E731
    asked = moving(monkeypatch, lambda source, destination: inside(source) != inside(destination))
    with edited(course) as nb:
        nb.cells.append(deepcopy(ADDED[3]))
    coursefolder.release(course)
    text = (course / "release" / UNIT / "exercises.ipynb").read_text("utf-8")
    assert "Read this." in text and course / "release" / UNIT in asked
    assert [path.name for path in (course / "release").iterdir()] == [UNIT]


def test_a_release_that_cannot_be_put_in_its_place_leaves_the_old_one(course, monkeypatch):
    place = course / "release" / UNIT
    before, mine = (place / "exercises.ipynb").read_bytes(), place / "of-mine.txt"
    mine.write_text("kept")
    asked = moving(monkeypatch, lambda source, destination: destination == place and source.name == UNIT)
    with edited(course) as nb:
        nb.cells.append(deepcopy(ADDED[3]))
    with pytest.raises(OSError, match=os.strerror(errno.EXDEV)):
        coursefolder.release(course)
    assert (place / "exercises.ipynb").read_bytes() == before and mine.read_text() == "kept" and place in asked
    assert [path.name for path in (course / "release").iterdir()] == [UNIT]


def test_a_release_folder_that_is_a_link_is_replaced(course, tmp_path):
    place, elsewhere = course / "release" / UNIT, tmp_path / "elsewhere"
    os.rename(place, elsewhere)
    place.symlink_to(elsewhere)
    with edited(course) as nb:
        nb.cells.append(deepcopy(ADDED[3]))
    coursefolder.release(course)
    assert not place.is_symlink() and "Read this." in (place / "exercises.ipynb").read_text("utf-8")
    assert "Read this." not in (elsewhere / "exercises.ipynb").read_text("utf-8")


# ---- marks by hand, and the report ----


def test_what_waits_for_marks_by_hand_is_listed_until_it_has_them(course):
    with edited(course) as nb:
        nb.cells += deepcopy(ADDED)
    for student, text in (("ada", "Because."), ("bob", "Since.")):
        answered = deepcopy(SOLVED)
        answered.cells += deepcopy(ADDED)
        answered.cells[-2].source = text
        coursefolder.hand_in(course, student, answered)
    assert "waits for marks by hand: why" in coursefolder.line(printed(course), "ada")
    assert "2 wait for marks by hand, and count nowhere" in coursefolder.line(reported(course), "why")
    with coursefolder.book(course) as book:
        row = book.find_grade("why", "exercises", UNIT, "ada")
        row.manual_score, row.needs_manual_grade = 5.0, False
        book.db.commit()
    text = printed(course)
    assert "waits" not in coursefolder.line(text, "ada") and "waits" in coursefolder.line(text, "bob")
    assert f"{FULL + 9:g}/{FULL + 9:g}" in coursefolder.line(text, "ada")
    line = coursefolder.line(reported(course), "why")
    assert "1 wait for" in line and "100%" in line and "5.00/5" in line


def test_the_report_counts_students_and_the_picture_names_the_unit(course):
    coursefolder.hand_in(course, "ada", SOLVED)
    blank = deepcopy(SOLVED)
    next(c for c in blank.cells if grade_id(c) == "descend").source = "raise NotImplementedError()"
    coursefolder.hand_in(course, "bob", blank)
    grade(course)
    (row,) = (
        row for row in reports.exercises(reports.outcomes(coursefolder.grader(course), UNIT)) if row.name == "descend"
    )
    assert row.failures and {count for _, count in row.failures} == {1}
    text = reported(course)
    assert f"{UNIT}: 2 students" in text
    assert [t.get_text() for t in reports.draw(UNIT, [row]).axes[0].findobj() if hasattr(t, "get_text")].count(
        UNIT
    ) == 1


PIECES = ["[", "/]", "[/", "]", "[red", "\\", "[bold]", "a", "[/red]", ":smile:", "[link=x]", "[[", "\\["]


def test_no_pieces_of_text_make_a_command_together(course):
    """Names and messages that are harmless each, in every place where two stand side by side."""
    for i, first in enumerate(PIECES):
        nb = deepcopy(SOLVED)
        body = f"raise ValueError({first + PIECES[(i + 1) % len(PIECES)]!r})"
        next(c for c in nb.cells if grade_id(c) == "descend").source = f"def descend(*args, **more):\n    {body}"
        coursefolder.hand_in(course, f"{first}{i}{first}".replace("/", "|"), nb, {f"{first}\\".replace("/", "|"): b""})
        coursefolder.hand_in(course, f"x{i}{first}".replace("/", "|"), "{" + first)
    assert "Traceback" not in printed(course)
    text = reported(course)
    assert all(f"x{i}{first}".replace("/", "|") in text for i, first in enumerate(PIECES))


FORMULAS = [
    "=1",
    "+1",
    "-1",
    "@x",
    "a;=1",
    "a\t=1",
    "a|+1",
    "a, =1",
    "\uff1d1",
    "a;\uff0b1",
    "  =1",
    "a\r=1",
    "a\n@x",
    "; ;=1",
]


@pytest.mark.parametrize("told", FORMULAS)
def test_no_cell_of_the_table_is_a_formula_wherever_a_spreadsheet_cuts_it(told, tmp_path):
    row = reports.Exercise("f", 1.0, 0.5, 0.5, 0.1, [(told, 1)], True)
    reports.write("unit", [row], tmp_path / "a.csv", tmp_path / "a.png")
    text = (tmp_path / "a.csv").read_text("utf-8")
    for delimiter in ",;\t|":
        for line in csv.reader(io.StringIO(text), delimiter=delimiter):
            assert not [
                cell for cell in line if cell.strip().lstrip('"')[:1] in tuple("=+-@\uff1d\uff0b\uff0d\uff20")
            ], line


# ---- tests that need the notebook around them ----


INSIDE = "import types\nassert type(descend) is types.FunctionType, 'descend: is a function'"


def with_a_test_that_needs_its_notebook(course, source=INSIDE):
    with edited(course) as nb:
        cell = new_code_cell(source, metadata=flags("descend-around", grade=True, locked=True, points=1), id="around")
        where = next(i for i, c in enumerate(nb.cells) if grade_id(c) == "descend-hidden")
        nb.cells.insert(where, cell)


def test_a_test_that_needs_its_notebook_does_not_refuse_the_class(course):
    with_a_test_that_needs_its_notebook(course)
    coursefolder.hand_in(course, "ada", SOLVED)
    text = printed(course)
    assert "waits for marks by hand: descend-around" in coursefolder.line(text, "ada")
    assert "descend-around in exercises needs the notebook around it (" in text and "--beside auto runs it" in text
    assert f"{FULL:g}/{FULL + 1:g}" in coursefolder.line(text, "ada")
    again = printed(course)
    assert "0 marked" in again and "needs the notebook around it" in again
    text = printed(course, beside="auto")
    assert f"{FULL + 1:g}/{FULL + 1:g}" in coursefolder.line(text, "ada") and "is not tamper-proof" in text
    assert "descend *" in reported(course)
    with coursefolder.book(course) as book:
        assert "not tamper-proof" in book.find_comment("descend", "exercises", UNIT, "ada").auto_comment
    assert "0 marked" in printed(course, beside="auto")
    assert "1 marked" in printed(course)


@pytest.mark.parametrize("beside", ["no", "auto"])
def test_nbgraders_own_command_looks_for_such_tests_too(course, beside):
    with_a_test_that_needs_its_notebook(course)
    coursefolder.release(course)
    coursefolder.hand_in(course, "ada", SOLVED)
    with open(course / "nbgrader_config.py", "a", encoding="utf-8") as config:
        config.write(f"get_config().Grading.beside = {beside!r}\n")
    done = coursefolder.grader(course).course.api.autograde(UNIT, "ada", force=True, create=True)
    assert done["success"], done["log"]
    with coursefolder.book(course) as book:
        around = book.find_grade("descend-around", "exercises", UNIT, "ada")
        assert around.auto_score == (1 if beside == "auto" else None)
        assert around.needs_manual_grade == (beside == "no")
        assert book.find_submission(UNIT, "ada").score == FULL + (beside == "auto")


def test_a_test_that_the_solution_fails_anywhere_stops_the_run(course):
    with_a_test_that_needs_its_notebook(course, "assert False, 'descend: is perfect'")
    coursefolder.hand_in(course, "ada", SOLVED)
    for beside in ("no", "auto"):
        with pytest.raises(
            GradingError, match=r"does not earn full marks, so nobody was marked: .*descend: is perfect"
        ):
            grade(course, beside=beside)


def test_the_solution_is_marked_once_for_one_source_and_one_set_of_packages(course, monkeypatch):
    marked = []
    original = run.Run._needs
    monkeypatch.setattr(run.Run, "_needs", lambda *args: marked.append(1) or original(*args))
    for i, student in enumerate(("ada", "bob", "cleo")):
        coursefolder.hand_in(course, student, SOLVED)
        if i == 2:
            monkeypatch.setattr(run, "__version__", "another")
        assert grade(course)[student].score == FULL
        assert len(marked) == (2 if i == 2 else 1)
    with edited(course) as nb:
        next(c for c in nb.cells if grade_id(c) == "descend-visible").source += "\n# mended"
    grade(course)
    assert len(marked) == 3
