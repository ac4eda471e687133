"""Runs a unit's test cells. Student code is elsewhere: its functions and objects are `Proxy` here.

A test passes only by running to its end. Its names come from a `Namespace`: values of the student's come as they are, functions
and objects as proxies.
"""

import contextlib
import io
import linecache
import re
import traceback

from gdcourse.grading.judge.namespace import Namespace
from gdcourse.grading.judge.outputs import output
from gdcourse.grading.judge.remote import ProcessDiedError, Remote, StudentError, TimeLimitError, alarm
from gdcourse.grading.limits import GRACE, MESSAGE, TEXT, TRACEBACK, TRACEBACK_LINES
from gdcourse.grading.wire.messages import Ending, Output

SEEDS = re.compile(r"seed(?=\()|[gs]et_?state(?=\()|set_rng_state")


def run_test(
    remote: Remote, source: str, name: str, limit: float, namespace: Namespace | None = None
) -> tuple[list[Output], Ending]:
    """Run a test cell; return (outputs, how it ended). Anything but a run to its end leaves an error among the outputs.

    limit: seconds for the whole cell.  namespace: of this student's process; a new one knows no other cells.
    """
    names = namespace or Namespace(remote)
    cell = names.source.of_test(name, source)
    remote.exercise = name.rsplit("-", 1)[0]
    seeds = SEEDS.findall(cell.text)
    filename, outputs, ending = f"<{name}>", [], Ending.DONE
    linecache.cache[filename] = (len(source), None, cell.text.splitlines(keepends=True), filename)
    printed = {"stdout": io.StringIO(), "stderr": io.StringIO()}
    try:
        names.prepare(cell, limit)
        remote.text, remote.failure = {"stdout": "", "stderr": ""}, None
        remote.codec.unawaited.clear()
        with (
            contextlib.redirect_stdout(printed["stdout"]),
            contextlib.redirect_stderr(printed["stderr"]),
            remote.within(limit),
            remote.seeding("getstate" in seeds or "get_state" in seeds) if seeds else contextlib.nullcontext(),
            alarm(limit + 2 * GRACE, remote),
        ):
            remote.shows = True
            value = names.run(cell, filename)
            if remote.failure is not None:
                raise remote.failure
            if remote.codec.unawaited:
                raise StudentError(f"{remote.exercise}: a coroutine came where a value was expected: is it `async`?")
        if value is not None:
            outputs.append(output("execute_result", data={"text/plain": cut(repr(value), TEXT)}, execution_count=None))
    except BaseException as error:
        ending = ending_of(error, remote)
        outputs.append(_error(error, filename, names))
        if remote.ended is None and not isinstance(error, Exception):
            raise
    finally:
        remote.shows = False
    for stream, held in printed.items():
        if text := held.getvalue():
            outputs.insert(0, output("stream", name=stream, text=cut(text, TEXT)))
    return outputs, ending


def ending_of(error: BaseException, remote: Remote) -> Ending:
    """Return how a test ended that raised an error. A student's own AssertionError breaks no property by its name."""
    if isinstance(error, TimeLimitError):
        return Ending.LATE
    if isinstance(error, ProcessDiedError):
        return remote.ending
    own = isinstance(error, AssertionError) and not getattr(error, "from_student", False)
    return Ending.BROKEN if own else Ending.RAISED


def _error(error: BaseException, filename: str, names: Namespace) -> Output:
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == filename]
    lines = [f"line {frame.lineno}: {frame.line}" for frame in frames]
    if where := getattr(error, "where", ""):
        lines += ["in the student's code:", *where.rstrip().splitlines()]
    kind, told = type(error).__name__, cut(str(error), TRACEBACK)
    if isinstance(error, AssertionError) and getattr(error, "from_student", False):
        kind, told = "StudentError", f"AssertionError: {told}"  # it could say what a test's own assertion says
    if isinstance(error, NameError) and error.name in names.why:
        told += f" ({names.why[error.name]})"
    lines = [cut(line, MESSAGE) for line in lines[-TRACEBACK_LINES:]]
    return output("error", ename=kind, evalue=told, traceback=[*lines, f"{kind}: {told}"])


def cut(text: str, most: int) -> str:
    """Return a text, no longer than a report may hold."""
    return text if len(text) <= most else f"{text[:most]}\n... output cut\n"
