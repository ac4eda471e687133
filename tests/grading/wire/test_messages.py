"""Each message crosses as it is, says who sends it and what bounds it; whatever else comes is refused."""

import contextlib
import re
from typing import Any, get_type_hints

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdcourse.grading.wire import messages
from gdcourse.grading.wire.messages import Ending, Message, Ran, load
from gdcourse.grading.wire.packing import ProtocolError

KINDS = [kind for kind in vars(messages).values() if isinstance(kind, type) and Message in kind.__bases__]
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)  # fmt: skip
st.register_type_strategy(float, st.floats(allow_nan=False))
st.register_type_strategy(int, st.integers(-(1 << 63), (1 << 64) - 1))


def fields(kind):
    """Return strategies for the fields of a message; what it does not look into is any plain data."""
    hints = get_type_hints(kind)
    return [_field(hints[name]) for name in kind.__slots__]


def _field(hint):
    if hint is Any or hint == list[Any]:
        return PLAIN if hint is Any else st.lists(PLAIN, max_size=3)
    if hint == list[tuple[str, Any]]:
        return st.lists(st.tuples(st.text(), PLAIN), max_size=3)
    if hint == list[tuple[int, Any]]:
        return st.lists(st.tuples(st.integers(0, 99), PLAIN), max_size=3)
    if hint == dict[str, Any]:
        return st.dictionaries(st.text(), PLAIN, max_size=3)
    if hint is Ran:
        return st.builds(Ran, st.just([]), st.none() | st.integers(0, 99), st.floats(0, 99), st.sampled_from(Ending))
    if hint == dict[str, Ran]:
        outputs = st.lists(st.dictionaries(st.text(), PLAIN, max_size=2), max_size=2)
        ran = st.builds(Ran, outputs, st.none() | st.integers(0, 99), st.floats(0, 99), st.sampled_from(Ending))
        return st.dictionaries(st.text(), ran, max_size=2)
    return st.from_type(hint)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_a_message_comes_out_as_it_went_in(kind, data):
    sent = kind(*[data.draw(strategy) for strategy in fields(kind)])
    received = load(sent.dump(), (kind,))
    assert type(received) is kind and received == sent


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_message_says_who_sends_it_to_whom_and_what_bounds_it(kind):
    party = "(Near end|Far end|Zygote|Judge|Student)"
    first = rf"{party} to {party}(,( or)? {party} to {party})*: "
    assert re.match(first, kind.__doc__, re.IGNORECASE), kind.__doc__
    assert re.search(r"\n    Bounds: \S", kind.__doc__)


def test_no_two_messages_share_a_name():
    assert len({kind.__name__ for kind in KINDS}) == len(KINDS) > 15


@pytest.mark.parametrize(
    "data, told",
    [
        (["Ready"], "expected Reply or CallBack, got 'Ready'"),
        ([], "got None"),
        ({"Reply": 1}, "got None"),
        ([["Reply"]], r"got \['Reply'\]"),
        (["Reply", "ok"], "a broken Reply"),
        (["CallBack", 1, [], [], []], "a broken CallBack"),
        (["CallBack", True, [], []], "a broken CallBack"),
        (["CallBack", 1.0, [], []], "a broken CallBack"),
        (["CallBack", 1, {}, []], "a broken CallBack"),
        (["CallBack", 1, [], [["a"]]], "a broken CallBack"),
        (["CallBack", 1, [], [[1, 2]]], "a broken CallBack"),
        (["Reply", "fine", None, None, 0, [], "", ""], "a broken Reply"),
        (["Reply", ["ok"], None, None, 0, [], "", ""], "a broken Reply"),
        (["Reply", "ok", None, [["E"], "m"], 0, [], "", ""], "a broken Reply"),
        (["Reply", "ok", None, [["E"], 7, ""], 0, [], "", ""], "a broken Reply"),
        (["Reply", "ok", None, None, "0", [], "", ""], "a broken Reply"),
        (["Reply", "ok", None, None, 0, [["0", 1]], "", ""], "a broken Reply"),
        (["Reply", "ok", None, None, 0, [], b"", ""], "a broken Reply"),
    ],
)
def test_what_a_student_may_not_send_is_refused(data, told):
    with pytest.raises(ProtocolError, match=told):
        load(msgpack.packb(data), (messages.Reply, messages.CallBack))


@given(
    st.binary(max_size=200)
    | PLAIN.map(msgpack.packb)
    | st.lists(PLAIN).map(lambda rest: msgpack.packb(["Reply", *rest]))
)
def test_anything_at_all_is_a_message_or_refused(raw):
    with contextlib.suppress(ProtocolError):
        assert isinstance(load(raw, (messages.Reply, messages.CallBack)), messages.Reply | messages.CallBack)


def test_a_message_that_is_too_large_is_not_sent():
    with pytest.raises(ValueError, match="a value of 64 MB is too large to hand over"):
        messages.Files({"a": bytes(65 << 20)[: (64 << 20)]}).dump()
