"""A table for people says what the frame says, in their units, and nothing that a name tells it to do."""

from __future__ import annotations

import io
import re
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from dtanalytics.errors import InputError
from dtanalytics.reports import table

HOSTILE = "<script>alert(1)</script>"


def cells(laid_out) -> list[list[str]]:
    """Read the text of each body row out of the HTML."""
    rows = re.findall(r"<tr>(.*?)</tr>", laid_out._repr_html_().split("<tbody")[1], re.DOTALL)
    return [
        [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row)] for row in rows
    ]


def test_values_are_written_in_their_units():
    """Money has a sign and two decimals, a ratio is in per cent, a count is grouped, a null is a dash."""
    frame = pd.DataFrame(
        {
            "affiliate": pd.Categorical(["North", None]),
            "call_count": pd.array([12345, None], dtype="Int64"),
            "margin": [-1234.5, np.nan],
            "margin_rate": [0.12345, np.nan],
            "average_talk_time": [61.4, np.nan],
            "p_value": [0.00001, 0.25],
            "flagged": pd.array([True, None], dtype="boolean"),
            "week": pd.to_datetime(["2026-10-05", None]),
        }
    )

    assert cells(table(frame)) == [
        ["North", "12,345", "−$1,234.50", "12.3%", "61", "&lt;0.001", "yes", "2026-10-05"],  # noqa: RUF001 - a minus sign
        ["–", "–", "–", "–", "–", "0.250", "–", "–"],  # noqa: RUF001 - dashes
    ]


def test_an_amount_that_rounds_to_nothing_has_no_sign():
    """Less than half a cent below zero is $0.00, and a negative zero is 0."""
    assert cells(table(pd.DataFrame({"margin": [-0.001], "left": [-0.0]}))) == [["$0.00", "0"]]


def test_a_column_without_a_known_unit_keeps_its_decimals_together():
    """Whole numbers stay whole; one fraction gives every number of its column two decimals."""
    assert cells(table(pd.DataFrame({"rank": [1, 2000], "weight": [1.0, 0.5]}))) == [
        ["1", "1.00"],
        ["2,000", "0.50"],
    ]


def test_an_interval_is_one_cell_with_a_bar():
    """Low and high join their estimate; bars of one column share a scale from zero to its highest end."""
    frame = pd.DataFrame(
        {"margin_rate": [0.5, 0.2], "margin_rate_low": [0.4, 0.1], "margin_rate_high": [0.6, np.nan]}
    )
    laid_out = table(frame)

    assert cells(laid_out) == [["50.0% (40.0% to 60.0%)"], ["20.0%"]]
    assert re.findall(r"left:(\d+)px;width:(\d+)px", laid_out._repr_html_()) == [("37", "19")]


def test_outside_of_notebooks_it_is_text():
    """The repr holds the same cells, without markup, and nothing that differs from run to run."""
    frame = pd.DataFrame(
        {"offer": ["a & b"], "margin_rate": [0.5], "margin_rate_low": [0.4], "margin_rate_high": [0.6]}
    )

    assert repr(table(frame, "Rates", "A note.")).split("\n") == [
        "Rates",
        "offer            margin rate",
        "a & b 50.0% (40.0% to 60.0%)",
        "A note.",
    ]


def test_a_total_is_named_and_always_shown():
    """The row that is_total marks is last, bold, called Total, and not counted as left out."""
    frame = pd.DataFrame(
        {"offer": ["a", "b", "c", None], "call_count": [3, 2, 1, 6], "is_total": [False, False, False, True]}
    )
    laid_out = table(frame, rows=2)

    assert cells(laid_out) == [["a", "3"], ["b", "2"], ["Total", "6"]]
    assert "1 more not shown." in laid_out._repr_html_()
    assert laid_out._repr_html_().count('<td style="font-weight: bold;"') == 2


def test_text_is_text():
    """Markup in a value, a column, a title or a note is shown, not obeyed."""
    laid_out = table(pd.DataFrame({HOSTILE: [HOSTILE]}), HOSTILE, HOSTILE)

    assert "<script" not in laid_out._repr_html_()
    assert cells(laid_out) == [["&lt;script&gt;alert(1)&lt;/script&gt;"]]


def test_the_frame_stays_as_it_was():
    """Laying a frame out does not change it."""
    frame = pd.DataFrame({"margin": [1.0], "is_total": [True]}, index=pd.Index([7], name="day"))
    before = frame.copy(deep=True)

    table(frame)

    pd.testing.assert_frame_equal(frame, before)


def test_a_frame_without_rows_has_its_heads():
    """No rows are no error."""
    laid_out = table(
        pd.DataFrame({"offer": pd.Series(dtype="category"), "margin": pd.Series(dtype="float64")})
    )

    assert cells(laid_out) == []
    assert ">margin</th>" in laid_out._repr_html_()


def test_the_same_frame_gives_the_same_page():
    """Nothing random is in the HTML, so that notebooks compare."""
    frame = pd.DataFrame({"offer": ["a"], "margin": [1.0]})

    assert table(frame, "x")._repr_html_() == table(frame, "x")._repr_html_()


def test_no_rows_cannot_be_asked_for():
    """Rows must be at least 1."""
    with pytest.raises(InputError, match="rows is 0"):
        table(pd.DataFrame({"margin": [1.0]}), rows=0)


def test_the_change_of_a_rate_is_in_points():
    """60.3 % that become 32.4 % are 27.9 points less, and so are the ends of the interval."""
    frame = pd.DataFrame(
        {
            "margin_rate_before": [0.603],
            "margin_rate": [0.324],
            "margin_rate_change": [-0.279],
            "margin_rate_change_low": [-0.31],
            "margin_rate_change_high": [-0.25],
            "margin_change": [-2.5],
        }
    )

    assert cells(table(frame)) == [
        ["60.3%", "32.4%", "−27.9 points (−31.0 points to −25.0 points)", "−$2.50"]  # noqa: RUF001 - minus signs
    ]


@pytest.mark.parametrize(
    ("name", "values", "written"),
    [
        ("calls_needed", [661297], "661,297"),
        ("new", [12], "12"),
        ("lost", [3.0], "3"),
        ("change", [4], "4"),
        ("margin_calls", [7], "7"),
        ("value_count", [9], "9"),
        ("devalued", [5], "5"),
        ("offer_price", [18.625], "$18.62"),
        ("margin_before", [5.25], "$5.25"),
        ("payout_after", [5.0], "$5.00"),
        ("rate_before", [0.5], "50.0%"),
    ],
)
def test_counts_are_no_money(name, values, written):
    """A column is money when its name says so, and words that may count anything are read by their values."""
    assert cells(table(pd.DataFrame({"affiliate": ["North"], name: values}))) == [["North", written]]


def test_before_and_after_are_written_as_their_field_is():
    """In a list of changes each value has the unit of its row's field; flags are words."""
    frame = pd.DataFrame(
        {
            "field": ["margin", "offer_price", "offer_qualified", "state", "talk_seconds"],
            "before": ["5.25", "1234.5", "True", "TX", "90"],
            "after": ["-18.75", None, "False", None, "31"],
        }
    )

    assert cells(table(frame)) == [
        ["margin", "$5.25", "−$18.75"],  # noqa: RUF001 - a minus sign
        ["offer_price", "$1,234.50", "–"],  # noqa: RUF001 - a dash
        ["offer_qualified", "yes", "no"],
        ["state", "TX", "–"],  # noqa: RUF001 - a dash
        ["talk_seconds", "90", "31"],
    ]


def test_objects_are_written_as_what_they_hold():
    """Decimals are money, and flags among objects are words."""
    frame = pd.DataFrame(
        {"margin": [Decimal("1234.5000"), None], "flag": np.array([True, None], dtype=object)}
    )

    assert cells(table(frame)) == [["$1,234.50", "yes"], ["–", "–"]]  # noqa: RUF001 - dashes


def test_yen_have_no_cents():
    """A currency without cents has none."""
    assert cells(table(pd.DataFrame({"margin": [1234.0]}), currency="JPY")) == [["¥1,234"]]


@pytest.mark.parametrize("given", ["x", None, [1, 2], {"a": [1]}, 5])
def test_what_is_no_table_is_refused(given):
    """The error says what to pass instead."""
    with pytest.raises(InputError, match=r"DataFrame.*df\.calls"):
        table(given)


@pytest.mark.parametrize("rows", [True, "5", 2.5, None, -1])
def test_rows_is_a_number_of_rows(rows):
    """Anything else is refused."""
    with pytest.raises(InputError, match="rows is"):
        table(pd.DataFrame({"margin": [1.0]}), rows=rows)


def test_the_styles_of_a_table_reach_no_other(tmp_path):
    """Each rule of the style begins with the table's own name: other tables of the page keep theirs."""
    html = table(pd.DataFrame({"margin": [1.0]}))._repr_html_()
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL).group(1)
    style = re.sub(r"@media print {(.*?})\s*}", r"\1", style, flags=re.DOTALL)
    heads = [head.strip() for head in re.findall(r"([^{}]+){[^}]*}", style)]

    assert [head for head in heads if not re.match(r"(\[data-jp-theme-light\] )?#t", head)] == []


def test_amounts_are_no_formulas():
    """JupyterLab would typeset the text between two dollar signs; the classes tell MathJax 2 and 3 to leave it."""
    assert '<div class="tex2jax_ignore mathjax_ignore" id="' in table(pd.DataFrame({"a": [1]}))._repr_html_()


def test_the_others_of_the_largest_are_named():
    """With `top` the row of all others says so in the first column, and no flag is shown."""
    frame = pd.DataFrame({"call_hour": [9, None], "margin": [3.0, 1.0], "is_other": [False, True]})

    assert cells(table(frame)) == [["9", "$3.00"], ["Others", "$1.00"]]


def test_a_wide_table_fits_a_terminal(monkeypatch):
    """No printed line is longer than the terminal, no cell is lost, and each block begins with the names."""
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr("sys.stdout", Terminal())
    frame = pd.DataFrame(
        {"affiliate": ["North", "A" * 80], **{f"margin_{name}": [1234.5, 9.25] for name in "abcdefgh"}}
    )
    lines = repr(table(frame, "Margin")).splitlines()

    assert max(map(len, lines)) <= 60
    assert sum(line.count("$1,234.50") for line in lines) == 8
    assert sum("affiliate" in line for line in lines) == sum("North" in line for line in lines) == 3
    assert len([line for line in lines if "A" * 29 + "…" in line]) == 3
    assert "no rows; columns: affiliate, margin a" in repr(table(frame.iloc[:0]))


def test_a_wide_table_in_a_pipe_has_a_line_a_row():
    """Other programs read whole lines."""
    frame = pd.DataFrame({"affiliate": ["North"], **{f"margin_{name}": [1234.5] for name in "abcdefgh" * 3}})

    assert len(repr(table(frame)).splitlines()) == 2


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_what_has_no_space_is_not_broken_at_its_hyphens():
    """Dates, periods and identifiers stay on a line at 800 px; names of several words may be broken."""
    frame = pd.DataFrame(
        {"period": ["2026-10"], "call_day": pd.to_datetime(["2026-10-05"]), "affiliate": ["North by East"]}
    )

    rules = re.findall(r"td:nth-child\((\d)\) { white-space: nowrap", table(frame)._repr_html_())

    assert rules == ["1", "2"]


def test_our_own_words_are_written_as_headings_are():
    """Metrics and signals in cells have spaces; the frame that goes into a workbook stays as it is."""
    frame = pd.DataFrame({"metric": ["margin_per_call"], "quality_flags": ["a_b, c_d"], "offer": ["a_b"]})

    shown = table(frame)

    assert shown.cells.iloc[0].tolist() == ["margin per call", "a b, c d", "a_b"]
    assert shown.frame.iloc[0].tolist() == ["margin_per_call", "a_b, c_d", "a_b"]


def test_tables_begin_where_pictures_do():
    """Not in the middle of a wide page."""
    style = table(pd.DataFrame({"a": [1]}), "Title")._repr_html_()

    assert "margin-left: 0px" in style
    assert re.search(r"\.gt_heading \{[^}]*text-align: left", style)
