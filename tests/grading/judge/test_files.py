"""Files that answers write are where tests look for them; only plain data, and nothing of the unit's own is replaced."""

import os

import pytest

from gdcourse.grading.judge.cells import run_test
from gdcourse.grading.judge.files import Folder, is_plain
from gdcourse.grading.judge.namespace import Namespace
from gdcourse.grading.wire.messages import Ending
from grading.judge.test_source import source
from grading.pair import student


class Says:
    """A student's process that says it has these files."""

    def __init__(self, **files):
        self.given = files

    def files(self):
        return self.given


@pytest.mark.parametrize(
    "name, plain",
    [
        ("out.txt", True), ("data/a.csv", True), ("A.CSV", True), ("../a.txt", False), ("/etc/a.txt", False), ("a.py", False),
        ("a/../b.txt", False), ("", False), ("numpy.pkl", False), ("a\0.txt", False), (7, False), ("x" * 300 + ".txt", False),
        ("a/b/c/d/e.txt", False), ("./a.txt", False), (".txt", False),
    ],
)  # fmt: skip
def test_which_names_are_taken(name, plain):
    assert is_plain(name) is plain


def test_files_come_and_go_with_the_student_s_and_the_unit_s_own_stay(tmp_path):
    (tmp_path / "data.csv").write_text("ours")
    (tmp_path / "own").write_text("a file")
    folder = Folder(frozenset({"data.csv"}), str(tmp_path))
    folder.fetch(
        Says(**{"data.csv": b"theirs", "a.txt": b"1", "b/c.txt": b"2", "own/x.txt": b"3", "x.py": b"4", "t.txt": "5"})
    )
    found = {str(p.relative_to(tmp_path)): p.read_text() for p in tmp_path.rglob("*") if p.is_file()}
    assert found == {"data.csv": "ours", "own": "a file", "a.txt": "1", "b/c.txt": "2"}
    folder.fetch(Says(**{"a.txt": b"new"}))
    assert (tmp_path / "a.txt").read_text() == "new" and not (tmp_path / "b/c.txt").exists()


def test_a_link_is_not_followed(tmp_path):
    (tmp_path / "secret").write_text("kept")
    (tmp_path / "a.txt").symlink_to(tmp_path / "secret")
    Folder(frozenset(), str(tmp_path)).fetch(Says(**{"a.txt": b"over"}))
    assert (tmp_path / "secret").read_text() == "kept"


def test_what_the_judge_itself_has_written_stays(tmp_path):
    """A cell of the source's own makes the expected values; the answer writes a file of the same name."""
    expected, out = tmp_path / "expected.csv", tmp_path / "out.csv"
    folder = Folder(frozenset(), str(tmp_path))
    expected.write_text("1")
    folder.fetch(Says(**{"expected.csv": b"2", "out.csv": b"3"}))
    assert (expected.read_text(), out.read_text()) == ("1", "3")
    out.write_text("4")  # as long as theirs, and at once
    folder.fetch(Says(**{"out.csv": b"5"}))
    assert out.read_text() == "4"
    folder.fetch(Says())
    assert (expected.read_text(), out.read_text()) == ("1", "4")


def test_a_test_reads_what_an_answer_wrote(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path)
    code = (
        "import os\nos.chdir('here')\ndef save(text):\n    with open('out.txt', 'w') as f: f.write(text)\nsave('first')"
    )
    of = source(("answer", "save('first')"), ("test", "with open('out.txt') as f:\n    assert f.read() == 'first'"))
    with student(code) as remote:
        namespace = Namespace(remote, of, folder=Folder(frozenset(), str(tmp_path)))
        assert run_test(remote, of.tests["test1"].text, "test1", 5.0, namespace) == ([], Ending.DONE)
    assert os.listdir(tmp_path / "here") == ["out.txt"]


@pytest.mark.parametrize(
    "test, reads",
    [
        ("open('a.txt').read()", True),
        ("import os\nos.path.exists('a.txt')", True),
        ("from pathlib import Path\nPath('a').read_text()", True),
        ("f(1)", False),
        ("exec(open('a.txt').read())", False),
        ("import pickle\npickle.load(open('a.txt', 'rb'))", False),
        ("import numpy as np\nnp.loadtxt('a.txt')\nnp.load('b', allow_pickle=True)", False),
        ("from pickle import load\nload(open('w.dat', 'rb'))", False),
        ("import pickle as pk\npk.load(open('w.dat', 'rb'))", False),
        ("from joblib import load\nopen('w.dat')", False),
        ("from pandas.io.pickle import read_pickle as read\nread(open('w.dat'))", False),
        ("import importlib.util as u\nopen('w.dat')", False),
        ("import torch\ntorch.load(open('w.dat', 'rb'), weights_only=False)", False),
        ("import os\nos.popen(open('w.txt').read())", False),
        ("import keras\nkeras.models.load_model('w.out')\nopen('x.txt')", False),
        ("import builtins\nbuiltins.exec(open('a.txt').read())", False),
        ("run = eval\nrun(open('a.txt').read())", False),
        ("import re\nre.compile('x').match(open('a.txt').read())", True),
        ("model.compile('sgd')\nmodel.eval()\ndf.eval('a')\nopen('a.txt')", True),
    ],
)
def test_files_go_over_only_where_a_test_reads_them_and_runs_none(test, reads):
    assert source(("test", test)).reads_files is reads


def test_no_files_go_over_where_a_module_of_the_unit_s_own_could_run_them():
    test = ("test", "from helpers import made_of\nmade_of(open('w.dat', 'rb'))")
    assert source(test, modules=["x = 1"]).reads_files
    assert not source(test, modules=["x = 1", "from pickle import load as made_of"]).reads_files
