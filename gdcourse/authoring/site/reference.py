"""The pages about the library, read from its text: no framework is imported.

<topic>.md          the theory, each public name in three frameworks, and the conformance rows
optimizers/<rule>.md  one update rule: its equation, its three implementations, its rows, the lessons that use it
conformance.md      all rows, with a filter
"""

import ast
import importlib
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from gdcourse import conformance
from gdcourse.catalogue import Catalogue, notebooks, sources, title

FRAMEWORKS = {"numpy": "NumPy", "torch": "PyTorch", "tensorflow": "TensorFlow"}
SHARED = ("functions", "schedules")
RULES = "optimizers"


def write(root: Path, target: Path) -> None:
    """Write the pages of the library at ``root`` into the new folder ``target``."""
    package = root / "gdcourse"
    topics = sorted(path.parent.name for path in package.glob("*/tensorflow.py"))
    (target / RULES).mkdir(parents=True)
    rows = {topic: _rows(topic) for topic in topics if (package / "conformance" / f"{topic}.py").exists()}
    rows["schedules"] = _rows("schedules")
    for topic in topics:
        _page(target / f"{topic}.md", _topic(package / topic, rows.get(topic, [])))
    for name in SHARED:
        _page(target / f"{name}.md", _module(package / f"{name}.py"))
    rules = list(_public(package / RULES / "numpy.py"))
    for name in rules:
        _page(target / RULES / f"{name}.md", _rule(root, name, rows[RULES]))
    _page(target / "conformance.md", _conformance(rows))
    _page(target / "index.md", _index(package, topics, rules))


def _page(path: Path, parts: Iterable[str]) -> None:
    path.write_text("\n\n".join(parts) + "\n", "utf-8")


def _index(package: Path, topics: list[str], rules: list[str]) -> Iterator[str]:
    yield "# The library"
    yield "Every topic once in theory and three times in code. Read it here, or in Python with `??`."
    yield "| topic | what it holds |\n| :--- | :--- |\n" + "\n".join(
        f"| [{name}]({name}.md) | {_first_line(package / name / '__init__.py')} |" for name in topics
    )
    yield "| shared | what it holds |\n| :--- | :--- |\n" + "\n".join(
        f"| [{name}]({name}.md) | {_first_line(package / f'{name}.py')} |" for name in SHARED
    )
    yield "| update rule | |\n| :--- | :--- |\n" + "\n".join(
        f"| [{rule}]({RULES}/{rule}.md) | {_first_sentence(_public(package / RULES / 'numpy.py')[rule])} |"
        for rule in rules
    )
    yield "[Where the built-ins differ](conformance.md): all rows of the conformance table, with a filter."
    yield _tree(["conformance", *topics, *SHARED, *(f"{RULES}/{rule}" for rule in rules)])


def _topic(folder: Path, rows: list[conformance.Row]) -> Iterator[str]:
    yield f"# {folder.name}"
    yield _text(ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8"))))
    for name in _public(folder / "numpy.py"):
        yield f"## {name}\n\n{_tabs(folder, name)}"
    for path in sorted(folder.glob("*.py")):
        if path.stem not in FRAMEWORKS and not path.stem.startswith("_") and (names := _public(path)):
            yield f"## {folder.name}.{path.stem}\n\nNumPy alone."
            yield from (f"### {name}\n\n{_code(source)}" for name, (source, _) in names.items())
    if rows:
        yield f"## Beside the built-ins\n\n{_table(rows)}"


def _module(path: Path) -> Iterator[str]:
    yield f"# {path.stem}"
    yield _text(ast.get_docstring(ast.parse(path.read_text("utf-8"))))
    yield from (f"## {name}\n\n{_code(source)}" for name, (source, _) in _public(path).items())


def _rule(root: Path, name: str, rows: list[conformance.Row]) -> Iterator[str]:
    folder = root / "gdcourse" / RULES
    yield f"# {name}"
    _, said = _public(folder / "numpy.py")[name]
    yield said
    theory = ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8"))) or ""
    yield _text(
        "\n\n".join(_equation(theory, number) for number in sorted(set(map(int, re.findall(r"\((\d+)\)", said)))))
    )
    yield "## In three frameworks\n\n" + _tabs(folder, name)
    mine = [row for row in rows if row.ours[0] == name]
    yield "## Beside the built-ins\n\n" + (
        _table(mine) if mine else "No framework has this rule, or no row compares it."
    )
    yield "## In the lessons\n\n" + (_lessons(root, name) or "No lesson uses it.")
    yield "The theory of all rules: [optimizers](../optimizers.md)."


def _equation(theory: str, number: int) -> str:
    """Return the lines of a theory that end with equation ``number``: from after the one before it, or a blank line."""
    lines = theory.splitlines()
    end = next(i for i, line in enumerate(lines) if re.search(rf"\s\({number}\)$", line))
    start = end
    while start and lines[start - 1].strip() and not re.search(r"\s\(\d+\)$", lines[start - 1]):
        start -= 1
    return "\n".join(line.strip() if i == start else line[4:] for i, line in enumerate(lines[start : end + 1], start))


def _lessons(root: Path, name: str) -> str:
    return "\n".join(link for link, text in _course(root) if re.search(rf"\b{name}\b", text))


@cache
def _course(root: Path) -> list[tuple[str, str]]:
    """Return (a link to it, the text of its cells) of each notebook of the course, in order; outputs left out."""
    paths = [(unit, path) for unit in Catalogue.read(root).units for path in notebooks(root / "course", unit)]
    return [(f"- [{title(path)}](../../{unit}/{path.name})", "\n".join(sources(path))) for unit, path in paths]


@cache
def _public(path: Path) -> dict[str, tuple[str, str]]:
    """Return the public functions and classes of a file, name -> (its text, its docstring)."""
    text = path.read_text("utf-8")
    return {
        node.name: (ast.get_source_segment(text, node) or "", ast.get_docstring(node) or "")
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
    }


def _tabs(folder: Path, name: str) -> str:
    items = []
    for file, framework in FRAMEWORKS.items():
        source, _ = _public(folder / f"{file}.py").get(name, ("", ""))
        if source:
            items.append(f":::{{tab-item}} {framework}\n:sync: {file}\n\n{_code(source)}\n:::")
    return "::::{tab-set}\n:sync-group: framework\n\n" + "\n\n".join(items) + "\n::::"


def _table(rows: Iterable[conformance.Row]) -> str:
    head = "| ours | framework | theirs | gap | why |\n| :--- | :--- | :--- | :--- | :--- |"
    return head + "\n" + "\n".join(_line(row) for row in rows)


def _line(row: conformance.Row) -> str:
    ours, framework, theirs, gap, why = [cell.strip(" |") for cell in [*conformance.table([row]).split(" | "), ""][:5]]
    cells = [f"`{ours}`", framework, f"`{theirs}`", gap, why]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _conformance(rows: dict[str, list[conformance.Row]]) -> Iterator[str]:
    yield "# Where the built-ins differ"
    yield (
        "Each line is measured by a test: ours with these arguments beside the framework's with those. *equal* means equal to "
        "rounding; else the gap's power of ten, and why."
    )
    yield '<label class="filter">Filter <input type="search" data-filter placeholder="Adam, keras, eps"></label>'
    for topic, table in rows.items():
        yield f"## {topic}\n\n{_table(table)}"


def _rows(topic: str) -> list[conformance.Row]:
    module: Any = importlib.import_module(f"gdcourse.conformance.{topic}")
    return list(module.ROWS)


def _first_line(path: Path) -> str:
    return (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").splitlines()[0].replace("|", "\\|")


def _first_sentence(found: tuple[str, str]) -> str:
    return re.split(r"(?<=\.)\s", found[1])[0].replace("\n", " ").replace("|", "\\|")


def _text(said: str | None) -> str:
    return f"```{{code-block}} text\n{said or ''}\n```"


def _code(source: str) -> str:
    return f"```python\n{source}\n```"


def _tree(pages: Iterable[str]) -> str:
    return "```{toctree}\n:hidden:\n\n" + "\n".join(pages) + "\n```"
