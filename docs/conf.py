"""Sphinx' configuration of the site; `gdcourse build --site` adds the course's pages and builds it."""

project = html_title = "Gradient Descent in Deep Learning"
author = copyright = "the authors of gdcourse"
root_doc = "index"
extensions = ["myst_nb", "sphinx_design", "sphinx_copybutton", "gdcourse.authoring.site.extension"]

nb_execution_mode = "off"
nb_ipywidgets_js: dict[str, dict[str, str]] = {}  # no widgets without a kernel, so nothing from a CDN
nb_merge_streams = True
myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence"]
myst_heading_anchors = 3
myst_heading_slug_func = "gdcourse.authoring.site.extension.slug"  # as JupyterLab names headings
myst_links_external_new_tab = True
suppress_warnings = ["myst.header"]

html_theme = "furo"
html_favicon = "_static/favicon.svg"
html_static_path = ["_static"]
html_extra_path = ["_extra"]
html_css_files = ["course.css"]
html_js_files = [
    (name, {"defer": "defer"}) for name in ("tippy/popper.min.js", "tippy/tippy-bundle.umd.min.js", "course.js")
]
html_show_sphinx = html_copy_source = html_show_sourcelink = False
html_theme_options = {"navigation_with_keys": True}
html_last_updated_fmt = None
pygments_style, pygments_dark_style = "a11y-high-contrast-light", "a11y-high-contrast-dark"

mathjax_path = "mathjax/tex-chtml.js"
copybutton_exclude = ".linenos, .gp, .go"
