"""The engine inside nbgrader: what `nbgrader autograde` and formgrader's button run in place of nbgrader's `Execute`."""

import atexit
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor

from gdcourse.grading.course import submissions
from gdcourse.grading.course.gradebook import CourseGradebook
from gdcourse.grading.course.settings import Grading
from gdcourse.grading.course.workers import Engines
from gdcourse.grading.notebooks import grade_id
from gdcourse.grading.plugins import autograde


class IsolatedExecute(NbGraderPreprocessor):
    """Run student code in isolated processes and the tests in a judge, and put the outputs into the notebook.

    Its settings are those of `gdcourse grade`: `c.Grading`.
    """

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        if not autograde.is_guarded():
            raise RuntimeError(
                "nbgrader would follow links: call gdcourse.grading.plugins.autograde.guard() in nbgrader_config.py"
            )
        names, folder = resources["nbgrader"], Path(resources["metadata"]["path"])
        course, notebook = CourseDirectory(config=self.config), names["notebook"]
        jobs = Grading(config=self.config).jobs(course, names["assignment"], {notebook: _checksums(nb)})
        submission = submissions.read_folder(folder)
        submission.notebooks = {notebook: nbformat.writes(nb).encode()}
        submission.seed = self._seed(course, names)
        marked = _engines().mark(jobs, submission)[notebook]
        if isinstance(marked, Exception):
            raise marked
        if marked.problem:
            self.log.warning("%s: %s", names["student"], marked.problem)
        return nbformat.reads(marked.notebook, as_version=4), resources

    def _seed(self, course: CourseDirectory, names: dict[str, str]) -> int:
        """Return the seed of what was handed in, the same as `gdcourse grade` takes."""
        unit, student = names["assignment"], names["student"]
        with closing(CourseGradebook(names["db_url"], course.course_id, self.config)) as gradebook:
            return submissions.read(course, unit, student).drawn_from(gradebook.key(), unit)


@cache
def _engines() -> Engines:
    """Return this process's warm engines, kept for the next student."""
    engines = Engines()
    atexit.register(engines.end)
    return engines


def _checksums(nb: NotebookNode) -> dict[str, str]:
    """Return cell -> nbgrader's checksum of it as released, by which it knows an answer that nobody touched."""
    known = {name: cell.metadata.nbgrader.get("checksum") for cell in nb.cells if (name := grade_id(cell))}
    return {name: checksum for name, checksum in known.items() if checksum}
