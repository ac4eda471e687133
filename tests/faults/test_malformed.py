"""A class in which almost everybody hands in something broken: each gets a line and what is left of the marks."""

import json
import os
import random
import stat
from copy import deepcopy
from pathlib import Path

import coursefolder
import matrix
import nbformat
import pytest

from gdcourse.grading.course import marked_files
from gdcourse.grading.course.terminal import shown, shown_text
from gdcourse.grading.notebooks import grade_id, is_test, parse, restore

UNIT = coursefolder.UNIT
pytestmark = pytest.mark.slow
SOLVED = matrix.solved(UNIT)
TESTS = [grade_id(cell) for cell in SOLVED.cells if is_test(cell)]
FULL = matrix.worth(UNIT)
REST = FULL - sum(c.metadata["nbgrader"]["points"] for c in SOLVED.cells if (grade_id(c) or "").startswith("descend-"))
NOT_A_NOTEBOOK, MISSING = "is not a Jupyter notebook that can be read", "exercises.ipynb is missing"


def solved():
    """Return the solved notebook as plain JSON data."""
    return json.loads(nbformat.writes(SOLVED))


def index(data, id_):
    cells = data["cells"]
    return next(i for i, c in enumerate(cells) if c["metadata"].get("nbgrader", {}).get("grade_id") == id_)


def edited(edit):
    """Return the text of the solved notebook after ``edit(data)``."""
    data = solved()
    changed = edit(data)
    return json.dumps(data if changed is None else changed)


def each_cell(edit):
    """Edit every cell of the solved notebook."""

    def all_of_them(data):
        for number, cell in enumerate(data["cells"]):
            edit(number, cell)

    return edited(all_of_them)


def cells(make):
    """Return the notebook whose cells are ``make(data)``."""
    return edited(lambda data: {**data, "cells": make(data)})


def fields(**new):
    """Return the solved notebook with other values at its top."""
    return edited(lambda data: {**data, **new})


def old(version):
    """Return the solved notebook in a format of before 2015."""
    data = json.loads(nbformat.writes(deepcopy(SOLVED), version=3))  # it changes what it is given
    return json.dumps({**data, "nbformat": version})


def many(number):
    filler = {"cell_type": "code", "metadata": {}, "source": "", "outputs": [], "execution_count": None}
    return cells(lambda data: [*data["cells"], *[filler] * (number - len(data["cells"]))])


def without(*ids):
    return cells(
        lambda data: [c for c in data["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") not in ids]
    )


def at(id_, **new):
    """Return the solved notebook with other fields in one cell."""
    return edited(lambda data: data["cells"][index(data, id_)].update(new))


def at_first(**new):
    """Return the solved notebook with other fields in its first cell, which is text."""
    return edited(lambda data: data["cells"][0].update(new))


def flags(**new):
    """Return the solved notebook with other nbgrader flags in its test cells."""

    def reflag(_, cell):
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"].update(new)

    return each_cell(reflag)


def metadata(value):
    """Return the solved notebook with ``value`` for the metadata of each cell that is no exercise's."""
    return each_cell(lambda _, cell: cell.update(metadata=value) if "nbgrader" not in cell["metadata"] else None)


def with_bytes(raw):
    """Return the solved notebook with raw bytes in the text of its first cell."""
    return json.dumps(solved()).encode().replace(b"Warm-up", b"Warm" + raw, 1)


def kernel(name, language):
    spec = {
        "kernelspec": {"name": name, "display_name": name, "language": language},
        "language_info": {"name": language},
    }
    return fields(metadata=spec)


ODD_OUTPUTS = [
    3,
    None,
    "text",
    {"output_type": "stream", "name": "stdout", "text": "\x00\x1b[2J"},
    {"data": {"a": [[]]}},
]
CONTENT = {  # what lies in exercises.ipynb -> (content, points, what the line says or None)
    "broken json": ('{"cells": [', 0, NOT_A_NOTEBOOK),
    "cut in the middle": (json.dumps(solved())[:2000], 0, NOT_A_NOTEBOOK),
    "empty": ("", 0, NOT_A_NOTEBOOK),
    "blank": (" \n\n", 0, NOT_A_NOTEBOOK),
    "a list": ("[1, 2]", 0, NOT_A_NOTEBOOK),
    "a number": ("3", 0, NOT_A_NOTEBOOK),
    "a huge number": ("9" * 10_000, 0, NOT_A_NOTEBOOK),
    "a string": ('"notebook"', 0, NOT_A_NOTEBOOK),
    "null": ("null", 0, NOT_A_NOTEBOOK),
    "NaN": ("NaN", 0, NOT_A_NOTEBOOK),
    "nested": ("[" * 100_000, 0, NOT_A_NOTEBOOK),
    "nested objects": ('{"cells":' * 100_000, 0, NOT_A_NOTEBOOK),
    "nested metadata": (
        json.dumps(solved()).replace('"metadata": {}', '"metadata": ' + "[" * 900 + "]" * 900, 1),
        FULL,
        None,
    ),
    "binary": (random.Random(0).randbytes(50_000), 0, NOT_A_NOTEBOOK),
    "utf-16": (json.dumps(solved()).encode("utf-16"), 0, NOT_A_NOTEBOOK),
    "a zip": (b"PK\x03\x04" + bytes(1000), 0, NOT_A_NOTEBOOK),
    "no cells": (json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}}), 0, NOT_A_NOTEBOOK),
    "cells are a number": (fields(cells=3), 0, NOT_A_NOTEBOOK),
    "no cell at all": (fields(cells=[]), 0, None),
    "too many cells": (many(100_000), 0, "100000 cells, more than 10000: not marked"),
    "format 3": (old(3), FULL, None),
    "format 2": (old(2), FULL, None),
    "format 5": (fields(nbformat=5), FULL, None),
    "format wrong": (fields(nbformat="wrong", nbformat_minor=[]), FULL, None),
    "no format": (edited(lambda data: {"cells": data["cells"]}), FULL, None),
    "3000 cells": (many(3000), FULL, None),
    "byte order mark": (b"\xef\xbb\xbf" + json.dumps(solved()).encode(), FULL, None),
    "invalid utf-8": (with_bytes(b"\xff\xfe\x80"), FULL, None),
    "nul in a text": (with_bytes(b"\\u0000"), FULL, None),
    "lone surrogates": (with_bytes(b"\\ud800"), FULL, None),
    "surrogate in an answer": (at("descend", source='descend = "\ud800"'), REST, None),
    "missing ids": (each_cell(lambda _, cell: cell.pop("id")), FULL, None),
    "double ids": (each_cell(lambda _, cell: cell.update(id="same")), FULL, None),
    "bad ids": (each_cell(lambda i, cell: cell.update(id=[None, 3, "", "x" * 99, "a b", {}][i % 6])), FULL, None),
    "deleted tests": (without(*TESTS), FULL, None),
    "deleted answer": (without("descend"), REST, None),
    "deleted all": (without("descend", *TESTS), REST, None),
    "edited tests": (at(TESTS[0], source="assert False"), FULL, None),
    "edited points": (flags(points=100), FULL, None),
    "odd points": (flags(points="many"), FULL, None),
    "reflagged": (flags(grade=False, solution=True, locked=False, schema_version=99), FULL, None),
    "double cells": (cells(lambda data: data["cells"] * 2), FULL, None),
    "500 copies": (cells(lambda data: data["cells"] * 500), FULL, None),
    "no dicts": (cells(lambda data: [3, None, "cell", [], *data["cells"], True]), FULL, None),
    "source is a number": (at("descend", source=3), REST, None),
    "source is a list": (
        at("descend", source=SOLVED.cells[index(solved(), "descend")].source.splitlines(True)),
        FULL,
        None,
    ),
    "source is a list of lists": (at("descend", source=[["def descend"], 3]), REST, None),
    "no source": (edited(lambda data: data["cells"][index(data, "descend")].pop("source") and None), REST, None),
    "cell types": (
        each_cell(lambda i, c: c.update(cell_type=[3, [], None][i % 3]) if i < 2 else None),
        FULL - REST,
        None,
    ),  # NumPy is imported there
    "answer is markdown": (at("descend", cell_type="markdown"), FULL, None),
    "metadata is null": (metadata(None), FULL, None),
    "metadata is a list": (metadata([1]), FULL, None),
    "metadata is odd": (metadata({"tags": 3, "nbgrader": [1], "name": {}, "collapsed": "x"}), FULL, None),
    "nbgrader is odd": (metadata({"nbgrader": {"grade_id": {"a": 1}}}), FULL, None),
    "notebook metadata is a number": (fields(metadata=3), FULL, None),
    "notebook metadata is odd": (fields(metadata={"kernelspec": 3, "language_info": [], "authors": 1}), FULL, None),
    "kernel of R": (kernel("ir", "R"), FULL, None),
    "no kernel": (fields(metadata={}), FULL, None),
    "odd outputs": (each_cell(lambda _, cell: cell.update(outputs=ODD_OUTPUTS)), FULL, None),
    "outputs are a number": (each_cell(lambda _, cell: cell.update(outputs=7, execution_count="x")), FULL, None),
    "odd attachments": (each_cell(lambda _, cell: cell.update(attachments=[3])), FULL, None),
    "links without end": (at_first(source="](" * 300_000), FULL, None),
    "blanks without end": (at_first(source="](" + " " * 300_000 + "<" * 300_000), FULL, None),
    "unknown fields": (each_cell(lambda i, cell: cell.update({f"field{i}": {"x": i}})), FULL, None),
}
NAMES = [
    "two words",
    "new\nline",
    'it\'s "quoted"',
    "[red]rich",
    "[bold red]x",
    "%s;$HOME",
    "-dash",
    "ü ñ 漢字",
    "🎓",
    "n" * 120,
]
NAMES += ["\x1b[2Jclear", "tab\there"]
HONEST = ["aa honest", "mm honest", "zz honest"]


def special(course):
    """Hand in what is no plain notebook; return student -> (points, what the line says or None)."""
    expected = {}

    def of(student, points, told, **files):
        expected[student] = (points, told)
        return coursefolder.hand_in(course, student, SOLVED, files)

    folder = of("200 MB", 0, "'exercises.ipynb' is too large: left out")
    os.truncate(folder / "exercises.ipynb", 200_000_000)
    folder = of("missing", 0, MISSING)
    (folder / "exercises.ipynb").rename(folder / "Exercises.ipynb")
    folder = of("nothing", 0, MISSING)
    (folder / "exercises.ipynb").unlink()
    folder = of("link to the solution", 0, "'exercises.ipynb' is no plain file")
    (folder / "exercises.ipynb").unlink()
    (folder / "exercises.ipynb").symlink_to(course / "source" / UNIT / "exercises.ipynb")
    folder = of("pipe", 0, "'exercises.ipynb' is no plain file")
    (folder / "exercises.ipynb").unlink()
    os.mkfifo(folder / "exercises.ipynb")
    folder = of("folder of that name", 0, MISSING)
    (folder / "exercises.ipynb").rename(folder / "inside.ipynb")
    (folder / "exercises.ipynb").mkdir()
    (folder / "inside.ipynb").rename(folder / "exercises.ipynb" / "exercises.ipynb")
    folder = of("file for a folder", 0, MISSING)
    (folder / "exercises.ipynb").unlink()
    folder.rmdir()
    folder.write_text("no folder")
    folder = of("odd files", FULL, "'pipe' is no plain file")
    os.mkfifo(folder / "pipe")
    (folder / "link").symlink_to("/etc/passwd")
    (folder / "loop").symlink_to(folder)
    (folder / "nowhere").symlink_to("/nowhere")
    folder = of("odd names", FULL, "has a name that is not UTF-8")
    for name in ["new\nline", "🎓.txt", "x" * 255, "-rf", "[red]"]:
        (folder / name).write_text("hello")
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff\xfe")).write_text("hello")
    folder = of("1500 files", FULL, "more than 1000 files and folders")
    for number in range(1500):
        (folder / f"a{number}").touch()
    folder = of("60 MB of files", FULL, "together they are too large")
    for number in range(4):
        (folder / f"{number}.bin").touch()
        os.truncate(folder / f"{number}.bin", 15_000_000)
    of("nonsense time", FULL, "timestamp.txt holds no time", **{"timestamp.txt": b"yesterday, \xff [red]\x1b[2J"})
    of("endless time", FULL, "timestamp.txt holds no time", **{"timestamp.txt": b"9" * 1_000_000})
    of("other zone", FULL, None, **{"timestamp.txt": b"2026-02-01 10:00:00.000000 Mars/Olympus"})
    of("exercises beside", FULL, None, exercises=b"a file whose name is the notebook's without its end")
    for student, link in (("linked unit", UNIT), ("linked folder", ".")):
        expected[student] = (0, "symbolic link: not followed")
        target, place = course / "submitted" / HONEST[0], course / "submitted" / student
        place.parent.mkdir(parents=True, exist_ok=True)
        if link == ".":
            place.symlink_to(target)
        else:
            place.mkdir()
            (place / link).symlink_to(target / link)
    if os.geteuid() == 0:
        folder = of("device", FULL, "'zero' is no plain file")
        _device(folder / "zero")
    else:
        folder = of("unreadable", 0, "'exercises.ipynb' cannot be read (Permission denied)")
        (folder / "exercises.ipynb").chmod(0)
    return expected


def _device(path):
    """Make a device file like /dev/zero, or, where a container may not, a socket."""
    try:
        os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 5))
    except PermissionError:
        os.mknod(path, 0o666 | stat.S_IFSOCK)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return coursefolder.make(tmp_path_factory.mktemp("malformed") / "course")


@pytest.fixture(scope="module")
def expected(course):
    """Hand in the class; return student -> (points, what the line says or None)."""
    for student in [*HONEST, *NAMES]:
        coursefolder.hand_in(course, student, SOLVED)
    for student, (content, *_) in CONTENT.items():
        coursefolder.hand_in(course, student, content)
    told = {student: (points, told) for student, (_, points, told) in CONTENT.items()}
    not_text = os.fsdecode(b"caf\xe9")
    coursefolder.hand_in(course, not_text, SOLVED)
    odd = {not_text: (0, "the folder's name is not UTF-8")}
    return {**dict.fromkeys([*HONEST, *NAMES], (FULL, None)), **told, **odd, **special(course)}


@pytest.fixture(scope="module")
def done(course, expected):
    """Grade the class with the command."""
    return coursefolder.run(course, timeout=600)


def test_the_whole_class_is_marked_and_the_status_says_that_somebody_is_to_look_at(done, expected):
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert f"{len(expected) - 1} marked, 1 unchanged" in done.stdout  # one has a name that no gradebook can hold
    assert "\x1b" not in done.stdout


def test_each_student_has_a_line_with_the_mark_and_the_reason(done, expected):
    wrong = {}
    for student, (points, told) in expected.items():
        name = student if student.isprintable() else repr(student)
        line = coursefolder.line(done.stdout, name)
        score = line.replace(name, "", 1).split("│")[2].strip()
        good = score == f"{points}/{FULL}" and (told or "") in line
        if not good:
            wrong[student] = line
    assert not wrong


def test_the_gradebook_says_the_same(done, course, expected):
    with coursefolder.book(course) as book:
        scores = {s.student.id: s.score for s in book.find_assignment(UNIT).submissions}
    no_mark = {name for name, (points, told) in expected.items() if points == 0 and told}
    assert scores == {name: points for name, (points, _) in expected.items() if name not in no_mark}


def test_marked_notebooks_are_sound_and_hold_each_test_once(done, course):
    paths = list((course / "autograded").glob(f"*/{UNIT}/exercises.ipynb"))
    assert len(paths) > 50
    for path in paths:
        nb = nbformat.reads(path.read_text("utf-8"), as_version=4)
        nbformat.validate(nb)
        assert sorted(grade_id(cell) for cell in nb.cells if is_test(cell)) == sorted(TESTS), path
        assert nb.metadata.kernelspec.name == "python3"
    assert not list((course / "autograded").glob("*/.*"))


def test_a_second_run_marks_nothing_and_says_the_same(done, course):
    again = coursefolder.run(course, timeout=600)
    assert again.returncode == 1
    assert "0 marked" in again.stdout
    assert again.stdout.splitlines()[1:] == done.stdout.splitlines()[1:]  # the same but for the title


def test_nothing_that_lies_outside_a_submission_was_copied(done, course):
    for student in ("odd files", "link to the solution", "linked unit"):
        copied = {path.name for path in (course / "autograded" / student).rglob("*") if path.is_file()}
        assert copied <= {"exercises.ipynb"}, student


def test_a_students_file_does_not_stand_in_the_way_of_the_units_own():
    ours = {"data/points.csv": b"1", "readme": b"2"}
    theirs = {"data": b"x", "readme": b"y", "readme/more": b"z", "mine/a": b"w"}
    assert marked_files.merged(theirs, ours) == {"mine/a": b"w", **ours}


def test_a_broken_second_submission_leaves_the_first_mark_and_says_so(tmp_path):
    course = coursefolder.make(tmp_path / "course")
    coursefolder.hand_in(course, "ada", SOLVED)
    grader = coursefolder.grader(course)
    (first,) = grader.run(UNIT, jobs=1)
    coursefolder.hand_in(course, "ada", "{")
    (second,) = grader.run(UNIT, jobs=1)
    (third,) = grader.run(UNIT, jobs=1)
    assert first.score == second.score == third.score == FULL and not third.fresh
    assert "the mark of an earlier submission stays" in second.problem == third.problem


def test_lines_hold_no_command_for_a_terminal():
    assert shown_text("a\x1b[2J\nb\u202ec[red]").plain == r"a\x1b[2J\nb\u202ec[red]"
    assert shown("[red]").plain == "[red]" and shown("a\nb").plain == r"'a\nb'"


def test_the_same_bytes_give_the_same_notebook():
    raw = each_cell(lambda _, cell: cell.pop("id")).encode()
    one, two = (restore(parse(raw), deepcopy(SOLVED)) for _ in range(2))
    assert one == two and len({cell.id for cell in one.cells}) == len(one.cells)
