"""nbgrader's gradebook, written by one process: all marks of a submission in one transaction, or none of them.

It writes what `nbgrader autograde` writes: the student, the submission with its timestamp, a grade for each test, a comment
for each answer, late penalties. Beside nbgrader's tables it keeps one of its own, `gdcourse_record`, in the same transaction:
what was marked, from which files, and what came out. So a run that is cut off goes on where it stopped.
"""

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any, TypeAlias

from nbformat import NotebookNode
from nbgrader.api import (
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    MissingEntry,
    Notebook,
    SolutionCell,
    SourceCell,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
)
from nbgrader.utils import is_grade, is_locked, is_solution, is_task
from sqlalchemy import Column, MetaData, String, Table, Text, delete, insert, make_url, select
from sqlalchemy.exc import DataError, SQLAlchemyError
from traitlets.config import Config

from gdcourse.grading.course.submissions import Submission
from gdcourse.grading.engine.results import Marked
from gdcourse.grading.notebooks import grade_id

RECORDS = Table(
    "gdcourse_record",
    MetaData(),
    Column("unit", String(128), primary_key=True),
    Column("student", String(128), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("written", String(64), nullable=False),
    Column("outcome", Text, nullable=False),
)
NOT_PROOF = "One of its tests ran beside this code, and is not tamper-proof."
NO_UNIT = ""  # the course's own row
THE_SOURCE = ""  # a unit's own row among the records: no student has this name


KINDS: dict[Any, Callable[[NotebookNode], bool]] = {  # nbgrader's rows of a cell -> is there one for this cell?
    GradeCell: is_grade,
    SolutionCell: is_solution,
    TaskCell: is_task,
    SourceCell: lambda cell: is_grade(cell) or is_solution(cell) or is_locked(cell) or is_task(cell),
}
Record: TypeAlias = tuple[str, str, Any]  # fingerprint, digest of what was written, outcome


class GradebookError(Exception):
    """The gradebook cannot be read or written; the message says why and what to do. Nothing was half written."""


@dataclass(frozen=True)
class Standing:
    """What a student has for a unit: as nbgrader exports it, with marks by hand, less the penalty for being late.

    late: what is said of that, or "".  waiting: cells that somebody has to mark.  changed: is the penalty another one now?
    """

    score: float
    late: str
    waiting: list[str]
    changed: bool


class CourseGradebook:
    """An open gradebook. config: the course's configuration, for the late penalties."""

    def __init__(self, url: str, course_id: str, config: Config) -> None:
        self.url = url
        with self._errors_explained():
            self.url = make_url(url).render_as_string()  # a password does not show
            self.nbgrader = Gradebook(url, course_id)
            RECORDS.metadata.create_all(self.nbgrader.engine)
        self.config = config

    @cached_property
    def penalties(self) -> Any:
        """The course's policy for late submissions, a plugin of nbgrader's."""
        from nbgrader.preprocessors import AssignLatePenalties  # here, since it brings nbconvert along

        found = AssignLatePenalties(config=self.config)
        found.init_plugin()
        return found.plugin_inst

    def close(self) -> None:
        self.nbgrader.close()

    def undo(self) -> None:
        """Forget what was begun since the last commit."""
        with self._errors_explained():
            self.nbgrader.db.rollback()

    @contextmanager
    def _errors_explained(self) -> Iterator[None]:
        """Undo everything since the last commit if there is an error; turn one of the database into a `GradebookError`."""
        try:
            yield
        except BaseException as error:
            if hasattr(self, "nbgrader"):
                self.nbgrader.db.rollback()
            if isinstance(error, DataError) or not isinstance(error, SQLAlchemyError | ImportError):
                raise  # a `DataError` is of what was to be written, which is one submission's problem
            why = (str(getattr(error, "orig", error)).strip() or type(error).__name__).splitlines()[0]
            mend = "close what else has it open, then run again" if "locked" in why else "mend this, then run again"
            raise GradebookError(f"the gradebook {self.url} cannot be used ({why}): {mend}") from None

    def checksums(self, unit: str) -> dict[str, dict[str, str]]:
        """Return notebook -> cell -> checksum of the unit as released; raise `MissingEntry` if it never was."""
        with self._errors_explained():
            notebooks = self.nbgrader.find_assignment(unit).notebooks
            return {nb.name: {cell.name: cell.checksum for cell in nb.source_cells} for nb in notebooks}

    def key(self) -> bytes:
        """Return the course's secret, from which the seeds of submissions are drawn; made when it is first asked for."""
        with self._errors_explained():
            row = self.nbgrader.db.execute(select(RECORDS).where(RECORDS.c.unit == NO_UNIT)).first()
            if row is None:
                self._keep(NO_UNIT, THE_SOURCE, "", "", {"key": (made := secrets.token_hex(32))})
                self.nbgrader.db.commit()
                return bytes.fromhex(made)
            self.nbgrader.db.rollback()
            return bytes.fromhex(json.loads(row.outcome)["key"])

    def max_score(self, unit: str) -> float:
        with self._errors_explained():
            return self.nbgrader.find_assignment(unit).max_score

    def settle(self, unit: str, student: str) -> Standing | None:
        """Set the late penalties by the due date, extension and policy of now; return the `Standing`, None without a mark."""
        with self._errors_explained():
            try:
                row = self.nbgrader.find_submission(unit, student)
            except MissingEntry:
                return None
            before = [notebook.late_submission_penalty for notebook in row.notebooks]
            self._penalise(row)
            changed = [notebook.late_submission_penalty for notebook in row.notebooks] != before
            if changed:
                self.nbgrader.db.commit()
            return self._standing(row, changed)

    def _standing(self, row: SubmittedAssignment, changed: bool) -> Standing:
        late, less = _seconds_late(row), sum(nb.late_submission_penalty or 0 for nb in row.notebooks)
        told = f"late by {timedelta(seconds=round(late))}" + f", {less:g} points less" * bool(less) if late else ""
        waiting = [g.name for nb in row.notebooks for g in nb.grades if g.needs_manual_grade]
        return Standing(sum(nb.score for nb in row.notebooks) - less, told, waiting, changed)

    def by_hand(self, unit: str) -> dict[tuple[str, str, str], float | None]:
        """Return (student, notebook, cell) -> score of what is marked by hand, None where it waits for that."""
        with self._errors_explained():
            rows = self.nbgrader.find_assignment(unit).submissions
            grades = [(s.student.id, nb.name, g) for s in rows for nb in s.notebooks for g in nb.grades]
            return {
                (student, notebook, g.name): None if g.needs_manual_grade else g.score
                for student, notebook, g in grades
                if g.needs_manual_grade or g.manual_score is not None
            }

    def align(self, unit: str, sources: dict[str, NotebookNode]) -> None:
        """Let a unit that was handed in already have the cells of its source of now; nbgrader itself refuses new ones.

        Raises `GradebookError`, with nothing changed, if marks or comments by hand would be lost.
        """
        with self._errors_explained():
            try:
                known = {notebook.name: notebook for notebook in self.nbgrader.find_assignment(unit).notebooks}
            except MissingEntry:
                return
            if not any(notebook.submissions for notebook in known.values()):
                return
            if moved := sorted(set(known) ^ set(sources)):
                raise GradebookError(
                    f"{unit} was handed in already, and the notebook {moved[0]!r} was added or removed since: put it back "
                    "as it was, or give the unit a new name"
                )
            for name, notebook in known.items():
                self._align(notebook, sources[name])
            self.nbgrader.db.commit()

    def _align(self, notebook: Notebook, source: NotebookNode) -> None:
        """Add what a notebook's source has and the gradebook has not; take out the rest."""
        db, cells = self.nbgrader.db, [cell for cell in source.cells if grade_id(cell)]
        for kind, belongs in KINDS.items():
            wanted = {grade_id(cell): cell for cell in cells if belongs(cell)}
            present = {row.name: row for row in db.scalars(select(kind).where(kind.notebook_id == notebook.id))}
            for name in present.keys() - wanted.keys():
                self._remove(present[name], notebook)
            for name in wanted.keys() - present.keys():
                self._add(kind, wanted[name], notebook)

    def _add(self, kind: Any, cell: NotebookNode, notebook: Notebook) -> None:
        """Add a cell of a source, with an empty grade or comment for everybody who has handed in."""
        fields: dict[str, Any] = {"name": grade_id(cell), "notebook_id": notebook.id}
        if kind is not SolutionCell:
            fields["cell_type"] = cell.cell_type
        if kind in (GradeCell, TaskCell):
            fields["max_score"] = float(cell.metadata["nbgrader"]["points"])
        self.nbgrader.db.add(new := kind(**fields))
        self.nbgrader.db.flush()
        for submitted in notebook.submissions if kind is not SourceCell else ():
            if kind is not SolutionCell:
                self.nbgrader.db.add(Grade(cell_id=new.id, notebook=submitted))
            if kind is not GradeCell:
                self.nbgrader.db.add(Comment(cell_id=new.id, notebook=submitted))

    def _remove(self, row: Any, notebook: Notebook) -> None:
        """Remove a cell that its source has no longer, with what the tests have given for it."""
        db = self.nbgrader.db
        if isinstance(row, BaseCell):
            grades = db.scalars(select(Grade).where(Grade.cell_id == row.id)).all()
            comments = db.scalars(select(Comment).where(Comment.cell_id == row.id)).all()
            if any(g.manual_score is not None or g.extra_credit for g in grades) or any(
                c.manual_comment for c in comments
            ):
                raise GradebookError(
                    f"the source of {notebook.name!r} has no cell {row.name!r} any more, which was marked by hand: put it "
                    "back, or take its marks and comments out in formgrader"
                )
            for each in (*grades, *comments):
                db.delete(each)
            db.flush()
        db.delete(row)

    def records(self, unit: str) -> dict[str, Record]:
        """Return student -> (fingerprint, digest of what was written, outcome) of what was marked."""
        with self._errors_explained():
            rows = self.nbgrader.db.execute(select(RECORDS).where(RECORDS.c.unit == unit)).all()
            self.nbgrader.db.rollback()  # no lock is held while notebooks are marked
        return {row.student: (row.fingerprint, row.written, json.loads(row.outcome)) for row in rows}

    def keep(self, unit: str, student: str, fingerprint: str, written: str, outcome: Any) -> None:
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
    ) -> Standing:
        """Write the marks of a submission; return the `Standing`. marked: notebook -> `Marked`, or None where it is missing."""
        with self._errors_explained():
            row = self._submission(unit, submission)
            for notebook in row.notebooks:
                self._mark(notebook, marked.get(notebook.name))
            self.nbgrader.db.flush()
            for notebook in row.notebooks:
                self.nbgrader.db.refresh(notebook)
            self._penalise(row)
            standing = self._standing(row, False)  # before the commit, which forgets what was read
            self._keep(unit, submission.student, fingerprint, written, outcome)
            self.nbgrader.db.commit()
            return standing

    def wait_for_hand(self, unit: str, student: str, notebook: str, tests: set[str]) -> None:
        """Let tests of a submission have no score but one by hand."""
        with self._errors_explained():
            row = self.nbgrader.find_submission_notebook(notebook, unit, student)
            for grade, name in self._named(Grade, row):
                if name in tests:
                    grade.auto_score, grade.needs_manual_grade = None, grade.manual_score is None
            self.nbgrader.db.commit()

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
        beside = {test.name.rsplit("-", 1)[0] for test in marked.tests if not test.tamper_proof} if marked else set()
        for comment, name in self._named(Comment, notebook):
            no_response = marked is not None and name in marked.no_response
            comment.auto_comment = "No response." if no_response else NOT_PROOF if name in beside else None

    def _named(self, kind: Any, notebook: SubmittedNotebook) -> list[Any]:
        """Return (row, name of its cell) pairs of a notebook's grades or comments."""
        query = select(kind, BaseCell.name).join(BaseCell, BaseCell.id == kind.cell_id)
        return self.nbgrader.db.execute(query.where(kind.notebook_id == notebook.id)).all()

    def _penalise(self, submission: SubmittedAssignment) -> None:
        """Set the late penalties by the configured plugin, never below zero or above a score."""
        late = _seconds_late(submission)
        for notebook in submission.notebooks:
            asked = None
            if late > 0:
                asked = self.penalties.late_submission_penalty(submission.student.id, notebook.score, late)
            notebook.late_submission_penalty = None if asked is None else min(max(asked, 0), notebook.score)

    def _keep(self, unit: str, student: str, fingerprint: str, written: str, outcome: Any) -> None:
        here = (RECORDS.c.unit == unit) & (RECORDS.c.student == student)
        self.nbgrader.db.execute(delete(RECORDS).where(here))
        row = {"unit": unit, "student": student, "fingerprint": fingerprint, "written": written}
        self.nbgrader.db.execute(insert(RECORDS).values(**row, outcome=json.dumps(outcome)))


def _seconds_late(submission: SubmittedAssignment) -> float:
    """Return how late it is, with the student's extension; 0 where no time or no due date is known."""
    return submission.total_seconds_late if submission.assignment.duedate is not None else 0.0
