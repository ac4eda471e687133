"""Mutants of the reference solutions, each marked as an answer: which small changes does no test notice?

    python tests/mutants.py UNIT [EXERCISE ...]

One change at a time: mutmut's (operators, comparisons, constants, dropped arguments such as `axis`, negated conditions) and two
of our own (a statement left out, two neighbours exchanged). A mutant that keeps all its points and is right in other words
stands in `answers/<unit>.equivalent.toml` with the reason; any other survivor is listed, and the run exits with 1.
"""

import ast
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from difflib import ndiff
from itertools import pairwise
from pathlib import Path

import libcst as cst
import libcst.matchers as m
import matrix
import nbformat
from mutmut.mutation.mutators import mutation_operators
from rich.console import Console
from rich.progress import track
from rich.table import Table

from gdcourse.grading.engine.near_end import Engine
from gdcourse.grading.engine.results import Job
from gdcourse.grading.limits import Limits
from gdcourse.grading.notebooks import exercise_names, grade_id, is_test
from gdcourse.grading.student import sandbox

LIMITS = Limits(call=5.0, cell=20.0)  # a mutant that never ends is noticed early
WORDING = (cst.Raise, cst.FormattedString)  # what an error says is not graded


@dataclass(frozen=True)
class Mutant:
    """A changed solution. change: the lines that went and came, one string."""

    exercise: str
    change: str
    source: str


def statement_dropped(node: cst.SimpleStatementLine) -> Iterable[cst.CSTNode]:
    """Leave a statement out."""
    if not (is_docstring(node) or isinstance(node.body[0], cst.Pass)):
        yield node.with_changes(body=[cst.Pass()])


def neighbours_exchanged(node: cst.IndentedBlock) -> Iterable[cst.CSTNode]:
    """Exchange two statements that follow each other; comments and empty lines before them stay."""
    for i, (first, second) in enumerate(pairwise(node.body)):
        if not is_docstring(first):
            swapped = (
                second.with_changes(leading_lines=first.leading_lines),
                first.with_changes(leading_lines=second.leading_lines),
            )
            yield node.with_changes(body=[*node.body[:i], *swapped, *node.body[i + 2 :]])


def is_docstring(node: cst.CSTNode) -> bool:
    """Is this statement nothing but a string?"""
    return m.matches(node, m.SimpleStatementLine(body=[m.Expr(m.SimpleString() | m.ConcatenatedString())]))


OPERATORS = [
    *mutation_operators,
    (cst.SimpleStatementLine, statement_dropped),
    (cst.IndentedBlock, neighbours_exchanged),
]


class _Places(cst.CSTVisitor):
    """Collects (node, its replacement) for every change that an operator knows, outside of words and annotations."""

    def __init__(self) -> None:
        self.changes: list[tuple[cst.CSTNode, cst.CSTNode]] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, (*WORDING, cst.Annotation, cst.Import, cst.ImportFrom)):
            return False
        for kind, operator in OPERATORS:
            if isinstance(node, kind):
                self.changes += [(node, new) for new in operator(node)]
        return True


def mutants(exercise: str, solution: str) -> Iterator[Mutant]:
    """Yield every sound program that one change between the marks of a solution makes, each once."""
    module = cst.parse_module(solution)
    places = _Places()
    module.visit(places)
    seen = {_tree(solution)}
    for old, new in places.changes:
        source = module.deep_replace(old, new).code
        tree = _tree(source)
        if tree is not None and tree not in seen and _given(source) == _given(solution):
            seen.add(tree)
            yield Mutant(exercise, _change(solution, source), source)


def _given(source: str) -> str:
    """Return what a learner is given: all but the lines between the marks of a solution."""
    return re.sub(r"### BEGIN SOLUTION.*?### END SOLUTION", "", source, flags=re.DOTALL)


def _tree(source: str) -> str | None:
    try:
        return ast.dump(ast.parse(source))
    except SyntaxError:
        return None


def _change(old: str, new: str) -> str:
    """Return what went and what came: "- x = a + b", "+ x = a - b", one below the other."""
    lines = [line for line in ndiff(old.splitlines(), new.splitlines()) if line[0] in "-+"]
    return "\n".join(f"{line[0]} {line[2:].strip()}" for line in lines)


def equivalent(unit: str) -> dict[str, dict[str, str]]:
    """Return exercise -> change -> why the mutant is right all the same."""
    path = Path(matrix.ANSWERS) / f"{unit}.equivalent.toml"
    return tomllib.loads(path.read_text("utf-8")) if path.exists() else {}


def alone(unit: str, exercise: str) -> nbformat.NotebookNode:
    """Return the solved notebook of a unit with one exercise."""
    nb, others = deepcopy(matrix.solved(unit)), set(exercise_names(matrix.solved(unit))) - {exercise}
    nb.cells = [cell for cell in nb.cells if not {grade_id(cell), str(grade_id(cell)).rsplit("-", 1)[0]} & others]
    return nb


def survivors(nb: nbformat.NotebookNode, tried: list[Mutant]) -> list[Mutant]:
    """Return the mutants that keep every point of a notebook's tests."""
    left = []
    with Engine(Job(nbformat.writes(nb), limits=LIMITS, isolated=sandbox.missing() is None)) as engine:
        assert _keeps_all(engine, nb), "the reference solution does not earn every point"
        for mutant in track(tried, tried[0].exercise, transient=True):
            if _keeps_all(engine, _answered(nb, mutant)):
                left.append(mutant)
    return left


def _answered(nb: nbformat.NotebookNode, mutant: Mutant) -> nbformat.NotebookNode:
    changed = deepcopy(nb)
    next(cell for cell in changed.cells if grade_id(cell) == mutant.exercise).source = mutant.source
    return changed


def _keeps_all(engine: Engine, nb: nbformat.NotebookNode) -> bool:
    return all(test.score == test.points for test in engine.mark(nbformat.writes(nb).encode()).tests)


def solution(nb: nbformat.NotebookNode, exercise: str) -> str:
    """Return the reference solution of an exercise."""
    return next(cell.source for cell in nb.cells if grade_id(cell) == exercise and not is_test(cell))


def run(unit: str, chosen: list[str]) -> int:
    """Print the counts of each exercise and the survivors without a reason; return how many those are."""
    table = Table("exercise", "mutants", "noticed", "equivalent", "survive", title=f"{unit}: mutants")
    known, total, unexplained = equivalent(unit), Counter(), []
    for exercise in chosen or exercise_names(matrix.solved(unit)):
        nb = alone(unit, exercise)
        tried = list(mutants(exercise, solution(nb, exercise)))
        left = survivors(nb, tried)
        new = [mutant for mutant in left if mutant.change not in known.get(exercise, {})]
        counts = [len(tried), len(tried) - len(left), len(left) - len(new), len(new)]
        table.add_row(exercise, *map(str, counts))
        total.update(dict(enumerate(counts)))
        unexplained += new
    table.add_section()
    table.add_row("all", *(str(total[i]) for i in range(4)))
    Console().print(table)
    for mutant in unexplained:
        print(f"\n{mutant.exercise}\n{mutant.change}")
    return len(unexplained)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1], sys.argv[2:]) > 0)
