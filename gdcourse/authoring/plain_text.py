"""The prose of lessons as plain text, one sentence a line: what `gdcourse.datasets.course_text` holds.

    python -m gdcourse.authoring.plain_text UNIT... > gdcourse/datasets/course_text.txt

renews it. Lessons that learn from this text assert what they find in it: build and test them after a renewal.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import jupytext

from gdcourse.authoring.markup import sources
from gdcourse.authoring.minutes import prose
from gdcourse.resources import root

DROPPED = re.compile(
    r"```.*?```|\$\$.*?\$\$|<summary>.*?</summary>|</?\w+[^>]*>|\{\{links\}\}|^(?:#|\|)[^\n]*$", re.S | re.M
)
LINK = re.compile(r"\[\[([^\[\]|]+)(?:\|[^\[\]]+)?\]\]|\[([^\[\]]+)\]\([^()]*\)")
ITEM = re.compile(r"^\s*(?:[-*]|\d+\.)\s+", re.M)
SENTENCE = re.compile(r"[A-Z][A-Za-z,'-]*(?: [A-Za-z,'-]+)+[.?!:;]")


def sentences(markdown: str) -> Iterator[str]:
    """Yield the sentences of a text that consist of two or more words and nothing else: no formula, code or number.

    >>> list(sentences("# Loss\\n\\nA [[loss|cross-entropy]] is *never* negative. It is $0$ at best. Why not?"))
    ['A loss is never negative.', 'Why not?']
    """
    text = LINK.sub(lambda link: link[1] or link[2], DROPPED.sub("\n\n", markdown))
    text = ITEM.sub("\n\n", text).replace("*", "")
    for paragraph in re.split(r"\n\s*\n", text):
        found = re.split(r"(?<=[.?!:;])\s+", " ".join(paragraph.split()))
        yield from (sentence for sentence in found if SENTENCE.fullmatch(sentence))


def lessons(unit: str) -> Iterator[Path]:
    """Yield the sources of a unit's lessons, in order."""
    yield from (path for path in sources(root() / "solutions" / unit) if path.stem != "exercises")


def main(units: list[str]) -> None:
    """Print the sentences of these units' lessons, each once."""
    texts = (prose(jupytext.read(path, fmt="py:percent")) for unit in units for path in lessons(unit))
    print(*dict.fromkeys(sentence for text in texts for sentence in sentences(text)), sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
