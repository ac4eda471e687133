"""One run over the submissions of a unit: which need marking, what the workers return, what is written."""

import errno
import hashlib
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any, TypeVar

from nbgrader.coursedir import CourseDirectory

from gdcourse.grading.course import marked_files, submissions
from gdcourse.grading.course.gradebook import CourseGradebook, GradebookError, Record
from gdcourse.grading.course.submissions import Submission
from gdcourse.grading.course.workers import Results, Workers
from gdcourse.grading.engine.results import EngineError, IsolationError, Job, Marked
from gdcourse.grading.limits import STUDENT_NAME

Some = TypeVar("Some")
ODD_NAME = (errno.ENAMETOOLONG, errno.EILSEQ, errno.EINVAL, errno.ELOOP)  # the submission's fault, not the disk's


class GradingError(Exception):
    """The class cannot be graded; the message says why."""


@dataclass
class Outcome:
    """What came out for one student. problem: what to look at, in a line, or None.

    tests: one dict per test cell, as in `engine.results.Test`, with its notebook.  fresh: was it marked in this run?
    """

    student: str
    score: float
    max_score: float
    problem: str | None = None
    tampered: bool = False
    notes: list[str] = field(default_factory=list)
    tests: list[dict] = field(default_factory=list)
    seconds: float = 0.0
    fresh: bool = True

    @property
    def points(self) -> dict[str, float | None]:
        """Return test cell -> points earned."""
        return {test["name"]: test["score"] for test in self.tests}


class Run:
    """One run over a unit. jobs: notebook -> `Job`, how each is marked; gradebook: an open `CourseGradebook`."""

    def __init__(self, coursedir: CourseDirectory, unit: str, jobs: dict[str, Job], gradebook: CourseGradebook) -> None:
        self.coursedir, self.unit, self.jobs, self.gradebook = coursedir, unit, jobs, gradebook
        self.max_score = gradebook.max_score(unit)
        self.digest = hashlib.sha256(repr(sorted(jobs.items())).encode()).hexdigest()  # of all but the submissions

    def without_marking(self, student: str, record: Record | None) -> Outcome | None:
        """Return the `Outcome` of a student who needs no marking, or None. record: the gradebook's, of an earlier run."""
        if why := _no_name(student):
            return Outcome(student, 0.0, self.max_score, f"the folder's name is {why}: not marked", fresh=False)
        return None if record is None else self._of(student, lambda: self._unchanged(student, *record))

    def _of(self, student: str, work: Callable[[], Some]) -> Some | Outcome:
        """Do a piece of work on one submission. Whatever goes wrong with it is that student's problem, here and only here.

        What is wrong with the course or the machine goes through: a full disk, the gradebook, isolation, a lost cluster.
        """
        try:
            return work()
        except (GradingError, GradebookError, EngineError):
            raise
        except Exception as error:
            self.gradebook.undo()
            why = (str(error) or type(error).__name__).splitlines()[0]
            return self._unmarked(Submission(student), "", f"it cannot be marked ({type(error).__name__}: {why:.200})")

    def _unchanged(self, student: str, fingerprint: str, written: str, outcome: dict[str, Any]) -> Outcome | None:
        """Return the recorded outcome if neither the submission nor what was written has changed since, or None."""
        if submissions.read(self.coursedir, self.unit, student).fingerprint(self.digest) != fingerprint:
            return None
        if written and marked_files.written(self.coursedir, self.unit, student, outcome["notebooks"]) != written:
            return None
        outcome.pop("notebooks")
        score = self.gradebook.score(self.unit, student)
        if score is None and written:
            return None  # somebody took the marks out of the gradebook
        return Outcome(**{**outcome, "fresh": False, "score": score or 0.0})

    def check_the_solution(self, workers: Workers) -> None:
        """Mark the unit's own solution: anything but full marks is a fault of the unit, found before a student pays for it."""
        solution = Submission("", {name: job.source.encode() for name, job in self.jobs.items()})
        for name, marked in workers.submit(self.jobs, solution).result().items():
            if isinstance(marked, EngineError):
                raise marked
            if isinstance(marked, Exception):
                raise GradingError(
                    f"the solution of {self.unit}/{name} cannot be marked, so nobody was marked: {marked}"
                )
            lost = [t for t in marked.tests if t.score is not None and t.score < t.points]
            if lost or marked.problem:
                why = marked.problem or f"{lost[0].name}: {lost[0].failed}"
                raise GradingError(
                    f"the solution of {self.unit}/{name} does not earn full marks, so nobody was marked: {why}"
                )

    def marked(self, waiting: deque[str], workers: Workers) -> Iterator[Outcome]:
        """Keep the workers busy, write what they return, and yield each `Outcome`; few submissions are in memory at once."""
        running: dict[Future[Results], Submission] = {}
        while waiting or running:
            while waiting and len(running) < workers.window:
                student = waiting.popleft()
                submission = self._of(student, partial(submissions.read, self.coursedir, self.unit, student))
                if isinstance(submission, Outcome):
                    yield submission
                else:
                    running[workers.submit(self.jobs, submission)] = submission
            done, _ = wait(running, return_when=FIRST_COMPLETED) if running else ((), ())
            for future in done:
                with _without_interruption():
                    submission = running.pop(future)
                    yield self._of(submission.student, partial(self._write, submission, future))

    def _write(self, submission: Submission, future: Future[Results]) -> Outcome:
        """Write the marks and files of one submission; return its `Outcome`. future: of notebook -> `Marked` or exception."""
        results = future.result()
        for result in results.values():
            if isinstance(result, IsolationError):
                raise result
        outcome, marked = self._outcome(submission, results)
        is_final = not any(isinstance(r, EngineError) for r in results.values())
        fingerprint = submission.fingerprint(self.digest) if is_final else ""  # what was not its fault is marked again
        if marked:
            return self._keep(submission, marked, fingerprint, outcome)
        return self._unmarked(submission, fingerprint, outcome.problem or "")

    def _unmarked(self, submission: Submission, fingerprint: str, problem: str) -> Outcome:
        """Record that a submission has no mark, and why; return its `Outcome`."""
        outcome = Outcome(submission.student, 0.0, self.max_score, problem, notes=submission.notes)
        if (earlier := self.gradebook.score(self.unit, submission.student)) is not None:
            outcome.score = earlier
            outcome.problem = f"{problem}; the mark of an earlier submission stays"
        self.gradebook.keep(self.unit, submission.student, fingerprint, "", {**asdict(outcome), "notebooks": []})
        return outcome

    def _outcome(self, submission: Submission, results: Results) -> tuple[Outcome, dict[str, Marked]]:
        """Return (`Outcome` without a score, notebook -> `Marked` as far as there are any)."""
        marked = {name: r for name, r in results.items() if not isinstance(r, Exception)}
        problems = [str(r) for r in results.values() if isinstance(r, Exception)]
        problems += [m.problem for m in marked.values() if m.problem]
        problems += [f"{name}.ipynb is missing" for name in self.jobs if name not in results]
        outcome = Outcome(
            submission.student,
            0.0,
            self.max_score,
            problem="; ".join(problems) or None,
            tampered=any(m.tampered for m in marked.values()),
            notes=submission.notes,
            tests=[{"notebook": name, **asdict(test)} for name, m in marked.items() for test in m.tests],
            seconds=sum(m.seconds for m in marked.values()),
        )
        return outcome, marked

    def _keep(self, submission: Submission, marked: dict[str, Marked], fingerprint: str, outcome: Outcome) -> Outcome:
        """Write marks and files: first the files into a new folder, then the gradebook, then the folder goes to its place.

        Cut off before the gradebook is written, this has done nothing; after it, the files do not match the record.
        """
        texts = {name: m.notebook for name, m in marked.items()}
        extra = next(iter(self.jobs.values())).files
        outcome.score = sum(test.score or 0.0 for m in marked.values() for test in m.tests)
        kept, digest = {**asdict(outcome), "notebooks": list(texts)}, marked_files.digest(texts)
        try:
            with marked_files.written_beside(self.coursedir, self.unit, submission, texts, extra):
                outcome.score = self.gradebook.write(self.unit, submission, marked, fingerprint, digest, kept)
        except OSError as error:
            if error.errno in ODD_NAME:
                raise
            why = f"{error.strerror or error}: {error.filename or self.coursedir.autograded_directory}"
            raise GradingError(
                f"what {submission.student!r} gets could not be written ({why}): mend this, then run again"
            ) from None
        return outcome


@contextmanager
def _without_interruption() -> Iterator[None]:
    """Hold Ctrl-C back until the block is done: what is in the gradebook is then also in the files, and counted."""
    if threading.current_thread() is not threading.main_thread():  # no other thread is interrupted
        yield
        return
    held = []
    before = signal.signal(signal.SIGINT, lambda *_: held.append(True))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if held:
        raise KeyboardInterrupt


def _no_name(name: str) -> str | None:
    """Return why this name of a folder cannot stand in a gradebook, or None."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return "not UTF-8"
    return f"longer than {STUDENT_NAME} characters" if len(name) > STUDENT_NAME else None
