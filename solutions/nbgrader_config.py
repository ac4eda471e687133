"""nbgrader's configuration: run `nbgrader` in this folder, with the course's sources, to release and to grade."""

import os
import sys
from pathlib import Path

# nbgrader calls `alembic` by its name: let it be found where the environment is not activated.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])

c = get_config()  # noqa: F821

here = Path(__file__).resolve().parent
c.CourseDirectory.course_id = "gdcourse"
c.CourseDirectory.root = str(here.parent)
c.CourseDirectory.source_directory = here.name
c.CourseDirectory.ignore = [".*", "*.pyc", "__pycache__", "*.py", "*.toml"]
c.CourseDirectory.max_file_size = 20_000  # kilobytes

# One student at a time: stop an endless loop, and put deleted, edited and doubled test cells right before grading.
c.ExecutePreprocessor.timeout = 60
c.Execute.timeout = 60
c.Execute.extra_arguments = ["--IPKernelApp.log_level=ERROR"]
c.OverwriteCells.add_missing_cells = True
c.ClearSolutions.code_stub = {"python": "# Your code here.\nraise NotImplementedError()"}
c.Autograde.autograde_preprocessors = [
    "nbgrader.preprocessors.Execute",
    "gdcourse.grading.warnings.WarningsAreInformation",  # take this line out for nbgrader's own rule
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.sanitize_preprocessors = [
    "nbgrader.preprocessors.ClearOutput",
    "gdcourse.grading.restore.RestoreTests",
    "nbgrader.preprocessors.DeduplicateIds",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# What a student reads holds no hidden test.
c.GenerateFeedback.preprocessors = [
    "nbgrader.preprocessors.GetGrades",
    "gdcourse.grading.feedback.HideHiddenTests",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]
