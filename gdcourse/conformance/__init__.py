"""Our algorithms beside PyTorch's and Keras', as data: which arguments make them equal, what is left where none do.

One file per topic, `losses`, `initializers`, `layers`, `recurrent`, `optimizers`, `clipping`, `schedules`, `precision`: its
`ROWS`, and `measure(row)`, which runs both sides and returns the gap between them. What a gap is the file says. Tests measure
every row.

>>> from gdcourse.conformance import losses
>>> print(table(row for row in losses.ROWS if row.ours[0] == "huber" and row.framework == "torch"))
huber(delta=0.5) | torch | HuberLoss(delta=0.5) | equal |
huber(delta=0.5) | torch | SmoothL1Loss(beta=0.5) | 1e+00 | (3) divided by beta
huber(delta=1.0) | torch | SmoothL1Loss(beta=1.0) | equal |

It reads: name and arguments of ours, the framework, its name and arguments, the gap, and why.
"""

from typing import NamedTuple


class Row(NamedTuple):
    """One of our algorithms beside one of a framework's.

    ours, theirs: (name, arguments), theirs None where the framework has none; framework: "torch" or "keras"; gap: 0 where the
    two are equal, else the nearest power of ten, None where there is nothing to compare. In the arguments a pair (name,
    arguments) stands for another such call, and a function for what it does.
    """

    ours: tuple
    framework: str
    theirs: tuple | None
    gap: float | None
    why: str = ""


def table(rows):
    """Return the rows as text, a line each."""
    size = {None: "none", 0: "equal"}
    return "\n".join(
        " | ".join((_text(r.ours), r.framework, _text(r.theirs) if r.theirs else "none",
                    size.get(r.gap, f"{r.gap or 0:.0e}"), r.why)).rstrip()
        for r in rows
    )  # fmt: skip


def _text(value):
    if _is_call(value):
        name, arguments = value
        return f"{name}({', '.join(f'{k}={_text(v)}' for k, v in arguments.items())})"
    if isinstance(value, list):
        return f"[{', '.join(map(_text, value))}]"
    return value.__name__ if callable(value) else repr(value)


def build(value, make):
    """Return an argument with make(name, **arguments) in place of every call (name, arguments) in it."""
    if _is_call(value):
        name, arguments = value
        return make(name, **{k: build(v, make) for k, v in arguments.items()})
    return [build(v, make) for v in value] if isinstance(value, list) else value


def _is_call(value):
    return isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], dict)
