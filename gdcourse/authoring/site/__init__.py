"""The site: the course's pages and the guides as HTML, built by Sphinx and MyST-NB from stored outputs, without a network.

    course/, docs/, the library's text -> stage -> a folder of Sphinx sources -> sphinx-build -> the site

`stage` writes the sources, `reference` the pages about the library, `extension` what Sphinx does not do of itself. Sphinx and
MyST-NB, since they read notebooks with their outputs, check each link, and search without a server; the Jupyter Book of today
needs Node.
"""

import tempfile
from pathlib import Path

from gdcourse.authoring.site.stage import stage


class SiteError(Exception):
    """A site that cannot be built; the message is what Sphinx said."""


def build_site(root: str | Path, target: str | Path, jobs: int = 2) -> None:
    """Build the site of the repository at ``root`` into the folder ``target``. A warning, as for a broken link, fails it."""
    from sphinx.application import Sphinx
    from sphinx.util.console import nocolor

    nocolor()
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "source"
        stage(Path(root), source)
        app = Sphinx(
            srcdir=source,
            confdir=source,
            outdir=Path(target),
            doctreedir=Path(scratch) / "doctrees",
            buildername="html",
            freshenv=True,
            parallel=jobs,
            status=None,
        )
        app.build(force_all=True)
        if app._warncount:
            raise SiteError(
                f"{app._warncount} warnings of Sphinx, printed above, such as for a link that leads nowhere"
            )
        lost = [page for page in app.env.found_docs if not Path(target, f"{page}.html").exists()]
        if lost or app.statuscode:
            raise SiteError(
                f"expected {len(app.env.found_docs)} pages, of which these were not written: {', '.join(lost)}"
            )
