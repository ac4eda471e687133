"""`nbgrader autograde` sees of a submission what `gdcourse grade` sees: plain files within the limits, and no link.

nbgrader lists, opens and copies what a student handed in before it calls any preprocessor, and it follows links there. No
setting changes that, so `guard` puts functions in the place of nbgrader's: its conversion gets a folder of copies, which
`submissions.read` makes, and a time stamp that is none counts as missing.
"""

from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory

from nbgrader.apps import NbGraderAPI
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory

from gdcourse.grading.course import submissions
from gdcourse.grading.course.submissions import Submission

OURS = "gdcourse.grading.plugins.execute.IsolatedExecute"
STOCK = Autograde.start


def guard() -> None:
    """Let nbgrader's command, and formgrader's button, read copies in each course that uses `IsolatedExecute`."""
    Autograde.start = _start
    CourseDirectory.get_existing_timestamp = _timestamp
    NbGraderAPI.get_submitted_timestamp = _submitted


def is_guarded() -> bool:
    """Was `guard` called in this process?"""
    return Autograde.start is _start


def _start(app: Autograde) -> None:
    """Grade copies of the submissions that are meant; say at the end whom nothing could be read of."""
    if OURS not in map(str, app.autograde_preprocessors):
        STOCK(app)
        return
    course, refused = app.coursedir, []
    with TemporaryDirectory(prefix="gdcourse-") as folder:
        for unit, student in _meant(course):
            submission = submissions.read(course, unit, student)
            for note in submission.notes:
                app.log.warning("%s: %s", student, note)
            if not submission.notebooks:
                refused.append(student)
            _copy(
                submission,
                Path(
                    folder, course.directory_structure.format(nbgrader_step=".", student_id=student, assignment_id=unit)
                ),
            )
        real, course.submitted_directory = course.submitted_directory, folder
        try:
            STOCK(app)
        finally:
            course.submitted_directory = real
    if refused:
        app.log.error("no notebook could be read of: %s", ", ".join(refused))
        raise NbGraderException("some submissions were not graded")


def _meant(course: CourseDirectory) -> list[tuple[str, str]]:
    """Return the (unit, student) pairs that the command names; nbgrader takes both names for patterns."""
    sources = Path(course.format_path(course.source_directory, ".", "."))
    units = [folder.name for folder in sources.iterdir() if _matches(folder.name, course.assignment_id)]
    return [(u, s) for u in sorted(units) for s in submissions.students(course, u) if _matches(s, course.student_id)]


def _matches(name: str, pattern: str) -> bool:
    return name == pattern or fnmatchcase(name, pattern)


def _copy(submission: Submission, folder: Path) -> None:
    """Write what was read of a submission into a new folder, with its time as nbgrader reads it."""
    files = {**submission.files, **{f"{name}.ipynb": raw for name, raw in submission.notebooks.items()}}
    files.pop(submissions.TIMESTAMP, None)
    if submission.timestamp is not None:
        files[submissions.TIMESTAMP] = f"{submission.timestamp} UTC".encode()
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _timestamp(course: CourseDirectory, folder: str) -> datetime | None:
    """Return the time of the submission in a folder, or None: also for a link, and for what is no time."""
    return submissions.time_in(Path(folder))


def _submitted(api: NbGraderAPI, unit: str, student: str) -> datetime | None:
    """Return the time of a student's submission, or None, as formgrader asks for it whenever it shows the class."""
    return _timestamp(api.coursedir, api.coursedir.format_path(api.coursedir.submitted_directory, student, unit))
