"""A warning on the error stream is information, not a failed test."""

from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor

from gdcourse.grading.course.settings import Grading
from gdcourse.grading.notebooks import warnings_are_information


class WarningsAreInformation(NbGraderPreprocessor):
    """Show what a cell wrote to stderr as ordinary output. nbgrader alone takes all points of a cell that writes there."""

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict[str, Any], index: int
    ) -> tuple[NotebookNode, dict[str, Any]]:
        if not Grading(config=self.config).strict:
            warnings_are_information(cell)
        return cell, resources
