"""Small assignments that lean on the notebook around their tests, as public courses do, and submissions to each.

A pattern is a notebook of cells, each (kind, text): "own", ungraded; "skipped", the same but tagged not to run; "locked";
"answer", with the solution; "test", one point.
Each of `students` replaces answers, in order, or has the solution where it says None. "stock": how many of its tests stock
nbgrader gives to each, as a check that the pattern says anything.
"""

from copy import deepcopy

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

SQUARES = "def squares(n):\n    if n < 1:\n        raise ValueError('n')\n    return [i ** 2 for i in range(1, n + 1)]"
SUM = "def sum_of_squares(n):\n    return sum(squares(n))"
TAKEN = """\
orig_squares = squares
del squares
try:
    sum_of_squares(1)
except NameError:
    pass
else:
    raise AssertionError("sum_of_squares does not use squares")
finally:
    squares = orig_squares"""
TRAPEZOID = """\
def trapezoid(f, a, b, n):
    y = f(linspace(a, b, n + 1))
    return (b - a) / n * (sum(y) - (y[0] + y[-1]) / 2)"""
FIT = "def fit(x, y):\n    A = np.stack([np.ones_like(x), x], axis=1)\n    return np.linalg.lstsq(A, y, rcond=None)[0]"
HELLO = "def hello(name):\n    print(f'Hello, {name}!')"
WALK = "def walk(n):\n    return np.random.choice([-1, 1], size=n).cumsum()"
FETCH = "async def fetch(n):\n    await asyncio.sleep(0.01)\n    return n + 1"
VECTOR = """\
class Vector:
    def __init__(self, x, y):
        self.x, self.y = x, y
    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)
    def __eq__(self, other):
        return (self.x, self.y) == (other.x, other.y)
    def __repr__(self):
        return f'Vector({self.x}, {self.y})'"""
LOG = "def log(x):\n    return np.log(x)"
OLD = "def old(x):\n    warnings.warn('use new', DeprecationWarning)\n    return x"
SEEN = "with warnings.catch_warnings(record=True) as seen:\n    warnings.simplefilter('always')\n"
RAISED = """\
with warnings.catch_warnings():
    warnings.simplefilter('error')
    try:
        log(0.0)
    except RuntimeWarning:
        pass
    else:
        raise AssertionError('no warning')"""
TABLE = """\
import csv
with open('out.csv', 'w', newline='') as f:
    csv.writer(f).writerows([['n', 'square'], [1, 1], [2, 4]])"""
PLOT = "fig, ax = plt.subplots()\nax.plot(x, x ** 2)\nax.set_title('Squares')\nax.set_xlabel('x')"

PATTERNS = {
    "a cell tagged not to run": {
        "cells": [
            ("own", "unit = 1"),
            ("skipped", "unit = 2\nraise RuntimeError('not meant to run')"),
            ("answer", "def scaled(x):\n    return unit * x"),
            ("test", "assert scaled(3) == 3"),
            ("test", "assert unit == 1"),
        ],
        "students": {"twice": ["def scaled(x):\n    return 2 * x"]},
        "stock": {"solution": 2, "twice": 1},
    },
    "quickstart": {
        "cells": [
            ("answer", SQUARES),
            ("test", "assert squares(1) == [1]\nassert squares(3) == [1, 4, 9]"),
            (
                "test",
                "try:\n    squares(0)\nexcept ValueError:\n    pass\nelse:\n    raise AssertionError('did not raise')",
            ),
            ("answer", SUM),
            ("test", "assert sum_of_squares(1) == 1\nassert sum_of_squares(11) == 506"),
            ("test", TAKEN),
            ("test", "assert sum_of_squares(2) == 5"),
        ],
        "students": {
            "alone": [None, "def sum_of_squares(n):\n    return sum(i * i for i in range(n + 1))"],
            "no error": ["def squares(n):\n    return [i ** 2 for i in range(1, n + 1)]", None],
            "blank": ["raise NotImplementedError()", "raise NotImplementedError()"],
        },
        "stock": {"solution": 5, "alone": 4, "no error": 4, "blank": 0},
    },
    "star import": {
        "cells": [
            ("own", "from numpy import *\nfrom numpy.testing import *\n%matplotlib inline"),
            ("answer", TRAPEZOID),
            ("test", "assert_allclose(trapezoid(cos, 0, pi / 2, 1000), 1, rtol=1e-5)"),
            (
                "test",
                "t = trapezoid(lambda x: x, 0, 2, 4)\nassert_almost_equal(t, 2.0)\nassert_(isinstance(float(t), float))",
            ),
        ],
        "students": {"wrong": [TRAPEZOID.replace("/ 2)", ")")], "blank": ["pass"]},
        "stock": {"solution": 2, "wrong": 0, "blank": 0},
    },
    "names of earlier cells": {
        "cells": [
            ("own", "import numpy as np\nx = np.linspace(0, 1, 20)\ny = 1 + 2 * x\ny[::2] += 0.1"),
            ("answer", FIT),
            ("own", "p = fit(x, y)\nprint('parameters', p)"),
            ("test", "R2 = 1 - np.sum((y - p[0] - p[1] * x) ** 2) / np.sum((y - y.mean()) ** 2)\nassert R2 > 0.9"),
            ("test", "assert abs(p[1] - 2) < 0.1, R2"),
            ("own", "data = {'p': p}\ndata['x'] = x"),
            ("test", "assert set(data) == {'p', 'x'} and np.allclose(data['p'], p)"),
        ],
        "students": {
            "constant": ["def fit(x, y):\n    return np.array([y.mean(), 0.0])"],
            "fails": ["def fit(x, y):\n    raise ValueError"],
        },
        "stock": {"solution": 3, "constant": 1, "fails": 0},
    },
    "a locked helper": {
        "cells": [
            ("answer", SQUARES),
            ("locked", "def check_squares(n):\n    assert squares(n) == [(i + 1) ** 2 for i in range(n)], 'squares'"),
            ("test", "check_squares(3)"),
            ("test", "for n in (1, 10):\n    check_squares(n)"),
        ],
        "students": {
            "only three": ["def squares(n):\n    return [1, 4, 9][:n]"],
            "debugging": ["def squares(n):\n    breakpoint()\n    return [i * i for i in range(1, n + 1)]"],
        },
        "stock": {"solution": 2, "only three": 1, "debugging": 2},
    },
    "printing": {
        "cells": [
            ("own", "import io\nimport sys\nfrom contextlib import redirect_stdout"),
            ("answer", HELLO),
            (
                "test",
                "f = io.StringIO()\nwith redirect_stdout(f):\n    hello('Ada')\nassert f.getvalue() == 'Hello, Ada!\\n'",
            ),
            (
                "test",
                "old, sys.stdout = sys.stdout, io.StringIO()\nhello('Bo')\n"
                "said = sys.stdout.getvalue()\nsys.stdout = old\nassert 'Bo' in said",
            ),
        ],
        "students": {
            "returns it": ["def hello(name):\n    return f'Hello, {name}!'"],
            "bare": ["def hello(n): print(n)"],
        },
        "stock": {"solution": 2, "returns it": 0, "bare": 1},
    },
    "random seeds": {
        "cells": [
            ("own", "import numpy as np\nimport random\nnp.random.seed(3)"),
            ("answer", WALK),
            ("answer", "w = walk(5)"),
            ("test", "np.random.seed(0)\na = walk(100)\nnp.random.seed(0)\nassert np.array_equal(a, walk(100))"),
            (
                "test",
                "np.random.seed(1)\nassert np.array_equal(walk(50), "
                "np.random.RandomState(1).choice([-1, 1], size=50).cumsum())",
            ),
            ("test", "assert np.array_equal(w, np.random.RandomState(3).choice([-1, 1], size=5).cumsum())"),
        ],
        "students": {"its own": ["def walk(n):\n    return np.random.default_rng().choice([-1, 1], n).cumsum()", None]},
        "stock": {"solution": 3, "its own": 0},
    },
    "await at the top": {
        "cells": [
            ("own", "import asyncio"),
            ("answer", FETCH),
            ("test", "assert await fetch(1) == 2"),
            ("test", "got = await asyncio.gather(fetch(1), fetch(2))\nassert got == [2, 3]"),
        ],
        "students": {"plain": ["def fetch(n):\n    return n + 1"], "wrong": ["async def fetch(n):\n    return n"]},
        "stock": {"solution": 2, "plain": 0, "wrong": 0},
    },
    "objects": {
        "cells": [
            ("answer", VECTOR),
            ("test", "v = Vector(1, 2) + Vector(3, 4)\nassert (v.x, v.y) == (4, 6) and isinstance(v, Vector)"),
            ("test", "assert Vector(1, 2) == Vector(1, 2)\nassert not Vector(1, 2) == Vector(1, 3)"),
            ("test", "assert str(Vector(1, 2)) == 'Vector(1, 2)' and f'{Vector(0, 0)}' == 'Vector(0, 0)'"),
            ("test", "assert repr(v) == 'Vector(4, 6)'"),
        ],
        "students": {"bare": [VECTOR.replace("__repr__", "show").replace("__eq__", "same")], "blank": ["pass"]},
        "stock": {"solution": 4, "bare": 1, "blank": 0},
    },
    "a figure that is returned": {
        "cells": [
            (
                "own",
                "%matplotlib inline\nimport numpy as np\nimport matplotlib.pyplot as plt\nx = np.linspace(0, 1, 5)",
            ),
            ("answer", PLOT),
            ("test", "assert ax.get_title() == 'Squares' and ax.get_xlabel() == 'x'"),
            (
                "test",
                "line = ax.get_lines()[0]\nassert len(ax.lines) == 1\nassert np.allclose(line.get_ydata(), x ** 2)",
            ),
        ],
        "students": {"no title": [PLOT.replace("Squares", "")], "two lines": [f"{PLOT}\nax.plot(x, x)"]},
        "stock": {"solution": 2, "no title": 1, "two lines": 1},
    },
    "a file": {
        "cells": [
            ("own", "import os"),
            ("answer", TABLE),
            ("test", "assert os.path.exists('out.csv')"),
            (
                "test",
                "rows = [line.strip().split(',') for line in open('out.csv')]\nassert rows[1:] == [['1', '1'], ['2', '4']]",
            ),
        ],
        "students": {"no rows": ["open('out.csv', 'w').write('n,square\\n')"], "nothing": ["pass"]},
        "stock": {"solution": 2, "no rows": 1, "nothing": 0},
    },
    "values of the library": {
        "cells": [
            (
                "own",
                "from fractions import Fraction\nfrom decimal import Decimal\nfrom collections import namedtuple, Counter\n"
                "from datetime import date, timedelta\nfrom pathlib import Path\nimport enum",
            ),
            ("answer", "def half(x):\n    return Fraction(x) / 2"),
            ("test", "assert half(3) == Fraction(3, 2) and half(4) == 2"),
            ("answer", "def price(x):\n    return Decimal(x).quantize(Decimal('0.01'))"),
            ("test", "assert price('1.005') == Decimal('1.00')\nassert str(price('2')) == '2.00'"),
            ("answer", "def day(n):\n    return date(2026, 1, 1) + timedelta(days=n)"),
            ("test", "assert day(31) == date(2026, 2, 1)\nassert day(1) - day(0) == timedelta(days=1)"),
            ("answer", "def count(text):\n    return Counter(text)"),
            ("test", "assert count('abca') == Counter('abca') and count('aab').most_common(1) == [('a', 2)]"),
            ("answer", "Point = namedtuple('Point', 'x y')\ndef point():\n    return Point(1, y=2)"),
            ("test", "assert point() == (1, 2)\nassert point().x == 1 and point().y == 2"),
            ("answer", "def where(name):\n    return Path('data') / name"),
            ("test", "assert where('a.txt') == Path('data/a.txt')\nassert where('a.txt').suffix == '.txt'"),
        ],
        "students": {
            "floats": [
                "def half(x):\n    return x / 2",
                "def price(x):\n    return float(x)",
                "def day(n):\n    return f'2026-01-{n + 1:02}'",
                "def count(text):\n    return {c: text.count(c) for c in text}",
                "def point():\n    return (1, 2)",
                "def where(name):\n    return f'data/{name}'",
            ]
        },
        "stock": {"solution": 6, "floats": 1},
    },
    "what a test sets around a call": {
        "cells": [
            ("own", "import warnings\nimport numpy as np"),
            ("answer", LOG),
            ("test", "with np.errstate(all='ignore'):\n    assert log(0.0) == -np.inf"),
            ("test", f"{SEEN}    log(0.0)\nassert len(seen) == 1 and 'divide by zero' in str(seen[0].message)"),
            ("test", RAISED),
            ("answer", OLD),
            ("test", f"{SEEN}    old(1)\nassert [one.category for one in seen] == [DeprecationWarning]"),
            ("test", "with warnings.catch_warnings():\n    warnings.simplefilter('ignore')\n    assert old(1) == 1"),
        ],
        "students": {
            "silent": [
                "def log(x):\n    with np.errstate(all='ignore'):\n        return np.log(x)",
                "def old(x):\n    return x",
            ],
            "loud": [None, "def old(x):\n    warnings.warn('use new')\n    return x"],
        },
        "stock": {"solution": 5, "silent": 2, "loud": 4},
    },
}

SQUARED = """\
x = np.linspace(0, 1, 5)
fig = plt.figure()
plt.plot(x, x ** 2)
plt.title('Squares')
ax = plt.gca()"""

BESIDE = {  # what no judge sees from outside: the tests that need it, and why
    "a figure of pyplot": {
        "cells": [
            ("own", "import matplotlib\nmatplotlib.use('agg')\nimport numpy as np\nimport matplotlib.pyplot as plt"),
            ("answer", SQUARED),
            ("test", "assert plt.gca().get_title() == 'Squares'"),
            ("test", "assert x[-1] == 1"),
        ],
        "students": {"untitled": [SQUARED.replace("Squares", "")]},
        "stock": {"solution": 2, "untitled": 1},
        "needs": {"test2": "figures that the answer has drawn"},
    },
    "the text of an answer": {
        "cells": [
            ("own", "import inspect"),
            ("answer", SQUARES),
            (
                "test",
                "assert 'for' in inspect.getsource(squares) and list(inspect.signature(squares).parameters) == ['n']",
            ),
            ("test", "assert squares(2) == [1, 4]"),
        ],
        "students": {"by map": ["def squares(m):\n    return list(map(lambda i: i * i, range(1, m + 1)))"]},
        "stock": {"solution": 2, "by map": 1},
        "needs": {"test2": "the answer's code"},
    },
    "a mock of the notebook's name": {
        "cells": [
            ("own", "from unittest.mock import patch"),
            ("answer", SQUARES),
            ("answer", SUM),
            ("test", "with patch('__main__.squares', return_value=[7]):\n    assert sum_of_squares(3) == 7"),
            (
                "test",
                "with patch('builtins.print') as said:\n    print(sum_of_squares(2))\n    said.assert_called_with(5)",
            ),
        ],
        "students": {"alone": [None, "def sum_of_squares(n):\n    return sum(i * i for i in range(n + 1))"]},
        "stock": {"solution": 2, "alone": 1},
        "needs": {"test3": "names of the notebook, which it replaces"},
    },
}
ALL = PATTERNS | BESIDE


def _cell(kind, name, text):
    if kind in ("own", "skipped"):
        return new_code_cell(text, metadata={"tags": ["skip-execution"]} if kind == "skipped" else {})
    flags = {"grade_id": name, "grade": kind == "test", "solution": kind == "answer", "locked": kind != "answer"}
    flags |= {"schema_version": 3, "task": False} | ({"points": 1} if kind == "test" else {})
    return new_code_cell(
        f"### BEGIN SOLUTION\n{text}\n### END SOLUTION" if kind == "answer" else text, metadata={"nbgrader": flags}
    )


def solved(pattern):
    """Return the source of a pattern, as a notebook."""
    cells = [_cell(kind, f"{kind}{i}", text) for i, (kind, text) in enumerate(ALL[pattern]["cells"])]
    for i, cell in enumerate(cells):
        cell.id = f"cell{i}"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def submissions(pattern):
    """Return student -> notebook: the solution and all others."""
    made = {"solution": solved(pattern)}
    for student, answers in ALL[pattern]["students"].items():
        nb = made[student] = deepcopy(solved(pattern))
        cells = [cell for cell in nb.cells if cell.metadata.get("nbgrader", {}).get("solution")]
        for cell, answer in zip(cells, answers, strict=True):
            cell.source = cell.source if answer is None else answer
    return made


def text(nb):
    """Return a notebook as bytes."""
    return nbformat.writes(nb).encode()
