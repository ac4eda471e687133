"""What surrounds a submission: its files, the page that shows it, the feedback of tests that ran beside it, its neighbours."""

import os
import sys
from html.parser import HTMLParser

import nbformat
import pytest
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_output

from gdcourse.grading.engine.near_end import Engine
from gdcourse.grading.engine.results import EngineError, Job
from gdcourse.grading.limits import Limits
from gdcourse.grading.notebooks import NotebookError, read_notebook
from gdcourse.grading.plugins.feedback import HideHiddenTests
from gdcourse.grading.student import sandbox
from security import vault
from security.attacks import ATTACKS

SOLVED = nbformat.writes(vault.solved())


@pytest.fixture(scope="module")
def engine():
    with Engine(Job(SOLVED, limits=Limits(call=2.0, cell=3.0))) as warm:
        yield warm


# ---- files ----


def make_link(path, target):
    path.symlink_to(target)


def make_pipe(path, _):
    os.mkfifo(path)


def make_device_link(path, _):
    path.symlink_to("/dev/zero")


def make_folder(path, _):
    path.mkdir()


@pytest.mark.skipif(os.name == "nt", reason="Windows has other links and no pipes in folders")
@pytest.mark.parametrize("make", [make_link, make_pipe, make_device_link, make_folder])
@pytest.mark.timeout(20)
def test_a_submission_that_is_no_plain_file_is_not_read(make, tmp_path):
    """A link to the solutions would earn full marks; a pipe or a device would never end."""
    solved = tmp_path / "solved.ipynb"
    solved.write_text(SOLVED, "utf-8")
    make(tmp_path / "exercises.ipynb", solved)
    with pytest.raises(NotebookError, match=r"exercises\.ipynb"):
        read_notebook(tmp_path / "exercises.ipynb")


@pytest.mark.isolated
@pytest.mark.parametrize("name", ["../usr/vault.py", "/proc/sys/kernel/core_pattern", "a/../../b", "/vault", "nul\0"])
def test_a_file_name_that_leads_out_is_refused(name, engine):
    with pytest.raises(EngineError, match="file name"):
        engine.mark(SOLVED.encode(), {name: b"|/bin/true"})
    assert sum(test.score for test in engine.mark(SOLVED.encode()).tests) == vault.FULL


# ---- neighbours ----


@pytest.mark.isolated
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can make students other users")
def test_root_gives_each_process_a_user_of_its_own(engine):
    """The kernel counts the processes of a user together: one student's would be at the expense of another's."""
    nb = vault.released()
    nb.cells.append(new_code_cell("import os\nprint('user', os.getuid())", id="who"))
    text = nbformat.writes(nb).encode()
    users = {nbformat.reads(engine.mark(text).notebook, 4).cells[-1].outputs[0].text for _ in range(2)}
    assert len(users) == 2 and f"user {os.getuid()}\n" not in users


# ---- pages ----


class Active(HTMLParser):
    """Collects what of a page would run: scripts with an alert, handlers of events, links of the kind javascript:"""

    def __init__(self):
        super().__init__()
        self.found, self.inside = [], False

    def handle_starttag(self, tag, attrs):
        self.inside = tag == "script"
        if tag in ("iframe", "object", "embed"):
            self.found.append(tag)
        for name, value in attrs:
            if name.startswith("on") or (value or "").strip().lower().startswith("javascript:"):
                self.found.append((tag, name, value))

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        if self.inside and "alert(1)" in data:
            self.found.append(data[:80])


def active(nb):
    nb.metadata.pop("language_info", None) if "<" in str(nb.metadata.get("language_info")) else None
    page, _ = HTMLExporter(template_name="lab", embed_images=False).from_notebook_node(nb)
    reader = Active()
    reader.feed(page)
    return reader.found


@pytest.mark.isolated
@pytest.mark.parametrize("name", ["scripts in the notebook", "scripts in outputs"])
def test_no_text_of_a_student_runs_in_a_browser(name, engine, tmp_path):
    attack = next(attack for attack in ATTACKS if attack.name == name)
    marked = engine.mark(vault.submission(attack, tmp_path))
    assert active(nbformat.reads(marked.notebook, as_version=4)) == []


def test_the_reader_of_pages_finds_what_would_run(tmp_path):
    attack = next(attack for attack in ATTACKS if attack.name == "scripts in the notebook")
    assert active(nbformat.reads(vault.submission(attack, tmp_path).decode(), as_version=4)) != []


@pytest.mark.isolated
def test_settings_of_this_machine_are_hidden(engine):
    folders = sandbox.settings_folders()
    assert {"/usr/local/etc", f"{sys.prefix}/etc"} <= {*folders}
    nb = vault.released()
    show = f"import os\nprint(sum(len(os.listdir(p)) for p in {folders!r} if os.path.isdir(p)))"
    nb.cells.insert(0, new_code_cell(show, id="look"))
    (printed,) = nbformat.reads(engine.mark(nbformat.writes(nb).encode()).notebook, as_version=4).cells[0].outputs
    assert printed.text == "0\n"


# ---- feedback ----


@pytest.mark.parametrize("ename, evalue", [("ASSERTclosely_kept", "x"), ("AssertionError", "wombat"), ("E\x1b[2J", "")])
def test_feedback_repeats_nothing_that_student_code_chose(ename, evalue):
    """The error of a test that ran beside student code comes from there: its name too."""
    source = '### BEGIN HIDDEN TESTS\nassert f("wombat") == 1, "f: of text"\n### END HIDDEN TESTS'
    error = new_output("error", ename=ename, evalue=evalue, traceback=[ename])
    cell, _ = HideHiddenTests().preprocess_cell(new_code_cell(source, outputs=[error]), {}, 0)
    (shown,) = cell.outputs
    told = "a hidden test, or an assertion of your own, does not hold"
    assert (shown.ename, shown.evalue) in {("Error", "your code raised this error"), ("AssertionError", told)}
    assert not any(word in str(cell) for word in ("closely_kept", "wombat", "\x1b[2J"))
