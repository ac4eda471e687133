"""The names that a test finds: made in the judge by the source's own cells and earlier tests, or the student's by answer cells.

One for each of the student's processes. A cell of the source's own runs here when a test first needs it, and never twice.
"""

import ast
import asyncio
import contextlib
import inspect
import io
import math
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from gdcourse.grading.judge.files import Folder
from gdcourse.grading.judge.proxy import Proxy
from gdcourse.grading.judge.remote import Remote, alarm
from gdcourse.grading.judge.source import Cell, Part, Plan, Source, imported
from gdcourse.grading.limits import GRACE, MESSAGE, Limits
from gdcourse.grading.wire.files import READERS

IDLE = {
    "matplotlib",
    "config",
    "load_ext",
    "reload_ext",
    "autoreload",
    "autosave",
    "precision",
}  # magics of no effect here


class Namespace:
    """Runs cells of a source against one student's process. made: place of a cell -> the names that it has made.

    until: tells the time, on `time.monotonic`'s clock, past which no cell is started.
    folder: where tests look for files that answers write.
    """

    def __init__(
        self,
        remote: Remote,
        source: Source | None = None,
        until: Callable[[], float] = lambda: math.inf,
        folder: Folder | None = None,
    ) -> None:
        self.remote, self.source, self.until, self.folder = remote, source or Source(), until, folder
        self.names: dict[str, Any] = {"__name__": "__main__"}
        self.made: dict[int, dict[str, Any]] = {}
        self.failed: dict[int, str] = {}  # place of a cell of the source's own -> why it did not run to its end
        self.why: dict[str, str] = {}  # name -> why it is not there

    def prepare(self, cell: Cell, limit: float = Limits.cell) -> None:
        """Run the cells that a cell needs, as far as they have not been run, and lay out the names that it reads."""
        plan = self.source.plan(cell)
        for place in plan.first:
            if place not in self.made:
                self._run_before(self.source.cells[place], limit)
        with self.remote.within(limit), alarm(limit + 2 * GRACE, self.remote):
            for name, giver in [*plan.givers.items(), *((name, None) for name in plan.unknown)]:
                self.names.pop(name, None)
                with contextlib.suppress(NameError):
                    self.names[name] = self._given(name, giver, plan)
            if self.folder is not None and READERS & cell.words:
                self.folder.fetch(self.remote)

    def _run_before(self, cell: Cell, limit: float) -> None:
        """Run a cell for the names that it makes; what goes wrong there shows where a name is missing."""
        self.prepare(cell, limit)
        quiet, limit = io.StringIO(), min(limit, self.until() - time.monotonic())
        if limit <= 0:
            self.failed[cell.place] = "no time was left for the cell that makes it"
            return
        try:
            with (
                contextlib.redirect_stdout(quiet),
                contextlib.redirect_stderr(quiet),
                self.remote.within(limit),
                alarm(limit + 2 * GRACE, self.remote),
            ):
                self.run(cell, f"<cell {cell.place}>")
        except Exception as error:
            self.failed[cell.place] = f"{type(error).__name__}: {error}"[:MESSAGE]

    def _given(self, name: str, giver: Cell | None, plan: Plan) -> Any:
        """Return the value of a name; raise `NameError` if there is none."""
        if giver is None:
            return self._unseen(name, plan)
        if giver.part is not Part.ANSWER:
            if name not in self.made.get(giver.place, {}):
                self.why[name] = self.failed.get(giver.place, "the cell that makes it did not")
                raise NameError(name)
            return self.made[giver.place][name]
        value = self.remote.get(name)
        if (origin := giver.imports.get(name)) is None:
            return value
        own = imported(origin)
        return own if isinstance(value, Proxy) or type(value) is type(own) else value

    def _unseen(self, name: str, plan: Plan) -> Any:
        """Return a name that no text of the source's gives: of a cell that makes names unseen, else of the student's."""
        if name in GIVEN:
            return GIVEN[name]
        for place in reversed(plan.first):
            if name in self.made.get(place, {}):
                return self.made[place][name]
        if lost := [why for place in plan.first if (why := self.failed.get(place))]:
            self.why[name] = lost[0]  # it could be this cell's, so that the student's is not taken for it
            raise NameError(name)
        return self.remote.get(name)

    def run(self, cell: Cell, filename: str) -> Any:
        """Run a prepared cell; return the value of a last expression, as a notebook shows it."""
        before = dict(self.names)
        givers = self.source.plan(cell).givers
        theirs = {n for n in cell.binds if n in givers and givers[n].part is Part.ANSWER and n not in givers[n].imports}
        scope = _Mirror(self.names, theirs, self.remote) if theirs else self.names
        self.remote.codec.making = cell.defines if cell.part is Part.OWN else set()
        try:
            return _execute(cell.text, filename, self.names, scope)
        finally:
            made = {name for name, value in self.names.items() if name not in before or before[name] is not value}
            kept = made if cell.opaque else cell.binds & set(self.names)
            self.made[cell.place] = {name: self.names[name] for name in kept}
            if cell.part is Part.OWN:
                made_here = {name: value for name, value in self.made[cell.place].items() if isinstance(value, type)}
                self.remote.codec.classes |= made_here


class _Mirror:
    """The scope of a test that replaces a student's function, or takes it away: what is done to its name is done there too.

    Only functions and objects go over; data of a test's under the same name stay here.
    """

    def __init__(self, names: dict[str, Any], theirs: set[str], remote: Remote) -> None:
        self.names, self.theirs, self.remote = names, theirs, remote

    def __getitem__(self, name: str) -> Any:
        return self.names[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.names[name] = value
        if name in self.theirs and callable(value):
            self.remote.bind(name, value)

    def __delitem__(self, name: str) -> None:
        del self.names[name]
        if name in self.theirs:
            self.remote.unbind(name)


def _execute(text: str, filename: str, names: dict[str, Any], scope: Any) -> Any:
    tree = ast.parse(text)
    last = tree.body[-1] if tree.body and not text.rstrip().endswith(";") else None
    if isinstance(last, ast.Expr):
        del tree.body[-1]
    _awaited(compile(tree, filename, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), names, scope)
    if not isinstance(last, ast.Expr):
        return None
    return _awaited(compile(ast.Expression(last.value), filename, "eval", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), names, scope)


def _awaited(code: Any, names: dict[str, Any], scope: Any) -> Any:
    """Run code that may await something at its top, as a notebook may."""
    value = eval(code, names, scope)
    return asyncio.run(value) if code.co_flags & inspect.CO_COROUTINE else value


def _magics() -> Any:
    """Return what `get_ipython` gives in the judge: magics of no effect have none, all others are refused."""

    def line(name: str, *_: Any) -> None:
        if name not in IDLE:
            raise RuntimeError(f"the magic %{name} does not run in the judge")

    def other(*_: Any) -> None:
        raise RuntimeError("shell commands and cell magics do not run in the judge")

    return SimpleNamespace(run_line_magic=line, run_cell_magic=other, system=other, getoutput=other)


GIVEN = {"get_ipython": _magics, "display": lambda *_, **__: None}  # what IPython gives to every cell
