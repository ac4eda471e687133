"""A JupyterLab as `gdcourse lab` starts it, and a browser to use it with; both end with the test, passed or not."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import which

import psutil
import pytest

MINUTE = 60_000  # milliseconds: what one step may take on a busy machine
QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"]


class Lab:
    """A running `gdcourse lab`. folder: the working copy.  url: its address, with the token.  log(): what it printed."""

    def __init__(self, folder, *options):
        self.folder, self._log, self._config = folder / "course", folder / "lab.log", folder / "config"
        self._family = []
        self._config.mkdir()
        own = {name: str(self._config) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")}
        command = [
            sys.executable,
            "-m",
            "gdcourse.cli",
            "lab",
            str(self.folder),
            "--no-browser",
            "--port",
            str(_free_port()),
            *options,
        ]
        self._keyboard, terminal = os.openpty()  # in a terminal Jupyter asks back on Ctrl-C
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                command, stdin=terminal, stdout=log, stderr=log, env={**os.environ, **own}, start_new_session=True
            )
        os.close(terminal)

    def log(self):
        return self._log.read_text("utf-8")

    @property
    def url(self):
        """Wait until the server tells its address."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and self.process.poll() is None:
            if found := re.search(r"^ +(http://127\.0\.0\.1:\S+token=\w+)$", self.log(), re.MULTILINE):
                return found[1]
            time.sleep(0.2)
        raise AssertionError(f"gdcourse lab printed no address:\n{self.log()}")

    def family(self):
        """Return the processes of the server and its kernels, as they last were."""
        with suppress(psutil.NoSuchProcess):
            self._family = psutil.Process(self.process.pid).children(recursive=True) or self._family
        return self._family

    def ctrl_c(self):
        """Press Ctrl-C once; return the exit status and what stays behind: processes, and files that name a running one."""
        family = self.family()
        os.killpg(self.process.pid, signal.SIGINT)
        status = self.process.wait(60)
        return status, psutil.wait_procs(family, timeout=20)[1] + list(self._config.glob("*-*.json"))

    def kill(self):
        """End whatever is left of the server and its kernels."""
        for process in self.family():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(30)
        os.close(self._keyboard)


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def started(folder, *options):
    """Start `gdcourse lab` in a folder with options; end it afterwards."""
    lab = Lab(folder, *options)
    try:
        yield lab
    finally:
        lab.kill()


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """One `gdcourse lab` that the tests of a module share."""
    with started(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture
def start_lab(tmp_path):
    """Start a `gdcourse lab` of the test's own: start_lab(*options)."""
    return lambda *options: started(tmp_path, *options)


@pytest.fixture
def browser():
    """Return browser(): a context that gives a page, 1400 by 1000. In CI a missing chromium is a failure."""
    from playwright.sync_api import sync_playwright

    program = which("chromium") or which("chromium-browser") or which("google-chrome")
    with sync_playwright() as engines:
        program = program or engines.chromium.executable_path
    if not Path(program).exists():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("chromium is not installed")
    return lambda: _page(program)


@contextmanager
def _page(program):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as engines:
        chromium = engines.chromium.launch(executable_path=program, args=QUIET, timeout=2 * MINUTE)
        try:
            page = chromium.new_page(viewport={"width": 1400, "height": 1000})
            page.set_default_timeout(MINUTE)
            yield page
        finally:
            chromium.close()


@pytest.fixture
def shot(request, tmp_path):
    """Return shot(page, name), which stores a screenshot in GDCOURSE_SCREENSHOTS, or in the test's own folder."""
    folder = Path(os.environ.get("GDCOURSE_SCREENSHOTS", tmp_path))
    return lambda page, name: page.screenshot(path=folder / f"{request.node.name.removeprefix('test_')}-{name}.png")
