"""Workers of a Dask cluster: each process of it marks notebooks with engines of its own.

Start one with `dask scheduler` and, on each machine that has gdcourse installed, `dask worker tcp://HOST:8786 --nthreads 1`.
A worker that dies is replaced by another; if the scheduler dies, what is marked by then stays, and the next run goes on.
"""

import logging
import threading
from concurrent.futures import Future
from dataclasses import replace
from functools import cache
from typing import Any

from distributed import Client, KilledWorker

from gdcourse.grading.course.processors import Claim
from gdcourse.grading.course.submissions import Submission
from gdcourse.grading.course.workers import Engines, Results
from gdcourse.grading.engine.results import EngineError, Job
from gdcourse.grading.limits import CLUSTER

AT_LEAST = 32  # submissions that are with the cluster at once, so that workers that come later find work
GO_ON = "what is marked by now stays; run again to go on"
ONE_AT_A_TIME = threading.Lock()  # in a worker's process


def mark(jobs: dict[str, Job], submission: Submission) -> Results:
    """Mark a submission's notebooks in this process; runs on a worker."""
    with ONE_AT_A_TIME:
        return _engines().mark(jobs, submission)


@cache
def _engines() -> Engines:
    """Return this worker's engines, on a processor that the machine's other workers do not have."""
    return Engines(_claim().cpu)


@cache
def _claim() -> Claim:
    """Return this worker's claim, which lasts as long as the worker."""
    return Claim()


class DaskWorkers:
    """The workers of the cluster at an address such as tcp://HOST:8786."""

    def __init__(self, scheduler: str) -> None:
        logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # a lost cluster is told in a line, here
        try:
            self.client = Client(scheduler, timeout=CLUSTER, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise EngineError(f"no Dask scheduler answers at {scheduler}: {error}") from None
        try:
            self.client.wait_for_workers(1, timeout=CLUSTER)
        except TimeoutError:
            self.client.close()
            raise EngineError(f"the Dask scheduler at {scheduler} has no worker: start one, then run again") from None
        self.running: set[Any] = set()
        self.window = max(AT_LEAST, 2 * len(self.client.nthreads()))

    def submit(self, jobs: dict[str, Job], submission: Submission) -> Future[Results]:
        """Mark the notebooks of a submission; return a future of notebook -> `Marked` or exception."""
        followed: Future[Results] = Future()
        handed_in = {name: submission.notebooks[name] for name in jobs if name in submission.notebooks}
        sent = replace(submission, notebooks=handed_in, timestamp=None)
        task = self.client.submit(mark, jobs, sent, pure=False, retries=2)

        def follow(task: Any) -> None:
            self.running.discard(task)
            try:
                followed.set_result(task.result())
            except KilledWorker:
                lost = EngineError("the workers that were to mark it died, one after the other")
                followed.set_result(dict.fromkeys(handed_in, lost))
            except BaseException as error:  # lost with the cluster: told to whoever waits for it
                why = (str(error) or type(error).__name__).splitlines()[0]
                followed.set_exception(EngineError(f"the Dask cluster was lost ({why}): {GO_ON}"))

        task.add_done_callback(follow)
        self.running.add(task)  # Dask forgets a task that nobody holds
        return followed

    def __enter__(self) -> "DaskWorkers":
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close(timeout=CLUSTER)
