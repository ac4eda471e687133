"""Kinds of inputs and slips x exercises: for each pair the test that covers it, or what rules it out.

    python tests/kinds.py [UNIT ...]     prints the table; `python tests/matrix.py` prints it below the answers

The table of a unit is `answers/<unit>.kinds.toml`, beside its known answers. A cell is one of these; `test_kinds.py` refuses an
empty cell, and what the unit's exercises do not say:

    "test: ..."        words of the message of an assert of the exercise's tests
    "task: ..."        words of the exercise's task that rule the kind out
    "signature: ..."   why the arguments and the result leave no room for it
"""

import sys
import tomllib
from pathlib import Path

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
TABLE = {
    path.name.removesuffix(".kinds.toml"): tomllib.loads(path.read_text("utf-8"))
    for path in sorted((Path(__file__).parent / "answers").glob("*.kinds.toml"))
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
