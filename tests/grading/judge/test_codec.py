"""What crosses as a reference: proxies as handles, the tests' functions as callbacks, functions of libraries by name."""

import math

import numpy as np
import pytest

from gdcourse.grading.judge.codec import JudgeCodec
from gdcourse.grading.judge.proxy import Proxy
from gdcourse.grading.limits import NAME, REPEATED_ARRAYS
from gdcourse.grading.wire.values import ProtocolError


@pytest.fixture
def codec():
    return JudgeCodec(None)


def helper(x):
    return x


def test_a_function_is_handed_over_once(codec):
    assert codec.encode(helper) == ["callback", 0, "helper"]
    assert codec.encode([helper, print_ := (lambda: None)]) == [
        "list",
        [["callback", 0, "helper"], ["callback", 1, "<lambda>"]],
    ]
    assert codec.decode(["callback", 1]) is print_
    for number in (2, -1, True, "0"):
        with pytest.raises(ProtocolError):
            codec.decode(["callback", number])


@pytest.mark.parametrize(
    "value, encoded",
    [
        (ValueError, ["import", "builtins", "ValueError"]),
        (np.exp, ["import", "numpy", "exp"]),
        (np.float32, ["import", "numpy", "float32"]),
    ],
)
def test_what_a_library_has_is_named(codec, value, encoded):
    assert codec.encode(value) == encoded


def test_a_name_is_never_taken_from_a_student(codec):
    for data in (["import", "os", "system"], ["framework", 0], ["repeat", 0, 1], ["handle", 0]):
        with pytest.raises(ProtocolError):
            codec.decode(data)


def test_a_proxy_goes_back_as_its_handle(codec):
    proxy = codec.decode(["handle", 5, "Thing", False])
    assert isinstance(proxy, Proxy) and codec.encode({"a": proxy}) == ["dict", [["a", ["handle", 5]]]]


@pytest.mark.parametrize("rest", [[], [1], ["5", "T", False], [True, "T", False], [5, 7, False], [5, "T", False, 1]])
def test_what_is_no_handle_is_refused(codec, rest):
    with pytest.raises(ProtocolError):
        codec.decode(["handle", *rest])


def test_the_name_of_a_type_is_a_short_word(codec):
    proxy = codec.decode(["handle", 1, "<script>\x1b[2J" + "x" * 500, True])
    assert repr(proxy).startswith("<script2Jxx") and len(repr(proxy)) == NAME + len("< of the student>")


def test_only_what_was_asked_for_computes(codec):
    assert codec.decode_as(True, ["handle", 1, "T", False])._computes
    assert not codec.decode(["handle", 1, "T", False])._computes
    with pytest.raises(ProtocolError):
        codec.decode_as(True, ["nothing"])
    assert not codec.computes


def test_an_array_that_comes_again_keeps_its_number(codec):
    held = [np.full(2, float(i)) for i in range(REPEATED_ARRAYS + 1)]
    numbers = [codec.encode_returned(array)[1] for array in held]
    assert numbers == list(range(REPEATED_ARRAYS + 1))
    assert codec.encode_returned(held[-1])[1] == numbers[-1]
    assert codec.encode_returned(held[0])[1] == len(held)  # forgotten: a new one
    assert codec.encode_returned(3.0) == 3.0


def test_what_is_neither_value_nor_callable_is_told(codec):
    with pytest.raises(TypeError, match="a value of type module cannot be handed over"):
        codec.encode(math)
