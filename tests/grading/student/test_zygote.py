"""The warm parent forks a student's process when it is told to, ends it when it is told to, and knows nothing of a course."""

import os
import socket

import psutil
import pytest

from gdcourse.grading.judge.remote import Remote
from gdcourse.grading.student import zygote
from gdcourse.grading.wire.channel import Channel
from gdcourse.grading.wire.messages import CannotIsolate, End, Ended, Files, Fork, Ready, Started, load


@pytest.fixture
def control(tmp_path):
    settings = {"hidden": [], "limits": {}, "folder": str(tmp_path)}
    pid, sock = zygote.start(settings, [])
    assert load(sock.recv(1 << 16), (Ready,)) == Ready()
    yield pid, sock
    sock.close()
    os.waitpid(pid, 0)


def fork(sock, isolated=False):
    """Order a student's process; return (pid of its supervisor, channel to it)."""
    ours, theirs = socket.socketpair()
    socket.send_fds(sock, [Fork(isolated).dump()], [theirs.fileno()])
    theirs.close()
    return load(sock.recv(1 << 16), (Started,)).pid, Channel(ours)


def end(sock, pid):
    sock.send(End(pid).dump())
    assert load(sock.recv(1 << 16), (Ended,)) == Ended(pid)


def connected(channel, files=None):
    channel.send(Files(files or {}))
    assert channel.receive(Ready, CannotIsolate) == Ready()
    return Remote(channel, lambda: None, lambda: None)


def test_a_student_works_among_its_files_and_ends_when_told(control, tmp_path):
    parent, sock = control
    pid, channel = fork(sock)
    remote = connected(channel, {"data/one.txt": b"1"})
    outputs, _ = remote.cell("import os\nprint(open('data/one.txt').read(), os.getcwd())", 20)
    folder = outputs[0]["text"].split()[1]
    assert outputs[0]["text"].startswith("1 ") and folder.startswith(str(tmp_path))
    family = [psutil.Process(pid), *psutil.Process(pid).children()]
    assert [p.ppid() for p in family] == [parent, pid]
    end(sock, pid)
    channel.close()
    assert psutil.wait_procs(family[1:], timeout=10)[1] == [] and not psutil.pid_exists(pid)


def test_two_students_share_nothing(control):
    _, sock = control
    both = [fork(sock) for _ in range(2)]
    first, second = (connected(channel) for _, channel in both)
    first.cell("secret = 1; open('left.txt', 'w').write('x'); import os; os.environ['LEFT'] = '1'", 20)
    outputs, _ = second.cell("import os; print('secret' in globals(), os.listdir(), 'LEFT' in os.environ)", 20)
    assert outputs[0]["text"] == "False [] False\n"
    for pid, channel in both:
        channel.close()
        end(sock, pid)


def test_the_course_is_out_of_reach_of_an_import_and_input_is_empty(control):
    _, sock = control
    pid, channel = fork(sock)
    remote = connected(channel)
    source = (
        "import sys\nprint([m for m in sys.modules if m.split('.')[0] == 'gdcourse'], sys.argv, repr(sys.stdin.read()))"
    )
    outputs, _ = remote.cell(source, 20)
    assert outputs[0]["text"] == "[] ['student'] ''\n"
    channel.close()
    end(sock, pid)


@pytest.mark.parametrize("name", ["../outside", "/etc/outside", "a/../../outside"])
def test_a_file_name_that_leads_out_is_refused(control, name):
    _, sock = control
    pid, channel = fork(sock)
    channel.send(Files({name: b""}))
    assert "refused the file name" in channel.receive(CannotIsolate).why
    channel.close()
    end(sock, pid)


def test_all_students_end_with_the_zygote(tmp_path):
    pid, sock = zygote.start({"hidden": [], "limits": {}, "folder": str(tmp_path)}, [])
    load(sock.recv(1 << 16), (Ready,))
    _, channel = fork(sock)
    connected(channel)
    family = psutil.Process(pid).children(recursive=True)
    assert len(family) == 2
    sock.close()
    os.waitpid(pid, 0)
    assert psutil.wait_procs(family, timeout=10)[1] == []
    channel.close()


@pytest.mark.isolated
def test_nothing_of_the_course_is_among_the_finders_of_modules(control):
    _, sock = control
    pid, channel = fork(sock, isolated=True)
    outputs, _ = connected(channel).cell(
        "import sys\nprint(sys.meta_path, [n for n in sys.modules if 'gdcourse' in n])", 20
    )
    end(sock, pid)
    channel.close()
    assert (
        "PathFinder" in outputs[0]["text"]
        and "gdcourse" not in outputs[0]["text"]
        and outputs[0]["text"].endswith("[]\n")
    )
