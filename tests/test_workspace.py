"""A working copy is made, brought up to date, and never loses what the learner did."""

import json

import pytest

from gdcourse import workspace


@pytest.fixture
def course(tmp_path):
    folder = tmp_path / "course"
    for name, text in {"00_start/a.ipynb": "a1", "00_start/b.ipynb": "b1", "00_start/data.csv": "1,2"}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def copy(tmp_path, course, monkeypatch):
    monkeypatch.setattr(workspace, "home_page", lambda catalogue, source, progress: f"home {progress}")
    folder = tmp_path / "mine"
    workspace.prepare(folder, course)
    return folder


def test_the_first_run_copies_everything(copy, course):
    names = sorted(p.relative_to(copy).as_posix() for p in copy.rglob("*") if p.is_file())
    assert names == [
        ".gdcourse/delivered.json",
        "00_start/a.ipynb",
        "00_start/b.ipynb",
        "00_start/data.csv",
        "home.md",
    ]
    assert (copy / "00_start/a.ipynb").read_text() == "a1"


def test_a_second_run_changes_nothing(copy, course):
    changes = workspace.prepare(copy, course)
    assert not (changes.added or changes.updated or changes.beside)


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
    assert not (again.added or again.updated or again.beside)


def test_work_in_the_new_version_is_kept_too(copy, course):
    (copy / "00_start/a.ipynb").write_text("my work")
    (course / "00_start/a.ipynb").write_text("a2")
    workspace.prepare(copy, course)
    (copy / "00_start/a.new.ipynb").write_text("my work on a2")
    (course / "00_start/a.ipynb").write_text("a3")
    assert workspace.prepare(copy, course).beside == [("00_start/a.ipynb", "00_start/a.new2.ipynb")]
    assert (copy / "00_start/a.new.ipynb").read_text() == "my work on a2"


def notebook(source, **metadata):
    cell = {"cell_type": "code", "source": [source], "outputs": [metadata], "metadata": {}, "execution_count": None}
    return json.dumps({"cells": [cell], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


def test_running_a_lesson_is_no_change_but_editing_it_is(copy, course):
    """JupyterLab rewrites outputs and metadata of what it only opened or ran."""
    for name in ("ran.ipynb", "edited.ipynb"):
        (course / name).write_text(notebook("x = 1"))
    workspace.prepare(copy, course)
    (copy / "ran.ipynb").write_text(notebook("x = 1", version="3.11.7"))
    (copy / "edited.ipynb").write_text(notebook("x = 2"))
    for name in ("ran.ipynb", "edited.ipynb"):
        (course / name).write_text(notebook("x = 3"))
    changes = workspace.prepare(copy, course)
    assert changes.updated == ["ran.ipynb"] and changes.beside == [("edited.ipynb", "edited.new.ipynb")]
    assert (copy / "edited.ipynb").read_text() == notebook("x = 2")


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


def test_progress_is_shown_on_the_home_page(copy):
    workspace.record(copy, "00_start", 2.0, 3.0)
    assert (copy / "home.md").read_text() == "home {'00_start': [2.0, 3.0]}"
    assert json.loads((copy / ".gdcourse/progress.json").read_text()) == {"00_start": [2.0, 3.0]}


def test_broken_progress_is_started_anew(copy):
    (copy / ".gdcourse/progress.json").write_text("{ broken")
    workspace.record(copy, "00_start", 1.0, 3.0)
    assert json.loads((copy / ".gdcourse/progress.json").read_text()) == {"00_start": [1.0, 3.0]}


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
