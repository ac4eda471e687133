"""Examine an installation: each finding says what is wrong and how to mend it."""

import os
import platform
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

import psutil

from gdcourse import resources

PACKAGES = ("gdcourse", "numpy", "matplotlib", "ipywidgets", "scikit-learn", "jupyterlab", "nbgrader")
FRAMEWORKS, NBGRADER = ("torch", "tensorflow"), "@jupyter/nbgrader"
NEED_GB, DEFAULT_PORT, PATIENCE = 2.0, 8888, 8.0


@dataclass(frozen=True)
class Finding:
    """One thing examined. level: "ok", "note" (works without) or "problem"; mend: what to do, empty when ok."""

    topic: str
    level: str
    found: str
    mend: str = ""


def examine(patience=PATIENCE):
    """Yield a `Finding` for every part of the installation that the course leans on, the slow ones last.

    patience: seconds that the frameworks have to load, which begin at once; counted from the start of this process.
    """
    until = time.monotonic() + patience - _age()
    loading = {name: _load(name) for name in FRAMEWORKS if find_spec(name)}
    try:
        yield _python()
        yield from map(_package, PACKAGES)
        yield from (_threads(), _memory(), _course(), _kernel(), _extensions(), _port())
        for name in FRAMEWORKS:
            yield _framework(name, loading.get(name), until)
    finally:
        for process in loading.values():
            process.kill()
            process.communicate()


def _age():
    """Return for how many seconds this process runs."""
    return time.time() - psutil.Process().create_time()


def _python():
    found = f"{platform.python_version()} on {platform.system()} {platform.machine()}, {sys.executable}"
    if (3, 11) <= sys.version_info < (3, 14):
        return Finding("Python", "ok", found)
    return Finding(
        "Python", "problem", found, "the course needs Python 3.11, 3.12 or 3.13: make a new environment with it"
    )


def _package(name):
    try:
        return Finding(name, "ok", version(name))
    except PackageNotFoundError:
        extra = "lab" if name in ("jupyterlab", "nbgrader") else ""
        return Finding(name, "problem", "not installed", f'pip install "gdcourse{f"[{extra}]" if extra else ""}"')


def _load(name):
    """Import a framework in a process of its own: one that does not load must not take the doctor with it."""
    modest = "import os; getattr(os, 'nice', abs)(5); "  # the rest of the examination does not wait for it
    code = f"{modest}import {name}; print({name}.__version__)"
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0"}
    return subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=quiet
    )


def _framework(name, process, until):
    if process is None:
        return Finding(name, "note", "not installed", f'optional: pip install "gdcourse[{name}]"')
    try:
        told, errors = process.communicate(timeout=max(0, until - time.monotonic()))
    except subprocess.TimeoutExpired:
        found = "installed; it had not loaded when the doctor had to go on"
        return Finding(name, "note", found, "the machine is busy: look again when it is less so")
    if process.returncode == 0:
        return Finding(name, "ok", told.strip().splitlines()[-1])
    last = (errors.strip().splitlines() or [f"ended with status {process.returncode}"])[-1]
    return Finding(name, "problem", f"installed, but does not load: {last}", f"pip install --force-reinstall {name}")


def _threads():
    cores, set_to = os.cpu_count(), os.environ.get("OMP_NUM_THREADS")
    found = f"{cores} cores, OMP_NUM_THREADS={set_to or 'not set'}"
    if set_to or cores > 4:
        return Finding("threads", "ok", found)
    mend = "two busy kernels can stall each other: `gdcourse lab` sets OMP_NUM_THREADS=1 for its kernels"
    return Finding("threads", "note", found, mend)


def _memory():
    free = psutil.virtual_memory().available / 2**30
    found = f"{free:.1f} GB free of {psutil.virtual_memory().total / 2**30:.1f} GB"
    if free >= NEED_GB:
        return Finding("memory", "ok", found)
    mend = "a kernel with PyTorch and TensorFlow takes 0.8 GB: shut down the kernels that you do not need"
    return Finding("memory", "note", found, mend)


def _course():
    try:
        return Finding("course files", "ok", str(resources.root()))
    except FileNotFoundError as error:
        return Finding("course files", "problem", str(error), 'pip install --force-reinstall "gdcourse"')


def _kernel():
    if find_spec("ipykernel") is None:
        return Finding("kernel python3", "problem", "ipykernel is not installed", "pip install ipykernel")
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    install = "python -m ipykernel install --sys-prefix --name python3"
    try:
        argv = KernelSpecManager().get_kernel_spec("python3").argv
    except NoSuchKernel:
        return Finding("kernel python3", "problem", "no such kernel", install)
    program = argv[0] if os.path.isabs(argv[0]) else shutil.which(argv[0])
    if program and os.path.realpath(program) != os.path.realpath(sys.executable):
        found = f"runs {program}, not this Python: lessons would not find gdcourse"
        return Finding("kernel python3", "problem", found, install)
    return Finding("kernel python3", "ok", program or argv[0])


def _extensions():
    if find_spec("jupyterlab") is None or find_spec("nbgrader") is None:
        return Finding("Validate button", "problem", "JupyterLab or nbgrader is missing", 'pip install "gdcourse[lab]"')
    from jupyter_core.paths import jupyter_path
    from jupyterlab_server.config import get_federated_extensions, get_page_config

    folders = jupyter_path("labextensions")
    disabled = get_page_config(folders).get("disabledExtensions", [])
    if NBGRADER in get_federated_extensions(folders) and not {NBGRADER, f"{NBGRADER}:validate-assignment"} & {
        *disabled
    }:
        return Finding("Validate button", "ok", "nbgrader's extension is enabled")
    found = "nbgrader's JupyterLab extension is missing or disabled"
    return Finding("Validate button", "problem", found, f"jupyter labextension enable {NBGRADER}")


def _port():
    port = free_port(DEFAULT_PORT)
    if port == DEFAULT_PORT:
        return Finding("port", "ok", f"{DEFAULT_PORT} is free")
    return Finding("port", "note", f"{DEFAULT_PORT} is in use", f"`gdcourse lab` takes {port}, or name one with --port")


def free_port(first, tries=50):
    """Return the first port from ``first`` on that nothing listens on, on this machine."""
    for port in range(first, first + tries):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise OSError(f"expected a free port from {first} to {first + tries - 1}, all are in use: name one with --port")
