"""Import this before nbformat, and a command starts a second sooner.

`jsonschema`, which nbformat imports, imports `rfc3987_syntax` if it is there, and that builds 38 grammars, to tell whether a
string is an IRI. No notebook has one to check.
"""

import sys

sys.modules.setdefault("rfc3987_syntax", None)  # as if it were not installed
