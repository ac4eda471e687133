"""A channel carries whole messages in their order, waits no longer than it may, and tells a dead end from rubbish."""

import socket
import threading
import time

import pytest

from gdcourse.grading.limits import FRAME_BYTES
from gdcourse.grading.wire.channel import LENGTH, Channel, Closed
from gdcourse.grading.wire.messages import Files, Get, Ready, Started
from gdcourse.grading.wire.packing import ProtocolError


@pytest.fixture
def ends():
    sockets = socket.socketpair()
    yield [Channel(sock) for sock in sockets]
    for sock in sockets:
        sock.close()


def test_messages_come_in_their_order(ends):
    near, far = ends
    sent = [Get("a"), Ready(), Get("b" * 1000), Started(7)]
    for message in sent:
        near.send(message)
    assert [far.receive(Get, Ready, Started) for _ in sent] == sent


def test_a_message_in_pieces_is_put_together(ends):
    near, far = ends
    raw = Get("name").dump()
    frame = LENGTH.pack(len(raw)) + raw

    def trickle():
        for i in range(len(frame)):
            near.sock.sendall(frame[i : i + 1])

    sender = threading.Thread(target=trickle)
    sender.start()
    assert far.receive(Get, deadline=time.monotonic() + 20) == Get("name")
    sender.join()


def test_a_large_message_passes_through_a_small_socket(ends):
    near, far = ends
    message = Files({"data": bytes(range(256)) * 20_000})
    sender = threading.Thread(target=near.send, args=[message])
    sender.start()
    assert far.receive(Files) == message
    sender.join()


@pytest.mark.parametrize("ahead", [0.05, -1.0])
def test_waiting_ends_at_the_deadline(ends, ahead):
    near, far = ends
    with pytest.raises(TimeoutError):
        far.receive(Ready, deadline=time.monotonic() + ahead)
    with pytest.raises(TimeoutError):
        near.send(Files({"data": bytes(8 << 20)}), time.monotonic() + ahead)  # nobody reads


def test_a_message_begun_before_the_deadline_can_be_read_after_it(ends):
    near, far = ends
    raw = Get("late").dump()
    near.sock.sendall(LENGTH.pack(len(raw)) + raw[:3])
    with pytest.raises(TimeoutError):
        far.receive(Get, deadline=time.monotonic() + 0.05)
    near.sock.sendall(raw[3:])
    assert far.receive(Get) == Get("late")


@pytest.mark.parametrize("before", [b"", b"\x05", LENGTH.pack(9) + b"half"])
def test_the_end_of_the_other_process_is_told_as_such(ends, before):
    near, far = ends
    near.sock.sendall(before)
    near.close()
    with pytest.raises(Closed):
        far.receive(Ready)
    with pytest.raises(Closed):
        far.send(Ready())


def test_a_frame_that_is_too_long_is_refused_before_it_is_read(ends):
    near, far = ends
    near.sock.sendall(LENGTH.pack(FRAME_BYTES + 1))
    with pytest.raises(ProtocolError, match=f"a message of {FRAME_BYTES + 1} bytes"):
        far.receive(Ready)


def test_what_may_not_come_now_is_refused(ends):
    near, far = ends
    near.send(Get("a"))
    with pytest.raises(ProtocolError, match="expected Ready or Started, got 'Get'"):
        far.receive(Ready, Started)
