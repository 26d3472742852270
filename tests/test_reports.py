"""A report is a notebook run on parameters; its page needs no network and runs no script."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner

from dtanalytics import reports
from dtanalytics.cli import main
from dtanalytics.errors import DtError, InputError

HOSTILE = "<script>document.title='ran'</script><img src=x onerror=alert(1)>"


def notebook(path: Path, *code: str) -> Path:
    cells = [
        nbformat.v4.new_markdown_cell("# Who earns `it` & why?\n\nOne paragraph\nof prose."),
        nbformat.v4.new_code_cell("window = 'sample'", metadata={"tags": ["parameters"]}),
        *map(nbformat.v4.new_code_cell, code),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """One report with a table of hostile names and a figure, run once for the tests below."""
    folder = tmp_path_factory.mktemp("report")
    source = notebook(
        folder / "mine.ipynb",
        f"import pandas as pd; pd.DataFrame({{'affiliate': [{HOSTILE!r}], 'window': [window]}})",
        f"from IPython.display import HTML; HTML({HOSTILE!r})",
        "import matplotlib.pyplot as plt; _ = plt.plot([1, 2])",
    )
    written = reports.write(str(source), folder / "out", {"window": "2026-10"})
    return written, written.path.read_text(encoding="utf-8")


def test_parameters_reach_the_notebook(page):
    """A parameter given replaces the notebook's own."""
    assert "2026-10" in page[1]
    assert "<td>sample</td>" not in page[1]


def test_a_page_runs_and_fetches_nothing(page):
    """No script stays in the page, a policy forbids what an attribute may still hold, figures are inside."""
    written, text = page

    assert written.path.name == "mine.html"
    assert re.findall(r"<script", text, re.IGNORECASE) == []
    assert re.findall(r"""(?:src|href)=["']?https?:""", text) == []
    assert "default-src 'none'" in text[: text.index("<title>")]
    assert "data:image/png;base64," in text


def test_a_page_has_prose_and_results_without_code(page):
    """Input cells are left out unless asked for."""
    assert "One paragraph" in page[1]
    assert "plt.plot" not in page[1]


def test_the_opening_becomes_the_entry(page):
    """Heading and first paragraph are what the index page shows, in plain words."""
    assert (page[0].title, page[0].summary) == ("Who earns it & why?", "One paragraph of prose.")


def test_the_index_escapes(tmp_path):
    """A heading with markup in it is text on the index page."""
    index = reports.write_index(tmp_path, [reports.Written("x", HOSTILE, HOSTILE, Path("x.html"))])

    assert "<script" not in index.read_text()
    assert "<img" not in index.read_text()


def test_a_failing_cell_fails_the_report(tmp_path):
    """The error names report and cause, and nothing is written."""
    source = notebook(tmp_path / "broken.ipynb", "1 / 0")

    with pytest.raises(DtError, match=r"broken.*ZeroDivisionError"):
        reports.write(str(source), tmp_path / "out")

    assert not (tmp_path / "out").exists()


def test_a_failing_report_fails_the_command(tmp_path):
    """The command ends with exit code 1 and one line."""
    source = notebook(tmp_path / "broken.ipynb", "raise LookupError('no such call')")

    done = CliRunner().invoke(main, ["report", str(source), "--out", str(tmp_path / "out")])

    assert done.exit_code == 1
    assert done.stderr.endswith("LookupError: no such call\n")


def test_an_unknown_report_is_refused(tmp_path):
    """The error offers the reports that there are."""
    with pytest.raises(InputError, match="'margn'"):
        reports.write("margn", tmp_path)
