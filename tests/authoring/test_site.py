"""The site, built once: every page whole, nothing from elsewhere, no solution shown; then in a browser."""

import functools
import http.server
import re
import shutil
import threading
from html.parser import HTMLParser
from shutil import which
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe

from gdcourse import resources
from gdcourse.authoring.site import SiteError, build_site
from gdcourse.catalogue import Catalogue, notebooks
from gdcourse.conformance import optimizers

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of what extensions ask Sphinx for
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
]
ROOT = resources.root()
LESSONS = [f"{unit}/{path.stem}" for unit in Catalogue.read(ROOT).units for path in notebooks(ROOT / "course", unit)]
PAGES = ["index", "glossary", "cheatsheet", "learner", "instructor", "library/optimizers/Adam", "library/conformance"]
SAMPLE = [*PAGES, *LESSONS]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    build_site(ROOT, folder)
    return folder


class Page(HTMLParser):
    """What a page points at. links: of `a`.  loads: what a browser fetches.  ids: what may be linked to."""

    def __init__(self, path):
        super().__init__()
        self.links, self.loads, self.ids, self.cards = [], [], set(), 0
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.ids.add(given.get("id"))
        self.cards += "data-card" in given
        if tag == "a":
            self.links.append(given.get("href", ""))
        elif tag in ("img", "script") and "src" in given:
            self.loads.append(given["src"])
        elif tag == "link" and given.get("rel") in ("stylesheet", "icon", "preload"):
            self.loads.append(given["href"])


def pages(site):
    return {path: Page(path) for path in site.rglob("*.html")}


def test_every_lesson_is_a_page_that_loads_quickly(site):
    assert LESSONS
    for name in LESSONS:
        page = site / f"{name}.html"
        assert page.stat().st_size < 1.5e6
        assert 'src="data:' not in page.read_text("utf-8")


def test_nothing_comes_from_elsewhere(site):
    for path, page in pages(site).items():
        assert [load for load in page.loads if urlsplit(load).netloc] == [], path


def test_every_link_and_picture_leads_somewhere(site):
    found = pages(site)
    for path, page in found.items():
        for link in page.links + page.loads:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or not (parts.path or parts.fragment):
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.is_file(), f"{path.relative_to(site)}: {link}"
            if parts.fragment and target.suffix == ".html":
                assert unquote(parts.fragment) in found[target].ids, f"{path.relative_to(site)}: {link}"


def test_exercises_show_no_solution(site):
    for unit in Catalogue.read(ROOT).units:
        shown = (site / unit / "exercises.html").read_text("utf-8")
        released = (ROOT / "course" / unit / "exercises.ipynb").read_text("utf-8")
        solved = (ROOT / "solutions" / unit / "exercises.ipynb").read_text("utf-8")
        secret = {text for text in re.findall(r"\w+: [\w ,]{25,}", solved) if text not in released}
        assert secret and "BEGIN SOLUTION" in solved and "BEGIN SOLUTION" not in shown
        assert [text for text in secret if text in shown] == []


def test_the_same_step_stands_in_tabs(site):
    lesson = (site / "03_variants" / "3_momentum.html").read_text("utf-8")
    section = lesson.split('id="in-three-frameworks"')[1].split("<section")[0]
    assert re.findall(r'data-sync-id="(\w+)"', section) == ["torch", "tensorflow"]


def test_a_term_carries_what_the_glossary_says(site):
    assert Page(site / "03_variants" / "3_momentum.html").cards > 0
    assert all(page.cards == 0 for path, page in pages(site).items() if path.stem == "glossary")


def test_conformance_shows_every_row(site):
    text = (site / "library" / "conformance.html").read_text("utf-8")
    section = text.split('<section id="optimizers">')[1].split("</section>")[0]
    assert section.count("<tr") == len(optimizers.ROWS) + 1


def test_a_rule_lists_the_lessons_whose_text_names_it(site):
    """What an output holds, such as a picture's letters, names nothing."""
    for rule in ("GD", "Lion", "Adam"):
        links = Page(site / "library" / "optimizers" / f"{rule}.html").links
        listed = {link.removeprefix("../../").removesuffix(".html") for link in links} & set(LESSONS)
        section = (site / "library" / "optimizers" / f"{rule}.html").read_text("utf-8").split('id="in-the-lessons"')[1]
        for name in (name for name in listed if f"{name}.html" in section.split("</section>")[0]):
            cells = nbformat.read(ROOT / "course" / f"{name}.ipynb", as_version=4).cells
            assert any(re.search(rf"\b{rule}\b", cell.source) for cell in cells), f"{rule}: {name}"


def test_notebooks_can_be_taken_along(site):
    for name in LESSONS:
        assert (site / "notebooks" / f"{name}.ipynb").read_bytes() == (ROOT / "course" / f"{name}.ipynb").read_bytes()


def test_a_link_to_nowhere_fails_the_build(tmp_path):
    root = tmp_path / "clone"
    shutil.copytree(ROOT / "docs", root / "docs")
    shutil.copytree(ROOT / "course" / "00_start", root / "course" / "00_start")
    for page in (ROOT / "course").glob("*.md"):
        text = page.read_text("utf-8")
        (root / "course" / page.name).write_text(
            re.sub(r"\[([^]]+)\]\((?!0|home|gloss|notat|cheat)[^)]*\)", r"\1", text)
        )
    (root / "gdcourse").symlink_to(ROOT / "gdcourse")
    (root / "solutions").mkdir()
    (root / "solutions" / "course.toml").write_text(
        'title = "t"\nrepository = "a/b"\nbranch = "main"\n[units.00_start]\ntitle = "t"\nobjective = "o"\n'
    )
    with (root / "docs" / "instructor.md").open("a") as guide:
        guide.write("\nSee [this](no_such_page.md).\n")
    with pytest.raises(SiteError, match="warning"):
        build_site(root, tmp_path / "site", jobs=1)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *given):
        """Say nothing of each request."""


@pytest.fixture(scope="module")
def address(site):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def chromium():
    path = which("chromium") or which("chromium-browser") or which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def visit(browser, address, name, width=1366, scheme="light"):
    """Open a page until its formulas are set; return it and what went wrong while it loaded."""
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    wrong = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("requestfailed", lambda request: wrong.append(request.url))
    page.on(
        "request", lambda request: None if request.url.startswith((address, "data:")) else wrong.append(request.url)
    )
    page.goto(f"{address}/{name}.html", wait_until="load")
    page.evaluate("window.MathJax?.startup?.promise")
    return page, wrong


@pytest.mark.browser
@pytest.mark.parametrize("name", SAMPLE)
def test_a_page_loads_whole_and_its_prose_fits_a_phone(chromium, address, name):
    page, wrong = visit(chromium, address, name, width=360)
    assert wrong == []
    assert page.locator("mjx-merror").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    page.close()


@pytest.mark.browser
def test_formulas_are_set(chromium, address):
    page, _ = visit(chromium, address, "03_variants/3_momentum")
    assert page.locator("mjx-container").count() > 50
    page.close()


@pytest.mark.browser
def test_search_finds_a_name(chromium, address):
    page, _ = visit(chromium, address, "search")
    page.fill("article input[name=q], .sidebar-search", "Nesterov")
    page.keyboard.press("Enter")
    page.wait_for_selector("ul.search li a", timeout=30_000)
    assert any("esterov" in text for text in page.locator("ul.search li a").all_inner_texts())
    page.close()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["index", "03_variants/3_momentum", "01_loss/exercises", "library/conformance"])
def test_axe_finds_no_serious_violation(chromium, address, name, scheme):
    page, _ = visit(chromium, address, name, scheme=scheme)
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] != "minor"] == []
    page.close()


@pytest.mark.browser
def test_a_term_shows_its_card(chromium, address):
    page, _ = visit(chromium, address, "03_variants/3_momentum")
    link = page.locator("a[data-card]").first
    link.hover()
    page.wait_for_selector(".tippy-content", timeout=10_000)
    assert page.locator(".tippy-content").inner_text().strip() != ""
    page.close()


@pytest.mark.browser
def test_a_field_filters_the_rows(chromium, address):
    page, _ = visit(chromium, address, "library/conformance")
    before = page.locator("article tbody tr:visible").count()
    page.fill("input[data-filter]", "adamw keras")
    after = page.locator("article tbody tr:visible")
    assert 0 < after.count() < before
    assert all("AdamW" in text and "keras" in text for text in after.all_inner_texts())
    page.close()
