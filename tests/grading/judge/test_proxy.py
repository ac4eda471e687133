"""A proxy does over there what is asked of it, is never compared, and computes with a test's values only where it may."""

import asyncio
import math
import operator
from dataclasses import dataclass, field

import numpy as np
import pytest

from gdcourse.grading.judge.proxy import COMPUTES, Proxy


class Recorder:
    """A connection that keeps what it is asked for and answers with what it is told to."""

    def __init__(self, **answers):
        self.answers, self.asked = answers, []

    def call(self, proxy, args, kwargs):
        self.asked.append(("call", args, kwargs))
        return "called"

    def operate(self, name, *operands):
        self.asked.append((name, *operands[1:]))
        answer = self.answers.get(name, name)
        if isinstance(answer, Exception):
            raise answer
        return answer


def proxy(computes=False, iterator=False, **answers):
    recorder = Recorder(**answers)
    return Proxy(recorder, 7, "Thing", iterator, computes), recorder


def test_calls_attributes_and_items_go_over_there():
    thing, recorder = proxy(len=3, float=2.5)
    assert thing(1, a=2) == "called" and thing.name == "getattr" and thing[4] == "getitem"
    thing.name = 5
    thing[1] = 6
    assert len(thing) == 3 and float(thing) == 2.5 and -thing == "neg" and abs(thing) == "abs"
    assert recorder.asked == [
        ("call", (1,), {"a": 2}), ("getattr", "name"), ("getitem", 4), ("setattr", "name", 5), ("setitem", 1, 6), ("len",),
        ("float",), ("neg",), ("abs",),
    ]  # fmt: skip


@pytest.mark.parametrize("compare", [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge])
def test_nothing_of_a_students_decides_a_comparison_with_a_tests_value(compare):
    thing, recorder = proxy(computes=True)
    for pair in ((thing, 1), (1, thing), (thing, np.float64(1)), (thing, "x"), (thing, [thing])):
        with pytest.raises(TypeError, match="a student's Thing cannot be compared: expected a number, a string"):
            compare(*pair)
    with pytest.raises(TypeError, match="no truth value"):
        bool(thing)
    assert recorder.asked == []


@dataclass
class Pair:
    x: int
    y: int
    note: str = field(default="", compare=False)


def test_two_objects_of_a_students_class_are_compared_by_its_own_rules():
    (a, recorder), (b, _) = proxy(True, eq=True, ne=False, lt=True), proxy(True)
    assert (a == b, a != b, a < b) == (True, False, True) and [name for name, *_ in recorder.asked] == [
        "eq",
        "ne",
        "lt",
    ]
    (liar, _) = proxy(True, eq=1)
    with pytest.raises(TypeError):
        bool(liar == b)
    (returned, recorder) = proxy(record=None)
    with pytest.raises(TypeError, match="cannot be compared"):
        bool(returned == returned)
    assert recorder.asked == [("record",)] * (len(recorder.asked))


def test_records_are_compared_by_their_fields():
    record, _ = proxy(record=["Pair", {"x": 1, "y": 2}])
    same, _ = proxy(record=["Pair", {"x": 1, "y": 2}])
    assert record == Pair(1, 2, "other") and Pair(1, 2) == record and record == same and (record != same) is False
    assert record != Pair(1, 3) and (record == Pair(1, 3)) is False


@pytest.mark.parametrize(
    "told", [np.empty((0, 1)), np.ones(2), ["Pair", 1], [1, {}], [], 7, ("Pair", {"x": 1, "y": 2})]
)
def test_what_no_record_can_be_is_compared_with_none(told):
    liar, _ = proxy(record=told)
    for compare in (operator.eq, operator.ne):
        for pair in ((liar, Pair(1, 2)), (Pair(1, 2), liar)):
            with pytest.raises(TypeError, match="cannot be compared"):
                compare(*pair)


def test_what_is_asked_of_a_class_is_asked_over_there():
    kind, recorder = proxy(isinstance=True, issubclass=True, contains=True, str="text", enter="inside", exit=None)
    thing, _ = proxy()
    assert isinstance(thing, kind) and issubclass(thing, kind) and not isinstance(3, kind) and not issubclass(int, kind)
    assert str(kind) == "text" and f"{kind}" == "text" and repr(kind) == "<Thing of the student>"
    with kind as inside:
        assert inside == "inside"
    assert [name for name, *_ in recorder.asked] == ["isinstance", "issubclass", "str", "str", "enter", "exit"]
    with pytest.raises(TypeError, match="has no text"):
        str(proxy(str=7)[0])
    own, _ = proxy(True, repr="Thing(1)", contains=True)
    assert repr(own) == "Thing(1)" and 1 in own


def test_a_coroutine_is_awaited_over_there():
    thing, recorder = proxy(**{"await": 4})

    async def wait():
        return await thing

    assert asyncio.run(wait()) == 4 and recorder.asked == [("await",)]


BINARY = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.floordiv,
    operator.mod,
    operator.pow,
    operator.matmul,
]


@pytest.mark.parametrize("operation", BINARY, ids=lambda o: o.__name__)
def test_an_expected_value_is_not_told_to_an_answer_that_computes(operation):
    """`f(x) - expected` with a result that has a `__sub__` of its own."""
    thing, recorder = proxy(array=np.array([6.0, 3.0]))
    mine = np.array([2.0, 4.0])
    assert np.array_equal(operation(thing, mine), operation(np.array([6.0, 3.0]), mine))
    assert np.array_equal(operation(mine, thing), operation(mine, np.array([6.0, 3.0])))
    assert recorder.asked == [("array",)]  # read once


@pytest.mark.parametrize("operation", BINARY, ids=lambda o: o.__name__)
def test_what_may_compute_is_asked_to(operation):
    thing, recorder = proxy(computes=True)
    assert operation(thing, 2.0) == operation.__name__ and operation(3.0, thing) == operation.__name__
    assert [name for name, *_ in recorder.asked] == [operation.__name__] * 2
    assert operation.__name__ in COMPUTES


def test_shape_and_type_are_those_of_the_data():
    thing, recorder = proxy(array=np.ones((2, 3), np.float32))
    assert (thing.shape, thing.ndim, thing.size, thing.dtype, thing.T.shape) == ((2, 3), 2, 6, np.float32, (3, 2))
    assert recorder.asked == [("array",)]
    assert np.asarray(thing, dtype=float).dtype == np.float64


@pytest.mark.parametrize("array", [None, [1, 2], np.array([None, 1], dtype=object), 3.0])
def test_what_is_no_array_of_numbers_is_told(array):
    thing, _ = proxy(array=array)
    with pytest.raises(TypeError, match="a student's Thing is no array of numbers"):
        np.asarray(thing)


def test_special_names_are_not_asked_for():
    thing, recorder = proxy()
    for name in ("__class_getitem__", "__array_interface__", "__wrapped__", "__len_hint__"):
        assert not hasattr(thing, name)
    assert recorder.asked == [] and repr(thing) == "<Thing of the student>"
    assert isinstance(hash(thing), int) and not callable(getattr(math, "thing", None))


def test_an_iterator_is_its_own():
    thing, recorder = proxy(iterator=True, next=StopIteration())
    assert next(thing, "end") == "end" and iter(thing) is thing and recorder.asked == [("next",)]
    container, recorder = proxy(iter=iter([1, 2]))
    assert [*iter(container)] == [1, 2] and recorder.asked == [("iter",)]
