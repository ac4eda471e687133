"""Gradient Descent in Deep Learning: the library behind the course.

Each topic is a package with its theory in the docstring and one file per framework, the same names in each:

>>> from gdcourse.losses.numpy import mse
>>> print(mse([1.0, 3.0], [1.0, 1.0], "mean"))
2.0

`gdcourse.losses.torch` and `gdcourse.losses.tensorflow` load their framework on first use, so that importing `gdcourse`
costs NumPy's import and no more.
"""

import os
from importlib import import_module

# TensorFlow without its start-up notes, and without oneDNN's variants of operations, whose last digits differ from machine to
# machine. It reads these when it is first imported, wherever that is; a value that you have set wins.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

TOPICS = (
    "losses", "gradients", "optimizers", "schedules", "clipping", "initializers", "layers", "recurrent", "models",
    "training", "precision", "attribution", "distributed", "privacy", "functions", "datasets",
    "diagnostics", "plots", "conformance",
)  # fmt: skip
__all__ = ["__version__", "check", *TOPICS]


def __getattr__(name):
    if name in TOPICS:
        return import_module(f"gdcourse.{name}")
    if name == "check":  # of exercises, in a notebook
        from gdcourse.grading.check.live import check

        return check
    if name == "__version__":  # reading it takes longer than the rest of this file
        from importlib.metadata import version

        return version("gdcourse")
    raise AttributeError(f"module 'gdcourse' has no attribute {name!r}")


def __dir__():
    return __all__


def _in_notebook():
    """In IPython, let cells that need a framework which is missing say so."""
    import sys

    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is not None:
        from gdcourse import _missing

        _missing.install(shell)


_in_notebook()
