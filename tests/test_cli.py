"""The command, as a learner types it."""

import os
import re
import subprocess
import sys

import matrix
import nbformat
import pytest

from gdcourse import __version__, resources
from gdcourse.grading.notebooks import grade_id


def gdcourse(*args, cwd, status=0):
    """Run the command in a folder and return what it printed."""
    command = [sys.executable, "-m", "gdcourse.cli", *map(str, args)]
    done = subprocess.run(command, cwd=cwd, env={**os.environ, "COLUMNS": "160"}, capture_output=True, text=True)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def copy(tmp_path):
    gdcourse("lab", "--no-start", cwd=tmp_path)
    return tmp_path / "gradient-descent-course"


def answer(copy, unit, **sources):
    """Write answers into the learner's notebook."""
    path = copy / unit / "exercises.ipynb"
    nb = nbformat.read(path, as_version=4)
    for cell in nb.cells:
        if grade_id(cell) in sources:
            cell.source = sources[grade_id(cell)]
    nbformat.write(nb, path)


def right_answers(unit):
    """Return exercise -> a right answer that is not the solution."""
    return {a.exercise: a.source for a in matrix.answers(unit) if a.kind == "right"}


def test_version(tmp_path):
    assert gdcourse("--version", cwd=tmp_path).strip() == f"gdcourse {__version__}"


def test_lab_makes_a_copy_with_a_home_page(copy):
    page = (copy / "home.md").read_text("utf-8")
    for unit in matrix.units():
        assert f"({unit}/exercises.ipynb)" in page and (copy / unit / "exercises.ipynb").exists()
    assert "solved 0 of" in page and "○ `descend`" in page
    assert not list(copy.rglob("*.py"))


def test_check_says_per_exercise_what_passes(copy):
    solved = {grade_id(cell): cell.source for cell in matrix.solved("01_loss").cells}
    wrong = next(a.source for a in matrix.answers("01_loss") if a.exercise == "gd" and a.kind == "wrong")
    answer(copy, "01_loss", mse=solved["mse"], gd=wrong)
    told = gdcourse("check", "01_loss", cwd=copy, status=1)
    lines = {line.split()[1]: line for line in told.splitlines() if line.startswith("│")}
    assert "visible tests pass" in lines["mse"] and "1/1" in lines["mse"]
    assert "failed" in lines["gd"] and "not started" in lines["mse_grad"]


def test_visible_tests_alone_never_look_like_full_marks(copy):
    answer(copy, "00_start", **right_answers("00_start"))
    told = gdcourse("check", "00", cwd=copy)
    assert re.search(r"00_start: visible tests: (\d) of \1; hidden tests not run", told)
    assert "--full runs the hidden tests" in told and "all tests pass" not in told and "of 2 points" not in told
    assert "◐ `descend`" in (copy / "home.md").read_text("utf-8")


def test_check_full_records_progress(copy):
    answer(copy, "00_start", **right_answers("00_start"))
    told = gdcourse("check", "start", "--full", cwd=copy)
    assert (
        f"00_start: {matrix.worth('00_start'):g} of {matrix.worth('00_start'):g} points" in told
        and "all tests pass" in told
        and "not run" not in told
    )
    assert "● `descend`" in (copy / "home.md").read_text("utf-8")


def test_exercises_are_checked_by_name(copy):
    solved = {grade_id(cell): cell.source for cell in matrix.solved("01_loss").cells}
    answer(copy, "01_loss", mse=solved["mse"], gd=solved["gd"], unscale="raise SystemExit")
    told = gdcourse("check", "1", "--exercise", "mse", "--exercise", "gd", "--full", cwd=copy)
    points = f"{matrix.worth('01_loss', 'mse', 'gd'):g}"
    assert "mse" in told and "gd" in told and "unscale" not in told and f"{points} of {points} points" in told


def test_an_unknown_exercise_is_named(copy):
    told = " ".join(gdcourse("check", "01", "--exercise", "nothing", cwd=copy, status=2).split())
    assert "expected an exercise of 01_loss among mse, mse_grad" in told and "got nothing" in told
    assert "expected a unit beside --exercise" in gdcourse("check", "--exercise", "mse", cwd=copy, status=2)


def test_one_broken_notebook_does_not_stop_the_others(copy):
    (copy / "00_start/exercises.ipynb").write_text("{ broken")
    told = gdcourse("check", cwd=copy, status=1)
    assert "00_start: exercises.ipynb is not a Jupyter notebook" in told
    assert "01_loss: visible tests: 0 of 11; hidden tests not run" in told


def test_check_without_a_working_copy_says_what_to_do(tmp_path):
    assert "run `gdcourse lab` first" in gdcourse("check", cwd=tmp_path, status=1)


@pytest.mark.parametrize("command", ["check", "lab --no-start --unit", "build"])
def test_an_unknown_unit_is_named(copy, command):
    told = gdcourse(*command.split(), "99_none", cwd=copy, status=2)
    assert "expected a unit among 00_start, 01_loss" in " ".join(told.split()) and "got 99_none" in told


def test_a_working_copy_that_is_a_file(tmp_path):
    (tmp_path / "x").write_text("")
    assert "is a file" in gdcourse("lab", "x", "--no-start", cwd=tmp_path, status=1)


def test_doctor_finds_this_installation_sound(tmp_path):
    told = gdcourse("doctor", cwd=tmp_path)
    for topic in ("Python", "numpy", "torch", "tensorflow", "kernel python3", "Validate button", "port", "memory"):
        assert topic in told
    assert "problem" not in told


def test_doctor_tells_what_it_knows_before_the_frameworks_have_loaded(monkeypatch):
    """It gives up on one that takes too long, and leaves no process behind."""
    from gdcourse import doctor

    sleeping = [sys.executable, "-c", "import time; time.sleep(600)"]
    started = []

    def load(name):
        started.append(subprocess.Popen(sleeping, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        return started[-1]

    monkeypatch.setattr(doctor, "_load", load)
    findings = doctor.examine(patience=0.1)  # counted from the start of this process: over by now
    topics = [next(findings).topic for _ in range(5)]
    assert topics[0] == "Python" and all(process.poll() is None for process in started)
    last = list(findings)[-2:]
    assert [(f.topic, f.level) for f in last] == [("torch", "note"), ("tensorflow", "note")]
    assert all("busy" in f.mend for f in last) and all(process.poll() is not None for process in started)


def test_doctor_names_a_framework_that_does_not_load(monkeypatch):
    from gdcourse import doctor

    broken = [sys.executable, "-c", "raise ImportError('libfoo.so not found')"]
    process = subprocess.Popen(broken, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    found = doctor._framework("torch", process, doctor.time.monotonic() + 60)
    assert found.level == "problem" and "libfoo.so not found" in found.found and "--force-reinstall torch" in found.mend


def test_doctor_names_a_mend(monkeypatch):
    from gdcourse import doctor

    monkeypatch.setattr(doctor, "find_spec", lambda name: None)
    monkeypatch.setattr(doctor.psutil, "virtual_memory", lambda: type("M", (), {"available": 2**28, "total": 2**31})())
    assert 'pip install "gdcourse[torch]"' in doctor._framework("torch", None, 0).mend
    assert "pip install ipykernel" in doctor._kernel().mend
    assert doctor._memory().level == "note" and "shut down" in doctor._memory().mend


def test_doctor_takes_the_next_free_port():
    import socket

    from gdcourse.doctor import free_port

    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        taken = server.getsockname()[1]
        assert free_port(taken) > taken
        with pytest.raises(OSError, match="expected a free port"):
            free_port(taken, tries=1)


def test_grade_outside_a_course_folder(tmp_path):
    assert "expected nbgrader_config.py" in gdcourse("grade", "01_loss", cwd=tmp_path, status=1)


def test_the_course_is_found():
    assert (resources.root() / "course" / "home.md").exists()


def test_the_command_starts_without_what_it_does_not_need(tmp_path):
    """Frameworks, nbgrader, and the grammars that `_fast_nbformat` leaves out; the validation of notebooks is as it was."""
    heavy = "{'torch', 'tensorflow', 'sklearn', 'scipy', 'matplotlib', 'IPython', 'nbgrader', 'lark'}"
    code = f"""\
import sys, gdcourse.cli, nbformat
print({heavy} & sys.modules.keys())
nb = nbformat.v4.new_notebook()
nbformat.validate(nb)
nb.metadata = 1
try:
    nbformat.validate(nb)
except nbformat.ValidationError:
    print('refused')"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout == "set()\nrefused\n"
