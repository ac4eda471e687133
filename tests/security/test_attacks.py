"""Each attack gains no point over its honest part, shows no hidden test, and leaves everything else as it was."""

import time

import nbformat
import processes
import psutil
import pytest

from gdcourse.grading.engine.near_end import Engine
from gdcourse.grading.engine.results import Job
from gdcourse.grading.limits import Limits
from gdcourse.grading.notebooks import grade_id
from security import vault
from security.attacks import ATTACKS, FIND

pytestmark = [pytest.mark.isolated, pytest.mark.slow]
SOLVED = nbformat.writes(vault.solved())
CALL, CELL = 1.5, 3.0  # seconds


@pytest.fixture(scope="module")
def engine():
    small = Limits(call=CALL, cell=CELL, total=60.0, memory=1 << 30, file_size=8 << 20, disk=16 << 20)
    with Engine(Job(SOLVED, limits=small)) as warm:
        yield warm


@pytest.fixture(scope="module")
def outside(tmp_path_factory):
    folder = tmp_path_factory.mktemp("outside")
    vault.canaries(folder)
    return folder


def children(engine):
    """Return what the engine's zygote has left running, after a moment to go."""
    zygote = psutil.Process(processes.pids(engine)[1])
    until = time.monotonic() + 2
    while (left := zygote.children(recursive=True)) and time.monotonic() < until:
        time.sleep(0.01)
    return left


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_attack(attack, engine, outside):
    before, lost = vault.contents(outside), processes.orphans()
    handed_in = vault.submission(attack, outside)
    marked = engine.mark(handed_in, attack.files)
    points = {test.name: test.score for test in marked.tests}
    assert len(points) == 2 * len(vault.ANSWERS) and sum(points.values()) <= attack.honest, points
    assert all(test.points == vault.POINTS[test.name.rsplit("-")[-1]] for test in marked.tests)
    assert marked.tampered or not attack.caught
    nb = vault.feedback(marked.notebook)
    nbformat.validate(nb)
    assert vault.leaked(nb, handed_in.decode(errors="replace")) == []
    for word in attack.shows_not:
        assert word not in nbformat.writes(nb)
    assert vault.contents(outside) == before
    assert children(engine) == [] and processes.orphans() <= lost
    after = engine.mark(SOLVED.encode())
    assert sum(test.score for test in after.tests) == vault.FULL, "an honest submission after the attack"
    assert not after.tampered and after.problem is None


def test_the_unit_itself(engine):
    """Full marks for the solution, none for what students start from: the table above means something."""
    blank = engine.mark(nbformat.writes(vault.released()).encode())
    assert sum(test.score for test in blank.tests) == 0
    assert not blank.tampered and blank.problem is None


def test_attacks_on_the_connection_find_what_they_are_after(engine):
    """Else they would earn nothing because they do nothing: here one forges the right answer, and it counts."""
    nb = vault.released()
    (double,) = (cell for cell in nb.cells if grade_id(cell) == "double")
    double.source = f"{FIND}\ndef double(x):\n    reply(2 * x)\n    return 'nothing'"
    names = "sorted(kind.__name__ for kind in requests())"
    nb.cells.insert(0, nbformat.v4.new_code_cell(f"{FIND}\nprint(type(channel()), type(student()), {names})", id="who"))
    marked = engine.mark(nbformat.writes(nb).encode())
    (printed,) = nbformat.reads(marked.notebook, as_version=4).cells[0].outputs
    assert all(
        word in printed.text
        for word in ("channel.Channel", "process.Student", "'Call', 'Collect', 'Get', 'Operate', 'RunCell'")
    )
    assert {test.name: test.score for test in marked.tests}["double-visible"] == 1


def test_what_many_cells_show_costs_no_mark(engine):
    """More than a report may hold, in cells that each stay below their own limit."""
    nb = vault.solved()
    show = "from IPython.display import display\ndisplay({'text/plain': 'x' * 4_000_000}, raw=True)"
    nb.cells[:0] = [nbformat.v4.new_code_cell(show) for _ in range(20)]
    marked = engine.mark(nbformat.writes(nb).encode())
    assert sum(test.score for test in marked.tests) == vault.FULL and marked.problem is None
    assert len(marked.notebook) < 24e6 and "output cut" in marked.notebook
