"""Grade a class: in parallel, only what is new or changed, with nbgrader's marks in nbgrader's gradebook and folders.

    grader = Grader(folder)
    for outcome in grader.run("01_loss", jobs=2): ...

Workers mark notebooks with an `Engine` each: threads of this process that wait for it, or the processes of a Dask cluster.
This process alone writes the gradebook, after each submission. A run may end at any moment: the next one goes on from there.
"""

import hashlib
import signal
import threading
from collections import deque
from concurrent.futures import FIRST_COMPLETED, wait
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field

from nbgrader.api import MissingEntry

from gdcourse import resources
from gdcourse.grading.course import marked_files, processors, submissions
from gdcourse.grading.course.gradebook import Book
from gdcourse.grading.course.nbgrader_course import Classroom
from gdcourse.grading.course.workers import LocalWorkers
from gdcourse.grading.engine.results import EngineError, IsolationError, Unit
from gdcourse.grading.limits import CALL_LIMIT, CELL_LIMIT


THE_SOURCE = ""  # the unit's own row among the records: no student has this name


class GradingError(Exception):
    """The class cannot be graded; the message says why."""


@dataclass
class Outcome:
    """What came out for one student. problem: what to look at, in a line, or None.

    tests: one dict per test cell, as in `engine.Test`, with its notebook.  fresh: was it marked in this run?
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
    def points(self):
        """Return test cell -> points earned."""
        return {test["name"]: test["score"] for test in self.tests}


class Grader:
    """Grades the units of one nbgrader course folder. overrides: a `traitlets` config that wins over the folder's own."""

    def __init__(
        self, folder, overrides=None, *, db=None, isolated=True, strict=False, call_limit=CALL_LIMIT, limits=None
    ):
        self.room = Classroom(folder, overrides)
        self.coursedir = self.room.coursedir
        if db:
            self.coursedir.db_url = db
        self.options = {"isolated": isolated, "strict": strict, "call_limit": call_limit, "limits": limits or {}}

    def open(self):
        """Return the course's `Book`."""
        return Book(self.coursedir.db_url, self.coursedir.course_id, self.room.config)

    def students(self, unit):
        """Return the students who handed in ``unit``, sorted."""
        return submissions.students(self.coursedir, unit)

    def units(self, unit, book):
        """Return notebook -> `Unit` for the engines; release the unit first, if its source is new to the gradebook."""
        sources, files = submissions.source_files(self.coursedir, unit)
        if not sources:
            folder = self.coursedir.format_path(self.coursedir.source_directory, ".", unit)
            raise GradingError(f"expected notebooks in {folder}: no unit of this name has a source here")
        digest = hashlib.sha256(repr((sources, sorted(files.items()))).encode()).hexdigest()
        known, *_ = book.records(unit).get(THE_SOURCE, (None,))
        if known != digest or not self._released(unit, book):
            self.room.release(unit)
            book.keep(unit, THE_SOURCE, digest, "", {})
        limit = self.room.config.Execute.get("timeout", CELL_LIMIT)
        hidden = (str(self.coursedir.root), str(resources.root()))
        more = {"files": files, "cell_limit": float(limit), "hidden": hidden, **self.options}
        return {name: Unit(sources[name], checksums=sums, **more) for name, sums in book.checksums(unit).items()}

    def _released(self, unit, book):
        try:
            return bool(book.checksums(unit))
        except MissingEntry:
            return False

    def run(self, unit, students=None, *, jobs=None, scheduler=None, force=False, on_plan=None):
        """Grade ``unit`` and yield an `Outcome` per student, as they are done; those that need no marking come first.

        jobs: how many at once (the number of processors).  scheduler: address of a Dask cluster, instead.
        force: mark again what has not changed.  on_plan(number): told how many will be marked.
        Raises `GradingError`, `IsolationError`, `GradebookError`; what is marked by then stays.
        """
        with closing(self.open()) as book:
            units = self.units(unit, book)
            known = {} if force else book.records(unit)
            max_score = book.max_score(unit)
            prints = hashlib.sha256(repr(sorted(units.items())).encode()).hexdigest()
            waiting = deque()
            for student in students if students is not None else self.students(unit):
                if not _is_text(student):
                    yield Outcome(student, 0.0, max_score, "the folder's name is not UTF-8: not marked", fresh=False)
                elif outcome := self._unchanged(unit, student, known.get(student), prints, book):
                    yield outcome
                else:
                    waiting.append(student)
            if on_plan:
                on_plan(len(waiting))
            if waiting:
                with _workers(jobs or len(processors.available()), scheduler) as workers:
                    self._check_the_solution(unit, units, workers)
                    yield from self._marked(unit, units, prints, waiting, workers, book, max_score)

    def _unchanged(self, unit, student, record, prints, book):
        """Return the recorded outcome of a submission that has not changed since, or None."""
        if record is None:
            return None
        fingerprint, written, outcome = record
        submission = submissions.read(self.coursedir, unit, student)
        if submission.fingerprint(prints) != fingerprint:
            return None
        if written and marked_files.written(self.coursedir, unit, student, outcome["notebooks"]) != written:
            return None
        outcome.pop("notebooks")
        score = book.score(unit, student)
        if score is None and written:
            return None  # somebody took the marks out of the gradebook
        score = score or 0.0
        return Outcome(**{**outcome, "fresh": False, "score": score})

    def _check_the_solution(self, unit, units, workers):
        """Mark the unit's own solution: anything but full marks is a fault of the unit, found before a student pays for it."""
        for name, each in units.items():
            marked = workers.submit(each, each.source.encode(), {}).result()
            if isinstance(marked, EngineError):
                raise marked
            if isinstance(marked, Exception):
                raise GradingError(f"the solution of {unit}/{name} cannot be marked, so nobody was marked: {marked}")
            lost = [t for t in marked.tests if t.score is not None and t.score < t.points]
            if lost or marked.problem:
                why = marked.problem or f"{lost[0].name}: {lost[0].failed}"
                raise GradingError(
                    f"the solution of {unit}/{name} does not earn full marks, so nobody was marked: {why}"
                )

    def _marked(self, unit, units, prints, waiting, workers, book, max_score):
        """Keep the workers busy and write what they return; a bounded number of submissions is in memory."""
        running = {}
        while waiting or running:
            while waiting and len(running) < workers.window:
                submission = submissions.read(self.coursedir, unit, waiting.popleft())
                running[workers.submit_all(units, submission)] = submission
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                with _without_interruption():
                    yield self._write(unit, units, prints, running.pop(future), future.result(), book, max_score)

    def _write(self, unit, units, prints, submission, results, book, max_score):
        """Write the marks and files of one submission; return its `Outcome`."""
        for result in results.values():
            if isinstance(result, IsolationError):
                raise result
        failed = [str(r) for r in results.values() if isinstance(r, Exception)]
        is_final = not any(isinstance(r, EngineError) for r in results.values())
        marked = {name: r for name, r in results.items() if not isinstance(r, Exception)}
        missing = [f"{name}.ipynb is missing" for name in units if name not in results]
        problems = failed + [m.problem for m in marked.values() if m.problem] + missing
        outcome = Outcome(
            submission.student,
            0.0,
            max_score,
            problem="; ".join(problems) or None,
            tampered=any(m.tampered for m in marked.values()),
            notes=submission.notes,
            tests=[{"notebook": name, **asdict(test)} for name, m in marked.items() for test in m.tests],
            seconds=sum(m.seconds for m in marked.values()),
        )
        fingerprint = submission.fingerprint(prints) if is_final else ""  # what was not its fault is marked again
        if marked:
            return self._keep(unit, units, submission, marked, fingerprint, outcome, book)
        if (earlier := book.score(unit, submission.student)) is not None:
            outcome.score = earlier
            outcome.problem += "; the mark of an earlier submission stays"
        book.keep(unit, submission.student, fingerprint, "", {**asdict(outcome), "notebooks": []})
        return outcome

    def _keep(self, unit, units, submission, marked, fingerprint, outcome, book):
        """Write marks and files: first the files into a new folder, then the gradebook, then the folder goes to its place.

        Cut off before the gradebook is written, this has done nothing; after it, the files do not match the record.
        """
        texts = {name: m.notebook for name, m in marked.items()}
        extra = next(iter(units.values())).files
        outcome.score = _total(marked)
        kept = {**asdict(outcome), "notebooks": list(texts)}
        try:
            with marked_files.written_beside(self.coursedir, unit, submission, texts, extra):
                outcome.score = book.write(unit, submission, marked, fingerprint, marked_files.digest(texts), kept)
        except OSError as error:
            why = f"{error.strerror or error}: {error.filename or self.coursedir.autograded_directory}"
            raise GradingError(
                f"what {submission.student!r} gets could not be written ({why}): mend this, then run again"
            ) from None
        return outcome


@contextmanager
def _without_interruption():
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


def _is_text(name):
    """Can this name of a folder stand in a gradebook?"""
    try:
        return bool(name.encode())
    except UnicodeEncodeError:
        return False


def _total(marked):
    return sum(test.score or 0.0 for m in marked.values() for test in m.tests)


def _workers(jobs, scheduler):
    if scheduler is None:
        return LocalWorkers(jobs)
    from gdcourse.grading.course.dask import DaskWorkers

    return DaskWorkers(scheduler)
