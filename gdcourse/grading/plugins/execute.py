"""The engine inside nbgrader: what `nbgrader autograde` and formgrader's button run in place of nbgrader's `Execute`."""

import atexit
from pathlib import Path

import nbformat
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Float

from gdcourse import resources
from gdcourse.grading.course import submissions
from gdcourse.grading.engine.near_end import Engine
from gdcourse.grading.engine.results import Unit
from gdcourse.grading.limits import CALL_LIMIT, CELL_LIMIT
from gdcourse.grading.notebooks import grade_id

ENGINES = {}


class IsolatedExecute(NbGraderPreprocessor):
    """Run student code in isolated processes and the tests in a judge, and put the outputs into the notebook."""

    timeout = Float(CELL_LIMIT, help="Seconds that one cell may take.").tag(config=True)
    call_timeout = Float(CALL_LIMIT, help="Seconds that one call of student code may take.").tag(config=True)
    unsafe = Bool(False, help="Run without isolation, with your own rights, where the system has none.").tag(
        config=True
    )

    def preprocess(self, nb, resources_):
        names, folder = resources_["nbgrader"], Path(resources_["metadata"]["path"])
        submitted = submissions.read_folder(folder)
        marked = self._engine(names).mark(nbformat.writes(nb).encode(), submitted.files)
        if marked.problem:
            self.log.warning("%s: %s", names["student"], marked.problem)
        executed = nbformat.reads(marked.notebook, as_version=4)
        _keep_checksums(nb, executed)
        return executed, resources_

    def _engine(self, names):
        """Return a warm engine for the notebook's unit, kept for the next student."""
        course = CourseDirectory(config=self.config)
        sources, files = submissions.source_files(course, names["assignment"])
        hidden = (str(course.root), str(resources.root()))
        limits = {
            "cell_limit": self.timeout,
            "call_limit": self.call_timeout,
            "isolated": not self.unsafe,
            "hidden": hidden,
        }
        unit = Unit(sources[names["notebook"]], files, **limits)
        if (key := unit.key) not in ENGINES:
            for engine in ENGINES.values():
                engine.close()
            ENGINES.clear()
            ENGINES[key] = Engine(unit)
            atexit.register(ENGINES[key].close)
        return ENGINES[key]


def _keep_checksums(before, after):
    """Carry over nbgrader's checksums of the cells as released, by which it knows an answer that nobody touched."""
    known = {grade_id(cell): cell.metadata.nbgrader.get("checksum") for cell in before.cells if grade_id(cell)}
    for cell in after.cells:
        if known.get(grade_id(cell)):
            cell.metadata.nbgrader["checksum"] = known[grade_id(cell)]
