"""Who marks notebooks: threads of this process, each of which waits for engines of its own."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol, TypeAlias

from gdcourse.grading.course import processors
from gdcourse.grading.course.marked_files import merged
from gdcourse.grading.course.submissions import Submission
from gdcourse.grading.engine.near_end import Engine
from gdcourse.grading.engine.results import EngineError, Job, Marked
from gdcourse.grading.notebooks import NotebookError

Results: TypeAlias = dict[str, Marked | Exception]  # notebook -> what came of it


class Workers(Protocol):
    """What marks submissions. window: how many may be with it at once."""

    window: int

    def submit(self, jobs: dict[str, Job], submission: Submission) -> Future[Results]:
        """Mark the notebooks of a submission; return a future of what came of each."""
        ...

    def __enter__(self) -> "Workers": ...

    def __exit__(self, *_: object) -> None: ...


class Engines:
    """The warm engines of one worker, one for each job of the unit that it marks. cpu: the processor that they stay on."""

    def __init__(self, cpu: int | None = None) -> None:
        self.cpu = cpu
        self._warm: dict[str, Engine] = {}

    def mark(self, jobs: dict[str, Job], submission: Submission) -> Results:
        """Return notebook -> `Marked` or exception of a submission. jobs: notebook -> `Job`."""
        for key in set(self._warm) - {job.key for job in jobs.values()}:  # of another unit, or of its older source
            self._warm.pop(key).close()
        return {name: self._marked(job, submission, name) for name, job in jobs.items() if name in submission.notebooks}

    def _marked(self, job: Job, submission: Submission, name: str) -> Marked | Exception:
        engine = self._warm.setdefault(job.key, Engine(job, self.cpu))
        try:
            return engine.mark(submission.notebooks[name], merged(submission.files, job.files), submission.seed)
        except (NotebookError, EngineError) as error:
            return error
        except Exception as error:  # whatever it is, it is about this submission and does not stop the class
            engine.close()
            return EngineError(f"it cannot be marked ({type(error).__name__}: {error})")

    def end(self) -> None:
        """Close them for good, also if another thread is just waiting for a mark."""
        for engine in list(self._warm.values()):
            engine.end()


class LocalWorkers:
    """Threads that each wait for engines of their own."""

    def __init__(self, size: int) -> None:
        self.window = 2 * size  # submissions that are in memory at once
        self.pool = ThreadPoolExecutor(size, thread_name_prefix="grade")
        self.mine = threading.local()
        self.all: list[tuple[Engines, processors.Claim]] = []

    def submit(self, jobs: dict[str, Job], submission: Submission) -> Future[Results]:
        """Mark the notebooks of a submission; return a future of notebook -> `Marked` or exception."""
        return self.pool.submit(self._mark, jobs, submission)

    def _mark(self, jobs: dict[str, Job], submission: Submission) -> Results:
        """Mark with this thread's engines, which stay on a processor of their own."""
        if not hasattr(self.mine, "engines"):
            claim = processors.Claim()
            self.mine.engines = Engines(claim.cpu)
            self.all.append((self.mine.engines, claim))
        return self.mine.engines.mark(jobs, submission)

    def __enter__(self) -> "LocalWorkers":
        return self

    def __exit__(self, *error: object) -> None:
        self.pool.shutdown(wait=False, cancel_futures=True)
        for engines, _ in self.all:
            engines.end()
        self.pool.shutdown()
        for _, claim in self.all:
            claim.close()
