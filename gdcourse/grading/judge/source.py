"""What the judge knows of a unit's source: which cell gives each name that a test reads.

A test leans on the notebook around it. Names of the source's own cells (locked or ungraded) and of earlier tests are made in
the judge, from the source's text; only what answer cells make is the student's. So a helper of the instructor's is never the
student's version of it, whatever a submission does to its own copy.
"""

import ast
import builtins
import importlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeAlias

from nbformat import NotebookNode

from gdcourse._names import names
from gdcourse.grading.notebooks import grade_id, is_answer, is_skipped, is_test
from gdcourse.grading.wire.files import METHODS, READERS, RUNNERS

Import: TypeAlias = tuple[str, str | None]  # a module, and the name in it or None for the module itself
PYLAB = (
    "import numpy\nimport numpy as np\nimport matplotlib\nfrom matplotlib import pyplot as plt\nfrom pylab import *\n"
)
PYLAB_LINE = re.compile(r"^(?:%pylab\b.*|get_ipython\(\)\.run_line_magic\('pylab', '.*'\))$", re.MULTILINE)
UNSEEN = {"exec", "eval", "globals", "locals", "vars", "get_ipython", "setattr", "__import__"}  # may make names unseen


class Part(Enum):
    """Whose a cell is."""

    OWN = "the source's own"
    ANSWER = "an answer"
    TEST = "a test"


@dataclass
class Cell:
    """A code cell of a source. text: plain Python, magics put into words.

    reads, binds: names.  imports: those bound by imports alone.  defines: those of functions and classes.
    changes: names whose values it changes in place.  words: all names and attributes in it, and what it imports.
    opaque: may it make names that cannot be seen in its text?
    """

    place: int
    part: Part
    name: str | None
    text: str
    reads: set[str] = field(default_factory=set)
    binds: set[str] = field(default_factory=set)
    imports: dict[str, Import] = field(default_factory=dict)
    defines: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    opaque: bool = False

    @classmethod
    def of(cls, place: int, part: Part, name: str | None, source: str) -> "Cell":
        """Return the cell with what its text says of names; of a text that is no Python, nothing."""
        cell = cls(place, part, name, plain(source))
        try:
            tree = ast.parse(cell.text)
            cell.reads, cell.binds = names(cell.text)
        except (SyntaxError, ValueError, RecursionError):
            cell.opaque = True
            return cell
        words = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
        cell.reads |= words & set(dir(builtins))  # a star import may bring others of these names
        cell.opaque = bool(words & UNSEEN)
        attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        keywords = {node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg}
        cell.words = words | (attributes - METHODS) | keywords
        others: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                cell._add_imports(node)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                cell.defines.add(node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
                others.add(node.id)
        cell.defines &= cell.binds
        for made in cell.defines | others:
            cell.imports.pop(made, None)
        cell.changes = set(_changed(tree.body, strictly=part is not Part.OWN)) - set(cell.imports)
        return cell

    def _add_imports(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            self.words |= {*module.split("."), *alias.name.split(".")}
            if isinstance(node, ast.Import):
                as_name = alias.asname or alias.name.split(".")[0]
                self.imports[as_name] = (alias.name if alias.asname else as_name, None)
            elif alias.name != "*":
                self.imports[alias.asname or alias.name] = ("." * node.level + (node.module or ""), alias.name)
            elif (starred := _public(node.module or "")) is None:
                self.opaque = True
            else:
                self.imports |= {name: (node.module or "", name) for name in starred}
                self.binds |= set(starred)


def plain(source: str) -> str:
    """Return a cell's text as plain Python: IPython's magics become calls, as IPython does it; `%pylab` its imports."""
    text = PYLAB_LINE.sub(PYLAB, source)
    if _parses(text):
        return text
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        text = TransformerManager().transform_cell(text)
    except Exception:  # a text that even IPython cannot read fails where it runs
        return source
    return text if _parses(text) else source


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return False
    return True


def _public(module: str) -> list[str] | None:
    """Return what a star import of a module brings, None if it cannot be imported here."""
    try:
        found = importlib.import_module(module)
    except Exception:  # whatever a module does when it is imported
        return None
    return list(getattr(found, "__all__", [name for name in vars(found) if not name.startswith("_")]))


def _changed(body: Iterable[ast.AST], strictly: bool) -> Iterator[str]:
    """Yield the names whose values statements change in place: items and attributes set, methods called for their effect.

    strictly: not those that are only handed to a function.
    """
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del):
            yield from _root(node)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            if isinstance(node.value.func, ast.Attribute):
                yield from _root(node.value.func)
            if not strictly:
                yield from (arg.id for arg in node.value.args if isinstance(arg, ast.Name))
        yield from _changed(ast.iter_child_nodes(node), strictly)


def _root(node: ast.AST) -> Iterator[str]:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    if isinstance(node, ast.Name):
        yield node.id


@dataclass(frozen=True)
class Plan:
    """What a cell needs. first: cells of the judge to run before it, in order; givers: name -> the cell that gives it.

    A name of `unknown` is given by no cell of the source, as far as its text tells.
    """

    first: tuple[int, ...]
    givers: dict[str, Cell]
    unknown: frozenset[str]


class Source:
    """The code cells of a unit's source, and what each needs of the others. modules: texts of the unit's own."""

    def __init__(self, nb: NotebookNode | None = None, modules: Iterable[str] = ()) -> None:
        cells = nb.cells if nb is not None else ()
        code = [cell for cell in cells if cell.cell_type == "code" and not is_skipped(cell)]
        self.cells = [Cell.of(i, _part(cell), grade_id(cell), cell.source) for i, cell in enumerate(code)]
        self.tests = {cell.name: cell for cell in self.cells if cell.part is Part.TEST and cell.name}
        self._plans: dict[int, Plan] = {}
        for cell in self.cells:
            if cell.part is not Part.ANSWER:
                self.plan(cell)

        judged = [cell for cell in self.cells if cell.part is not Part.ANSWER]
        beside = [Cell.of(len(self.cells), Part.OWN, None, text) for text in modules]
        self.reads_files = any(READERS & cell.words for cell in judged) and not any(
            RUNNERS & cell.words for cell in judged + beside
        )

    def of_test(self, name: str, text: str) -> Cell:
        """Return the test of this name; one that is not of the source comes after all of it."""
        known = self.tests.get(name)
        return known or Cell.of(len(self.cells), Part.TEST, name, text)

    def giver(self, name: str, place: int) -> Cell | None:
        """Return the cell that gives a name to the cell at ``place``: the last one before that makes it."""
        found = None
        for cell in self.cells[:place]:
            if self._makes(cell, name, found):
                found = cell
        return found

    @staticmethod
    def _makes(cell: Cell, name: str, before: Cell | None) -> bool:
        """Does a cell make a name that ``before`` has made last? Tests that replace an answer for a while do not."""
        if before is None:
            return name in cell.binds
        if name not in cell.binds:
            data = before.part is not Part.ANSWER and name not in before.imports and name not in before.defines
            return data and cell.part is Part.ANSWER and name in cell.changes
        if cell.part is Part.ANSWER and before.part is not Part.ANSWER:
            return cell.imports.get(name) is None or cell.imports[name] != before.imports.get(name)
        if cell.part is Part.TEST and before.part is Part.ANSWER and name in before.defines:
            return name in cell.imports
        return True

    def plan(self, cell: Cell) -> Plan:
        """Return what a cell needs: of the names that it reads, and of those that the functions which it calls read."""
        if (known := self._plans.get(cell.place)) is not None and cell.place < len(self.cells):
            return known
        first: set[int] = set()
        givers: dict[str, Cell] = {}
        unknown: set[str] = set()
        waiting = sorted(cell.reads)
        while waiting:
            name = waiting.pop()
            if name in givers or name in unknown:
                continue
            giver = self.giver(name, cell.place)
            if giver is None:
                if name not in cell.binds and not hasattr(builtins, name):
                    unknown.add(name)
                continue
            givers[name] = giver
            if giver.part is not Part.ANSWER:
                needed = [giver, *self._changers(name, giver, cell.place)]
                for each in needed:
                    first |= {each.place, *self.plan(each).first}
                    waiting += each.reads
        if unknown:
            first |= {each.place for each in self.cells[: cell.place] if each.part is Part.OWN and each.opaque}
        plan = Plan(tuple(sorted(first)), givers, frozenset(unknown))
        self._plans[cell.place] = plan
        return plan

    def required(self, names: Iterable[str]) -> set[str]:
        """Return the tests that must run before those of these names."""
        places = {place for name in names if name in self.tests for place in self.plan(self.tests[name]).first}
        return {name for name, test in self.tests.items() if test.place in places}

    def _changers(self, name: str, giver: Cell, place: int) -> list[Cell]:
        """Return the source's own cells that change in place, before ``place``, what ``giver`` has made."""
        between = self.cells[giver.place + 1 : place]
        return [cell for cell in between if cell.part is Part.OWN and name in cell.changes]


def _part(cell: NotebookNode) -> Part:
    return Part.ANSWER if is_answer(cell) else Part.TEST if is_test(cell) else Part.OWN


def imported(origin: Import) -> Any:
    """Return what an import of the source's brings, in the judge; raise `ImportError` if it cannot."""
    module, name = origin
    found = importlib.import_module(module)
    if name is None:
        return found
    try:
        return getattr(found, name)
    except AttributeError:
        return importlib.import_module(f"{module}.{name}")
