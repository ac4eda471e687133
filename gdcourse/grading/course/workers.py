"""Who marks notebooks: threads of this process, each of which waits for an engine of its own."""

import threading
from concurrent.futures import ThreadPoolExecutor

from gdcourse.grading.course import processors
from gdcourse.grading.course.marked_files import merged
from gdcourse.grading.engine.near_end import Engine
from gdcourse.grading.engine.results import EngineError
from gdcourse.grading.notebooks import NotebookError


def mark(engines, unit, notebook, files, cpu=None):
    """Mark a notebook with the engine for ``unit``, started if there is none; an error comes back as a value."""
    engine = engines.setdefault(unit.key, Engine(unit, cpu))
    try:
        return engine.mark(notebook, merged(files, unit.files))
    except (NotebookError, EngineError) as error:
        return error
    except Exception as error:  # whatever it is, it is about this submission and does not stop the class
        engine.close()
        return EngineError(f"it could not be marked ({type(error).__name__}: {error})")


class LocalWorkers:
    """Threads that each wait for an engine of their own."""

    def __init__(self, size):
        self.window = 2 * size  # submissions that are in memory at once
        self.pool = ThreadPoolExecutor(size, thread_name_prefix="grade")
        self.mine = threading.local()
        self.all = []

    def submit(self, unit, notebook, files):
        """Mark one notebook; return a future of `Marked`, or of the exception."""
        return self.pool.submit(lambda: self._mark(unit, notebook, files))

    def submit_all(self, units, submission):
        """Mark the notebooks of a submission; return a future of notebook -> `Marked` or exception."""
        return self.pool.submit(self._mark_all, units, submission)

    def _mark_all(self, units, submission):
        handed_in = {name: submission.notebooks[name] for name in units if name in submission.notebooks}
        return {name: self._mark(units[name], raw, submission.files) for name, raw in handed_in.items()}

    def _mark(self, unit, notebook, files):
        """Mark with this thread's engines, which stay on a processor of their own."""
        if not hasattr(self.mine, "engines"):
            self.mine.engines, self.mine.claim = {}, processors.Claim()
            self.all.append((self.mine.engines, self.mine.claim))
        return mark(self.mine.engines, unit, notebook, files, self.mine.claim.cpu)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.pool.shutdown(wait=False, cancel_futures=True)
        for engines, _ in self.all:
            for engine in list(engines.values()):
                engine.end()
        self.pool.shutdown()
        for _, claim in self.all:
            claim.close()
