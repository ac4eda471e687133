"""What the course contains: its units, their lessons, minutes and links. Read from `course.toml` and the notebooks."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import nbformat

WORKING_COPY = "gradient-descent-course"
HOME = "home.md"


@dataclass(frozen=True)
class Catalogue:
    """The table of contents. units: name -> {"title", "objective"}, in order."""

    title: str
    repository: str
    branch: str
    units: dict[str, dict[str, str]]

    @classmethod
    def read(cls, root):
        """Read `solutions/course.toml` under ``root``."""
        return cls(**tomllib.loads((Path(root) / "solutions" / "course.toml").read_text("utf-8")))

    def binder(self, path=HOME):
        """Return the address that opens ``path`` of the working copy in a Binder session."""
        target = quote(f"lab/tree/{WORKING_COPY}/{path}", safe="")
        return f"https://mybinder.org/v2/gh/{self.repository}/{self.branch}?urlpath={target}"

    def about(self, unit, notebook, minutes, seconds, lessons):
        """Return the line under a notebook's title: where it stands, how long it takes, where to run it.

        lessons: how many the unit has.
        """
        number, name = unit.split("_", 1)
        link = f"[open in Binder]({self.binder(f'{unit}/{notebook}.ipynb')})"
        if notebook == "exercises":
            return f"Unit {number} {name}, exercises · solving {minutes} min · {link}"
        runs = f"running {max(1, round(seconds))} s · " if seconds else ""
        return (
            f"Unit {number} {name}, lesson {notebook.split('_')[0]} of {lessons} · reading {minutes} min · {runs}{link}"
        )


def notebooks(course, unit):
    """Return the notebooks of a unit in reading order: the lessons, then the exercises."""
    return in_reading_order((Path(course) / unit).glob("*.ipynb"))


def in_reading_order(paths):
    """Return those of paths that are a unit's pages: lesson 2 before lesson 10, the exercises last.

    >>> [path.stem for path in in_reading_order(map(Path, ["exercises.py", "10_end.py", "2_way.py", "notes.py"]))]
    ['2_way', '10_end', 'exercises']
    """
    pages = [(found, path) for path in paths if (found := re.fullmatch(r"(\d+)_\w+|exercises", path.stem))]
    return [path for found, path in sorted(pages, key=lambda page: (not page[0][1], int(page[0][1] or 0), page[1]))]


def title(path):
    """Return the first heading of a notebook."""
    for cell in nbformat.read(path, as_version=4).cells:
        if heading := re.match(r"# (.+)", cell.source):
            return heading[1]
    return Path(path).stem


def minutes(path):
    """Return the minutes that a notebook states under its title."""
    return int(re.search(r"(?:reading|solving) (\d+) min", nbformat.read(path, as_version=4).cells[0].source)[1])


def home_page(catalogue, course, progress=None):
    """Return the Markdown of the home page. progress: unit -> (points, of), what the learner has earned so far."""
    lines = [f"# {catalogue.title}", "", HOW, "", "| unit | minutes | your progress |", "| :--- | ---: | :--- |"]
    for unit, entry in catalogue.units.items():
        pages, earned = notebooks(course, unit), (progress or {}).get(unit)
        about = f"**{unit.split('_')[0]} · {entry['title']}**<br>{entry['objective']}"
        lines.append(
            f"| {about} | **{sum(map(minutes, pages))}** | {_points(earned) if earned else 'not checked yet'} |"
        )
        lines += [f"| [{title(page)}]({unit}/{page.name}) | {minutes(page)} | |" for page in pages]
    return "\n".join([*lines, ""])


HOW = """\
Read a lesson, run its cells, and answer each **Predict** before you run on. Then solve the unit's exercises. To see what
passes, press **Validate** in an exercise notebook, or run `gdcourse check` in a terminal (File > New > Terminal): both run
the visible tests. `gdcourse check --full` runs the hidden ones too and updates your progress here. If something does not
work, `gdcourse doctor` names the problem and its mend.

To look things up: [glossary](glossary.md), [notation](notation.md), [cheat sheet](cheatsheet.md)."""


def _points(earned):
    points, of = earned
    return f"{points:g} of {of:g} points" + (" ✓" if points == of else "")
