"""The course's configuration of nbgrader, in one place: `nbgrader_config.py` of the sources and of each new course call it."""

import os
import sys
from pathlib import Path

from traitlets.config import Config

from gdcourse.grading.limits import FILE_BYTES, Limits

STUB = "# Your code here.\nraise NotImplementedError()"


def configure(c: Config, root: str | Path, source: str) -> None:
    """Fill nbgrader's configuration ``c``. root: the course's folder; source: the name of the folder with the sources in it."""
    # nbgrader calls `alembic` by its name: let it be found where the environment is not activated.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])

    c.CourseDirectory.course_id = "gdcourse"
    c.CourseDirectory.root = str(root)
    c.CourseDirectory.source_directory = source
    c.CourseDirectory.ignore = [".*", "*.pyc", "__pycache__", "*.py", "*.toml"]
    c.CourseDirectory.max_file_size = FILE_BYTES // 1000  # kilobytes

    # One student at a time: stop an endless loop, and put deleted, edited and doubled test cells right before grading.
    c.ExecutePreprocessor.timeout = c.Execute.timeout = int(Limits.cell)
    c.Execute.extra_arguments = ["--IPKernelApp.log_level=ERROR"]
    c.OverwriteCells.add_missing_cells = True
    c.ClearSolutions.code_stub = {"python": STUB}
    c.Autograde.sanitize_preprocessors = [
        "nbgrader.preprocessors.ClearOutput",
        "gdcourse.grading.plugins.restore.RestoreTests",
        "nbgrader.preprocessors.DeduplicateIds",
        "nbgrader.preprocessors.OverwriteKernelspec",
        "nbgrader.preprocessors.OverwriteCells",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    if "nbgrader.converters" in sys.modules:  # else this process runs no command of nbgrader's
        from gdcourse.grading.plugins import autograde

        autograde.guard()
    if (formgrader := sys.modules.get("nbgrader.server_extensions.formgrader.formgrader")) is not None:
        from gdcourse.grading.plugins import formulas

        formulas.take_over(formgrader)
    c.Autograde.autograde_preprocessors = [
        "gdcourse.grading.plugins.execute.IsolatedExecute",  # nbgrader's own: "nbgrader.preprocessors.Execute"
        "gdcourse.grading.plugins.stderr.WarningsAreInformation",  # take this line out for nbgrader's own rule
        "nbgrader.preprocessors.IgnorePattern",
        "nbconvert.preprocessors.ClearMetadataPreprocessor",
        "nbgrader.preprocessors.LimitOutput",
        "nbgrader.preprocessors.SaveAutoGrades",
        "gdcourse.grading.plugins.execute.WaitForHand",
        "nbgrader.preprocessors.AssignLatePenalties",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    # What a student reads holds no hidden test, and nothing that another student could let run in it.
    c.GenerateFeedback.exporter_class = "gdcourse.grading.plugins.feedback.FeedbackExporter"
    c.GenerateFeedback.preprocessors = [
        "nbgrader.preprocessors.GetGrades",
        "gdcourse.grading.plugins.feedback.HideHiddenTests",
        "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
    ]
