"""Where the course's own files lie: in the repository, or inside an installed wheel."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def root():
    """Return the folder that holds `course/` and `solutions/`."""
    for folder in (PACKAGE / "_data", PACKAGE.parent):
        if (folder / "solutions" / "course.toml").exists():
            return folder
    raise FileNotFoundError(f"expected the course beside {PACKAGE} or in {PACKAGE / '_data'}: reinstall gdcourse")


def released(unit):
    """Return the path of a unit's exercises as learners get them."""
    return root() / "course" / unit / "exercises.ipynb"


def solved(unit):
    """Return the path of a unit's exercises with solutions and hidden tests."""
    return root() / "solutions" / unit / "exercises.ipynb"


def mathjax():
    """Return the folder with the copy of MathJax that the site and nbgrader's pages show formulas by."""
    inside = PACKAGE / "_data" / "mathjax"
    return inside if inside.exists() else root() / "docs" / "_static" / "mathjax"
