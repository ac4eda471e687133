"""Runs a unit's test cells. Student code is elsewhere: its functions and objects are `Proxy` here.

A test cell runs in a namespace of its own. The names that it uses but does not define are fetched from the student's process:
plain values come as they are, functions and objects as proxies.
"""

import ast
import contextlib
import io
import linecache
import time
import traceback
from typing import Any

from gdcourse._names import names
from gdcourse.grading.judge.outputs import output
from gdcourse.grading.judge.remote import ProcessDiedError, Remote, TimeLimitError, alarm
from gdcourse.grading.limits import GRACE
from gdcourse.grading.wire.messages import Ending, Output


def names_needed(source: str) -> list[str]:
    """Return the global names that a test cell reads and does not define."""
    reads, binds = names(source)
    return sorted(reads - binds)


def run_test(remote: Remote, source: str, name: str, limit: float) -> tuple[list[Output], Ending]:
    """Run a test cell; return (outputs, how it ended). Anything but a run to its end leaves an error among the outputs.

    limit: seconds for the whole cell.
    """
    remote.exercise, remote.text, remote.failure = name.rsplit("-", 1)[0], {"stdout": "", "stderr": ""}, None
    remote.cell_deadline = time.monotonic() + limit
    filename, outputs, ending = f"<{name}>", [], Ending.DONE
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    printed = {"stdout": io.StringIO(), "stderr": io.StringIO()}
    try:
        with (
            contextlib.redirect_stdout(printed["stdout"]),
            contextlib.redirect_stderr(printed["stderr"]),
            alarm(limit + 2 * GRACE, remote),
        ):
            remote.shows = True
            value = _execute(remote, source, filename)
            if remote.failure is not None:
                raise remote.failure
        if value is not None:
            outputs.append(output("execute_result", data={"text/plain": repr(value)}, execution_count=None))
    except BaseException as error:
        ending = ending_of(error, remote)
        outputs.append(_error(error, filename))
        if remote.ended is None and not isinstance(error, Exception):
            raise
    finally:
        remote.shows = False
    for stream, held in printed.items():
        if text := held.getvalue():
            outputs.insert(0, output("stream", name=stream, text=text))
    return outputs, ending


def ending_of(error: BaseException, remote: Remote) -> Ending:
    """Return how a test ended that raised an error. A student's own AssertionError breaks no property by its name."""
    if isinstance(error, TimeLimitError):
        return Ending.LATE
    if isinstance(error, ProcessDiedError):
        return remote.ending
    own = isinstance(error, AssertionError) and not getattr(error, "from_student", False)
    return Ending.BROKEN if own else Ending.RAISED


def _execute(remote: Remote, source: str, filename: str) -> Any:
    """Run the statements of a cell; return the value of a last expression, as a notebook shows it."""
    tree = ast.parse(source)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for name in names_needed(source):
        with contextlib.suppress(NameError):
            namespace[name] = remote.get(name)
    last = tree.body[-1] if tree.body and not source.rstrip().endswith(";") else None
    if not isinstance(last, ast.Expr):
        exec(compile(tree, filename, "exec"), namespace)
        return None
    del tree.body[-1]
    exec(compile(tree, filename, "exec"), namespace)
    return eval(compile(ast.Expression(last.value), filename, "eval"), namespace)


def _error(error: BaseException, filename: str) -> Output:
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == filename]
    lines = [f"line {frame.lineno}: {frame.line}" for frame in frames]
    if where := getattr(error, "where", ""):
        lines += ["in the student's code:", *where.rstrip().splitlines()]
    kind = type(error).__name__
    return output("error", ename=kind, evalue=str(error), traceback=[*lines, f"{kind}: {error}"])
