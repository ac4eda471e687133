"""An nbgrader course, through nbgrader's own API: release a unit, and autograde one submission as nbgrader does."""

from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config.loader import PyFileConfigLoader

from gdcourse.grading.notebooks import NotebookError, read_notebook


@dataclass(frozen=True)
class Mark:
    """What one student got. problem: why there is no mark, in a line, or None. points: test cell -> points earned."""

    student: str
    score: float
    max_score: float
    problem: str | None
    points: dict[str, float]


class Classroom:
    """An nbgrader course: the folder with `nbgrader_config.py`.

    The configuration there says where sources, submissions and the gradebook lie; ``overrides``, a `traitlets` config,
    wins over it.
    """

    def __init__(self, folder, overrides=None):
        folder = Path(folder)
        if not (folder / "nbgrader_config.py").exists():
            raise FileNotFoundError(f"expected nbgrader_config.py in {folder}: run this in an nbgrader course folder")
        self.config = PyFileConfigLoader("nbgrader_config.py", path=str(folder)).load_config()
        self.config.merge(overrides or {})
        self.coursedir = CourseDirectory(config=self.config)
        self.api = NbGraderAPI(self.coursedir, config=self.config)

    def release(self, unit):
        """Make the student version of a unit and enter its tests in the gradebook; raise `RuntimeError` on failure."""
        result = self.api.generate_assignment(unit, force=True, create=True)
        if not result["success"]:
            raise RuntimeError(f"{unit} could not be released: {_last_line(result)}")

    def autograde(self, unit, student):
        """Grade one submission and return its `Mark`."""
        folder = Path(self.coursedir.format_path(self.coursedir.submitted_directory, student, unit))
        try:
            read_notebook(folder / "exercises.ipynb")
        except NotebookError as error:
            return self._mark(unit, student, str(error))
        result = self.api.autograde(unit, student, force=True, create=True)
        return self._mark(unit, student, None if result["success"] else _last_line(result))

    def _mark(self, unit, student, problem):
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as book:
            try:
                submission = book.find_submission(unit, student)
            except MissingEntry:
                return Mark(student, 0.0, book.find_assignment(unit).max_score, problem, {})
            points = {grade.name: grade.score for notebook in submission.notebooks for grade in notebook.grades}
            return Mark(student, submission.score, submission.max_score, problem, points)


def _last_line(result):
    """Return the exception that ended an nbgrader call, from its log."""
    lines = [line for line in ((result.get("log") or "") + (result.get("error") or "")).splitlines() if line.strip()]
    raised = [line for line in lines if line.split(":")[0].endswith(("Error", "Exception")) and "NbGrader" not in line]
    return (raised or lines or ["nbgrader gave no reason"])[-1].strip()
