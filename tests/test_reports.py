"""A report is a notebook run on parameters; its page needs no network and runs no script."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner

from dtanalytics import reports
from dtanalytics.cli.commands import main
from dtanalytics.errors import DtError, InputError

HOSTILE = "<script>document.title='ran'</script><img src=x onerror=alert(1)>"
TABLES = f"""
from dtanalytics.reports import table
frame = pd.DataFrame({{"affiliate": [{HOSTILE!r}, "=cmd()"], "margin": [1.5, -2.25], "mixed": ["a", 1],
                      "week": pd.to_datetime(["2026-10-05"] * 2), "caller_id": ["8005550102"] * 2}})
for title in ("Margin", "Margin", ""):
    display(table(frame, title, rows=1))
"""


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
        TABLES,
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


def test_tables_come_with_the_report(page):
    """A report hands on each table that it shows: all rows, numbers as numbers, under a title of its own."""
    tables = page[0].tables
    (first, *_) = tables.values()

    assert list(tables) == ["Margin", "Margin (2)", "Table"]
    assert first["margin"].tolist() == [1.5, -2.25]
    assert first["week"].dt.strftime("%Y-%m-%d").tolist() == ["2026-10-05"] * 2
    assert first["affiliate"].tolist() == [HOSTILE, "=cmd()"]
    assert "vnd.apache" not in page[1]


def test_the_command_writes_a_workbook_on_request(tmp_path):
    """--xlsx: a sheet a table beside the page, formulas and callers left out; without it there is none."""
    source = notebook(tmp_path / "mine.ipynb", f"import pandas as pd{TABLES}")
    done = CliRunner().invoke(main, ["report", str(source), "--out", str(tmp_path / "out"), "--xlsx"])
    with zipfile.ZipFile(tmp_path / "out" / "mine.xlsx") as book:
        names = re.findall(r'<sheet name="([^"]+)"', book.read("xl/workbook.xml").decode())
        every = "".join(book.read(name).decode() for name in book.namelist())

    assert done.exit_code == 0, done.stderr
    assert done.stdout == f"{tmp_path}/out/mine.html\n{tmp_path}/out/mine.xlsx\n"
    assert names == ["Contents", "Margin", "Margin (2)", "Table"]
    assert "<f>" not in every
    assert ("'=cmd()" in every, "8005550102" in every) == (True, False)


def test_a_report_without_tables_has_no_workbook(tmp_path):
    """Asked for a workbook of nothing, the command says so and ends with exit code 1."""
    source = notebook(tmp_path / "empty.ipynb", "window")
    done = CliRunner().invoke(main, ["report", str(source), "--out", str(tmp_path / "out"), "--xlsx"])

    assert (done.exit_code, done.stderr) == (1, "error: there is no table to write\n")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["empty.html"]


def test_the_index_links_what_was_written(tmp_path):
    """The index links the pages, and the workbooks of those reports that have one, and tells their periods."""
    october = "Period: 2026-10-01 to 2026-10-31, Eastern"
    written = [
        reports.Written("a", "A", "", Path("a.html"), workbook=Path("a.xlsx"), period=october),
        reports.Written("b", "B", "", Path("b.html")),
    ]

    text = reports.write_index(tmp_path, written).read_text(encoding="utf-8")

    assert re.findall(r'href="([^"]+)"', text) == ["a.html", "a.xlsx", "b.html"]
    assert re.findall(r"dt-period[^>]*>([^<]*)<", text) == [october]


def test_the_index_escapes(tmp_path):
    """A heading with markup in it is text on the index page."""
    index = reports.write_index(tmp_path, [reports.Written("x", HOSTILE, HOSTILE, Path("x.html"))])

    assert "<script" not in index.read_text(encoding="utf-8")
    assert "<img" not in index.read_text(encoding="utf-8")


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


@pytest.mark.parametrize("failures", [1, 2])
def test_a_kernel_that_does_not_start_is_started_once_more(tmp_path, monkeypatch, failures):
    """The ports chosen for a kernel may be taken before it listens, and the kernel ends at once."""
    import papermill

    source, run, tried = notebook(tmp_path / "mine.ipynb", "1 + 1"), papermill.execute_notebook, []

    def execute(*arguments, **options):
        tried.append(1)
        if len(tried) <= failures:
            raise RuntimeError("Kernel died before replying to kernel_info")
        return run(*arguments, **options)

    monkeypatch.setattr(papermill, "execute_notebook", execute)

    if failures == 1:
        assert reports.write(str(source), tmp_path / "out").path.is_file()
    else:
        with pytest.raises(DtError, match="its kernel did not start, twice"):
            reports.write(str(source), tmp_path / "out")
    assert len(tried) == 2


def test_a_kernel_that_ends_in_a_cell_is_a_typed_error(tmp_path):
    source = notebook(tmp_path / "mine.ipynb", "import os; os._exit(9)")

    with pytest.raises(DtError, match="the kernel ended while it ran the report"):
        reports.write(str(source), tmp_path / "out")
