"""`check("mse")` in a live kernel: the same marks as elsewhere, nothing left behind, and plain words."""

import json
import os
import random
import re
import warnings

import matplotlib.pyplot as plt
import matrix
import nbformat
import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell

from gdcourse import check, resources, workspace
from gdcourse.catalogue import State
from gdcourse.grading.check import live


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """A shell in a folder of its own, as a kernel has it."""
    InteractiveShell.clear_instance()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    shell = InteractiveShell.instance(history_length=0)
    shell.history_manager.enabled = False
    shell.run_cell("import numpy as np", store_history=False)
    yield shell
    InteractiveShell.clear_instance()


def answer(shell, text):
    ran = shell.run_cell(text, store_history=True)
    assert ran.success


def only(report):
    (result,) = report.results
    return result


@pytest.mark.parametrize("known", [a for a in matrix.answers("01_loss") if a.exercise == "mse"], ids=lambda a: a.name)
def test_the_marks_are_those_of_the_grader(shell, known):
    answer(shell, known.source)
    result = only(check("mse"))
    assert (result.earned == result.points == matrix.worth("01_loss", "mse")) is (known.kind == "right")
    assert result.state is (State.ALL if known.kind == "right" else State.FAILED)
    holds = {holds for test in result.tests for _, holds, _ in test.properties}
    assert holds == {True} if known.kind == "right" else False in holds


def test_what_fails_is_told_with_its_kind_of_input_and_where_to_look_again(shell):
    answer(shell, "def mse(h, y, reduction):\n    e = h - y\n    return (e * e).sum()")
    report = check("mse")
    text, page = repr(report), report._repr_html_()
    assert re.search(r"✗ 'mean' divides the sum by m.*: given h: float64 array of shape \(\d+,\)", text)
    assert "✓ 'sum' adds the squared errors" in text
    (link,) = re.findall(r"href='(.+?)#.+?'", page)
    assert (resources.root() / "course" / "01_loss" / link).is_file()


def test_what_an_answer_raises_stands_at_the_property_that_was_tried(shell):
    answer(shell, "def mse(h, y, reduction):\n    raise KeyError('<b>')")
    report = check("mse")
    assert "raised KeyError: '<b>', in line 2 of your answer" in repr(report)
    assert "<b>'" not in report._repr_html_() and "&lt;b&gt;" in report._repr_html_()


def test_an_endless_loop_is_stopped_and_the_rest_is_not_waited_for(shell):
    answer(shell, "def mse(h, y, reduction):\n    while True:\n        pass")
    result = only(check("mse", timeout=0.5))
    assert result.earned == 0 and len(result.tests) == 1
    assert "it took longer than 0.5 seconds" in repr(live.Report([result]))


def test_the_kernel_is_left_as_it_was(shell):
    answer(
        shell,
        "import os, random\nimport matplotlib.pyplot as plt\nheard = []\n"
        "def mse(h, y, reduction):\n"
        "    global made\n"
        "    made = 1\n"
        "    print('loud')\n"
        "    random.random(), np.random.rand(), np.seterr(all='raise'), np.set_printoptions(precision=2)\n"
        "    os.environ['MADE'] = '1'\n"
        "    os.chdir('/')\n"
        "    plt.figure()\n"
        "    return 0.0",
    )
    random.seed(1)
    np.random.seed(1)
    before = dict(shell.user_ns), np.geterr(), np.get_printoptions(), os.getcwd(), plt.get_fignums(), dict(os.environ)
    check("mse")
    after = dict(shell.user_ns), np.geterr(), np.get_printoptions(), os.getcwd(), plt.get_fignums(), dict(os.environ)
    assert after == before
    assert (random.random(), np.random.rand()) == (random.Random(1).random(), np.random.RandomState(1).rand())


def test_pytorch_is_left_as_it_was(shell):
    torch = pytest.importorskip("torch")
    answer(
        shell,
        "import torch\ndef mse(h, y, reduction):\n    torch.rand(3), torch.set_default_dtype(torch.float64)\n"
        "    torch.set_grad_enabled(False)\n    return 0.0",
    )
    torch.manual_seed(3)
    before = torch.get_rng_state(), torch.get_default_dtype()
    check("mse")
    assert torch.equal(torch.get_rng_state(), before[0]) and torch.get_default_dtype() == before[1]
    assert torch.is_grad_enabled()


def test_what_was_not_done_yet_is_said(shell):
    assert "mse is not defined yet: run the cell with your answer first" in repr(check("mse"))
    stub = next(c for c in nbformat.read(resources.released("01_loss"), 4).cells if c.id == "mse").source
    answer(shell, stub)
    assert "not started" in repr(check("mse")) and only(check("mse")).state is State.NOT_STARTED


def test_an_exercise_that_is_not_there_is_told_with_those_that_are_near(shell):
    with pytest.raises(live.CheckError, match=r"mse_grad.*got 'mse_gard'"):
        check("mse_gard")


def test_outside_of_a_notebook_the_command_is_named(monkeypatch):
    monkeypatch.setattr(live, "get_ipython", lambda: None)
    with pytest.raises(live.CheckError, match="`gdcourse check`"):
        check("mse")


def own_notebook(path):
    """Write a notebook with an exercise that the course does not have."""
    flags = {"schema_version": 3, "locked": False, "task": False}
    test = {**flags, "grade": True, "solution": False, "grade_id": "twice-visible", "points": 2}
    cells = [
        nbformat.v4.new_code_cell(
            "def twice(x):\n    return 2 * x",
            metadata={"nbgrader": {**flags, "grade": False, "solution": True, "grade_id": "twice"}},
        ),
        nbformat.v4.new_code_cell("assert twice(2) == 4, 'twice: doubles'", metadata={"nbgrader": test}),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)


def test_an_exercise_of_the_notebook_s_own_has_visible_tests_only(shell, tmp_path):
    own_notebook(tmp_path / "assignment.ipynb")
    answer(shell, "def twice(x):\n    return 2 * x")
    report = check()
    assert "2 of 2 points: everything holds (visible tests only)" in repr(report)
    assert only(report).state is State.VISIBLE


def test_a_folder_without_exercises_is_told(shell):
    with pytest.raises(live.CheckError, match="finds no exercises in this notebook"):
        check()


def test_the_home_page_learns_of_it(shell, tmp_path, monkeypatch, capsys):
    workspace.prepare(tmp_path / "work")
    monkeypatch.chdir(tmp_path / "work" / "00_start")
    path = tmp_path / "work" / "00_start" / "exercises.ipynb"
    nb = nbformat.read(path, 4)
    source = next(c for c in nbformat.read(resources.solved("00_start"), 4).cells if c.id == "descend").source
    next(c for c in nb.cells if c.id == "descend").source = source
    nbformat.write(nb, path)
    answer(shell, source)
    report = check()
    assert {r.exercise.name: r.state for r in report.results}["descend"] is State.ALL
    assert "1 of 2 exercises solved" in repr(report) and "1 of 2 exercises solved" in report._repr_html_()
    home = (tmp_path / "work" / "home.md").read_text("utf-8")
    assert "● `descend` &nbsp;" in home and "○ `fate`" in home


@pytest.mark.parametrize("unit", matrix.units())
def test_every_exercise_is_followed_by_its_check(unit):
    for path in (resources.solved(unit), resources.released(unit)):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        flags = [cell["metadata"].get("nbgrader", {}) for cell in cells]
        exercises = [given["grade_id"] for given in flags if given.get("solution")]
        checks = [i for i, cell in enumerate(cells) if "live" in cell["metadata"].get("tags", ())]
        assert [re.search(r'check\("(\w+)"\)', "".join(cells[i]["source"]))[1] for i in checks] == exercises
        assert [flags[i - 1]["grade_id"].rsplit("-", 1)[0] for i in checks] == exercises
