"""JupyterLab in a real browser: the first notebook runs, completes, explains, and names stay text."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest
from lab_server import READY, ROOT, drive

from dtanalytics import reports

HOSTILE = "<img src=x onerror='window.ran = 1'><script>window.ran = 2</script>"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(400),
    pytest.mark.skipif(
        not READY,
        reason="needs Chromium, Node and playwright-core, which .ci/run installs",
    ),
]


def hostile_notebook(path: Path) -> Path:
    """A notebook in which every name is a script, shown in each way that the package shows names."""
    calls = f"""import pandas as pd
import dtanalytics as dta
from dtanalytics.reports import table
name = {HOSTILE!r}
calls = pd.DataFrame({{"affiliate": pd.Categorical([name] * 4), "offer": [name] * 4}}).assign(
    lead_status="Connected", offer_qualified=True, offer_price=5.0, affiliate_qualified=True, affiliate_price=2.0
)"""
    code = [
        "demo = True",
        calls,
        "calls",
        "calls.calls",
        "calls.calls.margin('affiliate')",
        "calls.set_index('affiliate').style.format(escape='html').format_index(escape='html')",
        "table(calls.calls.margin('affiliate'), name, name)",
    ]
    cells = [nbformat.v4.new_markdown_cell("# Hostile"), *map(nbformat.v4.new_code_cell, code)]
    cells[1].metadata["tags"] = ["parameters"]
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    return path


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """What the browser saw, in one session."""
    folder = tmp_path_factory.mktemp("lab")
    shutil.copy(ROOT / "notebooks" / "00_start_here.ipynb", folder)
    hostile = reports.write(str(hostile_notebook(folder / "hostile.ipynb")), folder / "pages").path
    report = reports.write("margin", folder / "pages").path
    return drive(folder, "lab.mjs", hostile, report)


def test_the_first_notebook_runs(seen):
    """All cells of 00_start_here run without an error, and its figure and tables are seen."""
    assert seen["errors"] == 0
    assert seen["figures"] >= 1
    assert seen["tables"] >= 5


def test_methods_complete(seen):
    """Tab after `calls.calls.` offers what can be asked."""
    assert {"margin", "qualification", "bridge", "trend"} <= set(seen["completions"])


def test_arguments_complete(seen):
    """Tab inside `calls.calls.unsold(` offers each of its arguments."""
    assert {"by=", "hours=", "confidence="} <= set(seen["keywords"])


def test_methods_explain_themselves(seen):
    """Shift+Tab inside `calls.calls.unsold(` shows its signature and docstring."""
    assert all(name in seen["docstring"] for name in ("by:", "hours:", "confidence:"))
    assert "Parameters" in seen["docstring"]
    assert "no buyer" in seen["docstring"]


def test_a_name_stays_text_in_the_notebook(seen):
    """Script in an affiliate's name is shown and does not run, in frames, Styler as README says, and tables."""
    assert seen["hostile"] is None
    assert seen["shown"] >= 4


def test_a_name_stays_text_in_a_report(seen):
    """The same in a report's page."""
    assert seen["report"] is None
    assert seen["reportText"] is True


def test_a_report_fits_on_paper(seen):
    """In print nothing is wider than A4 landscape, nothing scrolls, and each figure leaves room for its table."""
    assert seen["printWidth"] <= 1031
    assert seen["scrolling"] == 0
    assert seen["tallest"] < 400
