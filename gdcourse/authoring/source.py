"""Read a py:percent source as a notebook that depends on the source alone."""

import hashlib
import re
from collections import Counter

import jupytext

from gdcourse.catalogue import Catalogue

TAGS = {  # what an author writes -> what JupyterLab and nbval need: Run All goes on where a framework is missing,
    "torch": "raises-exception",
    "tensorflow": "raises-exception",
    "widget": "nbval-ignore-output",  # and a widget's output is new in every run
}
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
WORDS_PER_MINUTE = 130  # prose that carries formulas; see reading_minutes
SECONDS_PER_CODE_LINE = 4


def read_source(path, catalogue: Catalogue, measured):
    """Return the notebook of a source, without outputs. measured: seconds the notebook runs, or None if never run."""
    nb = jupytext.read(path, fmt="py:percent")
    nb.nbformat_minor = 5
    nb.metadata = {"kernelspec": dict(KERNEL), "language_info": {"name": "python"}}
    minutes = solving_minutes(nb) if path.stem == "exercises" else reading_minutes(nb)
    about = catalogue.about(path.parent.name, path.stem, minutes, measured)
    for cell in nb.cells:
        cell.metadata.pop("lines_to_next_cell", None)
        if cell.cell_type == "markdown":
            cell.source = cell.source.replace("{{about}}", about)
        complete(cell.metadata)
    for cell, id_ in zip(nb.cells, list(cell_ids(nb)), strict=True):
        cell.id = id_
    return nb


def complete(metadata):
    """Fill in what a source leaves out: nbgrader's flags, and the tags that follow from `TAGS`."""
    if "nbgrader" in metadata:
        given = metadata["nbgrader"]
        grade = "points" in given
        flags = {"grade": grade, "locked": grade, "schema_version": 3, "solution": not grade, "task": False}
        metadata["nbgrader"] = dict(sorted({**flags, **given}.items()))
    if tags := metadata.get("tags"):
        metadata["tags"] = [*tags, *sorted({TAGS[tag] for tag in tags if tag in TAGS})]


def cell_ids(nb):
    """Yield an id per cell: the grade_id, else a hash of type and text, numbered where it repeats."""
    seen = Counter()
    for cell in nb.cells:
        text = f"{cell.cell_type}\n{cell.source}".encode()
        key = cell.metadata.get("nbgrader", {}).get("grade_id") or hashlib.sha256(text).hexdigest()[:8]
        seen[key] += 1
        yield key if seen[key] == 1 else f"{key}-{seen[key]}"


def reading_minutes(nb):
    """Estimate the minutes it takes to read prose and code with care, rounded up to whole ones."""
    prose = " ".join(cell.source for cell in nb.cells if cell.cell_type == "markdown")
    code = [line for cell in nb.cells if cell.cell_type == "code" for line in cell.source.splitlines() if line.strip()]
    seconds = len(re.findall(r"\w+", prose)) * 60 / WORDS_PER_MINUTE + len(code) * SECONDS_PER_CODE_LINE
    return -(-int(seconds) // 60)


def solving_minutes(nb):
    """Return the sum of the minutes that the exercises of a notebook state."""
    text = "\n".join(cell.source for cell in nb.cells if cell.cell_type == "markdown")
    return sum(map(int, re.findall(r"^\w+ · (\d+) minutes · \d+ points?$", text, flags=re.M)))
