"""What an author writes in a lesson's Markdown and the build spells out: the line under the title, links, terms, exercises.

{{about}}              unit and lesson, minutes, Binder, and the links of {{links}}
{{links}}              home, previous and next lesson, exercises
{{exercise:mse}}       the link to that exercise of the unit
[[momentum]]           the link to a term of the glossary
[[tails|heavy tail]]   the same under other words
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from gdcourse.authoring.minutes import reading_minutes, solving_minutes
from gdcourse.catalogue import HOME, Catalogue, anchor, in_reading_order

GLOSSARY = "glossary.md"
TASK = "{}-task"  # the id of the cell that states an exercise: JupyterLab goes to a cell by its id
TITLE = re.compile(r"^# # (.+)$", re.M)
VERBATIM = re.compile(r"(```.*?```|`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]+\$)", re.S)  # code and formulas stay as they are
TERM = re.compile(r"\[\[([^\[\]|]+)(?:\|([^\[\]|]+))?\]\]")
EXERCISE = re.compile(r"\{\{exercise:(\w+)\}\}")


class MarkupError(Exception):
    """A mark that leads nowhere; the message names the lesson, the mark and what was expected."""


@dataclass(frozen=True)
class Page:
    """A notebook of the course, as its source tells: where it stands and what it is called."""

    unit: str
    stem: str
    title: str

    @classmethod
    def read(cls, path: Path) -> "Page":
        """Read the title from a source's first heading."""
        found = TITLE.search(path.read_text("utf-8"))
        if not found:
            raise MarkupError(f"expected a first heading '# # Title' in {path.parent.name}/{path.name}")
        return cls(path.parent.name, path.stem, found[1])

    @property
    def is_lesson(self) -> bool:
        return self.stem != "exercises"


class Markup:
    """Spells out the marks of every notebook under one root. Read once per build."""

    def __init__(self, root: str | Path) -> None:
        self.catalogue = Catalogue.read(root)
        self.solutions = Path(root) / "solutions"
        self.pages = [Page.read(path) for unit in self.catalogue.units for path in sources(self.solutions / unit)]
        self.lessons = [page for page in self.pages if page.is_lesson]
        self.terms = dict(_terms(self.solutions / "glossary"))

    def expand(self, nb: NotebookNode, unit: str, stem: str, measured: float | None) -> None:
        """Replace the marks in the Markdown cells of one notebook. measured: seconds that it runs, or None."""
        minutes = solving_minutes(nb) if stem == "exercises" else reading_minutes(nb)
        links = self.links(unit, stem)
        about = self.catalogue.about(unit, stem, minutes, measured, sum(p.unit == unit for p in self.lessons))
        for cell in nb.cells:
            if cell.cell_type == "markdown":
                source = cell.source.replace("{{about}}", f"{about}\n\n{links}").replace("{{links}}", links)
                cell.source = self.text(source, unit, stem)

    def text(self, markdown: str, unit: str, stem: str, up: str = "../") -> str:
        """Spell out terms and exercises in a text that stands ``up`` from the home page's folder."""

        def outside(piece: str) -> str:
            piece = TERM.sub(lambda m: self._term(m[1], m[2] or m[1], up, f"{unit}/{stem}"), piece)
            return EXERCISE.sub(lambda m: self._exercise(m[1], unit, stem), piece)

        return "".join(p if VERBATIM.fullmatch(p) else outside(p) for p in VERBATIM.split(markdown))

    def links(self, unit: str, stem: str) -> str:
        """Return the line that leads on: home, the lesson before and the one after, the unit's exercises."""
        found = [f"[home](../{HOME})"]
        if stem != "exercises":
            order = [(page.unit, page.stem) for page in self.lessons]
            here = order.index((unit, stem))
            before = self.lessons[here - 1 : here] if here else []
            found += [f"previous: {_link(page, unit)}" for page in before]
            found += [f"next: {_link(page, unit)}" for page in self.lessons[here + 1 : here + 2]]
            found += ["[exercises of this unit](exercises.ipynb)"]
        else:
            found += [_link(page, unit) for page in self.lessons if page.unit == unit]
        return " · ".join(found)

    def _term(self, shown: str, term: str, up: str, where: str) -> str:
        if term not in self.terms:
            raise MarkupError(f"{where}: expected a term of the glossary, got [[{term}]]")
        return f"[{shown}]({up}{GLOSSARY}#{anchor(term)})"

    def _exercise(self, name: str, unit: str, stem: str) -> str:
        text = (self.solutions / unit / "exercises.py").read_text("utf-8")
        tasks = re.findall(r'"grade_id": "(\w+)", "solution": true', text)
        if name not in tasks:
            raise MarkupError(f"{unit}/{stem}: expected an exercise among {', '.join(tasks)}, got {name}")
        return f"[**{name}**](exercises.ipynb#cell-id={TASK.format(name)})"  # as code it would not look like a link


def _terms(folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield (term, {"text", "lesson"}) from the glossary, one file per unit; lesson becomes `unit/stem`."""
    seen: dict[str, str] = {}
    for path in sorted(folder.glob("*.toml")):
        for term, entry in tomllib.loads(path.read_text("utf-8")).items():
            if term in seen:
                raise MarkupError(f"expected each term once, got {term!r} in {seen[term]} and in {path.name}")
            seen[term] = path.name
            yield term, {**entry, "lesson": f"{path.stem}/{entry['lesson']}"}


def sources(folder: Path) -> list[Path]:
    """Return the sources of a unit in reading order: the lessons, then the exercises."""
    return in_reading_order(folder.glob("*.py"))


def _link(page: Page, unit: str) -> str:
    folder = "" if page.unit == unit else f"../{page.unit}/"
    return f"[{page.title}]({folder}{page.stem}.ipynb)"
