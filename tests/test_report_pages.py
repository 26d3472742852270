"""A page says of which period it is and what its figures show; a notebook without parameters is refused."""

from __future__ import annotations

import html
import re

import nbformat
import pytest
from click.testing import CliRunner

from dtanalytics import reports
from dtanalytics.cli import main
from dtanalytics.errors import InputError

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
    """A notebook without a parameter demo that starts one; the repr of the plot that ends a cell is not shown."""
    start = "import dtanalytics as dta\ndta.demo().start()\ncalls = dta.load_leadflow(window, progress=False)"
    source = notebook(
        tmp_path / "own.ipynb", start, "calls.calls.plot.margin('affiliate')", parameters="window = '2026-10'"
    )

    page = reports.write(source, tmp_path, {"window": "2026-10-05"}).path.read_text(encoding="utf-8")

    assert ", demonstration data, made up</p>" in page
    assert "Axes" not in page


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
    """A question or sentence as title, a window among its parameters, and numbers in the text of each figure."""
    cells = nbformat.read(path, as_version=4).cells
    title = cells[0].source.splitlines()[0]
    parameters = next(cell.source for cell in cells if "parameters" in cell.metadata.get("tags", []))
    figures = [
        output.metadata.get("image/png", {}).get("alt", "")
        for cell in cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]

    assert re.fullmatch(r"# [A-Z]\w*( [^ ]+){3,}", title)
    assert re.search(r"^window\b", parameters, re.MULTILINE)
    assert [text for text in figures if len(text.split()) < 8 or not re.search(r"\d", text)] == []
