"""Reports on a graded unit: per exercise, what was solved, what fails most, and how long it took."""

import csv
import re
from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gdcourse.grading.course.gradebook import THE_SOURCE
from gdcourse.grading.course.grader import Grader
from gdcourse.grading.course.run import Outcome


@dataclass(frozen=True)
class Exercise:
    """One exercise over a class. solved: share with all points; mean: points; seconds: mean; failures: (line, students) pairs.

    waiting: how many students' answers wait for marks by hand; those count in no share and no mean.
    """

    name: str
    points: float
    solved: float
    mean: float
    seconds: float
    failures: list[tuple[str, int]]
    tamper_proof: bool
    waiting: int = 0


def outcomes(grader: Grader, unit: str) -> list[Outcome]:
    """Return the recorded `Outcome` of every student, sorted by name, with what was marked by hand since."""
    with closing(grader.open()) as book:
        records = book.records(unit)
        by_hand = book.by_hand(unit) if records else {}
    kept = {student: outcome for student, (_, _, outcome) in records.items() if student != THE_SOURCE}
    for student, outcome in kept.items():
        for test in outcome["tests"]:
            test["score"] = by_hand.get((student, test["notebook"], test["name"]), test["score"])
    return [Outcome(**{k: v for k, v in kept[s].items() if k != "notebooks"}) for s in sorted(kept)]


def exercises(outcomes: list[Outcome]) -> list[Exercise]:
    """Return an `Exercise` per exercise, in the order of the notebook. A submission without marks counts as unsolved."""
    tests = defaultdict(list)
    for outcome in outcomes:
        mine = defaultdict(list)
        for test in outcome.tests:
            mine[test["name"].rsplit("-", 1)[0]].append(test)
        for name, its in mine.items():
            tests[name].append(its)
    return [_exercise(name, per_student, len(outcomes)) for name, per_student in tests.items()]


def _exercise(name: str, per_student: list[list[dict[str, Any]]], students: int) -> Exercise:
    marked = [its for its in per_student if all(t["score"] is not None for t in its)]
    waiting = len(per_student) - len(marked)
    earned = [sum(t["score"] for t in its) for its in marked]
    points = max(sum(t["points"] for t in its) for its in per_student)
    failures = Counter(told for its in per_student for told in {t["failed"] for t in its if t["failed"]})
    return Exercise(
        name,
        points,
        sum(e >= points for e in earned) / max(1, students - waiting),
        sum(earned) / max(1, students - waiting),
        sum(t["seconds"] for its in per_student for t in its) / len(per_student),
        [(told.removeprefix(f"{name}: "), count) for told, count in failures.most_common()],
        all(t["tamper_proof"] for its in per_student for t in its),
        waiting,
    )


def write(unit: str, rows: list[Exercise], table: Path, figure: Path) -> tuple[Path, Path]:
    """Write the report as CSV and as a figure; return both paths."""
    with open(table, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["exercise", "points", "solved", "mean", "seconds", "property", "students"])
        for row in rows:
            for told, count in row.failures or [("", 0)]:
                writer.writerow([row.name, row.points, row.solved, row.mean, row.seconds, _text(told), count])
    fig = draw(unit, rows)
    fig.savefig(figure, dpi=120)
    return table, figure


FORMULA = re.compile(
    r"(^|[;,|\t])(\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])"
)  # where another spreadsheet may begin a cell


def _text(told: str) -> str:
    """Return a line that a spreadsheet takes for text, whatever a student's exception says and wherever it cuts the line."""
    return FORMULA.sub(r"\1\2'", "".join(c if c.isprintable() else " " for c in told))


def draw(unit: str, rows: list[Exercise]) -> Any:
    """Return a figure: per exercise the share of submissions that solve it, and the share of its points that is earned."""
    from gdcourse import plots

    fig, ax = plots.figure(width=7, height=1.2 + 0.4 * len(rows))
    places = range(len(rows))
    ax.barh(places, [row.mean / row.points for row in rows], height=0.7, color="C0", alpha=0.35, label="points earned")
    ax.barh(places, [row.solved for row in rows], height=0.35, color="C0", label="solved")
    ax.set_yticks(places, [row.name for row in rows])
    ax.invert_yaxis()
    ax.set(xlim=(0, 1), xlabel="share of the class's submissions, and of all points")
    ax.set_title(unit, loc="right")
    ax.xaxis.set_major_formatter("{x:.0%}")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False)
    return fig
