"""A student's process answers requests by value, keeps objects to itself, and survives what its own code throws at it."""

import numpy as np
import pytest

from gdcourse.grading.judge.proxy import Proxy
from gdcourse.grading.judge.remote import StudentError, TimeLimitError
from gdcourse.grading.limits import MESSAGE, TEXT
from grading.pair import student

SOURCE = """
import sys
import numpy as np

def double(x): return 2 * x
def fill(a): a[...] = 7
def grow(items): items.append(len(items))
def steps(a):
    for i in range(3):
        a += 1
        yield i
def apply(f, x): return f(x)
def keep(f): return lambda x: f(f(x))
def call_twice(f, a): return f(a) is f(a)
def first(word, more): return [word, *more]
def stop(): raise StopIteration
def fail(kind, *args): raise kind(*args)
class Odd(Exception): pass
class Rude(Exception):
    def __str__(self): raise RuntimeError
def odd(): raise Odd("said")
def rude(): raise Rude
def leave(): raise SystemExit(3)
def long(): raise ValueError("x" * 5000)
def caught(f):
    try: f()
    except ValueError as error: return [type(error).__name__, str(error)]
def say(n): print("o" * n); print("e", file=sys.stderr)
def spoil(items): items[0] = open("/dev/null")
def snooze():
    import time
    time.sleep(60)
class Account:
    total = 5.0
    def __init__(self, amount): self.amount = amount
    def __add__(self, other): return Account(self.amount + other)
    def __getitem__(self, i): return self.amount * i
    def __len__(self): return 3
    def __float__(self): return float(self.amount)
class Like:
    def __array__(self, dtype=None, copy=None): return np.array([1.0, 2.0])
like = Like()
number = 5
"""


@pytest.fixture(scope="module")
def remote():
    with student(SOURCE) as connected:
        yield connected


def test_plain_globals_come_by_value_and_objects_as_proxies(remote):
    assert remote.get("number") == 5
    assert isinstance(remote.get("double"), Proxy) and isinstance(remote.get("Account"), Proxy)
    assert np.array_equal(remote.get("like"), [1.0, 2.0])  # what says that it is an array comes as one
    with pytest.raises(NameError, match="name 'nothing' is not defined"):
        remote.get("nothing")


def test_a_call_is_by_value_and_changes_in_place_come_back(remote):
    array, items = np.zeros(3), [1]
    assert remote.get("double")(array + 1).tolist() == [2, 2, 2] and array.tolist() == [0, 0, 0]
    remote.get("fill")(array)
    remote.get("grow")(items)
    assert array.tolist() == [7, 7, 7] and items == [1, 1]


def test_a_generator_changes_its_arguments_when_it_is_used(remote):
    array = np.zeros(2)
    steps = remote.get("steps")(array)
    assert array.tolist() == [0, 0]
    assert [(i, array[0]) for i in steps] == [(0, 1), (1, 2), (2, 3)]


def test_functions_of_the_judge_are_called_back(remote):
    seen = []
    assert remote.get("apply")(lambda x: seen.append(x) or x + 1, 4) == 5 and seen == [4]
    assert remote.get("keep")(lambda x: x * 3)(2) == 18
    array = np.ones(2)
    assert remote.get("call_twice")(lambda a: array, array)  # one array of the judge is one object over there


def test_what_a_callback_raises_is_raised_in_the_student(remote):
    def refuse():
        raise ValueError("not this")

    assert remote.get("caught")(refuse) == ["ValueError", "not this"]


def test_words_of_the_protocol_are_only_words(remote):
    """A call whose first argument reads like an encoded object."""
    assert remote.get("first")("handle", [1, 2]) == ["handle", 1, 2]
    assert remote.get("first")(["handle", 0, "x", False], []) == [["handle", 0, "x", False]]


@pytest.mark.parametrize(
    "kind", [ValueError, KeyError, ZeroDivisionError, NotImplementedError, AssertionError, RecursionError]
)
def test_built_in_exceptions_come_as_themselves(remote, kind):
    with pytest.raises(kind, match="why") as caught:
        remote.get("fail")(kind, "why")
    assert caught.value.from_student and "in fail" in caught.value.where


OTHERS = {"odd": "Odd: said", "rude": "Rude: ", "leave": "SystemExit: 3", "stop": "StopIteration"}


@pytest.mark.parametrize("name", OTHERS)
def test_other_exceptions_come_as_a_students_error(remote, name):
    with pytest.raises(StudentError, match=OTHERS[name]):
        remote.get(name)()


def test_messages_are_cut(remote):
    with pytest.raises(ValueError) as caught:
        remote.get("long")()
    assert str(caught.value) == "x" * MESSAGE


def test_objects_stay_over_there(remote):
    account = remote.get("Account")(2.0)
    assert (account + 3.0).amount == 5.0 and account[4] == 8.0 and len(account) == 3 and float(account) == 2.0
    account.amount = 9.0
    assert account.amount == 9.0 and account.total == 5.0
    with pytest.raises(AttributeError, match="nothing"):
        _ = account.nothing


def test_what_is_printed_comes_with_the_answer_and_is_cut(remote):
    remote.text = {"stdout": "", "stderr": ""}
    remote.get("say")(3)
    assert remote.text == {"stdout": "ooo\n", "stderr": "e\n"}
    remote.get("say")(2 * TEXT)
    assert len(remote.text["stdout"]) == TEXT


def test_an_argument_that_becomes_an_object_is_one_here(remote):
    items = [1]
    remote.get("spoil")(items)
    assert isinstance(items[0], Proxy)


def test_a_call_that_takes_too_long_is_interrupted_and_the_process_goes_on(remote):
    remote.call_limit, before = 0.3, remote.call_limit
    try:
        with pytest.raises(TimeLimitError, match=r"no answer within 0.3 seconds"):
            remote.get("snooze")()
    finally:
        remote.call_limit = before
    assert remote.get("number") == 5 and remote.ended is None


def test_a_cell_runs_and_defines():
    with student("") as remote:
        outputs, count = remote.cell("a = 6 * 7\nprint('said')\na", 20)
        assert count == 1
        assert [o["output_type"] for o in outputs] == ["stream", "execute_result"]
        assert outputs[0]["text"] == "said\n" and outputs[1]["data"]["text/plain"] == "42"
        assert remote.get("a") == 42
        (error,), _ = remote.cell("1 / 0", 20)
        assert (error["ename"], error["evalue"]) == ("ZeroDivisionError", "division by zero")


KEEPER = """
import numpy as np
held = []
def keep(x):
    held.append(x)
    return len(held)
def kept(y): return held[0]
def fresh(y): return np.array([1.0, 2.0])
def both(x, y): return {"y": y, "x": [x, x.T, x[1:], x + 0]}
def in_a_callback(f, x): return [f(x), x]
"""


def test_which_array_an_answer_returns():
    with student(KEEPER) as remote:
        x, y = np.array([1.0, 2.0]), np.array([1.0, 2.0])
        remote.get("keep")(x)
        kept = remote.get("kept")(y)
        assert kept is not y and kept is not x  # kept from an earlier call: an array of its own here
        assert remote.get("kept")(y) is kept
        assert remote.get("fresh")(y) is not remote.get("fresh")(y)
        X, v = np.arange(6.0).reshape(2, 3), np.arange(3)
        told = remote.get("both")(X, y=v)
        assert told["y"] is v and told["x"][0] is X and not any(np.shares_memory(X, part) for part in told["x"][1:])
        seen = []
        held = remote.get("in_a_callback")(lambda a: seen.append(a) or y, x)
        assert held[0] is y and held[1] is x and seen[0] is not x


def test_an_array_that_a_call_gives_back_holds_what_the_call_made_of_it():
    with student("def fill(x):\n    x[...] = 7\n    return x") as remote:
        x = np.zeros(2)
        assert remote.get("fill")(x) is x and x.tolist() == [7, 7]
        x.flags.writeable = False
        assert remote.get("fill")(np.ones(0)).shape == (0,)


def test_an_array_that_a_call_reshapes_is_reshaped_here():
    with student("def flatten(x):\n    x.shape = (x.size,)\n    x += 1") as remote:
        x = np.zeros((2, 3))
        remote.get("flatten")(x)
        assert x.shape == (6,) and x.tolist() == [1.0] * 6


KEEPS = """
held, found = [], {}
def keep(*values, **named):
    held.extend([*values, *named.values()])
def shown():
    return [part.tolist() for part in held]
def one(a, b):
    return a is b
def by_id(x):
    return found.setdefault(id(x), float(x.sum()))
def by_value(p):
    return id(p["w"])
"""


def test_an_argument_that_comes_again_is_the_same_array_there():
    x, frozen = np.array([1.0, 2.0]), np.array([5.0])
    with student(KEEPS) as remote:
        keep, shown, one, by_id, by_value = map(remote.get, ("keep", "shown", "one", "by_id", "by_value"))
        assert one(x, x) and not one(x, x.copy())
        keep(x, last=frozen)
        x[:] = 3.0, 4.0
        assert by_id(x) == 7.0 and shown() == [[3.0, 4.0], [5.0]]
        x[:] = 0.0
        assert by_id(x) == 7.0, "as where an answer is called without a wire"
        frozen.flags.writeable = False
        assert one(frozen, frozen) and shown()[1] == [5.0]
        x.shape = 2, 1
        assert by_id(x) == 0.0 and shown()[0] == [0.0, 0.0]
        params = {"w": np.ones(3)}
        first = by_value(params)
        params["w"] *= 2
        assert by_value(params) == first != by_value({"w": np.ones(3)})
