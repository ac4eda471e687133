"""The form that every lesson keeps: one idea, little code in sight, folded checks and answers, one letter one meaning."""

import ast
import re
import symtable
import tomllib
from collections.abc import Iterator

import jupytext
import pytest

from gdcourse import resources
from gdcourse.authoring.markup import Markup
from gdcourse.authoring.minutes import FOLDED, prose, questions, reading_minutes, visible_code

ROOT = resources.root()
MARKUP = Markup(ROOT)
CELL_LINES, LESSON_LINES, COLUMNS = 15, 150, 88
PARTS = (
    "**After this lesson you can**",
    "**You need**",
    "**Predict.**",
    "## In three frameworks",
    "## Summary",
    "## Common mistakes",
    "## Quick questions",
    "## Derive and try",
    "## References",
    "{{links}}",
)
ANSWER = "<details><summary><b>Answer</b></summary>"
OUTLINE = "<details><summary><b>Outline</b></summary>"


def read(page):
    return jupytext.read(ROOT / "solutions" / page.unit / f"{page.stem}.py", fmt="py:percent")


def tags(cell):
    return set(cell.metadata.get("tags", ()))


@pytest.fixture(params=MARKUP.lessons, ids=lambda page: f"{page.unit}/{page.stem}")
def page(request):
    return request.param


@pytest.fixture
def nb(page):
    return read(page)


def code_lines(sources):
    return [line for source in sources for line in source.splitlines() if line.strip()]


def test_visible_code_is_short_and_teaches(nb):
    seen = visible_code(nb)
    assert len(code_lines(seen)) <= LESSON_LINES
    for source in seen:
        assert len(source.splitlines()) <= CELL_LINES, source
        assert not re.search(r"noqa|fmt:|type: ignore", source), source
        assert max(map(len, source.splitlines())) <= COLUMNS, source
        assert not draws(source), f"a visible cell that draws: tag it draw\n{source}"
        assert not any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(source))), source


def draws(source):
    """True if code makes or shows a figure. `plots.table` shows numbers, and a slider's cell is the widget's own."""
    used = set(re.findall(r"plots\.(\w+)", source)) - {"table", "slider", "COLOURS"}
    return bool(used) or "plt." in source or re.search(r"\bax\w*\.(plot|set|scatter|contour)", source) is not None


def test_a_check_says_in_one_line_what_it_found_true(nb):
    for cell in nb.cells:
        if "check" not in tags(cell):
            continue
        tree = ast.parse(cell.source)
        assert any(isinstance(node, ast.Assert) for node in ast.walk(tree)), cell.source
        printed = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and getattr(n.func, "id", "") == "print"]
        assert len(printed) == 1 and ast.unparse(tree.body[-1]).replace('"', "'").startswith(
            ("print('checked: ", "print(f'checked: ")
        )


def test_a_folded_cell_says_in_its_first_line_what_it_does(nb):
    for cell in nb.cells:
        if cell.cell_type == "code" and tags(cell) & FOLDED:
            assert re.match(r"# .{8,70}$", cell.source.splitlines()[0]), cell.source


def bound(cell):
    """Return the names that a cell binds at its top level, imports left out."""
    names = symtable.symtable(cell.source, "cell", "exec").get_symbols()
    return {name.get_name() for name in names if name.is_assigned() and not name.is_imported()}


def taken(cell):
    """Return the names that a cell, or a function in it, takes from the top level."""

    def walk(table, top=False) -> Iterator[str]:
        yield from (s.get_name() for s in table.get_symbols() if s.is_referenced() and (top or s.is_global()))
        for inner in table.get_children():
            yield from walk(inner)

    return set(walk(symtable.symtable(cell.source, "cell", "exec"), top=True))


def test_a_name_from_a_folded_cell_is_introduced(page, nb):
    """A reader who unfolds nothing meets no name that was not shown or said in the prose."""
    if page.unit >= "04":
        pytest.skip("these units are still being written")
    said = " ".join(re.findall(r"```.*?```|`[^`]+`", prose(nb), re.S))
    folded, shown, strange = set(), set(), set()
    for cell in nb.cells:
        if cell.cell_type != "code":
            continue
        if tags(cell) & FOLDED:
            folded |= bound(cell)
        else:
            wanted = (taken(cell) - bound(cell) - shown) & folded
            strange |= {name for name in wanted if not re.search(rf"\b{name}\b", said)}
            shown |= bound(cell)
    assert not strange


def test_a_lesson_has_its_parts_in_order(nb):
    whole = "\n\n".join(cell.source for cell in nb.cells if cell.cell_type == "markdown")
    places = [whole.find(part) for part in PARTS]
    assert -1 not in places, [part for part, place in zip(PARTS, places, strict=True) if place < 0]
    tail = places[3:]
    assert tail == sorted(tail)
    assert whole.count("{{about}}") == 1


def test_every_prediction_has_a_folded_answer(nb):
    """A question, then what shows the answer, then the answer folded: in this order, one of each."""
    marks = re.findall(r"\*\*Predict\.\*\*|" + re.escape(ANSWER), before(prose(nb), "## Quick questions"))
    assert marks == ["**Predict.**", ANSWER] * (len(marks) // 2)
    assert "**Answer.**" not in prose(nb)


def test_quick_questions_and_open_ones_are_folded(nb):
    text = prose(nb)
    quick, open_ones = (section(text, f"## {name}") for name in ("Quick questions", "Derive and try"))
    assert 3 <= questions(nb) <= 5 and quick.count(ANSWER) == questions(nb)
    assert "**Derive.**" in open_ones and "**Try.**" in open_ones and open_ones.count(OUTLINE) >= 1
    assert text.count("<details>") == text.count("</details>")


def test_a_lesson_takes_twenty_to_thirty_minutes(nb):
    assert 18 <= reading_minutes(nb) <= 30


def test_a_lesson_links_terms_where_they_first_appear(page, nb):
    """A term that this lesson explains is linked here; and no term twice in one lesson."""
    linked = re.findall(r"\[\[(?:[^\[\]|]+\|)?([^\[\]|]+)\]\]", prose(nb))
    assert sorted(linked) == sorted(set(linked)), "a term is linked once a lesson, where it first appears"
    own = {term for term, entry in MARKUP.terms.items() if entry["lesson"] == f"{page.unit}/{page.stem}"}
    assert own <= set(linked), f"explained here, never linked: {own - set(linked)}"


def test_every_exercise_is_named_by_a_lesson():
    for unit in {page.unit for page in MARKUP.lessons}:
        lessons = [page for page in MARKUP.lessons if page.unit == unit]
        named = {name for page in lessons for name in re.findall(r"\{\{exercise:(\w+)\}\}", prose(read(page)))}
        source = (ROOT / "solutions" / unit / "exercises.py").read_text("utf-8")
        assert set(re.findall(r'"grade_id": "(\w+)", "solution": true', source)) <= named


def test_tables_are_whole(nb):
    """A blank line within a table cuts it: what follows has no head and shows as text."""
    for table in re.findall(r"(?:^\|.*\n?)+", prose(nb), re.M):
        head, rule, *rows = table.splitlines()
        assert re.fullmatch(r"[|:\- ]+", rule) and rows, table
        assert {line.count("|") for line in (rule, *rows)} == {head.count("|")}, table


COMMANDS = re.compile(r"\\(?:text|operatorname|mathrm|mathit|texttt|tag|label|ref|begin|end|color)\*?\{[^{}]*\}")
STRUCTURE = {"frac", "tfrac", "dfrac", "sqrt", "left", "right", "bigl", "bigr", "Bigl", "Bigr", "sum", "prod", "int"}


def letters(formula):
    """Return the letters of a formula: Latin ones, and Greek ones as commands."""
    formula = COMMANDS.sub(" ", formula)
    formula = re.sub(r"\\mathcal\{(\w)\}|\\mathbb\{(\w)\}|\\mathbf\{(\w)\}", " ", formula)
    commands = set(re.findall(r"\\([A-Za-z]+)", formula))
    return set(re.findall(r"[A-Za-z]", re.sub(r"\\[A-Za-z]+", " ", formula))) | (commands & GREEK)


GREEK = set(
    re.findall(
        r"\w+",
        "alpha beta gamma delta epsilon varepsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau phi varphi chi "
        "psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega ell",
    )
)


def known_letters():
    table = tomllib.loads((ROOT / "solutions" / "notation.toml").read_text("utf-8"))
    rows = [row for group in table["groups"][:-1] for row in group["symbols"]]
    symbols = [row["symbol"] for row in rows]
    assert len(symbols) == len(set(symbols)), "one letter, one meaning"
    return {letter for symbol in symbols for letter in letters(symbol)} | {"pi"}


def test_letters_of_formulas_are_in_the_notation(nb):
    """Each letter has its meaning there; one that serves within one lesson only is introduced as 'Here $q$ is'."""
    text = re.sub(r"```.*?```|`[^`\n]*`", " ", prose(nb), flags=re.S)
    local = set().union(*map(letters, re.findall(r"\b[Hh]ere \$([^$]+)\$ (?:is|are|and)", text)), set())
    for formula in re.findall(r"\$\$(.+?)\$\$|\$([^$]+)\$", text, re.S):
        unknown = letters("".join(formula)) - known_letters() - local
        assert not unknown, f"{unknown} in {''.join(formula)}"


def before(text, heading):
    return text.split(f"\n{heading}")[0]


def section(text, heading):
    return text.split(f"\n{heading}\n")[1].split("\n## ")[0]
