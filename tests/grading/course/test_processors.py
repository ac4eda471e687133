"""A processor that one worker claims is no other's, until it ends."""

import subprocess
import sys
from contextlib import ExitStack, closing

import pytest

from gdcourse.grading.course import processors

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="abstract sockets are Linux's")

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
    claim = "from gdcourse.grading.course.processors import Claim; c = Claim()"
    code = f"import sys; {claim}; print(c.cpu, flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        taken = int(holder.stdout.readline())
        with closing(processors.Claim()) as claim:
            assert claim.cpu != taken
        holder.kill()
        holder.wait()
    with closing(processors.Claim()) as claim:
        assert claim.cpu == taken
