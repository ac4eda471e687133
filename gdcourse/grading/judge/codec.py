"""The judge's end of the codec: what crosses as a reference."""

import inspect
import re
from collections import OrderedDict
from typing import Any

import numpy as np

from gdcourse.grading.judge.proxy import Connection, Proxy
from gdcourse.grading.limits import NAME, REPEATED_ARRAYS
from gdcourse.grading.wire import models
from gdcourse.grading.wire.values import Codec, Encoded

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
        self.sent: OrderedDict[int, tuple[int, Any]] = (
            OrderedDict()
        )  # id of an array -> (its number over there, itself)
        self.numbers = 0
        self.unawaited: set[int] = set()  # handles of coroutines that nobody has awaited yet

    def encode(self, value: Any) -> Encoded:
        if isinstance(value, Proxy):
            return ["handle", value._handle]
        if models.is_framework_object(value):
            if not any(value is member for member in self.members):
                self.members.append(value)
            return ["framework", next(i for i, member in enumerate(self.members) if member is value)]
        return super().encode(value)

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
        return super().reference(value)

    def decode_as(self, computes: bool, data: Encoded) -> Any:
        """Decode; say of the proxies in it whether their own operators decide what is computed with them."""
        held, self.computes = self.computes, computes
        try:
            return self.decode(data)
        finally:
            self.computes = held

    def encode_returned(self, value: Any) -> Encoded:
        """Encode what a callback returns; an array that comes again keeps its number, so that it is one object over there."""
        if type(value) is not np.ndarray:
            return self.encode(value)
        if (known := self.sent.get(id(value))) is not None:
            number, _ = known
        else:
            number, self.numbers = self.numbers, self.numbers + 1
            self.sent[id(value)] = (number, value)
            while len(self.sent) > REPEATED_ARRAYS:
                self.sent.popitem(last=False)
        return ["repeat", number, self.encode(value)]

    def resolve(self, tag: str, rest: list[Any]) -> Any:
        if tag == "handle" and len(rest) == 3 and type(rest[0]) is int and type(rest[1]) is str:
            if rest[1] == "coroutine":
                self.unawaited.add(rest[0])
            return Proxy(self.remote, rest[0], re.sub(r"\W", "", rest[1])[:NAME], rest[2] is True, self.computes)
        if tag == "callback" and len(rest) == 1 and type(rest[0]) is int and 0 <= rest[0] < len(self.callbacks):
            return self.callbacks[rest[0]]
        return super().resolve(tag, rest)
