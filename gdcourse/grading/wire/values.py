"""Values as plain data, between the judge and a student's process. What comes from a student is never unpickled.

`Codec.encode` turns a value into what MessagePack can carry: None, booleans, numbers, strings and bytes as they are, all else
as a list that starts with a tag. `Codec.decode` builds a new value from it and refuses what has no such form, with
`ProtocolError`. Numbers, strings, containers, dates, paths, named tuples, members of enumerations, NumPy arrays and generators,
tables of pandas, sparse arrays, tensors of PyTorch and TensorFlow cross by value; anything else crosses as a reference, which
`judge` and `student` each understand in their own way.
"""

import datetime
import re
import sys
from collections import Counter, OrderedDict, deque, namedtuple
from collections.abc import Callable, Iterator, KeysView, Sequence, ValuesView
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from functools import cache, cached_property
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import Any

import numpy as np

from gdcourse.grading.limits import FIELDS, NAME
from gdcourse.grading.wire import tables
from gdcourse.grading.wire.packing import Encoded, ProtocolError, pack

DTYPE = re.compile(r"[<>|=][biufcUS]\d+\Z|[<>=][mM]8(\[\w+\])?\Z")
BIT_GENERATORS = {name: getattr(np.random, name) for name in ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64")}
MUTABLE = np.ndarray | np.random.Generator | np.random.RandomState | list | dict | set | tuple | deque
CHANGEABLE = {"Tensor", "DataFrame", "Series"}  # names of classes, beside `MUTABLE`, whose objects a call may change
CONTAINERS: dict[str, Any] = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}


class Codec:
    """Encode and decode values. Both sides override `reference` and `resolve`, for what does not cross by value."""

    keeps_layout = False  # send the strides of an array too

    def encode(self, value: Any) -> Encoded:
        """Return ``value`` as data for MessagePack; raise `TypeError` if it can cross neither by value nor by reference."""
        if value is None or type(value) in (bool, float, str, bytes):
            return value
        if type(value) is int:
            return value if -(1 << 63) <= value < 1 << 64 else ["int", hex(value)]
        for kinds, encode in self._by_value():
            if isinstance(value, kinds):
                return encode(value)
        return self.reference(value)

    def _by_value(self) -> Iterator[tuple[Any, Callable[[Any], Encoded]]]:
        """Yield (types, method), the first that fits wins. A framework that is not imported has no values here."""
        yield np.ndarray, self._array
        yield np.generic, lambda v: ["scalar", self._array(np.asarray(v))]
        yield (list, tuple, set, frozenset), self._container
        yield from tables.encoders(self)  # before dicts and dates: some of them are those too
        yield dict, self._dict
        yield bool | int, lambda v: self.encode(int(v))  # an IntEnum
        yield float, float
        yield str, str
        yield bytes, bytes
        yield complex, lambda v: ["complex", v.real, v.imag]
        yield range, lambda v: ["range", v.start, v.stop, v.step]
        yield slice, lambda v: ["slice", *map(self.encode, (v.start, v.stop, v.step))]
        yield np.dtype, lambda v: ["dtype", v.str]
        yield np.random.Generator, self._generator
        yield np.random.RandomState, lambda v: ["random state", self.encode(v.get_state(legacy=False))]
        yield Enum, lambda v: ["enum", type(v).__name__, v.name, self.encode(v.value)]
        yield Fraction, lambda v: ["fraction", self.encode(v.numerator), self.encode(v.denominator)]
        yield Decimal, lambda v: ["decimal", str(v)]
        yield datetime.datetime, lambda v: ["datetime", v.isoformat()]
        yield datetime.date, lambda v: ["date", v.isoformat()]
        yield datetime.time, lambda v: ["time", v.isoformat()]
        yield datetime.timedelta, lambda v: ["timedelta", v.days, v.seconds, v.microseconds]
        yield PurePath, lambda v: ["path", "" if isinstance(v, Path) else type(v).__name__, str(v)]
        yield deque, lambda v: ["deque", [self.encode(item) for item in v], v.maxlen]
        if torch := sys.modules.get("torch"):
            yield torch.Tensor, self._tensor
        if tf := _tensorflow():
            yield (tf.Tensor, tf.Variable), lambda v: ["tensorflow", self._array(v.numpy())]
        yield (Sequence, KeysView, ValuesView), lambda v: ["list", [self.encode(item) for item in v]]

    def _dict(self, value: Any) -> Encoded:
        tag = next((tag for tag, kind in DICTS.items() if isinstance(value, kind)), "dict")
        return [tag, [[self.encode(key), self.encode(item)] for key, item in value.items()]]

    def _container(self, value: Any) -> Encoded:
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return ["named", type(value).__name__, list(value._fields), [self.encode(item) for item in value]]
        tag = next(tag for tag, kind in CONTAINERS.items() if isinstance(value, kind))
        return [tag, [self.encode(item) for item in value]]

    def _array(self, array: Any) -> Encoded:
        if array.dtype.kind == "O":
            return ["objects", list(array.shape), [self.encode(item) for item in array.ravel().tolist()]]
        if not DTYPE.match(array.dtype.str):
            return self.reference(array)
        plain = ["array", array.dtype.str, list(array.shape), array.tobytes()]
        if self.keeps_layout and not (array.flags.c_contiguous and array.flags.writeable):
            plain += [list(array.strides), array.flags.writeable]
        return plain

    def _generator(self, generator: np.random.Generator) -> Encoded:
        return ["generator", self.encode(generator.bit_generator.state)]

    def _tensor(self, tensor: Any) -> Encoded:
        import torch

        bare = tensor.detach().to_dense() if tensor.is_sparse else tensor.detach()
        numbers = bare.cpu().float() if tensor.dtype == torch.bfloat16 else bare.cpu().resolve_conj().resolve_neg()
        return ["tensor", self._array(numbers.numpy()), str(tensor.dtype).removeprefix("torch."), tensor.requires_grad]

    def reference(self, value: Any) -> Encoded:
        """Return the encoding of a value that cannot cross by value."""
        raise TypeError(f"a value of type {type(value).__name__} cannot be handed over")

    def resolve(self, tag: str, rest: list[Any]) -> Any:
        """Return the value of a reference that the other side has encoded."""
        raise ProtocolError(f"unknown tag {tag!r:.40}")

    def decode(self, data: Encoded) -> Any:
        """Return the value of ``data``; raise `ProtocolError` if it is no encoding."""
        if data is None or type(data) in (bool, int, float, str, bytes):
            return data
        if type(data) is not list or not data or type(data[0]) is not str:
            raise ProtocolError(f"expected a tagged list, got {type(data).__name__}")
        tag, *rest = data
        decoder = DECODERS.get(tag)
        if decoder is None:
            return self.resolve(tag, rest)
        try:
            return decoder(self, *rest)
        except ProtocolError:
            raise
        except Exception as error:
            raise ProtocolError(f"a broken {tag}: {type(error).__name__}") from None

    def class_of(self, name: str) -> Any:
        """Return the class of this name of the notebook's, as this side has it, or None."""
        return None

    def path(self, text: str) -> PurePath:
        """Return a path of this system."""
        return Path(text)

    @cached_property
    def met(self) -> dict[tuple[str, str, bytes], "Member"]:
        """The members of enumerations that have come: one and the same each time, so that `is` works."""
        return {}

    def _to_path(self, kind: str, text: str) -> PurePath:
        return PATHS[kind](text) if kind else self.path(text)

    def _to_named(self, name: str, fields: list[str], items: list[Encoded]) -> Any:
        if len(name) > NAME or len(fields) > FIELDS:
            raise ProtocolError("a named tuple that is none")
        ours = self.class_of(name)
        kind = ours if getattr(ours, "_fields", None) == tuple(fields) else named(name, tuple(fields))
        return tuple.__new__(kind, self._all(items))

    def _to_enum(self, kind: str, name: str, value: Encoded) -> Any:
        ours = self.class_of(kind)
        if isinstance(ours, type) and issubclass(ours, Enum):
            return ours[name] if name in ours.__members__ else ours(self.decode(value))
        told = (
            value[2:] if type(value) is list and value[:1] == ["handle"] else value
        )  # its number is another each time
        known = kind, name, pack(told)
        if known not in self.met:
            self.met[known] = Member(kind, name, self.decode(value))
        return self.met[known]

    def _to_set(self, items: list[Encoded]) -> set[Any]:
        made: set[Any] = set()
        for item in items:  # one by one: where hashes are chosen to collide, a limit of time can end this
            made.add(self.decode(item))
        return made

    def _all(self, items: list[Encoded]) -> list[Any]:
        return [self.decode(item) for item in items]

    def _to_array(
        self, dtype: str, shape: list[int], raw: bytes, strides: list[int] | None = None, writeable: bool = True
    ) -> Any:
        if not DTYPE.match(dtype):
            raise ProtocolError(f"refused the dtype {dtype!r:.20}")
        plain = np.frombuffer(raw, dtype=dtype).reshape(shape)
        return plain.copy() if strides is None else _laid_out(plain, strides, writeable)

    def _to_objects(self, shape: list[int], items: list[Encoded]) -> Any:
        array = np.empty(len(items), dtype=object)
        for i, item in enumerate(items):  # one by one: NumPy would look into what is like an array
            array[i] = self.decode(item)
        return array.reshape(shape)

    def _to_generator(self, state: Encoded) -> np.random.Generator:
        state = self.decode(state)
        _check_place(state)
        bits = BIT_GENERATORS[state["bit_generator"]]()
        bits.state = state
        return np.random.Generator(bits)

    def _to_random_state(self, state: Encoded) -> np.random.RandomState:
        state = self.decode(state)
        _check_place(state)
        made = np.random.RandomState()
        made.set_state(state)
        return made

    def _to_tensor(self, array: Encoded, dtype: str, requires_grad: bool) -> Any:
        import torch

        if not isinstance(kind := getattr(torch, dtype), torch.dtype):
            raise ProtocolError("refused a dtype")
        return torch.from_numpy(np.array(self.decode(array))).to(kind).requires_grad_(requires_grad is True)

    def _to_tensorflow(self, array: Encoded) -> Any:
        import tensorflow

        return tensorflow.constant(self.decode(array))


def _check_place(state: dict[str, Any]) -> None:
    """Refuse a generator's state that points outside its buffer: NumPy would read whatever memory lies there."""
    inner = state["state"]
    for place, size in ((inner.get("pos"), 624), (state.get("buffer_pos"), 4)):
        if place is not None and not (type(place) is int and 0 <= place <= size):
            raise ProtocolError("a generator that reads outside its state")


DICTS = {"counter": Counter, "ordered": OrderedDict}
PATHS = {"PurePosixPath": PurePosixPath, "PureWindowsPath": PureWindowsPath}
DECODERS: dict[str, Any] = {
    "int": lambda codec, text: int(text, 16),
    "dict": lambda codec, pairs: {codec.decode(key): codec.decode(item) for key, item in pairs},
    "named": Codec._to_named,
    "enum": Codec._to_enum,
    "fraction": lambda codec, above, below: Fraction(codec.decode(above), codec.decode(below)),
    "decimal": lambda codec, text: Decimal(text),
    "datetime": lambda codec, text: datetime.datetime.fromisoformat(text),
    "date": lambda codec, text: datetime.date.fromisoformat(text),
    "time": lambda codec, text: datetime.time.fromisoformat(text),
    "timedelta": lambda codec, *parts: datetime.timedelta(*parts),
    "path": Codec._to_path,
    "deque": lambda codec, items, most: deque(codec._all(items), most),
    "complex": lambda codec, real, imag: complex(real, imag),
    "range": lambda codec, *ends: range(*ends),
    "slice": lambda codec, *ends: slice(*codec._all(ends)),
    "scalar": lambda codec, array: codec.decode(array)[()],
    "dtype": lambda codec, text: np.dtype(text) if DTYPE.match(text) else codec.resolve("dtype", [text]),
    "array": Codec._to_array,
    "objects": Codec._to_objects,
    "generator": Codec._to_generator,
    "random state": Codec._to_random_state,
    "tensor": Codec._to_tensor,
    "tensorflow": Codec._to_tensorflow,
    "list": Codec._all,
    "tuple": lambda codec, items: tuple(codec._all(items)),
    "set": Codec._to_set,
    "frozenset": lambda codec, items: frozenset(codec._to_set(items)),
}
DECODERS |= {
    tag: lambda codec, pairs, kind=kind: kind({codec.decode(key): codec.decode(item) for key, item in pairs})
    for tag, kind in DICTS.items()
}
DECODERS |= tables.DECODERS


def restore(original: Any, changed: Any) -> Any:
    """Write into ``original`` what a call has changed in its copy, ``changed``: arrays, lists, dicts, sets and generators."""
    if isinstance(original, np.ndarray) and isinstance(changed, np.ndarray) and original.size == changed.size:
        if original.shape != changed.shape and original.flags.c_contiguous:
            original.shape = changed.shape
        if original.shape == changed.shape and original.dtype != object and original.flags.writeable:
            original[...] = changed
    elif isinstance(original, np.random.Generator) and isinstance(changed, np.random.Generator):
        original.bit_generator.state = changed.bit_generator.state
    elif isinstance(original, np.random.RandomState) and isinstance(changed, np.random.RandomState):
        original.set_state(changed.get_state())
    elif _is_tensor(original) and _is_tensor(changed) and original.shape == changed.shape:
        original.data.copy_(changed.detach())
        original.requires_grad_(changed.requires_grad)
    elif isinstance(original, list) and isinstance(changed, list):
        original[:] = [restore(*pair) for pair in zip(original, changed, strict=False)] + changed[len(original) :]
    elif isinstance(original, dict) and isinstance(changed, dict):
        merged = {key: restore(original[key], item) if key in original else item for key, item in changed.items()}
        original.clear()
        original.update(merged)
    elif isinstance(original, set) and isinstance(changed, set):
        original.clear()
        original.update(changed)
    elif isinstance(original, deque) and isinstance(changed, deque):
        original.clear()
        original.extend(changed)
    elif tables.restore(original, changed):
        pass
    elif isinstance(original, tuple) and isinstance(changed, tuple) and len(original) == len(changed):
        for pair in zip(original, changed, strict=True):
            restore(*pair)
    else:
        return changed
    return original


class Member:
    """A member of an enumeration whose class is not on this side: it has a name and a value, and equals itself."""

    def __init__(self, kind: str, name: str, value: Any) -> None:
        self.kind, self.name, self.value = kind, name, value

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Enum):
            return (self.kind, self.name, self.value) == (type(other).__name__, other.name, other.value)
        return self is other

    def __hash__(self) -> int:
        return hash(self.name)  # as a member does

    def __repr__(self) -> str:
        return f"<{self.kind}.{self.name}: {self.value!r}>"

    def __str__(self) -> str:
        return f"{self.kind}.{self.name}"


@cache
def named(name: str, fields: tuple[str, ...]) -> Any:
    """Return a class of named tuples, the same each time. A field may be called by its place: `_1`."""
    kind = namedtuple(name, fields, rename=True)  # type: ignore[misc]
    if kind._fields != fields:
        raise ProtocolError("fields of a named tuple that are none")
    return kind


def arrays_in(values: Any) -> Iterator[Any]:
    """Yield the arrays of numbers in nested lists, tuples and dicts, in order: both ends count them alike."""
    for value in values:
        if isinstance(value, np.ndarray):
            if value.dtype != object:
                yield value
        elif isinstance(value, list | tuple):
            yield from arrays_in(value)
        elif isinstance(value, dict):
            yield from arrays_in(value.values())


def _laid_out(plain: Any, strides: list[int], writeable: bool) -> Any:
    """Return a copy of ``plain`` whose memory has the given strides: a transposed array stays transposed."""
    spans = [(n - 1) * step for n, step in zip(plain.shape, strides, strict=True)] if plain.size else []
    low, high = sum(min(0, span) for span in spans), sum(max(0, span) for span in spans)
    memory = np.zeros(high - low + plain.itemsize, dtype=np.uint8)
    array = np.ndarray(plain.shape, plain.dtype, memory, -low, strides if plain.size else None)
    array[...] = plain
    array.flags.writeable = writeable
    return array


def _is_tensor(value: object) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def _tensorflow() -> Any:
    """Return TensorFlow if it is imported and complete: a lazy or half imported one has no tensors yet."""
    tf = sys.modules.get("tensorflow")
    return tf if tf is not None and hasattr(tf, "Tensor") else None
