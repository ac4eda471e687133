"""nbgrader without what it rarely uses is nbgrader all the same, whichever of its modules comes first."""

import subprocess
import sys

import pytest

FIRST = ("api", "apps", "converters", "utils", "server_extensions.formgrader", "server_extensions.validate_assignment")


def printed(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.parametrize("module", FIRST)
def test_any_module_may_come_first(module):
    code = f"import gdcourse.grading, nbgrader.{module}\nimport nbgrader\nprint(nbgrader.__version__)\n"
    code += "print(len(nbgrader._jupyter_server_extension_points()))"
    from nbgrader import __version__

    assert printed(code) == [__version__, "1"]


def test_a_grader_starts_without_what_it_does_not_use():
    code = "import sys, gdcourse.grading.course.terminal\n"
    heavy = "{'jupyter_server', 'nbconvert', 'setuptools', 'nbgrader.apps', 'nbclient', 'numpy', 'urllib3', 'arrow'}"
    assert printed(code + f"print({heavy} & sys.modules.keys())") == ["set()"]


def test_what_comes_late_comes_whole():
    code = "import gdcourse.grading, nbgrader.auth.jupyterhub as hub, isoduration\n"
    assert printed(code + "print(hub.requests.Session.__name__, isoduration.__name__)") == ["Session", "isoduration"]


def test_a_name_that_it_lacks_is_missed():
    code = "import gdcourse.grading, nbgrader\nprint(hasattr(nbgrader, 'nothing'), nbgrader.__name__)"
    assert printed(code) == ["False", "nbgrader"]


def test_archives_are_unpacked_all_the_same(tmp_path):
    code = f"""
import tarfile, gdcourse.grading
from pathlib import Path
from nbgrader.utils import unpack_archive
folder = Path({str(tmp_path)!r})
(folder / "a.txt").write_text("x")
with tarfile.open(folder / "a.tar", "w") as made:
    made.add(folder / "a.txt", "a.txt")
unpack_archive(folder / "a.tar", str(folder / "out"))
print((folder / "out" / "a.txt").read_text())
"""
    assert printed(code) == ["x"]
