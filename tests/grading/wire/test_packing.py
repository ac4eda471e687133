"""Bytes of plain data: they come back as they went, and what is no message, or too long a one, is refused."""

import pytest

from gdcourse.grading.limits import FRAME_BYTES
from gdcourse.grading.wire.packing import ProtocolError, pack, unpack


def test_plain_data_comes_back_as_it_went():
    data = [None, True, -1, (1 << 64) - 1, 0.1, "ä", b"\0", [], {"a": [1]}]
    assert unpack(pack(data)) == data


@pytest.mark.parametrize("raw", [b"\xc1", b"", b"\x92\x01", pack(1) + pack(2), b"\xa1\xff"])
def test_bytes_that_are_no_message_are_refused(raw):
    with pytest.raises(ProtocolError, match="not a message"):
        unpack(raw)


def test_a_message_that_is_too_long_is_not_packed():
    with pytest.raises(ValueError, match="64 MB is too large to hand over"):
        pack(bytes(FRAME_BYTES))
