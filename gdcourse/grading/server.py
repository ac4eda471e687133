"""The far end of an engine: `python -m gdcourse.grading.server FD FOLDER`.

It imports what the unit's notebooks import, and forks a `zygote` before it reads the tests. For each notebook it forks a judge,
and has the zygote fork two processes of the student. The first runs the student's cells and the visible tests, and what it
prints is shown. The second runs the student's cells again and the hidden tests, and what it prints is not. So nothing that a
student reads has ever been near a hidden test.
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
import time
import warnings
from dataclasses import asdict
from pathlib import Path

import nbformat

from gdcourse.grading import judge, pages, sandbox, zygote
from gdcourse.grading.channel import Channel, Closed
from gdcourse.grading.codec import pack, unpack
from gdcourse.grading.engine import START, EngineError, IsolationError, Marked, Test, Unit
from gdcourse.grading.feedback import BEGIN
from gdcourse.grading.notebooks import NotebookError, grade_id, is_beside, is_test, parse, restore

HELLO = 20.0  # seconds that a fresh process of a student may take to report


def main(fd, folder):
    """Serve the near end behind a socket. folder: an empty one to work in, which goes when either end does."""
    channel = Channel(socket.socket(fileno=fd))
    server = None
    try:
        with contextlib.suppress(Closed):
            _, needed, settings = channel.receive()
            server = Server(channel, needed, settings, folder)
            channel.send(["ready", ""])
            _, unit = channel.receive()
            server.learn(Unit(**unit))
            channel.send(["ready", ""])
            while True:
                _, notebook, files = channel.receive()
                channel.send(server.answer(notebook, files))
    except (IsolationError, sandbox.SandboxError) as error:
        channel.send(["cannot", str(error)])
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


class Server:
    """The far end of an engine: forks judges, and has the zygote fork students.

    near: the channel to the near end.  needed: what to import.  settings: "isolated", and those of the `sandbox`.
    """

    def __init__(self, near, needed, settings, folder):
        if settings["isolated"] and (why := sandbox.missing()):
            raise IsolationError(why)
        self.near, self.folder = near.sock, folder
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name in needed:
                with contextlib.suppress(ImportError):
                    importlib.import_module(name)
        pages.settle()
        hidden = [str(Path(__file__).parents[1]), *settings["hidden"]]
        settings = {"hidden": hidden, "limits": settings["limits"], "folder": folder}
        self.zygote, self.control = zygote.start(settings, [self.near])
        self.control.settimeout(START)
        self._told("ready")
        self.control.settimeout(HELLO)

    def learn(self, unit):
        """Take in the unit, with its tests, and its files."""
        self.unit, self.source = unit, nbformat.reads(unit.source, as_version=4)
        for name, content in unit.files.items():
            path = Path(self.folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        gc.collect()
        gc.freeze()

    def stop(self):
        self.control.close()
        os.waitpid(self.zygote, 0)

    def _told(self, word):
        """Return what the zygote says after ``word``; raise `Closed` if it is dead: then this engine is of no use."""
        try:
            message = self.control.recv(1 << 16)
        except ConnectionError:
            message = b""
        if not message or (said := unpack(message))[0] != word:
            raise Closed
        return said[1]

    def _tell(self, message, fds=()):
        try:
            socket.send_fds(self.control, [pack(message)], fds)
        except ConnectionError:
            raise Closed from None

    def answer(self, notebook, files):
        """Mark one notebook; return what goes back to the near end."""
        started = time.perf_counter()
        try:
            nb = restore(parse(notebook), self.source)
            report = self._judged(nb, files)
            if report.pop("lost", False):  # by whoever ends processes: not the student's fault, unless it happens again
                report = self._judged(nb, files)
        except NotebookError as error:
            return ["not a notebook", str(error)]
        except (EngineError, OSError) as error:
            return ["error", f"{type(error).__name__}: {error}"]
        marked = _marked(nb, report, self.unit, time.perf_counter() - started)
        return ["marked", asdict(marked)]

    def _judged(self, nb, files):
        """Let a forked judge run the notebook; return its report. A judge that fails leaves a report that says so."""
        students = []
        try:
            for _ in range(2):
                students.append(self._student(files))
            ours, theirs = socket.socketpair()
            pid = os.fork()
            if pid == 0:
                ours.close()
                _be_judge(theirs, nb, students, self.unit, self.folder)
            theirs.close()
            try:
                return self._report(ours)
            finally:
                ours.close()
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
        finally:
            for pid, channel in students:
                channel.close()
                self._tell(["end", pid])
                self._told("ended")

    def _report(self, sock):
        """Wait for the judge's report; give up if the near end hangs up, since nobody is left to tell."""
        ready, *_ = select.select([sock, self.near], [], [], self.unit.total)
        if self.near in ready:
            raise Closed
        why, lost = "took too long", False
        with contextlib.suppress(TimeoutError):
            try:
                return Channel(sock).receive(time.monotonic() + (HELLO if ready else 0))
            except Closed:
                why, lost = "was ended, perhaps for want of memory", True
        return {"cells": {}, "problem": f"the judge {why}", "tampered": False, "lost": lost}

    def _student(self, files):
        """Return (supervisor's pid, channel) of a new student's process; one that does not report is tried once more."""
        told = "it did not report"
        for _ in range(2):
            ours, theirs = socket.socketpair()
            self._tell(["fork", self.unit.isolated], [theirs.fileno()])
            theirs.close()
            pid = self._told("started")
            channel = Channel(ours)
            with contextlib.suppress(TimeoutError, Closed):
                channel.send({**files, **self.unit.files}, time.monotonic() + HELLO)
                status, *rest = channel.receive(time.monotonic() + HELLO)
                if status == "ready":
                    return pid, channel
                told = rest[0]
            channel.close()
            self._tell(["end", pid])
            self._told("ended")
        raise EngineError(f"a process for student code could not be started: {told}")


def _be_judge(sock, nb, students, unit, folder):
    """Judge a notebook in this fork, send the report, and end."""
    sandbox.die_with_parent()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    judge.limit_memory()
    os.chdir(folder)
    sessions = [judge.Session(c, judge.interrupter(pid), _killer(pid), unit.call_limit) for pid, c in students]
    try:
        report = _run(nb, *sessions, unit)
        Channel(sock).send(report, time.monotonic() + HELLO)
    finally:
        os._exit(0)


def _killer(pid):
    def kill():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)

    return kill


def _run(nb, shown, unseen, unit):
    """Run a notebook's cells in order; return {"cells": index -> [outputs, count, seconds], "problem", "tampered"}."""
    cells = {}
    code = [(str(i), cell) for i, cell in enumerate(nb.cells) if cell.cell_type == "code"]
    has_hidden = [i for i, cell in code if is_test(cell) and (BEGIN in cell.source or is_beside(cell))]
    last = int(has_hidden[-1]) if has_hidden else -1
    again = {
        i for i, cell in code if int(i) < last and (unit.strict or not is_test(cell))
    }  # strictly, also what they warn of once
    hidden = [(i, cell) for i, cell in code if i in has_hidden or i in again]
    for i, cell in code:
        if i not in has_hidden:
            cells[i] = _cell(shown, cell, unit.cell_limit)
    shown.kill()  # before the first hidden test: two processes that live at once could tell each other, if only by time
    for i, cell in hidden:
        if not is_beside(cell):
            ran = _cell(unseen, cell, unit.cell_limit)
            cells.setdefault(i, ran)
    for i, cell in hidden:  # last: what such a test shows to the student's code cannot come out any more
        if is_beside(cell):
            cells[i] = _cell(unseen, cell, unit.cell_limit)
    problems = [s.ended for s in (shown, unseen) if s.ended]
    return {"cells": cells, "problem": problems[0] if problems else None, "tampered": shown.tampered or unseen.tampered}


def _cell(session, cell, limit):
    """Run a cell, as a test or as the student's own; return [outputs, count, seconds]."""
    started = time.perf_counter()
    if is_test(cell) and not is_beside(cell):
        outputs, count = judge.run_test(session, cell.source, grade_id(cell), limit), None
    else:
        outputs, count = _own(session, cell.source, limit)
    return [outputs, None if is_test(cell) else count, time.perf_counter() - started]


def _own(session, source, limit):
    """Run a cell in the student's process; what goes wrong there is its output."""
    try:
        return session.cell(source, limit)
    except Exception as error:
        kind = type(error).__name__
        return [judge.output("error", ename=kind, evalue=str(error), traceback=[f"{kind}: {error}"])], None


NOT_RUN = "the tests did not get here"


def _marked(nb, report, unit, seconds):
    """Put the judge's report into the notebook, and read the scores off it as nbgrader does."""
    from nbgrader.utils import compute_checksum, is_grade, is_solution

    tests, no_response = [], []
    lost = unit.strict and report["problem"] is not None
    for i, cell in enumerate(nb.cells):
        took = _fill(cell, report["cells"].get(str(i)), unit.strict) if cell.cell_type == "code" else 0.0
        if (checksum := unit.checksums.get(grade_id(cell))) is not None:
            cell.metadata.nbgrader["checksum"] = checksum
        if is_grade(cell):
            score, points = _score(cell)
            score = 0.0 if lost else score
            tests.append(Test(grade_id(cell), points, score, failed(cell, score, points), took, not is_beside(cell)))
        if is_solution(cell) and checksum is not None and checksum == compute_checksum(cell):
            no_response.append(grade_id(cell))
    text = nbformat.writes(nb).encode("utf-8", "replace").decode()
    return Marked(text, tests, no_response, report["problem"], report["tampered"], seconds)


def _fill(cell, ran, strict):
    """Give a code cell its outputs; return the seconds that it took. A cell that the judge did not get to says so."""
    if ran is None:
        ran = [[judge.output("error", ename="NotRun", evalue=NOT_RUN, traceback=[NOT_RUN])], None, 0.0]
    outputs, cell.execution_count, took = ran
    cell.outputs = [nbformat.from_dict(output) for output in outputs]
    if not strict:
        for output in cell.outputs:
            if output.output_type == "stream":
                output.name = "stdout"  # a warning is information
    return took


def _score(cell):
    """Return (score, points) by nbgrader's rule."""
    from nbgrader.utils import determine_grade

    try:
        return determine_grade(cell)
    except ValueError:  # partial credit above the maximum: the test's own mistake
        return 0.0, float(cell.metadata["nbgrader"]["points"])


def failed(cell, score, points):
    """Return in a line why a test cell lost points, or None."""
    if score is None or score >= points:
        return None
    errors = [o for o in cell.get("outputs", ()) if o["output_type"] == "error"]
    if not errors:
        return f"{grade_id(cell)}: part of the points"
    told = errors[-1]["evalue"].splitlines()
    kind = errors[-1]["ename"]
    named = told and kind in ("AssertionError", "TimeLimitError", "ProcessDiedError")
    return (told[0] if named else f"{kind}: {told[0]}" if told else kind)[:200]


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
