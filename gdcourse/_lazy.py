"""Load a framework only when a reader first asks for it."""

from importlib import import_module

FRAMEWORKS = {"numpy": "NumPy", "torch": "PyTorch", "tensorflow": "TensorFlow"}


def frameworks(package):
    """Return the ``__getattr__`` and ``__dir__`` of a package with one file per framework.

    ``losses.torch`` then imports PyTorch on first use. A framework that is not installed raises an `ImportError` that
    says which extra to install.
    """

    def __getattr__(name):
        if name not in FRAMEWORKS:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return import_module(f"{package}.{name}")

    return __getattr__, lambda: list(FRAMEWORKS)


def need(framework):
    """Import and return a framework, or raise an `ImportError` that names the extra which installs it."""
    try:
        return import_module(framework)
    except ModuleNotFoundError as error:
        if error.name != framework:
            raise
        raise ModuleNotFoundError(
            f"{FRAMEWORKS[framework]} is not installed. Every NumPy part of the course works without it. To add it, run\n"
            f'    pip install "gdcourse[{framework}]"\n'
            f'or, in a clone of the course, pip install -c binder/constraints.txt -e ".[{framework}]"',
            name=framework,
        ) from None
