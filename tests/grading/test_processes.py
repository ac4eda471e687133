"""What makes the processes of grading fast must change nothing else."""

import os
import signal
import subprocess
import sys
from contextlib import ExitStack, closing
from pathlib import Path

import nbformat
import numpy as np
import pytest

from gdcourse.grading import pages, processors, sandbox
from gdcourse.grading.engine import Engine, Unit

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="huge pages and abstract sockets are Linux's")

MORE = 100  # more claims than this machine has processors


def test_claims_differ_and_end_with_the_processors():
    with ExitStack() as held:
        claims = [held.enter_context(closing(processors.Claim())) for _ in range(len(processors.available()) + MORE)]
        cpus = [claim.cpu for claim in claims if claim.cpu is not None]
        assert len(set(cpus)) == len(cpus) <= len(processors.available())
        assert set(cpus) <= set(processors.available())
        assert claims[-1].cpu is None


@pytest.fixture
def free():
    """Skip where another grader holds every processor."""
    with closing(processors.Claim()) as claim:
        if claim.cpu is None:
            pytest.skip("every processor is claimed")
    return claim.cpu


def test_a_closed_claim_is_free_again(free):
    with closing(processors.Claim()) as claim:
        first = claim.cpu
    with closing(processors.Claim()) as claim:
        assert claim.cpu == first


def test_a_claim_is_free_again_when_its_process_is_killed(free):
    code = "import sys; from gdcourse.grading.processors import Claim; c = Claim(); print(c.cpu, flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        taken = int(holder.stdout.readline())
        with closing(processors.Claim()) as claim:
            assert claim.cpu != taken
        holder.kill()
        holder.wait()
    with closing(processors.Claim()) as claim:
        assert claim.cpu == taken


def test_gathered_memory_holds_what_it_held():
    rng = np.random.default_rng(0)
    array = rng.integers(0, 256, 64 << 20, dtype=np.uint8)
    before = array.copy()
    huge = _huge_pages()
    pages.gather()
    np.testing.assert_array_equal(array, before)
    pid = os.fork()
    if pid == 0:  # what the child writes stays its own
        array[:] = 0
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    np.testing.assert_array_equal(array, before)
    assert _huge_pages() >= huge


def _huge_pages():
    """Return how much of this process lies in huge pages, in kB."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("AnonHugePages")))


@pytest.mark.skipif(sandbox.missing() is not None, reason="this system cannot isolate student code")
def test_a_killed_engine_leaves_no_folder():
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x = 1")])
    with Engine(Unit(nbformat.writes(nb))) as engine:
        engine.mark(nbformat.writes(nb).encode())
        folder = Path(engine.folder)
        assert folder.is_dir()
        os.kill(engine.pids[0], signal.SIGKILL)
    assert not folder.exists()
