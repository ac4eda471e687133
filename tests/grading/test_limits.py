"""The table of limits: typed values, a page that follows the code, errors that name what came."""

import ast
import re
from dataclasses import asdict, fields
from pathlib import Path

import pytest

from gdcourse import resources
from gdcourse.grading import limits
from gdcourse.grading.limits import LimitError, Limits

GRADING = Path(limits.__file__).parent


def test_the_guides_table_is_in_step():
    page = resources.root() / "docs" / "limits.md"
    assert page.read_text("utf-8") == limits.page(), "run: python -m gdcourse.grading.limits > docs/limits.md"


def test_every_limit_has_a_row_and_every_number_of_the_file_is_a_limit():
    rows = {row.name: row for row in limits.rows()}
    assert {row.name for row in rows.values() if row.settable} == {each.name for each in fields(Limits)}
    assert {row.name for row in rows.values() if not row.settable} == {
        name for name, value in vars(limits).items() if name.isupper() and isinstance(value, int | float)
    }
    assert all(row.value > 0 and row.about.unit and row.about.by and row.about.told for row in rows.values())


def constants(tree):
    """Yield (name, value) of the numbers that a module gives a name in capitals."""
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [n for t in targets for n in (t.elts if isinstance(t, ast.Tuple) else [t])]
            values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            for name, value in zip(names, values, strict=False):
                if isinstance(value, ast.Constant | ast.BinOp) and isinstance(name, ast.Name) and name.id.isupper():
                    with_number = [n for n in ast.walk(value) if isinstance(n, ast.Constant)]
                    if with_number and all(isinstance(n.value, int | float) for n in with_number):
                        yield name.id


def said():
    """Yield the texts of grading, with {} where something is filled in."""
    for path in GRADING.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))) if path.name != "limits.py" else ():
            if isinstance(node, ast.JoinedStr):
                yield "".join(v.value if isinstance(v, ast.Constant) else "{}" for v in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_what_a_student_is_told_stands_in_the_code():
    """The kernel's words, which are Python's, are tested where its limits are met; an instructor's notes are put together."""
    texts, pieces = set(said()), []
    for row in limits.rows():
        if row.about.by != "kernel" and not row.about.told.startswith(("nothing", "instructor")):
            told = re.split(r"\.\.\.|{.+?}|\d+(?: MB)?|, or: ", row.about.told)
            pieces += [piece.strip(" ,:") for piece in told if piece.strip(" ,:")]
    assert len(pieces) > 10 and not [piece for piece in pieces if not any(piece in text for text in texts)]


def test_the_instructors_guide_tells_the_limits_of_time_and_memory():
    guide = " ".join((resources.root() / "docs" / "instructor.md").read_text("utf-8").split())
    assert (
        f"A cell has {Limits.cell:g} seconds, one call of a student's function {Limits.call:g}, the notebook as a whole "
        f"{Limits.total:g}." in guide
    )
    assert f"{limits.shown(Limits.memory, 'bytes')} of memory" in guide


KNOWN = {
    "student/kernel.py",  # the kernel's own numbers
    "student/seccomp.py",
    "check/clock.py",  # a learner's own notebook, on the learner's own machine
    "check/exercises.py",
    "check/kernel.py",
}
NO_LIMITS = {
    ("forking.py", "HUGE"),  # the processor's
    ("forking.py", "COLLAPSE"),  # the kernel's
    ("student/sandbox.py", "NOBODY"),  # a user
    ("judge/files.py", "CAME"),  # a date
    ("course/dask.py", "AT_LEAST"),  # how many are on their way, not how many may be
    ("course/terminal.py", "MOST_NOTES"),  # what a line of the summary shows
}


def test_no_other_file_of_grading_has_a_limit_of_its_own():
    found = {
        (path.relative_to(GRADING).as_posix(), name)
        for path in GRADING.rglob("*.py")
        if path.name != "limits.py" and path.relative_to(GRADING).as_posix() not in KNOWN
        for name in constants(ast.parse(path.read_text("utf-8")))
    }
    assert found == NO_LIMITS


@pytest.mark.parametrize("given", [{"cell": 0}, {"memory": -1}, {"call": "20"}, {"cpu": True}, {"cell": float("inf")}])
def test_what_is_no_limit_is_refused(given):
    ((name, value),) = given.items()
    with pytest.raises(LimitError, match=rf"expected a positive number for the limit {name}, got {value!r}"):
        Limits.of(given)


def test_an_unknown_limit_names_the_known_ones():
    with pytest.raises(LimitError, match=r"expected limits among cell, call, .*, got 'seconds'"):
        Limits.of({"seconds": 3})


def test_numbers_come_in_the_type_of_the_limit():
    given = Limits.of({"memory": 1e9, "cell": 5})
    assert type(given.memory) is int and type(given.cell) is float and (given.memory, given.cell) == (10**9, 5.0)
    assert Limits.of(asdict(given)) == given


def test_words_of_the_command_line():
    assert limits.parsed(["cell=120", "memory=4e9"]) == {"cell": 120.0, "memory": 4e9}
    for word in ("cell", "cell=", "=3", "cell=two"):
        with pytest.raises(LimitError, match=r"expected NAME=NUMBER|expected limits among"):
            Limits.of(limits.parsed([word]))


@pytest.mark.parametrize(
    "value, unit, shown",
    [
        (64 << 20, "bytes", "64 MiB"),
        (20_000_000, "bytes", "20 MB"),
        (4 << 30, "bytes", "4 GiB"),
        (1001, "s", "1,001 s"),
        (2000, "AD", "2000 AD"),
    ],
)
def test_values_are_written_as_people_write_them(value, unit, shown):
    assert limits.shown(value, unit) == shown
