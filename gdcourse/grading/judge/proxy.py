"""A student's functions and objects, as the judge has them: each operation on a `Proxy` happens in the student's process.

A proxy can be called, iterated, added and so on; it can not be compared, since then the student's own `__eq__` would decide.
Nor does it compute with what a test has in hand, unless it comes from a class (a name with a capital) or is handed to a
callback: else `f(x) - expected` would tell the expected value to a result that has a `__sub__` of its own.
"""

import operator
from collections.abc import Callable
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

    def __repr__(self) -> str:
        return f"<{self._type} of the student>"

    def __bool__(self) -> bool:
        raise TypeError(f"a student's {self._type} has no truth value here: expected True, False, a number or an array")

    def __eq__(self, other: object) -> bool:
        raise TypeError(
            f"a student's {self._type} cannot be compared: expected a number, a string, a container or an array"
        )

    __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __eq__
    __hash__ = object.__hash__


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


for _name in ("neg", "pos", "abs", "getitem", "setitem"):
    setattr(Proxy, f"__{_name}__", _forward(_name, always=True))
