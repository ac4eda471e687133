"""Put the test cells of a submission right: edited, deleted, doubled and moved ones, from the source."""

from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets.config import Config

from gdcourse.grading.engine import markup
from gdcourse.grading.notebooks import restore


class RestoreTests(NbGraderPreprocessor):
    """`restore` inside nbgrader: runs before nbgrader looks the cells up, so that no student's notebook can confuse it."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        source = source_of(self.config, resources["nbgrader"])
        restored, ours = restore(nb, source), {cell.source for cell in source.cells}
        markup.clean(cell for cell in restored.cells if cell.cell_type != "code" and cell.source not in ours)
        return restored, resources


def source_of(config: Config, names: dict[str, str]) -> NotebookNode:
    """Return the solved notebook from the course's source folder. names: nbgrader's "assignment" and "notebook"."""
    course = CourseDirectory(config=config)
    folder = course.format_path(course.source_directory, ".", names["assignment"])
    return nbformat.read(f"{folder}/{names['notebook']}.ipynb", as_version=4)
