"""A kernel of its own for a learner's notebook, under the `clock`."""

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty
from typing import Any, Self

import nbformat
import psutil
from jupyter_client import KernelManager
from nbformat import NotebookNode

from gdcourse.execution import ENVIRONMENT
from gdcourse.grading.check.clock import TICK, Clock

GRACE = 5.0  # seconds that interrupted code has to end
START = 180.0  # seconds that a kernel, or the import of the frameworks, may take
MEND = "`gdcourse doctor` names the mend"
PREPARE = """\
import os
from gdcourse.grading.check import trial
trial.install(get_ipython())
display({"application/json": os.getpid()}, raw=True)
del os, trial"""
CALL = "__import__('gdcourse.grading.check.trial', fromlist=['trial']).{}({!r}, {!r}, get_ipython().user_ns)"


class KernelError(Exception):
    """A kernel that does not start; the message says what to do."""


@dataclass
class Ran:
    """What became of a piece of code. end: "done", "late" (stopped by the clock) or "died" (and the kernel with it).

    outputs: its errors and its result, as in a notebook.  shown: the last value that it displayed as JSON.
    """

    end: str = "done"
    outputs: list[NotebookNode] = field(default_factory=list)
    shown: Any = None

    @property
    def error(self) -> NotebookNode | None:
        """The first error among the outputs, or None."""
        return next((output for output in self.outputs if output["output_type"] == "error"), None)


class Kernel:
    """A running kernel; use it in a `with` block, or `close` it. alive: can it still run something?"""

    def __init__(self, folder: Path) -> None:
        self._manager, self.alive = KernelManager(kernel_name="python3"), True
        self._manager.start_kernel(
            cwd=str(folder),
            env={**os.environ, **ENVIRONMENT},
            extra_arguments=["--IPKernelApp.log_level=ERROR", "--HistoryManager.enabled=False"],
        )
        self._client = self._manager.client()
        self._process = psutil.Process(self._manager.provisioner.pid)  # type: ignore[union-attr]
        try:
            self._client.start_channels()
            self._client.wait_for_ready(timeout=START)
            prepared = self.run(PREPARE, START)
        except RuntimeError as error:
            self.close()
            raise KernelError(f"the Python kernel does not start ({error}): {MEND}") from None
        if prepared.shown is None:
            self.close()
            raise KernelError(f"the Python kernel cannot import gdcourse: {MEND}")
        self._process = psutil.Process(prepared.shown)  # a launcher may stand before it

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the kernel at once, if it is not at its end."""
        if not self.alive:
            return
        self.alive = False
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)
        self._manager.cleanup_resources()

    def call(self, function: str, source: str, name: str, limit: float) -> Ran:
        """Call a function of `trial` on a test cell."""
        return self.run(CALL.format(function, source, name), limit)

    def run(self, source: str, limit: float) -> Ran:
        """Run a piece of code as a cell, and return `Ran`. limit: seconds on the `Clock`.

        Code that goes on although it was interrupted is ended, and the kernel with it.
        """
        ran, clock = Ran(), Clock(self._process)
        # Without a history: for that, IPython formats each traceback once more.
        request = self._client.execute(source, store_history=False, allow_stdin=False, stop_on_error=False)
        while not self._listen(request, ran):
            if not self._manager.is_alive():
                ran.end = "died"
                self.close()
                break
            if clock.tick() > limit + GRACE:
                self.close()
                break
            if clock.seconds > limit and ran.end == "done":
                ran.end = "late"
                self._manager.interrupt_kernel()
        return ran

    def _listen(self, request: str, ran: Ran) -> bool:
        """Take what the kernel says within a tick of a request; return whether that is at its end."""
        until = time.monotonic() + TICK
        while (left := until - time.monotonic()) > 0:
            try:
                message = self._client.get_iopub_msg(timeout=left)
            except Empty:
                return False
            if message["parent_header"].get("msg_id") == request and _is_last(message, ran):
                if ran.error is None and self._failed_silently(request):
                    ran.outputs.append(nbformat.v4.new_output("error", ename="Exception"))
                return True
        return False

    def _failed_silently(self, request: str) -> bool:
        """Does the kernel's reply tell of an error of which it has shown nothing, or does it fail to reply?"""
        try:
            while (reply := self._client.get_shell_msg(timeout=GRACE))["parent_header"].get("msg_id") != request:
                pass
        except Empty:
            return True
        return bool(reply["content"]["status"] == "error")


def _is_last(message: dict[str, Any], ran: Ran) -> bool:
    """Keep what counts of a message: errors, a result, JSON; return whether it is the last one."""
    kind, content = message["msg_type"], message["content"]
    if kind in ("error", "execute_result"):
        ran.outputs.append(nbformat.v4.output_from_msg(message))
    elif kind == "display_data":
        ran.shown = content["data"].get("application/json", ran.shown)
    return bool(kind == "status" and content["execution_state"] == "idle")
