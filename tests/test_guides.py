"""Every command of the guides runs: those of an instructor here, in their order, in a course folder; the others elsewhere."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from contextlib import suppress
from pathlib import Path
from urllib.error import URLError

import coursefolder
import matrix
import nbformat
import pytest

from gdcourse import resources

ROOT = resources.root()
GUIDES = ["README.md", "docs/learner.md", "docs/instructor.md", "gdcourse/grading/plugins/new_course.py"]
UNIT = coursefolder.UNIT
COMMAND = re.compile(r"^((?:gdcourse|nbgrader|dask|jupyter) [a-z].*)$", re.M)
HERE = [  # in this order, with another unit for 01_loss
    "gdcourse grade --init gd-2027",
    "nbgrader generate_assignment 01_loss",
    "nbgrader release_assignment 01_loss",
    "nbgrader collect 01_loss",
    "nbgrader zip_collect 01_loss",
    "gdcourse grade 01_loss",
    "gdcourse grade --report 01_loss",
    "nbgrader autograde",
    "nbgrader generate_feedback 01_loss",
    "nbgrader release_feedback 01_loss",
    "nbgrader export",
]
ELSEWHERE = {  # command -> the test that runs it
    "jupyter lab": "test_guides.py::test_formgrader",
    "gdcourse grade 01_loss --scheduler tcp://HOST:PORT": "grading/course/test_grader.py::test_a_dask_cluster",
    "gdcourse grade 01_loss --scheduler tcp://HOST:8786": "grading/course/test_grader.py::test_a_dask_cluster",
    "dask scheduler": "coursefolder.py::cluster",
    "dask worker": "coursefolder.py::cluster",
    "gdcourse grade": "test_guides.py::test_the_commands_of_an_instructor",
    "nbgrader submit": "grading/course/test_nbgrader_course.py::test_release_fetch_submit_collect",
    "gdcourse lab": "test_cli.py::test_lab",
    "gdcourse check": "test_cli.py::test_check",
    "gdcourse doctor": "test_cli.py::test_doctor",
    "gdcourse build": "authoring/test_build.py::test_",
}


def commands(guide):
    """Return the commands in a guide: lines of its blocks, and those that stand in a sentence."""
    text = (ROOT / guide).read_text("utf-8")
    blocks = "\n".join(re.findall(r"^```\w*\n(.*?)^```", text, re.M | re.S))
    lines = [line.split("#")[0].strip() for line in blocks.splitlines()]
    lines = [part.strip() for line in lines for part in line.split("&&")]
    return {
        *COMMAND.findall("\n".join(lines)),
        *COMMAND.findall("\n".join(re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text))),
    }


def known(command):
    """Does a test run this command, with these arguments or more of them?"""
    here = any(command == each or each.startswith(f"{command} ") for each in HERE)
    return here or any(command == each or command.startswith(f"{each} ") for each in ELSEWHERE)


@pytest.mark.parametrize("guide", GUIDES)
def test_each_command_of_a_guide_is_run_by_a_test(guide):
    found = commands(guide)
    assert found and not [command for command in found if not known(command)]


def test_the_tests_that_run_them_exist():
    for place in ELSEWHERE.values():
        file, name = place.split("::")
        assert f"def {name}" in (ROOT / "tests" / file).read_text("utf-8"), place


def run(folder, command):
    """Run a command as it stands in the guide."""
    program, *words = command.replace("01_loss", UNIT).split()
    module = {"gdcourse": "gdcourse.cli", "nbgrader": "nbgrader", "jupyter": "jupyter"}[program]
    env = {**coursefolder.ENVIRONMENT, "HOME": str(folder), "JUPYTER_PREFER_ENV_PATH": "1"}
    done = subprocess.run([sys.executable, "-m", module, *words], cwd=folder, env=env, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """Run the guide's commands in order; return (course folder, command -> what it printed)."""
    folder, told = tmp_path_factory.mktemp("guide"), {}
    told[HERE[0]] = run(folder, HERE[0])
    course, exchange = folder / "gd-2027", folder / "exchange"
    exchange.mkdir()
    exchange.chmod(0o777)
    with (course / "nbgrader_config.py").open("a") as config:
        config.write(f"c = get_config()\nc.Exchange.root = {str(exchange)!r}\n")
        config.write("c.FileNameCollectorPlugin.named_regexp = r'.*/(?P<student_id>\\w+)_(?P<file_id>.*)'\n")
    for command in HERE[1:]:
        if command.startswith("nbgrader zip_collect"):
            zipped(course)
        words = f" {UNIT} --student ada --force" if command == "nbgrader autograde" else ""
        told[command] = run(course, command + words)
        if command.startswith("nbgrader zip_collect"):
            for name, text in (("timestamp.txt", "2026-01-01 10:00:00 UTC"), ("submission_secret.txt", "quokka")):
                (course / "submitted" / "ada" / UNIT / name).write_text(text)  # as `nbgrader submit` does
    return course, told


def zipped(course):
    """Put an archive of a learning management system where nbgrader looks for it."""
    archive = course / "downloaded" / UNIT / "archive"
    archive.mkdir(parents=True)
    with zipfile.ZipFile(archive / "all.zip", "w") as file:
        file.writestr("ada_exercises.ipynb", nbformat.writes(matrix.solved(UNIT)))


@pytest.mark.slow
@pytest.mark.isolated
def test_the_commands_of_an_instructor(session):
    course, told = session
    assert "1 marked" in told["gdcourse grade 01_loss"] and "100%" in told["gdcourse grade --report 01_loss"]
    with coursefolder.book(course) as book:
        assert book.find_submission(UNIT, "ada").score == matrix.worth(UNIT)
    (page,) = (course / "feedback" / "ada" / UNIT).glob("*.html")
    assert "descend-hidden" in page.read_text("utf-8")
    assert f"{UNIT}" in (course / "grades.csv").read_text() and "ada" in (course / "grades.csv").read_text()


@pytest.mark.slow
@pytest.mark.isolated
def test_formgrader(session):
    """`jupyter lab` in the course folder serves it: the list of the class, and the page of a submission."""
    course, _ = session
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", f"--port={port}", "--IdentityProvider.token=t"]
    command += ["--allow-root"] if os.geteuid() == 0 else []
    env = {**coursefolder.ENVIRONMENT, "HOME": str(course), "JUPYTER_PREFER_ENV_PATH": "1"}
    log = (course / "lab.log").open("w")
    with log, subprocess.Popen(command, cwd=course, env=env, stdout=log, stderr=log) as server:
        try:
            assert UNIT in asked(port, "formgrader/api/assignments")
            assert '"ada"' in asked(port, f"formgrader/api/submissions/{UNIT}")
            with coursefolder.book(course) as book:
                (notebook,) = book.find_submission(UNIT, "ada").notebooks
                page = asked(port, f"formgrader/submissions/{notebook.id}/")
            assert "descend-hidden" in page and "Student's answer" in page
            assert "DecompressionStream" in page and "cdnjs" not in page  # formulas need no network
        finally:
            server.terminate()


def asked(port, path):
    """Return what the server answers, which may have to start first."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        with suppress(ConnectionError, URLError):
            return urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}?token=t").read().decode()
        time.sleep(0.5)
    raise AssertionError(f"no answer for {path}: {Path('lab.log')}")
