"""A kernel of the learner's own: what it tells, how it is stopped, and what its clock counts."""

import psutil
import pytest

from gdcourse.grading.check import kernel as module
from gdcourse.grading.check.kernel import Kernel, KernelError


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    with Kernel(tmp_path_factory.mktemp("kernel")) as running:
        yield running


@pytest.fixture
def own(tmp_path):
    """A kernel that a test may break."""
    with Kernel(tmp_path) as running:
        yield running


def test_a_result_and_an_error_are_kept_and_prints_are_not(kernel):
    ran = kernel.run("print('x' * 10_000)\n1 + 1", 30)
    assert ran.end == "done" and [o.data["text/plain"] for o in ran.outputs] == ["2"] and ran.error is None
    ran = kernel.run("x = 1\nx / 0", 30)
    assert (ran.error.ename, ran.error.evalue) == ("ZeroDivisionError", "division by zero")
    assert ran.error.traceback == ["raised ZeroDivisionError: division by zero, in line 2 of your cell: x / 0"]


def test_the_kernel_goes_on_after_an_error(kernel):
    kernel.run("kept = 3\nraise ValueError", 30)
    assert kernel.run("kept", 30).outputs[0].data["text/plain"] == "3"


@pytest.mark.parametrize(
    "source, told",
    [
        ("def f(x:\n    return x", "line 1 of your cell: "),
        ("def f(x):\n    y = 1\n      return y", "line 3 of your cell: unexpected indent"),
        ("def f(x):\n    y = 1\n  return y", "line 3 of your cell: unindent does not match"),
        ("exit_ = 1\nraise SystemExit(2)", "raised SystemExit: 2, in line 2 of your cell"),
        ("raise NotImplementedError()", "still raises NotImplementedError"),
        ("def f(n): return f(n + 1)\nf(0)", "calls itself without end, or more than"),
        ("import torch_that_is_not_there", "raised ModuleNotFoundError: No module named 'torch_that_is_not_there'"),
    ],
)
def test_errors_are_told_in_one_line(kernel, source, told):
    assert kernel.run(source, 30).error.traceback[0].startswith(told)


def test_an_exception_that_cannot_be_printed_is_still_an_error(kernel):
    source = "class E(Exception):\n    def __str__(self): raise RuntimeError\nraise E()"
    assert kernel.run(source, 30).error.ename == "E"


def test_an_error_of_which_the_kernel_shows_nothing_is_found_in_its_reply(kernel):
    kernel.run("showtraceback = get_ipython().showtraceback\nget_ipython().showtraceback = lambda *a, **k: None", 30)
    assert kernel.run("1 / 0", 30).error is not None
    kernel.run("get_ipython().showtraceback = showtraceback", 30)


def test_input_is_refused_at_once(kernel):
    assert kernel.run("input('?')", 30).error.ename == "StdinNotImplementedError"


def test_a_loop_is_stopped_and_its_line_told(kernel):
    ran = kernel.run("n = 0\nwhile True:\n    n += 1", 1)
    assert ran.end == "late" and kernel.alive
    assert ran.error.traceback[0].startswith("stopped, in line ")
    assert kernel.run("1", 30).end == "done"


def test_sleeping_counts(kernel):
    assert kernel.run("import time\ntime.sleep(60)", 1).end == "late"


def test_a_loop_that_swallows_the_interruption_is_late_all_the_same(kernel):
    ran = kernel.run("try:\n    while True:\n        n = 1\nexcept BaseException:\n    pass", 1)
    assert ran.end == "late" and ran.error is None and kernel.alive


def test_code_that_ignores_the_interruption_is_ended(own, monkeypatch):
    monkeypatch.setattr(module, "GRACE", 0.5)
    ran = own.run(
        "while True:\n    try:\n        while True:\n            n = 1\n    except BaseException:\n        n = 2", 1
    )
    assert ran.end == "late" and not own.alive


def test_a_crash_of_python_is_noticed(own):
    assert own.run("import os\nos._exit(1)", 30).end == "died" and not own.alive


def test_a_kernel_without_the_course_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "PREPARE", "raise ImportError")
    with pytest.raises(KernelError, match="gdcourse doctor"):
        Kernel(tmp_path)


def test_the_kernel_ends_with_its_block(tmp_path):
    with Kernel(tmp_path) as running:
        pid = running._process.pid
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
