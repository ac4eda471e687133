"""What crosses as a reference: proxies as handles, the tests' functions as callbacks, functions of libraries by name."""

import math
from pathlib import Path, PurePosixPath

import numpy as np
import pytest

from gdcourse.grading.judge.codec import JudgeCodec
from gdcourse.grading.judge.proxy import Proxy
from gdcourse.grading.limits import GIVEN_ARRAYS, NAME, REPEATED_ARRAYS, RETURNED_ARRAYS
from gdcourse.grading.wire.packing import ProtocolError
from gdcourse.grading.wire.values import Codec


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


def test_an_argument_that_comes_again_keeps_its_number_while_it_lives(codec):
    held = [np.full(2, float(i)) for i in range(GIVEN_ARRAYS + 1)]
    numbers = [codec.encode_argument(array)[1] for array in held]
    held[-1] += 1
    assert codec.encode_argument([held[-1], {"a": held[-1]}]) == [
        "list",
        [
            ["given", numbers[-1], codec.encode(held[-1])],
            ["dict", [["a", ["given", numbers[-1], codec.encode(held[-1])]]]],
        ],
    ]
    assert codec.encode_argument(held[0])[1] == len(held), "forgotten: a new one"
    known = id(held[-1])
    codec.given[known] = codec.given[known][0], lambda: None  # as where it is gone, and another array lies there
    assert codec.encode_argument(held[-1])[1] == len(held) + 1
    assert codec.encode_argument(3.0) == 3.0


def test_what_is_neither_value_nor_callable_is_told(codec):
    with pytest.raises(TypeError, match="a value of type module cannot be handed over"):
        codec.encode(math)


@pytest.mark.parametrize("name", ["out.txt", "data/out.csv", "/tmp/gradebook.db", "../out.txt", "a/../../b", ".."])
def test_a_path_can_be_followed_only_where_it_stays_in_the_folder(codec, name):
    came = codec.decode(Codec().encode(Path(name)))
    assert str(came) == name and came == PurePosixPath(name)
    assert isinstance(came, Path) is (name in ("out.txt", "data/out.csv"))


class Shared:
    """As a class of the notebook's own; another of this name stands for a test's."""


def test_only_objects_of_the_source_s_own_classes_go_over(codec, monkeypatch):
    for kind in (Shared, other := type("Shared", (), {})):
        monkeypatch.setattr(kind, "__module__", "__main__")
    for made in (Shared(), other()):
        with pytest.raises(TypeError, match="cannot be handed over"):
            codec.encode(made)
    codec.classes["Shared"] = Shared
    assert codec.encode(Shared()) == ["instance", "Shared", ["dict", []]]
    with pytest.raises(TypeError, match="cannot be handed over"):
        codec.encode(other())


def test_one_array_over_there_is_one_array_here_if_it_holds_the_same(codec):
    argument, returned = np.array([1.0, 2.0]), np.array([5.0])
    plain = codec.encode(argument)
    codec.arguments, number = [argument], codec.encode_returned(returned)[1]
    assert codec.decode(["one", "argument", 0, plain]) is argument
    assert codec.decode(["one", "callback", number, codec.encode(returned)]) is returned
    first = codec.decode(["one", "result", 7, plain])
    assert first is not argument and codec.decode(["one", "result", 7, plain]) is first
    other = codec.encode(np.array([1.0, 3.0]))
    for source, place in (("argument", 0), ("argument", 9), ("callback", 9), ("result", 7), ("nothing", 0)):
        told = codec.decode(["one", source, place, other])  # what a test has in hand is never changed by it
        assert told.tolist() == [1.0, 3.0] and first.tolist() == argument.tolist() == [1.0, 2.0]
    for broken in (["argument", 0], ["argument", -1, plain], [0, 0, plain], ["argument", "0", plain]):
        with pytest.raises(ProtocolError):
            codec.decode(["one", *broken])


def test_few_results_are_remembered(codec):
    held = [codec.decode(["one", "result", i, ["array", "<f8", [1], bytes(8)]]) for i in range(RETURNED_ARRAYS + 5)]
    assert len(codec.returned) == RETURNED_ARRAYS and len(held) == RETURNED_ARRAYS + 5


def test_arrays_in_what_a_callback_returns_have_numbers_too(codec):
    a = np.ones(2)
    assert codec.encode_returned((3.0, [a, a])) == ["tuple", [3.0, ["list", [["repeat", 0, codec.encode(a)]] * 2]]]


def test_a_callback_that_wants_to_is_told_of_a_change(codec):
    class Wants:
        overwritten = False

    wants, ignores = Wants(), print
    codec.encode_returned(np.ones(1), wants)
    codec.encode_returned(np.ones(1), ignores)
    codec.overwritten(1)
    assert not wants.overwritten
    codec.overwritten(0)
    assert wants.overwritten
    with pytest.raises(ProtocolError):
        codec.overwritten(2)
