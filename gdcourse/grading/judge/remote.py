"""The judge's end of the connection to a student's process: requests, deadlines, and what an answer may be."""

import builtins
import contextlib
import math
import signal
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, NoReturn, TypeAlias

from gdcourse.grading.judge.codec import JudgeCodec
from gdcourse.grading.judge.outputs import OF_THE_SANDBOX, UNPRINTABLE, checked, count_of, size, text_of
from gdcourse.grading.judge.proxy import COMPUTES, Proxy
from gdcourse.grading.judge.seeds import Seeds
from gdcourse.grading.judge.surroundings import Surroundings, show
from gdcourse.grading.limits import (
    BUSY,
    GRACE,
    MESSAGE,
    SHOWN_BYTES,
    SHOWN_BYTES_IN_ALL,
    TEXT,
    TRACEBACK,
    WATCHED_CALLS,
    Limits,
)
from gdcourse.grading.wire import models
from gdcourse.grading.wire.channel import Channel, Closed
from gdcourse.grading.wire.messages import (
    Bind,
    Call,
    CallBack,
    Collect,
    Ending,
    Get,
    Message,
    Operate,
    Output,
    Reply,
    Returned,
    RunCell,
    Status,
    Unbind,
)
from gdcourse.grading.wire.packing import Encoded, ProtocolError
from gdcourse.grading.wire.values import CHANGEABLE, MUTABLE, arrays_in, restore

Signal: TypeAlias = Callable[[], None]  # sends it to the student's process
Waiting: TypeAlias = Callable[[], float]


class StudentError(Exception):
    """Student code failed in a way that no built-in exception can carry over."""


class TimeLimitError(StudentError):
    """Student code took too long."""


class ProcessDiedError(StudentError):
    """The student's process is gone: it crashed, ended itself, or was ended."""


class Remote:
    """The judge's end of the connection to one student's process. interrupt, kill: what stops that process.

    waiting: tells how many seconds it has waited for a processor so far; on a busy machine they count for no limit.
    """

    def __init__(
        self,
        channel: Channel,
        interrupt: Signal,
        kill: Signal,
        call_limit: float = Limits.call,
        waiting: Waiting = lambda: 0.0,
    ) -> None:
        self.channel, self.interrupt, self.kill, self.call_limit = channel, interrupt, kill, call_limit
        self.waiting, self.waited = waiting, 0.0  # and what it said when the cell under way began
        self.codec = JudgeCodec(self)
        self.watched: dict[int, list[Any]] = {}
        self.cell_deadline: float | None = None
        self.exercise = "this cell"
        self.ending = Ending.DONE  # how the process is gone
        self.ended: str | None = None  # and why, in words
        self.failure: StudentError | None = None  # what a test must not overlook, even if it expects exceptions
        self.text = {"stdout": "", "stderr": ""}  # what was printed over there
        self.shows = False  # print it here too: a test may look at it
        self.seeds: Seeds | None = None  # of a test that sets any
        self.surroundings = Surroundings()
        self.may_show = SHOWN_BYTES_IN_ALL

    def cell(self, source: str, limit: float) -> tuple[list[Output], int | None]:
        """Run a cell of the student's notebook over there; return (outputs, execution count), `checked`."""
        with self.within(limit), alarm(limit + 2 * GRACE, self):
            answer = self._decoded(self._request(RunCell(source), [], limit))
        if type(answer) is not list or len(answer) != 2:
            self._tampering("an answer that is no list of outputs")
        outputs, count = answer
        good = checked(outputs, min(SHOWN_BYTES, self.may_show))
        self.may_show -= sum(map(size, good))
        return good, count_of(count)

    @contextlib.contextmanager
    def within(self, limit: float) -> Iterator[None]:
        """Let all that is asked for in the block take ``limit`` seconds together."""
        self.cell_deadline, self.waited = time.monotonic() + limit, self.waiting()
        try:
            yield
        finally:
            self.cell_deadline = None

    def own_time(self, seconds: float, limit: float) -> float:
        """Return how many of ``seconds`` that went by count: not those of waiting for a processor, within bounds."""
        return max(seconds - (self.waiting() - self.waited), seconds / BUSY) if seconds >= limit else seconds

    @contextlib.contextmanager
    def seeding(self, kept: bool) -> Iterator[None]:
        """Let the student's random generators follow where the block sets those of the judge. kept: does it keep a state?"""
        self.seeds = Seeds(kept)
        try:
            with self.seeds.watching():
                yield
        finally:
            self.seeds = None

    def _seeds(self) -> Encoded:
        """Return the encoded states of the random generators that the test has set since the last request, or None."""
        changed = self.seeds.changed() if self.seeds is not None else None
        return self.codec.encode(changed) if changed else None

    def get(self, name: str) -> Any:
        """Return the student's global ``name``; raise `NameError` if there is none."""
        try:
            value = self._decoded(self._request(Get(name), []))
        except KeyError:
            raise NameError(f"name {name!r} is not defined") from None
        if isinstance(value, Proxy):
            value._makes = name[:1].isupper()
        return value

    def files(self) -> dict[str, Any]:
        """Return the files in the working folder of the student's process: name -> bytes, as it says."""
        found = self._decoded(self._request(Collect(), []))
        if type(found) is not dict:
            self._tampering("files that are none")
        return found

    def bind(self, name: str, value: Any) -> None:
        """Let the student's global ``name`` be ``value``: an object of the student's, or a function of the test's."""
        self._decoded(self._request(Bind(name, self.codec.encode(value)), []))

    def unbind(self, name: str) -> None:
        """Take the student's global ``name`` away."""
        with contextlib.suppress(KeyError):
            self._decoded(self._request(Unbind(name), []))

    def call(self, proxy: Proxy, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a student's function. Arguments that it changes in place are changed here too."""
        self.codec.members = []
        encode = self.codec.encode_argument
        positional, named = [encode(a) for a in args], [(k, encode(v)) for k, v in kwargs.items()]
        members = list(self.codec.members)
        objects = models.pack(members, self.codec) if members else None
        mutable = [v for v in (*args, *kwargs.values()) if isinstance(v, MUTABLE) or type(v).__name__ in CHANGEABLE]
        self.codec.arguments = list(arrays_in([*args, *kwargs.values()]))
        message = Call(proxy._handle, positional, named, objects, self._seeds(), self.surroundings.now())
        try:
            return self._decoded(self._request(message, [*mutable, *members]), computes=proxy._makes)
        except StopIteration:  # it would end a loop of the test without a word
            raise StudentError(f"{self.exercise}: StopIteration") from None

    def operate(self, name: str, *operands: Any) -> Any:
        """Carry out an operation on a student's object; the one that it is about comes first, except for swapped operators."""
        message = Operate(name, [self.codec.encode(o) for o in operands], self._seeds(), self.surroundings.now())
        if name == "await":
            self.codec.unawaited.discard(operands[0]._handle)
        computes = any(isinstance(o, Proxy) and o._computes for o in operands)
        try:
            value = self._decoded(self._request(message, None), computes and name in COMPUTES)
        except StopIteration:
            if name == "next":
                raise
            raise StudentError(f"{self.exercise}: StopIteration") from None
        if isinstance(value, Proxy) and name == "getattr":
            value._makes = computes
        return value

    def _decoded(self, data: Encoded, computes: bool = False) -> Any:
        try:
            return self.codec.decode_as(computes, data)
        except ProtocolError as error:
            self._tampering(error)

    def _request(self, message: Message, watched: list[Any] | None, limit: float | None = None) -> Encoded:
        """Send a request, serve the callbacks that it leads to, and return its encoded result or raise its error."""
        if self.ended:
            raise ProcessDiedError(self.ended)
        start = time.monotonic()
        left = math.inf if self.cell_deadline is None else self.cell_deadline - start
        if left <= 0:
            left += self.waiting() - self.waited
        if left <= 0:
            self._late("the test as a whole took too long")
        allowed = min(limit or self.call_limit, left)
        try:
            self.channel.send(message, start + BUSY * allowed)
            answer = self._patiently(start, allowed)
        except TimeoutError:
            self._stop(allowed)
        except Closed:
            self.over(Ending.DIED, "the student's process ended: it crashed, or was ended for using too much")
        except ProtocolError as error:
            self._tampering(error)
        return self._result(answer, watched)

    def _patiently(self, start: float, allowed: float) -> Reply:
        """Wait for an answer for ``allowed`` seconds of the student's own; raise `TimeoutError` past them."""
        left = allowed
        while True:
            try:
                return self._wait(time.monotonic() + left)
            except TimeoutError:
                left = allowed - self.own_time(time.monotonic() - start, allowed)
                if left <= 0.01:
                    raise

    def _wait(self, deadline: float) -> Reply:
        while True:
            message = self.channel.receive(Reply, CallBack, deadline=deadline)
            if isinstance(message, Reply):
                return message
            self.channel.send(self._called_back(*self._callback(message)), deadline)

    def _callback(self, message: CallBack) -> tuple[Callable[..., Any], list[Any], dict[str, Any]]:
        """Return (function, args, kwargs) of a callback, as far as it is one."""
        args = [self.codec.decode_as(True, a) for a in message.args]
        kwargs = {k: self.codec.decode_as(True, v) for k, v in message.kwargs}
        if not 0 <= message.number < len(self.codec.callbacks):
            raise ProtocolError("a call of a function that was not handed over")
        return self.codec.callbacks[message.number], args, kwargs

    def _called_back(self, function: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]) -> Returned:
        try:
            return Returned(Status.OK, self.codec.encode_returned(function(*args, **kwargs), function), None)
        except Exception as error:
            if self.ended:
                raise
            told = [kind.__name__ for kind in type(error).__mro__], str(error)[:MESSAGE], ""
            return Returned(Status.ERROR, None, told)

    def _result(self, answer: Reply, watched: list[Any] | None) -> Encoded:
        try:
            for stream, more in (("stdout", answer.stdout), ("stderr", answer.stderr)):
                told = text_of(more.replace(OF_THE_SANDBOX, "")[: max(0, TEXT - len(self.text[stream]))])
                self.text[stream] += told
                if self.shows:
                    with contextlib.suppress(ValueError):  # the test has closed it
                        getattr(sys, stream).write(told)
            self._bring_back(answer.origin, answer.changed, watched)
        except (ValueError, TypeError, ProtocolError, KeyError, IndexError) as error:
            self._tampering(error)
        except models.StateError as error:
            raise StudentError(f"{self.exercise}: {error}") from None
        if self.shows:
            show(answer.warned, f"<{self.exercise}>")
        if answer.status is Status.STOP:
            raise StopIteration
        if answer.status is Status.ERROR:
            raise _exception(*(answer.error or ([], "", "")))
        return answer.value

    def _bring_back(self, origin: int, changed: list[tuple[int, Encoded]], watched: list[Any] | None) -> None:
        """Write what has changed into the arguments of the call ``origin``: a generator may do so when it is used later."""
        if watched is None:
            watched = self.watched.get(origin, [])
        elif watched:
            self.watched[origin] = watched
            while len(self.watched) > WATCHED_CALLS:
                self.watched.pop(next(iter(self.watched)))
        for place, data in changed:
            if place < 0 and data is None:
                self.codec.overwritten(-1 - place)
                continue
            value, new = watched[place if place >= 0 else len(watched)], self.codec.decode(data)
            if models.is_framework_object(value):
                models.update(value, new, watched)
            else:
                restore(value, new)

    def _stop(self, allowed: float) -> NoReturn:
        """Interrupt the call under way; end the process if it does not answer."""
        self.interrupt()
        try:
            self._wait(time.monotonic() + GRACE)
        except (TimeoutError, Closed, ProtocolError):
            self.over(Ending.LATE, "took too long and could not be interrupted")
        self._late(f"no answer within {allowed:.3g} seconds")

    def _late(self, why: str) -> NoReturn:
        self.failure = late = TimeLimitError(f"{self.exercise}: {why}")
        raise late from None

    def over(self, ending: Ending, why: str) -> NoReturn:
        """End the student's process, and the test under way."""
        self.ending, self.ended = ending, f"{self.exercise}: {why}"
        self.kill()
        self.failure = gone = (TimeLimitError if ending is Ending.LATE else ProcessDiedError)(self.ended)
        raise gone from None

    def _tampering(self, what: object) -> NoReturn:
        self.over(Ending.TAMPERED, f"the student's process sent what no answer can be ({what})")


@contextlib.contextmanager
def alarm(seconds: float, remote: Remote) -> Iterator[None]:
    """End a test cell that computes for too long itself, say over a huge value."""

    start = time.monotonic()

    def ring(*_: object) -> None:
        left = seconds - remote.own_time(time.monotonic() - start, seconds)
        if left <= 0.01:
            remote.over(Ending.LATE, "the test took too long")
        signal.setitimer(signal.ITIMER_REAL, left)

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _exception(names: list[str], message: str, where: str) -> Exception:
    """Return a built-in exception for one of the student's, or `StudentError`."""
    known = (getattr(builtins, name, None) for name in names)
    kinds = [k for k in known if isinstance(k, type) and issubclass(k, Exception) and k is not Exception]
    kind = kinds[0] if kinds and kinds[0] is not StopIteration else StudentError
    if not names or kind.__name__ != names[0]:
        message = f"{names[0] if names else 'an exception'}: {message}"
    message = UNPRINTABLE.sub("?", message[:MESSAGE])
    error: Any
    try:
        error = kind(message)
    except TypeError:  # UnicodeDecodeError and its like want more
        error = StudentError(f"{kind.__name__}: {message}")
    error.from_student, error.where = True, UNPRINTABLE.sub("?", where[-TRACEBACK:])
    return error
