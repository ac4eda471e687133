"""The judge's end of the codec: what crosses as a reference."""

import inspect
import re
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path, PurePath, PurePosixPath
from typing import Any

import numpy as np

from gdcourse.grading.judge.proxy import Connection, Proxy
from gdcourse.grading.limits import GIVEN_ARRAYS, NAME, REPEATED_ARRAYS, RETURNED_ARRAYS
from gdcourse.grading.wire import models
from gdcourse.grading.wire.packing import Encoded, ProtocolError
from gdcourse.grading.wire.values import Codec, Member

LIBRARIES = {"builtins", "numpy", "scipy", "torch", "tensorflow", "keras", "math", "operator"}


class JudgeCodec(Codec):
    """Proxies cross as their handles, the tests' own functions as callbacks, models and optimizers as copies."""

    keeps_layout = True

    def __init__(self, remote: Connection) -> None:
        self.remote = remote
        self.callbacks: list[Any] = []
        self.members: list[Any] = []
        self.copied: dict[int, Any] = {}  # id of a Keras object -> (its number over there, its configuration, itself)
        self.computes = False  # of the proxies that are decoded now
        # id of an array that a callback returned -> (its number over there, itself, the callback)
        self.sent: OrderedDict[int, tuple[int, Any, Any]] = OrderedDict()
        self.numbers = 0
        self.classes: dict[str, type] = {}  # those that the source's own cells have made
        self.making: set[str] = set()  # what the cell of the source's own defines that is under way
        self.unawaited: set[int] = set()  # handles of coroutines that nobody has awaited yet
        # id of an array that was an argument -> (its number over there, itself)
        self.given: OrderedDict[int, tuple[int, weakref.ref[Any]]] = OrderedDict()
        self.arguments: list[Any] = []  # the arrays among the arguments of the last call
        self.returned: OrderedDict[int, weakref.ref[Any]] = OrderedDict()  # number over there -> what was made of it

    def encode(self, value: Any) -> Encoded:
        if isinstance(value, Proxy):
            return ["handle", value._handle]
        if models.is_framework_object(value):
            if not any(value is member for member in self.members):
                self.members.append(value)
            return ["framework", next(i for i, member in enumerate(self.members) if member is value)]
        return super().encode(value)

    def class_of(self, name: str) -> Any:
        return self.classes.get(name)

    def _is_shared(self, kind: type) -> bool:
        """Is this a class of the source's own cells, so that the student's process has it too? No test's is."""
        known = self.classes.get(kind.__name__) is kind or kind.__name__ in self.making
        return known and kind.__module__ == "__main__" and kind.__new__ is object.__new__

    def path(self, text: str) -> PurePath:
        """Return a path that a test can follow, if it stays in the working folder; else only its words."""
        path = PurePosixPath(text)
        return path if path.is_absolute() or ".." in path.parts else Path(text)

    def _by_value(self) -> Iterator[tuple[Any, Callable[[Any], Encoded]]]:
        yield from super()._by_value()
        yield Member, lambda v: ["enum", v.kind, v.name, self.encode(v.value)]

    def reference(self, value: Any) -> Encoded:
        module = getattr(value, "__module__", None) or ""
        if module.split(".")[0] in LIBRARIES and (isinstance(value, type) or inspect.isfunction(value)):
            return ["import", module, value.__qualname__]
        if isinstance(value, np.ufunc):
            return ["import", "numpy", value.__name__]
        if callable(value):
            if not any(value is known for known in self.callbacks):
                self.callbacks.append(value)
            number = next(i for i, known in enumerate(self.callbacks) if known is value)
            return ["callback", number, getattr(value, "__name__", "function")]
        if self._is_shared(type(value)) and hasattr(value, "__dict__"):
            return ["instance", type(value).__name__, self.encode(vars(value))]
        return super().reference(value)

    def decode_as(self, computes: bool, data: Encoded) -> Any:
        """Decode; say of the proxies in it whether their own operators decide what is computed with them."""
        held, self.computes = self.computes, computes
        try:
            return self.decode(data)
        finally:
            self.computes = held

    def encode_argument(self, value: Any) -> Encoded:
        """Encode an argument of a call; an array that comes again, if with other numbers, is one object over there."""
        if type(value) in (list, tuple):
            return [type(value).__name__, [self.encode_argument(item) for item in value]]
        if type(value) is dict:
            return ["dict", [[self.encode(key), self.encode_argument(item)] for key, item in value.items()]]
        if type(value) is not np.ndarray or value.dtype == object:
            return self.encode(value)
        number, known = self.given.pop(id(value), (0, lambda: None))
        if known() is not value:
            number, self.numbers = self.numbers, self.numbers + 1
        self.given[id(value)] = number, weakref.ref(value)
        while len(self.given) > GIVEN_ARRAYS:
            self.given.popitem(last=False)
        return ["given", number, self.encode(value)]

    def encode_returned(self, value: Any, function: Any = None) -> Encoded:
        """Encode what a callback returns; an array that comes again keeps its number, so that it is one object over there."""
        if type(value) in (list, tuple):
            return [type(value).__name__, [self.encode_returned(item, function) for item in value]]
        if type(value) is not np.ndarray:
            return self.encode(value)
        if (known := self.sent.get(id(value))) is not None:
            number = known[0]
        else:
            number, self.numbers = self.numbers, self.numbers + 1
            self.sent[id(value)] = (number, value, function)
            while len(self.sent) > REPEATED_ARRAYS:
                self.sent.popitem(last=False)
        return ["repeat", number, self.encode(value)]

    def overwritten(self, number: int) -> None:
        """Tell a callback that wants to know it, such as `gdcourse.testing.Callback`, that what it returned was changed."""
        if number >= self.numbers:
            raise ProtocolError("a change of what no callback has returned")
        for known, _, function in self.sent.values():
            if known == number and hasattr(function, "overwritten"):
                function.overwritten = True

    def _one_of_ours(self, source: str, number: int, array: Any) -> Any:
        """Return the array that the judge has of what is one array over there, if it holds the same; else ``array``."""
        ours: Any = None
        if source == "argument" and number < len(self.arguments):
            ours = self.arguments[number]
        elif source == "callback":
            ours = next((value for known, value, _ in self.sent.values() if known == number), None)
        elif source == "result":
            ours = self.returned[number]() if number in self.returned else None
        if ours is not None and (ours.dtype, ours.shape, ours.tobytes()) == (array.dtype, array.shape, array.tobytes()):
            return ours
        if source == "result":
            self.returned[number] = weakref.ref(array)
            while len(self.returned) > RETURNED_ARRAYS:
                self.returned.popitem(last=False)
        return array

    def resolve(self, tag: str, rest: list[Any]) -> Any:
        if tag == "one" and len(rest) == 3 and type(rest[0]) is str and type(rest[1]) is int and rest[1] >= 0:
            array = self.decode(rest[2])
            return self._one_of_ours(rest[0], rest[1], array) if type(array) is np.ndarray else array
        if tag == "handle" and len(rest) == 3 and type(rest[0]) is int and type(rest[1]) is str:
            if rest[1] == "coroutine":
                self.unawaited.add(rest[0])
            return Proxy(self.remote, rest[0], re.sub(r"\W", "", rest[1])[:NAME], rest[2] is True, self.computes)
        if tag == "callback" and len(rest) == 1 and type(rest[0]) is int and 0 <= rest[0] < len(self.callbacks):
            return self.callbacks[rest[0]]
        return super().resolve(tag, rest)
