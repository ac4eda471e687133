"""Feedback that names the broken property and shows no hidden test, in a page where nothing of a student's runs."""

import ast
import builtins
import re
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor

from gdcourse.catalogue import BEGIN, END
from gdcourse.grading.engine import markup
from gdcourse.grading.plugins.formulas import OfflineExporter

ENDED, LATE = "the process that ran your code ended here", "your code took too long here and was stopped"
TOLD = {
    "AssertionError": "a hidden test, or an assertion of your own, does not hold",
    "TimeLimitError": LATE,
    "CellTimeoutError": LATE,
    "ProcessDiedError": ENDED,
    "DeadKernelError": ENDED,
    "NotRun": "the tests did not get here",
}
KNOWN = {name for name in dir(builtins) if isinstance(getattr(builtins, name), type)} | {*TOLD, "StudentError"}
INDEX = re.compile(r'(<a href="#([^"<>]+)">)Test cell</a>')  # as nbgrader's template has it, once for each test


class FeedbackExporter(OfflineExporter):
    """nbgrader's page of feedback, cleaned, with an index that names the exercises."""

    def from_notebook_node(  # type: ignore[override]  # as in nbconvert
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        html, resources = super().from_notebook_node(nb, resources, **kw)
        return markup.page(INDEX.sub(r"\1\2</a>", html)), resources


class HideHiddenTests(NbGraderPreprocessor):
    """Take hidden tests out of a graded notebook: their code, and what of it an error or an output could show."""

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict[str, Any], index: int
    ) -> tuple[NotebookNode, dict[str, Any]]:
        if cell.cell_type == "code" and BEGIN in cell.source:
            named = messages(cell.source)
            cell.outputs = [_only_the_property(o, named) for o in cell.outputs if o.output_type == "error"]
            cell.source = visible_part(cell.source)
        return cell, resources


def visible_part(source: str) -> str:
    """Return a cell's source without what stands between the markers of hidden tests."""
    kept, hidden = [], False
    for line in source.splitlines():
        hidden = hidden or BEGIN in line
        if not hidden:
            kept.append(line)
        hidden = hidden and END not in line
    return "\n".join(kept).rstrip()


def messages(source: str) -> set[str]:
    """Return what the assertions of a test cell say. Its other strings may be inputs, which student code could say again."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # a student's own cell that has the marker
        return set()
    told = [node.msg for node in ast.walk(tree) if isinstance(node, ast.Assert)]
    return {msg.value for msg in told if isinstance(msg, ast.Constant) and isinstance(msg.value, str)}


def _only_the_property(error: NotebookNode, named: set[str]) -> NotebookNode:
    """Return the error without its traceback; its text survives only where the test itself wrote it."""
    kind = error.ename if error.ename in KNOWN else "Error"  # a class of the student's could bear any name
    told = TOLD.get(kind, "your code raised this error")
    if kind == "AssertionError" and error.evalue in named:
        told = error.evalue
    return nbformat.v4.new_output("error", ename=kind, evalue=told, traceback=[f"\x1b[0;31m{kind}\x1b[0m: {told}"])
