"""What goes into an engine and what comes out of it."""

import hashlib
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import nbformat

from gdcourse.grading.limits import Limits
from gdcourse.grading.notebooks import grade_id
from gdcourse.grading.wire.files import RUNNERS
from gdcourse.grading.wire.messages import Ending


class EngineError(Exception):
    """The engine itself could not do its work; the message says why."""


class IsolationError(EngineError):
    """This system cannot isolate student code."""


@dataclass(frozen=True)
class Job:
    """What an engine needs to know of a notebook of a unit, whoever hands it in. source: the solved notebook's text.

    files: name -> bytes, the unit's own.  hidden: folders that student code must not see.
    checksums: cell -> nbgrader's checksum of the cell as released, which tells an answer that nobody touched.
    strict: nbgrader's own rules: what a test writes to stderr costs its points, a crash those of the whole notebook.
    beside: names of tests to run in the student's own process, as if they were tagged so: see `NeedsBeside`.
    """

    source: str
    files: dict[str, bytes] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    isolated: bool = True
    hidden: tuple[str, ...] = ()
    checksums: dict[str, str] = field(default_factory=dict)
    strict: bool = False
    beside: tuple[str, ...] = ()

    @classmethod
    def of(cls, fields: dict[str, Any]) -> "Job":
        """Return the job whose fields came as plain data."""
        plain = {"hidden": tuple(fields["hidden"]), "beside": tuple(fields["beside"])}
        return cls(**{**fields, **plain, "limits": Limits.of(fields["limits"])})

    @cached_property
    def texts(self) -> set[str]:
        """The sources of the unit's own cells."""
        return {cell.source for cell in nbformat.reads(self.source, as_version=4).cells}

    @cached_property
    def key(self) -> str:
        """A short name for all of it: jobs with the same key share an engine."""
        return hashlib.sha256(repr(self).encode()).hexdigest()


@dataclass(frozen=True)
class Test:
    """The outcome of one test cell. failed: the property that is broken, or what else went wrong, in a line, or None."""

    name: str
    points: float
    score: float | None
    failed: str | None
    seconds: float
    ending: Ending
    tamper_proof: bool = True


@dataclass(frozen=True)
class Marked:
    """A marked notebook. problem: what an instructor should look at, in a line, or None; tampered: an attempt to cheat."""

    notebook: str
    tests: list[Test]
    no_response: list[str]
    problem: str | None
    tampered: bool
    seconds: float

    @classmethod
    def of(cls, fields: dict[str, Any]) -> "Marked":
        """Return the marked notebook whose fields came as plain data."""
        tests = [Test(**{**test, "ending": Ending(test["ending"])}) for test in fields["tests"]]
        return cls(**{**fields, "tests": tests})


@dataclass(frozen=True)
class NeedsBeside:
    """A test that the unit's own solution fails, so that no judge can run it from outside. why: in a line.

    With its name in `Job.beside` it runs isolated in the student's own process, and is not tamper-proof.
    """

    test: str
    why: str


REASONS = (  # what a test looks at -> the names that tell so
    ("figures that the answer has drawn", {"gca", "gcf", "get_fignums", "figure"}),
    ("the answer's code", {"inspect", "getsource", "signature", "__code__", "__doc__", "__name__", "__annotations__"}),
    ("what the notebook's cells have shown or said", {"In", "Out", "get_ipython", "capture_output"}),
    ("names of the notebook, which it replaces", {"patch", "globals", "__main__", "setattr", "monkeypatch"}),
    ("files that could run something when they are read", RUNNERS),
)


def needs_beside(solution: Marked) -> list[NeedsBeside]:
    """Return the tests that would have to run beside the student's code: those that the marked solution of a unit fails."""
    lost = [
        test for test in solution.tests if test.score is not None and test.score < test.points and test.tamper_proof
    ]
    cells = nbformat.reads(solution.notebook, as_version=4).cells if lost else []
    texts = {name: cell.source for cell in cells if (name := grade_id(cell))}
    return [NeedsBeside(test.name, _reason(texts.get(test.name, ""), test.failed or "it fails")) for test in lost]


def _reason(source: str, failed: str) -> str:
    """Return in a line why no judge can run a test: what it looks at, as far as its names tell, and how it failed."""
    words = set(re.findall(r"[^\W\d]\w*", source))
    seen = [what for what, names in REASONS if names & words]
    return f"it looks at {' and '.join(seen)} ({failed})" if seen else failed
