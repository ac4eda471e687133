"""Formulas without a network, in feedback and in formgrader: their pages carry MathJax, where nbgrader's fetch it."""

import base64
import gzip
import re
from collections.abc import Sequence
from functools import cache
from html import escape
from typing import Any

from jinja2 import BaseLoader, FunctionLoader
from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode

from gdcourse import resources

ADDRESS = HTMLExporter.mathjax_url.default_value  # of nbgrader's pages
TEMPLATE = "mathjax.html.j2"  # nbconvert's, whose macro loads MathJax
FONT = re.compile(r"%%URL%%/(MathJax_[\w-]+\.woff)")
MACRO = """\
{%- macro mathjax(url="") -%}
<script>
window.MathJax = {
    tex: {inlineMath: [["$", "$"], ["\\\\(", "\\\\)"]], tags: "ams", packages: {"[-]": ["require", "autoload"]}},
    options: {enableMenu: false},
    startup: {ready() {  // without the one command that sets an attribute, such as a link
        MathJax._.input.tex.MapHandler.MapHandler.getMap("macros").map.delete("mmlToken");
        MathJax.startup.defaultReady();
    }},
};
(async () => {
    const packed = Uint8Array.from(atob("PACKED"), (c) => c.charCodeAt(0));
    const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.textContent = await new Response(unpacked).text();
    document.head.append(script);
})();
</script>
{%- endmacro %}
"""


class OfflineExporter(HTMLExporter):
    """nbconvert's exporter of pages, with MathJax and its fonts in each page; by `c.HTMLExporter.mathjax_url` from there.

    A page is one file, which opens from a mail, in JupyterLab, or in formgrader. What could fetch more of MathJax, or write
    links, is left out, since formulas are written by students.
    """

    def __init__(self, extra_loaders: Sequence[BaseLoader] | None = None, **kw: Any) -> None:
        super().__init__(extra_loaders=[FunctionLoader(self._template), *(extra_loaders or ())], **kw)

    def _template(self, name: str) -> str | None:
        return macro() if name == TEMPLATE and self.mathjax_url == ADDRESS else None

    def from_notebook_node(  # type: ignore[override]  # as in nbconvert
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        html, resources = super().from_notebook_node(nb, resources, **kw)
        return html.replace(ADDRESS, escape(self.mathjax_url)), resources  # which nbgrader's templates pass over


@cache
def macro() -> str:
    """Return the macro that puts MathJax into a page, packed, with its fonts."""
    folder = resources.mathjax()
    fonts = folder / "output" / "chtml" / "fonts" / "woff-v2"

    def inlined(found: re.Match[str]) -> str:
        return "data:font/woff;base64," + base64.b64encode((fonts / found[1]).read_bytes()).decode()

    script = FONT.sub(inlined, (folder / "tex-chtml.js").read_text("utf-8"))
    return MACRO.replace("PACKED", base64.b64encode(gzip.compress(script.encode(), mtime=0)).decode())


def take_over(formgrader: Any) -> None:
    """Let formgrader, nbgrader's module of this name, make such pages: no setting of it names the exporter."""
    formgrader.HTMLExporter = OfflineExporter
