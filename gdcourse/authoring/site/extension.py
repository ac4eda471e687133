"""What Sphinx does not do of itself: cells of the three frameworks become tabs, a link to the glossary carries its text."""

import re
from functools import lru_cache
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx_design.shared import create_component

from gdcourse.authoring.markup import anchor
from gdcourse.authoring.site.reference import FRAMEWORKS

GLOSSARY = "glossary"
LINK = re.compile(r'href="(?:\.\./)*glossary\.html#([^"]+)"')
SECTION = "In three frameworks"


class FrameworkTabs(SphinxPostTransform):
    """Join the cells of the section "In three frameworks" that follow each other and differ in framework."""

    default_priority = 199  # before sphinx-design lays out tabs
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        for section in self.document.findall(nodes.section):
            if isinstance(section[0], nodes.title) and section[0].astext() == SECTION:
                self._join(section)

    def _join(self, section: nodes.section) -> None:
        children: list[nodes.Node] = []
        for is_cell, run in groupby(list(section.children), key=lambda child: _framework(child) is not None):
            cells = list(run)
            children += [_tab_set(cells)] if is_cell and len({_framework(cell) for cell in cells}) > 1 else cells
        section.children = children
        for child in children:
            child.parent = section


class TaggedEquations(SphinxPostTransform):
    """Keep an equation with a number and line breaks as it is: Sphinx would put it in `split`, where no \\tag may stand."""

    default_priority = 199
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        for equation in self.document.findall(nodes.math_block):
            text = equation.astext()
            if r"\tag" in text and r"\\" in text:
                equation["no-wrap"] = True
                equation.children = [nodes.Text(rf"\[{text}\]")]


def _framework(node: nodes.Node) -> str | None:
    """Return the framework of a cell that teaches, None for another node; a cell without a tag is NumPy's."""
    if not isinstance(node, nodes.container) or node.get("nb_element") != "cell_code":
        return None
    tags = {name.removeprefix("tag_") for name in node["classes"]}
    if tags & {"draw", "check", "setup", "widget"}:
        return None
    return next((name for name in ("tensorflow", "torch") if name in tags), "numpy")


def _tab_set(cells: list[nodes.Node]) -> nodes.Node:
    tabs = create_component("tab-set", classes=["sd-tab-set"])
    for framework in FRAMEWORKS:
        mine = [cell for cell in cells if _framework(cell) == framework]
        if mine:
            item = create_component("tab-item", classes=["sd-tab-item"], selected=False)
            label = nodes.rubric("", FRAMEWORKS[framework], classes=["sd-tab-label"])
            label["sync_id"], label["sync_group"] = framework, "framework"
            content = create_component("tab-content", classes=["sd-tab-content"], children=mine)
            item += label
            item += content
            tabs += item
    return tabs


def slug(heading: str) -> str:
    """Return what a link to a heading holds after the #, decoded: MyST asks with that."""
    return unquote(anchor(heading))


def add_cards(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Write beside each link to a term what the glossary says of it."""
    if doctree is not None and page != GLOSSARY:
        texts = _texts(app)
        context["body"] = LINK.sub(
            lambda found: f'{found[0]} data-card="{escape(texts[unquote(found[1])])}"', context["body"]
        )


def name_levels(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Say at which level the navigation's captions stand: Sphinx calls them headings, and screen readers ask for it."""
    if tree := context.get("furo_navigation_tree"):
        context["furo_navigation_tree"] = tree.replace('role="heading"', 'role="heading" aria-level="2"')


@lru_cache(maxsize=1)  # the same for every page of a build
def _texts(app: Sphinx) -> dict[str, str]:
    """Return what the glossary says of each term, by the id of its heading on the page; links are words, formulas TeX."""
    glossary = Path(app.srcdir, f"{GLOSSARY}.md").read_text("utf-8")
    said = {slug(term): text for term, text in re.findall(r"^## (.+)\n\n(.+)$", glossary, flags=re.M)}
    ids = {name: place[1] for name, place in app.env.metadata[GLOSSARY]["myst_slugs"].items()}
    return {ids[name]: _without_markup(text) for name, text in said.items()}


def _without_markup(text: str) -> str:
    return re.sub(r"\$(.+?)\$", r"\\(\1\\)", re.sub(r"\[(.+?)\]\(.+?\)", r"\1", text))


def setup(app: Sphinx) -> dict[str, Any]:
    """Tell Sphinx of all this, as it asks an extension to."""
    app.connect("html-page-context", add_cards)
    app.connect("html-page-context", name_levels, priority=900)  # after the theme, which makes the navigation
    app.add_post_transform(FrameworkTabs)
    app.add_post_transform(TaggedEquations)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
