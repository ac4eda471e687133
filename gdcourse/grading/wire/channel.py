"""Messages over a socket: a length, then the message. Both ends may wait for the other only up to a deadline."""

import socket
import struct
import time
from typing import TypeVar, overload

from gdcourse.grading.limits import FRAME_BYTES
from gdcourse.grading.wire.messages import Message, load
from gdcourse.grading.wire.packing import ProtocolError

One = TypeVar("One", bound=Message)
Other = TypeVar("Other", bound=Message)
LENGTH = struct.Struct("<I")


class Closed(Exception):
    """The process at the other end is gone."""


class Channel:
    """One end of a socket. deadline: seconds on `time.monotonic`'s clock, None waits for ever."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.buffer = bytearray()

    def send(self, message: Message, deadline: float | None = None) -> None:
        """Send a message; raise `TimeoutError` past the deadline, `Closed` if nobody is there to read."""
        raw = message.dump()
        try:
            self._patience(deadline)
            self.sock.sendall(LENGTH.pack(len(raw)) + raw)
        except (BrokenPipeError, ConnectionResetError):
            raise Closed from None

    @overload
    def receive(self, one: type[One], /, *, deadline: float | None = None) -> One: ...

    @overload
    def receive(self, one: type[One], other: type[Other], /, *, deadline: float | None = None) -> One | Other: ...

    @overload
    def receive(self, *kinds: type[Message], deadline: float | None = None) -> Message: ...

    def receive(self, *kinds: type[Message], deadline: float | None = None) -> Message:
        """Return the next message, which may be one of ``kinds``.

        Raises `TimeoutError` past the deadline, `Closed` at the end, `ProtocolError` on anything else.
        """
        self._fill(LENGTH.size, deadline)
        (length,) = LENGTH.unpack_from(self.buffer)
        if length > FRAME_BYTES:
            raise ProtocolError(f"a message of {length} bytes")
        end = LENGTH.size + length
        self._fill(end, deadline)
        raw = bytes(self.buffer[LENGTH.size : end])
        del self.buffer[:end]  # only now: what came before a deadline that passed can still be read
        return load(raw, kinds)

    def _fill(self, count: int, deadline: float | None) -> None:
        while len(self.buffer) < count:
            self._patience(deadline)
            try:
                more = self.sock.recv(1 << 18)
            except ConnectionResetError:
                more = b""
            if not more:
                raise Closed
            self.buffer += more

    def _patience(self, deadline: float | None) -> None:
        if deadline is None:
            self.sock.settimeout(None)
        elif (left := deadline - time.monotonic()) > 0:
            self.sock.settimeout(left)
        else:
            raise TimeoutError("past the deadline")

    def close(self) -> None:
        self.sock.close()
