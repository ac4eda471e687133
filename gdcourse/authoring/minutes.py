"""How long a notebook takes, estimated from what it holds.

The rates are fitted to readers who answered every prediction: lessons of about 2,500 words, 550 narrow lines of visible
code and 9 predictions took them 70 to 100 minutes. What is folded is not counted, but the answers are: they are read.
"""

import re

from nbformat import NotebookNode

WORDS_PER_MINUTE = 90  # prose that carries formulas
SECONDS_PER_LINE = 5  # of visible code
SECONDS_PER_PREDICTION = 80
SECONDS_PER_QUESTION = 40
FOLDED = {"draw", "check", "setup"}  # tags of cells that a reader need not open
REFERENCES = re.compile(r"^## References?$.*?(?=^## |\Z)", re.M | re.S)


def visible_code(nb: NotebookNode) -> list[str]:
    """Return the sources of the code cells that a reader sees unfolded."""
    return [c.source for c in nb.cells if c.cell_type == "code" and not FOLDED & set(c.metadata.get("tags", ()))]


def prose(nb: NotebookNode) -> str:
    """Return what is to be read of a notebook's Markdown, one string; the references are left out."""
    return REFERENCES.sub("", "\n\n".join(c.source for c in nb.cells if c.cell_type == "markdown"))


def words(text: str) -> int:
    """Count what is read: words, numbers and symbols, without tags and addresses."""
    return len(re.findall(r"\w+", re.sub(r"</?[a-z][^<>]*>|\]\([^)]*\)|\{\{\w+\}\}", " ", text)))


def reading_minutes(nb: NotebookNode) -> int:
    """Estimate the minutes for a lesson: its prose, visible code, predictions and questions. Rounded up to whole ones."""
    text = prose(nb)
    lines = [line for source in visible_code(nb) for line in source.splitlines() if line.strip()]
    seconds = words(text) * 60 / WORDS_PER_MINUTE + len(lines) * SECONDS_PER_LINE
    seconds += text.count("**Predict.**") * SECONDS_PER_PREDICTION + questions(nb) * SECONDS_PER_QUESTION
    return -(-int(seconds) // 60)


def questions(nb: NotebookNode) -> int:
    """Count the quick questions of a lesson: the numbered ones under that heading."""
    section = re.search(r"^## Quick questions$(.*?)(?=^## |\Z)", prose(nb), re.M | re.S)
    return len(re.findall(r"^\d+\. ", section[1], re.M)) if section else 0


def solving_minutes(nb: NotebookNode) -> int:
    """Return the sum of the minutes that the exercises of a notebook state."""
    return sum(map(int, re.findall(r"^\w+ · (\d+) minutes · \d+ points?$", prose(nb), flags=re.M)))
