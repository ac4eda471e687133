"""Where the course's own files lie: in the repository, or inside an installed wheel."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def root():
    """Return the folder that holds `course/` and `solutions/`."""
    for folder in (PACKAGE / "_data", PACKAGE.parent):
        if (folder / "solutions" / "course.toml").exists():
            return folder
    raise FileNotFoundError(f"expected the course beside {PACKAGE} or in {PACKAGE / '_data'}: reinstall gdcourse")


def released(unit, base=None):
    """Return the path of a unit's exercises as learners get them."""
    return (base or root()) / "course" / unit / "exercises.ipynb"


def solved(unit, base=None):
    """Return the path of a unit's exercises with solutions and hidden tests."""
    return (base or root()) / "solutions" / unit / "exercises.ipynb"
