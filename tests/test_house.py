"""The house's rules: imports flow one way, frameworks load lazily and are twins, exported names are complete."""

import ast
import inspect
import pkgutil
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import cases
import pytest

import gdcourse
from gdcourse import resources

PACKAGE = Path(gdcourse.__file__).parent
MODULES = sorted(
    p.relative_to(PACKAGE).with_suffix("").as_posix() for p in PACKAGE.rglob("*.py") if "_data" not in p.parts
)

# A module may import these of the package, beside `_lazy`, `_check` and its own folder's shared modules.
ARROWS = {
    "gradients/numpy": {"gradients.differences"},
    "diagnostics/__init__": {"diagnostics"},
    "diagnostics/gradient": {"gradients.differences"},
    "diagnostics/figures": {"plots"},
    "diagnostics/clinic": {"diagnostics"},
    **{f"datasets/{name}": {"datasets"} for name in ("__init__", "points", "wheel", "images", "augmentation")},
    **{
        f"plots/{name}": {"plots"}
        for name in ("__init__", "arrays", "circuits", "films", "fits", "lines", "surfaces", "landscapes", "panels")
    },
    **{
        f"conformance/{topic}": {"conformance", f"{topic}.numpy"}
        for topic in ("losses", "initializers", "layers", "recurrent", "optimizers", "clipping", "precision")
    },
    "conformance/schedules": {"conformance", "schedules"},
    **{f"layers/{f}": {f"initializers.{f}"} for f in cases.FRAMEWORKS},
    "recurrent/checks": {"layers"},
    "attribution/checks": {"layers"},
    **{f"recurrent/{f}": {"layers", f"layers.{f}", f"initializers.{f}"} for f in cases.FRAMEWORKS},
    **{f"distributed/{f}": {"distributed"} for f in (*cases.FRAMEWORKS, "launch")},
    **{f"models/{f}": {f"layers.{f}", f"initializers.{f}"} for f in cases.FRAMEWORKS},
    "training/history": {"plots"},
    "grading/course/reports": {"plots"},
    "workspace": {"resources", "catalogue"},
    "grading/check/live": {"workspace"},  # the learner's progress
    "jupyter/extension": {"workspace"},
    "doctor": {"resources"},
    "authoring/site/reference": {"conformance"},  # shows its rows
    "__init__": {"grading"},  # `check`, for notebooks
    "cli": {"workspace", "doctor", "resources", "catalogue", "execution", "authoring", "grading"},
}
# The rooms of `grading`, by who trusts whom: each may import those named here, beside itself.
ROOMS = {
    "limits": set(),
    "forking": set(),
    "notebooks": {"limits"},
    "check": {"limits", "notebooks"},
    "wire": {"limits"},
    "student": {"limits", "forking", "wire"},
    "judge": {"limits", "notebooks", "wire"},
    "engine": {"limits", "forking", "notebooks", "wire", "student", "judge"},
    "course": {"limits", "notebooks", "engine"},
    "plugins": {"limits", "notebooks", "engine", "course"},
}
OUTER = {"authoring", "grading"}  # nothing imports these but `cli`, and `check` from the package itself
SHARED_BY_OUTER = {"resources", "catalogue", "execution"}


def imports(module):
    """Return the modules of the package that a module imports, anywhere in its text."""
    found = set()
    for node in ast.walk(ast.parse((PACKAGE / f"{module}.py").read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{a.name}" if node.module == "gdcourse" else node.module for a in node.names}
    names = {name.removeprefix("gdcourse.") for name in found if name.startswith("gdcourse.")}
    return names - {"_lazy", "_check", "_names", "_missing", "_fast_nbformat", "_fast_nbgrader", "_late", "__version__"}


def shared(module, topic):
    """Return what a module imports of its own topic, the frameworks' files apart."""
    own = {name for name in imports(module) if name.split(".")[0] == topic} if topic in cases.TOPICS else set()
    return own - {f"{topic}.{f}" for f in cases.FRAMEWORKS}


@pytest.mark.parametrize("module", MODULES)
def test_imports_flow_one_way(module):
    topic = module.split("/")[0]
    if topic in OUTER:
        allowed = SHARED_BY_OUTER | ARROWS.get(module, set())
        allowed |= {name for name in imports(module) if name.split(".")[0] == topic}
    elif module in ARROWS:
        allowed = ARROWS[module] | {name for name in imports(module) if name.split(".")[0] in ARROWS[module]}
        allowed |= shared(module, topic)
    elif topic in cases.TOPICS:
        allowed = shared(module, topic)
    else:
        allowed = set()
    assert imports(module) <= allowed


GRADING = [module for module in MODULES if module.startswith("grading/")]


def grading_imports(module):
    """Return the modules of `grading` that a module imports; `from a.package import name` may import the module `name`."""
    found = set()
    for node in ast.walk(ast.parse((PACKAGE / f"{module}.py").read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module}: a relative import"
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name.removeprefix("gdcourse.").replace(".", "/") for name in found} & set(GRADING)


@pytest.mark.parametrize("module", GRADING)
def test_grading_imports_flow_by_trust(module):
    room = module.split("/")[1]
    assert {name.split("/")[1] for name in grading_imports(module)} <= {room} | ROOMS.get(room, set())


def test_the_rooms_of_grading_are_known_and_student_and_judge_strangers():
    assert {module.split("/")[1] for module in GRADING} - {"__init__"} == set(ROOMS)
    assert "judge" not in ROOMS["student"] and "student" not in ROOMS["judge"] and ROOMS["wire"] == {"limits"}


def test_the_guide_of_contributors_names_each_file_of_each_room():
    guide = (resources.root() / ".github" / "CONTRIBUTING.md").read_text("utf-8")
    layout = guide.partition("## The grading engine")[2].split("```")[1]
    rooms = {
        part.split("/", 1)[0]: set(re.findall(r"\w+", part)) for part in re.split(r"\n(?=\w)", layout) if "/" in part
    }
    for room in {Path(module).parts[1] for module in GRADING if module.count("/") > 1} - {"check"}:
        files = {Path(module).name for module in GRADING if module.startswith(f"grading/{room}/")}
        assert files - {"__init__", room} <= rooms[room], room


def test_no_modules_of_grading_import_each_other_in_a_circle():
    TopologicalSorter(
        {module: grading_imports(module) for module in GRADING}
    ).prepare()  # `CycleError` names the circle


@pytest.mark.parametrize("room", ["wire", "student", "judge"])
def test_each_file_between_which_a_student_could_slip_has_unit_tests(room):
    files = {module.split("/")[-1] for module in GRADING if module.split("/")[1] == room} - {"__init__"}
    tests = {path.stem.removeprefix("test_") for path in (Path(__file__).parent / "grading" / room).glob("test_*.py")}
    assert files <= tests


def test_importing_the_package_loads_no_framework():
    code = (
        "import sys, gdcourse, gdcourse.losses, gdcourse.training, gdcourse.datasets, gdcourse.diagnostics;"
        "print(sorted({'torch', 'tensorflow', 'keras', 'matplotlib', 'IPython', 'sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("framework, called", [("torch", "PyTorch"), ("tensorflow", "TensorFlow")])
@pytest.mark.parametrize("topic", cases.TOPICS)
def test_a_missing_framework_names_the_extra(topic, framework, called):
    code = f"import sys; sys.modules['{framework}'] = None; import gdcourse.{topic}; gdcourse.{topic}.{framework}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert f"{called} is not installed" in done.stderr and f'"gdcourse[{framework}]"' in done.stderr


@pytest.mark.parametrize("topic", cases.TOPICS)
def test_frameworks_are_twins(topic):
    """The same public names, signatures and docstrings in the three files of a topic."""
    described = [describe(cases.module(topic, framework)) for framework in cases.FRAMEWORKS]
    assert described[0] == described[1] == described[2] != {}


def describe(module):
    found = {}
    for name in module.__all__:
        thing = getattr(module, name)
        found[name] = (signature(thing), thing.__doc__)
        if inspect.isclass(thing):
            for method, function in inspect.getmembers(thing, inspect.isfunction):  # a parent's too
                if method == "__init__" or not method.startswith("_"):
                    found[f"{name}.{method}"] = (signature(function), inspect.getdoc(function))
    return found


def signature(function):
    """Return the signature as text, without what tells the frameworks' own functions and classes apart in defaults."""
    return re.sub(r" at 0x\w+|gdcourse\.\w+\.\w+\.", "", str(inspect.signature(function)))


@pytest.mark.parametrize("topic", cases.TOPICS)
@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_exported_names_are_complete(topic, framework):
    module = cases.module(topic, framework)
    public = {
        name
        for name, thing in vars(module).items()
        if not name.startswith("_") and getattr(thing, "__module__", None) == module.__name__
    }
    assert public == set(module.__all__)


def test_every_topic_can_be_reached():
    packages = {m.name for m in pkgutil.iter_modules([str(PACKAGE)]) if not m.name.startswith("_")}
    inner = {"authoring", "grading", "cli", "catalogue", "resources", "execution", "workspace", "doctor", "testing"}
    assert set(gdcourse.TOPICS) == packages - inner
    assert all(inspect.ismodule(getattr(gdcourse, topic)) for topic in gdcourse.TOPICS)


def test_the_package_names_its_topics_and_its_version():
    from importlib.metadata import version

    assert dir(gdcourse) == sorted(gdcourse.__all__) and gdcourse.__version__ == version("gdcourse")
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = gdcourse.nothing


def test_public_functions_have_docstrings():
    for module in MODULES:
        tree = ast.parse((PACKAGE / f"{module}.py").read_text("utf-8"))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                assert ast.get_docstring(node) or node.name == "main", f"{module}.{node.name} has no docstring"
