"""Feedback that names the broken property and shows no hidden test."""

import ast

import nbformat
from nbgrader.preprocessors import NbGraderPreprocessor

BEGIN, END = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"


class HideHiddenTests(NbGraderPreprocessor):
    """Take hidden tests out of a graded notebook: their code, and what of it an error or an output could show."""

    def preprocess_cell(self, cell, resources, index):
        if cell.cell_type == "code" and BEGIN in cell.source:
            named = messages(cell.source)
            cell.outputs = [_only_the_property(o, named) for o in cell.outputs if o.output_type == "error"]
            cell.source = visible_part(cell.source)
        return cell, resources


def visible_part(source):
    """Return a cell's source without what stands between the markers of hidden tests."""
    kept, hidden = [], False
    for line in source.splitlines():
        hidden = hidden or BEGIN in line
        if not hidden:
            kept.append(line)
        hidden = hidden and END not in line
    return "\n".join(kept).rstrip()


def messages(source):
    """Return the strings in a test cell: an assertion that names a property uses one of them."""
    tree = ast.parse(source)
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def _only_the_property(error, named):
    """Return the error without its traceback; its text survives only where the test itself wrote it."""
    told = error.evalue if error.ename == "AssertionError" and error.evalue in named else "your code raised this error"
    return nbformat.v4.new_output(
        "error", ename=error.ename, evalue=told, traceback=[f"\x1b[0;31m{error.ename}\x1b[0m: {told}"]
    )
