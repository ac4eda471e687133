"""A learner's working copy of the course: made once, brought up to date later, and never at the cost of the learner's work.

Whatever runs a check notes it here, from the command line or from a live kernel, and the home page shows it:

    folder = workspace.find()                                        # from the current folder; raises WorkspaceError
    workspace.record(folder, "01_loss", {"mse": (State.ALL, text)})  # State: gdcourse.catalogue; text: the answer
"""

import hashlib
import json
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from gdcourse import resources
from gdcourse.catalogue import EXERCISES, HOME, WORKING_COPY, Catalogue, Progress, State, contents, home_page, notebooks

STATE, DELIVERED, PROGRESS = ".gdcourse", "delivered.json", "progress.json"


class WorkspaceError(Exception):
    """A folder that cannot serve as a working copy; the message says why and what to do."""


@dataclass
class Changes:
    """What `prepare` did, as paths relative to the working copy."""

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    beside: list[tuple[str, str]] = field(default_factory=list)  # the learner's file, the new version beside it
    removed: list[str] = field(
        default_factory=list
    )  # the course has them no longer, and the learner never changed them
    kept: list[str] = field(default_factory=list)  # the course has them no longer, but the learner has changed them


def prepare(folder=WORKING_COPY, source=None, *, with_outputs=False):
    """Make or refresh the working copy in ``folder`` from the course in ``source`` (the installed one if None).

    A file that is new, or that the learner deleted, is added. One that the learner never changed is updated in place, or
    removed if the course has it no longer. One that the learner changed stays as it is, and a new version is put beside it as
    `<name>.new.<suffix>`. Lessons come without outputs, so that nothing is given away, unless ``with_outputs``.
    """
    folder, source = Path(folder), Path(source or resources.root() / "course")
    if folder.exists() and not folder.is_dir():
        raise WorkspaceError(f"expected a folder for your working copy, {folder} is a file: give another name")
    if folder.resolve() == source.resolve():
        raise WorkspaceError(f"{folder} is the course itself: give another folder for your working copy")
    delivered, changes = _delivered(folder), Changes()
    names = sorted(n for p in source.rglob("*") if p.is_file() and not _ignored(n := p.relative_to(source)))
    if not names:
        raise WorkspaceError(f"{source} holds no course: reinstall gdcourse")
    for name in names:
        _deliver(source / name, name, folder, delivered, changes, with_outputs)
    for gone in sorted(delivered.keys() - {name.as_posix() for name in names}):
        _withdraw(folder, gone, delivered.pop(gone), changes)
    _write(folder / STATE / DELIVERED, {"files": delivered})
    refresh(folder, source)
    return changes


def _deliver(path, name, folder, delivered, changes, with_outputs):
    """Bring one file of the course into the working copy, and note its digest as delivered."""
    target, fresh = folder / name, _digest(path)
    present = _digest(target) if target.exists() else None
    known = delivered.get(name.as_posix())
    wanted = _form(path, with_outputs)
    if present == fresh:
        if _is_lesson(path) and _as_delivered(target, path) and target.read_bytes() != wanted:
            _replace(target, wanted)
            changes.updated.append(name.as_posix())
    elif present is None or present == known:
        target.parent.mkdir(parents=True, exist_ok=True)
        _replace(target, wanted)
        (changes.added if present is None else changes.updated).append(name.as_posix())
    elif fresh != known:
        beside = _free_name(target, fresh)
        if not beside.exists():
            _replace(beside, wanted)
            changes.beside.append((name.as_posix(), beside.relative_to(folder).as_posix()))
    delivered[name.as_posix()] = fresh


def _withdraw(folder, name, known, changes):
    """Take a file that the course has no longer out of the working copy, if the learner never changed it."""
    target = folder / name
    if not target.is_file():
        return
    if _digest(target) != known:
        changes.kept.append(name)
        return
    target.unlink()
    changes.removed.append(name)
    if not any(target.parent.iterdir()):
        target.parent.rmdir()


def _free_name(target, digest):
    """Return a name beside ``target`` that is free, or that holds this very version already."""
    number = 1
    while True:
        mark = "new" if number == 1 else f"new{number}"
        candidate = target.with_name(f"{target.stem}.{mark}{target.suffix}")
        if not candidate.exists() or _digest(candidate) == digest:
            return candidate
        number += 1


def _form(path, with_outputs):
    """Return the bytes of a file of the course as a learner gets it.

    A lesson comes without outputs and without the numbers of runs: those say later what the learner has run. A notebook names
    the language as the kernel here will, else JupyterLab changes it on opening, and asks to save what nobody touched.
    """
    content = path.read_bytes()
    nb = _notebook(content)
    if nb is None:
        return content
    nb.setdefault("metadata", {})["language_info"] = _language()
    for cell in _code(nb) if _is_lesson(path) else ():
        cell.update(execution_count=None, outputs=cell["outputs"] if with_outputs else [])
    return (json.dumps(nb, indent=1, ensure_ascii=False) + "\n").encode()


def _language():
    """Return what ipykernel, with this Python, says of its language."""
    version = sys.version_info
    return {
        "codemirror_mode": {"name": "ipython", "version": version.major},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
        "version": sys.version.split()[0],
    }


def _as_delivered(target, path):
    """Has nobody run this lesson? Its outputs and numbers are the course's own, or none."""
    both = [_notebook(p.read_bytes()) for p in (target, path)]
    if None in both:
        return False
    mine, theirs = map(_code, both)
    plain = [[_joined(cell["outputs"]) for cell in cells] for cells in (mine, theirs)]
    counts = [cell["execution_count"] for cell in mine]
    if any(counts):
        return plain[0] == plain[1] and counts == [cell["execution_count"] for cell in theirs]
    return plain[0] == plain[1] or not any(plain[0])


def _joined(value):
    """Return a part of a notebook with its lists of lines as one text each: both forms are in use."""
    if isinstance(value, list):
        return "".join(value) if value and all(isinstance(v, str) for v in value) else [_joined(v) for v in value]
    return {key: _joined(item) for key, item in value.items()} if isinstance(value, dict) else value


def _is_lesson(path):
    return path.suffix == ".ipynb" and path.stem != EXERCISES


def refresh(folder, source=None):
    """Look through the lessons of a working copy, and write its home page with the learner's progress."""
    folder = Path(folder)
    progress = _progress(folder)
    for unit in Catalogue.read(resources.root()).units:
        for path in notebooks(folder, unit):
            _note(folder, path, progress)
    _write(folder / STATE / PROGRESS, progress)
    _write_home(folder, progress, source)


def note_saved(path):
    """Note what has been run of a notebook of a working copy that was just saved, and bring the home page up to date."""
    path = Path(path).resolve()
    try:
        folder = find(path.parent)
    except WorkspaceError:
        return
    if path.suffix == ".ipynb" and folder in path.parents:
        progress = _progress(folder)
        _note(folder, path, progress)
        _write(folder / STATE / PROGRESS, progress)
        _write_home(folder, progress)


def record(folder, unit, outcomes):
    """Store what a check of exercises has found in a working copy, and show it on its home page.

    outcomes: name -> (`State`, the text of the answer). What only the visible tests say takes nothing back from an answer that
    passed them all. May be called from a live kernel, and at the same time as `gdcourse check`.
    """
    folder = Path(folder)
    progress = _progress(folder)
    known = progress["exercises"].setdefault(unit, {})
    for name, (state, answer) in outcomes.items():
        new, old = {"state": str(state), "answer": _answer(answer)}, known.get(name, {})
        passed = old.get("state") == State.ALL and old.get("answer") == new["answer"]
        known[name] = old if passed and state == State.VISIBLE else new
    _write(folder / STATE / PROGRESS, progress)
    _write_home(folder, progress)


def _note(folder, path, progress):
    """Note how many cells of a lesson have been run. A lesson that was finished once stays so."""
    nb = _notebook(path.read_bytes()) if _is_lesson(path) else None
    if nb is None:
        return
    cells = [cell for cell in _code(nb) if "".join(cell["source"]).strip()]
    run, name = sum(cell["execution_count"] is not None for cell in cells), path.relative_to(folder).as_posix()
    finished = progress["lessons"].get(name, {}).get("finished", False) or 0 < run == len(cells)
    if run or finished:
        progress["lessons"][name] = {"run": run, "of": len(cells), "finished": finished}
    else:
        progress["lessons"].pop(name, None)


def _write_home(folder, progress, source=None):
    catalogue, source = Catalogue.read(resources.root()), Path(source or resources.root() / "course")
    lessons = {name: (entry["run"], entry["of"], entry["finished"]) for name, entry in progress["lessons"].items()}
    exercises = {unit: _states(folder, unit, known) for unit, known in progress["exercises"].items()}
    page = home_page(catalogue, source, Progress(lessons, exercises), _contents(tuple(catalogue.units), source))
    _replace(folder / HOME, page.encode())


_contents = cache(contents)  # of the installed course, which stays as it is while a server runs


def _states(folder, unit, known):
    """Return name -> (`State`, has the answer changed since) for the exercises of a unit that were checked."""
    try:
        cells = _notebook((folder / unit / f"{EXERCISES}.ipynb").read_bytes())["cells"]
    except (OSError, TypeError):
        cells = []
    now = {c.get("metadata", {}).get("nbgrader", {}).get("grade_id"): _answer("".join(c["source"])) for c in cells}
    return {name: (State(entry["state"]), now.get(name) != entry["answer"]) for name, entry in known.items()}


def _answer(text):
    return hashlib.sha256(text.strip().encode()).hexdigest()[:16]


def find(start="."):
    """Return the working copy that ``start`` lies in, or the default one below it; raise `WorkspaceError` if there is none."""
    start = Path(start).resolve()
    for folder in (start, *start.parents, start / WORKING_COPY):
        if (folder / STATE / DELIVERED).exists():
            return folder
    raise WorkspaceError(f"no working copy of the course in {start}: run `gdcourse lab` first, or change to its folder")


def _ignored(name):
    return name.as_posix() == HOME or any(part.startswith((".", "__")) for part in name.parts)


def _notebook(content):
    """Return the notebook in some bytes, or None if there is none whose cells can be read."""
    try:
        nb = json.loads(content)
        sound = all(isinstance(c["source"], str | list) and c["cell_type"] for c in nb["cells"])
        sound = sound and all("outputs" in c and "execution_count" in c for c in _code(nb))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return nb if sound else None


def _code(nb):
    return [cell for cell in nb["cells"] if cell["cell_type"] == "code"]


def _digest(path):
    """Return what tells a learner's version from the delivered one: for a notebook its cells, not outputs or metadata.

    JupyterLab writes those whenever a notebook is opened or run.
    """
    content = path.read_bytes()
    if nb := _notebook(content):
        content = json.dumps(
            [[c["cell_type"], "".join(c["source"]), c.get("attachments")] for c in nb["cells"]]
        ).encode()
    return hashlib.sha256(content).hexdigest()


def _delivered(folder):
    """Return name -> digest of what was delivered. Up to version 0.1 the file held nothing else."""
    value = _read(folder / STATE / DELIVERED)
    files = value.get("files", value)
    return {k: v for k, v in files.items() if isinstance(v, str)} if isinstance(files, dict) else {}


def _progress(folder):
    """Return what is known of a learner, as far as it is sound: {"lessons": ..., "exercises": ...}."""
    value = _read(folder / STATE / PROGRESS)
    lessons, exercises = value.get("lessons"), value.get("exercises")
    lessons = lessons if isinstance(lessons, dict) else {}
    exercises = exercises if isinstance(exercises, dict) else {}
    units = {unit: known for unit, known in exercises.items() if isinstance(known, dict)}
    return {
        "lessons": {name: entry for name, entry in lessons.items() if _fits(entry, run=int, of=int, finished=bool)},
        "exercises": {
            unit: {n: e for n, e in known.items() if _fits(e, state=str, answer=str) and e["state"] in list(State)}
            for unit, known in units.items()
        },
    }


def _fits(entry, **kinds):
    return isinstance(entry, dict) and all(isinstance(entry.get(key), kind) for key, kind in kinds.items())


def _read(path):
    """Return the dictionary in a JSON file, or in the version before it where that is missing or broken, else an empty one."""
    for each in (path, path.with_suffix(".before")):
        try:
            value = json.loads(each.read_text("utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(value, dict):
            return value
    return {}


def _write(path, value):
    """Replace a JSON file whole, and keep the version before it if that can be read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(value, indent=1, sort_keys=True) + "\n"
    if path.exists() and path.read_text("utf-8", "replace") != text and _is_json(path):
        shutil.copyfile(path, path.with_suffix(".before"))
    _replace(path, text.encode())


def _is_json(path):
    try:
        return isinstance(json.loads(path.read_text("utf-8")), dict)
    except ValueError:
        return False


def _replace(path, content):
    """Write a file so that an interruption, or another writer, leaves one version whole."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".draft-")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    os.chmod(draft, 0o644)
    os.replace(draft, path)
