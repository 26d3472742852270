"""What spreadsheets, databases and programs leave in columns that few frames have, and what is made of it."""

import datetime as dt
from fractions import Fraction

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import dtanalytics as dta
from dtanalytics.columns import counts, flags, seconds, times
from dtanalytics.errors import InputError, LedgerWarning, SchemaError

CALLS = pd.DataFrame({
    "sid": ["a1", "a2", "a3"],
    "call_date": ["2026-10-01 09:00:00", "2026-10-01 10:00:00", "2026-10-02 11:00:00"],
    "affiliate": ["North", "South", "North"],
    "offer_qualified": ["Y", "Y", "N"],
    "offer_price": ["20.00", "12.25", "7.00"],
})  # fmt: skip


@pytest.mark.parametrize(
    "changed",
    [
        {"offer_price": [Fraction(20), Fraction(49, 4), Fraction(7)]},
        {"offer_price": pd.arrays.SparseArray([20.0, 12.25, 7.0])},
        {"offer_qualified": pd.arrays.SparseArray([True, True, False])},
        {"offer_qualified": ["1.0", "1.0", "0.0"]},
        {"affiliate": pd.Series(["North", "South", "North"], dtype=pd.ArrowDtype(pa.string_view()))},
    ],
    ids=["fractions", "sparse money", "sparse flags", "flags as text of floats", "string views"],
)
def test_rare_kinds_of_columns_give_the_same_revenue(changed):
    found = dta.rollup(CALLS.assign(**changed), "affiliate", ["call_count", "revenue"])

    assert found["affiliate"].tolist() == ["North", "South"]
    assert found["call_count"].tolist() == [2, 1]
    assert found["revenue"].tolist() == [20.0, 12.25]


@pytest.mark.parametrize("hours", [["10", "9", "9"], pd.Categorical(["10", "9", "9"]), [10.0, 9.0, 9.0]])
def test_hours_as_text_are_grouped_as_numbers(hours):
    found = dta.rollup(CALLS.assign(call_hour=hours), "call_hour", "call_count")

    assert [found["call_hour"].tolist(), found["call_count"].tolist()] == [[9, 10], [2, 1]]


def test_labels_in_a_column_of_numbers_stay_labels():
    found = dta.rollup(CALLS.assign(call_hour=["late", "early", "late"]), "call_hour", "call_count")

    assert [found["call_hour"].tolist(), found["call_count"].tolist()] == [["early", "late"], [1, 2]]


@pytest.mark.parametrize("value", ["9999-12-31 23:59:59", dt.datetime(9999, 12, 31, 23)])
def test_the_year_9999_is_refused_by_name(value):
    with pytest.raises(SchemaError, match="'call_date' holds 9999-12-31, which no time zone knows"):
        times(pd.Series([value, "2026-10-05 09:00:00"], name="call_date"))
    ledger = pd.DataFrame({"When": [value], "Billed": [1.0]})
    with pytest.raises(InputError, match=r"row 0 of the ledger: 'call_date' is .*9999"):
        dta.read_ledger(ledger, {"When": "call_date", "Billed": "revenue"})


@pytest.mark.parametrize("value", [1e300, np.inf, -np.inf, "9" * 30, 2.0**53])
def test_durations_that_cannot_be_counted_are_refused(value):
    with pytest.raises(SchemaError, match="an infinite duration, or one that cannot be counted"):
        seconds(pd.Series([value], name="talk_seconds"))


def test_flags_of_floats_as_text_are_flags():
    assert flags(pd.Series(["1.0", "0.0", ""])).filled.tolist() == [True, False, False]


def test_times_that_are_categories_are_written_as_eastern_clocks(tmp_path):
    moments = pd.to_datetime(["2026-11-01T06:30:00Z", "2026-11-01T05:30:00Z"]).tz_convert("America/New_York")
    table = pd.DataFrame({"call_date": pd.Series(moments).astype("category"), "revenue": [1.0, 2.0]})

    written = dta.exports.to_csv(table, tmp_path / "a.csv").read_text("utf-8-sig").splitlines()
    assert written[1:] == ["2026-11-01 01:30:00,1.0", "2026-11-01 01:30:00,2.0"]
    assert dta.exports.to_excel(table, tmp_path / "a.xlsx").exists()


@pytest.mark.parametrize(
    "label",
    [
        "3 calls",
        "Balance due",
        "Amount Due:",
        "Net amount payable",
        "Total incl. VAT",
        "Grand total excl. tax",
    ],
)
def test_rows_of_what_is_due_are_totals(label):
    ledger = pd.DataFrame({"Call ID": ["a1", "a2", label], "Billed": ["20.00", "12.25", "32.25"]})

    with pytest.warns(LedgerWarning, match="row 2 .* is a total of 32.25"):
        found = dta.read_ledger(ledger, {"Call ID": "sid", "Billed": "revenue"})
    assert found["revenue"].tolist() == [20.0, 12.25]


@pytest.mark.parametrize(
    "name", ["Currency", "currency_code", "Billing Currency", "Curr.", "CCY", "W\u00e4hrung"]
)
def test_a_column_of_two_currencies_is_refused_whatever_it_is_called(name):
    ledger = pd.DataFrame({"Call ID": ["a1", "a2"], "Billed": [20.0, 12.25], name: ["USD", "EUR"]})

    with pytest.raises(InputError, match="names EUR and USD: amounts of two currencies do not add up"):
        dta.read_ledger(ledger, {"Call ID": "sid", "Billed": "revenue"})


def wide(text):
    """The text as a Japanese keyboard writes it."""
    return text.translate({at: at + 0xFEE0 for at in range(0x21, 0x7F)} | {0x20: 0x3000})


def test_wide_digits_and_those_of_other_scripts_are_digits():
    ledger = pd.DataFrame({
        "sid": [wide("26100"), "26101", "26102"],
        "revenue": ["\uffe5" + wide("1,250.50"), wide("(12.50)"), "\u0663\u066b\u0665"],
        "call_date": [wide("2026/10/25 14:13"), "2026/10/05 10:00", ""],
        "talk_seconds": [wide("123"), "5", "\u0667"],
    })  # fmt: skip
    found = dta.read_ledger(ledger)
    assert found["sid"].tolist() == ["26100", "26101", "26102"]
    assert found["revenue"].tolist() == [1250.5, -12.5, 3.5]
    assert found["call_date"].astype(str).tolist()[:2] == [
        "2026-10-25 14:13:00-04:00",
        "2026-10-05 10:00:00-04:00",
    ]
    assert found["talk_seconds"].tolist() == [123.0, 5.0, 7.0]
    assert counts(pd.Series([wide("123"), "4"])).filled.tolist() == [123, 4]
