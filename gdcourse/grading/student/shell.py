"""Where a student's cells run: IPython without a kernel, and standard streams that go into memory."""

import io
import os
import sys
from typing import Any

from gdcourse.grading.limits import TEXT
from gdcourse.grading.wire.messages import Output


class Stream:
    """A standard stream that goes into memory, to be fetched piece by piece."""

    def __init__(self, name: str, fd: int) -> None:
        self.name, self.fd, self.seen = name, os.memfd_create(name), 0
        os.dup2(self.fd, fd)
        raw = open(os.dup(fd), "wb", buffering=0)  # noqa: SIM115
        setattr(sys, name, io.TextIOWrapper(raw, "utf-8", "replace", write_through=True))
        setattr(sys, f"__{name}__", getattr(sys, name))

    def drain(self) -> str:
        """Return what was written since the last time, no more than `TEXT`, as text."""
        size = os.fstat(self.fd).st_size
        if size <= self.seen:
            return ""
        text = os.pread(self.fd, min(size - self.seen, TEXT), self.seen).decode("utf-8", "replace")
        cut = size - self.seen > TEXT
        self.seen = size
        return text + "\n... output cut\n" * cut


def _shell_classes() -> Any:
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell

    class Publisher(DisplayPublisher):
        shell: Any

        def publish(self, data: Any, metadata: Any = None, source: Any = None, **_: Any) -> None:
            self.shell.record("display_data", data=data, metadata=metadata or {})

        def clear_output(self, wait: bool = False) -> None:
            self.shell.flush()  # what was printed before goes too
            self.shell.outputs.clear()

    class Hook(DisplayHook):
        shell: Any

        def start_displayhook(self) -> None:
            pass

        def write_output_prompt(self) -> None:
            pass

        def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
            count = self.shell.execution_count
            self.shell.record("execute_result", data=format_dict, metadata=md_dict or {}, execution_count=count)

        def finish_displayhook(self) -> None:
            pass

    class Shell_(InteractiveShell):
        display_pub_class, displayhook_class = Publisher, Hook
        outputs: list[Output]
        streams: tuple[Stream, ...] = ()

        def record(self, kind: str, **fields: Any) -> None:
            self.flush()
            self.outputs.append({"output_type": kind, **fields})

        def flush(self) -> None:
            for stream in self.streams:
                if text := stream.drain():
                    self.outputs.append({"output_type": "stream", "name": stream.name, "text": text})

        def _showtraceback(self, etype: Any, evalue: Any, stb: Any) -> None:
            self.record("error", ename=etype.__name__, evalue=str(evalue), traceback=list(stb))

        def ask_exit(self) -> None:
            raise SystemExit

        def enable_gui(self, gui: Any = None) -> None:
            """`%matplotlib` asks for it; there is no screen."""

    return Shell_


class Shell:
    """IPython without a kernel: runs a cell and returns its outputs in the notebook format."""

    warm: "Shell | None" = None  # the zygote makes it before it forks

    def __init__(self) -> None:
        from traitlets.config import Config

        config = Config()
        config.HistoryManager.enabled = False
        config.HistoryManager.hist_file = ":memory:"
        config.InteractiveShell.colors = "nocolor"
        main = type(sys)("__main__")
        sys.modules["__main__"] = main
        self.ip = _shell_classes().instance(config=config, user_module=main)
        self.ip.run_cell("pass", store_history=False)

    @classmethod
    def started(cls, streams: tuple[Stream, ...]) -> "Shell":
        """Return the shell, writing to ``streams``."""
        shell = cls.warm or cls()
        shell.ip.streams = streams
        return shell

    def outputs_of(self, source: str) -> list[Any]:
        """Run a cell; return [outputs, execution count]."""
        self.ip.outputs = []
        result = self.ip.run_cell(source, store_history=True)
        self.ip.flush()
        error = result.error_before_exec or result.error_in_exec
        if error is not None and not any(o["output_type"] == "error" for o in self.ip.outputs):
            self.ip.record("error", ename=type(error).__name__, evalue=str(error), traceback=[])
        return [self.ip.outputs, self.ip.execution_count - 1]
