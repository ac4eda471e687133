"""One run over the submissions of a unit: which need marking, what the workers return, what is written."""

import errno
import hashlib
import os
import platform
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from dataclasses import asdict, astuple, dataclass, field, replace
from functools import partial
from typing import Any, TypeAlias, TypeVar

from nbgrader.coursedir import CourseDirectory

from gdcourse import __version__
from gdcourse.grading.course import marked_files, submissions
from gdcourse.grading.course.gradebook import THE_SOURCE, CourseGradebook, GradebookError, Record, Standing
from gdcourse.grading.course.submissions import Submission
from gdcourse.grading.course.workers import Results, Workers
from gdcourse.grading.engine.results import EngineError, IsolationError, Job, Marked
from gdcourse.grading.limits import STUDENT_NAME

Some = TypeVar("Some")
Needs: TypeAlias = list[tuple[str, str, str]]  # tests that need the notebook around them: (notebook, test, why)
BY_HAND = "it waits for marks by hand; --beside auto runs it beside the student's code"
ODD_NAME = (errno.ENAMETOOLONG, errno.EILSEQ, errno.EINVAL, errno.ELOOP)  # the submission's fault, not the disk's


class GradingError(Exception):
    """The class cannot be graded; the message says why."""


@dataclass
class Outcome:
    """What came out for one student. problem: what to look at, in a line, or None.

    tests: one dict per test cell, as in `engine.results.Test`, with its notebook.  fresh: was it marked in this run?
    late: what is said of lateness.  waiting: cells to mark by hand.  settled: has its late penalty changed in this run?
    seed: that from which its tests may have drawn inputs.
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
    late: str = ""
    waiting: list[str] = field(default_factory=list)
    settled: bool = False
    seed: int = 0

    def stands(self, standing: Standing | None) -> "Outcome":
        """Take over what the gradebook says of the student now; return itself."""
        if standing is not None:
            self.score, self.late, self.waiting, self.settled = astuple(standing)
        return self

    @property
    def points(self) -> dict[str, float | None]:
        """Return test cell -> points earned."""
        return {test["name"]: test["score"] for test in self.tests}


class Run:
    """One run over a unit. jobs: notebook -> `Job`, how each is marked; gradebook: an open `CourseGradebook`.

    beside: do tests that need the notebook around them run beside the student's code? Else they wait for marks by hand.
    notices: what an instructor should know of the unit, a line each.
    """

    def __init__(
        self,
        coursedir: CourseDirectory,
        unit: str,
        jobs: dict[str, Job],
        gradebook: CourseGradebook,
        beside: bool = False,
    ) -> None:
        self.coursedir, self.unit, self.jobs, self.gradebook, self.beside = coursedir, unit, jobs, gradebook, beside
        self.max_score, self.key = gradebook.max_score(unit), gradebook.key()
        about = repr((sorted(jobs.items()), *["beside"] * beside))
        self.digest = hashlib.sha256(about.encode()).hexdigest()  # of all but the submissions
        self.unjudged: Needs = []  # tests that wait for marks by hand
        self.notices: list[str] = []

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
        standing = self.gradebook.settle(self.unit, student)
        if standing is None and written:
            return None  # somebody took the marks out of the gradebook
        return Outcome(**{**outcome, "fresh": False, "score": 0.0}).stands(standing)

    def knows_the_solution(self) -> bool:
        """Was the solution marked before, by the same job, with the same software? Then what came out counts."""
        _, by, needs = self._known_solution()
        if by == self._software():
            self._heed(needs)
        return by == self._software()

    def _known_solution(self) -> Record:
        """Return the gradebook's record of the unit's source; nbgrader's own release has made none."""
        return self.gradebook.records(self.unit).get(THE_SOURCE, ("", "", []))

    def check_the_solution(self, workers: Workers) -> None:
        """Mark the unit's own solution. What it loses is a fault of the unit, which is found before a student pays for it.

        But for a test that passes beside the solution's code and not from outside: it leans on the notebook around it.
        """
        needs = self._needs(workers, self.jobs)
        if needs and (lost := self._needs(workers, {name: _beside(job, needs) for name, job in self.jobs.items()})):
            name, test, why = lost[0]
            raise GradingError(
                f"the solution of {self.unit}/{name} does not earn full marks, so nobody was marked: {test}: {why}"
            )
        source, *_ = self._known_solution()
        self.gradebook.keep(self.unit, THE_SOURCE, source, self._software(), needs)
        self._heed(needs)

    def _needs(self, workers: Workers, jobs: dict[str, Job]) -> Needs:
        """Return the tests that the solution fails by these jobs, as (notebook, test, why)."""
        solution, lost = Submission("", {name: job.source.encode() for name, job in jobs.items()}), []
        for name, marked in workers.submit(jobs, solution).result().items():
            if isinstance(marked, EngineError):
                raise marked
            if isinstance(marked, Exception) or marked.problem:
                why = marked if isinstance(marked, Exception) else marked.problem
                raise GradingError(f"the solution of {self.unit}/{name} cannot be marked, so nobody was marked: {why}")
            failed = (t for t in marked.tests if t.score is not None and t.score < t.points)
            lost += [(name, test.name, test.failed or "no reason was given") for test in failed]
        return lost

    def _heed(self, needs: Needs) -> None:
        """Let the tests that need the notebook around them run beside the student's code, or wait for marks by hand."""
        if self.beside:
            self.jobs = {name: _beside(job, needs) for name, job in self.jobs.items()}
        else:
            self.unjudged = needs
        then = "it runs beside the student's code and is not tamper-proof" if self.beside else BY_HAND
        self.notices = [f"{test} in {name} needs the notebook around it ({why}): {then}" for name, test, why in needs]

    def _software(self) -> str:
        """Return a digest of what the solution's marks depend on beside the job: this machine's Python and its packages."""
        folders = [(path, os.stat(path).st_mtime_ns) for path in sys.path if os.path.isdir(path)]
        about = repr((self.digest, sys.version, platform.node(), __version__, folders))
        return hashlib.sha256(about.encode()).hexdigest()

    def marked(self, waiting: deque[str], workers: Workers) -> Iterator[Outcome]:
        """Keep the workers busy, write what they return, and yield each `Outcome`; few submissions are in memory at once."""
        running: dict[Future[Results], Submission] = {}
        while waiting or running:
            while waiting and len(running) < workers.window:
                student = waiting.popleft()
                submission = self._of(student, partial(self.read, student))
                if isinstance(submission, Outcome):
                    yield submission
                else:
                    running[workers.submit(self.jobs, submission)] = submission
            done, _ = wait(running, return_when=FIRST_COMPLETED) if running else ((), ())
            for future in done:
                with _without_interruption():
                    submission = running.pop(future)
                    yield self._of(submission.student, partial(self._write, submission, future))

    def read(self, student: str) -> Submission:
        """Return what a student handed in, with its seed."""
        submission = submissions.read(self.coursedir, self.unit, student)
        submission.seed = submission.drawn_from(self.key, self.unit)
        return submission

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
        if (earlier := self.gradebook.settle(self.unit, submission.student)) is not None:
            outcome.stands(earlier).problem = f"{problem}; the mark of an earlier submission stays"
        self.gradebook.keep(self.unit, submission.student, fingerprint, "", {**asdict(outcome), "notebooks": []})
        return outcome

    def _outcome(self, submission: Submission, results: Results) -> tuple[Outcome, dict[str, Marked]]:
        """Return (`Outcome` without a score, notebook -> `Marked` as far as there are any)."""
        marked = {name: self._without_unjudged(name, r) for name, r in results.items() if not isinstance(r, Exception)}
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
            seed=submission.seed,
        )
        return outcome, marked

    def _without_unjudged(self, name: str, marked: Marked) -> Marked:
        """Return a marked notebook in which tests that nobody can judge from outside have no score, which is not 0."""
        waiting = self.waiting(name)
        tests = [replace(t, score=None, failed=None) if t.name in waiting else t for t in marked.tests]
        return replace(marked, tests=tests)

    def waiting(self, name: str) -> set[str]:
        """Return the tests of a notebook that wait for marks by hand."""
        return {test for notebook, test, _ in self.unjudged if notebook == name}

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
                outcome.stands(self.gradebook.write(self.unit, submission, marked, fingerprint, digest, kept))
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


def _beside(job: Job, needs: Needs) -> Job:
    """Return the job with some of its tests run beside the student's code."""
    return replace(job, beside=tuple(sorted({*job.beside, *(test for _, test, _ in needs)})))


def _no_name(name: str) -> str | None:
    """Return why this name of a folder cannot stand in a gradebook, or None."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return "not UTF-8"
    return f"longer than {STUDENT_NAME} characters" if len(name) > STUDENT_NAME else None
