"""A framework that cannot be imported: which cells of a notebook that concerns, and how nbval runs the others without it.

`gdcourse` puts one line in the place of a cell that cannot run without its framework (`gdcourse._missing`). Every other cell
has to run without any; so nbval runs it while PyTorch and TensorFlow cannot be imported, whatever was imported before.
"""

import ast
from unittest import mock

import pytest
from IPython.core.inputtransformer2 import TransformerManager
from nbval.plugin import IPyNbCell

from gdcourse import _missing

NAMES = tuple(_missing.OPTIONAL)

HIDE = f"""
import sys

class Without:
    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, *args):
        return None if name in {NAMES} else self.finder.find_spec(name, *args)

    def __getattr__(self, name):
        return getattr(self.finder, name)

sys.hidden = sys.meta_path[:], {{name: sys.modules.pop(name) for name in {NAMES} if name in sys.modules}}
sys.meta_path[:] = [Without(finder) for finder in sys.meta_path]
"""

SHOW = """
import sys
sys.meta_path[:], modules = sys.hidden
sys.modules.update(modules)
"""


def apart(source):
    """Return code that runs source, and leaves no name behind."""
    return f"exec({source!r}, {{}})"


def told(nb):
    """Return for every code cell what is printed in its place where no framework is installed; None: it runs."""
    missing, lines = _missing.Missing(), []
    with mock.patch.object(_missing, "find_spec", lambda name: None):
        for cell in nb.cells:
            if cell.cell_type == "code":
                tree = ast.parse(TransformerManager().transform_cell(cell.source))
                instead = missing.visit(tree)
                lines.append(None if instead is tree else ast.literal_eval(instead.body[0].value.args[0]))
    return lines


class WithoutFrameworks:
    """A plugin of pytest: nbval runs a cell that needs no framework while there is none."""

    def __init__(self):
        self._told = {}  # path of a notebook -> what is told in its code cells

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item):
        if (
            not isinstance(item, IPyNbCell) or self._needs_one(item) or "find_spec" in item.cell.source
        ):  # it asks for them
            return (yield)
        _run(item.parent.kernel, HIDE)
        try:
            return (yield)
        finally:
            if item.parent.kernel.is_alive():
                _run(item.parent.kernel, SHOW)

    def _needs_one(self, item):
        nb, path = item.parent.nb, item.path
        if path not in self._told:
            code = [cell.source for cell in nb.cells if cell.cell_type == "code"]
            self._told[path] = dict(zip(code, told(nb), strict=True))
        return self._told[path][item.cell.source] is not None


def _run(kernel, source):
    kernel.await_idle(kernel.kc.execute(apart(source), silent=True, store_history=False), 60)
