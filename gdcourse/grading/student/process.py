"""The process that runs a student's code: cells one after the other, then calls that the judge asks for.

Everything here is within reach of that code. So nothing here decides anything, and no test, mark or expected value ever
comes here: a request is a cell of the student, or a call with its arguments. The judge takes each answer for data.
"""

import asyncio
import contextlib
import dataclasses
import importlib
import operator
import os
import random
import signal
import stat
import sys
import threading
import traceback
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np

from gdcourse.grading.limits import (
    CARRIED_BYTES,
    CARRIED_FILES,
    GIVEN_ARRAYS,
    MESSAGE,
    NAME,
    REPEATED_ARRAYS,
    RETURNED_ARRAYS,
    TRACEBACK,
)
from gdcourse.grading.student.shell import Shell, Stream
from gdcourse.grading.student.surroundings import taken_over
from gdcourse.grading.wire import models
from gdcourse.grading.wire.channel import Channel, Closed
from gdcourse.grading.wire.files import PLAIN
from gdcourse.grading.wire.messages import (
    Around,
    Bind,
    Call,
    CallBack,
    Collect,
    Get,
    Message,
    Operate,
    Reply,
    Returned,
    RunCell,
    Status,
    Told,
    Unbind,
)
from gdcourse.grading.wire.packing import Encoded, pack
from gdcourse.grading.wire.values import CHANGEABLE, MUTABLE, Codec, arrays_in

Memory: TypeAlias = tuple[Any, ...]  # where an array lies, and how
Belongs: TypeAlias = tuple[
    Callable[[], Any], str, int
]  # (its owner if it lives, "argument", "callback" or "result", number)


class StudentCodec(Codec):
    """Objects stay here and cross as numbered handles; the judge's callables come as `Callback`."""

    def __init__(self, process: "Student") -> None:
        self.process = process
        self.handles: list[Any] = []
        self.repeats: OrderedDict[int, tuple[Any, bytes]] = OrderedDict()  # number -> array of a callback, as it came
        self.given: OrderedDict[int, Any] = OrderedDict()  # number -> array that was an argument
        self.overwritten: set[int] = set()  # the numbers of those that the student has changed
        self.arguments: dict[Memory, Belongs] = {}  # the arrays among the arguments of the last call
        self.known: OrderedDict[Memory, Belongs] = OrderedDict()  # those of callbacks, and those that were returned
        self.returned = 0
        self.returning = False
        self.copied: dict[int, Any] = {}  # number -> copy of a Keras object, which a later call may mean again

    def encode_result(self, value: Any) -> Encoded:
        """Encode what a call returns, with the identity of its arrays: are they arguments, or were they returned before?"""
        self.returning = True
        try:
            return self.encode(value)
        finally:
            self.returning = False

    def know(self, array: Any, source: str, number: int) -> None:
        """Remember whose memory this is: of what a "callback" returned, or of a "result"."""
        self.known[_memory(array)] = weakref.ref(_owner(array)), source, number
        while len(self.known) > RETURNED_ARRAYS:
            self.known.popitem(last=False)

    def know_arguments(self, arguments: list[Any]) -> None:
        """Remember the arrays among the arguments of a call, and forget those of the call before."""
        places = enumerate(arrays_in(arguments))
        self.arguments = {_memory(array): (weakref.ref(_owner(array)), "argument", place) for place, array in places}

    def _by_value(self) -> Iterator[tuple[Any, Callable[[Any], Encoded]]]:
        if self.returning:
            yield np.ndarray, self._identified
        yield from super()._by_value()

    def _identified(self, array: Any) -> Encoded:
        plain = self._array(array)
        if plain[0] != "array" or not array.size:
            return plain
        memory = _memory(array)
        owner, source, number = self.arguments.get(memory) or self.known.get(memory) or (lambda: None, "", 0)
        if owner() is None:
            source, number, self.returned = "result", self.returned, self.returned + 1
            self.know(array, source, number)
        return ["one", source, number, plain]

    def reference(self, value: Any) -> Encoded:
        if isinstance(value, Callback):
            return ["callback", value.number]
        if hasattr(value, "__array__") and not isinstance(value, type):
            return self.encode(np.asarray(value))
        self.handles.append(value)
        return ["handle", len(self.handles) - 1, type(value).__name__[:NAME], hasattr(value, "__next__")]

    def resolve(self, tag: str, rest: list[Any]) -> Any:
        if tag == "handle":
            return self.handles[rest[0]]
        if tag == "callback":
            return Callback(self.process, *rest)
        if tag == "import":
            return operator.attrgetter(rest[1])(importlib.import_module(rest[0]))
        if tag == "framework":
            return self.process.members[rest[0]]
        if tag == "instance":
            return self._instance(*rest)
        if tag == "given":
            return self._given(rest[0], self.decode(rest[1]))
        if tag == "repeat":
            return self._repeat(rest[0], self.decode(rest[1]))
        return super().resolve(tag, rest)

    def class_of(self, name: str) -> Any:
        return sys.modules["__main__"].__dict__.get(name)

    def _instance(self, name: str, attributes: Encoded) -> Any:
        """Return an object of the notebook's own class, which is here as well, with these attributes."""
        made = object.__new__(self.class_of(name))
        made.__dict__.update(self.decode(attributes))
        return made

    def _given(self, number: int, array: Any) -> Any:
        """Return the argument that came under this number before, with its new content: the caller may refill an array."""
        array = self.given[number] = _refilled(self.given.pop(number, None), array)
        while len(self.given) > GIVEN_ARRAYS:
            self.given.popitem(last=False)
        return array

    def _repeat(self, number: int, array: Any) -> Any:
        """Return the array that came under this number before, with its new content: a callback may reuse its output."""
        known, came = self.repeats.get(number, (None, b""))
        if known is not None and known.tobytes() != came:
            self.overwritten.add(number)
        array = _refilled(known, array)
        self.repeats[number] = array, array.tobytes()
        self.know(array, "callback", number)
        while len(self.repeats) > REPEATED_ARRAYS:
            self.repeats.popitem(last=False)
        return array

    def changed(self) -> list[tuple[int, None]]:
        """Return (-1 - number, None) for each array of a callback that the student has changed since the last time."""
        for number, (array, came) in self.repeats.items():
            if (now := array.tobytes()) != came:
                self.overwritten.add(number)
                self.repeats[number] = array, now
        found, self.overwritten = sorted(self.overwritten), set()
        return [(-1 - number, None) for number in found]


def _refilled(known: Any, array: Any) -> Any:
    """Return ``known`` with the numbers of ``array``, where it has the same form and can take them; else ``array``."""
    if known is None or _form(known) != _form(array):
        return array
    if known.flags.writeable:
        known[...] = array
        return known
    return known if known.tobytes() == array.tobytes() else array


def _form(array: Any) -> tuple[Any, ...]:
    return array.shape, array.strides, array.dtype, array.flags.writeable


def _memory(array: Any) -> Memory:
    return array.__array_interface__["data"][0], array.shape, array.strides, array.dtype.str


def _owner(array: Any) -> Any:
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


class Callback:
    """A function of the judge, called over there."""

    def __init__(self, process: "Student", number: int, name: str) -> None:
        self.process, self.number = process, number
        self.__name__ = self.__qualname__ = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.process.ask(self.number, args, kwargs)


class Student:
    """Serves the judge's requests, one at a time; a request may come while a callback of the last one is under way."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.codec = StudentCodec(self)
        self.members: list[Any] = []
        self.watched: dict[
            int, list[tuple[Any, bytes | None]]
        ] = {}  # number of a call -> [(argument, its bytes before)]
        self.origin: dict[int, int] = {}  # handle -> number of the call that made it
        self.calls = 0
        self.busy = 0
        self.one_at_a_time = threading.RLock()
        self.streams = Stream("stdout", 1), Stream("stderr", 2)
        self.shell: Shell | None = None

    def serve(self) -> None:
        """Answer requests until the judge hangs up."""
        signal.signal(signal.SIGINT, self._interrupt)
        with contextlib.suppress(Closed):
            while True:
                self._answer(self.channel.receive(*REQUESTS))

    def _interrupt(self, *_: object) -> None:
        if self.busy:
            raise KeyboardInterrupt

    def ask(self, number: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Have the judge call its function ``number``; return or raise what it does."""
        with self.one_at_a_time:
            held, self.busy = self.busy, 0
            encoded = [[self.codec.encode(a) for a in args], [[k, self.codec.encode(v)] for k, v in kwargs.items()]]
            self.channel.send(CallBack(number, *encoded))
            while not isinstance(message := self.channel.receive(Returned, *REQUESTS), Returned):
                self._answer(message)
            self.busy = held
        if message.status is Status.OK:
            return self.codec.decode(message.value)
        raise _exception(*(message.error or ([], "", "")))

    def _answer(self, message: Message) -> None:
        call, self.calls = self.calls, self.calls + 1
        origin = self._origin(message, call)
        known = len(self.codec.handles)
        status, value, told, changed = Status.OK, None, None, []
        around: Around | None = getattr(message, "around", None)
        warned: list[Told] = []
        try:
            with taken_over(around, warned):
                value = REQUESTS[type(message)](self, call, message)
        except StopIteration:
            status = Status.STOP
        except BaseException as error:
            status, told = Status.ERROR, _described(error)
        self.busy = 0
        made = range(known, len(self.codec.handles))
        self.origin.update(dict.fromkeys(made, origin))
        try:
            changed = self._changed(origin) + self.codec.changed()
        except Exception as error:  # an argument has become what cannot be handed back
            status, value, told = Status.ERROR, None, _described(error)
        if origin == call and not made:
            self.watched.pop(call, None)
        printed, errors = (stream.drain() for stream in self.streams)
        try:
            self.channel.send(Reply(status, value, told, origin, changed, printed, errors, warned))
        except (ValueError, TypeError, OverflowError) as error:  # too large for a message, or too deep
            self.channel.send(Reply(Status.ERROR, None, _described(error), origin, [], printed, errors, []))

    def _origin(self, message: Message, call: int) -> int:
        """Return the number of the call to which a request belongs: that of its object, if it is about one of a call's."""
        operands = message.operands if isinstance(message, Operate) else ()
        handles = (o[1] for o in operands if type(o) is list and o[:1] == ["handle"])
        return next((self.origin.get(handle, call) for handle in handles), call)

    def _run_cell(self, call: int, message: RunCell) -> Encoded:
        self.shell = self.shell or Shell.started(self.streams)
        return self._run(self.shell.outputs_of, message.source)

    def _get(self, call: int, message: Get) -> Encoded:
        return self.codec.encode(sys.modules["__main__"].__dict__[message.name])

    def _collect(self, call: int, message: Collect) -> Encoded:
        left = CARRIED_BYTES
        found: dict[str, bytes] = {}
        for top, _, names in os.walk("."):
            for name in sorted(names):
                path = os.path.normpath(os.path.join(top, name))
                plain = os.path.splitext(name)[1].lower() in PLAIN and stat.S_ISREG(os.lstat(path).st_mode)
                if plain and os.path.getsize(path) <= left and len(found) < CARRIED_FILES:
                    with open(path, "rb") as file:
                        found[path] = file.read(left)
                    left -= len(found[path])
        return self.codec.encode(found)

    def _bind(self, call: int, message: Bind) -> Encoded:
        sys.modules["__main__"].__dict__[message.name] = self.codec.decode(message.value)

    def _unbind(self, call: int, message: Unbind) -> Encoded:
        del sys.modules["__main__"].__dict__[message.name]

    def _seed(self, seeds: Encoded) -> None:
        """Let the random generators of this process be where a test has set them."""
        if seeds is None:
            return
        found = self.codec.decode(seeds)
        if "python" in found:
            random.setstate(found["python"])
        if "numpy" in found:
            np.random.set_state(found["numpy"].get_state())
        if "torch" in found:
            sys.modules["torch"].set_rng_state(found["torch"])

    def _call(self, call: int, message: Call) -> Encoded:
        self._seed(message.seeds)
        self.members = models.unpack(message.objects, self.codec) if message.objects else []
        args = [self.codec.decode(a) for a in message.args]
        kwargs = {name: self.codec.decode(v) for name, v in message.kwargs}
        self._watch(call, [*args, *kwargs.values()], self.members)
        self.codec.know_arguments([*args, *kwargs.values()])
        return self._run(self.codec.handles[message.handle], *args, **kwargs)

    def _operate(self, call: int, message: Operate) -> Encoded:
        self._seed(message.seeds)
        return self._run(OPERATIONS[message.operation], *[self.codec.decode(o) for o in message.operands])

    def _run(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Encoded:
        """Call something of the student's; only here may an interruption break in."""
        self.busy = 1
        value = function(*args, **kwargs)
        encoded = self.codec.encode_result(value)
        self.busy = 0
        return encoded

    def _watch(self, call: int, values: list[Any], members: list[Any]) -> None:
        mutable = [v for v in values if isinstance(v, MUTABLE) or type(v).__name__ in CHANGEABLE]
        self.watched[call] = [(v, pack(self.codec.encode(v))) for v in mutable] + [(m, None) for m in members]

    def _changed(self, origin: int) -> list[tuple[int, Encoded]]:
        """Return [[place, encoding], ...] of the arguments of a call that are no longer what they were."""
        watched, changed = self.watched.get(origin, []), []
        members = [value for value, before in watched if before is None]
        for place, (value, before) in enumerate(watched):
            if before is None:
                changed.append((place, models.state(value, members, self.codec)))
                continue
            encoded = self.codec.encode(value)
            if (after := pack(encoded)) != before:
                changed.append((place, encoded))
                watched[place] = (value, after)
        return changed


REQUESTS: dict[type[Message], Callable[..., Encoded]] = {
    RunCell: Student._run_cell,
    Get: Student._get,
    Collect: Student._collect,
    Bind: Student._bind,
    Unbind: Student._unbind,
    Call: Student._call,
    Operate: Student._operate,
}


def _awaited(value: Any) -> Any:
    async def outcome() -> Any:
        return await value

    return asyncio.run(outcome())


def _record(value: Any) -> Any:
    """Return [name of the class, name -> value] of a record, None of anything else: the judge compares these."""
    kind = type(value)
    if not (dataclasses.is_dataclass(value) and kind.__dataclass_params__.eq):
        return None
    return [kind.__name__, {each.name: getattr(value, each.name) for each in dataclasses.fields(value) if each.compare}]


IN_OPERATOR = """add sub mul truediv floordiv mod pow matmul and_ or_ xor neg pos abs getitem setitem delitem contains
eq ne lt le gt ge"""
OPERATIONS = {name: getattr(operator, name) for name in IN_OPERATOR.split()} | {
    "getattr": getattr,
    "setattr": setattr,
    "len": len,
    "iter": iter,
    "next": next,
    "float": float,
    "array": np.asarray,
    "str": str,
    "repr": repr,
    "isinstance": isinstance,
    "issubclass": issubclass,
    "await": _awaited,
    "enter": lambda value: type(value).__enter__(value),
    "exit": lambda value: type(value).__exit__(value, None, None, None),
    "record": _record,
}


def _described(error: BaseException) -> Told:
    """Return (names of the classes, message, traceback) of an exception; a hostile one may refuse to be printed."""
    names = [kind.__name__[:NAME] for kind in type(error).__mro__]
    try:
        message = str(error)[:MESSAGE]
        lines = traceback.format_exception(error, limit=-3)
    except BaseException:
        message, lines = "", []
    return names, message, "".join(lines)[-TRACEBACK:]


def _exception(names: list[str], message: str, _: str) -> Exception:
    """Return an exception of the first built-in class among ``names``."""
    import builtins

    kinds = (getattr(builtins, name, None) for name in names)
    kind = next(k for k in kinds if isinstance(k, type) and issubclass(k, Exception))
    return kind(message)
