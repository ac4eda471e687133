"""What students handed in, and a unit's source: find it, read it without following what a student may have planted."""

import hashlib
import hmac
import math
import os
import re
import stat
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import TypeAlias

from dateutil.parser import parse
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import parse_utc

from gdcourse.grading.limits import (
    DEPTH,
    FILE_BYTES,
    FIRST_YEAR,
    LAST_YEAR,
    PATH_BYTES,
    SUBMISSION_BYTES,
    SUBMISSION_FILES,
)
from gdcourse.grading.notebooks import open_plain

TIMESTAMP = "timestamp.txt"
ZONE = re.compile(r"([\w+:-]+(/[\w+-]+)*)?")  # of a time stamp; nbgrader would open a file of that name
Identity: TypeAlias = tuple[int, int]  # of a file, whatever its names: device, inode
PLACEHOLDER = "<student>"  # stands for any student in a pattern of folders


@dataclass
class Submission:
    """One student's files. notebooks: name -> bytes; files: path -> bytes; notes: what was left out, a line each.

    seed: from which tests may draw inputs that no other submission gets.
    """

    student: str
    notebooks: dict[str, bytes] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    timestamp: object = None
    notes: list[str] = field(default_factory=list)
    seed: int = 0

    def fingerprint(self, *more: object) -> str:
        """Return a digest of all that the mark depends on: these files, and ``more``."""
        digest = hashlib.sha256(repr((more, self.timestamp, self.notes)).encode())
        for piece in self._content():
            digest.update(piece)
        return digest.hexdigest()

    def drawn_from(self, key: bytes, unit: str) -> int:
        """Return the `seed`: the same for the same files of the same student, not to be foretold without the course's key."""
        digest = hmac.new(key, repr((unit, self.student)).encode(), hashlib.sha256)
        for piece in self._content(but=TIMESTAMP):
            digest.update(piece)
        return int.from_bytes(digest.digest()[:8], "big") >> 1

    def _content(self, but: str | None = None) -> Iterator[bytes]:
        for files in (self.notebooks, self.files):
            for name, content in sorted(files.items()):
                if name != but:
                    yield repr((name, len(content))).encode() + content
            yield b"|"


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
    return read_folder(folder, student, coursedir.ignore, lambda: _of_the_course(coursedir))


def read_folder(
    folder: Path, student: str = "", ignore: Iterable[str] = (), ours: Callable[[], set[Identity]] = set
) -> Submission:
    """Return the `Submission` in a folder. Only plain files are read; links, devices and what is too large are noted.

    ours: returns the identities of files that no submission may hold, asked where a file has several names (hard links).
    """
    submission, total = Submission(student), 0
    for path in _plain(folder, submission.notes, ignore, ours=ours):
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


def _plain(
    folder: Path,
    notes: list[str],
    ignore: Iterable[str],
    most: float = SUBMISSION_FILES,
    ours: Callable[[], set[Identity]] = set,
) -> Iterator[Path]:
    """Yield the plain files below ``folder``, in order; note the rest."""
    for path in _below(folder, notes, ignore, most):
        name = str(path.relative_to(folder))
        try:
            about, long = path.lstat(), len(name.encode()) > PATH_BYTES
        except UnicodeEncodeError:
            notes.append(f"{name[:80]!r} has a name that is not UTF-8: left out")
        except OSError as error:
            notes.append(f"{name[:80]!r} cannot be read ({error.strerror}): left out")
        else:
            if stat.S_ISDIR(about.st_mode):
                continue
            if not stat.S_ISREG(about.st_mode):
                notes.append(f"{name[:80]!r} is no plain file (a link or a device): left out")
            elif long:
                notes.append(f"{name[:80]!r} has too long a path: left out")
            elif about.st_nlink > 1 and (about.st_dev, about.st_ino) in ours():
                notes.append(f"{name!r} is a link to a file of the course: left out")
            else:
                yield path


def _of_the_course(coursedir: CourseDirectory) -> set[Identity]:
    """Return the identities of the course's sources, and of what lies in its folder, such as the gradebook."""
    sources = Path(coursedir.format_path(coursedir.source_directory, ".", "."))
    found = (path.stat() for path in (*Path(coursedir.root).iterdir(), *sources.rglob("*")) if path.is_file())
    return {(about.st_dev, about.st_ino) for about in found}


def _below(folder: Path, notes: list[str], ignore: Iterable[str], most: float) -> Iterator[Path]:
    """Yield what lies below ``folder``, folders too, in order; links are not followed."""

    def unreadable(error: OSError) -> None:
        notes.append(f"{os.path.relpath(error.filename, folder)[:80]!r} cannot be read ({error.strerror}): left out")

    number = 0
    for root, folders, names in os.walk(folder, onerror=unreadable, followlinks=False):
        folders[:] = sorted(name for name in folders if not _is_ignored(name, ignore))
        if folders and len(Path(root).relative_to(folder).parts) >= DEPTH:
            notes.append(f"{os.path.join(os.path.relpath(root, folder), folders[0])[:80]!r} lies too deep: left out")
            folders.clear()
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
    text = _text(submission.files.get(TIMESTAMP, b""))
    try:
        return moment(text) if text else None
    except ValueError:
        submission.notes.append(f"{TIMESTAMP} holds no time ({text[:40]!r}): taken as handed in without one")
        return None


def _text(raw: bytes) -> str:
    return raw[:100].decode("utf-8", "replace").strip()


def time_in(folder: Path) -> datetime | None:
    """Return the time of the submission in a folder; None where its file is missing, is no plain file, or holds no time."""
    raw, _ = _read(folder / TIMESTAMP)
    try:
        return moment(_text(raw)) if raw else None
    except ValueError:
        return None


def moment(text: str) -> datetime:
    """Return the UTC time that a text names by year, month and day; raise `ValueError` if it does not, or far from any term."""
    text = re.sub(r" (?=[+-]\d{4}$)", "", text)  # which nbgrader would take for seconds
    *day, zone = text.split(" ") if text.count(" ") == 2 else (text, "")  # as nbgrader reads it
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a time zone that is none
            days = {
                parse(" ".join(day), default=unsaid).date() for unsaid in (datetime(2004, 1, 1), datetime(2008, 2, 2))
            }
            found = parse_utc(text) if ZONE.fullmatch(zone) else None
    except Exception as error:  # whatever a parser of free text may raise
        raise ValueError(f"expected a time, got {text!r}") from error
    if found is None or len(days) > 1 or not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError(f"expected a time with a date from {FIRST_YEAR} to {LAST_YEAR}, got {text!r}")
    return found


def source_files(coursedir: CourseDirectory, unit: str) -> tuple[dict[str, str], dict[str, bytes]]:
    """Return (notebooks: name -> text, other files: path -> bytes) of a unit's source folder."""
    folder = Path(coursedir.format_path(coursedir.source_directory, ".", unit))
    notebooks = {path.stem: path.read_text("utf-8") for path in sorted(folder.glob("*.ipynb"))}
    plain = _plain(folder, [], [*coursedir.ignore, "*.ipynb"], most=math.inf)
    others = {str(path.relative_to(folder)): path.read_bytes() for path in plain}
    return notebooks, others
