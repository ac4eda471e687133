"""Values cross as they are, or not at all; nothing that comes is unpickled or read beyond its end."""

import enum
import re
from collections import Counter, OrderedDict, deque, namedtuple
from contextlib import suppress
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import Path, PurePosixPath, PureWindowsPath

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from gdcourse.grading.limits import FIELDS, NAME
from gdcourse.grading.wire.packing import ProtocolError, pack, unpack
from gdcourse.grading.wire.values import Codec, restore


class Layout(Codec):
    keeps_layout = True


def crossed(value, codec=None):
    """Return a value as it arrives at the other end."""
    codec = codec or Codec()
    return codec.decode(unpack(pack(codec.encode(value))))


NUMBERS = st.integers() | st.floats(allow_nan=False) | st.booleans() | st.complex_numbers(allow_nan=False)
PLAIN = st.none() | NUMBERS | st.text() | st.binary() | st.builds(range, st.integers(-9, 9), st.integers(-9, 9))
VALUES = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(PLAIN, inner, max_size=3)
        | st.frozensets(PLAIN, max_size=3)
    ),
    max_leaves=8,
)


@given(VALUES)
def test_plain_values_arrive_equal_and_of_their_type(value):
    arrived = crossed(value)
    assert arrived == value and type(arrived) is type(value)
    assert repr(arrived) == repr(value) or isinstance(value, (dict, frozenset, tuple, list))


@given(arrays.arrays(arrays.scalar_dtypes(), arrays.array_shapes(min_dims=0, min_side=0, max_side=4)))
def test_arrays_arrive_bit_by_bit(array):
    arrived = crossed(array)
    assert arrived.dtype == array.dtype and arrived.shape == array.shape and arrived.tobytes() == array.tobytes()
    assert arrived.flags.writeable and arrived.flags.owndata


@pytest.mark.parametrize(
    "change",
    [
        np.transpose,
        np.flip,
        lambda a: a[::2, 1:],
        lambda a: np.broadcast_to(a[0], (3, 4)),
        np.asfortranarray,
        lambda a: a[:0],
    ],
)
def test_the_layout_of_an_array_is_kept_where_it_counts(change):
    array = change(np.arange(12.0).reshape(3, 4))
    arrived = crossed(array, Layout())
    assert np.array_equal(arrived, array) and arrived.flags.writeable == array.flags.writeable
    assert arrived.strides == array.strides or not array.size or array.flags.c_contiguous


@pytest.mark.parametrize(
    "value", [np.float32(0.1), np.int64(-3), np.bool_(True), np.str_("a"), np.datetime64("2027-01-01", "D")]
)
def test_scalars_keep_their_type(value):
    assert crossed(value) == value and type(crossed(value)) is type(value)


def test_objects_in_an_array_arrive_one_by_one():
    array = np.array([1, "a", None, [2, 3]], dtype=object)
    arrived = crossed(array)
    assert arrived.dtype == object and arrived.tolist() == array.tolist()


@pytest.mark.parametrize("bits", ["MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"])
def test_a_generator_goes_on_where_it_was(bits):
    rng = np.random.Generator(getattr(np.random, bits)(7))
    rng.random(5)
    assert np.array_equal(crossed(rng).random(9), rng.random(9))


def test_an_old_generator_goes_on_where_it_was():
    rng = np.random.RandomState(7)
    rng.normal(size=3)
    assert np.array_equal(crossed(rng).normal(size=9), rng.normal(size=9))


class Colour(enum.IntEnum):
    RED = 3


def test_views_and_subclasses_arrive_as_what_they_hold():
    assert crossed({"a": 1}.keys()) == ["a"] and crossed({"a": 1}.values()) == [1] and crossed(Colour.RED) == 3


@pytest.mark.parametrize("value", [re.compile("x"), object(), open, type, lambda: None])
def test_what_has_no_plain_form_is_not_sent(value):
    with pytest.raises(TypeError, match="cannot be handed over"):
        Codec().encode(value)


@pytest.mark.parametrize(
    "data",
    [
        {"a": 1},
        [],
        [1, 2],
        ["nothing of the kind", 1],
        ["array", "|O8", [2], bytes(16)],
        ["array", "<f8", [3], bytes(16)],
        ["array", "<f8", [-1, 7], bytes(16)],
        ["array", "<f8", [2], "text"],
        ["array", "V8", [2], bytes(16)],
        ["array", "<f8", [2], bytes(16), [1 << 50], True],
        ["objects", [3], [1, 2]],
        ["dict", [[["list", []], 1]]],
        ["set", [["list", []]]],
        ["int", "0xg"],
        ["range", 1, 2, 0],
        ["complex", "a", 1],
        ["scalar", 3],
        ["dtype", "O"],
        ["generator", ["dict", [["bit_generator", "os.system"]]]],
        ["random state", 5],
        ["tensor", ["array", "<f8", [1], bytes(8)], "load", False],
    ],
)
def test_what_is_no_encoding_is_refused(data):
    with pytest.raises(ProtocolError):
        Codec().decode(data)


@given(
    st.recursive(PLAIN.filter(lambda v: not isinstance(v, (range, complex))), lambda inner: st.lists(inner, max_size=4))
)
def test_anything_at_all_is_decoded_or_refused(data):
    with suppress(ProtocolError):
        Codec().decode(data)


@pytest.mark.parametrize("change", [{"pos": 625}, {"pos": -1}, {"pos": 1.0}, {"pos": True}])
def test_a_state_that_points_out_of_its_buffer_is_refused(change):
    state = np.random.RandomState(1).get_state(legacy=False)
    state["state"] |= change
    with pytest.raises(ProtocolError, match="outside its state"):
        Codec().decode(["random state", Codec().encode(state)])


def test_a_buffer_position_out_of_its_buffer_is_refused():
    state = np.random.Philox(1).state | {"buffer_pos": 5}
    with pytest.raises(ProtocolError, match="outside its state"):
        Codec().decode(["generator", Codec().encode(state)])


def test_what_a_call_changed_is_written_into_the_original():
    inner = np.zeros(2)
    original = [inner, {"a": [1], "gone": 2}, {3}, (np.zeros(1), "x")]
    changed = [np.array([1.0, 2.0]), {"a": [1, 5], "new": 7}, {4}, (np.array([9.0]), "x")]
    assert restore(original, changed) is original
    assert original[0] is inner and inner.tolist() == [1.0, 2.0]
    assert original[1] == {"a": [1, 5], "new": 7} and original[2] == {4} and original[3][0].tolist() == [9.0]


@pytest.mark.parametrize("changed", [np.zeros(3), [0, 0], None, "text"])
def test_a_change_that_does_not_fit_leaves_the_array_alone(changed):
    original = np.ones(2)
    assert restore(original, changed) is changed and original.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("before", [True, False])
def test_a_tensor_that_requires_a_gradient_from_now_on_does_so_here_too(before):
    torch = pytest.importorskip("torch")
    original = torch.zeros(2).requires_grad_(before)
    assert restore(original, torch.ones(2).requires_grad_(not before)) is original
    assert original.requires_grad is not before and original.tolist() == [1.0, 1.0]


def test_a_generator_is_brought_to_its_new_state():
    original, changed = np.random.default_rng(1), np.random.default_rng(1)
    changed.random(3)
    restore(original, changed)
    assert original.random() == changed.random()


class Hue(Enum):
    RED = 1
    GREEN = (2, 3)


Point = namedtuple("Point", "x y")
LIBRARY = [
    Fraction(2, 3), Fraction(10**30, 7), Decimal("1.10"), Decimal("NaN"), Decimal("-1e999"), date(2026, 2, 28),
    time(1, 2, 3, 4),
    datetime(2026, 1, 2, 3, 4, 5, 6), datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=-3))), timedelta(-5, 7, 9),
    Path("a/b.txt"), PurePosixPath("/x"), PureWindowsPath("c:/x"), Counter("abca"),
    OrderedDict(b=1, a=2), deque([1, [2]], 5),
    Point(1, (2, 3)), {Fraction(1, 2): {date(1, 1, 1)}}, 3 + 4j, range(1, 9, 2), frozenset({Decimal(1)}),
]  # fmt: skip


@pytest.mark.parametrize("value", LIBRARY, ids=repr)
def test_what_python_s_library_calls_plain_crosses_by_value(value):
    codec = Codec()
    came = codec.decode(unpack(pack(codec.encode(value))))
    assert type(came).__name__ == type(value).__name__ and repr(came) == repr(value)
    assert came == value or value != value


def test_a_named_tuple_and_a_member_without_their_class_are_like_it():
    codec = Codec()
    point, red = (codec.decode(codec.encode(value)) for value in (Point(1, 2), Hue.RED))
    assert (point.x, point.y, point) == (1, 2, (1, 2)) and type(point) is type(codec.decode(codec.encode(Point(3, 4))))
    assert red == Hue.RED and red == Hue.RED and red is codec.decode(codec.encode(Hue.RED)) and red != 1
    assert (red.name, red.value, str(red), hash(red)) == (
        "RED",
        1,
        "Hue.RED",
        hash(Hue.RED),
    ) and red != Hue.GREEN


class Odd(Enum):
    NAN = float("nan")
    THING = object()


class Array(Enum):
    THREE = np.arange(3)


class Handles(Codec):
    """One end for both: an object is a handle, with a new number each time, and cannot be compared."""

    number = 0

    def reference(self, value):
        self.number += 1
        return ["handle", self.number, "object", False]

    def resolve(self, tag, rest):
        return Uncomparable()


class Uncomparable:
    def __eq__(self, other):
        raise TypeError

    __hash__ = None


@pytest.mark.parametrize("member", [*Odd, *Array])
def test_a_member_of_any_value_is_one_and_the_same_each_time(member):
    codec = Handles()
    came = [crossed(member, codec) for _ in range(2)]
    assert came[0] is came[1] and (came[0].kind, came[0].name) == (type(member).__name__, member.name)


def test_members_of_one_name_and_two_values_are_two():
    codec = Codec()
    one, two, again = (codec.decode(["enum", "Hue", "RED", value]) for value in (1, 2, 1))
    assert one is again and one is not two and (one.value, two.value) == (1, 2)


def test_named_tuples_may_have_many_fields_and_such_without_a_name():
    row = namedtuple("Row", ["Index", "a b", *(f"x{i}" for i in range(NAME + 20))], rename=True)
    came = crossed(row(*range(NAME + 22)))
    assert came._fields == row._fields and came._1 == 1 and came.x99 == 101
    for fields in (["_2", "x"], ["class"], ["x"] * 2, [f"x{i}" for i in range(FIELDS + 1)]):
        with pytest.raises(ProtocolError):
            Codec().decode(["named", "Row", fields, list(range(len(fields)))])


@pytest.mark.parametrize(
    "data",
    [
        ["named", "no name", ["x"], [1]],
        ["named", "P", ["x", "x"], [1, 2]],
        ["fraction", 1, 0],
        ["decimal", "__import__"],
        ["date", "tomorrow"],
        ["path", "os", "x"],
        ["timedelta", "x"],
        ["enum", [], "RED", 1],
    ],
)
def test_a_broken_value_of_the_library_is_refused(data):
    with pytest.raises(ProtocolError):
        Codec().decode(data)
