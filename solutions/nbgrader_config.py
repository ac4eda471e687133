"""nbgrader's configuration: run `nbgrader` in this folder, with the course's sources, to release and to grade."""

from pathlib import Path

from gdcourse.grading.plugins.config import configure

here = Path(__file__).resolve().parent
configure(get_config(), root=here.parent, source=here.name)  # noqa: F821
