"""Markup that a student wrote, made harmless by what becomes of it in a page, not by how it is written.

A text is rendered as nbconvert renders it, then cleaned by `nh3` down to an allow-list. If cleaning changes anything, the
text is shown as its source, which is code to Markdown. `page` cleans what nbconvert made of a whole notebook.
"""

import re
from collections.abc import Iterable

import nh3
from mistune import import_plugin
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode

from gdcourse.grading.limits import RENDERED, RENDERED_IN_ALL, TEXT

TAGS = nh3.ALLOWED_TAGS - {"area", "map"}
TEXT_ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "title"}, "td": {"style"}, "th": {"style"}}
PAGE_ATTRIBUTES = {
    "*": {"class", "id"},
    "a": {"href", "title", "name"},
    "img": {"src", "alt", "title", "width", "height"},
    "td": {"style", "colspan", "rowspan"},
    "th": {"style", "colspan", "rowspan", "scope"},
    "ol": {"start"},
}
LINKS = {"http", "https", "mailto"}
PICTURE = re.compile(
    r"data:image/(png|jpeg|gif|svg\+xml);base64,[A-Za-z0-9+/=\s]*"
)  # whose scripts do not run in an <img>
SAME = (("&quot;", '"'), ("&gt;", ">"), (" />", ">"), ("\xa0", "&nbsp;"))  # written in two ways, read as one
UNSHOWN = "(text that cannot be shown)"


def clean(cells: Iterable[NotebookNode]) -> None:
    """Let each of these cells of text, which a student wrote, be harmless."""
    left = RENDERED_IN_ALL
    for cell in cells:
        renders = len(cell.source) <= min(RENDERED, left)
        left -= len(cell.source) if renders else 0
        cell.source = cell.source if renders and _is_harmless(cell.source) else _as_code(cell.source)


def _as_code(text: str) -> str:
    """Return Markdown that shows the source of a text."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    code = f"{fence}\n{text[:TEXT]}\n{fence}".replace("\0", "\ufffd")  # which no page can hold
    return code if _is_harmless(code) else UNSHOWN


def page(html: str) -> str:
    """Return a page whose body holds nothing that runs and no address but of the web. Its head is the template's, and stays."""
    head, opened, body = re.split(r"(<body[^>]*>)", html, maxsplit=1) if "<body" in html else ("", "", html)
    cleaned = _cleaned(body, PAGE_ATTRIBUTES, "noopener noreferrer")
    return f"{head}{opened}{cleaned}" + ("</body>\n</html>\n" if opened else "")


def _cleaned(html: str, attributes: dict[str, set[str]], link_rel: str | None) -> str:
    """Return what of a piece of a page is on the allow-list. attributes: tag -> those that stay; link_rel: put on links."""
    return nh3.clean(
        html,
        tags=TAGS,
        attributes=attributes,
        attribute_filter=_address,
        url_schemes={*LINKS, "data"},
        filter_style_properties={"text-align"},
        link_rel=link_rel,
    )


def _is_harmless(text: str) -> bool:
    """Does cleaning leave what nbconvert makes of a text as it is?"""
    try:
        plugins = map(import_plugin, ("strikethrough", "table", "url", "def_list"))  # nbconvert's, but for check boxes
        rendered = MarkdownWithMath(_Plain(escape=False, exclude_anchor_links=True), plugins=plugins).render(text)
    except Exception:  # whatever a parser of free text may raise, the page would not come about
        return False
    return _plainly(_cleaned(rendered, TEXT_ATTRIBUTES, None)) == _plainly(rendered)


class _Plain(IPythonRenderer):
    """nbconvert's renderer, but for the colours of code."""

    def block_code(self, code: str, info: str | None = None) -> str:
        return f"<pre><code>{self.escape_html(code)}</code></pre>\n"


def _address(tag: str, attribute: str, value: str) -> str | None:
    """Return an attribute's value, or None if it is a link to a script or a picture from elsewhere."""
    if attribute == "src":
        return value if PICTURE.fullmatch(value) else None
    if attribute == "href":
        return value if value.startswith("#") or value.partition(":")[0].lower() in LINKS else None
    return value


def _plainly(html: str) -> str:
    for one, other in SAME:
        html = html.replace(one, other)
    return html
