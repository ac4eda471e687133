"""Write the sources of the site: notebooks with their pictures beside them, the guides, the pages about the library."""

import base64
import hashlib
import re
import shutil
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from gdcourse.authoring.markup import TASK
from gdcourse.authoring.site import reference
from gdcourse.catalogue import HOME, Catalogue, notebooks

PICTURE = re.compile(r'src="data:image/png;base64,([^"]+)"')
FIGURES, DOWNLOADS = "_static/figures", "notebooks"
WIDGET = "application/vnd.jupyter.widget-view+json"
NO_KERNEL = (
    "*A slider needs a running kernel: open this lesson in JupyterLab or Binder. The figure above says the same.*"
)


def stage(root: Path, source: Path) -> None:
    """Write all that Sphinx reads into the new folder ``source``."""
    shutil.copytree(root / "docs", source)
    catalogue = Catalogue.read(root)
    for page in (root / "course").glob("*.md"):
        (source / _name(page.name)).write_text(_to_index(page.read_text("utf-8")), "utf-8")
    for unit in catalogue.units:
        (source / unit).mkdir()
        for path in notebooks(root / "course", unit):
            _stage_notebook(path, source, unit)
    reference.write(root, source / "library")
    with (source / "index.md").open("a", encoding="utf-8") as index:
        index.write(_trees(root, catalogue))


def _name(page: str) -> str:
    """Return a page's name on the site: the home page is where a browser looks first."""
    return "index.md" if page == HOME else page


def _to_index(text: str) -> str:
    return re.sub(r"\]\(((?:\.\./)*)home\.md", r"](\1index.md", text)


def _linked(text: str) -> str:
    """Return text with its links to an exercise's cell, which JupyterLab follows, as links to that exercise's name."""
    return re.sub(r"\]\((?:\.\./)?[\w/]*exercises\.ipynb#cell-id=([\w-]+)\)", r"](#\1)", text)


def _with_target(cell: str, text: str) -> str:
    return f"({cell})=\n{text}" if re.fullmatch(TASK.format(r"\w+"), cell) else text


def _stage_notebook(path: Path, source: Path, unit: str) -> None:
    """Write a notebook for reading, and beside the site the one to download, as it is."""
    download = source / "_extra" / DOWNLOADS / unit / path.name
    download.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, download)
    nb = nbformat.read(path, as_version=4)
    first = nb.cells[0]
    first.source = first.source.replace(
        "[open in Binder]", f'<a href="../{DOWNLOADS}/{unit}/{path.name}" download>download</a> · [open in Binder]', 1
    )
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            cell.source = _with_target(cell.id, _linked(_to_index(cell.source)))
        if cell.cell_type == "code":
            cell.metadata.tags = [tag for tag in cell.metadata.get("tags", []) if tag != "raises-exception"]
            _name_fold(cell)
            cell.outputs = [_for_reading(output, source) for output in cell.outputs]
    nbformat.write(nb, source / unit / path.name)


def _name_fold(cell: NotebookNode) -> None:
    """Let a folded cell show, in place of "show code cell source", what its first comment says that it does."""
    if "hide-input" in cell.metadata.tags and (says := re.match(r"# (.+)", cell.source)):
        cell.metadata["mystnb"] = {"code_prompt_show": says[1], "code_prompt_hide": says[1]}


def _for_reading(output: NotebookNode, source: Path) -> NotebookNode:
    """Return an output with its pictures as files, and a sentence in place of a widget."""
    data = output.get("data", {})
    if WIDGET in data:
        return nbformat.v4.new_output("display_data", data={"text/markdown": NO_KERNEL, "text/plain": NO_KERNEL})
    if "text/html" in data:
        data["text/html"] = PICTURE.sub(lambda found: _picture(found[1], source), "".join(data["text/html"]))
    return output


def _picture(data: str, source: Path) -> str:
    """Write a picture under the hash of what it shows; return the attributes of an image that is loaded when it comes near."""
    content = base64.b64decode(data)
    name = f"{hashlib.sha256(content).hexdigest()[:16]}.png"
    (source / FIGURES).mkdir(parents=True, exist_ok=True)
    (source / FIGURES / name).write_bytes(content)
    return f'loading="lazy" src="../{FIGURES}/{name}"'


def _trees(root: Path, catalogue: Catalogue) -> str:
    """Return the tables of contents for the side of each page."""
    trees = [_tree("Begin", ["learner"])]
    for unit in catalogue.units:
        pages = [f"{unit}/{path.stem}" for path in notebooks(root / "course", unit)]
        number, _ = unit.split("_", 1)
        trees.append(_tree(f"{number} · {catalogue.units[unit]['title']}", pages))
    trees.append(_tree("Look up", ["glossary", "notation", "cheatsheet", "library/index"]))
    trees.append(_tree("Teach", ["instructor", "limits", "security_table"]))
    return "\n" + "\n".join(trees)


def _tree(caption: str, pages: list[str]) -> str:
    head = f":caption: {caption}\n" if caption else ""
    return "```{toctree}\n:hidden:\n:maxdepth: 1\n" + head + "\n" + "\n".join(pages) + "\n```\n"
