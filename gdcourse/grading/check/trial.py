"""Try a test cell on the answers in a namespace. This runs where the answers live: in the learner's kernel.

`whole` runs the cell as nbgrader does, up to its first failure; marks are made of that. `broken` runs it again, assertion by
assertion, and says in words what does not hold. Three rules keep it from saying what it has not tried:

- A failed assertion has no effect, so the cell goes on behind it.
- A statement that raises ends there. Of what the cell has made so far, only functions and plain numbers are used from then on:
  a later statement is tried if it makes the rest anew, and left out if not.
- Once an answer has changed an argument in place, what follows the first failure may be a consequence, and is not told.
"""

import ast
import contextlib
import functools
import inspect
import linecache
import numbers
import re
import sys
import traceback
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from IPython.display import display

from gdcourse._lazy import FRAMEWORKS
from gdcourse._names import names

Namespace = dict[str, Any]
Frames = list[tuple[types.FrameType, int]]
FRAMEWORK = re.compile(r"^\s*(?:import|from)\s+(torch|tensorflow)\b", re.M)  # in the text of a cell
TRIAL = "__gdcourse_trial__"  # a global by which a frame of a test is known; what its assertions report to


def whole(source: str, name: str, namespace: Namespace) -> Any:
    """Run a test cell to its first failure; return the value of a last expression, as a notebook shows it.

    name: "mse-visible".  namespace: where the answers are; the cell's own names do not get into it.
    """
    tree, scope = _parsed(source, name), {**namespace, TRIAL: None}
    last = tree.body[-1] if tree.body and not source.rstrip().endswith(";") else None
    if isinstance(last, ast.Expr):
        del tree.body[-1]
    exec(compile(tree, f"<{name}>", "exec"), scope)
    return eval(compile(ast.Expression(last.value), f"<{name}>", "eval"), scope) if isinstance(last, ast.Expr) else None


def broken(source: str, name: str, namespace: Namespace) -> list[str]:
    """Try every assertion of a test cell; return in words what does not hold, the first failure first."""
    trial = Trial(source, name, namespace)
    trial.run()
    return trial.failures


def claims(source: str) -> list[str]:
    """Return the messages of a test cell's assertions, each once, in their order."""
    asserts = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Assert)]
    texts = [node.msg.value for node in sorted(asserts, key=lambda n: n.lineno) if isinstance(node.msg, ast.Constant)]
    return list(dict.fromkeys(map(str, texts)))


def display_broken(source: str, name: str, namespace: Namespace) -> None:
    """Display what `broken` returns as JSON, for `Kernel`; also where it is interrupted on the way."""
    trial = Trial(source, name, namespace)
    try:
        trial.run()
    finally:
        display({"application/json": trial.failures}, raw=True)


def install(shell: Any) -> None:
    """Make IPython tell each exception in one line: its own tracebacks take long, a RecursionError's half a minute."""

    def tell(exception: Any = None, *_: Any, **__: Any) -> None:
        error: Any = exception[1] if exception else sys.exc_info()[1]
        shell._showtraceback(type(error), _text(error), [describe(error, shell.user_ns)])

    shell.showtraceback = tell
    shell.showsyntaxerror = lambda *_, **__: tell()


class Trial:
    """One test cell, tried assertion by assertion.

    failures: what does not hold, in words.  properties: message of an assertion that was tried -> does it hold?
    seen: that message -> what was seen where it failed: the kinds of the arguments, or what was raised.
    """

    def __init__(self, source: str, name: str, namespace: Namespace) -> None:
        self.tree, self.file, self.exercise = _parsed(source, name), f"<{name}>", _exercise(name)
        self.asserts = [node for node in ast.walk(self.tree) if isinstance(node, ast.Assert)]
        self.asserts.sort(key=lambda node: node.lineno)
        self.namespace, self.scope = namespace, {**namespace, TRIAL: self._claim}
        self.failures: list[str] = []
        self.properties: dict[str, bool] = {}
        self.seen: dict[str, str] = {}
        self.failed = 0  # failures, each once; all of them counted
        self.spoiled: set[str] = set()  # names that hold what they would not hold had all gone well
        self.changed = False  # has an answer changed an argument in place?
        self.last: tuple[Any, Any] = [], []  # the arguments of the last call of the answer, and what they held
        self.given = ""  # their kinds
        answer = namespace.get(self.exercise)
        if isinstance(answer, types.FunctionType):
            self.scope[self.exercise] = self._watched(answer)

    def run(self) -> None:
        """Try statement after statement."""
        for statement in self.tree.body:
            reads, binds = names(statement)
            if not isinstance(statement, ast.FunctionDef) and any(map(self._is_spoiled, reads)):
                self.spoiled |= binds
                continue
            before = self.failed
            code = ast.fix_missing_locations(ast.Module([_Claims().visit(statement)], []))
            try:
                exec(compile(code, self.file, "exec"), self.scope)
            except Exception as error:
                if self.failed == before:  # else it may be a consequence
                    self._fail(self._raised(error))
                self.spoiled |= binds | {n for n, value in self.scope.items() if not isinstance(value, LASTING | PLAIN)}
            else:
                self.spoiled -= binds

    @contextlib.contextmanager
    def _claim(self, message: str = "") -> Iterator[None]:
        """Run one assertion, and go on if it fails."""
        try:
            yield
        except AssertionError as error:
            self._broken(message, f"given {self.given}" if self.given else "")
            if _own_frames(error, self.namespace)[0]:
                raise  # an assertion of the answer's own
            self._fail(describe(error, self.namespace))
        except Exception as error:
            self._broken(message, describe(error, self.namespace))
            raise
        else:
            self.properties.setdefault(message, True)

    def _broken(self, message: str, seen: str) -> None:
        self.properties[message] = False
        self.seen.setdefault(message, seen)

    def _fail(self, told: str) -> None:
        self._look()
        self.failed += 1
        if told not in self.failures and not (self.failures and self.changed):
            self.failures.append(told)

    def _raised(self, error: Exception) -> str:
        """Describe an exception, with the kinds of arguments and the property that was about to be tested."""
        told = describe(error, self.namespace)
        if isinstance(error, NotImplementedError) or not _own_frames(error, self.namespace)[0]:
            return told
        lines = [
            line for frame, line in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename == self.file
        ]
        about = self._about(lines[0])
        case = [f"given {self.given}"] * bool(self.given)
        for message in about:
            self._broken(message, f"{told} ({case[0]})" if case else told)
        case += [f"tested for: {message.removeprefix(f'{self.exercise}: ')}" for message in about]
        return f"{told} ({'; '.join(case)})" if case else told

    def _about(self, line: int) -> list[str]:
        """Return [the message of the assertion about the values that are made in ``line``], or []."""
        innermost = [node for node in ast.walk(self.tree) if isinstance(node, ast.stmt) and _covers(node, line)][-1]
        made, later = names(innermost)[1], [node for node in self.asserts if (node.end_lineno or 0) >= line]
        about = [node for node in later if made & names(node)[0]] or later
        texts = [node.msg.value for node in about if isinstance(node.msg, ast.Constant)]
        return list(map(str, texts[:1]))

    def _is_spoiled(self, name: str) -> bool:
        value = self.scope.get(name)
        inner = value.__code__.co_names if isinstance(value, types.FunctionType) else ()
        return name in self.spoiled or bool(self.spoiled.intersection(inner))

    def _watched(self, answer: types.FunctionType) -> Callable[..., Any]:
        """Return the learner's function, which notes here what it is given and whether it changes that."""

        @functools.wraps(answer)
        def call(*args: Any, **kwargs: Any) -> Any:
            self._look()
            self.given, self.last = _kinds(answer, args, kwargs), ([args, kwargs], _contents([args, kwargs]))
            return answer(*args, **kwargs)

        return call

    def _look(self) -> None:
        """Note whether the arguments of the last call are still what they were: a generator may change them later on."""
        arguments, before = self.last
        self.changed = self.changed or _contents(arguments) != before


class _Claims(ast.NodeTransformer):
    """Put every assertion that stands outside a function into a `with` of its own, which goes on if it fails."""

    def visit_Assert(self, node: ast.Assert) -> ast.With:
        message: list[ast.expr] = [node.msg] if isinstance(node.msg, ast.Constant) else []
        claim = ast.Call(ast.Name(TRIAL, ast.Load()), message, [])
        return ast.copy_location(ast.With([ast.withitem(claim)], [node]), node)

    def _leave(self, node: ast.AST) -> ast.AST:
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = visit_Lambda = _leave


def describe(error: BaseException, namespace: Namespace) -> str:
    """Say in one line what an exception means to the learner, and where in the learner's code it came up."""
    frames, exercise = _own_frames(error, namespace)
    text = _text(error)
    if isinstance(error, SyntaxError) and not frames:
        return f"line {error.lineno} of your cell: {error.msg}"
    if isinstance(error, AssertionError) and text and not frames:
        return text.splitlines()[0]
    if isinstance(error, NotImplementedError):
        return "still raises NotImplementedError"
    if isinstance(error, NameError) and error.name == exercise and not frames:
        return f"your answer does not define {exercise}"
    if isinstance(error, ModuleNotFoundError) and error.name in FRAMEWORKS:
        return f"needs {FRAMEWORKS[error.name]}, which is not installed: `gdcourse doctor` says how to add it"
    if isinstance(error, KeyboardInterrupt):
        told = "stopped"
    elif isinstance(error, RecursionError):
        told = f"calls itself without end, or more than {sys.getrecursionlimit()} deep (RecursionError)"
    else:
        told = f"raised {type(error).__name__}" + (f": {text.splitlines()[0]}" if text else "")
    return f"{told}, in {_place(frames[-1], namespace.get(exercise or ''))}" if frames else told


def _place(where: tuple[types.FrameType, int], answer: Any) -> str:
    """Say where a frame of the learner's stands, with the text of its line."""
    frame, line = where
    cell = "your answer" if frame.f_code.co_filename in files(answer) else "your cell"
    return f"line {line} of {cell}: {linecache.getline(frame.f_code.co_filename, line).strip()}"


def files(answer: Any) -> set[str]:
    """Return the files, or cells, that a function or the methods of a class come from."""
    members = vars(answer).values() if isinstance(answer, type) else [answer]
    return {inspect.unwrap(m).__code__.co_filename for m in members if isinstance(m, types.FunctionType)}


def _own_frames(error: BaseException, namespace: Namespace) -> tuple[Frames, str | None]:
    """Return the (frame, line) pairs of an exception that lie in the learner's code, and the exercise whose test called it."""
    walked = list(traceback.walk_tb(error.__traceback__))
    tests = [i for i, (frame, _) in enumerate(walked) if TRIAL in frame.f_globals]
    own = [(frame, line) for frame, line in walked[tests[0] if tests else 0 :] if frame.f_globals is namespace]
    return own, _exercise(walked[tests[0]][0].f_code.co_filename[1:-1]) if tests else None


def _exercise(test: str) -> str:
    return test.rsplit("-", 1)[0]


def _text(error: BaseException) -> str:
    try:
        return str(error).strip()
    except Exception:
        return ""  # an exception of the learner's may have a __str__ that fails


def _parsed(source: str, name: str) -> ast.Module:
    """Parse a test cell; tracebacks will show its lines."""
    linecache.cache[f"<{name}>"] = (len(source), None, source.splitlines(keepends=True), f"<{name}>")
    return ast.parse(source, f"<{name}>")


def _covers(node: ast.stmt, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)


LASTING = types.ModuleType | types.FunctionType | types.BuiltinFunctionType | np.ufunc | type
PLAIN = numbers.Number | str | bytes | None


def _contents(value: Any) -> Any:
    """Return what can be compared later of arrays, containers and random generators; of other objects nothing."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes() if value.dtype != object else _contents(value.tolist())
    if isinstance(value, np.random.Generator):
        return str(value.bit_generator.state)
    if isinstance(value, dict):
        return [(key, _contents(item)) for key, item in value.items()]
    if isinstance(value, list | tuple):
        return [_contents(item) for item in value]
    return repr(value) if isinstance(value, PLAIN) else None


def _kinds(answer: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """Say of which kind the arguments of a call are, and none of their values."""
    try:
        given = inspect.signature(answer).bind(*args, **kwargs).arguments
    except TypeError:
        return f"{len(args) + len(kwargs)} arguments"
    return ", ".join(f"{name}: {_kind(value)}" for name, value in given.items())


def _kind(value: Any) -> str:
    if isinstance(value, np.ndarray):
        odd = "" if value.dtype.kind not in "fc" or np.all(np.isfinite(value)) else " with NaN or infinity"
        return f"{value.dtype} array of shape {value.shape}{odd}"
    if isinstance(value, list | tuple | dict | set):
        return f"{type(value).__name__} of length {len(value)}"
    if isinstance(value, float) and not np.isfinite(value):
        return f"{type(value).__name__} that is not finite"
    return "None" if value is None else type(value).__name__
