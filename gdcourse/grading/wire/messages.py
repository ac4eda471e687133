"""The messages between the processes of grading: each a type that says what it means, who sends it, and what bounds it.

On the wire a message is a MessagePack list: the name of its class, then its fields. Whoever receives says which messages may
come now; `load` refuses all others, and fields of another type, with `ProtocolError`, since a student's process may send
anything. No message is longer than `limits.FRAME_BYTES`. An `Encoded` field is read on by `values.Codec`, which checks it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, NamedTuple, TypeAlias, TypeVar, get_args, get_origin, get_type_hints

from gdcourse.grading.wire.packing import Encoded, ProtocolError, pack, unpack

Output: TypeAlias = dict[str, Any]  # in the notebook format


class Status(StrEnum):
    """How a call went: it returned, raised, or raised `StopIteration`, which ends a loop of whoever called."""

    OK = "ok"
    ERROR = "error"
    STOP = "stop"


class Ending(StrEnum):
    """How a cell or a process ended."""

    DONE = "done"  # it ran to its end
    BROKEN = "broken"  # a test's own assertion failed: a property is broken
    RAISED = "raised"  # anything else was raised
    LATE = "late"  # it was past a limit of time
    DIED = "died"  # the student's process crashed, ended itself, or was ended for using too much
    TAMPERED = "tampered"  # the student's process sent what no answer can be
    LOST = "lost"  # the judge's process is gone
    NOT_RUN = "not run"  # the judge did not get there


class Message:
    """A message. Its fields are those of the dataclass, in order."""

    __slots__: tuple[str, ...] = ()

    def dump(self) -> bytes:
        """Return the message as bytes; raise `ValueError` if it is too large."""
        return pack([type(self).__name__, *[getattr(self, name) for name in self.__slots__]])


Some = TypeVar("Some", bound=Message)
Reader: TypeAlias = Callable[[Any], Any]


def load(raw: bytes, kinds: tuple[type[Some], ...]) -> Some:
    """Return the message in ``raw``, one of ``kinds``; raise `ProtocolError` if it is none of them."""
    data = unpack(raw)
    name = data[0] if type(data) is list and data else None
    expected = _expected(kinds)
    if type(name) is not str or name not in expected:
        raise ProtocolError(f"expected {' or '.join(expected)}, got {name!r:.40}")
    kind, plain, others = expected[name]
    del data[0]
    try:
        for place, exact in plain:
            if type(data[place]) is not exact:
                raise ProtocolError(f"a broken {name}")
        for place, read in others:
            data[place] = read(data[place])
        return kind(*data)
    except (ValueError, TypeError, IndexError):
        raise ProtocolError(f"a broken {name}") from None


@cache
def _expected(
    kinds: tuple[type[Some], ...],
) -> dict[str, tuple[type[Some], list[tuple[int, type]], list[tuple[int, Reader]]]]:
    """Return name -> (kind, places of fields of an exact type, places of those that are read otherwise)."""
    found = {}
    for kind in kinds:
        of = get_type_hints(kind)
        hints = [(place, of[name]) for place, name in enumerate(kind.__slots__)]
        plain = [(place, hint) for place, hint in hints if hint in PLAIN]
        others = [(place, _reader(hint)) for place, hint in hints if hint not in PLAIN and hint is not Any]
        found[kind.__name__] = kind, plain, others
    return found


PLAIN = (bool, int, str, bytes)


def _reader(hint: Any) -> Reader:
    origin, args = get_origin(hint), get_args(hint)
    if hint is Any:
        return lambda value: value
    if origin is UnionType:  # of a type and None
        (one,) = (_reader(arg) for arg in args if arg is not NoneType)
        return lambda value: None if value is None else one(value)
    if origin is list:
        return _exactly(list) if args[0] is Any else _list_reader(_reader(args[0]))
    if origin is tuple:
        return _tuple_reader([_reader(arg) for arg in args])
    if origin is dict:
        return _dict_reader(*map(_reader, args))
    if issubclass(hint, StrEnum):
        return hint
    if issubclass(hint, tuple):  # a named one
        fields = _tuple_reader([_reader(each) for each in get_type_hints(hint).values()])
        return lambda value: hint(*fields(value))
    return _exactly(int, float, to=float) if hint is float else _exactly(hint)


def _exactly(*kinds: type, to: Reader | None = None) -> Reader:
    def read(value: Any) -> Any:
        if type(value) not in kinds:
            raise ValueError(f"expected {kinds[0].__name__}, got {type(value).__name__}")
        return value if to is None else to(value)

    return read


def _list_reader(one: Reader) -> Reader:
    is_list = _exactly(list)
    return lambda value: [one(item) for item in is_list(value)] if value else is_list(value)


def _tuple_reader(each: list[Reader]) -> Reader:
    is_list = _exactly(list)
    return lambda value: tuple(one(item) for one, item in zip(each, is_list(value), strict=True))


def _dict_reader(key: Reader, item: Reader) -> Reader:
    is_dict = _exactly(dict)
    return lambda value: {key(k): item(v) for k, v in is_dict(value).items()}


# ---- the near end of an engine and its far end: both ours ----


@dataclass(slots=True)
class Prepare(Message):
    """Near end to far end: import these modules and fork the zygote. Nothing of the unit's source comes with it.

    hidden: folders that student code must not see.  limits: the fields of `Limits`.
    Bounds: the first message, once.
    """

    modules: list[str]
    hidden: list[str]
    limits: dict[str, float]
    isolated: bool


@dataclass(slots=True)
class Learn(Message):
    """Near end to far end: the job, with the unit's tests. job: the fields of `engine.results.Job`.

    Bounds: the second message, once, after the zygote has been forked.
    """

    job: dict[str, Any]


@dataclass(slots=True)
class Mark(Message):
    """Near end to far end: mark this notebook, bytes as a student handed them in. files: what lies beside it.

    seed: from which tests may draw inputs for this submission.
    Bounds: `limits.NOTEBOOK_BYTES` and `limits.SUBMISSION_BYTES`, kept by whoever reads them from the disk.
    """

    notebook: bytes
    files: dict[str, bytes]
    seed: int


@dataclass(slots=True)
class Ready(Message):
    """Far end to near end, zygote to far end, or student to far end: the last order is carried out.

    Bounds: one for each order.
    """


@dataclass(slots=True)
class CannotIsolate(Message):
    """Far end to near end, or student to far end: this system does not isolate. why: the step that failed.

    Bounds: in place of a `Ready`; from a student's process before any of the student's code.
    """

    why: str


@dataclass(slots=True)
class MarkedNotebook(Message):
    """Far end to near end: the marked notebook. result: the fields of `engine.results.Marked`.

    Bounds: what the judge's report may hold, and the notebook itself.
    """

    result: dict[str, Any]


@dataclass(slots=True)
class NotMarked(Message):
    """Far end to near end: this notebook cannot be marked. ours: is it the engine's fault, not the notebook's?

    Bounds: in place of a `MarkedNotebook`.
    """

    why: str
    ours: bool


# ---- the far end and the zygote: both ours, by packets of at most `limits.ORDER_BYTES` ----


@dataclass(slots=True)
class Fork(Message):
    """Far end to zygote: fork a student's process; its end of a socket comes with it. isolated: in a sandbox.

    Bounds: one to three for each notebook, and one more for each that does not report.
    """

    isolated: bool


@dataclass(slots=True)
class Started(Message):
    """Zygote to far end: it is forked. pid: of its supervisor, which stays outside the sandbox.

    Bounds: one for each `Fork`.
    """

    pid: int


@dataclass(slots=True)
class End(Message):
    """Far end to zygote: kill a supervisor, and with it the student's process.

    Bounds: one for each `Started`.
    """

    pid: int


@dataclass(slots=True)
class Ended(Message):
    """Zygote to far end: it is gone, and all that it had started.

    Bounds: one for each `End`.
    """

    pid: int


@dataclass(slots=True)
class Files(Message):
    """Far end to student: the files to work among, before any of the student's code. files: name -> content.

    Bounds: `limits.SUBMISSION_BYTES` and the unit's own files; the sandbox refuses a name that leads out of its folder.
    """

    files: dict[str, bytes]


# ---- the judge and a student's process: what comes from a student may be anything ----


Told: TypeAlias = tuple[list[str], str, str]  # an exception or warning: names of its classes, message, traceback


class Filter(NamedTuple):
    """A filter of warnings, as part of an `Around`: as in `warnings.filterwarnings`; kind: (module, name) of the class."""

    action: str
    message: str | None
    kind: tuple[str, str]
    module: str | None
    line: int


class Around(NamedTuple):
    """What a test has set around a request, as part of it, and the student's process takes over for its time.

    errors: NumPy's error state, kind -> mode, or None as it is there.  filters: of warnings, to put before those there, or
    None; with them, what is warned of comes back in the `Reply` and is not shown there.
    """

    errors: dict[str, str] | None
    filters: list[Filter] | None


@dataclass(slots=True)
class RunCell(Message):
    """Judge to student: run a cell of the student's notebook; the value is [outputs, execution count].

    Bounds: `Limits.cell` seconds.
    """

    source: str


@dataclass(slots=True)
class Get(Message):
    """Judge to student: the value of a global name.

    Bounds: `Limits.call` seconds.
    """

    name: str


@dataclass(slots=True)
class Collect(Message):
    """Judge to student: the files in its working folder, of the kinds that `files.PLAIN` names; name -> bytes.

    Bounds: `limits.CARRIED_FILES` and `limits.CARRIED_BYTES`, kept by both.
    """


@dataclass(slots=True)
class Bind(Message):
    """Judge to student: let a global name be this value, since a test replaces a function of the answer.

    Bounds: `Limits.call` seconds.
    """

    name: str
    value: Encoded


@dataclass(slots=True)
class Unbind(Message):
    """Judge to student: take a global name away, since a test does so.

    Bounds: `Limits.call` seconds.
    """

    name: str


@dataclass(slots=True)
class Call(Message):
    """Judge to student: call the object behind a handle. objects: models and optimizers among the arguments, packed.

    seeds: name -> state of the random generators that the test has set since it asked last, or None.
    around: what else the test has set.
    Bounds: `Limits.call` seconds.
    """

    handle: int
    args: list[Encoded]
    kwargs: list[tuple[str, Encoded]]
    objects: Encoded
    seeds: Encoded
    around: Around | None


@dataclass(slots=True)
class Operate(Message):
    """Judge to student: carry out an operation, one of `student.process.OPERATIONS`, on objects over there.

    seeds, around: as in `Call`.
    Bounds: `Limits.call` seconds.
    """

    operation: str
    operands: list[Encoded]
    seeds: Encoded
    around: Around | None


@dataclass(slots=True)
class Returned(Message):
    """Judge to student: how a callback went.

    Bounds: one for each `CallBack`; a message of at most `limits.MESSAGE` characters, and never a traceback.
    """

    status: Status
    value: Encoded
    error: Told | None


@dataclass(slots=True)
class Reply(Message):
    """Student to judge: how a request went. origin: the call that its value belongs to; changed: (place, argument) pairs,
    and (-1 - number, None) for each array of a callback that was changed over there.

    stdout, stderr: what was printed since the last reply.  warned: as an `Around` asks for it.
    Bounds: one for each request; texts are cut to `limits.TEXT`, `limits.MESSAGE` and `limits.TRACEBACK` by the judge, and
    warnings to `limits.WARNINGS`.
    """

    status: Status
    value: Encoded
    error: Told | None
    origin: int
    changed: list[tuple[int, Encoded]]
    stdout: str
    stderr: str
    warned: list[Told]


@dataclass(slots=True)
class CallBack(Message):
    """Student to judge: call a function that a test handed over. number: which of those.

    Bounds: only while a request is under way, and within its time; a number that was handed over.
    """

    number: int
    args: list[Encoded]
    kwargs: list[tuple[str, Encoded]]


# ---- the judge and the far end ----


class Ran(NamedTuple):
    """What came of a cell, as part of a `Report`. number: its execution count; seconds: how long it took."""

    outputs: list[Output]
    number: int | None
    seconds: float
    ending: Ending


@dataclass(slots=True)
class CellRan(Message):
    """Judge to far end: what came of one cell, as soon as it is known. cell: its index in the notebook.

    Bounds: one for each code cell; `limits.SHOWN_BYTES_IN_ALL` for all that the student's cells show, and `limits.TEXT` for
    each stream of a test.
    """

    cell: str
    ran: Ran


@dataclass(slots=True)
class Report(Message):
    """Judge to far end: that is all. cells: index in the notebook -> `Ran`, those that have not been told as `CellRan`.

    ending: of the student's processes, DONE if they lived to the end.  problem: what to look at, in a line.
    Bounds: one, the judge's last message.
    """

    cells: dict[str, Ran]
    ending: Ending
    problem: str | None
