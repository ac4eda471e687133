"""Kinds of inputs and slips x exercises: for each pair the test that covers it, or what rules it out.

    python tests/kinds.py [UNIT ...]     prints the table; `python tests/matrix.py` prints it below the answers

A cell is one of these; `test_kinds.py` refuses an empty cell, and what the unit's exercises do not say:

    "test: ..."        words of the message of an assert of the exercise's tests
    "task: ..."        words of the exercise's task that rule the kind out
    "signature: ..."   why the arguments and the result leave no room for it
"""

import sys

from rich.console import Console
from rich.table import Table

KINDS = {
    "narrow integers": "int8 to uint64 that wrap around",
    "narrow floats": "float16, float32 computed with or stored in",
    "memory order": "transposed, strided, reversed arrays",
    "tiny is zero": "absolute tolerances, floors, thresholds",
    "huge is infinite": "cuts, overflow on the way",
    "cancellation": "differences of nearly equal numbers",
    "NaN": "first, in the middle, last; and infinities",
    "callback's array": "what a callback returned is overwritten",
    "arguments touched": "arrays, states, flags, generators of the caller",
    "something kept": "state between calls",
    "randomness": "orders or draws that are not uniform",
    "algebra": "no pivoting, indefinite, rank, symmetry",
    "early exits": "stops, skips, gives too short a record",
    "what is returned": "itself, the same array, integers for floats, prints",
    "shape corners": "n = 1, d = 1, no step, order of keys",
}
NUMBERS = "task: `x` and `lr` are Python numbers"
NO_CALLBACK = "signature: no function is handed over"
NO_CHANCE = "signature: no generator is handed over and nothing is drawn"
NO_ALGEBRA = "signature: no system of equations and no matrix"
TABLE = {
    "00_start": {
        "descend": {
            "narrow integers": NUMBERS,
            "narrow floats": NUMBERS,
            "memory order": NUMBERS,
            "tiny is zero": "test: from a start of any size",
            "huge is infinite": "test: from a start of any size",
            "cancellation": "test: a tiny learning rate makes tiny steps, not none",
            "NaN": "task: all points of the tests are finite",
            "callback's array": NO_CALLBACK,
            "arguments touched": NUMBERS,
            "something kept": "test: the same call gives the same points again",
            "randomness": NO_CHANCE,
            "algebra": NO_ALGEBRA,
            "early exits": "test: goes on to the last step when the minimum is reached early",
            "what is returned": "test: an integer start may lead to points that are no integers",
            "shape corners": "test: zero steps return the start alone",
        },
        "fate": {
            "narrow integers": "test: diverges above the border with inputs of any integer or float type",
            "narrow floats": "test: diverges above the border with large inputs of any type",
            "memory order": "test: settles below the border with inputs of any scale",
            "tiny is zero": "test: settles below the border with inputs of any scale",
            "huge is infinite": "test: diverges above the border with inputs of any scale",
            "cancellation": "test: a tiny rate settles too, however slowly",
            "NaN": "task: finite, not all 0",
            "callback's array": NO_CALLBACK,
            "arguments touched": "test: leaves the inputs as they are",
            "something kept": "test: agrees with a run of descent, for random inputs and rates",
            "randomness": NO_CHANCE,
            "algebra": NO_ALGEBRA,
            "early exits": "signature: there is no loop to leave and no record",
            "what is returned": "signature: one of three words",
            "shape corners": "test: agrees with a run of descent, for random inputs and rates",
        },
    },
}


def print_kinds(unit):
    """Print the table of a unit, if it is filled in."""
    if unit in TABLE:
        table = Table("kind", *TABLE[unit], title=f"{unit}: kinds", show_lines=True)
        for kind, about in KINDS.items():
            table.add_row(f"{kind}\n[dim]{about}", *(cells.get(kind, "") for cells in TABLE[unit].values()))
        Console().print(table)


if __name__ == "__main__":
    for each in sys.argv[1:] or TABLE:
        print_kinds(each)
