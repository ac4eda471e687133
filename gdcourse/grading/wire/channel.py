"""Messages over a socket: a length, then MessagePack. Both ends may wait for the other only up to a deadline."""

import struct
import time

from gdcourse.grading.limits import FRAME_BYTES
from gdcourse.grading.wire.values import ProtocolError, pack, unpack

LENGTH = struct.Struct("<I")


class Closed(Exception):
    """The process at the other end is gone."""


class Channel:
    """One end of a socket. deadline: seconds on `time.monotonic`'s clock, None waits for ever."""

    def __init__(self, sock):
        self.sock = sock
        self.buffer = bytearray()

    def send(self, message, deadline=None):
        """Send a message; raise `TimeoutError` past the deadline, `Closed` if nobody is there to read."""
        raw = pack(message)
        try:
            self._patience(deadline)
            self.sock.sendall(LENGTH.pack(len(raw)) + raw)
        except (BrokenPipeError, ConnectionResetError):
            raise Closed from None

    def receive(self, deadline=None):
        """Return the next message; raise `TimeoutError` past the deadline, `Closed` at the end, `ProtocolError` on rubbish."""
        (length,) = LENGTH.unpack(self._read(LENGTH.size, deadline))
        if length > FRAME_BYTES:
            raise ProtocolError(f"a message of {length} bytes")
        return unpack(self._read(length, deadline))

    def _read(self, count, deadline):
        while len(self.buffer) < count:
            self._patience(deadline)
            try:
                more = self.sock.recv(1 << 18)
            except ConnectionResetError:
                more = b""
            if not more:
                raise Closed
            self.buffer += more
        taken = bytes(self.buffer[:count])
        del self.buffer[:count]
        return taken

    def _patience(self, deadline):
        if deadline is None:
            self.sock.settimeout(None)
        elif (left := deadline - time.monotonic()) > 0:
            self.sock.settimeout(left)
        else:
            raise TimeoutError("past the deadline")

    def close(self):
        self.sock.close()
