"""Notebooks mutated at random: the grader marks each, or says in a line why not, and gives nobody more than the maximum."""

import json
import random
from copy import deepcopy

import matrix
import nbformat
import processes
import pytest

from gdcourse.grading.engine.near_end import Engine
from gdcourse.grading.engine.results import Job, Marked
from gdcourse.grading.notebooks import NotebookError, grade_id, is_test, parse, restore
from gdcourse.grading.student import sandbox

UNIT = "00_start"
SOURCE = matrix.solved(UNIT)
RAW = nbformat.writes(SOURCE)
TESTS = {grade_id(cell): cell.source for cell in SOURCE.cells if is_test(cell)}
POINTS = {grade_id(cell): cell.metadata["nbgrader"]["points"] for cell in SOURCE.cells if is_test(cell)}
MUTANTS, ENGINE_MUTANTS = 1200, 60
ODD = [
    None,
    True,
    0,
    -1,
    1e308,
    float("nan"),
    1 << 70,
    "",
    "x" * 1000,
    "\ud800",
    "\x00",
    [],
    [[]],
    {},
    {"a": 1},
    "descend",
]
WORDS = [
    "cells",
    "metadata",
    "nbgrader",
    "grade_id",
    "source",
    "cell_type",
    "id",
    "code",
    "raw",
    "outputs",
    "worksheets",
]


def places(data, here=()):
    """Yield the path of everything in a tree of JSON."""
    yield here
    steps = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, value in steps:
        yield from places(value, (*here, step))


def at(data, path):
    for step in path:
        data = data[step]
    return data


def mutate_tree(rng, data):
    """Change one place of a tree of JSON: delete, double, replace, exchange, wrap or rename it."""
    *above, step = rng.choice([path for path in places(data) if path])
    holder = at(data, above)
    how = rng.randrange(6)
    if how == 0:
        del holder[step]
    elif how == 1 and isinstance(holder, list):
        holder.insert(rng.randrange(len(holder) + 1), deepcopy(holder[step]))
    elif how == 2:
        holder[step] = deepcopy(at(data, rng.choice(list(places(data)))))
    elif how == 3:
        holder[step] = rng.choice([[holder[step]], {"x": holder[step]}, str(holder[step])])
    elif how == 4 and isinstance(holder, dict):
        holder[rng.choice(WORDS)] = holder.pop(step)
    else:
        holder[step] = rng.choice(ODD)


def mutate_bytes(rng, raw):
    """Change raw bytes at one place: cut, delete, double, overwrite or insert."""
    start, length = rng.randrange(len(raw)), rng.choice([1, 1, 2, 10, 500])
    piece = raw[start : start + length]
    new = [b"", piece * 2, rng.randbytes(len(piece)), rng.randbytes(3) + piece, piece.swapcase(), b'\\ud800"'][
        rng.randrange(6)
    ]
    return raw[:start] if rng.randrange(20) == 0 else raw[:start] + new + raw[start + length :]


def mutant(seed):
    """Return the bytes of a mutated notebook; the same for the same seed."""
    rng = random.Random(seed)
    data = json.loads(RAW)
    for _ in range(rng.choice([0, 1, 1, 2, 5, 20])):
        if isinstance(data, (list, dict)) and data:
            mutate_tree(rng, data)
    raw = json.dumps(data).encode()
    for _ in range(rng.choice([0, 0, 0, 1, 3]) if len(raw) > 10 else 0):
        raw = mutate_bytes(rng, raw) or b"{}"
    return raw


@pytest.mark.parametrize("part", range(6))
def test_a_mutant_is_a_sound_notebook_with_all_tests_or_refused_in_a_line(part):
    refused = 0
    for seed in range(part, MUTANTS, 6):
        try:
            nb = restore(parse(mutant(seed)), SOURCE)
        except NotebookError as error:
            refused += 1
            assert len(str(error).splitlines()) == 1, seed
            continue
        nbformat.validate(nb)
        json.dumps(nb).encode()
        assert {grade_id(cell): cell.source for cell in nb.cells if is_test(cell)} == TESTS, seed
        assert sum(is_test(cell) for cell in nb.cells) == len(TESTS), seed
        assert sum(cell.metadata["nbgrader"]["points"] for cell in nb.cells if is_test(cell)) == matrix.worth(UNIT), (
            seed
        )
        assert all(cell.source.encode() is not None for cell in nb.cells), seed
    assert 0 < refused < MUTANTS / 6 * 0.7  # most mutants are marked, not all


@pytest.mark.slow
def test_the_engine_survives_mutants_and_gives_nobody_too_much():
    results = []
    with Engine(Job(RAW, isolated=sandbox.missing() is None)) as engine:
        for seed in range(0, MUTANTS, MUTANTS // ENGINE_MUTANTS):
            try:
                marked = engine.mark(mutant(seed))
            except NotebookError as error:
                results.append(None)
                assert len(str(error).splitlines()) == 1
                continue
            assert isinstance(marked, Marked) and not marked.tampered
            assert {test.name: test.points for test in marked.tests} == POINTS
            assert all(0 <= test.score <= test.points for test in marked.tests)
            results.append(sum(test.score for test in marked.tests))
        pids = processes.pids(engine)
    assert len(results) == ENGINE_MUTANTS and len(pids) == 2
    assert {None, 0, sum(POINTS.values())} <= set(results)
