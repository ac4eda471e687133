"""nbgrader's gradebook, written by one process: all marks of a submission in one transaction, or none of them.

It writes what `nbgrader autograde` writes: the student, the submission with its timestamp, a grade for each test, a comment
for each answer, late penalties. Beside nbgrader's tables it keeps one of its own, `gdcourse_record`, in the same transaction:
what was marked, from which files, and what came out. So a run that is cut off goes on where it stopped.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from nbgrader.api import (
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    MissingEntry,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import Column, MetaData, String, Table, Text, delete, insert, make_url, select
from sqlalchemy.exc import DataError, SQLAlchemyError
from traitlets.config import Config

from gdcourse.grading.course.submissions import Submission
from gdcourse.grading.engine.results import Marked

RECORDS = Table(
    "gdcourse_record",
    MetaData(),
    Column("unit", String(128), primary_key=True),
    Column("student", String(128), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("written", String(64), nullable=False),
    Column("outcome", Text, nullable=False),
)
THE_SOURCE = ""  # a unit's own row among the records: no student has this name


Record: TypeAlias = tuple[str, str, dict[str, Any]]  # fingerprint, digest of what was written, outcome


class GradebookError(Exception):
    """The gradebook cannot be read or written; the message says why and what to do. Nothing was half written."""


class CourseGradebook:
    """An open gradebook. config: the course's configuration, for the late penalties."""

    def __init__(self, url: str, course_id: str, config: Config) -> None:
        self.url = url
        with self._errors_explained():
            self.url = make_url(url).render_as_string()  # a password does not show
            self.nbgrader = Gradebook(url, course_id)
            RECORDS.metadata.create_all(self.nbgrader.engine)
        self.penalties = AssignLatePenalties(config=config)
        self.penalties.init_plugin()

    def close(self) -> None:
        self.nbgrader.close()

    def undo(self) -> None:
        """Forget what was begun since the last commit."""
        with self._errors_explained():
            self.nbgrader.db.rollback()

    @contextmanager
    def _errors_explained(self) -> Iterator[None]:
        """Turn an error of the database into a `GradebookError`, with everything since the last commit undone."""
        try:
            yield
        except (SQLAlchemyError, ImportError) as error:
            if hasattr(self, "nbgrader"):
                self.nbgrader.db.rollback()
            if isinstance(error, DataError):
                raise  # of what was to be written, which is one submission's problem
            why = (str(getattr(error, "orig", error)).strip() or type(error).__name__).splitlines()[0]
            mend = "close what else has it open, then run again" if "locked" in why else "mend this, then run again"
            raise GradebookError(f"the gradebook {self.url} cannot be used ({why}): {mend}") from None

    def checksums(self, unit: str) -> dict[str, dict[str, str]]:
        """Return notebook -> cell -> checksum of the unit as released; raise `MissingEntry` if it never was."""
        with self._errors_explained():
            notebooks = self.nbgrader.find_assignment(unit).notebooks
            return {nb.name: {cell.name: cell.checksum for cell in nb.source_cells} for nb in notebooks}

    def max_score(self, unit: str) -> float:
        with self._errors_explained():
            return self.nbgrader.find_assignment(unit).max_score

    def score(self, unit: str, student: str) -> float | None:
        """Return what a student has for the unit now, by `_score`; None if there is no mark."""
        with self._errors_explained():
            try:
                return _score(self.nbgrader.find_submission(unit, student))
            except MissingEntry:
                return None

    def records(self, unit: str) -> dict[str, Record]:
        """Return student -> (fingerprint, digest of what was written, outcome) of what was marked."""
        with self._errors_explained():
            rows = self.nbgrader.db.execute(select(RECORDS).where(RECORDS.c.unit == unit)).all()
            self.nbgrader.db.rollback()  # no lock is held while notebooks are marked
        return {row.student: (row.fingerprint, row.written, json.loads(row.outcome)) for row in rows}

    def keep(self, unit: str, student: str, fingerprint: str, written: str, outcome: dict[str, Any]) -> None:
        """Record an outcome that has no marks: a submission that is no notebook, or a unit's source."""
        with self._errors_explained():
            self._keep(unit, student, fingerprint, written, outcome)
            self.nbgrader.db.commit()

    def write(
        self,
        unit: str,
        submission: Submission,
        marked: dict[str, Marked],
        fingerprint: str,
        written: str,
        outcome: dict[str, Any],
    ) -> float:
        """Write the marks of a submission; return its score. marked: notebook -> `Marked`, or None where it is missing."""
        with self._errors_explained():
            row = self._submission(unit, submission)
            for notebook in row.notebooks:
                self._mark(notebook, marked.get(notebook.name))
                self._penalise(row, notebook)
            self._keep(unit, submission.student, fingerprint, written, outcome)
            self.nbgrader.db.commit()
            return _score(row)

    def _submission(self, unit: str, submission: Submission) -> SubmittedAssignment:
        """Return nbgrader's row of the submission, with the rows below it, made if there is none."""
        db, student = self.nbgrader.db, submission.student
        try:
            found = self.nbgrader.find_submission(unit, student)
        except MissingEntry:
            if db.get(Student, student) is None:
                db.add(Student(id=student))
            with db.no_autoflush:
                found = self._new(db, self.nbgrader.find_assignment(unit), student)
        if submission.timestamp is not None:
            found.timestamp = submission.timestamp
        db.flush()
        return found

    def _new(self, db: Any, assignment: Any, student: str) -> SubmittedAssignment:
        """Return a new submission with an empty grade for each test and an empty comment for each answer."""
        found = SubmittedAssignment(assignment_id=assignment.id, student_id=student)
        db.add(found)
        for notebook in assignment.notebooks:
            new = SubmittedNotebook(notebook_id=notebook.id, assignment=found)
            db.add(new)
            for cell in [*notebook.grade_cells, *notebook.task_cells]:
                db.add(Grade(cell_id=cell.id, notebook=new))
            for cell in [*notebook.solution_cells, *notebook.task_cells]:
                db.add(Comment(cell_id=cell.id, notebook=new))
        return found

    def _mark(self, notebook: SubmittedNotebook, marked: Marked | None) -> None:
        """Set the scores and comments of a notebook; one that was not handed in gets zeros."""
        scores = {test.name: test.score for test in marked.tests} if marked else {}
        for grade, name in self._named(Grade, notebook):
            grade.auto_score = scores.get(name) if marked else 0.0
            manual = grade.manual_score is not None or grade.auto_score is None
            grade.needs_manual_grade = bool(marked) and manual
        for comment, name in self._named(Comment, notebook):
            comment.auto_comment = "No response." if marked and name in marked.no_response else None

    def _named(self, kind: Any, notebook: SubmittedNotebook) -> list[Any]:
        """Return (row, name of its cell) pairs of a notebook's grades or comments."""
        query = select(kind, BaseCell.name).join(BaseCell, BaseCell.id == kind.cell_id)
        return self.nbgrader.db.execute(query.where(kind.notebook_id == notebook.id)).all()

    def _penalise(self, submission: SubmittedAssignment, notebook: SubmittedNotebook) -> None:
        """Set the late penalty by the configured plugin, never below zero or above the score."""
        notebook.late_submission_penalty = None
        if (late := submission.total_seconds_late) > 0:
            self.nbgrader.db.flush()
            self.nbgrader.db.refresh(notebook)
            asked = self.penalties.plugin_inst.late_submission_penalty(submission.student.id, notebook.score, late)
            if asked is not None:
                notebook.late_submission_penalty = min(max(asked, 0), notebook.score)

    def _keep(self, unit: str, student: str, fingerprint: str, written: str, outcome: dict[str, Any]) -> None:
        here = (RECORDS.c.unit == unit) & (RECORDS.c.student == student)
        self.nbgrader.db.execute(delete(RECORDS).where(here))
        row = {"unit": unit, "student": student, "fingerprint": fingerprint, "written": written}
        self.nbgrader.db.execute(insert(RECORDS).values(**row, outcome=json.dumps(outcome)))


def _score(submission: SubmittedAssignment) -> float:
    """Return the score as nbgrader exports it: with what was marked by hand, less the penalty for being late."""
    return sum(nb.score - (nb.late_submission_penalty or 0) for nb in submission.notebooks)
