"""What students handed in: find it, read it without following what a student may have planted, write what was marked."""

import hashlib
import os
import shutil
import stat
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from nbgrader.utils import parse_utc

from gdcourse.grading.notebooks import LARGEST

MOST_BYTES = 50_000_000  # of all files of a submission together
MARK = "<student>"


@dataclass
class Submission:
    """One student's files. notebooks: name -> bytes; files: path -> bytes; notes: what was left out, a line each."""

    student: str
    notebooks: dict[str, bytes] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    timestamp: object = None
    notes: list[str] = field(default_factory=list)

    def fingerprint(self, *more):
        """Return a digest of all that the mark depends on: these files, and ``more``."""
        digest = hashlib.sha256(repr((more, self.timestamp)).encode())
        for name, content in sorted({**self.notebooks, **self.files}.items()):
            digest.update(repr((name, len(content))).encode() + content)
        return digest.hexdigest()


def students(coursedir, unit):
    """Return the names of the folders of students who handed in ``unit``, sorted."""
    before, after = coursedir.format_path(coursedir.submitted_directory, MARK, unit).split(MARK)
    found = Path(before).iterdir() if Path(before).is_dir() else ()
    return sorted(
        folder.name for folder in found if not folder.name.startswith(".") and Path(f"{folder}{after}").is_dir()
    )


def read(coursedir, unit, student):
    """Return the `Submission` of a student."""
    folder = Path(coursedir.format_path(coursedir.submitted_directory, student, unit))
    if folder.is_symlink() or folder.parent.is_symlink():
        return Submission(student, notes=["the folder is a symbolic link: not followed"])
    return read_folder(folder, student, coursedir.ignore)


def read_folder(folder, student="", ignore=()):
    """Return the `Submission` in a folder. Only plain files are read; links, devices and what is too large are noted."""
    submission, total = Submission(student), 0
    for path in _plain(folder, submission.notes, ignore):
        name = str(path.relative_to(folder))
        content = _read(path)
        total += len(content or b"")
        if content is None or total > MOST_BYTES:
            submission.notes.append(f"{name!r} is too large: left out")
        elif path.parent == folder and path.suffix == ".ipynb":
            submission.notebooks[path.stem] = content
        else:
            submission.files[name] = content
    submission.timestamp = _timestamp(submission)
    return submission


def _plain(folder, notes, ignore):
    """Yield the plain files below ``folder``, in order; note the rest."""
    for root, folders, names in os.walk(folder, onerror=None, followlinks=False):
        folders.sort()
        for name in [*names, *(f for f in folders if Path(root, f).is_symlink())]:
            path = Path(root, name)
            if any(fnmatch(name, pattern) for pattern in ignore):
                continue
            if stat.S_ISREG(path.lstat().st_mode):
                yield path
            else:
                notes.append(f"{str(path.relative_to(folder))!r} is no plain file (a link or a device): left out")


def _read(path):
    """Return a plain file's bytes, or None if it is too large or has become something else."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with open(fd, "rb") as file:
        about = os.fstat(fd)
        return file.read() if stat.S_ISREG(about.st_mode) and about.st_size <= LARGEST else None


def _timestamp(submission):
    text = submission.files.get("timestamp.txt", b"").decode("utf-8", "replace").strip()
    try:
        return parse_utc(text) if text else None
    except ValueError:
        submission.notes.append(f"timestamp.txt holds no time ({text[:40]!r}): taken as handed in without one")
        return None


def write(coursedir, unit, submission, notebooks, extra):
    """Write marked notebooks beside a student's other files into a new folder; return (that folder, where it belongs).

    notebooks: name -> text.  extra: path -> bytes, the unit's own files, which win.
    """
    target = Path(coursedir.format_path(coursedir.autograded_directory, submission.student, unit))
    new = target.with_name(f".{target.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    files = {**submission.files, **extra, **{f"{name}.ipynb": text.encode() for name, text in notebooks.items()}}
    for name, content in files.items():
        path = new / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(0o444)
    return new, target


def replace(new, target):
    """Put a folder in the place of another."""
    shutil.rmtree(target, ignore_errors=True)
    os.rename(new, target)


def digest(notebooks):
    """Return a digest of marked notebooks, name -> text."""
    return hashlib.sha256(repr(sorted(notebooks.items())).encode()).hexdigest()


def written(coursedir, unit, student, names):
    """Return the `digest` of the marked notebooks that lie in a student's folder, or None if one is missing."""
    folder = Path(coursedir.format_path(coursedir.autograded_directory, student, unit))
    try:
        return digest({name: (folder / f"{name}.ipynb").read_text("utf-8") for name in names})
    except OSError:
        return None


def source_files(coursedir, unit):
    """Return (notebooks: name -> text, other files: path -> bytes) of a unit's source folder."""
    folder = Path(coursedir.format_path(coursedir.source_directory, ".", unit))
    notebooks = {path.stem: path.read_text("utf-8") for path in sorted(folder.glob("*.ipynb"))}
    others = {str(p.relative_to(folder)): p.read_bytes() for p in _plain(folder, [], [*coursedir.ignore, "*.ipynb"])}
    return notebooks, others
