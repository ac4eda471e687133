"""What an instructor may set, and the job that comes of it: the same for `gdcourse grade` and for `nbgrader autograde`."""

from typing import Any

from nbgrader.coursedir import CourseDirectory
from traitlets import Bool, Dict, Enum, TraitError, Unicode, validate
from traitlets.config import Configurable

from gdcourse import resources
from gdcourse.grading.course import submissions
from gdcourse.grading.engine.results import Job
from gdcourse.grading.limits import LimitError, Limits


class Grading(Configurable):
    """The settings of grading in `nbgrader_config.py`, such as `c.Grading.limits = {"cell": 120}`."""

    limits = Dict(key_trait=Unicode(), help="Limits of a submission: name -> number.").tag(config=True)
    isolated = Bool(True, help="Isolate student code; without, it has your rights.").tag(config=True)
    strict = Bool(False, help="nbgrader's rules: a warning costs a test's points, a crash the notebook's.").tag(
        config=True
    )

    beside = Enum(
        ["no", "auto"], "no", help="Tests that need the notebook around them: by hand, or beside the student's code?"
    ).tag(config=True)

    @validate("limits")
    def _known_limits(self, proposal: dict[str, Any]) -> dict[str, float]:
        try:
            Limits.of(proposal["value"])
        except LimitError as error:
            raise TraitError(str(error)) from None
        return proposal["value"]

    def all_limits(self) -> Limits:
        """Return the `Limits`. Where no limit of a cell is set, nbgrader's own setting counts, `c.Execute.timeout`."""
        cell = self.config.Execute.get("timeout", Limits.cell) or -1
        total = self.limits.get("total", Limits.total)
        return Limits.of({"cell": cell if cell > 0 else total, **self.limits})

    def jobs(self, coursedir: CourseDirectory, unit: str, checksums: dict[str, dict[str, str]]) -> dict[str, Job]:
        """Return notebook -> `Job` of a unit. checksums: notebook -> cell -> nbgrader's checksum of it as released."""
        sources, files = submissions.source_files(coursedir, unit)
        limits, hidden = self.all_limits(), (str(coursedir.root), str(resources.root()))
        return {
            name: Job(sources[name], files, limits, self.isolated, hidden, sums, self.strict)
            for name, sums in checksums.items()
        }
