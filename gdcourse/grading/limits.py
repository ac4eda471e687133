"""Every limit of grading once: its value, its unit, who enforces it, and what a student is told.

`Limits` are those that an instructor may set, by `c.Grading.limits` in `nbgrader_config.py` or `gdcourse grade --limit`; one
object carries them from there down to the sandbox. The constants below are fixed. `python -m gdcourse.grading.limits` prints
the guide's table, `docs/limits.md`; a test holds the two together.
"""

import math
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Any, NamedTuple, get_type_hints


class About(NamedTuple):
    """What the table says of a limit beside its value. told: a student, or the instructor where it says so."""

    unit: str
    by: str
    told: str = "nothing: what is beyond it is cut"


class LimitError(ValueError):
    """A limit that is none; the message says what came and what was expected."""


@dataclass(frozen=True)
class Limits:
    """What one submission may use."""

    cell: Annotated[
        float, About("s", "judge", "no answer within {value:g} seconds, or: the test as a whole took too long")
    ] = 60.0
    call: Annotated[float, About("s", "judge", "no answer within {value:g} seconds")] = 20.0
    total: Annotated[
        float,
        About("s", "judge", "the notebook as a whole took longer than {value:g} seconds: the rest was not run"),
    ] = 180.0
    cpu: Annotated[int, About("s", "kernel", "the student's process ended")] = 300
    memory: Annotated[int, About("bytes", "kernel", "MemoryError")] = 2 << 30
    file_size: Annotated[int, About("bytes", "kernel", "OSError: File too large")] = 16 << 20
    disk: Annotated[int, About("bytes", "kernel", "OSError: No space left on device")] = 64 << 20
    files: Annotated[int, About("files", "kernel", "OSError: No space left on device")] = 4096
    open_files: Annotated[int, About("files", "kernel", "OSError: Too many open files")] = 128
    threads: Annotated[int, About("threads", "kernel", "RuntimeError: can't start new thread")] = 64

    def __post_init__(self) -> None:
        for each in fields(self):
            value, kind = getattr(self, each.name), type(getattr(Limits, each.name))
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
                raise LimitError(f"expected a positive number for the limit {each.name}, got {value!r}")
            object.__setattr__(self, each.name, kind(value))

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Limits":
        """Return the limits with some values set: name -> number."""
        if unknown := sorted(set(given) - {each.name for each in fields(cls)}):
            names = ", ".join(each.name for each in fields(cls))
            raise LimitError(f"expected limits among {names}, got {', '.join(map(repr, unknown))}")
        return cls(**given)


def parsed(words: Iterable[str]) -> dict[str, float]:
    """Return name -> number of words such as "cell=120" or "memory=4e9"."""
    found = {}
    for word in words:
        name, _, number = word.partition("=")
        try:
            found[name] = float(number)
        except ValueError:
            raise LimitError(f"expected NAME=NUMBER, such as cell=120, got {word!r}") from None
    return found


# ---- what is handed in ----
NOTEBOOK_BYTES: Annotated[int, About("bytes", "reader", "... is larger than {value:,} bytes: not marked")] = 20_000_000
NOTEBOOK_CELLS: Annotated[int, About("cells", "reader", "... has 20000 cells, more than {value}: not marked")] = 10_000
FILE_BYTES: Annotated[int, About("bytes", "reader", "instructor: ... is too large: left out")] = 20_000_000
SUBMISSION_BYTES: Annotated[
    int, About("bytes", "reader", "instructor: ... is one file too many: together they are too large: left out")
] = 50_000_000
SUBMISSION_FILES: Annotated[
    int, About("files", "reader", "instructor: there are more than {value} files and folders: the rest is left out")
] = 1000
DEPTH: Annotated[int, About("folders", "reader", "instructor: ... lies too deep: left out")] = 32
PATH_BYTES: Annotated[int, About("bytes", "reader", "instructor: ... has too long a path: left out")] = 1000
STUDENT_NAME: Annotated[
    int, About("characters", "reader", "instructor: the folder's name is longer than {value} characters: not marked")
] = 128
FIRST_YEAR: Annotated[int, About("AD", "reader", "instructor: timestamp.txt holds no time")] = 2000
LAST_YEAR: Annotated[int, About("AD", "reader", "instructor: timestamp.txt holds no time")] = 2099

MARKDOWN: Annotated[int, About("characters", "reader", "... text cut")] = 1_000_000

# ---- what a student's process shows and says ----
TEXT: Annotated[int, About("characters", "student's process, judge", "... output cut")] = 200_000
OUTPUTS: Annotated[int, About("outputs", "judge")] = 200
RENDERED: Annotated[int, About("characters", "engine's far end", "nothing: a longer text is shown as its source")] = (
    20_000
)
RENDERED_IN_ALL: Annotated[
    int, About("characters", "engine's far end", "nothing: further texts are shown as their source")
] = 60_000
SHOWN_BYTES: Annotated[int, About("bytes", "judge", "... output cut")] = 4 << 20
SHOWN_BYTES_IN_ALL: Annotated[int, About("bytes", "judge", "... output cut")] = 16 << 20
TRACEBACK_LINES: Annotated[int, About("lines", "judge")] = 200
TRACEBACK: Annotated[int, About("characters", "student's process, judge")] = 4000
MESSAGE: Annotated[int, About("characters", "student's process, judge")] = 1000
NAME: Annotated[int, About("characters", "student's process, judge")] = 80
FIELDS: Annotated[
    int, About("fields of a named tuple", "both ends", "the student's process sent what no answer can be")
] = 1000
FAILURE: Annotated[int, About("characters", "engine's far end")] = 200
EXECUTION_COUNT: Annotated[int, About("cells", "judge")] = 1_000_000

# ---- between judge and student ----
WARNINGS: Annotated[int, About("warnings of a call", "both ends", "nothing: a test does not see the rest")] = 1000
FRAME_BYTES: Annotated[int, About("bytes", "both ends", "a value of 65 MB is too large to hand over")] = 64 << 20
GRACE: Annotated[float, About("s", "judge", "took too long and could not be interrupted")] = 2.0
CARRIED_FILES: Annotated[int, About("files", "both ends", "nothing: a test does not find the rest")] = 200
CARRIED_BYTES: Annotated[int, About("bytes", "both ends", "nothing: a test does not find the rest")] = 16 << 20
BUSY: Annotated[
    int, About("times the limit", "judge", "nothing: time spent waiting for a busy processor is given back up to this")
] = 4
WATCHED_CALLS: Annotated[int, About("calls", "judge", "nothing: later changes of older arguments are not seen")] = 100
REPEATED_ARRAYS: Annotated[
    int, About("arrays", "both ends", "nothing: an older array of a callback comes as a new one")
] = 8
GIVEN_ARRAYS: Annotated[
    int, About("arrays", "both ends", "nothing: an argument that comes again after so many others is a new array")
] = 32
RETURNED_ARRAYS: Annotated[
    int, About("arrays", "both ends", "nothing: an array that is returned again comes as a new one")
] = 1000

# ---- processes ----
JUDGE_BYTES: Annotated[int, About("bytes", "kernel", "instructor: the judge was ended, perhaps for want of memory")] = (
    4 << 30
)
HELLO: Annotated[
    float, About("s", "engine's far end", "instructor: a process for student code could not be started")
] = 20.0
START: Annotated[float, About("s", "engine's near end", "the engine died twice over this notebook: not marked")] = 300.0
LAST_WORDS: Annotated[float, About("s", "engine's near end", "nothing: the engine is killed")] = 2.0
ORDER_BYTES: Annotated[int, About("bytes", "zygote", "nothing: an order that is longer is none")] = 1 << 16
ROOT_BYTES: Annotated[int, About("bytes", "kernel", "OSError: Read-only file system")] = 4 << 20
CLUSTER: Annotated[float, About("s", "grader", "instructor: no Dask scheduler answers, or it has no worker")] = 30.0


class Row(NamedTuple):
    """A limit in the table. settable: may an instructor set it?"""

    name: str
    value: float
    about: About
    settable: bool


def rows() -> Iterator[Row]:
    """Yield the table's rows in the order of this file."""
    for owner, settable in ((Limits, True), (sys.modules[__name__], False)):
        for name, hint in get_type_hints(owner, include_extras=True).items():
            (about,) = hint.__metadata__
            yield Row(name, getattr(owner, name), about, settable)


def shown(value: float, unit: str) -> str:
    """Return a value with its unit as people write it."""
    if unit == "AD":
        return f"{value} AD"  # a year, which has no separator
    if unit != "bytes":
        return f"{value:,.0f} {unit}"
    for size, word in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1_000_000, "MB"), (1 << 10, "KiB")):
        if value % size == 0:
            return f"{value // size} {word}"
    return f"{value:,} bytes"


HEAD = """\
# Limits

Made by `python -m gdcourse.grading.limits > docs/limits.md` from the code.

Those with a name in small letters are yours to set: `c.Grading.limits = {"cell": 120, "memory": 4 << 30}` in
`nbgrader_config.py`, or `gdcourse grade --limit cell=120` for one run. Numbers are seconds, bytes or counts.
The others are fixed.

| Limit | Value | Who enforces it | What a student is told |
| :--- | ---: | :--- | :--- |
"""


def page() -> str:
    """Return the guide's page."""
    lines = (
        f"| `{r.name}` | {shown(r.value, r.about.unit)} | {r.about.by} | {r.about.told.format(value=r.value)} |\n"
        for r in rows()
    )
    return HEAD + "".join(lines)


if __name__ == "__main__":
    print(page(), end="")
