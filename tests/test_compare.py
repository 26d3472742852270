"""Two periods side by side: differences, their intervals, and the days that are compared."""

import numpy as np
import pandas as pd
import pytest
from segment_calls import make_calls
from statsmodels.stats.proportion import confint_proportions_2indep

import dtanalytics as dta
from dtanalytics.analysis.money.compare import compare
from dtanalytics.errors import InputError, SchemaError

SIZES = {"North": 800, "South": 500}


@pytest.fixture(scope="module")
def pair():
    before = make_calls(SIZES, qualified=0.5, seed=1)
    now = make_calls(
        {"North": 900, "New": 50}, qualified={"North": 0.35, "New": 0.9}, seed=2, start="2026-10-01"
    )
    return now, before


def test_both_sides_and_their_difference_are_those_of_the_rollup(pair):
    table = compare(*pair, "affiliate").set_index("affiliate")

    for suffix, calls in (("", pair[0]), ("_before", pair[1])):
        expected = dta.rollup(calls, "affiliate", ["call_count", "margin", "connect_rate"]).set_index(
            "affiliate"
        )
        for name in expected.columns:
            assert table.loc[expected.index, name + suffix].tolist() == pytest.approx(expected[name].tolist())
    for name in ("call_count", "margin", "connect_rate", "margin_per_call"):
        both = table.loc["North"]
        assert both[f"{name}_change"] == pytest.approx(both[name] - both[f"{name}_before"])


def test_changes_of_margin_add_up_to_the_change_of_all_calls(pair):
    parts, whole = compare(*pair, "affiliate"), compare(*pair)

    assert round(parts["margin_change"].sum(), 4) == whole["margin_change"].iloc[0]
    assert len(whole) == 1


def test_changes_of_rates_have_newcombe_intervals(pair):
    row = compare(*pair, "affiliate").set_index("affiliate").loc["North"]

    counts = []
    for calls in pair:
        north = calls[calls["affiliate"] == "North"]
        counts += [(north["lead_status"] == "Connected").sum(), len(north)]
    expected = confint_proportions_2indep(*counts, method="newcomb", compare="diff")
    assert (row["connect_rate_change_low"], row["connect_rate_change_high"]) == pytest.approx(
        expected, abs=1e-9
    )


def test_a_new_and_a_lost_segment_have_no_calls_and_no_rates_on_the_other_side(pair):
    table = compare(*pair, "affiliate").set_index("affiliate")

    assert table.loc["New", ["call_count_before", "margin_before"]].tolist() == [0, 0]
    assert table.loc["South", ["call_count", "margin"]].tolist() == [0, 0]
    assert np.isnan(table.loc["New", "connect_rate_change"])
    assert np.isnan(table.loc["South", "margin_per_call_change_low"])


def test_the_largest_change_of_money_stands_first(pair):
    assert compare(*pair, "affiliate")["margin_change"].abs().is_monotonic_decreasing


def test_the_interval_of_margin_is_that_of_a_sum_over_a_random_number_of_callers(pair):
    """Every caller called once: the variance of a Poisson number of calls' margin is the sum of squares."""
    row = compare(*pair, repeats=4000).iloc[0]

    squares = 0.0
    for calls in pair:
        money = calls["offer_qualified"] * 20.0 - calls["affiliate_qualified"] * 12.5
        squares += float((money**2).sum())
    half = 1.96 * np.sqrt(squares)
    assert row["margin_change_low"] == pytest.approx(row["margin_change"] - half, abs=0.06 * half)
    assert row["margin_change_high"] == pytest.approx(row["margin_change"] + half, abs=0.06 * half)


def test_the_interval_of_margin_per_call_covers_a_true_difference_of_nothing():
    """Two hundred segments, the same truth in both periods: about 95 % of the intervals hold zero."""
    sizes = {f"A{number:03d}": 60 for number in range(200)}

    table = compare(make_calls(sizes, seed=3), make_calls(sizes, seed=4), "affiliate")

    covered = (table["margin_per_call_change_low"] <= 0) & (table["margin_per_call_change_high"] >= 0)
    assert covered.mean() == pytest.approx(0.95, abs=0.04)
    assert (table["q_value"] > 0.05).all()


def test_a_true_change_of_one_segment_among_many_is_found():
    sizes = {f"A{number:02d}": 300 for number in range(20)}
    rates = dict.fromkeys(sizes, 0.5) | {"A07": 0.2}

    table = compare(make_calls(sizes, qualified=rates, seed=5), make_calls(sizes, seed=6), "affiliate")

    assert table.loc[table["q_value"] <= 0.05, "affiliate"].tolist() == ["A07"]


def daily(first, last):
    """One call on every day."""
    days = pd.date_range(first, last, freq="D")
    calls = make_calls({"North": len(days)}, seed=7)
    at = pd.Series(days + pd.Timedelta(hours=12)).dt.tz_localize("America/New_York")
    return calls.assign(call_date=at, call_day=pd.Series(days))


@pytest.mark.parametrize(
    ("first", "last", "options", "periods"),
    [
        ("2026-09-01", "2026-09-20", {}, "2026-09-11 to 2026-09-20 against 2026-09-01 to 2026-09-10"),
        (
            "2026-09-01",
            "2026-09-20",
            {"days": 7},
            "2026-09-14 to 2026-09-20 against 2026-09-07 to 2026-09-13",
        ),
        (
            "2026-09-01",
            "2026-09-20",
            {"against": "same_weekdays"},
            "2026-09-14 to 2026-09-20 against 2026-09-07 to 2026-09-13",
        ),
        (
            "2026-09-01",
            "2026-09-20",
            {"against": "same_weekdays", "days": 3},
            "2026-09-18 to 2026-09-20 against 2026-09-11 to 2026-09-13",
        ),
        (
            "2026-02-01",
            "2026-03-31",
            {"against": "last_month"},
            "2026-03-01 to 2026-03-31 against 2026-02-01 to 2026-02-28",
        ),
        (
            "2025-01-01",
            "2026-02-10",
            {"against": "last_year"},
            "2026-02-01 to 2026-02-10 against 2025-02-01 to 2025-02-10",
        ),
    ],
)
def test_the_days_that_are_compared(first, last, options, periods):
    table = compare(daily(first, last), **options)

    assert table.attrs["periods"] == periods
    current, _, _, _, earlier, _, end = periods.split()
    assert table["call_count"].iloc[0] == (pd.Timestamp(periods.split()[2]) - pd.Timestamp(current)).days + 1
    assert table["call_count_before"].iloc[0] == (pd.Timestamp(end) - pd.Timestamp(earlier)).days + 1


def test_periods_that_cannot_be_are_refused(pair):
    with pytest.raises(InputError, match="no calls from 2026-08-01 to 2026-08-20"):
        compare(daily("2026-09-01", "2026-09-20"), against="last_month")
    with pytest.raises(InputError, match="did you mean 'last_month'"):
        compare(pair[0], against="lastmonth")
    with pytest.raises(InputError, match="leave them, or other, out"):
        compare(*pair, against="previous")
    with pytest.raises(InputError, match="at least one"):
        compare(pair[0], days=0)
    with pytest.raises(InputError, match="not with 'last_year'"):
        compare(pair[0], against="last_year", days=7)
    with pytest.raises(SchemaError, match="caller_id"):
        compare(pair[0].drop(columns="caller_id"), pair[1])


def test_no_calls_on_both_sides_make_one_row_of_nothing(pair):
    empty = pair[0].iloc[:0]

    assert len(compare(empty, empty, "affiliate")) == 0
    whole = compare(empty, empty).iloc[0]
    assert whole[["call_count", "margin", "margin_change"]].tolist() == [0, 0, 0]
    assert np.isnan(whole["connect_rate"])


def test_names_of_unlike_columns_are_matched_by_their_text(pair):
    """Category on one side, text on the other, and a null: one row a name."""
    now, before = (calls.copy() for calls in pair)
    now["affiliate"] = now["affiliate"].astype("str")
    now.loc[:9, "affiliate"] = None

    table = compare(now, before, "affiliate")

    assert sorted(table["affiliate"].dropna()) == ["New", "North", "South"]
    assert table["affiliate"].isna().sum() == 1


def test_the_frames_stay_as_they_were(pair):
    copies = [calls.copy(deep=True) for calls in pair]
    compare(*pair, "affiliate")

    for calls, copy in zip(pair, copies, strict=True):
        pd.testing.assert_frame_equal(calls, copy)
