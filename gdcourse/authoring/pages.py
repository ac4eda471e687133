"""The pages beside the notebooks, each from one source: glossary, notation, cheat sheet."""

import tomllib

from gdcourse.authoring.markup import GLOSSARY, Markup, MarkupError

NOTATION, CHEATSHEET = "notation.md", "cheatsheet.md"
BACK = "[home](home.md) · [glossary](glossary.md) · [notation](notation.md) · [cheat sheet](cheatsheet.md)"


def pages(markup: Markup) -> dict[str, str]:
    """Return the pages of `course/`, name -> Markdown."""
    return {GLOSSARY: glossary(markup), NOTATION: notation(markup), CHEATSHEET: cheatsheet(markup)}


def glossary(markup: Markup) -> str:
    """Every term of `glossary/` in alphabetical order, with the lesson that explains it."""
    lines = ["# Glossary", "", BACK, ""]
    for term in sorted(markup.terms, key=str.lower):
        entry = markup.terms[term]
        told = markup.text(entry["text"].strip(), "glossary", term, up="")
        lines += [f"## {term}", "", f"{told} Explained in {_lesson(markup, entry['lesson'], term)}.", ""]
    return "\n".join(lines)


def notation(markup: Markup) -> str:
    """Every symbol of `notation.toml`: one letter, one meaning."""
    table = tomllib.loads((markup.solutions / "notation.toml").read_text("utf-8"))
    lines = ["# Notation", "", BACK, "", table["about"].strip(), ""]
    for group in table["groups"]:
        lines += [f"## {group['title'].capitalize()}", "", "| symbol | meaning | in code |", "| :--- | :--- | :--- |"]
        for row in group["symbols"]:
            code = ", ".join(f"`{name}`" for name in row.get("code", ()))
            lines.append(
                f"| ${row['symbol']}$ | {markup.text(row['meaning'], 'notation', row['symbol'], up='')} | {code} |"
            )
        lines.append("")
    return "\n".join(lines)


def cheatsheet(markup: Markup) -> str:
    """The one page to keep beside the keyboard, from `cheatsheet.md`."""
    text = (markup.solutions / CHEATSHEET).read_text("utf-8").replace("{{links}}", BACK)
    return markup.text(text, "cheatsheet", "", up="")


def _lesson(markup: Markup, name: str, term: str) -> str:
    for page in markup.lessons:
        if f"{page.unit}/{page.stem}" == name:
            return f"[{page.title}]({name}.ipynb)"
    raise MarkupError(f"glossary: expected {term!r} to name a lesson such as {markup.lessons[0].stem}, got {name!r}")
