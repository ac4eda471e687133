"""A learner's working copy of the course: made once, brought up to date later, and never at the cost of the learner's work."""

import hashlib
import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from gdcourse import resources
from gdcourse.catalogue import HOME, WORKING_COPY, Catalogue, home_page

STATE, DELIVERED, PROGRESS = ".gdcourse", "delivered.json", "progress.json"


class WorkspaceError(Exception):
    """A folder that cannot serve as a working copy; the message says why and what to do."""


@dataclass
class Changes:
    """What `prepare` did, as paths relative to the working copy."""

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    beside: list[tuple[str, str]] = field(default_factory=list)  # the learner's file, the new version beside it


def prepare(folder=WORKING_COPY, source=None):
    """Make or refresh the working copy in ``folder`` from the course in ``source`` (the installed one if None).

    A file that is new, or that the learner deleted, is added. One that the learner never touched is updated in place. One
    that the learner changed stays as it is, and the new version is put beside it as `<name>.new.<suffix>`.
    """
    folder, source = Path(folder), Path(source or resources.root() / "course")
    if folder.exists() and not folder.is_dir():
        raise WorkspaceError(f"expected a folder for your working copy, {folder} is a file: give another name")
    if folder.resolve() == source.resolve():
        raise WorkspaceError(f"{folder} is the course itself: give another folder for your working copy")
    delivered, changes = _read(folder / STATE / DELIVERED), Changes()
    for path in sorted(p for p in source.rglob("*") if p.is_file() and not _ignored(p.relative_to(source))):
        _deliver(path, path.relative_to(source), folder, delivered, changes)
    _write(folder / STATE / DELIVERED, delivered)
    refresh_home(folder, source)
    return changes


def _deliver(path, name, folder, delivered, changes):
    """Bring one file of the course into the working copy, and note its digest as delivered."""
    target, fresh = folder / name, _digest(path)
    present = _digest(target) if target.exists() else None
    known = delivered.get(name.as_posix())
    if present == fresh:
        pass
    elif present is None or present == known:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        (changes.added if present is None else changes.updated).append(name.as_posix())
    elif fresh != known:
        beside = _free_name(target, fresh)
        if not beside.exists():
            shutil.copyfile(path, beside)
            changes.beside.append((name.as_posix(), beside.relative_to(folder).as_posix()))
    delivered[name.as_posix()] = fresh


def _free_name(target, digest):
    """Return a name beside ``target`` that is free, or that holds this very version already."""
    number = 1
    while True:
        mark = "new" if number == 1 else f"new{number}"
        candidate = target.with_name(f"{target.stem}.{mark}{target.suffix}")
        if not candidate.exists() or _digest(candidate) == digest:
            return candidate
        number += 1


def refresh_home(folder, source=None):
    """Write the home page of a working copy, with the learner's progress."""
    folder, source = Path(folder), Path(source or resources.root() / "course")
    page = home_page(Catalogue.read(resources.root()), source, _read(folder / STATE / PROGRESS))
    (folder / HOME).write_text(page, "utf-8")


def record(folder, unit, earned, of):
    """Store the points of a unit in a working copy and show them on its home page."""
    path = Path(folder) / STATE / PROGRESS
    _write(path, {**_read(path), unit: [earned, of]})
    refresh_home(folder)


def find(start="."):
    """Return the working copy that ``start`` lies in, or the default one below it; raise `WorkspaceError` if there is none."""
    start = Path(start).resolve()
    for folder in (start, *start.parents, start / WORKING_COPY):
        if (folder / STATE / DELIVERED).exists():
            return folder
    raise WorkspaceError(f"no working copy of the course in {start}: run `gdcourse lab` first, or change to its folder")


def _ignored(name):
    return name.as_posix() == HOME or any(part.startswith((".", "__")) for part in name.parts)


def _digest(path):
    """Return what tells a learner's version from the delivered one: for a notebook its cells, not outputs or metadata.

    JupyterLab writes those whenever a notebook is opened or run.
    """
    content = path.read_bytes()
    try:
        cells = json.loads(content)["cells"]
        content = json.dumps([[c["cell_type"], "".join(c["source"]), c.get("attachments")] for c in cells]).encode()
    except (ValueError, KeyError, TypeError):
        pass  # no notebook: every byte counts
    return hashlib.sha256(content).hexdigest()


def _read(path):
    """Return the dictionary in a JSON file. Where it is missing or broken, nothing is known: then work is never replaced."""
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _write(path, value):
    """Replace a JSON file whole, so that an interruption leaves the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(value, indent=1, sort_keys=True) + "\n", "utf-8")
    draft.replace(path)
