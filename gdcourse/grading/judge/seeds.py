"""Where a test sets the global random generators, those of the student's process follow.

The way back is closed: a student who could set the judge's generators would choose the inputs of tests.
"""

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np


class Seeds:
    """The global generators of this process, as a test leaves them. kept: does the test keep a state, to come back to it?"""

    def __init__(self, kept: bool = False) -> None:
        self.known = {name: mark for name, (mark, _) in _states().items()}
        self.set_again = kept  # has one been set since, if only to where it was?

    def changed(self) -> dict[str, Any]:
        """Return name -> state of the generators that were set since this was asked last; drawing from one sets it too."""
        now, again = _states(), self.set_again
        found = {name: state for name, (mark, state) in now.items() if again or mark != self.known.get(name)}
        self.known, self.set_again = {name: mark for name, (mark, _) in now.items()}, False
        return found

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Notice also when a generator is set to where it is already."""
        places = [(np.random, "seed"), (np.random, "set_state"), (random, "seed"), (random, "setstate")]
        if torch := sys.modules.get("torch"):
            places.append((torch, "manual_seed"))
        held = [(owner, name, getattr(owner, name)) for owner, name in places]
        for owner, name, function in held:
            setattr(owner, name, self._noticed(function))
        try:
            yield
        finally:
            for owner, name, function in held:
                setattr(owner, name, function)

    def _noticed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def noticed(*args: Any, **kwargs: Any) -> Any:
            self.set_again = True
            return function(*args, **kwargs)

        return noticed


def _states() -> dict[str, tuple[Any, Any]]:
    """Return name -> (what tells a state from another, the state)."""
    legacy: Any = np.random.get_state(legacy=True)
    states: dict[str, tuple[Any, Any]] = {
        "python": (random.getstate(), random.getstate()),
        "numpy": ((legacy[1].tobytes(), *legacy[2:]), np.random.mtrand._rand),
    }
    if torch := sys.modules.get("torch"):
        state = torch.get_rng_state()
        states["torch"] = state.numpy().tobytes(), state
    return states
