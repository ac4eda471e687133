"""A proxy does over there what is asked of it, is never compared, and computes with a test's values only where it may."""

import math
import operator

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
def test_nothing_of_a_students_decides_a_comparison(compare):
    thing, recorder = proxy(computes=True)
    for pair in ((thing, 1), (1, thing), (thing, thing)):
        with pytest.raises(TypeError, match="a student's Thing cannot be compared: expected a number, a string"):
            compare(*pair)
    with pytest.raises(TypeError, match="no truth value"):
        bool(thing)
    assert recorder.asked == []


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
