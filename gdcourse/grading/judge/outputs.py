"""Outputs in the notebook format: those of tests, and what of a student's may be shown."""

import re
from typing import Any

from gdcourse.grading.limits import EXECUTION_COUNT, OUTPUTS, SHOWN_BYTES, TEXT, TRACEBACK_LINES
from gdcourse.grading.wire.messages import Output


def output(kind: str, **fields: Any) -> Output:
    """Return an output in the notebook format."""
    return {"output_type": kind, **({"metadata": {}} if kind == "execute_result" else {}), **fields}


SHOWN = {"text/plain", "text/latex", "image/png", "image/jpeg"}  # HTML, SVG and Markdown could carry a script
OF_THE_SANDBOX = (
    "Error in cpuinfo: failed to parse processor information from /proc/cpuinfo\n"  # PyTorch's, of what is hidden
)
BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")  # a terminal would obey some of them
COMMANDS = re.compile(r"[\x00-\x07\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\ud800-\udfff]|\x1b(?!\[[\d;]*m)")  # but colours


def checked(outputs: Any, most: int = SHOWN_BYTES) -> list[Output]:
    """Return a student's outputs as far as they are in order: known kinds, plain strings, nothing that runs in a browser.

    most: bytes; what follows the output that exceeds it is left out.
    """
    good, left = [], most
    for given in outputs[:OUTPUTS] if isinstance(outputs, list) else ():
        if (kept := _checked(given) if isinstance(given, dict) else None) is None:
            continue
        if left <= 0:
            good.append(output("stream", name="stdout", text="... output cut\n"))
            break
        good.append(kept)
        left -= size(kept)
    return good


def _checked(given: dict[str, Any]) -> Output | None:
    """Return an output of a known kind, with what of it may be shown; None if that is nothing."""
    kind = given.get("output_type")
    if kind == "stream" and given.get("name") in ("stdout", "stderr"):
        return output(kind, name=given["name"], text=text_of(given.get("text")))
    if kind == "error":
        lines = given.get("traceback")
        lines = [text_of(line) for line in lines[:TRACEBACK_LINES]] if isinstance(lines, list) else []
        return output(kind, ename=text_of(given.get("ename")), evalue=text_of(given.get("evalue")), traceback=lines)
    if kind in ("display_data", "execute_result") and isinstance(given.get("data"), dict):
        data = {k: text_of(v, SHOWN_BYTES) for k, v in given["data"].items() if _may_be_shown(k, v)}
        extra = {"execution_count": count_of(given.get("execution_count"))} if kind == "execute_result" else {}
        return {"output_type": kind, "data": data, "metadata": {}, **extra} if data else None
    return None


def text_of(value: object, most: int = TEXT) -> str:
    """Return a student's text as far as a terminal may show it; "" for what is no text."""
    return COMMANDS.sub("?", value[:most]) if isinstance(value, str) else ""


def _may_be_shown(kind: str, value: object) -> bool:
    return (
        kind in SHOWN and isinstance(value, str) and (kind.startswith("text/") or BASE64.fullmatch(value) is not None)
    )


def size(shown: Output) -> int:
    """Return the bytes of the texts of an output."""
    texts = (*shown.values(), *shown.get("data", {}).values(), *shown.get("traceback", ()))
    return sum(len(text.encode()) for text in texts if isinstance(text, str))


def count_of(value: object) -> int | None:
    """Return a student's execution count, or None for what is none."""
    return value if type(value) is int and 0 <= value < EXECUTION_COUNT else None
