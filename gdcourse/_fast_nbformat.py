"""Import this before nbformat, and a command starts a second sooner.

`jsonschema`, which nbformat imports, imports what checks IRIs and durations if it is there: 38 grammars, and a library of
dates. No notebook has such a string to check. Whoever else imports them finds them.
"""

import sys
from types import ModuleType

FORMATS = ("isoduration", "rfc3987_syntax")


class _WithoutFormats:
    """A finder to which, while `jsonschema` is imported, these are not installed."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: ModuleType | None = None) -> None:
        if name in FORMATS and "jsonschema" in sys.modules and "jsonschema.validators" not in sys.modules:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, _WithoutFormats)  # type: ignore[arg-type]  # a finder need not be an instance
