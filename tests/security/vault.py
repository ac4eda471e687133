"""A small unit whose hidden tests hold secrets that are easy to find again, and the places that an attack must not reach.

Its tests are written in the ways that tempt a cheat: they subtract expected values from answers, loop with `map`, catch
`Exception`, hand over generators, functions and arrays that are changed in place, and lean on helpers that other cells import
or define.
"""

import json
from copy import deepcopy

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from gdcourse.grading.notebooks import grade_id, is_answer
from gdcourse.grading.plugins.feedback import HideHiddenTests

UNIT = "vault"
SECRETS = ("73190421", "146380842", "quokka", "wombat", "closely_kept", "918273")

ANSWERS = {
    "double": """\
def double(x):
    if isinstance(x, str):
        raise ValueError("no text")
    return 2 * x""",
    "visit": """\
def visit(f, values):
    return [f(v) for v in values]""",
    "scale": """\
def scale(a, factor):
    a *= factor""",
    "draw": """\
def draw(rng, n):
    return rng.random(n)""",
    "Money": """\
class Money:
    def __init__(self, amount):
        self.amount = amount

    def __add__(self, other):
        return Money(self.amount + getattr(other, "amount", other))""",
    "norm": """\
def norm(v):
    return float(np.sqrt(np.sum(np.square(v))))""",
}
VISIBLE = {
    "double": """\
assert double(3.0) == 6.0, "double: twice the number\"""",
    "visit": """\
assert visit(lambda v: v + 1, [1, 2]) == [2, 3], "visit: the value at each place\"""",
    "scale": """\
import numpy as np
a = np.array([1.0, 2.0])
scale(a, 3.0)
assert np.array_equal(a, [3.0, 6.0]), "scale: in place\"""",
    "draw": """\
import numpy as np
assert np.shape(draw(np.random.default_rng(0), 3)) == (3,), "draw: n numbers\"""",
    "Money": """\
assert (Money(2.0) + Money(3.0)).amount == 5.0, "Money: adds amounts\"""",
    "norm": """\
close_to(norm([3.0, 4.0]), five)""",
}
HIDDEN = {
    "double": """\
import numpy as np
closely_kept = np.array([73190421.0, -5.0])
expected, before = 2 * closely_kept, closely_kept.copy()
answer = double(closely_kept)
assert np.array_equal(closely_kept, before), "double: leaves its input unchanged"
assert np.shape(answer) == (2,), "double: keeps the shape"
np.testing.assert_allclose(answer, expected, err_msg="double: of arrays")
assert abs(double(73190421.0) - 146380842.0) < 1e-9, "double: of large numbers"
assert abs(146380842.0 - double(73190421.0)) < 1e-9, "double: of large numbers, the other way round"
assert all(map(lambda v: np.isclose(double(v), 2 * v), [918273.0, 1.5])), "double: of several"
try:
    double("quokka")
except ValueError:
    refused = True
else:
    refused = False
assert refused, "double: refuses text\"""",
    "visit": """\
seen = []

def wombat(v):
    seen.append(v)
    return 918273 - v

assert visit(wombat, [1, 5, 2]) == [918272, 918268, 918271], "visit: the values of any function"
assert seen == [1, 5, 2], "visit: each place once, in order"
assert visit(wombat, []) == [], "visit: nothing for nothing\"""",
    "scale": """\
import numpy as np
rng = np.random.default_rng(918273)
for _ in range(5):
    a, factor = rng.normal(size=(2, 3)), float(rng.normal())
    expected = a * factor
    scale(a, factor)
    assert np.allclose(a, expected), "scale: multiplies each entry\"""",
    "draw": """\
import numpy as np
rng, same = np.random.RandomState(918273), np.random.RandomState(918273)
same.random(5)
draw(rng, 5)
assert np.array_equal(rng.random(3), same.random(3)), "draw: takes n numbers from the generator"
try:
    draw(np.random.default_rng(1), "wombat")
except Exception:
    refused = True
else:
    refused = False
assert refused, "draw: refuses text\"""",
    "Money": """\
total = Money(73190421.0) + Money(73190421.0)
assert abs(total.amount - 146380842.0) < 1e-9, "Money: adds large amounts"
assert abs((Money(1.0) + 918273.0).amount - 918274.0) < 1e-9, "Money: adds a number\"""",
    "norm": """\
wombat = np.array([73190421.0, 0.0])
assert_allclose(norm(wombat), 73190421.0, err_msg="norm: of large numbers")
close_to(norm(wombat), 73190421.0)
np.testing.assert_allclose(norm(2 * wombat), 146380842.0, err_msg="norm: twice as long")""",
}
IMPORTS = "import numpy as np\nfrom numpy.testing import *\n\nfive = 5.0"  # an ungraded cell
HELPER = """\
def close_to(value, expected):
    assert abs(value - expected) < 1e-9, "norm: the length\""""  # a locked one
POINTS = {"visible": 1, "hidden": 2}
FULL = 3 * len(ANSWERS)


def solved():
    """Return the unit's source notebook."""
    cells = [new_markdown_cell("# Vault"), new_code_cell(IMPORTS), _cell("helper", HELPER)]
    for name, answer in ANSWERS.items():
        body = answer.split("\n", 1)
        marked = f"{body[0]}\n    ### BEGIN SOLUTION\n{body[1]}\n    ### END SOLUTION"
        cells.append(_cell(name, marked, solution=True))
        cells.append(_cell(f"{name}-visible", VISIBLE[name], points=POINTS["visible"]))
        hidden = f"# Hidden\n### BEGIN HIDDEN TESTS\n{HIDDEN[name]}\n### END HIDDEN TESTS"
        cells.append(_cell(f"{name}-hidden", hidden, points=POINTS["hidden"]))
    for i, cell in enumerate(cells):
        cell.id = f"cell{i}"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def _cell(name, source, solution=False, points=None):
    flags = {"grade_id": name, "grade": points is not None, "solution": solution, "locked": not solution, "task": False}
    flags |= {"schema_version": 3} | ({} if points is None else {"points": points})
    return new_code_cell(source, metadata={"nbgrader": flags})


def released():
    """Return what a student starts from: no answers, no hidden tests."""
    nb = deepcopy(solved())
    for cell in nb.cells:
        if grade_id(cell) in ANSWERS:
            cell.source = "raise NotImplementedError()"
        elif (grade_id(cell) or "").endswith("-hidden"):
            cell.source = "# Hidden"
    return nb


def submission(attack, outside):
    """Return the bytes of the notebook that an attack hands in. outside: the folder that it is after."""
    nb = released()
    for cell in nb.cells:
        if is_answer(cell) and grade_id(cell) in attack.answers:
            cell.source = _aimed(attack.answers[grade_id(cell)], outside)
    if attack.first:
        nb.cells.insert(0, new_code_cell(_aimed(attack.first, outside), id="first"))
    if attack.last:
        nb.cells.append(new_code_cell(_aimed(attack.last, outside), id="last"))
    if attack.edit:
        nb = attack.edit(nb)
    return nb if isinstance(nb, bytes) else json.dumps(nb).encode()


def _aimed(source, outside):
    return source.replace("OUTSIDE", str(outside))


def canaries(outside):
    """Put into a folder what attacks are after; return file -> content."""
    for name in ("gradebook.db", "solutions/vault/exercises.py", "submitted/ada/vault/exercises.ipynb", "home/.bashrc"):
        path = outside / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("the closely_kept answer of quokka is 146380842\n")
    for path in (outside, *outside.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    return contents(outside)


def contents(folder):
    """Return file -> content of all that lies below a folder."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def feedback(text):
    """Return the notebook that a student reads after grading, as text."""
    nb = nbformat.reads(text, as_version=4)
    hide = HideHiddenTests()
    for i, cell in enumerate(nb.cells):
        nb.cells[i], _ = hide.preprocess_cell(cell, {}, i)
    return nb


def leaked(nb, handed_in):
    """Return the secrets that stand in a notebook but not in what was handed in."""
    text = json.dumps([[cell.source, cell.get("outputs"), cell.metadata] for cell in nb.cells])
    return [secret for secret in SECRETS if secret in text and secret not in handed_in]
