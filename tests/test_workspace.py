"""A working copy is made, brought up to date, and never loses what the learner did."""

import json
import re

import pytest

from gdcourse import resources, workspace
from gdcourse.catalogue import State, minutes, notebooks, title


@pytest.fixture
def course(tmp_path):
    folder = tmp_path / "course"
    for name, text in {"00_start/a.ipynb": "a1", "00_start/b.ipynb": "b1", "00_start/data.csv": "1,2"}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def copy(tmp_path, course, monkeypatch):
    monkeypatch.setattr(workspace, "home_page", lambda catalogue, source, progress, units: f"home {progress}")
    folder = tmp_path / "mine"
    workspace.prepare(folder, course)
    return folder


def test_the_first_run_copies_everything(copy, course):
    names = sorted(p.relative_to(copy).as_posix() for p in copy.rglob("*") if p.is_file())
    assert names == [
        ".gdcourse/delivered.json",
        ".gdcourse/progress.json",
        "00_start/a.ipynb",
        "00_start/b.ipynb",
        "00_start/data.csv",
        "home.md",
    ]
    assert (copy / "00_start/a.ipynb").read_text() == "a1"


def test_a_second_run_changes_nothing(copy, course):
    changes = workspace.prepare(copy, course)
    assert changes == workspace.Changes()


def test_an_untouched_file_is_updated(copy, course):
    (course / "00_start/a.ipynb").write_text("a2")
    assert workspace.prepare(copy, course).updated == ["00_start/a.ipynb"]
    assert (copy / "00_start/a.ipynb").read_text() == "a2"


def test_a_changed_file_stays_and_the_update_lands_beside_it(copy, course):
    (copy / "00_start/a.ipynb").write_text("my work")
    (course / "00_start/a.ipynb").write_text("a2")
    changes = workspace.prepare(copy, course)
    assert changes.beside == [("00_start/a.ipynb", "00_start/a.new.ipynb")] and changes.updated == []
    assert (copy / "00_start/a.ipynb").read_text() == "my work"
    assert (copy / "00_start/a.new.ipynb").read_text() == "a2"
    again = workspace.prepare(copy, course)
    assert again == workspace.Changes()


def test_work_in_the_new_version_is_kept_too(copy, course):
    (copy / "00_start/a.ipynb").write_text("my work")
    (course / "00_start/a.ipynb").write_text("a2")
    workspace.prepare(copy, course)
    (copy / "00_start/a.new.ipynb").write_text("my work on a2")
    (course / "00_start/a.ipynb").write_text("a3")
    assert workspace.prepare(copy, course).beside == [("00_start/a.ipynb", "00_start/a.new2.ipynb")]
    assert (copy / "00_start/a.new.ipynb").read_text() == "my work on a2"


def cell(source, outputs=(), count=None):
    return {"cell_type": "code", "source": source, "outputs": list(outputs), "metadata": {}, "execution_count": count}


def result(text):
    return {"output_type": "execute_result", "data": {"text/plain": text}, "metadata": {}, "execution_count": 1}


def notebook(*cells, **metadata):
    return json.dumps({"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


def cells(path):
    return json.loads(path.read_text())["cells"]


RUN = notebook(cell("x = 1"), cell("x", [result("1")], 2))  # a lesson as the course has it


def test_running_a_lesson_is_no_change_but_editing_it_is(copy, course):
    """JupyterLab rewrites outputs and metadata of what it only opened or ran."""
    for name in ("ran.ipynb", "edited.ipynb"):
        (course / name).write_text(notebook(cell("x = 1")))
    workspace.prepare(copy, course)
    (copy / "ran.ipynb").write_text(notebook(cell("x = 1", count=7), version="3.11.7"))
    (copy / "edited.ipynb").write_text(notebook(cell("x = 2")))
    for name in ("ran.ipynb", "edited.ipynb"):
        (course / name).write_text(notebook(cell("x = 3")))
    changes = workspace.prepare(copy, course)
    assert changes.updated == ["ran.ipynb"] and changes.beside == [("edited.ipynb", "edited.new.ipynb")]
    assert cells(copy / "edited.ipynb")[0]["source"] == "x = 2"


def test_lessons_come_without_outputs_and_exercises_as_they_are(copy, course):
    for name in ("1_lesson.ipynb", "exercises.ipynb"):
        (course / "00_start" / name).write_text(RUN)
    workspace.prepare(copy, course)
    lesson, exercises = (cells(copy / "00_start" / name)[1] for name in ("1_lesson.ipynb", "exercises.ipynb"))
    assert (lesson["outputs"], lesson["execution_count"]) == ([], None)
    assert (exercises["outputs"], exercises["execution_count"]) == ([result("1")], 2)


def test_with_outputs_they_stay_and_still_count_as_not_run(copy, course):
    (course / "00_start/1_lesson.ipynb").write_text(RUN)
    workspace.prepare(copy, course, with_outputs=True)
    lesson = cells(copy / "00_start/1_lesson.ipynb")[1]
    assert (lesson["outputs"], lesson["execution_count"]) == ([result("1")], None)
    assert "1_lesson" not in (copy / ".gdcourse/progress.json").read_text()
    assert workspace.prepare(copy, course, with_outputs=True) == workspace.Changes()
    assert workspace.prepare(copy, course).updated == ["00_start/1_lesson.ipynb"]
    assert cells(copy / "00_start/1_lesson.ipynb")[1]["outputs"] == []


def test_an_old_copy_with_outputs_loses_them_where_nobody_ran_the_lesson(copy, course):
    """Up to version 0.1 lessons were delivered as the course has them, and the record was flat."""
    ran = notebook(cell("x = 1", count=1), cell("x", [result("1")], 2))
    for name, text in {"1_untouched": RUN, "2_ran": ran, "3_edited": RUN.replace("x = 1", "x = 5")}.items():
        (course / f"00_start/{name}.ipynb").write_text(RUN)
        (copy / f"00_start/{name}.ipynb").write_text(text)
    state = copy / ".gdcourse/delivered.json"
    digest = workspace._digest(course / "00_start/1_untouched.ipynb")
    old = json.loads(state.read_text())["files"] | {
        f"00_start/{n}.ipynb": digest for n in ("1_untouched", "2_ran", "3_edited")
    }
    state.write_text(json.dumps(old))
    changes = workspace.prepare(copy, course)
    assert changes == workspace.Changes(updated=["00_start/1_untouched.ipynb"])
    assert cells(copy / "00_start/1_untouched.ipynb")[1]["outputs"] == []
    assert json.loads((copy / "00_start/2_ran.ipynb").read_text()) == json.loads(ran)
    assert cells(copy / "00_start/3_edited.ipynb")[0]["source"] == "x = 5"


def test_a_lesson_that_jupyterlab_saved_unrun_counts_as_untouched(copy, course):
    """It splits texts into lines."""
    (course / "00_start/1_lesson.ipynb").write_text(notebook(cell("x\ny", [result("1\n2")], 2)))
    workspace.prepare(copy, course)
    split = cell(["x\n", "y"], [{**result(""), "data": {"text/plain": ["1\n", "2"]}}], 2)
    (copy / "00_start/1_lesson.ipynb").write_text(notebook(split, language_info={"version": "3"}))
    assert workspace.prepare(copy, course).updated == ["00_start/1_lesson.ipynb"]


def test_lessons_that_the_course_has_no_longer_go_unless_they_were_changed(copy, course):
    (copy / "00_start/b.ipynb").write_text("my work")
    for name in ("a.ipynb", "b.ipynb"):
        (course / "00_start" / name).unlink()
    (course / "00_start/1_new_name.ipynb").write_text("a2")
    changes = workspace.prepare(copy, course)
    assert (changes.removed, changes.kept, changes.added) == (
        ["00_start/a.ipynb"],
        ["00_start/b.ipynb"],
        ["00_start/1_new_name.ipynb"],
    )
    assert not (copy / "00_start/a.ipynb").exists() and (copy / "00_start/b.ipynb").read_text() == "my work"
    assert workspace.prepare(copy, course) == workspace.Changes()


def test_a_folder_that_is_left_empty_goes_too(copy, course):
    (course / "07_gone").mkdir()
    (course / "07_gone/x.ipynb").write_text("x")
    workspace.prepare(copy, course)
    (course / "07_gone/x.ipynb").unlink()
    workspace.prepare(copy, course)
    assert not (copy / "07_gone").exists()


def test_a_removed_lesson_that_the_learner_deleted_is_not_mentioned(copy, course):
    for folder in (copy, course):
        (folder / "00_start/a.ipynb").unlink()
    assert workspace.prepare(copy, course) == workspace.Changes()


def test_an_empty_course_removes_nothing(copy, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(workspace.WorkspaceError, match="holds no course"):
        workspace.prepare(copy, tmp_path / "empty")
    assert (copy / "00_start/a.ipynb").exists()


def test_a_notebook_names_the_language_as_the_kernel_will(copy, course):
    """Else JupyterLab changes it on opening, and asks to save what nobody touched."""
    from ipykernel.ipkernel import IPythonKernel

    (course / "00_start/exercises.ipynb").write_text(notebook(cell("x"), language_info={"name": "python"}))
    workspace.prepare(copy, course)
    told = json.loads((copy / "00_start/exercises.ipynb").read_text())["metadata"]["language_info"]
    assert told == IPythonKernel.language_info


def test_the_learners_own_files_are_left_alone(copy, course):
    (copy / "00_start/notes.txt").write_text("mine")
    (course / "00_start/notes.txt").write_text("the course's")
    changes = workspace.prepare(copy, course)
    assert (copy / "00_start/notes.txt").read_text() == "mine"
    assert changes.beside == [("00_start/notes.txt", "00_start/notes.new.txt")]


def test_new_and_deleted_files_are_added(copy, course):
    (copy / "00_start/b.ipynb").unlink()
    (course / "01_loss").mkdir()
    (course / "01_loss/c.ipynb").write_text("c1")
    assert workspace.prepare(copy, course).added == ["00_start/b.ipynb", "01_loss/c.ipynb"]


@pytest.mark.parametrize("record", ["", "{ broken", None])
def test_a_lost_record_loses_no_work(copy, course, record):
    (copy / "00_start/a.ipynb").write_text("my work")
    state = copy / ".gdcourse/delivered.json"
    state.unlink() if record is None else state.write_text(record)
    (course / "00_start/b.ipynb").write_text("b2")
    changes = workspace.prepare(copy, course)
    assert (copy / "00_start/a.ipynb").read_text() == "my work" and changes.updated == []
    assert (copy / "00_start/b.ipynb").read_text() == "b1"


@pytest.mark.parametrize("broken", ["", "{ broken", "[1]", '{"files": 3}', '{"files": {"00_start/a.ipynb": 7}}'])
def test_a_broken_record_falls_back_on_the_one_before(copy, course, broken):
    (course / "00_start/c.ipynb").write_text("c1")
    workspace.prepare(copy, course)
    (copy / ".gdcourse/delivered.json").write_text(broken)
    (course / "00_start/a.ipynb").write_text("a2")
    changes = workspace.prepare(copy, course)
    if broken in ("", "{ broken", "[1]"):
        assert changes.updated == ["00_start/a.ipynb"] and changes.beside == []
    else:
        assert changes.updated == [] and changes.beside == [("00_start/a.ipynb", "00_start/a.new.ipynb")]


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """A working copy of the course itself."""
    folder = tmp_path_factory.mktemp("real") / "mine"
    workspace.prepare(folder)
    return folder


UNIT = "00_start"
LESSON = notebooks(resources.root() / "course", UNIT)[0]


def home(folder):
    return (folder / "home.md").read_text("utf-8")


def run_cells(path, how_many):
    """Do what JupyterLab does when cells were run and the notebook is saved."""
    nb = json.loads(path.read_text("utf-8"))
    code = [c for c in nb["cells"] if c["cell_type"] == "code" and "".join(c["source"]).strip()]
    for number, c in enumerate(code):
        c["execution_count"] = number + 1 if number < how_many else None
    path.write_text(json.dumps(nb), "utf-8")
    return len(code)


def test_lessons_are_opened_then_finished_and_stay_so(real):
    path = real / UNIT / LESSON.name
    of = run_cells(path, 3)
    workspace.note_saved(path)
    link = f"[{title(LESSON)}]({UNIT}/{LESSON.name}) · {minutes(LESSON)} minutes"
    assert f"- ◐ {link} · opened: 3 of {of} cells run\n" in home(real)
    assert "finished 0 of" in home(real) and f"Go on with [{title(LESSON)}]" in home(real)
    run_cells(path, of)
    workspace.note_saved(path)
    assert f"- ● {link} · finished\n" in home(real)
    assert "finished 1 of" in home(real) and f"Go on with [{title(LESSON)}]" not in home(real)
    run_cells(path, 0)
    workspace.refresh(real)
    assert f"- ● {link} · finished\n" in home(real)


def test_what_is_saved_elsewhere_is_no_progress(real, tmp_path):
    before = home(real)
    (tmp_path / "x.ipynb").write_text(RUN)
    workspace.note_saved(tmp_path / "x.ipynb")
    (real / "notes.md").write_text("mine")
    workspace.note_saved(real / "notes.md")
    (real / "broken.ipynb").write_text("{")
    workspace.note_saved(real / "broken.ipynb")
    assert home(real) == before


def answer(folder, text):
    """Write an answer into the exercises of unit 00."""
    path = folder / UNIT / "exercises.ipynb"
    nb = json.loads(path.read_text("utf-8"))
    next(c for c in nb["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == "descend")["source"] = text
    path.write_text(json.dumps(nb), "utf-8")


def shown(folder):
    """Return the mark of an exercise on the home page, and whether its answer is said to have changed."""
    mark, changed = re.search(r"(\S) `descend`( \*\(changed\)\*)?", home(folder)).groups()
    return mark, changed is not None


def test_exercises_show_what_the_last_check_found(real):
    answer(real, "one")
    for state, mark in ((State.FAILED, "✗"), (State.VISIBLE, "◐"), (State.ALL, "●"), (State.NOT_STARTED, "○")):
        workspace.record(real, UNIT, {"descend": (state, "one\n")})
        assert shown(real) == (mark, False)


def test_visible_tests_take_nothing_back_from_the_same_answer(real):
    answer(real, "one")
    workspace.record(real, UNIT, {"descend": (State.ALL, "one")})
    workspace.record(real, UNIT, {"descend": (State.VISIBLE, "one")})
    assert shown(real) == ("●", False) and "solved 1 of" in home(real)
    answer(real, "two")
    workspace.refresh(real)
    assert shown(real) == ("●", True)
    workspace.record(real, UNIT, {"descend": (State.VISIBLE, "two")})
    assert shown(real) == ("◐", False) and "solved 0 of" in home(real)


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "{ broken",
        "[1]",
        '{"lessons": 3, "exercises": []}',
        '{"lessons": {"00_start/1.ipynb": {"run": "x"}}, "exercises": {"00_start": {"descend": {"state": "odd"}}, "x": 1}}',
        '{"00_start": [3.0, 3.0]}',
    ],
)
def test_broken_progress_breaks_nothing_and_what_is_sound_is_kept(real, broken):
    workspace.record(real, UNIT, {"descend": (State.ALL, "one")})
    workspace.record(real, UNIT, {"other": (State.ALL, "x")})
    (real / ".gdcourse/progress.json").write_text(broken)
    workspace.record(real, UNIT, {"new": (State.FAILED, "x")})
    known = json.loads((real / ".gdcourse/progress.json").read_text())["exercises"][UNIT]
    assert known["new"]["state"] == State.FAILED
    assert ("descend" in known) == (broken in ("", "{ broken", "[1]"))  # from the version before


def test_find(copy, tmp_path):
    assert workspace.find(copy / "00_start") == copy
    with pytest.raises(workspace.WorkspaceError, match="run `gdcourse lab` first"):
        workspace.find(tmp_path)


def test_a_file_or_the_course_itself_cannot_be_a_working_copy(tmp_path, course):
    (tmp_path / "file").write_text("x")
    with pytest.raises(workspace.WorkspaceError, match="is a file"):
        workspace.prepare(tmp_path / "file", course)
    with pytest.raises(workspace.WorkspaceError, match="is the course itself"):
        workspace.prepare(course, course)
