"""What a test has set around its calls of student code, taken over for the time of a call."""

import contextlib
import importlib
import operator
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from gdcourse.grading.limits import MESSAGE, NAME, WARNINGS
from gdcourse.grading.wire.messages import Around, Filter, Told


@contextlib.contextmanager
def taken_over(around: Around | None, warned: list[Told]) -> Iterator[None]:
    """Let what a test has set hold in the block. warned: gets what the block warns of, if the test looks after warnings."""
    with contextlib.ExitStack() as stack:
        if around is not None and around.errors is not None:
            stack.enter_context(np.errstate(**around.errors))  # type: ignore[arg-type]  # modes of NumPy's
        if around is not None and around.filters is not None:
            stack.enter_context(_watched(around.filters, warned))
        yield


@contextlib.contextmanager
def _watched(filters: list[Filter], warned: list[Told]) -> Iterator[None]:
    with warnings.catch_warnings(record=True) as shown:
        for each in reversed(filters):
            _put_in_front(each)
        try:
            yield
        finally:
            warned += [_told(one) for one in shown[: WARNINGS - len(warned)]]


def _put_in_front(one: Filter) -> None:
    module, name = one.kind
    kind: Any = operator.attrgetter(name)(importlib.import_module(module))
    warnings.filterwarnings(one.action, one.message or "", kind, one.module or "", one.line)  # type: ignore[arg-type]


def _told(one: warnings.WarningMessage) -> Told:
    """Return (names of the classes, message, "") of a warning; a hostile one may refuse to be printed."""
    try:
        message = str(one.message)[:MESSAGE]
    except Exception:
        message = ""
    return [kind.__name__[:NAME] for kind in one.category.__mro__], message, ""
