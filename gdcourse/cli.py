"""The `gdcourse` command."""

import gc
import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

import gdcourse._fast_nbformat  # noqa: F401
from gdcourse import __version__, doctor, resources, workspace
from gdcourse.catalogue import HOME, WORKING_COPY, Catalogue, State, exercises, notebooks
from gdcourse.execution import ENVIRONMENT

if TYPE_CHECKING:
    from gdcourse.grading.check.exercises import Exercise

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
    help="Gradient Descent in Deep Learning: open the course, check exercises, build notebooks, grade a class.",
)
out, err = Console(), Console(stderr=True)


def _fail(message: object, status: int = 1) -> NoReturn:
    err.print(f"[red]{escape(str(message))}[/red]", soft_wrap=True)
    raise typer.Exit(status)


def _need(package: str, extra: str) -> None:
    if importlib.util.find_spec(package) is None:
        _fail(f'{package} is not installed. To add it: pip install "gdcourse[{extra}]"')


def _units(unit: str | None) -> list[str]:
    """Return the unit that is meant by its name, number or word, or all units if None; what is none ends the command."""
    units = Catalogue.read(resources.root()).units
    if unit is None:
        return list(units)
    meant = [name for name in units if unit in (name, *name.split("_", 1)) or unit == str(int(name.split("_")[0]))]
    if not meant:
        _fail(f"expected a unit among {', '.join(units)}, got {unit}", status=2)
    return meant


@app.callback(invoke_without_command=True)
def main(version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False) -> None:
    # As if the environment were activated: Lab's terminals then find `gdcourse`, and nbgrader its helpers.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    if version:
        out.print(f"gdcourse {__version__}")
        raise typer.Exit


@app.command()
def lab(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Your working copy of the course.")] = Path(
        WORKING_COPY
    ),
    unit: Annotated[str | None, typer.Option(help="Open this unit's first lesson, not the home page.")] = None,
    port: Annotated[
        int | None, typer.Option(help="Port of the server; the first free one from 8888 on if not given.")
    ] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser window.")] = True,
    start: Annotated[bool, typer.Option("--start/--no-start", help="Start JupyterLab, or only make the copy.")] = True,
    with_outputs: Annotated[
        bool, typer.Option("--with-outputs", help="Lessons with their outputs, which give the predictions away.")
    ] = False,
) -> None:
    """Make or refresh your working copy of the course and open it in JupyterLab. Your own work is never overwritten."""
    unit = _units(unit)[0] if unit else None
    try:
        changes = workspace.prepare(folder, with_outputs=with_outputs)
    except (workspace.WorkspaceError, OSError) as error:
        _fail(error)
    _report(changes, folder)
    if not start:
        return
    _need("jupyterlab", "lab")
    page = f"{unit}/{notebooks(folder, unit)[0].name}" if unit else HOME
    try:
        port = port or doctor.free_port(doctor.DEFAULT_PORT)
    except OSError as error:
        _fail(error)
    out.print(f"JupyterLab starts on port {port}. Stop it with Ctrl-C.")
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder.resolve()}", f"--port={port}"]
    command += [f"--LabApp.default_url=/lab/tree/{page}", "--ServerApp.port_retries=0", "-y"]
    command += [f"--LabApp.extra_labextensions_path={resources.PACKAGE / 'jupyter' / 'labextensions'}"]
    if os.name == "posix":  # else a server without a terminal starts log-in shells, which set a PATH of their own
        command += [f"--ServerApp.terminado_settings=shell_command=['{os.environ.get('SHELL') or '/bin/sh'}']"]
    command += [] if browser else ["--no-browser"]
    command += (
        ["--allow-root"] if os.name == "posix" and os.geteuid() == 0 else []
    )  # as in a container; the token guards it
    with subprocess.Popen(command, env={**ENVIRONMENT, **os.environ, **_lab_defaults()}) as server:
        signal.signal(signal.SIGTERM, lambda *_: server.terminate())
        try:
            raise typer.Exit(server.wait())
        except KeyboardInterrupt:
            server.terminate()  # then it ends its kernels first; leaving the block waits for it
            raise typer.Exit from None


def _lab_defaults() -> dict[str, str]:
    """Return the environment with the course's JupyterLab defaults: Markdown opens as a preview, no question about news.

    A learner's own settings win over them. (Not `?factory=`: Jupyter prints its address with a second `?`, and no log-in.)
    """
    paths = [str(resources.PACKAGE / "jupyter"), os.environ.get("JUPYTER_CONFIG_PATH")]
    return {"JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, paths))}


def _report(changes: workspace.Changes, folder: Path) -> None:
    for word, names in (("added", changes.added), ("updated", changes.updated), ("removed", changes.removed)):
        if len(names) > 6:
            out.print(f"{word} {len(names)} files in {folder}")
        else:
            for name in names:
                out.print(f"{word} {folder}/{name}")
    for yours, new in changes.beside:
        out.print(f"you changed {folder}/{yours}, so it stays; the new version is {folder}/{new}", soft_wrap=True)
    for yours in changes.kept:
        out.print(f"you changed {folder}/{yours}, so it stays, though the course has it no longer", soft_wrap=True)
    if changes == workspace.Changes():
        out.print(f"{folder} is up to date")


@app.command()
def check(
    unit: Annotated[str | None, typer.Argument(help="A unit such as 01_loss, 01 or loss; all if not given.")] = None,
    exercise: Annotated[
        list[str] | None,
        typer.Option(help="Only this exercise, such as mse; may be repeated. Runs no more than it needs."),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Run the hidden tests too.")] = False,
    folder: Annotated[Path, typer.Option("--dir", help="Your working copy; found from the current folder.")] = Path(
        "."
    ),
    timeout: Annotated[int, typer.Option(min=1, help="Seconds that one cell may work.")] = 30,
) -> None:
    """Run your exercise notebooks and say, per exercise, what passes and which property does not."""
    _need("nbgrader", "lab")
    units = _units(unit)
    if exercise and unit is None:
        _fail("expected a unit beside --exercise, as in: gdcourse check 01 --exercise mse", status=2)
    if unknown := set(exercise or ()) - set(exercises(resources.released(units[0]))):
        known = ", ".join(exercises(resources.released(units[0])))
        _fail(f"expected an exercise of {units[0]} among {known}, got {', '.join(sorted(unknown))}", status=2)
    try:
        folder = workspace.find(folder)
    except workspace.WorkspaceError as error:
        _fail(error)
    results = [_check_one(folder, name, exercise, full, timeout) for name in units]
    raise typer.Exit(0 if all(results) else 1)


def _check_one(folder: Path, unit: str, only: list[str] | None, full: bool, timeout: int) -> bool:
    """Check one unit, print its table, note its progress; return whether every test that ran passed."""
    from gdcourse.grading.check.exercises import check as run_check
    from gdcourse.grading.check.exercises import points
    from gdcourse.grading.check.kernel import KernelError
    from gdcourse.grading.notebooks import NotebookError

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    try:
        with Progress(*columns, console=err, transient=True) as bar:
            task = bar.add_task(unit, total=None)
            checked = run_check(
                folder / unit / "exercises.ipynb",
                unit,
                only=only,
                full=full,
                timeout=timeout,
                on_cell=lambda done, of: bar.update(task, completed=done, total=of),
            )
    except (NotebookError, KernelError) as error:
        out.print(f"[red]{unit}: {escape(str(error))}[/red]", soft_wrap=True)
        return False
    out.print(_table(unit, checked))
    workspace.record(folder, unit, {e.name: (e.state, e.answer) for e in checked})
    earned, of = points(checked)
    return earned == of


COLOURS = {State.ALL: "green", State.VISIBLE: "cyan", State.FAILED: "red", State.NOT_STARTED: "dim"}


def _table(unit: str, checked: "list[Exercise]") -> Table:
    """Return the outcome as a table. Marks of visible tests alone are called that."""
    earned, of, hidden = (
        sum(numbers) for numbers in zip(*((e.earned, e.points, e.hidden) for e in checked), strict=True)
    )
    told = f"{earned:g} of {of:g} points"
    if hidden:
        told = f"visible tests: {earned:g} of {of:g}; hidden tests not run"
    table = Table(
        title=f"{unit}: {told}", caption=f"--full runs the hidden tests, {hidden:g} points" if hidden else None
    )
    table.add_column("exercise", no_wrap=True)
    table.add_column("outcome", no_wrap=True)
    table.add_column("visible tests" if hidden else "points", justify="right", no_wrap=True)
    table.add_column("what to look at")
    for e in checked:
        lines = [f"• {line.removeprefix(f'{e.name}: ')}" for line in e.failures]
        told = escape("\n".join(lines))  # joined first: two pieces that are harmless may make a tag together
        table.add_row(e.name, f"[{COLOURS[e.state]}]{e.state}[/]", f"{e.earned:g}/{e.points:g}", told)
    return table


@app.command()
def build(
    unit: Annotated[
        str | None,
        typer.Argument(help="A unit such as 01_loss, or one notebook as 01_loss/2_likelihood; all if not given."),
    ] = None,
    execute: Annotated[bool, typer.Option("--execute", help="Run the notebooks and store their outputs.")] = False,
    verify: Annotated[bool, typer.Option("--check", help="Write nothing; name what is out of step, exit 1.")] = False,
    site: Annotated[bool, typer.Option("--site", help="Build the site in build/site from the stored outputs.")] = False,
) -> None:
    """Build the notebooks of `course/` from the sources in `solutions/` (for authors, in a clone of the repository)."""
    if site:
        _build_site()
        return
    _need("jupytext", "instructor")
    from gdcourse.authoring.build import BuildError, drift
    from gdcourse.authoring.build import build as run_build

    root = resources.root()
    if verify:
        stale = drift(root)
        for path in stale:
            out.print(f"[red]out of step: {escape(path)}[/red]")
        if stale:
            _fail("run `gdcourse build` and commit what it changes")
        out.print("every notebook is in step with its source")
        return
    unit, _, lesson = (unit or "").partition("/")
    units = _units(unit or None)
    if lesson and not (root / "solutions" / unit / f"{lesson}.py").exists():
        _fail(f"expected a source in solutions/{unit}, got {lesson}", status=2)
    named = [f"{unit}/{lesson}"] if lesson else True
    try:
        run_build(root, units=units, run=named if execute else (), report=out.print)
    except (BuildError, RuntimeError) as error:
        _fail(error)


def _build_site() -> None:
    _need("myst_nb", "site")
    from gdcourse.authoring.site import SiteError, build_site

    root = resources.root()
    target = root / "build" / "site"
    try:
        build_site(root, target)
    except SiteError as error:
        _fail(error)
    out.print(f"the site is {target / 'index.html'}; `python -m http.server -d {target}` serves it")


@app.command()
def grade(
    unit: Annotated[str | None, typer.Argument(help="The unit to grade, such as 01_loss.")] = None,
    student: Annotated[list[str] | None, typer.Option(help="Only this student; may be repeated.")] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="How many at once; one per processor if not given.")] = None,
    scheduler: Annotated[str | None, typer.Option(help="Grade on the Dask cluster at this address.")] = None,
    db: Annotated[str | None, typer.Option(help="URL of the gradebook; nbgrader_config.py's if not given.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Grade again what has not changed.")] = False,
    report: Annotated[bool, typer.Option("--report", help="Grade nothing; report on what was graded.")] = False,
    init: Annotated[Path | None, typer.Option(metavar="DIR", help="Make a new course folder, ready to use.")] = None,
    limit: Annotated[
        list[str] | None, typer.Option(metavar="NAME=NUMBER", help="A limit, such as cell=120; may be repeated.")
    ] = None,
    unsafe: Annotated[bool, typer.Option("--unsafe", help="Run student code with your rights, unprotected.")] = False,
    strict: Annotated[bool, typer.Option("--strict-nbgrader", help="Take points for warnings, as nbgrader.")] = False,
    beside: Annotated[
        str | None,
        typer.Option(metavar="auto|no", help="Run tests that need the notebook around them beside the student's code."),
    ] = None,
    folder: Annotated[Path, typer.Option("--dir", help="The folder with nbgrader_config.py.")] = Path("."),
) -> None:
    """Grade a class: isolated, in parallel, only what is new or changed, into nbgrader's gradebook."""
    for package in ("nbgrader", "msgpack", "nh3"):
        _need(package, "instructor")
    if scheduler:
        _need("distributed", "cluster")
    gc.disable()  # what is imported stays: to look through it again and again takes a fifth of the time
    from gdcourse.grading.course import terminal
    from gdcourse.grading.course.grader import Grader
    from gdcourse.grading.limits import parsed
    from gdcourse.grading.plugins.new_course import make_course

    gc.freeze()
    gc.enable()
    if init is not None:
        try:
            out.print(f"made {make_course(init)}: see its README.md")
        except OSError as error:
            _fail(error)
        return
    if unit is None:
        _fail("expected a unit, such as 01_loss", status=2)
    try:
        os.chdir(folder)  # the configuration's relative paths count from there, as nbgrader's own commands do
        isolated = False if unsafe else None  # else as the configuration says
        grader = Grader(
            Path.cwd(), db=db, limits=parsed(limit or ()), isolated=isolated, strict=strict or None, beside=beside
        )
        if report:
            terminal.report(grader, unit, out)
            return
        good = terminal.grade(grader, unit, student, out, err, jobs=jobs, scheduler=scheduler, force=force)
    except terminal.ERRORS as error:
        _fail(error)
    raise typer.Exit(0 if good else 1)


@app.command("doctor")
def examine() -> None:
    """Examine the installation and name each problem with its mend."""
    signs = {"ok": "[green]ok     [/]", "note": "[yellow]note   [/]", "problem": "[red]problem[/]"}
    problems = 0
    with err.status(f"examining; PyTorch and TensorFlow have {doctor.PATIENCE:.0f} s to load"):
        for finding in doctor.examine():
            problems += finding.level == "problem"
            out.print(f"{signs[finding.level]} {finding.topic:<16} {escape(finding.found)}", soft_wrap=True)
            if finding.mend:
                out.print(f"{'':<24} [bold]{escape(finding.mend)}[/]", soft_wrap=True)
    if problems:
        _fail(f"{problems} problem{'s' if problems > 1 else ''} to mend")


if __name__ == "__main__":
    app()
