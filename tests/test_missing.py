"""Without a framework, its cells say so in one line, and so do those that build on them; all others run."""

from types import SimpleNamespace

import pytest
from IPython.core.interactiveshell import InteractiveShell

from gdcourse import _missing
from gdcourse._missing import Missing, install


@pytest.fixture
def cell(monkeypatch, capsys):
    """Run cells in a shell that has no PyTorch and no TensorFlow: cell(source) -> (printed, error)."""
    monkeypatch.setattr(_missing, "find_spec", lambda name: None)
    shell = InteractiveShell()
    shell.history_manager.enabled = False
    install(shell)

    def run(source):
        result = shell.run_cell(source)
        return capsys.readouterr().out, result.error_in_exec or result.error_before_exec

    yield run
    shell.history_manager.end_session()
    InteractiveShell.clear_instance()


NEEDS = 'is not installed, so this cell does not run. To add: pip install "gdcourse[{}]"\n'


@pytest.mark.parametrize(
    "source, framework",
    [
        ("import torch", "torch"),
        ("import torch.nn as nn", "torch"),
        ("from torch import nn", "torch"),
        ("import keras", "tensorflow"),
        ("import numpy, tensorflow as tf", "tensorflow"),
        ("from gdcourse.losses.torch import mse", "torch"),
        ("from gdcourse.losses import tensorflow", "tensorflow"),
    ],
)
def test_a_cell_that_imports_it_says_what_to_install(cell, source, framework):
    printed, error = cell(f"{source}\nprint('ran')")
    assert error is None and printed.endswith(NEEDS.format(framework)) and printed.count("\n") == 1


def test_what_builds_on_it_says_so_too_and_what_does_not_runs(cell):
    cell("import torch\nx = torch.ones(3)\ndef f(y): return y + x")
    assert NEEDS.format("torch") in cell("z = 2 * x")[0]
    assert NEEDS.format("torch") in cell("f(1)")[0]
    assert NEEDS.format("torch") in cell("z")[0]
    assert cell("def g(x): return x\nprint(g(1))") == ("1\n", None)  # a name of its own
    assert cell("x = 5\nprint(x)") == ("5\n", None)
    assert cell("print(x)") == ("5\n", None)  # bound anew


def test_a_cell_that_needs_both_names_both(cell):
    cell("import torch\na = 1")
    cell("import tensorflow as tf\nb = 1")
    printed, _ = cell("print(a, b)")
    assert printed.startswith("PyTorch and TensorFlow are not installed") and "gdcourse[torch,tensorflow]" in printed


def test_what_a_learner_tries_is_left_alone(cell):
    assert cell("try:\n    import torch_or_not\nexcept ImportError:\n    print('no')") == ("no\n", None)
    assert cell("def later():\n    import torch\nprint('ok')") == ("ok\n", None)
    assert isinstance(cell("print(never_defined)")[1], NameError)


def test_it_is_installed_once_and_only_where_something_is_missing(monkeypatch):
    shell = SimpleNamespace(ast_transformers=[])
    monkeypatch.setattr(_missing, "find_spec", lambda name: object())
    install(shell)
    assert shell.ast_transformers == []
    monkeypatch.setattr(_missing, "find_spec", lambda name: None if name == "torch" else object())
    install(shell)
    install(shell)
    assert [type(t) for t in shell.ast_transformers] == [Missing]
