"""What `gdcourse grade` shows in a terminal: progress, summary and report."""

from contextlib import closing
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text
from traitlets import TraitError

from gdcourse.grading.course import reports
from gdcourse.grading.course.gradebook import GradebookError
from gdcourse.grading.course.grader import Grader
from gdcourse.grading.course.run import GradingError, Outcome
from gdcourse.grading.engine.results import EngineError, IsolationError
from gdcourse.grading.limits import LimitError

ERRORS = (OSError, RuntimeError, GradingError, GradebookError, EngineError, LimitError, TraitError)
MOST_NOTES = 4  # of one student in a line
UNSAFE = "To grade all the same, with student code running as you: --unsafe"


class _Rate(ProgressColumn):
    """Submissions per second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.finished_speed or task.speed or 0:.1f}/s")


def grade(grader: Grader, unit: str, students: list[str] | None, out: Console, err: Console, **options: Any) -> bool:
    """Grade with a progress bar and print the summary; return whether every submission was marked without a problem."""
    handed_in = grader.students(unit)
    if unknown := sorted(set(students or ()) - set(handed_in)):
        raise GradingError(f"no submission of {unit} by {', '.join(map(repr, unknown))}")
    if not handed_in:
        where = grader.coursedir.format_path(grader.coursedir.submitted_directory, "", "")
        raise GradingError(f"no submission of {unit} in {where}")
    outcomes = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    more = TextColumn("{task.fields[failed]} to look at")
    with Progress(*columns, more, console=err, transient=True) as bar:
        task = bar.add_task(unit, total=None, failed=0)

        def planned(number: int) -> None:
            bar.update(task, total=number)

        try:
            with closing(grader.run(unit, students or None, on_plan=planned, **options)) as run:
                for outcome in run:
                    outcomes.append(outcome)
                    bar.update(task, advance=outcome.fresh, failed=sum(o.problem is not None for o in outcomes))
        except KeyboardInterrupt:
            marked = sum(o.fresh for o in outcomes)
            raise GradingError(f"stopped: {marked} marked, nothing lost; run again to go on") from None
        except IsolationError as error:
            raise GradingError(f"student code cannot be isolated here: {error}. {UNSAFE}") from None
    out.print(_summary(unit, sorted(outcomes, key=lambda o: o.student)))
    settled = sum(o.settled for o in outcomes)
    for notice in [*grader.notices, *[f"late penalties that changed: {settled}"] * bool(settled)]:
        out.print(shown_text(notice), soft_wrap=True)
    return all(o.problem is None for o in outcomes)


def _summary(unit: str, outcomes: list[Outcome]) -> Table:
    fresh = sum(o.fresh for o in outcomes)
    table = Table(title=Text(f"{unit}: {fresh} marked, {len(outcomes) - fresh} unchanged since the last run"))
    for name in ("student", "score", "to look at"):
        table.add_column(name, justify="right" if name == "score" else "left", overflow="fold")
    for o in outcomes:
        told = ["tampering: " * o.tampered + o.problem] if o.problem else []
        told += [f"waits for marks by hand: {', '.join(o.waiting)}"] if o.waiting else []
        told += [o.late] if o.late else []
        table.add_row(shown(o.student), f"{o.score:g}/{o.max_score:g}", shown_text("; ".join([*told, *_few(o.notes)])))
    return table


def _few(notes: list[str]) -> list[str]:
    return notes if len(notes) <= MOST_NOTES else [*notes[:MOST_NOTES], f"and {len(notes) - MOST_NOTES} files more"]


def shown(name: str) -> Text:
    """Return a student's or file's name as it can stand in a line of a table."""
    return Text(name if name.isprintable() else repr(name))


def shown_text(text: str) -> Text:
    """Return what may come from a student as one line that neither a terminal nor rich takes for a command."""
    return Text("".join(c if c.isprintable() else repr(c)[1:-1] for c in text))


def report(grader: Grader, unit: str, out: Console) -> None:
    """Print the report on a unit, and write it as CSV and as a figure beside the gradebook's folders."""
    outcomes = reports.outcomes(grader, unit)
    if not outcomes:
        raise GradingError(f"nothing of {unit} was graded yet")
    rows = reports.exercises(outcomes)
    table = Table(title=Text(f"{unit}: {len(outcomes)} students"))
    for name in ("exercise", "solved", "mean points", "seconds", "what fails most, and for how many"):
        table.add_column(name, justify="left" if name[0] in "ew" else "right", overflow="fold")
    for row in rows:
        waiting = [f"{row.waiting} wait for marks by hand, and count nowhere"] if row.waiting else []
        most = Text("\n").join(map(shown_text, [*waiting, *(f"{n} x {told}" for told, n in row.failures[:3])]))
        solved, mean = f"{row.solved:.0%}", f"{row.mean:.2f}/{row.points:g}"
        table.add_row(shown(row.name + " *" * (not row.tamper_proof)), solved, mean, f"{row.seconds:.2f}", most)
    if not all(row.tamper_proof for row in rows):
        table.caption = "* one of its tests runs beside the student's code and is not tamper-proof"
    out.print(table)
    for o in outcomes:
        if o.problem or o.notes:
            out.print(shown(o.student).append(": "), shown_text("; ".join(filter(None, [o.problem, *o.notes]))), sep="")
    folder = Path(grader.coursedir.root)
    for path in reports.write(unit, rows, folder / f"report-{unit}.csv", folder / f"report-{unit}.png"):
        out.print(Text(f"wrote {path}"))
