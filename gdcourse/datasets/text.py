"""Text to learn from: sentences of this course's own lessons, kept in a file, so that it stays when lessons change."""

from pathlib import Path


def course_text():
    """Return 2764 sentences of units 00 to 05, one a line, each once: ASCII letters and marks, no number, no formula.

    A new edition is made by `python -m gdcourse.authoring.plain_text`, which says how.
    """
    return Path(__file__).with_name("course_text.txt").read_text("ascii")
