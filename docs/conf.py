"""Sphinx's settings of the handbook; `docs/build.py` lays out the pages and runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dtanalytics

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "dtanalytics"
author = "the developers of dtanalytics"
project_copyright = author
version = release = dtanalytics.__version__

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx_click",
    "sphinx_copybutton",
    "sphinx_design",
]
smartquotes = False  # commands are copied: -- and quotes stay as they are
nitpicky = False  # types of other libraries have no pages here; links between pages are checked by MyST

# -- pages and notebooks -----------------------------------------------------------------------------

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "force"  # whatever a page shows was run in this build
nb_execution_timeout = 180
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_merge_streams = True
nb_ipywidgets_js: dict[str, dict[str, str]] = {}  # these scripts would come from another host

# -- reference ---------------------------------------------------------------------------------------

autodoc_typehints = "none"  # numpydoc's Parameters sections say the types in words
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
default_role = "code"

# -- what it looks like ------------------------------------------------------------------------------

html_theme = "pydata_sphinx_theme"
html_title = "dtanalytics"
html_static_path = ["_static"]
html_css_files = ["handbook.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "navbar_align": "left",
    "show_toc_level": 2,
    "navigation_with_keys": True,
    "show_prev_next": True,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True


def escape_stars(_app: object, _context: object, lines: list[str]) -> None:
    """Keep `*` of a command's help as it is: it marks no emphasis there."""
    lines[:] = [line.replace("*", r"\*") for line in lines]


def setup(app: Sphinx) -> None:
    """Read the help of the commands as plain text."""
    for part in ("description", "epilog"):
        app.connect(f"sphinx-click-process-{part}", escape_stars)
