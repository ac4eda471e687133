"""Grade a class: in parallel, only what is new or changed, with nbgrader's marks in nbgrader's gradebook and folders.

    grader = Grader(folder)
    for outcome in grader.run("01_loss", jobs=2): ...

Workers mark notebooks with an `Engine` each: threads of this process that wait for it, or the processes of a Dask cluster.
This process alone writes the gradebook, after each submission. A run may end at any moment: the next one goes on from there.
"""

import hashlib
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import closing
from pathlib import Path

import nbformat
from nbgrader.api import MissingEntry
from traitlets.config import Config

from gdcourse.grading.course import processors, submissions
from gdcourse.grading.course.gradebook import THE_SOURCE, CourseGradebook
from gdcourse.grading.course.nbgrader_course import NbgraderCourse
from gdcourse.grading.course.run import GradingError, Outcome, Run
from gdcourse.grading.course.settings import Grading
from gdcourse.grading.course.workers import LocalWorkers, Workers
from gdcourse.grading.engine.results import Job


class Grader:
    """Grades the units of one nbgrader course folder. overrides: a `traitlets` config that wins over the folder's own.

    db: URL of another gradebook.  limits (name -> number), isolated, strict, beside: win over `c.Grading` in
    `nbgrader_config.py`.
    """

    def __init__(
        self,
        folder: str | Path,
        overrides: Config | None = None,
        *,
        db: str | None = None,
        limits: Mapping[str, float] | None = None,
        isolated: bool | None = None,
        strict: bool | None = None,
        beside: str | None = None,
    ) -> None:
        self.course = NbgraderCourse(folder, overrides)
        self.coursedir = self.course.coursedir
        if db:
            self.coursedir.db_url = db
        self.settings = Grading(config=self.course.config)
        self.settings.limits = {**self.settings.limits, **(limits or {})}
        if isolated is not None:
            self.settings.isolated = isolated
        if strict is not None:
            self.settings.strict = strict
        if beside is not None:
            self.settings.beside = beside
        self.notices: list[str] = []  # what an instructor should know of the unit that was graded last

    def open(self) -> CourseGradebook:
        """Return the course's `CourseGradebook`."""
        return CourseGradebook(self.coursedir.db_url, self.coursedir.course_id, self.course.config)

    def students(self, unit: str) -> list[str]:
        """Return the students who handed in ``unit``, sorted."""
        return submissions.students(self.coursedir, unit)

    def jobs(self, unit: str, gradebook: CourseGradebook) -> dict[str, Job]:
        """Return notebook -> `Job` for the engines; release the unit first, if its source is new to the gradebook."""
        sources, files = submissions.source_files(self.coursedir, unit)
        if not sources:
            folder = self.coursedir.format_path(self.coursedir.source_directory, ".", unit)
            raise GradingError(f"expected notebooks in {folder}: no unit of this name has a source here")
        digest = hashlib.sha256(repr((sources, sorted(files.items()))).encode()).hexdigest()
        known, *_ = gradebook.records(unit).get(THE_SOURCE, (None,))
        if known != digest or not _released(unit, gradebook):
            gradebook.align(unit, {name: nbformat.reads(text, as_version=4) for name, text in sources.items()})
            gradebook.key()  # from here on the course has one, and its copies have the same
            self.course.release(unit)
            gradebook.keep(unit, THE_SOURCE, digest, "", {})
        return self.settings.jobs(self.coursedir, unit, gradebook.checksums(unit))

    def run(
        self,
        unit: str,
        students: Iterable[str] | None = None,
        *,
        jobs: int | None = None,
        scheduler: str | None = None,
        force: bool = False,
        on_plan: Callable[[int], None] | None = None,
    ) -> Generator[Outcome, None, None]:
        """Grade ``unit`` and yield an `Outcome` per student, as they are done; those that need no marking come first.

        jobs: how many at once (the number of processors).  scheduler: address of a Dask cluster, instead.
        force: mark again what has not changed.  on_plan(number): told how many will be marked.
        Raises `GradingError`, `IsolationError`, `GradebookError`; what is marked by then stays.
        """
        with closing(self.open()) as gradebook:
            run = Run(self.coursedir, unit, self.jobs(unit, gradebook), gradebook, self.settings.beside == "auto")
            known = {} if force else gradebook.records(unit)
            waiting: deque[str] = deque()
            for student in students if students is not None else self.students(unit):
                if outcome := run.without_marking(student, known.get(student)):
                    yield outcome
                else:
                    waiting.append(student)
            if on_plan:
                on_plan(len(waiting))
            if waiting:
                with _workers(jobs or len(processors.available()), scheduler) as workers:
                    if scheduler or not run.knows_the_solution():
                        run.check_the_solution(workers)
                    yield from run.marked(waiting, workers)
            else:
                run.knows_the_solution()
            self.notices = run.notices


def _released(unit: str, gradebook: CourseGradebook) -> bool:
    try:
        return bool(gradebook.checksums(unit))
    except MissingEntry:
        return False


def _workers(jobs: int, scheduler: str | None) -> Workers:
    if scheduler is None:
        return LocalWorkers(jobs)
    from gdcourse.grading.course.dask import DaskWorkers

    return DaskWorkers(scheduler)
