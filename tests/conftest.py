"""What every test shares: one thread, quiet frameworks, PyTorch before TensorFlow; what the marker `isolated` asks for."""

import os

from gdcourse.execution import SAME_VECTORS

os.environ.update(SAME_VECTORS)  # before NumPy comes: nbval's kernels are to give the digits that were stored
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("MPLBACKEND", "agg")

import pytest
from hidden import WithoutFrameworks
from hypothesis import settings

# The same examples in every CI run, new ones on a developer's machine; no deadline, which a busy machine would miss.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("developer", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "developer")


def pytest_configure(config):
    config.pluginmanager.register(WithoutFrameworks())


def pytest_runtest_setup(item):
    if item.get_closest_marker("isolated"):
        from gdcourse.grading.student import sandbox

        if (why := sandbox.missing()) is not None:
            pytest.skip(f"this system cannot isolate student code: {why}")
