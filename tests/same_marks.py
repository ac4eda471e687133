"""The same marks as stock nbgrader: honest submissions through both, cell by cell, by nbgrader's own rules.

    python tests/same_marks.py [UNIT ...]   compares every known answer, a blank, a crash, an endless loop

Stock runs each notebook in a kernel, with its own preprocessors; the engine grades strictly, as `--strict-nbgrader` does.
"""

import sys
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import coursefolder
import matrix
import nbformat
from rich.console import Console
from rich.table import Table

from gdcourse import resources
from gdcourse.grading.notebooks import exercise_names

CELL_LIMIT = 60  # seconds
CRASH = "import os\n\n\ndef {}(*args):\n    os._exit(1)"
LOOP = "def {}(*args):\n    while True:\n        pass"


def submissions(unit, rows):
    """Return name -> notebook: one per row of answers, the solution, the released notebook, a crash, an endless loop."""
    last = exercise_names(matrix.solved(unit))[-1]
    made = {f"row{i:03d}": {name: a.source for name, a in row.items()} for i, row in enumerate(rows)}
    made |= {"solution": {}, "crash": {last: CRASH.format(last)}, "loop": {last: LOOP.format(last)}}
    return {name: matrix.submission(unit, replaced) for name, replaced in made.items()} | {
        "blank": nbformat.read(resources.released(unit), as_version=4)
    }


def compared(unit, handed_in, folder, limit=CELL_LIMIT):
    """Grade notebooks by both; return name -> (stock's points, the engine's points), each test -> score.

    limit: seconds that a cell may take.
    """
    folders = [folder / "stock", folder / "ours"]
    for each in folders:
        each.mkdir(parents=True)
    stock = matrix.stock_course(folders[0], limit)
    course = matrix.grader(folders[1], strict=True, limits={"cell": limit, "call": limit})
    stock.release(unit)
    for name, nb in handed_in.items():
        for each in folders:
            coursefolder.hand_in(each, name, nb, unit=unit)
    ours = {outcome.student: outcome.points for outcome in course.run(unit)}
    return {name: (stock.autograde(unit, name).points, ours[name]) for name in handed_in}


def differences(pairs):
    """Return (name, test, stock's, ours) for every test with two different scores; a test without a score has none, 0."""
    return [
        (name, test, stock.get(test) or 0, ours.get(test) or 0)
        for name, (stock, ours) in pairs.items()
        for test in sorted({*stock, *ours})
        if (stock.get(test) or 0) != (ours.get(test) or 0)
    ]


def main(units):
    """Compare all of some units; print a table and return whether all marks were the same."""
    table, apart = Table("unit", "submissions", "cells", "different"), []
    for unit in units:
        with TemporaryDirectory() as folder:
            pairs = compared(unit, submissions(unit, matrix.together(unit)), Path(folder))
        found = differences(pairs)
        table.add_row(unit, str(len(pairs)), str(sum(len(ours) for _, ours in pairs.values())), str(len(found)))
        apart += [(unit, *row) for row in found]
    Console().print(table)
    for row in apart:
        print(*row)
    return not apart


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    raise SystemExit(0 if main(sys.argv[1:] or matrix.units()) else 1)
