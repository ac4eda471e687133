"""The engine inside nbgrader: what `nbgrader autograde` and formgrader's button run in place of nbgrader's `Execute`."""

import atexit
from concurrent.futures import Future
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
from gdcourse.grading.course.run import Run
from gdcourse.grading.course.settings import Grading
from gdcourse.grading.course.submissions import Submission
from gdcourse.grading.course.workers import Engines, Results
from gdcourse.grading.engine.results import Job
from gdcourse.grading.plugins import autograde

WAITING = "gdcourse_waiting"  # among nbgrader's resources: the tests that wait for marks by hand


class IsolatedExecute(NbGraderPreprocessor):
    """Run student code in isolated processes and the tests in a judge, and put the outputs into the notebook.

    Its settings are those of `gdcourse grade`: `c.Grading`. As there, the unit's own solution is marked first, once.
    """

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        if not autograde.is_guarded():
            raise RuntimeError(
                "nbgrader would follow links: call gdcourse.grading.plugins.autograde.guard() in nbgrader_config.py"
            )
        names, notebook = resources["nbgrader"], resources["nbgrader"]["notebook"]
        submission = submissions.read_folder(Path(resources["metadata"]["path"]))
        submission.notebooks = {notebook: nbformat.writes(nb).encode()}
        with closing(CourseGradebook(names["db_url"], self._course.course_id, self.config)) as gradebook:
            run = self._checked_run(names["assignment"], gradebook)
            submission.seed = run.read(names["student"]).seed
        for notice in run.notices:
            self.log.warning(notice)
        marked = _engines().mark(run.jobs, submission)[notebook]
        if isinstance(marked, Exception):
            raise marked
        if marked.problem:
            self.log.warning("%s: %s", names["student"], marked.problem)
        resources[WAITING] = run.waiting(notebook)
        return nbformat.reads(marked.notebook, as_version=4), resources

    @property
    def _course(self) -> CourseDirectory:
        return CourseDirectory(config=self.config)

    def _checked_run(self, unit: str, gradebook: CourseGradebook) -> Run:
        """Return the run over a unit whose solution earns full marks, but for tests that need the notebook around them."""
        settings = Grading(config=self.config)
        jobs = settings.jobs(self._course, unit, gradebook.checksums(unit))
        run = Run(self._course, unit, jobs, gradebook, settings.beside == "auto")
        if not run.knows_the_solution():
            run.check_the_solution(_Here())
        return run


class WaitForHand(NbGraderPreprocessor):
    """Let tests that no judge can run wait for marks by hand, once nbgrader has saved its own."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        if tests := resources.get(WAITING):
            names = resources["nbgrader"]
            with closing(CourseGradebook(names["db_url"], "", self.config)) as gradebook:
                gradebook.wait_for_hand(names["assignment"], names["student"], names["notebook"], tests)
        return nb, resources


class _Here:
    """Workers that are this process's own engines."""

    window = 1

    def submit(self, jobs: dict[str, Job], submission: Submission) -> Future[Results]:
        """Mark the notebooks of a submission; return a future of what came of each."""
        done: Future[Results] = Future()
        done.set_result(_engines().mark(jobs, submission))
        return done

    def __enter__(self) -> "_Here":
        return self

    def __exit__(self, *_: object) -> None:
        """The engines stay warm for the next student."""


@cache
def _engines() -> Engines:
    """Return this process's warm engines, kept for the next student."""
    engines = Engines()
    atexit.register(engines.end)
    return engines
