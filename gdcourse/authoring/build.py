"""Build the notebooks, and find those that are out of step with their sources."""

import json
import shutil
import tempfile
from collections.abc import Callable, Container, Iterable
from pathlib import Path
from typing import Any, TypeAlias

import nbformat
from nbformat import NotebookNode
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from traitlets.config.loader import PyFileConfigLoader

from gdcourse.authoring.execute import execute
from gdcourse.authoring.markup import Markup, MarkupError, sources
from gdcourse.authoring.pages import pages
from gdcourse.authoring.source import read_source
from gdcourse.catalogue import HOME, Catalogue, home_page

Report: TypeAlias = Callable[[str], object]  # is told, in a line, what a notebook cost
MEASURED = "measured.json"
BADGE = "[![Open in Binder](https://mybinder.org/badge_logo.svg)]"


class BuildError(Exception):
    """A source that cannot be built; the message names it and says why."""


def build(
    root: str | Path,
    target: str | Path | None = None,
    *,
    units: Iterable[str] | None = None,
    run: bool | Container[str] = (),
    report: Report = print,
) -> None:
    """Write the notebooks of ``units`` (all if None) from root's sources into ``target`` (root itself if None).

    units: names such as "01_loss".  run: execute the notebooks anew and record their seconds and megabytes, all of them if
    True, else those named, as "01_loss/2_cross_entropy"; what is not run keeps the stored outputs of unchanged cells.
    """
    root, target = Path(root), Path(target or root)
    try:
        markup = Markup(root)
        _build(root, target, markup, units, run=run, report=report)
    except MarkupError as error:
        raise BuildError(str(error)) from None


def _build(
    root: Path, target: Path, markup: Markup, units: Iterable[str] | None, *, run: bool | Container[str], report: Report
) -> None:
    catalogue, measured = markup.catalogue, _read_json(root / "solutions" / MEASURED)
    for unit in units or catalogue.units:
        if unit not in catalogue.units:
            raise BuildError(f"expected a unit among {', '.join(catalogue.units)}, got {unit!r}")
        for source in sources(root / "solutions" / unit):
            _build_one(source, root, target, markup, measured, run=run, report=report)
        _drop_leftovers(target / "course" / unit, root / "solutions" / unit)
        _release(root, target, unit)
    names = {f"{page.unit}/{page.stem}" for page in markup.pages}
    _write_json(target / "solutions" / MEASURED, {name: cost for name, cost in measured.items() if name in names})
    for name, text in pages(markup).items():
        _write(target / "course" / name, text)
    _write(target / "course" / HOME, home_page(catalogue, target / "course"))
    _write(target / "README.md", _with_badge((root / "README.md").read_text("utf-8"), catalogue))


def _build_one(
    source: Path,
    root: Path,
    target: Path,
    markup: Markup,
    measured: dict[str, Any],
    *,
    run: bool | Container[str],
    report: Report,
) -> None:
    unit, stem = source.parent.name, source.stem
    relative = Path("solutions" if stem == "exercises" else "course") / unit / f"{stem}.ipynb"
    if run is True or (run and f"{unit}/{stem}" in run):
        nb, cost = execute(read_source(source, markup, None), cwd=source.parent, name=f"{unit}/{stem}")
        measured[f"{unit}/{stem}"] = cost
        report(f"{unit}/{stem}: {cost['seconds']} s, {cost['megabytes']} MB")
    else:
        nb = _stored(root / relative)
    seconds = measured.get(f"{unit}/{stem}", {}).get("seconds")
    fresh = read_source(source, markup, seconds)
    _keep_outputs(fresh, nb)
    nbformat.validate(fresh)
    (target / relative).parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(fresh, target / relative)


def _drop_leftovers(folder: Path, source: Path) -> None:
    """Remove the lessons of ``folder`` that have no source any more: they were renamed or split."""
    for path in folder.glob("[0-9]*.ipynb"):
        if not (source / f"{path.stem}.py").exists():
            path.unlink()


def _stored(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4) if path.exists() else nbformat.v4.new_notebook()


def _keep_outputs(nb: NotebookNode, stored: NotebookNode) -> None:
    kept = {cell.id: cell for cell in stored.cells if cell.cell_type == "code"}
    for cell in nb.cells:
        if cell.cell_type == "code" and cell.id in kept:
            cell.update(outputs=kept[cell.id].outputs, execution_count=kept[cell.id].execution_count)


def _release(root: Path, target: Path, unit: str) -> None:
    """Write what a student gets of ``unit``, as `nbgrader generate_assignment` does."""
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "solutions" / unit
        shutil.copytree(
            root / "solutions" / unit, source, ignore=shutil.ignore_patterns("*.py", "*.ipynb", ".*", "__pycache__")
        )
        shutil.copy(target / "solutions" / unit / "exercises.ipynb", source)
        config = PyFileConfigLoader("nbgrader_config.py", path=str(root / "solutions")).load_config()
        config.CourseDirectory.root = scratch
        config.CourseDirectory.assignment_id = unit
        config.GenerateAssignment.no_database = True
        config.SaveCells.enabled = False
        GenerateAssignment(coursedir=CourseDirectory(config=config), config=config).start()
        (target / "course" / unit).mkdir(parents=True, exist_ok=True)
        for path in (Path(scratch) / "release" / unit).iterdir():
            copy = shutil.copytree if path.is_dir() else shutil.copyfile
            copy(path, target / "course" / unit / path.name)


def drift(root: str | Path) -> list[str]:
    """Return the generated files, relative to root, that a fresh build would write differently, add or drop."""
    with tempfile.TemporaryDirectory() as scratch:
        build(root, scratch)
        fresh, stored = _generated(Path(scratch)), _generated(Path(root))
    return sorted(str(path) for path in fresh | stored if fresh.get(path) != stored.get(path))


def _generated(root: Path) -> dict[Path, bytes]:
    found = [*root.glob("solutions/*/*.ipynb"), *root.glob("course/**/*"), root / "README.md"]
    hidden = {".ipynb_checkpoints", "__pycache__", ".pytest_cache"}
    return {p.relative_to(root): p.read_bytes() for p in found if p.is_file() and not hidden & set(p.parts)}


def _with_badge(readme: str, catalogue: Catalogue) -> str:
    """Return the README with the Binder badge's line pointing at the repository that `course.toml` names."""
    lines = readme.splitlines(keepends=True)
    return "".join(f"{BADGE}({catalogue.binder()})\n" if line.startswith(BADGE) else line for line in lines)


def _read_json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text("utf-8")) if path.exists() else {}


def _write_json(path: Path, value: dict[str, Any]) -> None:
    _write(path, json.dumps(dict(sorted(value.items())), indent=1) + "\n")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
