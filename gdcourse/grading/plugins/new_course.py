"""The making of a new course folder for nbgrader, from the installed course."""

import shutil
from pathlib import Path

from gdcourse import resources

CONFIG = '''\
"""nbgrader's configuration of this course. Settings of your own go below the call."""

from pathlib import Path

from gdcourse.grading.plugins.config import configure

configure(get_config(), root=Path(__file__).resolve().parent, source="source")  # noqa: F821
'''
README = """\
# A course folder for nbgrader

Sources with solutions and hidden tests are in `source/`. Run in this folder:

```sh
nbgrader generate_assignment 01_loss      # makes release/01_loss and enters the tests in gradebook.db
gdcourse grade 01_loss                    # grades submitted/<student>/01_loss/exercises.ipynb
gdcourse grade --report 01_loss           # what was solved, what fails most
nbgrader generate_feedback 01_loss
nbgrader export                           # grades.csv
```
"""


def make_course(folder: str | Path) -> Path:
    """Make a course folder from the installed course; return its path. Raises `FileExistsError` if one is there."""
    folder = Path(folder).resolve()
    if (folder / "nbgrader_config.py").exists():
        raise FileExistsError(f"{folder} is a course folder already; nothing was changed")
    for solved in sorted((resources.root() / "solutions").glob("*/exercises.ipynb")):
        target = folder / "source" / solved.parent.name
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy(solved, target)
    (folder / "submitted").mkdir(exist_ok=True)
    (folder / "nbgrader_config.py").write_text(CONFIG, "utf-8")
    (folder / "README.md").write_text(README, "utf-8")
    return folder
