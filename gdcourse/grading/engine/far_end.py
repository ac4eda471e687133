"""The far end of an engine: `python -m gdcourse.grading.engine.far_end FD FOLDER`.

It imports what the unit's notebooks import, and forks a `zygote` before it reads the tests. For each notebook it forks a judge,
and has the zygote fork one to three processes of the student, for what is shown and for what is hidden (`judge.order`).
"""

import contextlib
import gc
import importlib
import os
import resource
import select
import shutil
import signal
import socket
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn, TypeAlias

import nbformat
from nbformat import NotebookNode

from gdcourse import resources
from gdcourse._late import late
from gdcourse.grading import forking
from gdcourse.grading.engine.results import EngineError, IsolationError, Job
from gdcourse.grading.engine.scores import marked
from gdcourse.grading.judge.files import Folder
from gdcourse.grading.judge.order import Process, Rules, processes, run_notebook
from gdcourse.grading.judge.outputs import output
from gdcourse.grading.judge.remote import Remote
from gdcourse.grading.judge.source import Source
from gdcourse.grading.limits import BUSY, HELLO, JUDGE_BYTES, NAME, ORDER_BYTES, START
from gdcourse.grading.notebooks import NotebookError, parse, restore, run_beside
from gdcourse.grading.student import sandbox, zygote
from gdcourse.grading.student.kernel import SandboxError, die_with_parent
from gdcourse.grading.wire.channel import Channel, Closed
from gdcourse.grading.wire.messages import (
    CannotIsolate,
    CellRan,
    End,
    Ended,
    Ending,
    Files,
    Fork,
    Learn,
    Mark,
    MarkedNotebook,
    Message,
    NotMarked,
    Prepare,
    Ran,
    Ready,
    Report,
    Some,
    Started,
    load,
)

SELDOM_USED = ("keras.wrappers",)  # parts of a framework that import others: scikit-learn and SciPy
Students: TypeAlias = dict[Process, tuple[int, Channel]]  # each with its supervisor's pid


class NearEndGone(Exception):
    """The near end has hung up: there is nobody to tell what came of a notebook."""


def main(fd: int, folder: str) -> None:
    """Serve the near end behind a socket. folder: an empty one to work in, which goes when either end does."""
    channel = Channel(socket.socket(fileno=fd))
    server = None
    try:
        with contextlib.suppress(Closed, NearEndGone):
            server = Server(channel, channel.receive(Prepare), folder)
            channel.send(Ready())
            server.learn(Job.of(channel.receive(Learn).job))
            channel.send(Ready())
            while True:
                answer = server.answer(channel.receive(Mark))
                try:
                    channel.send(answer)
                except ValueError as error:
                    channel.send(NotMarked(f"what came of it cannot be handed over: {error}", ours=False))
    except (IsolationError, SandboxError) as error:
        channel.send(CannotIsolate(str(error)))
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


class Server:
    """The far end of an engine: forks judges, and has the zygote fork students.

    near: the channel to the near end.  wanted: a `Prepare`.  folder: to work in.
    """

    def __init__(self, near: Channel, wanted: Prepare, folder: str) -> None:
        if wanted.isolated and (why := sandbox.missing()):
            raise IsolationError(why)
        self.near, self.folder = near.sock, folder
        gc.disable()  # what is imported stays: to look through it again and again takes a tenth of the time
        with warnings.catch_warnings(), late(*SELDOM_USED):
            warnings.simplefilter("ignore")
            for name in wanted.modules:
                with contextlib.suppress(ImportError):
                    importlib.import_module(name)
        forking.settle()
        gc.enable()
        hidden = [str(resources.PACKAGE), *sandbox.settings_folders(), *wanted.hidden]
        settings = {"hidden": hidden, "limits": wanted.limits, "folder": folder}
        self.zygote, self.control = zygote.start(settings, [self.near])
        self.control.settimeout(START)
        self._heard(Ready)
        self.control.settimeout(HELLO)

    def learn(self, job: Job) -> None:
        """Take in the job: the unit's tests, and its files."""
        self.job, self.source = job, nbformat.reads(job.source, as_version=4)
        run_beside(self.source, job.beside)
        _lay_out(job.files, self.folder)
        sys.path.append(self.folder)  # a module of the unit's own that tests import; last, so that it hides no library
        self.names = Source(
            self.source, [text.decode(errors="replace") for name, text in job.files.items() if name.endswith(".py")]
        )
        gc.collect()
        gc.freeze()

    def stop(self) -> None:
        self.control.close()
        os.waitpid(self.zygote, 0)

    def _heard(self, kind: type[Some]) -> Some:
        """Return the zygote's next message, of a kind; raise `Closed` if it is dead: then this engine is of no use."""
        try:
            message = self.control.recv(ORDER_BYTES)
        except ConnectionError:
            message = b""
        if not message:
            raise Closed
        return load(message, (kind,))

    def _tell(self, message: Message, fds: Iterable[int] = ()) -> None:
        try:
            socket.send_fds(self.control, [message.dump()], fds)
        except ConnectionError:
            raise Closed from None

    def answer(self, order: Mark) -> MarkedNotebook | NotMarked:
        """Mark one notebook, of a `Mark`; return what goes back to the near end."""
        started = time.perf_counter()
        try:
            nb = restore(parse(order.notebook), self.source)
            nb.metadata["gdcourse"] = {"seed": order.seed}  # kept with the mark, so that its tests can be run again
            until = time.monotonic() + self.job.limits.total
            report = self._judged(nb, order, until)
            if report.ending is Ending.LOST and time.monotonic() < until:
                report = self._judged(nb, order, until)  # it is not the student's fault, unless it happens again
        except NotebookError as error:
            return NotMarked(str(error), ours=False)
        except (EngineError, OSError) as error:
            return NotMarked(f"{type(error).__name__}: {error}", ours=True)
        return MarkedNotebook(asdict(marked(nb, report, self.job, time.perf_counter() - started)))

    def _judged(self, nb: NotebookNode, order: Mark, until: float) -> Report:
        """Let a forked judge run the notebook; return its report. A judge that fails leaves a report that says so.

        until: on `time.monotonic`'s clock; the judge keeps to it, unless it hangs in C code.
        """
        students: Students = {}
        try:
            for process in processes(nb, self.names):
                students[process] = self._student(order.files)
            ours, theirs = socket.socketpair()
            work = tempfile.mkdtemp(dir=self.folder) if self.names.reads_files else None
            pid = os.fork()
            if pid == 0:
                ours.close()
                os.chdir(work or self.folder)
                os.environ["GDCOURSE_SEED"] = str(order.seed)  # `gdcourse.testing.drawn` reads it
                _be_judge(theirs, nb, students, self, until)
            theirs.close()
            try:
                return self._report(ours, until + HELLO, self._given_back(pid, students))
            finally:
                ours.close()
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                if work is not None:
                    shutil.rmtree(work, ignore_errors=True)
        finally:
            for pid, channel in students.values():
                channel.close()
                self._tell(End(pid))
                self._heard(Ended)

    def _given_back(self, judge: int, students: Students) -> Callable[[], float]:
        """Return a function: how many seconds have judge and students waited for a processor, as far as they are given back?"""
        clocks = [lambda: _waited(judge), *(_waiting(pid) for pid, _ in students.values())]
        waited = [0.0] * len(clocks)  # also of those that are gone

        def given_back() -> float:
            waited[:] = [max(before, clock()) for before, clock in zip(waited, clocks, strict=True)]
            return min(sum(waited), (BUSY - 1) * self.job.limits.total)

        return given_back

    def _report(self, sock: socket.socket, until: float, given_back: Callable[[], float] = lambda: 0.0) -> Report:
        """Gather what the judge tells of each cell; what it has told counts, whatever becomes of it then.

        Give up if the near end hangs up, since nobody is left to tell.
        """
        judge = Channel(sock)
        cells: dict[str, Ran] = {}
        try:
            while True:
                left = until + given_back() - time.monotonic()
                ready = [sock] if judge.buffer else select.select([sock, self.near], [], [], left)[0]
                if self.near in ready:
                    raise NearEndGone
                if not ready and time.monotonic() < until + given_back():
                    continue
                message = judge.receive(CellRan, Report, deadline=until + given_back())
                if isinstance(message, Report):
                    return Report(cells, message.ending, message.problem)
                cells[message.cell] = message.ran
        except (TimeoutError, ValueError):  # of a wait below zero
            return Report(
                cells, Ending.LATE, "a test took too long, and could not be interrupted: the rest was not run"
            )
        except Closed:
            return Report(cells, Ending.LOST, "the judge was ended, perhaps for want of memory")

    def _student(self, files: dict[str, bytes]) -> tuple[int, Channel]:
        """Return (supervisor's pid, channel) of a new student's process; one that does not report is tried once more."""
        told = "it did not report"
        for _ in range(2):
            ours, theirs = socket.socketpair()
            self._tell(Fork(self.job.isolated), [theirs.fileno()])
            theirs.close()
            pid = self._heard(Started).pid
            channel = Channel(ours)
            with contextlib.suppress(TimeoutError, Closed):
                channel.send(Files({**files, **self.job.files}), time.monotonic() + HELLO)
                answer = channel.receive(Ready, CannotIsolate, deadline=time.monotonic() + HELLO)
                if isinstance(answer, Ready):
                    return pid, channel
                told = answer.why
            channel.close()
            self._tell(End(pid))
            self._heard(Ended)
        raise EngineError(f"a process for student code could not be started: {told}")


def _lay_out(files: dict[str, bytes], folder: str) -> None:
    for name, content in files.items():
        path = Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _be_judge(sock: socket.socket, nb: NotebookNode, students: Students, server: Server, until: float) -> NoReturn:
    """Judge a notebook in this fork, tell what came of each cell, send the report, and end. until: as in `Server._judged`."""
    die_with_parent()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _limit_memory()
    limits, far = server.job.limits, Channel(sock)
    remotes = {
        process: Remote(
            channel,
            _signaller(pid, signal.SIGINT),
            _signaller(pid, signal.SIGKILL),
            limits.call,
            _waiting(pid, "self"),
        )
        for process, (pid, channel) in students.items()
    }

    def tell(cell: str, ran: Ran) -> None:
        try:
            far.send(CellRan(cell, ran))
        except ValueError:  # too large to pack, or no text
            far.send(CellRan(cell, bare(ran)))

    folder = None
    try:
        if server.names.reads_files:  # in a folder of its own, where no other submission's files ever were
            _lay_out(server.job.files, ".")
            folder = Folder(frozenset(server.job.files))
        rules = Rules(limits.cell, limits.total, until, server.job.strict, tell, folder)
        report = run_notebook(nb, remotes, server.names, rules)
        far.send(Report({}, report.ending, report.problem), time.monotonic() + HELLO)
    finally:
        os._exit(0)


def bare(ran: Ran) -> Ran:
    """Return what came of a cell without what it shows: only whether, and in which line, it failed."""
    errors = [o for o in ran.outputs if o["output_type"] == "error"]
    told = "what this cell shows is too large"
    kept = [output("error", ename=o["ename"][:NAME], evalue=told, traceback=[told]) for o in errors[-1:]]
    return ran._replace(outputs=kept)


def _waiting(supervisor: int, *others: str) -> Callable[[], float]:
    """Return a function: how many seconds has the student's process below a supervisor `_waited`, and others with it?"""
    children: list[str] = []

    def waited() -> float:
        if not children:
            with contextlib.suppress(OSError):
                children.extend(Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split())
        return sum(map(_waited, [*children[:1], *others]))

    return waited


def _waited(pid: int | str) -> float:
    """Return how many seconds a process has been ready and got no processor; 0 if it is gone, or this system does not tell."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


def _limit_memory() -> None:
    """Let this process, a judge, take no more than `JUDGE_BYTES`, whatever a student hands over."""
    if sys.platform != "linux":
        return
    with open("/proc/self/statm", encoding="ascii") as file:
        in_use = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (in_use + JUDGE_BYTES,) * 2)


def _signaller(pid: int, number: int) -> Callable[[], None]:
    """Return a function that sends a signal to the supervisor ``pid`` of a student's process."""

    def send() -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)

    return send


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
