"""The cell for one process: what is shown, what is hidden, what is limited; and why a system has none."""

import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from gdcourse.grading import limits
from gdcourse.grading.limits import Limits
from gdcourse.grading.student import sandbox
from gdcourse.grading.student.kernel import SandboxError
from gdcourse.grading.student.sandbox import View
from grading.student.test_shell import in_a_fork


@pytest.mark.parametrize("name", ["../a", "/a", "a/../../b", "a/..", "nul\0"])
def test_a_file_name_that_leads_out_is_refused(name):
    with pytest.raises(SandboxError, match="refused the file name"):
        sandbox.below("/box", name)


@pytest.mark.parametrize("name", ["a", "a/b.csv", ".hidden", "a..b", "with space"])
def test_a_file_name_within_is_put_below(name):
    assert sandbox.below("/box", name) == f"/box/{name}"


def test_the_new_root_is_built_where_it_covers_nothing_that_is_shown():
    """Python may itself lie below /tmp or /mnt, as in a scratch clone."""
    folder = sandbox._mount_point(("/usr", "/mnt/python", "/tmp/clone/.venv"))
    assert folder in ("/media", "/srv", "/var/tmp") and Path(folder).is_dir()
    everywhere = [f"{name}/python" for name in ("/mnt", "/media", "/srv", "/tmp", "/var/tmp")]
    with pytest.raises(SandboxError, match="no folder"):
        sandbox._mount_point(everywhere)


def test_the_view_shows_this_python_and_no_folder_of_the_course():
    view = View.of_python(hidden=["/somewhere"])
    inside = os.path.realpath(f"{os.sys.prefix}/lib")
    assert inside.startswith(sandbox.LIBRARIES) or inside in view.shown
    assert view.hidden == ("/somewhere",) and not any(path.endswith(("/etc", "/bin")) for path in view.shown)


def test_other_copies_of_the_package_are_found(tmp_path, monkeypatch):
    copy = tmp_path / "gdcourse"
    copy.mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    assert str(copy) in sandbox.copies()


def test_a_system_that_refuses_says_which_step(monkeypatch):
    def refuse():
        raise SandboxError("unshare(...): Operation not permitted")

    monkeypatch.setattr(sandbox, "separate", refuse)
    assert sandbox.missing() == "unshare(...): Operation not permitted"


def test_another_system_has_none(monkeypatch):
    monkeypatch.setattr(sandbox.sys, "platform", "darwin")
    assert sandbox.missing() == "isolation needs Linux, this is darwin"


def inside(source, files=None, limits=Limits(), hidden=()):  # noqa: B008
    """Run statements in a cell; return the repr of `answer`, or of what was raised."""

    def work():
        sandbox.separate()
        return in_a_fork(lambda: _enter(source, files, limits, hidden))

    return in_a_fork(work)


def _enter(source, files, limits, hidden):
    sandbox.enter(View.of_python(hidden), limits, files)
    namespace = {}
    exec(source, namespace)
    return repr(namespace["answer"])


@pytest.mark.isolated
@pytest.mark.parametrize(
    "source, expected",
    [
        ("import os; answer = os.getcwd(), sorted(os.listdir())", "('/box', ['data', 'one.txt'])"),
        ("answer = open('data/two.txt').read()", "'two'"),
        ("answer = open('new.txt', 'w').write('abc')", "3"),
        ("import os; answer = os.getpid() < 5", "True"),
        ("import os; answer = [p for p in os.listdir('/proc') if p.isdigit()] in (['1'], ['1', '2'])", "True"),
        ("import os; answer = [p for p in os.listdir('/proc') if not p.isdigit()]", "['self', 'thread-self']"),
        ("import os, sys; answer = [p for p in ('/usr/bin', '/bin', '/usr/local/etc') if os.path.exists(p)]", "[]"),
        ("import os, sys; answer = [p for p in ('etc', 'bin') if os.path.exists(f'{sys.prefix}/{p}')]", "[]"),
        ("import os; answer = [p for p in ('/home', '/srv', '/var', '/sys', '/boot') if os.path.exists(p)]", "[]"),
        ("import os; answer = os.environ['HOME'], os.environ['USER']", "('/box', 'student')"),
        ("import tempfile; answer = tempfile.gettempdir()", "'/box'"),
        ("import numpy; answer = int(numpy.arange(4).sum())", "6"),
        ("answer = open('/etc/passwd').read().split(':')[0]", "'student'"),
    ],
)  # fmt: skip
def test_what_a_process_finds_inside(source, expected):
    assert inside(source, {"one.txt": b"one", "data/two.txt": b"two"}) == expected


@pytest.mark.isolated
def test_a_hidden_folder_is_empty_and_nothing_outside_can_be_written():
    site = Path(pytest.__file__).parents[1]
    assert inside(f"import os; answer = os.listdir({str(site)!r})", hidden=[str(site)]) == "[]"
    for path in ("/new", "/usr/new", f"{site}/new"):
        assert "Error" in inside(f"answer = open({path!r}, 'w')")


SMALL = Limits(memory=300 << 20, file_size=1 << 20, disk=3 << 20, files=40, open_files=20, threads=4)
THREADS = """
import threading, time
for _ in range(9):
    threading.Thread(target=time.sleep, args=[9], daemon=True).start()
answer = 1
"""
FILL = """
import os
for i in range(10):
    with open(f'part{i}', 'wb') as file:
        file.write(bytes(900_000))
answer = 'filled'
"""


BEYOND = {
    "memory": "answer = len(bytearray(400 << 20))",
    "file_size": "answer = open('a', 'wb').write(bytes(2 << 20))",
    "disk": FILL,
    "files": "for i in range(60): open(f'f{i}', 'w').close()\nanswer = 'made'",
    "open_files": "held = [open('/dev/null') for _ in range(30)]\nanswer = 'open'",
    "threads": THREADS,
}
TOLD = {row.name: row.about.told for row in limits.rows()}


@pytest.mark.isolated
@pytest.mark.parametrize("name", BEYOND)
def test_beyond_each_limit_of_the_kernel_code_is_told_what_the_table_says(name):
    kind, _, why = TOLD[name].partition(": ")
    answer = inside(BEYOND[name], limits=SMALL)
    assert answer.startswith(f"{kind}(") and why in answer


@pytest.mark.isolated
def test_beyond_its_processor_time_a_process_ends_without_a_word():
    assert inside("while True: pass", limits=replace(SMALL, cpu=1)) == ""


@pytest.mark.isolated
def test_no_way_leads_to_a_network():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        told = inside(f"import socket; answer = socket.create_connection(('127.0.0.1', {port}), 1)")
    assert told.startswith("PermissionError(")
