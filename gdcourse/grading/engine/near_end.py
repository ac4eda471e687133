"""The engine: marks notebooks by one job, in a process of its own that stays warm.

    Engine(job).mark(notebook, files) -> Marked

This is the near end, in the instructor's process. The far end, which it starts, is `far_end`.
"""

import ast
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict

import nbformat
from nbformat import NotebookNode

from gdcourse import resources
from gdcourse.execution import ENVIRONMENT
from gdcourse.grading.engine.results import EngineError, IsolationError, Job, Marked
from gdcourse.grading.limits import BUSY, LAST_WORDS, START
from gdcourse.grading.notebooks import NotebookError
from gdcourse.grading.wire.channel import Channel, Closed
from gdcourse.grading.wire.messages import (
    CannotIsolate,
    Learn,
    Mark,
    MarkedNotebook,
    Message,
    NotMarked,
    Prepare,
    Ready,
)

FAR_END = "gdcourse.grading.engine.far_end"
KEPT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "SYSTEMROOT", "LD_LIBRARY_PATH")  # of the environment
QUIET = {
    "JOBLIB_MULTIPROCESSING": "0",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "CUDA_VISIBLE_DEVICES": "",
    "PYTHONHASHSEED": "0",
}


class Engine:
    """A warm process that marks notebooks by one `Job`, one at a time. Use it as a context manager, or close it.

    cpu: keep all of it on this processor. The judge and the student take turns, thousands of times a notebook, and waking each
    other across processors takes longer than most calls.
    """

    def __init__(self, job: Job, cpu: int | None = None) -> None:
        self.job, self.cpu = job, cpu
        self.folder: str | None = None  # where it works, while it lives
        self._process: subprocess.Popen[bytes] | None = None
        self._over, self._closing = False, threading.Lock()

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def mark(self, notebook: bytes, files: dict[str, bytes] | None = None, seed: int = 0) -> Marked:
        """Return the `Marked` notebook. notebook: bytes as handed in; files: name -> bytes, handed in beside it.

        seed: of `Submission.seed`, from which tests may draw inputs.

        Raises `NotebookError` if it is none or the engine died twice over it, `IsolationError` if this system cannot isolate,
        `EngineError` if the engine cannot do its work.
        """
        deaths = 0
        for last in (False, True):
            try:
                self._start()
                deaths += 1
                self._channel.send(Mark(notebook, files or {}, seed), time.monotonic() + START)
                until = time.monotonic() + BUSY * self.job.limits.total + 2 * START
                answer = self._channel.receive(MarkedNotebook, NotMarked, deadline=until)
                break
            except (Closed, TimeoutError):
                self.close()
                if deaths == 2 and not self._over:
                    raise NotebookError("the engine died twice over this notebook: not marked") from None
                if last:
                    raise EngineError("the engine died while it started, or while it marked this notebook") from None
        if isinstance(answer, NotMarked):
            raise (EngineError if answer.ours else NotebookError)(answer.why)
        return Marked.of(answer.result)

    def _start(self) -> None:
        """Start the process, if there is none that lives."""
        if self._over:
            raise EngineError("the run is over")
        if not hasattr(os, "fork"):
            raise EngineError("grading needs fork: use Linux, macOS or WSL")
        if self._process is not None and self._process.poll() is None:
            return
        self.close()
        ours, theirs = socket.socketpair()
        self.folder = folder = tempfile.mkdtemp(prefix="gdcourse-")
        command = [sys.executable, "-P", "-m", FAR_END, str(theirs.fileno()), folder]
        path = os.pathsep.join([str(resources.PACKAGE.parent), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
        environment = {
            **ENVIRONMENT,
            **{k: os.environ[k] for k in KEPT if k in os.environ},
            **QUIET,
            "PYTHONPATH": path,
        }
        self._process = process = subprocess.Popen(
            command, pass_fds=[theirs.fileno()], env=environment, stdin=subprocess.DEVNULL, start_new_session=True
        )
        theirs.close()
        if self.cpu is not None:
            os.sched_setaffinity(process.pid, {self.cpu})
        self._channel = Channel(ours)
        if self._over:
            self.close()
        needed = imports(nbformat.reads(self.job.source, as_version=4))
        about = list(self.job.hidden), asdict(self.job.limits), self.job.isolated
        self._tell(Prepare(needed, *about))  # and no more, until the warm parent is born
        self._tell(Learn(asdict(self.job)))

    def _tell(self, message: Message) -> None:
        """Tell the far end something; raise its complaint, if it has one."""
        self._channel.send(message)
        answer = self._channel.receive(Ready, CannotIsolate, deadline=time.monotonic() + START)
        if isinstance(answer, CannotIsolate):
            self.close()
            raise IsolationError(answer.why)

    @property
    def pid(self) -> int | None:
        """The id of its process, None if it has none."""
        return None if self._process is None else self._process.pid

    def close(self) -> None:
        """End the process and all that belongs to it: by hanging up, so that it can clear up; by force if that takes long."""
        with self._closing:
            if self._process is not None:
                self._channel.close()
                try:
                    self._process.wait(LAST_WORDS)
                except subprocess.TimeoutExpired:
                    os.killpg(self._process.pid, signal.SIGKILL)
                    self._process.wait()
                self._process = None
                shutil.rmtree(
                    self.folder or "", ignore_errors=True
                )  # in case that it was killed; else it does this itself

    def end(self) -> None:
        """Close for good, also if another thread is just waiting for a mark, or starting a new process."""
        self._over = True
        self.close()


LATE = (  # framework, what it imports at its first step, the word in a notebook without which that step is not made
    ("torch", "torch._dynamo", "optim"),
    ("tensorflow", "keras", ""),
)


def imports(nb: NotebookNode) -> list[str]:
    """Return the modules that a notebook's code cells import, PyTorch before TensorFlow, the course's own left out."""
    found: dict[str, None] = {}
    for cell in nb.cells:
        if cell.cell_type == "code":
            with contextlib.suppress(SyntaxError):
                for node in ast.walk(ast.parse(cell.source)):
                    if isinstance(node, ast.Import):
                        found |= dict.fromkeys(alias.name for alias in node.names)
                    elif isinstance(node, ast.ImportFrom) and node.module:
                        found[node.module] = None
    text = "".join(cell.source for cell in nb.cells)
    for framework, late, word in LATE:
        found |= {late: None} if framework in found and word in text else {}
    order = {"torch": 0, "tensorflow": 2, "keras": 3}
    ours = [name for name in found if name.split(".")[0] != "gdcourse"]
    return sorted(ours, key=lambda name: order.get(name.split(".")[0], 1))
