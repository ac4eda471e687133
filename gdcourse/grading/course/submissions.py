"""What students handed in, and a unit's source: find it, read it without following what a student may have planted."""

import hashlib
import math
import os
import stat
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatch
from pathlib import Path

from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import parse_utc

from gdcourse.grading.limits import FILE_BYTES, SUBMISSION_BYTES, SUBMISSION_FILES
from gdcourse.grading.notebooks import open_plain

PLACEHOLDER = "<student>"  # stands for any student in a pattern of folders


@dataclass
class Submission:
    """One student's files. notebooks: name -> bytes; files: path -> bytes; notes: what was left out, a line each."""

    student: str
    notebooks: dict[str, bytes] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    timestamp: object = None
    notes: list[str] = field(default_factory=list)

    def fingerprint(self, *more: object) -> str:
        """Return a digest of all that the mark depends on: these files, and ``more``."""
        digest = hashlib.sha256(repr((more, self.timestamp, self.notes)).encode())
        for files in (self.notebooks, self.files):
            for name, content in sorted(files.items()):
                digest.update(repr((name, len(content))).encode() + content)
            digest.update(b"|")
        return digest.hexdigest()


def students(coursedir: CourseDirectory, unit: str) -> list[str]:
    """Return the names of the folders of students who handed in ``unit``, sorted."""
    before, after = coursedir.format_path(coursedir.submitted_directory, PLACEHOLDER, unit).split(PLACEHOLDER)
    found = Path(before).iterdir() if Path(before).is_dir() else ()
    handed_in = (folder for folder in found if os.path.lexists(f"{folder}{after}"))
    return sorted(folder.name for folder in handed_in if not folder.name.startswith("."))


def read(coursedir: CourseDirectory, unit: str, student: str) -> Submission:
    """Return the `Submission` of a student."""
    folder = Path(coursedir.format_path(coursedir.submitted_directory, student, unit))
    if folder.is_symlink() or folder.parent.is_symlink():
        return Submission(student, notes=["the folder is a symbolic link: not followed"])
    return read_folder(folder, student, coursedir.ignore)


def read_folder(folder: Path, student: str = "", ignore: Iterable[str] = ()) -> Submission:
    """Return the `Submission` in a folder. Only plain files are read; links, devices and what is too large are noted."""
    submission, total = Submission(student), 0
    for path in _plain(folder, submission.notes, ignore):
        name = str(path.relative_to(folder))
        content, why = _read(path)
        total += len(content or b"")
        if content is None or total > SUBMISSION_BYTES:
            submission.notes.append(f"{name!r} {why or 'is one file too many: together they are too large'}: left out")
        elif path.parent == folder and path.suffix == ".ipynb":
            submission.notebooks[path.stem] = content
        else:
            submission.files[name] = content
    submission.timestamp = _timestamp(submission)
    return submission


def _plain(folder: Path, notes: list[str], ignore: Iterable[str], most: float = SUBMISSION_FILES) -> Iterator[Path]:
    """Yield the plain files below ``folder``, in order; note the rest."""
    for path in _below(folder, notes, ignore, most):
        try:
            name, mode = str(path.relative_to(folder)), path.lstat().st_mode
            name.encode()
        except UnicodeEncodeError:
            notes.append(f"{name!r} has a name that is not UTF-8: left out")
        except OSError as error:
            notes.append(f"{name[:80]!r} cannot be read ({error.strerror}): left out")
        else:
            if stat.S_ISREG(mode):
                yield path
            elif not stat.S_ISDIR(mode):
                notes.append(f"{name!r} is no plain file (a link or a device): left out")


def _below(folder: Path, notes: list[str], ignore: Iterable[str], most: float) -> Iterator[Path]:
    """Yield what lies below ``folder``, folders too, in order; links are not followed."""

    def unreadable(error: OSError) -> None:
        notes.append(f"{os.path.relpath(error.filename, folder)[:80]!r} cannot be read ({error.strerror}): left out")

    number = 0
    for root, folders, names in os.walk(folder, onerror=unreadable, followlinks=False):
        folders[:] = sorted(name for name in folders if not _is_ignored(name, ignore))
        kept = [*folders, *(name for name in names if not _is_ignored(name, ignore))]
        for name in sorted(kept, key=lambda name: (not name.endswith(".ipynb"), name)):  # notebooks before all else
            number += 1
            if number > most:
                notes.append(f"there are more than {most} files and folders: the rest is left out")
                return
            yield Path(root, name)


def _is_ignored(name: str, ignore: Iterable[str]) -> bool:
    return any(fnmatch(name, pattern) for pattern in ignore)


def _read(path: Path) -> tuple[bytes | None, str | None]:
    """Return (a plain file's bytes, None), or (None, what keeps it from being read)."""
    try:
        with open_plain(path) as file:
            content = file.read(FILE_BYTES + 1)
    except OSError as error:
        return None, f"cannot be read ({error.strerror})"
    return (content, None) if len(content) <= FILE_BYTES else (None, "is too large")


def _timestamp(submission: Submission) -> datetime | None:
    text = submission.files.get("timestamp.txt", b"")[:100].decode("utf-8", "replace").strip()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a time zone that is none
            return parse_utc(text) if text else None
    except (ValueError, OverflowError, TypeError):
        submission.notes.append(f"timestamp.txt holds no time ({text[:40]!r}): taken as handed in without one")
        return None


def source_files(coursedir: CourseDirectory, unit: str) -> tuple[dict[str, str], dict[str, bytes]]:
    """Return (notebooks: name -> text, other files: path -> bytes) of a unit's source folder."""
    folder = Path(coursedir.format_path(coursedir.source_directory, ".", unit))
    notebooks = {path.stem: path.read_text("utf-8") for path in sorted(folder.glob("*.ipynb"))}
    plain = _plain(folder, [], [*coursedir.ignore, "*.ipynb"], most=math.inf)
    others = {str(path.relative_to(folder)): path.read_bytes() for path in plain}
    return notebooks, others
