"""The attacks as a table: what each earns with gdcourse's engine and with stock nbgrader.

python tests/security/table.py [--write] [NAME ...]     --write: into docs/security_table.md
"""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))

import nbformat
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from gdcourse.catalogue import BEGIN
from gdcourse.grading.engine.near_end import Engine
from gdcourse.grading.engine.results import EngineError, Job
from gdcourse.grading.limits import Limits
from gdcourse.grading.notebooks import NotebookError
from security import vault
from security.attacks import ATTACKS

TIMEOUT = 8  # seconds that a cell may take in stock nbgrader
TABLE = Path(__file__).parents[2] / "docs" / "security_table.md"
HEAD = """\
# Attacks, here and with stock nbgrader

| Attack | What it tries | Points it deserves | gdcourse | stock nbgrader |
| :--- | :--- | ---: | :--- | :--- |
"""
FOOT = """
Every attack is a submission to one small unit of {full} points. A number in bold is more than the attack deserves. "Read
hidden tests": a hidden test's input or expected value stands in an output of the student's own cells. "Wrote outside": a
file in another folder was changed. "Reported": the instructor is told that the submission tampers with the connection.
Stock nbgrader ran as it is installed, with {timeout} seconds for each cell.
"""


class Stock:
    """An nbgrader course with its own configuration, in a folder."""

    def __init__(self, folder):
        self.config = Config()
        self.config.CourseDirectory.root = str(folder)
        self.config.CourseDirectory.db_url = f"sqlite:///{folder}/gradebook.db"
        self.config.ExecutePreprocessor.timeout = self.config.Execute.timeout = TIMEOUT
        self.course = CourseDirectory(config=self.config)
        self.api = NbGraderAPI(self.course, config=self.config)
        source = folder / "source" / vault.UNIT / "exercises.ipynb"
        source.parent.mkdir(parents=True)
        nbformat.write(vault.solved(), source)
        result = self.api.generate_assignment(vault.UNIT, force=True, create=True)
        if not result["success"]:
            raise RuntimeError(result["log"])

    def outcome(self, student, attack, outside):
        """Run an attack; return in words what came of it."""
        if attack.stock:
            return attack.stock
        before = vault.canaries(outside)
        handed_in = vault.submission(attack, outside)
        for name, content in {"exercises.ipynb": handed_in, **attack.files}.items():
            path = Path(self._path(self.course.submitted_directory, student), name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        graded = self.api.autograde(vault.UNIT, student, force=True, create=True)["success"]
        told = [self._points(student, attack) if graded else "no mark, its run ended with an error"]
        path = Path(self._path(self.course.autograded_directory, student), "exercises.ipynb")
        told += _seen(nbformat.read(path, as_version=4), handed_in, attack) if path.exists() else []
        told += ["wrote outside"] * (vault.contents(outside) != before)
        return "; ".join(told)

    def _path(self, directory, student):
        return self.course.format_path(directory, student, vault.UNIT)

    def _points(self, student, attack):
        with Gradebook(self.course.db_url, self.course.course_id) as book:
            return points(book.find_submission(vault.UNIT, student).score, attack)


def _seen(nb, handed_in, attack):
    """Return in words what the cells of a graded notebook show, the hidden tests left out."""
    for cell in nb.cells:
        if BEGIN in cell.source:
            cell.source, cell.outputs = "", []
    told = ["read hidden tests"] * bool(vault.leaked(nb, handed_in.decode(errors="replace")))
    return told + ["did what it tries"] * any(word in nbformat.writes(nb) for word in attack.shows_not)


def points(score, attack):
    """Return a score as text, in bold if it is more than the attack deserves."""
    return f"**{score:g}**" if score > attack.honest else f"{score:g}"


def ours(engine, attack, outside):
    """Run an attack in gdcourse's engine; return in words what came of it."""
    before = vault.canaries(outside)
    handed_in = vault.submission(attack, outside)
    try:
        marked = engine.mark(handed_in, attack.files)
    except (EngineError, NotebookError) as error:
        return f"no mark: {error}"
    told = [points(sum(test.score for test in marked.tests), attack)]
    told += _seen(vault.feedback(marked.notebook), handed_in, attack)
    told += ["wrote outside"] * (vault.contents(outside) != before)
    told += ["reported"] * marked.tampered
    return "; ".join(told)


def rows(names):
    """Yield the table's lines."""
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])  # of alembic
    os.environ["PYTHONWARNINGS"] = "ignore"
    unit = Job(nbformat.writes(vault.solved()), limits=Limits(call=1.5, cell=3.0, total=60.0))
    with TemporaryDirectory() as temporary, Engine(unit) as engine:
        folder = Path(temporary)
        os.environ["HOME"] = temporary
        stock = Stock(folder / "course")
        for i, attack in enumerate(ATTACKS):
            if names and not any(name in attack.name for name in names):
                continue
            made = [folder / f"{kind}{i}" for kind in ("ours", "stock")]
            both = ours(engine, attack, made[0]), stock.outcome(f"student{i:03d}", attack, made[1])
            told = attack.how.replace("|", "\\|")
            yield f"| {attack.name} | {told} | {attack.honest:g} | {both[0]} | {both[1]} |\n"


def main(arguments):
    text = HEAD
    print(HEAD, end="")
    for line in rows([name for name in arguments if name != "--write"]):
        print(line, end="", flush=True)
        text += line
    text += FOOT.format(full=vault.FULL, timeout=TIMEOUT)
    if "--write" in arguments:
        TABLE.parent.mkdir(exist_ok=True)
        TABLE.write_text(text, "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
