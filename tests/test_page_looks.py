"""Pages and tables in Chromium: legible in light, dark and print, not cut at 800 px, numbered on paper."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbconvert import HTMLExporter

from dtanalytics import reports
from dtanalytics.reports import table

ROOT = Path(__file__).parents[1]
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
NODE = shutil.which("node")
PLAYWRIGHT = ROOT / "build" / "browser" / "node_modules" / "playwright-core" / "index.js"
TO_TEXT = shutil.which("pdftotext")
AA = 4.5  # WCAG 2, level AA: contrast of text

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not (BROWSER and NODE and PLAYWRIGHT.exists() and TO_TEXT),
        reason="needs Chromium, Node, pdftotext and playwright-core, which .ci/run installs",
    ),
]

WIDE = """
import pandas as pd
import matplotlib.pyplot as plt
from dtanalytics.reports import table
frame = pd.DataFrame({"affiliate": ["North"] * 9, **{f"margin_{name}": 1234567.5 for name in "abcdefghijkl"}})
display(table(frame, "Wide"))
_ = plt.figure(figsize=(8, 4)).add_subplot(title="Calls").barh(["North", "South"], [12, 7])
plt.show()
frame
"""


def lab_page(theme: str) -> str:
    """The table in JupyterLab's own styles of a theme, as nbconvert brings them."""
    frame = pd.DataFrame(
        {
            "affiliate": ["North", None],
            "margin_rate": [0.5, 0.2],
            "margin_rate_low": [0.4, 0.1],
            "margin_rate_high": [0.6, 0.3],
            "margin": [-1.5, 2.0],
            "is_total": [False, True],
        }
    )
    html = table(frame, "Margin", "A note below.")._repr_html_()
    output = nbformat.v4.new_output("display_data", {"text/html": html})
    cell = nbformat.v4.new_code_cell("1", outputs=[output])
    return HTMLExporter(theme=theme).from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))[0]


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """What the browser saw of a light page, a dark one, and a report."""
    folder = tmp_path_factory.mktemp("looks")
    for theme in ("light", "dark"):
        (folder / f"{theme}.html").write_text(lab_page(theme), encoding="utf-8")
    cells = [nbformat.v4.new_markdown_cell("# Wide"), nbformat.v4.new_code_cell(WIDE)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "report.ipynb")
    reports.write(str(folder / "report.ipynb"), folder)
    pages = [folder / f"{name}.html" for name in ("light", "dark", "report")]
    drive = [NODE, ROOT / "tests" / "browser" / "page.mjs", PLAYWRIGHT, BROWSER, folder, *pages]
    done = subprocess.run(
        [str(part) for part in drive], capture_output=True, text=True, check=False, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    return dict(zip(("light", "dark", "report"), json.loads(done.stdout), strict=True)), folder


@pytest.mark.parametrize("page", ["light", "dark", "report"])
@pytest.mark.parametrize("medium", ["screen", "print"])
def test_every_text_of_a_table_has_contrast(seen, page, medium):
    """The least contrast of a text with what lies behind it meets WCAG AA."""
    assert seen[0][page]["texts"] >= 10
    assert seen[0][page][medium]["ratio"] >= AA, seen[0][page][medium]


def test_a_wide_table_scrolls_with_a_cue(seen):
    """At 800 px the page is no wider than the window; wide tables scroll, with a shadow at their edge."""
    report = seen[0]["report"]

    assert (report["width"], report["cut"], report["scrolling"] >= 2) == (800, 0, True)


def test_prose_tables_and_pictures_begin_at_one_edge(seen):
    """At 1440 px: the period, the heading, a table with its title, and a picture."""
    edges = seen[0]["report"]["edges"]

    assert len(edges) == 5
    assert len(set(edges)) == 1


def test_every_figure_has_its_numbers_as_text(seen):
    """The alternative text holds the title and the values."""
    assert seen[0]["report"]["alts"] == ["Calls. North: 12. South: 7."]


def test_sheets_of_paper_are_numbered_and_headed(seen):
    """Each sheet has the title above and its number below; table and figure share the first."""
    said = subprocess.run(
        [TO_TEXT, "-layout", str(seen[1] / "page-2.pdf"), "-"],
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    ).stdout
    sheets = said.split("\f")[:-1]

    assert [f"Page {at} of {len(sheets)}" in sheet for at, sheet in enumerate(sheets, 1)] == [True] * len(
        sheets
    )
    assert all("Wide" in sheet.splitlines()[0] for sheet in sheets)
    assert len(sheets) <= 2
