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
        target = f"lab/tree/{WORKING_COPY}/{path}" + ("?factory=Markdown Preview" if path.endswith(".md") else "")
        return f"https://mybinder.org/v2/gh/{self.repository}/{self.branch}?urlpath={quote(target, safe='')}"

    def about(self, unit, notebook, minutes, seconds):
        """Return the line under a notebook's title: where it stands, how long it takes, where to run it."""
        number, name = unit.split("_", 1)
        link = f"[open in Binder]({self.binder(f'{unit}/{notebook}.ipynb')})"
        if notebook == "exercises":
            return f"Unit {number} {name}, exercises · solving {minutes} min · {link}"
        runs = f"running {max(1, round(seconds))} s · " if seconds else ""
        return f"Unit {number} {name}, lesson {notebook.split('_')[0]} · reading {minutes} min · {runs}{link}"


def notebooks(course, unit):
    """Return the notebooks of a unit in reading order: the lessons, then the exercises."""
    found = sorted(p for p in (Path(course) / unit).glob("*.ipynb") if re.fullmatch(r"\d+_\w+|exercises", p.stem))
    return found


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
    lines = [f"# {catalogue.title}", "", HOW, ""]
    for unit, entry in catalogue.units.items():
        earned = (progress or {}).get(unit)
        lines += [f"## {unit.split('_')[0]} · {entry['title']}", "", entry["objective"], ""]
        lines += ["| | minutes | your progress |", "| :--- | ---: | ---: |"]
        for path in notebooks(course, unit):
            link = f"[{title(path)}]({unit}/{path.name})"
            state = (_points(earned) if earned else "not checked yet") if path.stem == "exercises" else ""
            lines.append(f"| {link} | {minutes(path)} | {state} |")
        lines.append("")
    return "\n".join(lines)


HOW = """\
Read a lesson, run its cells, answer each **Predict** before you run on. Then solve the unit's exercises.
Press **Validate** in an exercise notebook, or run `gdcourse check` in a terminal, to see what passes;
`gdcourse check --full` includes the hidden tests and updates your progress here. `gdcourse doctor` mends a broken set-up."""


def _points(earned):
    points, of = earned
    return f"{points:g} of {of:g} points" + (" ✓" if points == of else "")
