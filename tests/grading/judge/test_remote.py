"""The judge believes nothing: whatever a student's process sends is data, an error of the student's, or the end of it."""

import time

import numpy as np
import pytest

from gdcourse.grading.judge.remote import ProcessDiedError, StudentError, TimeLimitError
from gdcourse.grading.limits import WATCHED_CALLS
from gdcourse.grading.wire.messages import Call, CallBack, Ending, Get, Ready, Reply, Returned, Status
from grading.pair import Forger, student


def reply(value=None, *, status=Status.OK, error=None, origin=0, changed=(), out="", err="", warned=()):
    return Reply(status, value, error, origin, list(changed), out, err, list(warned))


def test_a_value_is_taken_and_the_question_is_the_one_asked():
    with Forger() as forger:
        forger.send(reply(["list", [1, 2.5]]))
        assert forger.remote.get("name") == [1, 2.5]
        assert forger.channel.receive(Get) == Get("name")
        assert forger.remote.ending is Ending.DONE and forger.signals == []


@pytest.mark.parametrize(
    "sent",
    [
        b"rubbish",
        b"\xc1",
        Ready(),
        Get("x"),
        Returned(Status.OK, 1, None),
        reply(["nothing of the kind"]),
        reply(["array", "|O8", [1], bytes(8)]),
        reply(1, changed=[(0, 5)]),
        reply(1, changed=[(-1, 5)]),
        reply(1, changed=[(-1, None)]),
        CallBack(0, [], []),
        CallBack(-1, [], []),
    ],
    ids=str,
)
def test_what_no_answer_can_be_is_tampering(sent):
    with Forger() as forger:
        forger.send(sent)
        with pytest.raises(ProcessDiedError, match="sent what no answer can be"):
            forger.remote.get("x")
        assert forger.remote.ending is Ending.TAMPERED and forger.signals == ["kill"]
        with pytest.raises(ProcessDiedError, match="sent what no answer can be"):
            forger.remote.get("y")  # nothing more is asked


def test_a_process_that_hangs_up_has_died():
    with Forger() as forger:
        forger.sock.close()
        with pytest.raises(ProcessDiedError, match=r"this cell: the student's process ended"):
            forger.remote.get("x")
        assert forger.remote.ending is Ending.DIED


def test_silence_is_interrupted_then_killed(monkeypatch):
    monkeypatch.setattr("gdcourse.grading.judge.remote.GRACE", 0.1)
    with Forger(call_limit=0.05) as forger:
        with pytest.raises(TimeLimitError, match="took too long and could not be interrupted"):
            forger.remote.get("x")
        assert forger.signals == ["interrupt", "kill"] and forger.remote.ending is Ending.LATE


def test_an_answer_after_the_interruption_is_late_and_the_process_lives():
    with Forger(call_limit=0.05) as forger:
        forger.remote.interrupt = lambda: forger.send(reply(1))
        with pytest.raises(TimeLimitError, match=r"no answer within 0.05 seconds"):
            forger.remote.get("x")
        forger.send(reply(2))
        assert forger.remote.get("x") == 2 and forger.remote.ended is None and forger.signals == []
        assert isinstance(forger.remote.failure, TimeLimitError)  # which no test may overlook


def test_a_cell_has_an_end_whatever_its_calls_have():
    with Forger() as forger:
        forger.remote.cell_deadline = time.monotonic() - 1
        with pytest.raises(TimeLimitError, match="the test as a whole took too long"):
            forger.remote.get("x")


@pytest.mark.parametrize(
    "names, message, kind, told",
    [
        (["ValueError", "Exception"], "no", ValueError, "no"),
        (["Odd", "KeyError", "LookupError"], "k", KeyError, "Odd: k"),
        (["Odd", "Exception"], "x", StudentError, "Odd: x"),
        (["KeyboardInterrupt", "BaseException"], "", StudentError, "KeyboardInterrupt: "),
        (["StopIteration", "Exception"], "", StudentError, "StopIteration: "),
        (["UnicodeDecodeError", "UnicodeError", "ValueError"], "b", StudentError, "UnicodeDecodeError: b"),
        (["open", "print"], "x", StudentError, "open: x"),
        ([], "x", StudentError, "an exception: x"),
        (["ValueError"], "\x1b[2J\x9b", ValueError, r"\?\[2J\?"),
    ],
)
def test_an_error_of_the_students_is_raised_as_one(names, message, kind, told):
    with Forger() as forger:
        forger.send(reply(["handle", 0, "function", False]))
        function = forger.remote.get("f")
        forger.send(reply(status=Status.ERROR, error=(names, message, "where \x07it was")))
        with pytest.raises(kind, match=told) as caught:
            function()
        assert type(caught.value) is kind and caught.value.from_student and caught.value.where == "where ?it was"


def test_an_end_of_iteration_ends_no_loop_of_a_test():
    with Forger() as forger:
        forger.send(reply(["handle", 0, "function", False]))
        function = forger.remote.get("f")
        forger.send(reply(status=Status.STOP))
        with pytest.raises(StudentError, match="StopIteration"):
            list(map(function, [1]))


def test_changes_reach_the_arguments_of_their_own_call_only():
    with student("def steps(a):\n    for i in range(3):\n        a += 1\n        yield i") as remote:
        first, second = np.zeros(1), np.zeros(1)
        one, two = remote.get("steps")(first), remote.get("steps")(second)
        next(one), next(one), next(two)
        assert (first[0], second[0]) == (2, 1)


def test_a_reply_to_an_operation_may_not_change_what_belongs_to_nobody():
    with Forger() as forger:
        forger.send(reply(["handle", 3, "T", False]))
        thing = forger.remote.get("thing")
        forger.send(reply(1, origin=99, changed=[(0, 5)]))
        with pytest.raises(ProcessDiedError, match="sent what no answer can be"):
            len(thing)


def test_few_calls_are_remembered():
    with Forger() as forger:
        forger.send(reply(["handle", 0, "f", False]))
        function = forger.remote.get("f")
        forger.channel.receive(Get)
        for i in range(WATCHED_CALLS + 20):
            forger.send(reply(1, origin=i))
            function([i])
            forger.channel.receive(Call)
        assert len(forger.remote.watched) == WATCHED_CALLS


def test_a_callback_gets_what_it_returns_or_why_not():
    with Forger() as forger:
        forger.send(reply(["handle", 0, "f", False]))
        function = forger.remote.get("f")
        for args in ([4.0], ["text"]):
            forger.send(CallBack(0, args, []))
        forger.send(reply(7))
        assert function(lambda x: x + 1) == 7
        forger.channel.receive(Get), forger.channel.receive(Call)
        assert forger.channel.receive(Returned) == Returned(Status.OK, 5.0, None)
        refused = forger.channel.receive(Returned)
        assert refused.status is Status.ERROR and refused.error[0][0] == "TypeError" and refused.error[2] == ""


@pytest.mark.parametrize("value", [5, ["list", [1]], ["list", [["list", []], 1, 2]], ["tuple", [1, 2]]])
def test_outputs_that_are_none_are_tampering(value):
    with Forger() as forger:
        forger.send(reply(value))
        with pytest.raises(ProcessDiedError, match="no list of outputs"):
            forger.remote.cell("pass", 5)


def test_time_of_waiting_for_a_busy_processor_counts_for_no_limit():
    """Here the clock of waiting runs as fast as the wall's: all is waiting, up to a few times the limit."""
    source = "import time\ndef nap(s):\n    time.sleep(s)\n    return s\n"
    with student(source, call_limit=0.4) as remote:
        nap = remote.get("nap")
        with pytest.raises(TimeLimitError, match=r"no answer within 0\.4 seconds"):
            nap(0.9)
        remote.waiting = time.monotonic
        with remote.within(5.0):
            assert nap(0.9) == 0.9
            started = time.monotonic()
            with pytest.raises(TimeLimitError, match=r"no answer within 0\.4 seconds"):
                nap(9.0)
        assert 1.5 < time.monotonic() - started < 4.0


def test_a_value_that_is_too_large_is_an_error_of_the_call_and_no_death():
    with student("def much(): return bytes(70 << 20)\ndef two(): return 2") as remote:
        with pytest.raises(ValueError, match="a value of 70 MB is too large to hand over"):
            remote.get("much")()
        assert remote.get("two")() == 2


def test_what_a_library_says_of_the_sandbox_is_on_no_error_stream():
    """PyTorch, imported in an answer, misses /proc/cpuinfo; by nbgrader's own rule that would cost the test's points."""
    said = "Error in cpuinfo: failed to parse processor information from /proc/cpuinfo\n"
    with student(f"import os\ndef f():\n    os.write(2, {said!r}.encode() + b'own words')\n") as remote:
        remote.get("f")()
        assert remote.text["stderr"] == "own words"
