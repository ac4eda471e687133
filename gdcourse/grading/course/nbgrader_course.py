"""An nbgrader course folder, through nbgrader's own API."""

import os
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader


class NbgraderCourse:
    """An nbgrader course: the folder with `nbgrader_config.py`.

    The configuration there says where sources, submissions and the gradebook lie; ``overrides``, a `traitlets` config,
    wins over it.
    """

    def __init__(self, folder: str | Path, overrides: Config | None = None) -> None:
        folder = Path(folder)
        if not (folder / "nbgrader_config.py").exists():
            raise FileNotFoundError(f"expected nbgrader_config.py in {folder}: run this in an nbgrader course folder")
        self.folder, self.config = folder, _config_in(folder)
        self.config.merge(overrides or {})
        if "root" not in self.config.CourseDirectory:  # nbgrader takes the current folder, which it is run in
            self.config.CourseDirectory.root = str(folder.resolve())
        self.coursedir = CourseDirectory(config=self.config)

    @cached_property
    def api(self) -> Any:
        """nbgrader's own API, which most runs do without."""
        from nbgrader.apps import NbGraderAPI

        _config_in(self.folder)  # again: `configure` guards nbgrader's commands as soon as there are any
        return NbGraderAPI(self.coursedir, config=self.config)

    def release(self, unit: str) -> None:
        """Make the student version of a unit and enter its tests in the gradebook; raise `RuntimeError` on failure.

        nbgrader deletes a release before it makes the new one, which may fail. So it works in a folder beside it, on the
        same disk.
        """
        course, place = self.coursedir, self.coursedir.release_directory
        final = Path(course.format_path(place, ".", unit))
        final.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".release-", dir=final.parent) as folder:
            course.release_directory = folder
            try:
                result = self.api.generate_assignment(unit, force=True, create=True)
                made = Path(course.format_path(folder, ".", unit))
            finally:
                course.release_directory = place
            if not result["success"]:
                raise RuntimeError(f"{unit} could not be released: {last_line(result)}")
            _replace(made, final, Path(folder, ".old"))


def _config_in(folder: Path) -> Config:
    return PyFileConfigLoader("nbgrader_config.py", path=str(folder)).load_config()


def _replace(new: Path, place: Path, aside: Path) -> None:
    """Put a folder in the place of another, if there is one, which is put aside and comes back if that fails."""
    try:
        if os.path.lexists(place):
            os.rename(place, aside)
        os.rename(new, place)
    finally:
        if os.path.lexists(aside) and not os.path.lexists(place):
            os.rename(aside, place)


def last_line(result: dict[str, Any]) -> str:
    """Return the exception that ended an nbgrader call, from its log."""
    lines = [line for line in ((result.get("log") or "") + (result.get("error") or "")).splitlines() if line.strip()]
    raised = [line for line in lines if line.split(":")[0].endswith(("Error", "Exception")) and "NbGrader" not in line]
    return (raised or lines or ["nbgrader gave no reason"])[-1].strip()
