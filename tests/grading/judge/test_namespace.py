"""A test's helpers are the instructor's, made here; what answers make is the student's, fetched from over there."""

import time

import pytest

from gdcourse.grading.judge.cells import run_test
from gdcourse.grading.judge.namespace import Namespace
from gdcourse.grading.limits import MESSAGE
from gdcourse.grading.wire.messages import Ending
from grading.judge.test_source import ANSWER, source
from grading.pair import student

STUDENT = """
import numpy as np
def f(x): return x
def g(x): return f(x) + 1
def helper(*args): return True
np.testing.assert_allclose = assert_allclose = check = h = helper
x = y = 7
d = {"a": 1}
from math import log
"""


def judged(*cells, over_there=STUDENT):
    """Run the tests among cells in order; return [(ending, what was told)]."""
    of, found = source(*cells), []
    with student(over_there) as remote:
        namespace = Namespace(remote, of)
        for name, test in of.tests.items():
            outputs, ending = run_test(remote, test.text, name, 5.0, namespace)
            found.append((ending, outputs[-1].get("evalue", "") if outputs else ""))
    return found


PASS, FAIL = Ending.DONE, Ending.BROKEN
G = ("answer", "def g(x):\n    return f(x) + 1")
MOCK = """\
from unittest.mock import Mock
old, f = f, Mock(return_value=5)
assert g(1) == 6
f.assert_called_with(1)
f = old"""
TAKEN = """\
old = f
del f
try:
    g(1)
except NameError:
    missed = True
else:
    missed = False
finally:
    f = old
assert missed"""
RIGHT = {
    "an import of an ungraded cell": [("own", "import numpy as np"), ("test", "np.testing.assert_allclose(f(1), 1)")],
    "a star import": [("own", "from numpy.testing import *"), ANSWER, ("test", "assert_allclose(f(1), 1)")],
    "a helper that calls the answer": [("locked", "def check():\n    assert f(3) == 3"), ANSWER, ("test", "check()")],
    "helpers that call each other": [
        ("own", "def a():\n    return b()"), ("own", "def b():\n    return 5"), ("test", "assert a() == 5")
    ],
    "an earlier test": [ANSWER, ("test", "A = f(3)"), ("test", "assert A == 3")],
    "an ungraded cell that uses the answer": [ANSWER, ("own", "z = f(4)"), ("test", "assert z == 4")],
    "an answer's data": [("answer", "x = 7"), ("test", "assert x == 7")],
    "data changed by an answer": [("own", "d = {}"), ("answer", "d['a'] = 1"), ("test", "assert d == {'a': 1}")],
    "a function that is replaced": [
        ANSWER, G, ("test", "old = f\nf = lambda x: 10\nassert g(1) == 11\nf = old\nassert g(1) == 2")
    ],
    "a mock": [ANSWER, G, ("test", MOCK), ("test", "assert f(3) == 3")],
    "an import of an answer": [("answer", "from math import log"), ("test", "assert log(1) == 0")],
    "await at the top": [("test", "import asyncio\nasync def one():\n    return 1\nassert await one() == 1")],
    "magics of no effect": [("own", "%matplotlib inline\nk = 3"), ("test", "assert k == 3")],
    "%pylab": [("own", "%pylab inline"), ANSWER, ("test", "assert abs(f(cos(0)) - 1) < 1e-9")],
    "code that makes names unseen": [("own", "exec('q = 4')"), ("test", "assert q == 4")],
    "what the text of no cell gives": [("answer", "globals()['x'] = 7"), ("test", "assert x == 7")],
    "seen only by one who looks at the name": [ANSWER, ("own", "f2 = f"), ("test", "assert f2(2) == 2")],
}  # fmt: skip


@pytest.mark.parametrize("case", RIGHT)
def test_an_ordinary_pattern_passes(case):
    found = judged(*RIGHT[case])
    assert [ending for ending, _ in found] == [PASS] * len(found) and found


def test_a_function_taken_away_is_missed_over_there():
    cells = [ANSWER, G, ("test", TAKEN), ("test", "assert g(1) == 2")]
    assert [ending for ending, _ in judged(*cells)] == [PASS, PASS]
    alone = STUDENT.replace("return f(x) + 1", "return x + 1")
    assert [ending for ending, _ in judged(*cells, over_there=alone)] == [FAIL, PASS]


WRONG = {
    "numpy's own assertion": [("own", "import numpy as np"), ("test", "np.testing.assert_allclose(f(1), 2)")],
    "a star import's": [("own", "from numpy.testing import *"), ANSWER, ("test", "assert_allclose(f(1), 2)")],
    "a locked helper's": [("locked", "def check(v):\n    assert f(v) == 4"), ANSWER, ("test", "check(3)")],
    "an ungraded helper's": [("own", "def h(v):\n    return f(v) == 4"), ANSWER, ("test", "assert h(3)")],
    "one that an answer imports too": [
        ("answer", "from numpy.testing import assert_allclose"), ("test", "assert_allclose(f(1), 2)")
    ],
    "data of an ungraded cell": [("own", "x = 3"), ANSWER, ("test", "assert x == 7")],
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_helper_is_never_the_student_s(case):
    """The student's process has one of the same name that says yes to everything."""
    assert [ending for ending, _ in judged(*WRONG[case])] == [FAIL]


@pytest.mark.parametrize(
    "own", ["h = undefined_here", "exec('h = undefined_here')", "from no_such_module import *", "%run x.py"]
)
def test_a_helper_that_cannot_be_made_here_is_missing_not_fetched(own):
    ((ending, told),) = judged(("own", own), ("test", "assert h(3)"))
    assert ending is Ending.RAISED and told.startswith("name 'h' is not defined (") and len(told) > 30


def test_what_is_told_of_a_cell_that_failed_is_short():
    ((_, told),) = judged(("own", "h = 1\nraise ValueError('x' * 10**6)\nh = 2; k = 3"), ("test", "k"))
    assert told.startswith("name 'k' is not defined (ValueError: xxx") and len(told) < 2 * MESSAGE


SLOW = """
import time
class Slow(float):
    def __float__(self):
        time.sleep(0.3)
        return 1.0
"""


def test_names_that_come_slowly_take_no_longer_together_than_a_cell_may():
    names = [f"v{i}" for i in range(12)]
    of = source(("answer", f"{' = '.join(names)} = 1.0"), ("test", ", ".join(names)))
    with student(f"{SLOW}{' = '.join(names)} = Slow()", call_limit=2.0) as remote:
        started = time.monotonic()
        _, ending = run_test(remote, of.tests["test1"].text, "test1", 1.0, Namespace(remote, of))
        assert ending is Ending.LATE and time.monotonic() - started < 3.0


def test_data_of_a_test_stay_here_when_they_bear_the_name_of_an_answer_s():
    of = source(("answer", "y = 1"), ("test", "y = 73190421"))
    with student(STUDENT) as remote:
        assert run_test(remote, of.tests["test1"].text, "test1", 5.0, Namespace(remote, of))[1] is PASS
        assert remote.get("y") == 7


def test_what_the_answer_prints_reaches_a_test_that_reads_it():
    told = "import io\nfrom contextlib import redirect_stdout\nheld = io.StringIO()\nwith redirect_stdout(held):\n    hello()\n"
    with student("def hello(): print('hi')") as remote:
        for end in ("", "hello()\n"):
            outputs, ending = run_test(remote, f"{told}{end}assert held.getvalue() == 'hi\\n'", "hello", 5.0)
            assert ending is PASS and [o["text"] for o in outputs] == ["hi\n"] * bool(end)


def test_a_cell_of_the_source_runs_once():
    with student("calls = []\ndef f(x):\n    calls.append(x)\n    return x") as remote:
        of = source(("answer", "def f(x): ..."), ("own", "z = f(5)"), ("test", "z"), ("test", "assert z == 5"))
        namespace = Namespace(remote, of)
        assert all(run_test(remote, test.text, name, 5.0, namespace)[1] is PASS for name, test in of.tests.items())
        assert remote.get("calls") == [5]


CLASSES = """
from collections import namedtuple
from dataclasses import dataclass
from enum import Enum
Point = namedtuple("Point", "x y")
class Colour(Enum):
    RED = 1
@dataclass
class Item:
    name: str
    price: float = 0.0
class Node:
    def __init__(self, value, next=None):
        self.value, self.next = value, next
"""
OVER_THERE = f"""{CLASSES}
def point(): return Point(1, 2)
def colour(): return Colour.RED
def is_red(c): return c is Colour.RED
def item(): return Item("a", 2.0)
def total(items): return sum(i.price for i in items)
def length(node): return 0 if node is None else 1 + length(node.next)
def last(node): return node if node.next is None else last(node.next)
"""
OF_CLASSES = """
assert point() == Point(1, 2) and isinstance(point(), Point)
assert colour() is Colour.RED and is_red(Colour.RED)
assert item() == Item("a", 2.0) and item() != Item("a", 3.0) and item().price == 2.0 and item() == item()
assert total([Item("x", 1.5), Item("y", 2.5)]) == 4.0
assert length(Node(1, Node(2, Node(3)))) == 3 and last(Node(1, Node(2))).value == 2
"""


def test_a_class_is_known_over_there_while_its_own_cell_runs_and_a_test_s_never_is():
    node = "class Node:\n    value = 7\n"
    own = ("own", f"{node}z = f(Node()).value")
    assert judged(ANSWER, own, ("test", "assert z == 7"), over_there=STUDENT + node) == [(PASS, "")]
    secret = f"{node}made = Node()\nmade.secret = 73190421\nf(made)"
    ((ending, told),) = judged(ANSWER, ("test", secret), over_there=STUDENT + node)
    assert ending is Ending.RAISED and told == "a value of type Node cannot be handed over"


@pytest.mark.parametrize("kind", ["own", "answer"])
def test_objects_of_classes_that_the_notebook_defines_cross(kind):
    """The classes are the source's own, and both sides have them; or an answer defines them, and only the student does."""
    answers = (
        "answer",
        "\n".join(f"def {n}(*a): ..." for n in ["point", "colour", "is_red", "item", "total", "length", "last"]),
    )
    test = OF_CLASSES if kind == "own" else OF_CLASSES.replace(" and isinstance(point(), Point)", "")
    assert judged((kind, CLASSES), answers, ("test", test), over_there=OVER_THERE) == [(PASS, "")]
