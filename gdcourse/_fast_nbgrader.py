"""nbgrader's modules without what they import and rarely use: 850 modules less, most of a second. Import this before nbgrader.

nbgrader's own package imports JupyterLab's server first, and its `utils` all of `setuptools`, for three functions that unpack
archives; its `auth` imports `requests`, to ask a hub for names. All are imported when they are asked for.
"""

import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any

from gdcourse._late import Late

NAME, ARCHIVES = "nbgrader", "setuptools.archive_util"


def _package() -> None:
    """Let nbgrader's modules be found, and run the package's own file when a name of it is wanted that is none of them."""
    spec = find_spec(NAME)
    if NAME in sys.modules or spec is None or spec.loader is None:
        return
    package, loader = module_from_spec(spec), spec.loader

    def load(name: str) -> Any:
        if name == "__version__":  # asked for by its modules, while they are loaded
            return import_module(f"{NAME}._version").__version__
        if find_spec(f"{NAME}.{name}") is None:
            del package.__getattr__
            loader.exec_module(package)
        if name in vars(package):
            return vars(package)[name]
        raise AttributeError(f"module {NAME!r} has no attribute {name!r}", name=name, obj=package)

    package.__getattr__ = load  # type: ignore[method-assign]
    sys.modules[NAME] = package


def _archives() -> None:
    """Put functions in the place of setuptools', which import it when they are called."""
    if ARCHIVES in sys.modules:
        return
    stand_in = ModuleType(ARCHIVES)

    def late(name: str) -> Any:
        if not name.startswith("unpack_"):
            raise AttributeError(f"module {ARCHIVES!r} has no attribute {name!r}", name=name, obj=stand_in)

        def unpack(*args: Any, **kwargs: Any) -> Any:
            if sys.modules.get(ARCHIVES) is stand_in:
                del sys.modules[ARCHIVES]
            return getattr(import_module(ARCHIVES), name)(*args, **kwargs)

        return unpack

    stand_in.__getattr__ = late  # type: ignore[method-assign]
    sys.modules[ARCHIVES] = stand_in


_package()
_archives()
sys.meta_path.insert(0, Late("requests"))
