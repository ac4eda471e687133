"""What users install: the wheel outside the repository, the README's commands, the Binder image's steps without Docker."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from gdcourse import resources
from gdcourse.catalogue import Catalogue, minutes

ROOT = resources.root()
BINDER = ROOT / "binder"
CLEAN = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}  # nothing of the developer's
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def sh(*command, cwd, **env):
    done = subprocess.run(list(map(str, command)), cwd=cwd, env={**CLEAN, **env}, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done.stdout


def environment(folder):
    """Make an environment that sees this one's packages below its own, and return its bin folder."""
    venv.create(folder, with_pip=True, system_site_packages=False)
    (site,) = folder.glob("lib/python*/site-packages")
    theirs = Path(pytest.__file__).parents[1]
    (site / "below.pth").write_text(f"{theirs}\n")
    return folder / "bin"


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """Copy what git knows or would add."""
    folder = tmp_path_factory.mktemp("clone")
    files = sh("git", "ls-files", "-co", "--exclude-standard", cwd=ROOT).splitlines()
    for name in files:
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


def test_a_wheel_carries_the_course(clone, tmp_path):
    """Install it alone in a folder, and make a working copy from there, far from the repository."""
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path / "dist"]
    sh(*build, cwd=clone)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    bin_ = environment(tmp_path / "env")
    sh(bin_ / "pip", "install", "-q", "--no-deps", "--no-index", "--ignore-installed", wheel, cwd=tmp_path)
    where = sh(bin_ / "python", "-c", "import gdcourse; print(gdcourse.__file__)", cwd=tmp_path).strip()
    assert where.startswith(str(tmp_path))
    packed = "from gdcourse.grading.plugins.formulas import macro; print(len(macro()))"  # MathJax of nbgrader's pages
    assert int(sh(bin_ / "python", "-c", packed, cwd=tmp_path)) > 500_000
    sh(bin_ / "gdcourse", "lab", "--no-start", cwd=tmp_path)
    copy = tmp_path / "gradient-descent-course"
    wanted = {p.relative_to(ROOT / "course") for p in ROOT.glob("course/*/*.ipynb") if "checkpoint" not in p.name}
    assert {p.relative_to(copy) for p in copy.glob("*/*.ipynb")} == wanted and (copy / "home.md").exists()
    told = subprocess.run(
        [bin_ / "gdcourse", "check", "00_start", "--full"], cwd=copy, env=CLEAN, capture_output=True, text=True
    ).stdout
    assert re.search(r"00_start: 0 of \d+ points", told)


def test_readme_has_the_two_commands_and_ci_runs_the_second():
    readme, ci = (ROOT / "README.md").read_text("utf-8"), (ROOT / ".ci" / "run").read_text("utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", readme, flags=re.S)
    assert any("binder/constraints.txt" in block and "gdcourse lab" in block for block in blocks)
    (test,) = [block.strip() for block in blocks if "pytest" in block]
    install, run = test.split(" && ")
    assert install.replace("pip install", "pip install -q") in ci and run in ci
    assert "https://download.pytorch.org/whl/cpu" in readme and "download.pytorch.org" not in ci


def test_constraints_pin_every_requirement_to_what_runs_here():
    from importlib.metadata import PackageNotFoundError, version

    pins = {}
    for line in (BINDER / "constraints.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            requirement = Requirement(line)
            (specifier,) = requirement.specifier
            assert specifier.operator == "=="
            pins[requirement.name.lower().replace("_", "-")] = specifier.version
    extras = [r for group in PROJECT["optional-dependencies"].values() for r in group]
    for text in [*PROJECT["dependencies"], *extras]:
        requirement = Requirement(text)
        if requirement.name != PROJECT["name"]:
            assert requirement.specifier.contains(pins[requirement.name.lower()]), text
    for name, pinned in pins.items():
        try:
            assert version(name).split("+")[0] == pinned, name
        except PackageNotFoundError:
            assert name in ("tensorflow", "colorama", "pywinpty", "appnope"), name


def test_repo2docker_accepts_the_repository(clone):
    """Without Docker it can still write the recipe of the image; it must contain our steps."""
    command = [Path(sys.executable).parent / "jupyter-repo2docker", "--no-build", "--debug", "."]
    done = subprocess.run(list(map(str, command)), cwd=clone, capture_output=True, text=True)
    recipe = done.stdout + done.stderr
    assert done.returncode == 0, recipe[-2000:]
    assert 'pip install --no-cache-dir -r "binder/requirements.txt"' in recipe
    assert "./binder/postBuild" in recipe and 'R2D_ENTRYPOINT="${REPO_DIR}/binder/start"' in recipe
    assert recipe.index("COPY --chown=0:0 src/ ") < recipe.index('-r "binder/requirements.txt"')


def test_binder_steps_run(clone, tmp_path):
    """Install what `binder/` says into an environment, as the image's recipe does, and start a session in it."""
    bin_ = environment(tmp_path / "env")
    path = {"PATH": f"{bin_}:{os.environ['PATH']}", "TORCH_INDEX": "", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    sh(bin_ / "pip", "install", "-q", "--no-build-isolation", "-r", "binder/requirements.txt", cwd=clone, **path)
    sh("binder/postBuild", cwd=clone, PIP_NO_BUILD_ISOLATION="0", **path)
    told = sh("binder/start", "sh", "-c", "echo threads $OMP_NUM_THREADS", cwd=clone, **path)
    assert "threads 1" in told and (clone / "gradient-descent-course" / "home.md").exists()
    config = json.loads((tmp_path / "env/etc/jupyter/jupyter_server_config.d/gdcourse.json").read_text())
    longest = max(minutes(path) for path in ROOT.glob("course/*/[0-9]*.ipynb"))
    assert config["MappingKernelManager"]["cull_idle_timeout"] >= 60 * min(
        longest, 60
    )  # no lesson loses its kernel on the way
    assert (tmp_path / "env/share/jupyter/labextensions/gdcourse/package.json").exists()
    shutil.rmtree(clone / "gradient-descent-course")


def test_binder_files():
    assert re.fullmatch(r"python-3\.1[123]\n", (BINDER / "runtime.txt").read_text())
    for name in ("postBuild", "start"):
        assert (BINDER / name).stat().st_mode & stat.S_IXUSR
        assert (BINDER / name).read_text().startswith("#!")


def test_badge_and_lessons_link_to_the_same_repository():
    repository = Catalogue.read(ROOT).repository
    for page in [ROOT / "README.md", *ROOT.glob("course/*/*.ipynb")]:
        found = re.findall(r"mybinder\.org/v2/gh/([\w-]+/[\w-]+)/", page.read_text("utf-8"))
        assert found and set(found) == {repository}, page
