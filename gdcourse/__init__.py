"""Gradient Descent in Deep Learning: the library behind the course.

Each topic is a package with its theory in the docstring and one file per framework, the same names in each:

>>> from gdcourse.losses.numpy import mse
>>> print(mse([1.0, 3.0], [1.0, 1.0], "mean"))
2.0

`gdcourse.losses.torch` and `gdcourse.losses.tensorflow` load their framework on first use, so that importing `gdcourse`
costs NumPy's import and no more.
"""

from importlib import import_module

TOPICS = (
    "losses", "gradients", "optimizers", "schedules", "clipping", "initializers", "layers", "recurrent", "models",
    "training", "functions", "datasets", "diagnostics", "plots", "conformance",
)  # fmt: skip
__all__ = ["__version__", *TOPICS]


def __getattr__(name):
    if name in TOPICS:
        return import_module(f"gdcourse.{name}")
    if name == "__version__":  # reading it takes longer than the rest of this file
        from importlib.metadata import version

        return version("gdcourse")
    raise AttributeError(f"module 'gdcourse' has no attribute {name!r}")


def __dir__():
    return __all__
