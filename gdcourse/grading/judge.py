"""The judge runs a unit's test cells. Student code is elsewhere: its functions and objects are `Proxy` here.

A test cell runs in a namespace of its own. The names that it uses but does not define are fetched from the student's process:
plain values come as they are, functions and objects as proxies. A proxy can be called, iterated, added and so on, and each of
these happens over there; it can not be compared, since then the student's own `__eq__` would decide. Nor does it compute with
what a test has in hand, unless it comes from a class (a name with a capital) or is handed to a callback: else
`f(x) - expected` would tell the expected value to a result that has a `__sub__` of its own.
"""

import ast
import builtins
import contextlib
import inspect
import io
import linecache
import math
import operator
import os
import re
import resource
import signal
import symtable
import sys
import time
import traceback
from collections import OrderedDict

import numpy as np

from gdcourse.grading import frameworks
from gdcourse.grading.channel import Closed
from gdcourse.grading.codec import Codec, ProtocolError, restore
from gdcourse.grading.config import CALL_LIMIT
from gdcourse.grading.student import MUTABLE, REMEMBERED

GRACE = 2.0  # seconds that an interrupted call has to answer
MOST_MESSAGE = 1000  # characters
MEMORY = 4 << 30  # bytes that a judge may take beyond what it has when it starts
MOST_WATCHED = 100  # calls whose arguments may still change, because what they returned is still in use


class StudentError(Exception):
    """Student code failed in a way that no built-in exception can carry over."""


class TimeLimitError(StudentError):
    """Student code took too long."""


class ProcessDiedError(StudentError):
    """The student's process is gone: it crashed, ended itself, or was ended."""


class Proxy:
    """An object of the student's, which lives in the student's process."""

    __slots__ = ("__weakref__", "_array", "_computes", "_handle", "_iterator", "_makes", "_session", "_type")

    def __init__(self, session, handle, type_name, iterator, computes=False):
        self._session, self._handle, self._type, self._iterator = session, handle, type_name, iterator
        self._computes = computes  # do its own operators decide what is computed with it?
        self._makes = False  # does what it returns compute? Of classes, and of methods of what computes
        self._array = None

    def __call__(self, *args, **kwargs):
        return self._session.call(self, args, kwargs)

    def __getattr__(self, name):
        if name in ("shape", "ndim", "dtype", "size", "T"):
            return getattr(self.__array__(), name)  # of the data, whatever the object says of itself
        if name.startswith("__"):
            raise AttributeError(name)
        return self._session.operate("getattr", self, name)

    def __setattr__(self, name, value):
        if name in Proxy.__slots__:
            object.__setattr__(self, name, value)
        else:
            self._session.operate("setattr", self, name, value)

    def __array__(self, dtype=None, copy=None):
        if self._array is None:  # read once: it could be another at each reading
            array = self._session.operate("array", self)
            if type(array) is not np.ndarray or array.dtype == object:
                raise TypeError(f"a student's {self._type} is no array of numbers")
            self._array = array
        return self._array if dtype is None else self._array.astype(dtype)

    def __iter__(self):
        return self if self._iterator else self._session.operate("iter", self)

    def __next__(self):
        return self._session.operate("next", self)

    def __float__(self):
        return float(self._session.operate("float", self))

    def __len__(self):
        return self._session.operate("len", self)

    def __repr__(self):
        return f"<{self._type} of the student>"

    def __bool__(self):
        raise TypeError(f"a student's {self._type} has no truth value here: expected True, False, a number or an array")

    def __eq__(self, other):
        raise TypeError(
            f"a student's {self._type} cannot be compared: expected a number, a string, a container or an array"
        )

    __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __eq__
    __hash__ = object.__hash__


def _forward(name, swapped=False, always=False):
    def forwarded(self, *operands):
        operands = (*operands, self) if swapped else (self, *operands)
        if always or self._computes:
            return self._session.operate(name, *operands)
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


class JudgeCodec(Codec):
    """Proxies cross as their handles, the tests' own functions as callbacks, models and optimizers as copies."""

    keeps_layout = True

    def __init__(self, session):
        self.session = session
        self.callbacks = []
        self.members = []
        self.copied = {}  # id of a Keras object -> (its number over there, its configuration, itself)
        self.computes = False  # of the proxies that are decoded now
        self.sent, self.numbers = OrderedDict(), 0

    def encode(self, value):
        if isinstance(value, Proxy):
            return ["handle", value._handle]
        if frameworks.is_framework_object(value):
            if not any(value is member for member in self.members):
                self.members.append(value)
            return ["framework", next(i for i, member in enumerate(self.members) if member is value)]
        return super().encode(value)

    def reference(self, value):
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

    def decode_as(self, computes, data):
        """Decode; say of the proxies in it whether their own operators decide what is computed with them."""
        held, self.computes = self.computes, computes
        try:
            return self.decode(data)
        finally:
            self.computes = held

    def encode_returned(self, value):
        """Encode what a callback returns; an array that comes again keeps its number, so that it is one object over there."""
        if type(value) is not np.ndarray:
            return self.encode(value)
        number, _ = self.sent.get(id(value), (None, None))
        if number is None:
            number, self.numbers = self.numbers, self.numbers + 1
            self.sent[id(value)] = (number, value)
            while len(self.sent) > REMEMBERED:
                self.sent.popitem(last=False)
        return ["repeat", number, self.encode(value)]

    def resolve(self, tag, rest):
        if tag == "handle" and len(rest) == 3 and type(rest[0]) is int and type(rest[1]) is str:
            self.session.proxies += 1
            return Proxy(self.session, rest[0], re.sub(r"\W", "", rest[1])[:80], rest[2] is True, self.computes)
        if tag == "callback" and len(rest) == 1 and type(rest[0]) is int and 0 <= rest[0] < len(self.callbacks):
            return self.callbacks[rest[0]]
        return super().resolve(tag, rest)


LIBRARIES = {"builtins", "numpy", "scipy", "torch", "tensorflow", "keras", "math", "operator"}


class Session:
    """The judge's end of the connection to one student's process. interrupt, kill: what stops that process."""

    def __init__(self, channel, interrupt, kill, call_limit=CALL_LIMIT):
        self.channel, self.interrupt, self.kill, self.call_limit = channel, interrupt, kill, call_limit
        self.codec = JudgeCodec(self)
        self.watched = {}
        self.proxies = 0
        self.cell_deadline = None
        self.exercise = "this cell"
        self.ended = None  # why the process is gone
        self.failure = None  # what a test must not overlook, even if it expects exceptions
        self.tampered = False
        self.text = {"stdout": "", "stderr": ""}
        self.may_show = MOST_SHOWN_IN_ALL

    def cell(self, source, limit):
        """Run a cell of the student's notebook over there; return (outputs, execution count), `checked`."""
        self.cell_deadline = None
        with _alarm(limit + 2 * GRACE, self):
            answer = self._decoded(self._request(["cell", source], [], limit))
        if type(answer) is not list or len(answer) != 2:
            self._tampering("an answer that is no list of outputs")
        outputs, count = answer
        good = checked(outputs, min(MOST_SHOWN, self.may_show))
        self.may_show -= sum(map(size, good))
        return good, _count(count)

    def get(self, name):
        """Return the student's global ``name``; raise `NameError` if there is none."""
        try:
            value = self._decoded(self._request(["get", name], []))
        except KeyError:
            raise NameError(f"name {name!r} is not defined") from None
        if isinstance(value, Proxy):
            value._makes = name[:1].isupper()
        return value

    def call(self, proxy, args, kwargs):
        """Call a student's function. Arguments that it changes in place are changed here too."""
        self.codec.members = []
        encoded = [[self.codec.encode(a) for a in args], [[k, self.codec.encode(v)] for k, v in kwargs.items()]]
        members = list(self.codec.members)
        objects = frameworks.pack(members, self.codec) if members else None
        mutable = [v for v in (*args, *kwargs.values()) if isinstance(v, MUTABLE) or type(v).__name__ == "Tensor"]
        message = ["call", proxy._handle, *encoded, objects]
        try:
            return self._decoded(self._request(message, [*mutable, *members]), computes=proxy._makes)
        except StopIteration:  # it would end a loop of the test without a word
            raise StudentError(f"{self.exercise}: StopIteration") from None

    def operate(self, name, *operands):
        """Carry out an operation on a student's object; the one that it is about comes first, except for swapped operators."""
        message = ["operate", name, *[self.codec.encode(o) for o in operands]]
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

    def _decoded(self, data, computes=False):
        try:
            return self.codec.decode_as(computes, data)
        except ProtocolError as error:
            self._tampering(error)

    def _request(self, message, watched, limit=None):
        """Send a request, serve the callbacks that it leads to, and return its encoded result or raise its error."""
        if self.ended:
            raise ProcessDiedError(self.ended)
        start = time.monotonic()
        deadline = min(start + (limit or self.call_limit), self.cell_deadline or math.inf)
        if deadline <= start:
            self._late("the test as a whole took too long")
        try:
            self.channel.send(message, deadline)
            answer = self._wait(deadline)
        except TimeoutError:
            self._stop(deadline - start)
        except Closed:
            self._over(f"{self.exercise}: the student's process ended: it crashed, or was ended for using too much")
        except ProtocolError as error:
            self._tampering(error)
        return self._result(answer, watched)

    def _wait(self, deadline):
        while True:
            message = self.channel.receive(deadline)
            if type(message) is not list or not message:
                raise ProtocolError("no message")
            if message[0] != "callback":
                return message
            self.channel.send(["returned", *self._called_back(*self._callback(message))], deadline)

    def _callback(self, message):
        """Return (function, args, kwargs) of a callback, as far as it is one."""
        try:
            _, number, args, kwargs = message
            args = [self.codec.decode_as(True, a) for a in args]
            kwargs = {str(k): self.codec.decode_as(True, v) for k, v in kwargs}
        except (ValueError, TypeError):
            raise ProtocolError("a callback that is none") from None
        if type(number) is not int or not 0 <= number < len(self.codec.callbacks):
            raise ProtocolError("a call of a function that was not handed over")
        return self.codec.callbacks[number], args, kwargs

    def _called_back(self, function, args, kwargs):
        try:
            return "ok", self.codec.encode_returned(function(*args, **kwargs))
        except Exception as error:
            if self.ended:
                raise
            return "error", [[kind.__name__ for kind in type(error).__mro__], str(error)[:MOST_MESSAGE]]

    def _result(self, answer, watched):
        try:
            kind, status, payload, origin, changed, (out, err) = answer
            if kind != "reply" or type(out) is not str or type(err) is not str:
                raise ProtocolError("an answer out of turn")
            for stream, more in (("stdout", out), ("stderr", err)):
                self.text[stream] += _text(more[: max(0, MOST_TEXT - len(self.text[stream]))])
            self._bring_back(origin, changed, watched)
            if status == "error":
                names, message, where = payload
                raise _exception([str(n) for n in names], str(message)[:MOST_MESSAGE], str(where))
        except (ValueError, TypeError, ProtocolError, KeyError, IndexError) as error:
            if getattr(error, "from_student", False):
                raise
            self._tampering(error)
        except frameworks.StateError as error:
            raise StudentError(f"{self.exercise}: {error}") from None
        if status == "stop":
            raise StopIteration
        return payload

    def _bring_back(self, origin, changed, watched):
        """Write what has changed into the arguments of the call ``origin``: a generator may do so when it is used later."""
        if watched is None:
            watched = self.watched.get(origin, [])
        elif watched:
            self.watched[origin] = watched
            while len(self.watched) > MOST_WATCHED:
                self.watched.pop(next(iter(self.watched)))
        for place, data in changed:
            value, new = watched[place], self.codec.decode(data)
            if frameworks.is_framework_object(value):
                frameworks.update(value, new, watched)
            else:
                restore(value, new)

    def _stop(self, allowed):
        """Interrupt the call under way; end the process if it does not answer."""
        self.interrupt()
        try:
            self._wait(time.monotonic() + GRACE)
        except (TimeoutError, Closed, ProtocolError):
            self._over(f"{self.exercise}: took too long and could not be interrupted")
        self._late(f"no answer within {allowed:.3g} seconds")

    def _late(self, why):
        self.failure = TimeLimitError(f"{self.exercise}: {why}")
        raise self.failure from None

    def _over(self, why):
        self.ended = why
        self.kill()
        self.failure = (TimeLimitError if "too long" in why else ProcessDiedError)(why)
        raise self.failure from None

    def _tampering(self, what):
        self.tampered = True
        self._over(f"{self.exercise}: the student's process sent what no answer can be ({what})")


def _exception(names, message, where):
    """Return a built-in exception for one of the student's, or `StudentError`."""
    kinds = (getattr(builtins, name, None) for name in names)
    kinds = [k for k in kinds if isinstance(k, type) and issubclass(k, Exception) and k is not Exception]
    kind = kinds[0] if kinds and kinds[0] is not StopIteration else StudentError
    if not names or kind.__name__ != names[0]:
        message = f"{names[0] if names else 'an exception'}: {message}"
    message = UNPRINTABLE.sub("?", message)
    try:
        error = kind(message)
    except TypeError:  # UnicodeDecodeError and its like want more
        error = StudentError(f"{kind.__name__}: {message}")
    error.from_student, error.where = True, UNPRINTABLE.sub("?", where[-4000:])
    return error


def names_needed(tree, source):
    """Return the global names that a test cell reads and does not define."""
    used, defined = set(), set()

    def visit(table):
        for symbol in table.get_symbols():
            if symbol.is_global() or table.get_type() == "module":
                if symbol.is_referenced():
                    used.add(symbol.get_name())
                if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace():
                    defined.add(symbol.get_name())
        for child in table.get_children():
            visit(child)

    visit(symtable.symtable(source, "<test>", "exec"))
    return sorted(used - defined - set(dir(builtins)))


def run_test(session, source, name, limit):
    """Run a test cell; return its outputs in the notebook format. Anything but a run to its end leaves an error among them.

    limit: seconds for the whole cell.
    """
    session.exercise, session.text, session.failure = name.rsplit("-", 1)[0], {"stdout": "", "stderr": ""}, None
    session.cell_deadline = time.monotonic() + limit
    filename, outputs = f"<{name}>", []
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    printed = {"stdout": io.StringIO(), "stderr": io.StringIO()}
    try:
        with (
            contextlib.redirect_stdout(printed["stdout"]),
            contextlib.redirect_stderr(printed["stderr"]),
            _alarm(limit + 2 * GRACE, session),
        ):
            value = _execute(session, source, filename)
            if session.failure is not None:
                raise session.failure
        if value is not None:
            outputs.append(output("execute_result", data={"text/plain": repr(value)}, execution_count=None))
    except BaseException as error:
        outputs.append(_error(error, filename))
        if session.ended is None and not isinstance(error, Exception):
            raise
    for stream, held in printed.items():
        if text := held.getvalue() + session.text[stream]:
            outputs.insert(0, output("stream", name=stream, text=text))
    return outputs


def _execute(session, source, filename):
    """Run the statements of a cell; return the value of a last expression, as a notebook shows it."""
    tree = ast.parse(source)
    namespace = {"__name__": "__main__"}
    for name in names_needed(tree, source):
        with contextlib.suppress(NameError):
            namespace[name] = session.get(name)
    last = (
        tree.body.pop()
        if tree.body and isinstance(tree.body[-1], ast.Expr) and not source.rstrip().endswith(";")
        else None
    )
    exec(compile(tree, filename, "exec"), namespace)
    return eval(compile(ast.Expression(last.value), filename, "eval"), namespace) if last else None


@contextlib.contextmanager
def _alarm(seconds, session):
    """End a test cell that computes for too long itself, say over a huge value."""

    def ring(*_):
        session._over(f"{session.exercise}: the test took too long")

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _error(error, filename):
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == filename]
    lines = [f"line {frame.lineno}: {frame.line}" for frame in frames]
    if where := getattr(error, "where", ""):
        lines += ["in the student's code:", *where.rstrip().splitlines()]
    kind = type(error).__name__
    return output("error", ename=kind, evalue=str(error), traceback=[*lines, f"{kind}: {error}"])


def output(kind, **fields):
    """Return an output in the notebook format."""
    return {"output_type": kind, **({"metadata": {}} if kind == "execute_result" else {}), **fields}


SHOWN = {"text/plain", "text/latex", "image/png", "image/jpeg"}  # HTML, SVG and Markdown could carry a script
MOST_OUTPUTS, MOST_TEXT, MOST_COUNT = 200, 200_000, 1_000_000
MOST_SHOWN, MOST_SHOWN_IN_ALL = 4 << 20, 16 << 20  # bytes of what a cell shows, and all cells of a notebook
BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")  # a terminal would obey some of them
COMMANDS = re.compile(r"[\x00-\x07\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\ud800-\udfff]|\x1b(?!\[[\d;]*m)")  # but colours


def checked(outputs, most=MOST_SHOWN):
    """Return a student's outputs as far as they are in order: known kinds, plain strings, nothing that runs in a browser.

    most: bytes; what follows the output that exceeds it is left out.
    """
    good, left = [], most
    for given in outputs[:MOST_OUTPUTS] if isinstance(outputs, list) else ():
        if (kept := _checked(given) if isinstance(given, dict) else None) is None:
            continue
        if left <= 0:
            good.append(output("stream", name="stdout", text="... output cut\n"))
            break
        good.append(kept)
        left -= size(kept)
    return good


def _checked(given):
    """Return an output of a known kind, with what of it may be shown; None if that is nothing."""
    kind = given.get("output_type")
    if kind == "stream" and given.get("name") in ("stdout", "stderr"):
        return output(kind, name=given["name"], text=_text(given.get("text")))
    if kind == "error":
        lines = given.get("traceback")
        lines = [_text(line) for line in lines[:200]] if isinstance(lines, list) else []
        return output(kind, ename=_text(given.get("ename")), evalue=_text(given.get("evalue")), traceback=lines)
    if kind in ("display_data", "execute_result") and isinstance(given.get("data"), dict):
        data = {k: _text(v, MOST_SHOWN) for k, v in given["data"].items() if _may_be_shown(k, v)}
        extra = {"execution_count": _count(given.get("execution_count"))} if kind == "execute_result" else {}
        return {"output_type": kind, "data": data, "metadata": {}, **extra} if data else None
    return None


def _text(value, most=MOST_TEXT):
    return COMMANDS.sub("?", value[:most]) if isinstance(value, str) else ""


def _may_be_shown(kind, value):
    return (
        kind in SHOWN and isinstance(value, str) and (kind.startswith("text/") or BASE64.fullmatch(value) is not None)
    )


def size(shown):
    """Return the bytes of the texts of an output."""
    texts = (*shown.values(), *shown.get("data", {}).values(), *shown.get("traceback", ()))
    return sum(len(text.encode()) for text in texts if isinstance(text, str))


def _count(value):
    return value if type(value) is int and 0 <= value < MOST_COUNT else None


def limit_memory():
    """Let this process, a judge, take no more than `MEMORY`, whatever a student hands over."""
    if sys.platform != "linux":
        return
    with open("/proc/self/statm", encoding="ascii") as file:
        in_use = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (in_use + MEMORY,) * 2)


def interrupter(pid):
    """Return a function that interrupts the student's process behind the supervisor ``pid``."""

    def interrupt():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGINT)

    return interrupt


if sys.platform == "win32":  # pragma: no cover
    raise ImportError("grading needs fork: use Linux, macOS or WSL")
