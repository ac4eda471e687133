"""In a notebook, a cell that needs a framework which is not installed says so in one line, and so does what builds on it.

Without this the first such cell shows a traceback, and each later one a NameError. `import gdcourse` installs it, in IPython,
and only where a framework is missing. Nothing of such a cell runs; all others run as ever.
"""

import ast
from importlib.util import find_spec

from gdcourse._lazy import FRAMEWORKS
from gdcourse._names import names

OPTIONAL = {
    "torch": "torch",
    "tensorflow": "tensorflow",
    "keras": "tensorflow",
}  # module -> the framework that brings it


def install(shell):
    """Look at every cell that an IPython shell is about to run, if a framework is missing and nobody looks yet."""
    watched = any(isinstance(transformer, Missing) for transformer in shell.ast_transformers)
    if not watched and any(find_spec(framework) is None for framework in OPTIONAL.values()):
        shell.ast_transformers.append(Missing())


class Missing:
    """Puts one line in the place of a cell that cannot run. lost: name that such a cell would have bound -> framework."""

    def __init__(self):
        self.lost = {}

    def visit(self, tree):
        """Return the cell as it is, or a cell that prints what is missing."""
        reads, binds = names(tree)
        missing = {f for f in _imported(tree) if find_spec(f) is None}
        needed = missing | {self.lost[name] for name in reads - binds if name in self.lost}
        for name in binds:
            self.lost.pop(name, None)
        if not needed:
            return tree
        self.lost |= dict.fromkeys(binds, min(needed))
        return ast.parse(f"print({_told(sorted(needed, reverse=True))!r})")


def _told(needed):
    """Return the line: what this cell needs, and how to add it."""
    which = " and ".join(FRAMEWORKS[framework] for framework in needed)
    verb = "is" if len(needed) == 1 else "are"
    return (
        f'{which} {verb} not installed, so this cell does not run. To add: pip install "gdcourse[{",".join(needed)}]"'
    )


def _imported(tree):
    """Return the frameworks that a cell imports outright; an import inside a function or a `try` may be there to fail."""
    found = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            found |= {OPTIONAL.get(alias.name.split(".")[0]) for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            path = node.module.split(".")
            inside = [*path[1:], *(alias.name for alias in node.names)] if path[0] == "gdcourse" else path[:1]
            found |= {OPTIONAL.get(part) for part in inside}
    return found - {None}
