"""The marked notebooks of a student, in nbgrader's folder for them: whole, or not there."""

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from nbgrader.coursedir import CourseDirectory

from gdcourse.grading.course.submissions import Submission


def merged(files: dict[str, bytes], ours: dict[str, bytes]) -> dict[str, bytes]:
    """Return a student's files with the unit's own, which win: a file where the unit has a folder goes, and the reverse."""
    folders = {str(parent) for name in ours for parent in Path(name).parents}
    free = (n for n in files if n not in folders and not any(str(parent) in ours for parent in Path(n).parents))
    return {**{name: files[name] for name in free}, **ours}


@contextmanager
def written_beside(
    coursedir: CourseDirectory, unit: str, submission: Submission, notebooks: dict[str, str], extra: dict[str, bytes]
) -> Iterator[None]:
    """Write marked notebooks beside a student's other files into a new folder, which goes to its place after the block.

    notebooks: name -> text.  extra: path -> bytes, the unit's own files, which win.  If the block fails, nothing is left.
    """
    target = Path(coursedir.format_path(coursedir.autograded_directory, submission.student, unit))
    new = target.with_name(f".{target.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    files = {**merged(submission.files, extra), **{f"{name}.ipynb": text.encode() for name, text in notebooks.items()}}
    try:
        for name, content in files.items():
            path = new / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(0o444)
        yield
        _replace(new, target)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise


def _replace(new: Path, target: Path) -> None:
    """Put a folder in the place of another, or of a file or link that somebody left there."""
    if target.is_dir() and not target.is_symlink():
        shutil.rmtree(target)
    else:
        target.unlink(missing_ok=True)
    os.rename(new, target)


def digest(notebooks: dict[str, str]) -> str:
    """Return a digest of marked notebooks, name -> text."""
    return hashlib.sha256(repr(sorted(notebooks.items())).encode()).hexdigest()


def written(coursedir: CourseDirectory, unit: str, student: str, names: Iterable[str]) -> str | None:
    """Return the `digest` of the marked notebooks that lie in a student's folder, or None if one is missing."""
    folder = Path(coursedir.format_path(coursedir.autograded_directory, student, unit))
    try:
        return digest({name: (folder / f"{name}.ipynb").read_text("utf-8") for name in names})
    except OSError:
        return None
