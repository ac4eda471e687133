"""Plain data as bytes and back, by MessagePack: no object is made from them, whoever sent them."""

from typing import Any, TypeAlias

import msgpack

from gdcourse.grading.limits import FRAME_BYTES

Encoded: TypeAlias = Any  # what MessagePack carries


class ProtocolError(Exception):
    """Bytes that are no message of the protocol: the process that sent them has been tampered with."""


def pack(message: Any) -> bytes:
    """Return a message as bytes; raise `ValueError` if it is too large."""
    raw = msgpack.packb(message, use_bin_type=True)
    if len(raw) > FRAME_BYTES:
        raise ValueError(f"a value of {len(raw) >> 20} MB is too large to hand over")
    return raw


def unpack(raw: bytes) -> Any:
    """Return the message in ``raw``; raise `ProtocolError` if it is none."""
    try:
        return msgpack.unpackb(raw, raw=False, strict_map_key=True)
    except Exception as error:
        raise ProtocolError(f"not a message: {type(error).__name__}") from None
