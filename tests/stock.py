"""Stock nbgrader beside the engine: the same course, whose notebooks run in a kernel by nbgrader's own rules."""

from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry

from gdcourse.grading.course.nbgrader_course import NbgraderCourse, last_line
from gdcourse.grading.notebooks import NotebookError, read_notebook

OURS = ("gdcourse.grading.plugins.execute.IsolatedExecute", "gdcourse.grading.plugins.stderr.WarningsAreInformation")


def stock(c):
    """Let nbgrader run notebooks itself: in a kernel, unprotected, and a warning costs the points of a test."""
    rest = [name for name in c.Autograde.autograde_preprocessors if name not in OURS]
    assert len(rest) == len(c.Autograde.autograde_preprocessors) - len(OURS)
    c.Autograde.autograde_preprocessors = ["nbgrader.preprocessors.Execute", *rest]


@dataclass(frozen=True)
class Mark:
    """What one student got. problem: why there is no mark, in a line, or None. points: test cell -> points earned."""

    student: str
    score: float
    max_score: float
    problem: str | None
    points: dict[str, float]


class StockCourse(NbgraderCourse):
    """A course whose submissions stock nbgrader grades, one at a time."""

    def __init__(self, folder, overrides=None):
        super().__init__(folder, overrides)
        stock(self.config)

    def autograde(self, unit, student):
        """Grade one submission and return its `Mark`."""
        folder = Path(self.coursedir.format_path(self.coursedir.submitted_directory, student, unit))
        try:
            read_notebook(folder / "exercises.ipynb")
        except NotebookError as error:
            return self._mark(unit, student, str(error))
        result = self.api.autograde(unit, student, force=True, create=True)
        return self._mark(unit, student, None if result["success"] else last_line(result))

    def _mark(self, unit, student, problem):
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as book:
            try:
                submission = book.find_submission(unit, student)
            except MissingEntry:
                return Mark(student, 0.0, book.find_assignment(unit).max_score, problem, {})
            points = {grade.name: grade.score for notebook in submission.notebooks for grade in notebook.grades}
            return Mark(student, submission.score, submission.max_score, problem, points)
