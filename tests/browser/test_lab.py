"""The course in a real JupyterLab and a real browser: read, run, slide, solve, validate, save, and what it is worth."""

import json
import os
import re
import sys
import urllib.request
from pathlib import Path

import nbformat
import psutil
import pytest
from coursefolder import hand_in
from matrix import answers, solved, stock_course

from gdcourse import resources
from gdcourse.catalogue import Catalogue, notebooks, title
from gdcourse.grading.notebooks import exercise_names, grade_id

pytest.importorskip("jupyterlab", reason="JupyterLab is not installed")
expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
expect.set_options(timeout=60_000)  # milliseconds: generous for a busy machine

COURSE = resources.root() / "course"
UNIT = "01_loss"
LESSON = notebooks(COURSE, UNIT)[0]  # has a figure and a slider
RIGHT, WRONG = "unscale", "mse_grad"
BUSY = 180_000  # what running a whole notebook may take
FAILED = "The following cell failed:"
CURRENT = "#jp-main-dock-panel .lm-TabBar-tab.jp-mod-current"

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is tested in a POSIX terminal"),
]


def test_home_page_leads_to_a_lesson_that_runs(lab, browser, shot):
    with browser() as page:
        page.goto(lab.url)
        home = page.locator(".jp-MarkdownViewer")
        for entry in Catalogue.read(resources.root()).units.values():
            expect(home.get_by_text(f"· {entry['title']}")).to_be_visible()
        expect(home.get_by_text(f"○ {title(LESSON)}")).to_be_visible()
        undisturbed(page)
        shot(page, "1-home")

        home.get_by_role("link", name=title(LESSON), exact=True).click()
        panel = ready(page, LESSON)
        expect(panel.get_by_role("button", name="Validate")).to_be_hidden()
        expect(page.locator(f"{CURRENT}.jp-mod-dirty")).to_have_count(0)  # nobody has touched it
        shot(page, "2-lesson")
        run_all(page, panel)
        undisturbed(page)
        pictures = panel.locator(".jp-OutputArea img")
        assert pictures.count() > 0
        assert all(picture.get_attribute("alt") for picture in pictures.all())
        show(panel.locator("mjx-container[display=true], .MathJax_Display").first)
        shot(page, "3-mathematics")
        show(pictures.first)
        shot(page, "4-figure")

        handle = panel.locator(".noUi-handle").first
        picture = panel.locator(".jp-OutputArea-output").filter(has=page.locator(".noUi-handle")).first.locator("img")
        show(handle)
        before = picture.get_attribute("src")
        handle.press("ArrowRight")
        expect(picture).not_to_have_attribute("src", before)
        assert picture.get_attribute("alt")
        shot(page, "5-slider")

        save(page, panel)
        page.locator("#jp-main-dock-panel .lm-TabBar-tab").get_by_text("home.md").click()
        expect(home.get_by_text(f"● {title(LESSON)}")).to_contain_text("finished")
        shot(page, "6-progress")
    cells = [cell for cell in saved(lab, f"{UNIT}/{LESSON.name}").cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in cells)
    assert [output.evalue for cell in cells for output in cell.outputs if output.output_type == "error"] == []


def test_links_lead_to_the_term_and_to_the_exercise(lab, browser, shot):
    with browser() as page:
        page.set_viewport_size({"width": 1400, "height": 500})
        circuit = next(COURSE.glob("02_gradients/*_one_circuit.ipynb"))
        panel = visit(page, lab, f"02_gradients/{circuit.name}")
        panel.get_by_role("link", name="ReLU", exact=True).click()
        expect(page.locator(".jp-MarkdownViewer:visible h2[data-jupyter-id=ReLU]")).to_be_in_viewport()
        shot(page, "1-term")
        page.locator("#jp-main-dock-panel .lm-TabBar-tab", has_text=circuit.name).click()
        panel.get_by_role("link", name="Value", exact=True).click()
        task = page.locator(".jp-NotebookPanel:visible .jp-Cell", has_text="6. A tape of your own")
        expect(task).to_be_in_viewport(timeout=BUSY)
        shot(page, "2-task")
        undisturbed(page)


def test_validate_names_the_failure_then_reports_success(lab, browser, shot):
    with browser() as page:
        panel = visit(page, lab, "00_start/exercises.ipynb")
        for name in set(exercise_names(solved("00_start"))) - {"descend"}:
            type_into(page, cell_of(panel, "00_start", name), right_answer("00_start", name))
        type_into(page, cell_of(panel, "00_start", "descend"), wrong_answer("00_start", "descend"))
        told = validate(page, panel)
        expect(told.get_by_text(FAILED)).to_have_count(1)
        expect(told).to_contain_text("descend: follows x - lr * 2x in the worked example")
        shot(page, "1-failed")
        close(told)

        type_into(page, cell_of(panel, "00_start", "descend"), right_answer("00_start", "descend"))
        told = validate(page, panel)
        expect(told).to_contain_text("Success! Your notebook passes all the tests.")
        expect(told).to_contain_text("The hidden tests have not run")
        shot(page, "2-passed")
        close(told)
        undisturbed(page)


def test_saved_answers_get_exactly_their_marks(lab, browser, shot, tmp_path):
    typed = {RIGHT: right_answer(UNIT, RIGHT), WRONG: wrong_answer(UNIT, WRONG)}
    with browser() as page:
        panel = visit(page, lab, f"{UNIT}/exercises.ipynb")
        undisturbed(page)
        shot(page, "1-exercises")
        for name, source in typed.items():
            type_into(page, cell_of(panel, UNIT, name), source)
            shot(page, f"2-typed-{name}")
        locked = cell_of(panel, UNIT, f"{WRONG}-visible")
        before = locked.locator(".cm-content").inner_text()
        type_into(page, locked, "pass")
        assert locked.locator(".cm-content").inner_text() == before, "a test cell could be edited"

        told = validate(page, panel)
        expect(told.get_by_text(FAILED)).to_have_count(len(exercise_names(solved(UNIT))) - 1)
        expect(told).to_contain_text("mse_grad: agrees with the worked example")
        expect(told).to_contain_text("NotImplementedError")
        expect(told).not_to_contain_text(f"`{RIGHT}`")
        shot(page, "3-failed")
        close(told)
        save(page, panel)

    handed_in = saved(lab, f"{UNIT}/exercises.ipynb")
    assert {grade_id(cell): cell.source for cell in handed_in.cells if grade_id(cell) in typed} == typed
    assert list(lab.folder.rglob("*.py")) == []
    (tmp_path / "class").mkdir()
    course = stock_course(tmp_path / "class")
    course.release(UNIT)
    hand_in(tmp_path / "class", "learner", handed_in, unit=UNIT)
    mark = course.autograde(UNIT, "learner")
    assert mark.problem is None
    assert mark.points == {test: points if test.startswith(f"{RIGHT}-") else 0 for test, points in worth(UNIT).items()}


def test_unit_opens_its_first_lesson_and_ctrl_c_ends_everything(start_lab, browser, shot):
    with start_lab("--unit", UNIT) as lab:
        with browser() as page:
            page.goto(lab.url)
            ready(page, LESSON)
            undisturbed(page)
            shot(page, "1-lesson")
        assert len(lab.family()) >= 2, "expected a server and a kernel"
        assert lab.ctrl_c() == (0, [])
        assert "Traceback" not in lab.log()


def test_a_slider_whose_kernel_is_gone_says_so(lab, browser, shot):
    """As when Binder has ended an idle kernel."""
    with browser() as page:
        panel = visit(page, lab, f"{UNIT}/{LESSON.name}")
        run_all(page, panel)
        output = panel.locator(".jp-OutputArea-output").filter(has=page.locator(".noUi-handle")).first
        note = "element => getComputedStyle(element, '::after').content"
        assert "kernel" not in output.evaluate(note)
        choose(page, "Kernel", "Shut Down Kernel")
        expect(panel).to_have_class(re.compile("gdcourse-no-kernel"))
        show(output)
        assert "The kernel of this notebook has been shut down" in output.evaluate(note)
        shot(page, "1-gone")


def test_nbgraders_exchange_is_nowhere_offered(lab, browser):
    with browser() as page:
        page.goto(lab.url)
        expect(page.locator(".lm-MenuBar-itemLabel").get_by_text("File", exact=True)).to_be_visible()
        expect(page.locator(".lm-MenuBar-itemLabel").get_by_text("Nbgrader")).to_have_count(0)


def test_sigterm_ends_everything_and_terminals_find_the_command(start_lab):
    """Started without a terminal, as by a service."""
    with start_lab() as lab:
        base, token = lab.url.split("/lab")[0], lab.url.split("token=")[1]
        assert json.loads(post(f"{base}/api/terminals", token))["name"]
        shells = [p for p in lab.family() if p.name() in SHELLS]
        shell = min(shells, key=psutil.Process.create_time)  # it may fork while it starts
        assert "-l" not in shell.cmdline() and str(Path(sys.executable).parent) in shell.environ()["PATH"].split(":")
        family = lab.family()
        lab.process.terminate()
        lab.process.wait(60)
        assert psutil.wait_procs(family, timeout=20)[1] == []


SHELLS = {Path(os.environ.get("SHELL") or "/bin/sh").resolve().name, "sh", "dash", "bash"}


def post(url, token):
    request = urllib.request.Request(url, b"{}", {"Authorization": f"token {token}"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read()


def visit(page, lab, path):
    """Log in, open a notebook of the working copy by its address, and return it once it is ready."""
    page.goto(lab.url)
    expect(page.locator(".jp-MarkdownViewer:visible h1").first).to_be_visible()
    page.goto(f"{lab.url.split('/lab/')[0]}/lab/tree/{path}?reset")
    return ready(page, COURSE / path)


def ready(page, path):
    """Wait until a notebook of the course is in front, all its cells are there and its kernel is idle; return it."""
    expect(page.locator("#jp-main-dock-panel .lm-TabBar-tab.jp-mod-current")).to_have_text(path.name)
    panel = page.locator(".jp-NotebookPanel:visible")
    expect(panel.locator(".jp-Cell")).to_have_count(len(nbformat.read(path, as_version=4).cells), timeout=BUSY)
    expect(panel.locator(".jp-Notebook-ExecutionIndicator")).to_have_attribute("data-status", "idle", timeout=BUSY)
    return panel


def undisturbed(page):
    """Assert that no dialog and no notification stands in the way."""
    expect(page.locator(".jp-Dialog")).to_have_count(0)
    expect(page.locator(".Toastify__toast")).to_have_count(0)


def choose(page, menu, item):
    """Choose an item of the menu bar, as in choose(page, "Run", "Run All Cells")."""
    page.locator(".lm-MenuBar-itemLabel").get_by_text(menu, exact=True).click()
    page.locator(".lm-Menu-itemLabel").get_by_text(item, exact=True).click()


def run_all(page, panel):
    """Clear all outputs, run all cells, wait until each has run. A folded cell shows no number."""
    prompts = panel.locator(".jp-CodeCell .jp-InputPrompt")
    choose(page, "Edit", "Clear Outputs of All Cells")
    expect(prompts).to_have_text([re.compile(r"^(\[ \]:)?$")] * prompts.count())
    choose(page, "Run", "Run All Cells")
    expect(prompts).to_have_text([re.compile(r"^(\[\d+\]:)?$")] * prompts.count(), timeout=BUSY)
    expect(panel.locator(".jp-Notebook-ExecutionIndicator")).to_have_attribute("data-status", "idle", timeout=BUSY)


def show(element):
    """Scroll until an element is in the middle of the window."""
    element.evaluate("element => element.scrollIntoView({block: 'center'})")


def cell_of(panel, unit, id_):
    """Return the cell with a grade id, found by its place in the released notebook."""
    cells = nbformat.read(resources.released(unit), as_version=4).cells
    return panel.locator(".jp-Cell").nth([grade_id(cell) for cell in cells].index(id_))


def type_into(page, cell, text):
    """Put text in place of what a cell holds, with the keyboard."""
    show(cell)
    cell.locator(".cm-content").click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(text)


def validate(page, panel):
    """Press Validate, wait for the dialog with the outcome and return it."""
    panel.get_by_role("button", name="Validate").click()
    told = page.locator(".jp-Dialog").filter(has_text="Validation Results")
    expect(told).to_be_visible(timeout=BUSY)
    return told


def close(dialog):
    dialog.locator(".jp-Dialog-button").last.click()
    expect(dialog).to_have_count(0)


def save(page, panel):
    """Save with Ctrl+S and wait until the tab shows no unsaved change."""
    panel.press("ControlOrMeta+s")
    expect(page.locator(f"{CURRENT}.jp-mod-dirty")).to_have_count(0)


def saved(lab, path):
    return nbformat.read(lab.folder / path, as_version=4)


def right_answer(unit, exercise):
    """Return the solution, without nbgrader's marks."""
    source = next(cell.source for cell in solved(unit).cells if grade_id(cell) == exercise)
    return "\n".join(line for line in source.splitlines() if not line.strip().startswith("###"))


def wrong_answer(unit, exercise):
    """Return the first known wrong answer."""
    return next(a.source for a in answers(unit) if (a.exercise, a.kind) == (exercise, "wrong")).rstrip()


def worth(unit):
    """Return test cell -> points of a unit."""
    cells = [cell for cell in solved(unit).cells if grade_id(cell) and cell.metadata["nbgrader"]["grade"]]
    return {grade_id(cell): cell.metadata["nbgrader"]["points"] for cell in cells}
