"""What the course contains: its units, their lessons, minutes and links. Read from `course.toml` and the notebooks."""

import json
import re
import tomllib
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote

WORKING_COPY = "gradient-descent-course"
HOME = "home.md"
EXERCISES = "exercises"  # the stem of that notebook
BEGIN, END = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"  # nbgrader's marks, in a test cell


class State(StrEnum):
    """What is known of an exercise."""

    NOT_STARTED = "not started"
    FAILED = "failed"
    VISIBLE = "visible tests pass"
    ALL = "all tests pass"


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
    return next((found[1] for source in sources(path) if (found := re.match(r"# (.+)", source))), Path(path).stem)


def minutes(path):
    """Return the minutes that a notebook states under its title."""
    return int(re.search(r"(?:reading|solving) (\d+) min", sources(path)[0])[1])


def exercises(path):
    """Return the names of the exercises of a notebook, in order."""
    flags = [cell["metadata"].get("nbgrader", {}) for cell in _cells(path)]
    return [given["grade_id"] for given in flags if given.get("solution")]


def _cells(path):
    """Return the cells of a notebook of the course, not validated: the home page needs them all, and quickly."""
    return json.loads(Path(path).read_text("utf-8"))["cells"]


def sources(path):
    """Return the text of each cell of a notebook."""
    return ["".join(cell["source"]) for cell in _cells(path)]


def anchor(heading):
    """Return the fragment under which JupyterLab finds a heading."""
    return quote(heading.replace(" ", "-"), safe="")


@dataclass(frozen=True)
class Page:
    """A notebook as the home page lists it. exercises: their names; none in a lesson."""

    path: str
    title: str
    minutes: int
    exercises: tuple[str, ...]


def contents(units, course):
    """Return the pages of some units of a course folder, unit -> list of `Page`."""
    return {
        unit: [
            Page(f"{unit}/{p.name}", title(p), minutes(p), tuple(exercises(p)) if p.stem == EXERCISES else ())
            for p in notebooks(course, unit)
        ]
        for unit in units
    }


@dataclass
class Progress:
    """What the home page tells of a learner.

    lessons: path -> (cells run, of how many, finished at some time).  exercises: unit -> name -> (`State`, changed since).
    """

    lessons: dict = field(default_factory=dict)
    exercises: dict = field(default_factory=dict)

    def lesson(self, page):
        """Return (is it "new", "opened" or "finished", the words for that)."""
        run, of, finished = self.lessons.get(page.path, (0, 0, False))
        if finished:
            return "finished", "finished"
        return ("opened", f"opened: {run} of {of} cells run") if run else ("new", "")

    def states(self, unit, page):
        """Return name -> (`State`, changed since) for the exercises of a page."""
        known = self.exercises.get(unit, {})
        return {name: known.get(name, (State.NOT_STARTED, False)) for name in page.exercises}


def home_page(catalogue, course, progress=None, units=None):
    """Return the Markdown of the home page, a section per unit.

    progress: a learner's `Progress`, None for nobody's.  units: the `contents` of the folder ``course``, if read before.
    """
    units = units or contents(catalogue.units, course)
    lines = [f"# {catalogue.title}", "", HOW, ""]
    lines += [] if progress is None else [*_standing(units, progress), "", WORDS, ""]
    for unit, entry in catalogue.units.items():
        number, whole = unit.split("_")[0], sum(page.minutes for page in units[unit])
        lines += [f"## {number} · {entry['title']}", "", f"{entry['objective']} *{_hours(whole)}*", ""]
        lines += _lessons(units[unit], progress)
        lines += [line for page in units[unit] if page.exercises for line in _exercises(unit, page, progress)]
    return "\n".join(lines)


def _standing(units, progress):
    """Return how far the learner is, and where to go on."""
    lessons = [page for pages in units.values() for page in pages if not page.exercises]
    states = [s for unit, pages in units.items() for page in pages for s, _ in progress.states(unit, page).values()]
    left = [page for page in lessons if progress.lesson(page)[0] != "finished"]
    solved = states.count(State.ALL)
    told = f"**You** have finished {len(lessons) - len(left)} of {len(lessons)} lessons"
    told += f" and solved {solved} of {len(states)} exercises."
    return [told + (f" Go on with [{left[0].title}]({left[0].path})." if left else "")]


def _lessons(pages, progress):
    """Return the lines of a unit's lessons, each with its mark."""
    lines = []
    for page in (page for page in pages if not page.exercises):
        told = f"[{page.title}]({page.path}) · {page.minutes} minutes"
        if progress is not None:
            state, words = progress.lesson(page)
            told = f"{LESSON_MARKS[state]} {told}" + (f" · {words}" if words else "")
        lines.append(f"- {told}")
    return [*lines, ""]


def _exercises(unit, page, progress):
    """Return the line of a unit's exercises, each with its mark."""
    link = f"**Exercises**: [{page.title}]({page.path}), {page.minutes} minutes"
    if progress is None:
        return [f"{link}.", ""]
    states = progress.states(unit, page)
    done = sum(state is State.ALL for state, _ in states.values())
    each = [f"{MARKS[state]} `{name}`" + " *(changed)*" * changed for name, (state, changed) in states.items()]
    return [f"{link} · **{done} of {len(states)}** solved<br>" + " &nbsp; ".join(each), ""]


def _hours(whole):
    return f"{whole} minutes." if whole < 100 else f"{whole / 60:.0f} hours."


LESSON_MARKS = {"new": "○", "opened": "◐", "finished": "●"}
MARKS = {State.ALL: "●", State.VISIBLE: "◐", State.FAILED: "✗", State.NOT_STARTED: "○"}
HOW = """\
Read a lesson, run its cells, and answer each **Predict** before you run on. Then solve the unit's exercises. To see what
holds, run the cell `check("...")` under an exercise; `check()` goes through the whole notebook. In a terminal (File > New >
Terminal), `gdcourse check --full` runs a notebook from top to bottom, as a grader does. If something does not work,
`gdcourse doctor` names the problem and its mend.

To look things up: [glossary](glossary.md), [notation](notation.md), [cheat sheet](cheatsheet.md)."""
WORDS = """\
Lessons: ○ not opened · ◐ opened, that is, you have run and saved some of its cells · ● finished, you have run and saved all.
Exercises, as of their last check: ○ not started · ✗ a test fails · ◐ the visible tests pass · ● all tests pass ·
*(changed)*: you have edited it since."""
