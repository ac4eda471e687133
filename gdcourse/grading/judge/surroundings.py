"""What a test has set around its calls: NumPy's error state, and the filters of warnings. They govern the student's code too.

What the student's code warns of, within a block of the test's that looks after warnings, is shown here, where that block looks.
The way back carries words alone: no class, no filter and no state of the student's.
"""

import builtins
import re
import warnings
from typing import Any

import numpy as np

from gdcourse.grading.judge.outputs import text_of
from gdcourse.grading.limits import MESSAGE, WARNINGS
from gdcourse.grading.wire.messages import Around, Filter, Told

MODES = ("ignore", "warn", "raise", "print")  # of NumPy's; the others want a function, which stays here
SHOW_THE_REST = Filter("default", None, ("builtins", "Warning"), None, 0)  # what Python does where no filter fits


class Surroundings:
    """What this process had set when the first test began; `now` tells what is another since."""

    def __init__(self) -> None:
        self.errors, self.filters, self.held = np.geterr(), warnings.filters, list(warnings.filters)

    def now(self) -> Around | None:
        """Return what tests have set, None if that is nothing: then the student's code keeps what it has set itself."""
        errors: Any = np.geterr()
        quiet = warnings.filters is self.filters and self.filters == self.held
        if quiet and errors == self.errors:
            return None
        modes = {kind: mode for kind, mode in errors.items() if mode in MODES} if errors != self.errors else None
        return Around(modes, None if quiet else self._put_in_front())

    def _put_in_front(self) -> list[Filter]:
        """Return the filters down to the last that tests have put in; where they took some out, all that are left."""
        now, same = list(warnings.filters), 0
        while same < min(len(now), len(self.held)) and now[-1 - same] == self.held[-1 - same]:
            same += 1
        front = [found for each in now[: len(now) - same] if (found := _as_data(each))]
        return front if all(each in now for each in self.held) else [*front, SHOW_THE_REST]


def _as_data(entry: Any) -> Filter | None:
    """Return a filter of Python's as data, None if it is of a class of warnings that only the notebook has."""
    action, message, kind, module, line = entry
    if kind.__module__ == "__main__":
        return None
    return Filter(action, _pattern(message), (kind.__module__, kind.__qualname__), _pattern(module), line)


def _pattern(of: Any) -> str | None:
    return of.pattern if isinstance(of, re.Pattern) else of


def show(told: list[Told], name: str) -> None:
    """Show what student code has warned of, as its own process would. name: of the file that it is said to be from."""
    for names, message, _ in told[:WARNINGS]:
        kind = _kind(names)
        warnings.showwarning(kind(text_of(message, MESSAGE)), kind, name, 0)


def _kind(names: list[str]) -> type[Warning]:
    """Return the first class of warnings among these names that Python or NumPy has."""
    known = (getattr(owner, name, None) for name in names for owner in (builtins, np.exceptions))
    return next((k for k in known if isinstance(k, type) and issubclass(k, Warning)), Warning)
