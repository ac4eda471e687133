"""A student's functions and objects, as the judge has them: each operation on a `Proxy` happens in the student's process.

A proxy can be called, iterated, awaited, added and so on. It is compared with another of a student's class, and by its fields
if it is a record; with nothing else, since then the student's own `__eq__` would decide.
Nor does it compute with what a test has in hand, unless it comes from a class (a name with a capital) or is handed to a
callback: else `f(x) - expected` would tell the expected value to a result that has a `__sub__` of its own.
"""

import operator
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any, Protocol

import numpy as np


class Connection(Protocol):
    """What a proxy needs of the judge's end of the wire."""

    def call(self, proxy: "Proxy", args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call the object over there."""
        ...

    def operate(self, name: str, *operands: Any) -> Any:
        """Carry out an operation over there."""
        ...


class Proxy:
    """An object of the student's, which lives in the student's process."""

    __slots__ = ("__weakref__", "_array", "_computes", "_handle", "_iterator", "_makes", "_remote", "_type")

    def __init__(
        self, remote: "Connection", handle: int, type_name: str, iterator: bool, computes: bool = False
    ) -> None:
        self._remote, self._handle, self._type, self._iterator = remote, handle, type_name, iterator
        self._computes = computes  # do its own operators decide what is computed with it?
        self._makes = False  # does what it returns compute? Of classes, and of methods of what computes
        self._array: np.ndarray[Any, Any] | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._remote.call(self, args, kwargs)

    def __getattr__(self, name: str) -> Any:
        if name in ("shape", "ndim", "dtype", "size", "T"):
            return getattr(self.__array__(), name)  # of the data, whatever the object says of itself
        if name.startswith("__"):
            raise AttributeError(name)
        return self._remote.operate("getattr", self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in Proxy.__slots__:
            object.__setattr__(self, name, value)
        else:
            self._remote.operate("setattr", self, name, value)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        array = self._array
        if array is None:  # read once: it could be another at each reading
            array = self._remote.operate("array", self)
            if type(array) is not np.ndarray or array.dtype == object:
                raise TypeError(f"a student's {self._type} is no array of numbers")
            self._array = array
        return array if dtype is None else array.astype(dtype)

    def __iter__(self) -> Any:
        return self if self._iterator else self._remote.operate("iter", self)

    def __next__(self) -> Any:
        return self._remote.operate("next", self)

    def __float__(self) -> float:
        return float(self._remote.operate("float", self))

    def __len__(self) -> int:
        return self._remote.operate("len", self)

    def __str__(self) -> str:
        return self._text("str")

    def __repr__(self) -> str:
        return self._text("repr") if self._computes else f"<{self._type} of the student>"

    def _text(self, operation: str) -> str:
        text = self._remote.operate(operation, self)
        if type(text) is not str:
            raise TypeError(f"a student's {self._type} has no text")
        return text

    def __bool__(self) -> bool:
        raise TypeError(f"a student's {self._type} has no truth value here: expected True, False, a number or an array")

    def __instancecheck__(self, value: object) -> bool:
        return self._yes("isinstance", value)

    def __subclasscheck__(self, kind: object) -> bool:
        return self._yes("issubclass", kind)

    def _yes(self, operation: str, other: Any) -> bool:
        """Ask whether something of the student's is of this class of the student's; what is the judge's own is not."""
        return isinstance(other, Proxy) and self._remote.operate(operation, other, self) is True

    def __await__(self) -> Iterator[Any]:
        return self._remote.operate("await", self)
        yield

    def __enter__(self) -> Any:
        return self._remote.operate("enter", self)

    def __exit__(self, *_: object) -> None:
        self._remote.operate("exit", self)

    def __contains__(self, item: Any) -> bool:
        if self._computes:
            return self._remote.operate("contains", self, item) is True
        return any(item is each or item == each for each in self)

    __hash__ = object.__hash__


def _compared(name: str) -> Callable[[Proxy, object], bool]:
    """Compare two objects of a student's class by its own rules, records by their fields; nothing else can be compared.

    Else the student's own `__eq__` would decide whether an answer is the expected one.
    """

    def comparison(self: Proxy, other: object) -> bool:
        if isinstance(other, Proxy) and self._computes and other._computes:
            answer = self._remote.operate(name, self, other)
            if type(answer) is bool:
                return answer
        elif name in ("eq", "ne") and (theirs := _record(other)) is not None and (ours := _record(self)) is not None:
            return bool(ours == theirs) == (name == "eq")
        raise TypeError(
            f"a student's {self._type} cannot be compared: expected a number, a string, a container or an array"
        )

    return comparison


def _record(value: Any) -> Any:
    """Return (name of its class, its fields) of a record, the judge's or the student's; None of anything else."""
    if isinstance(value, Proxy):
        told = value._remote.operate("record", value)
        return told if type(told) is list and [type(part) for part in told] == [str, dict] else None
    if not is_dataclass(value) or isinstance(value, type):
        return None
    return [type(value).__name__, {each.name: getattr(value, each.name) for each in fields(value) if each.compare}]


for _name in ("eq", "ne", "lt", "le", "gt", "ge"):
    setattr(Proxy, f"__{_name}__", _compared(_name))


def _forward(name: str, swapped: bool = False, always: bool = False) -> Callable[..., Any]:
    def forwarded(self: Proxy, *operands: Any) -> Any:
        operands = (*operands, self) if swapped else (self, *operands)
        if always or self._computes:
            return self._remote.operate(name, *operands)
        return getattr(operator, name)(*(o.__array__() if isinstance(o, Proxy) else o for o in operands))

    return forwarded


COMPUTES = {"neg", "pos", "abs"}  # the operations whose result computes if an operand does


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor"):
    _operation = f"{_name}_" if _name in ("and", "or") else _name
    setattr(Proxy, f"__{_name}__", _forward(_operation))
    setattr(Proxy, f"__r{_name}__", _forward(_operation, swapped=True))
    COMPUTES.add(_operation)


for _name in ("neg", "pos", "abs", "getitem", "setitem", "delitem"):
    setattr(Proxy, f"__{_name}__", _forward(_name, always=True))
