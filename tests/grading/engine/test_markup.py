"""No markup of a student's runs in the pages of feedback and formgrader; honest texts and mathematics stay as they are."""

import os
import random
import re
from shutil import which

import bs4
import pytest
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import markdown2html_mistune
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.server_extensions.formgrader import handlers
from traitlets.config import Config

from gdcourse.grading.engine import markup
from gdcourse.grading.limits import RENDERED, RENDERED_IN_ALL
from gdcourse.grading.plugins.feedback import FeedbackExporter
from gdcourse.grading.plugins.formulas import ADDRESS, OfflineExporter

HONEST = [
    "# A title & more",
    "a < b and c > d, `x < y`, $x<y$, <b>bold</b> and \"quoted\" 'so'",
    "$$\n\\frac{1}{2} & x\n$$\n\\begin{align}a&<b\\\\c&=d\\end{align}",
    "| a | b |\n|:--|--:|\n| 1 | *2* |",
    "1. one\n   - two\n\n> quoted\n> on",
    "```python\ndef f(x):\n    return '<b>'\n```\n\n    indented <code>",
    '[a link](https://example.org/a?b=1&c=2 "title") <https://example.org> https://example.org/x?y=1&z=2 [up](#top)',
    "~~old~~\n\n<details><summary>more</summary>\n\nhidden\n\n</details>\n\n---\n\nline  \nbreak\u00a0here",
    "![a dot](data:image/png;base64,iVBORw0KGgo=)",
    "Term\n: definition",
]
RUN = "window.ran.push(1)"
SCRIPT = "<script>window.ran.push(1)</script>"
HOSTILE = [
    SCRIPT,
    "<script\n>window.ran.push(1)</script\n>",
    f"<img src=x onerror={RUN}>",
    f"<img\nsrc=x\nonerror={RUN}>",
    f"> quoted <img\n> src=x\n> onerror={RUN}>",
    f"- item <svg\n  onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"<svg/onload={RUN}>",
    f"<details open ontoggle={RUN}><summary>x</summary></details>",
    "<iframe srcdoc='<script>parent.ran.push(1)</script>'></iframe>",
    f"<iframe src='javascript:parent.{RUN}'></iframe>",
    f"<object data='javascript:{RUN}'></object><embed src='javascript:{RUN}'>",
    f"<a href='javascript:{RUN}'>click</a>",
    f"[click](javascript:{RUN})",
    f"[click](  <java\tscript:{RUN}>)",
    f"[click](&#106;avascript:{RUN})",
    f"[click]: JaVaScRiPt:{RUN}\n\n[click]",
    f"<javascript:{RUN}>",
    "[click](data:text/html;base64,PHNjcmlwdD4=)",
    f"<form action='javascript:{RUN}'><button>click</button></form>",
    f"<button onclick={RUN}>click</button>",
    f"<input autofocus onfocus={RUN}>",
    f"<video><source onerror={RUN}></video>",
    f"<body onload={RUN}>",
    "<style>@import 'https://elsewhere.example/x.css';</style>",
    "<link rel=stylesheet href=https://elsewhere.example/x.css><base href=https://elsewhere.example/>",
    "<meta http-equiv=refresh content='0;url=https://elsewhere.example/'>",
    f"<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror={RUN}&gt;'>",
    f"<noscript><p title='</noscript><img src=x onerror={RUN}>'>",
    f"<svg></p><style><a id='</style><img src=1 onerror={RUN}>'>",
    f'``` python" onmouseover={RUN}\ncode\n```\n<b onmouseover={RUN}>x',
    f"$x$<img src=x onerror={RUN}>$y$",
    f"$$ </script><script>{RUN}</script> $$ <img src=x onerror={RUN}> $$",
    f"\\begin{{a}}<img src=x onerror={RUN}>\\end{{a}}",
    f'![x](x" onerror="{RUN})',
    "![x](attachment:none)",
    "![seen](https://elsewhere.example/pixel.png)",
    "<img src=https://elsewhere.example/pixel.png>",
    f"</div></div></body></html>{SCRIPT}",
    f"~~~\n```\n~~~\n{SCRIPT}",
    f"```\n~~~\n```\n{SCRIPT}",
    f"````\r```\r````\r{SCRIPT}",
    f"<!-- --!>{SCRIPT} -->",
    f"&lt;script>{RUN}&lt;/script>" + SCRIPT,
    f"<scr\0ipt>{RUN}</scr\0ipt><img src=x onerror\0={RUN}>",
    f"<xss onbeforecopy={RUN} style='position:fixed;inset:0'>x</xss>",
    "<div id=notebook class='score tabbable' style='position:fixed'>fake</div>",
]
PIECES = [
    *HOSTILE,
    *HONEST,
    "<",
    ">",
    '"',
    "'",
    "`",
    "```",
    "\n",
    "\n\n",
    "    ",
    "> ",
    "- ",
    "$",
    "$$",
    "](",
    "[",
    "\\",
]
PIECES += [
    "<!--",
    "-->",
    "]]>",
    "<![CDATA[",
    "&#60;",
    "&lt",
    "\0",
    "\t",
    "\r",
    "<b ",
    "<a href=",
    "onclick=",
    RUN,
    "/>",
    "|",
]
PIECES += [
    "<svg>",
    "</svg>",
    "<math>",
    "<style>",
    "</style>",
    "<title>",
    "</title>",
    "<textarea>",
    "<table>",
    "<p>",
    "</p>",
]


def cleaned(*texts):
    cells = [new_markdown_cell(text) for text in texts]
    markup.clean(cells)
    return [cell.source for cell in cells]


@pytest.mark.parametrize("text", HONEST)
def test_honest_texts_stay_as_they_are(text):
    assert cleaned(text) == [text]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_shown_as_their_source(text):
    """A few are text to Markdown anyway, and stay."""
    (source,) = cleaned(text)
    fence = re.match("`*", source)[0]
    assert source == text or source == f"{fence}\n{text}\n{fence}".replace("\0", "\ufffd")
    assert cleaned(source) == [source]
    assert active("<body>" + markdown2html_mistune(source)) == []


def test_most_of_them_run_as_they_are():
    assert sum(active("<body>" + markdown2html_mistune(t)) != [] for t in HOSTILE if "attachment" not in t) > 35


def test_long_texts_are_not_rendered():
    honest = "word " * (RENDERED // 5)
    assert cleaned(honest) == [honest]
    assert cleaned(honest + "word") != [honest + "word"]
    many = cleaned(*[honest] * (RENDERED_IN_ALL // RENDERED + 1))
    assert many[:-1] == [honest] * (RENDERED_IN_ALL // RENDERED) and many[-1].startswith("```\n")
    assert len(cleaned("[" * 20_000_000)[0]) < 300_000


def test_only_what_is_rendered_counts():
    """Texts that are too long are not, so that they leave an honest one its place."""
    too_long, honest = "word " * (RENDERED_IN_ALL // 5), "word " * (RENDERED // 5)
    assert cleaned(too_long, honest)[1] == honest
    most = RENDERED_IN_ALL // RENDERED
    assert cleaned(*[honest] * (most - 1), honest[:-5], too_long, "words", "wor")[-3:] == [
        f"```\n{too_long}\n```",
        "words",
        "```\nwor\n```",
    ]


def fuzzed(number, seed=0):
    rng = random.Random(seed)
    return ["".join(rng.choices(PIECES, k=rng.randrange(1, 9))) for _ in range(number)]


def active(html):
    """Return what of a page would run or load, by another parser than the one that cleaned it."""
    found = []
    for element in bs4.BeautifulSoup(html.partition("<body>")[2], "html.parser").find_all(True):
        if element.name in (
            "script",
            "iframe",
            "object",
            "embed",
            "style",
            "link",
            "meta",
            "base",
            "form",
            "svg",
            "math",
        ):
            found.append(element.name)
        for name, value in element.attrs.items():
            scheme = re.sub(r"[\s\0]", "", str(value)).lower().partition(":")[0]
            if name.startswith("on") or (name in ("href", "src") and scheme in ("javascript", "vbscript")):
                found.append((element.name, name, value))
            if name == "src" and not value.startswith("data:image/"):
                found.append((element.name, name, value))
    return found


def notebook(texts):
    return new_notebook(cells=[new_markdown_cell(text) for text in texts])


def feedback(nb):
    """Return the page that a student reads."""
    config = Config()
    config.Exporter.default_preprocessors = []
    config.HTMLExporter.template_name = "feedback"
    config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    css = os.path.join(handlers.static_path, "node_modules/bootstrap/dist/css")
    config.HTMLExporter.extra_template_paths = [css]
    about = {"notebook": "exercises", "score": 1, "max_score": 2, "late_penalty": 0}
    return FeedbackExporter(config=config).from_notebook_node(nb, {"nbgrader": about})[0]


def formgrader(nb):
    """Return the page that an instructor grades in."""
    config = Config()
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    about = {"notebook_id": "exercises", "index": 0, "total": 1, "base_url": "", "submission_id": "1"}
    return OfflineExporter(config=config).from_notebook_node(nb, about)[0]


@pytest.mark.slow
def test_any_text_leaves_a_page_in_which_nothing_runs():
    texts = fuzzed(1000)
    sources = cleaned(*texts[:20]) + [cleaned(text)[0] for text in texts[20:]]
    assert sum(s != t for s, t in zip(sources, texts, strict=True)) > 500
    assert active(feedback(notebook(sources))) == []
    assert (
        active(feedback(notebook([text for text in texts[:400] if "attachment" not in text]))) == []
    )  # also where nobody cleaned the notebook before
    for text in sources[::10]:
        assert active("<body>" + HTMLExporter(template_name="basic").from_notebook_node(notebook([text]))[0]) == []


def test_the_index_names_the_tests():
    flags = {"grade_id": "mse-hidden", "grade": True, "solution": False, "score": 1, "points": 2}
    page = feedback(new_notebook(cells=[new_code_cell("assert True", metadata={"nbgrader": flags})]))
    assert "Test cell" not in page and bs4.BeautifulSoup(page, "html.parser").select_one("#toc a").text == "mse-hidden"


def test_pictures_errors_and_code_of_a_notebook_survive():
    picture = new_output("display_data", {"image/png": "iVBORw0KGgo=\n"})
    error = new_output("error", ename="ValueError", evalue="bad", traceback=["\x1b[31mValueError\x1b[0m: bad"])
    cells = [new_markdown_cell("# Title"), new_code_cell("def f():\n    return '<b>'", outputs=[picture, error])]
    read = bs4.BeautifulSoup(feedback(new_notebook(cells=cells)), "html.parser")
    assert read.select_one("h1").text.startswith("Title") and read.select_one("img")["src"].startswith("data:image/png")
    assert "ValueError" in read.select_one(".output_error").text and read.select_one(".ansi-red-fg")
    assert read.select_one(".highlight .k").text == "def" and "'<b>'" in read.text


# ---- in a browser ----

MATH = "Here $\\frac{1}{2}$ and $$\\mathbf{x}^2 \\in \\mathbb{R}$$ stand, \\begin{align}a &< b\\\\c &= d\\end{align}"
LOADED = "[...document.fonts].filter(f => f.status == 'loaded').map(f => f.family)"
HOSTILE_MATH = [
    f"$\\href{{javascript:{RUN}}}{{click}}$",
    f"$\\require{{html}}\\href{{javascript:{RUN}}}{{click}}$",
    f'$\\mmlToken{{mi}}[href="javascript:{RUN}"]{{x}}$',
    f'$\\mmlToken{{mi}}[onclick="{RUN}"]{{x}}$',
    '$\\mmlToken{mglyph}[src="https://elsewhere.example/x.png"]{x} \\let\\y=\\mmlToken \\y{mi}[href="javascript:1"]{x}$',
    "$\\style{background: url(https://elsewhere.example/x.png)}{x}$",
    "$\\require{https://elsewhere.example/x.js}x$",
    f"$\\text{{<img src=x onerror={RUN}>}}$",
    f"$\\class{{x}}{{y}} \\cssId{{notebook}}{{z}} \\unicode[x;{RUN}]{{65}}$",
]


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    program = which("chromium") or which("chromium-browser") or which("google-chrome")
    if program is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("chromium is not installed")
    with sync_playwright() as started:
        running = started.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield running
        running.close()


def opened(chromium, html):
    """Open a page, click on all that can be clicked; return (what ran, what it asked the network for, its text)."""
    page, asked = chromium.new_page(), []

    def answer(route):
        asked.append(route.request.url)
        route.abort()

    page.route("**/*", answer)
    page.route("http://page.example/", lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"))
    page.add_init_script("window.ran = []; window.alert = () => window.ran.push(2);")
    page.goto("http://page.example/", wait_until="load")
    page.wait_for_function("window.MathJax.startup?.promise")
    page.evaluate("MathJax.startup.promise")
    page.evaluate(
        """() => { for (const e of document.querySelectorAll('#notebook *')) {
            for (const kind of ['click', 'mouseover', 'focus', 'toggle']) e.dispatchEvent(new Event(kind, {bubbles: true}));
            if (e.tagName == 'A' && !/^https?:/.test(e.href)) e.click(); } }"""
    )
    page.wait_for_timeout(300)
    formulas = {kind: page.locator(f"mjx-container {kind}").count() for kind in ("mjx-math", "mjx-mfrac", "mjx-mtable")}
    found = len(page.evaluate("window.ran")), asked, {**formulas, "fonts": page.evaluate(LOADED)}
    page.close()
    return found


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("view", [feedback, formgrader])
def test_formulas_show_without_a_network(view, chromium):
    _, asked, seen = opened(chromium, view(notebook([MATH])))
    assert not [url for url in asked if "/formgrader/" not in url]  # whose own files its server has
    assert (seen["mjx-math"], seen["mjx-mfrac"], seen["mjx-mtable"]) == (3, 1, 1)
    assert {"MJXTEX", "MJXTEX-I", "MJXTEX-B", "MJXTEX-A"} <= set(seen["fonts"])


def test_formulas_may_come_from_elsewhere():
    config = Config()
    config.HTMLExporter.mathjax_url = "mathjax/MathJax.js?config=TeX-AMS_CHTML-full,Safe"
    own = FeedbackExporter(config=config, template_name="classic").from_notebook_node(notebook([MATH]))[0]
    assert 'src="mathjax/MathJax.js?config=TeX-AMS_CHTML-full,Safe"' in own and "text/x-mathjax-config" in own
    assert ADDRESS not in own and "DecompressionStream" not in own


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("view", [feedback, formgrader])
def test_nothing_runs_in_chromium_and_mathematics_does(view, chromium):
    sources = [cleaned(text)[0] for text in [*HOSTILE, *HONEST, *HOSTILE_MATH, MATH, *fuzzed(300, seed=1)]]
    ran, asked, seen = opened(chromium, view(notebook(sources)))
    assert ran == 0 and not [url for url in asked if "elsewhere" in url]
    assert seen["mjx-math"] > len(HOSTILE_MATH)


@pytest.mark.browser
@pytest.mark.slow
def test_an_uncleaned_notebook_runs_nothing_in_feedback(chromium):
    """What was marked before, or by nbgrader alone. The page as nbgrader makes it runs such texts, else this shows nothing."""
    nb = notebook([t for t in HOSTILE if "attachment" not in t and "refresh" not in t and "<base" not in t])
    ran, asked, _ = opened(chromium, feedback(nb))
    assert ran == 0 and not [url for url in asked if "elsewhere" in url]
    stock, asked, _ = opened(chromium, formgrader(nb))
    assert stock > 5 and [url for url in asked if "elsewhere" in url]
