"""A page says of which period it is and what its figures show; a notebook without parameters is refused."""

from __future__ import annotations

import html
import re
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner

from dtanalytics import reports
from dtanalytics.cli import main
from dtanalytics.errors import DtError, InputError
from dtanalytics.reports.notebooks import fitted
from dtanalytics.reports.opening import opening

LOADED = """
import matplotlib.pyplot as plt
import pandas as pd
calls = pd.DataFrame({"sid": ["1"]})
calls.attrs["dtanalytics"] = {"report": "leadflow", "start": "2026-10-05T00:00:00", "end": "2026-10-12T00:00:00",
                              "rows": 1, "asked": "2026-10-20T11:30:00+00:00"}
"""
DRAWN = """
fig, ax = plt.subplots()
bars = ax.barh(["North <b>", "South"], [1200, 350])
_ = ax.set(title="Margin by affiliate", xlabel="margin [USD]")
"""


def notebook(path, *code: str, parameters: str | None):
    cells = [nbformat.v4.new_markdown_cell("# Own \\ question"), *map(nbformat.v4.new_code_cell, code)]
    if parameters is not None:
        cells.insert(1, nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}))
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return str(path)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    source = notebook(folder / "own.ipynb", LOADED, DRAWN, "%reset -f in", parameters="week = None")
    return reports.write(source, folder).path.read_text(encoding="utf-8")


def test_a_page_says_its_period_and_as_of_when(page):
    """The head of the page, and of each sheet of paper, names first and last day and the moment of asking."""
    period = "Period: 2026-10-05 to 2026-10-11, Eastern, as of 2026-10-20 11:30 UTC"

    assert f'<p class="dt-period">{period}</p>' in page
    assert f'@top-right {{ content: "{period}" }}' in page
    assert '@top-left { content: "Own \\5c  question" }' in page


def test_a_page_of_the_demonstration_says_so_whatever_its_parameters_are_called(tmp_path):
    """A demonstration that has ended, calls that no variable holds, a window that the notebook takes apart.

    And what Python says of the plots that end cells is not shown.
    """
    load = (
        "import dtanalytics as dta\nimport matplotlib.pyplot as plt\nstart, end = window\nwith dta.demo():\n"
        "    margin = dta.load_leadflow(start, end, progress=False).calls.margin('affiliate')"
    )
    drawn = ("plt.hist([1, 2, 2])", "plt.subplots(2)[1]", "plt.pie([1, 2])", "plt.bar([1, 2], [3, 4])")
    source = notebook(
        tmp_path / "own.ipynb", load, *drawn, "end, 2.5", parameters="window = '2026-09-01', '2026-10-01'"
    )

    page = reports.write(source, tmp_path, {"window": "2026-10-05"}).path.read_text(encoding="utf-8")

    assert re.search(
        r">Period: 2026-10-05, Eastern, as of [-\d]+ [:\d]+ UTC, demonstration data, made up<", page
    )
    assert re.findall(r"<pre>(.*?)</pre>", page, re.DOTALL) == ["('2026-10-06', 2.5)"]


def test_a_figure_has_a_text_with_its_numbers(page):
    """The alternative text holds the title, the axis, and each bar by its name; markup is escaped."""
    texts = [html.unescape(text) for text in re.findall(r'alt="([^"]*)"', page)]

    assert texts == ["Margin by affiliate. Horizontal: margin [USD]. North <b>: 1,200. South: 350."]
    assert "<b>" not in page


@pytest.mark.parametrize(
    ("parameters", "given", "message"),
    [
        (None, {"window": "2026-10"}, r"no cell tagged 'parameters'.*property inspector"),
        ("windw = '2026-09'", {"window": "2026-10"}, r"no parameter 'window'.*'windw'"),
        ("", {"window": "2026-10"}, r"no parameter 'window'.*it has none"),
    ],
)
def test_a_parameter_that_would_not_be_heard_is_refused(tmp_path, parameters, given, message):
    """A notebook keeps no value of its own without a word; the error says how to tag a cell."""
    source = notebook(tmp_path / "mine.ipynb", "1 + 1", parameters=parameters)

    with pytest.raises(InputError, match=message):
        reports.write(source, tmp_path / "out", given)

    assert not (tmp_path / "out").exists()


def test_a_window_that_would_not_be_heard_fails_the_command(tmp_path):
    """`report mine.ipynb --window` is exit code 1 where no cell is tagged."""
    source = notebook(tmp_path / "mine.ipynb", "window = '2026-09'", parameters=None)

    done = CliRunner().invoke(
        main, ["report", source, "--window", "2026-10-05", "--out", str(tmp_path / "out")]
    )

    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert "tag" in done.stderr


@pytest.mark.parametrize(
    ("parameters", "given", "expected"),
    [
        ("window = '2026-09'", "2026-10", {"window": "2026-10"}),
        ("window = ('2026-09-01', '2026-10-01')", "2026-W41", {"window": ("2026-10-05", "2026-10-12")}),
        ("window = [\n  first,\n  last,\n]", "2026-10-05", {"window": ["2026-10-05", "2026-10-06"]}),
        ("start = '2026-09-01'\nend = None", "2026-10", {"start": "2026-10-01", "end": "2026-11-01"}),
        ("start = '2026-09-01'", "2026-10", {"window": "2026-10"}),
    ],
)
def test_a_window_has_the_form_in_which_a_notebook_keeps_it(tmp_path, parameters, given, expected):
    """A text, a pair that the notebook unpacks, or two parameters called start and end."""
    source = Path(notebook(tmp_path / "mine.ipynb", parameters=parameters))

    assert fitted(source, {"window": given}) == expected


def test_a_window_that_a_notebook_takes_apart_says_how(tmp_path):
    """A text has no two parts: the error says what to write in the cell."""
    source = notebook(tmp_path / "mine.ipynb", "start, end = window", parameters="window = '2026-09'")

    with pytest.raises(
        DtError, match=r"the text '2026-10' here.*write a pair, \('2026-10-01', '2026-11-01'\)"
    ):
        reports.write(source, tmp_path / "out", {"window": "2026-10"})


@pytest.mark.parametrize(
    ("cells", "title", "summary"),
    [
        (["## Who *earns* `it`?\n\nAll of [October](x)."], "Who earns it?", "All of October."),
        (["### Setup", "# Margin, by\thand\n"], "Margin, by hand", ""),
        (["```\n# no heading\n```", "Margin\n======\n"], "Margin", ""),
        (["<h1 class='a'>Margin &amp; <i>calls</i></h1>"], "Margin & calls", ""),
        (["Only words.", "#no heading"], "By week and hour", "Only words."),
        ([], "By week and hour", ""),
    ],
)
def test_the_title_of_a_page_is_the_first_heading_else_the_file_in_words(cells, title, summary):
    """Never the word Report; a comment in a block of code is no heading."""
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text) for text in cells])

    assert opening(made, "07_by_week-and_hour") == (title, summary)


@pytest.mark.parametrize("name", ["none.ipynb", "folder/none.ipynb", "./none"])
def test_a_file_that_is_missing_is_no_such_file(name):
    """A path is not taken for the name of a report."""
    with pytest.raises(InputError, match="there is no such file"):
        reports.write(name, "out")


@pytest.mark.parametrize("text", ["1 + 1", "{}", '{"cells": 1}', "\ufeff", ""])
def test_a_file_that_is_no_notebook_is_refused(tmp_path, text):
    """A script or a damaged file is named as what it is."""
    (tmp_path / "mine.ipynb").write_text(text, encoding="utf-8")

    with pytest.raises(InputError, match="no Jupyter notebook"):
        reports.write(str(tmp_path / "mine.ipynb"), tmp_path / "out")


@pytest.mark.parametrize("path", reports.names().values(), ids=list(reports.names()))
def test_every_report_says_what_when_and_what_its_figures_show(path):
    """Questions as title and headings, a window among its parameters, and numbers in the text of each figure."""
    cells = nbformat.read(path, as_version=4).cells
    title = cells[0].source.splitlines()[0]
    parameters = next(cell.source for cell in cells if "parameters" in cell.metadata.get("tags", []))
    figures = [
        output.metadata.get("image/png", {}).get("alt", "")
        for cell in cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]

    headings = [
        line
        for cell in cells
        if cell.cell_type == "markdown"
        for line in cell.source.splitlines()
        if line.startswith("#")
    ]

    assert re.fullmatch(r"# [A-Z]\w*( [^ ]+){3,}", title)
    assert [heading for heading in headings if not heading.endswith("?")] == []
    assert re.search(r"^window\b", parameters, re.MULTILINE)
    assert [text for text in figures if len(text.split()) < 8 or not re.search(r"\d", text)] == []
