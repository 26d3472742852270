"""Callers by the week of their first call: counts and money by hand, totals that tie."""

import numpy as np
import pandas as pd
import pytest
from segment_calls import make_calls
from statsmodels.stats.proportion import proportion_confint

import dtanalytics as dta
from dtanalytics.analysis.partners.cohorts import cohort_grid, cohorts
from dtanalytics.errors import SchemaError

# caller, time, margin; weeks begin on Mondays: 2026-09-28, 2026-10-05, 2026-10-12, 2026-10-19
CALLS = [
    ("ann", "2026-10-05 00:00", 5.0),
    ("bob", "2026-10-11 23:59", -2.5),
    ("ann", "2026-10-07 10:00", 0.0),
    ("ann", "2026-10-13 10:00", 7.25),
    ("cid", "2026-10-12 00:00", 4.0),
    ("cid", "2026-10-20 09:00", 1.0),
    (None, "2026-10-06 09:00", 9.0),
    ("dee", "2026-10-25 09:00", 3.0),
]


@pytest.fixture
def calls():
    caller, when, margin = zip(*CALLS, strict=True)
    return pd.DataFrame(
        {
            "call_date": pd.Series(pd.to_datetime(when)).dt.tz_localize("America/New_York"),
            "caller_id": pd.Series(caller, dtype="str"),
            "affiliate": ["North", "North", "South", "North", "South", "North", "North", "South"],
            "offer_qualified": [amount > 0 for amount in margin],
            "offer_price": [abs(amount) for amount in margin],
            "affiliate_qualified": [amount < 0 for amount in margin],
            "affiliate_price": [abs(amount) for amount in margin],
        }
    )


def test_each_caller_counts_in_the_week_of_the_first_call(calls):
    table = cohorts(calls).set_index("first_week")

    assert table.index.astype(str).tolist() == ["2026-10-05", "2026-10-12", "2026-10-19"]
    assert table["caller_count"].tolist() == [2, 1, 1]
    assert table["repeat_caller_count"].tolist() == [1, 1, 0]
    assert table["call_count"].tolist() == [4, 2, 1]
    assert table["first_margin"].tolist() == [2.5, 4.0, 3.0]
    assert table["later_margin"].tolist() == [7.25, 1.0, 0.0]
    assert table["later_margin_per_call"].tolist()[:2] == [3.625, 1.0]
    assert np.isnan(table["later_margin_per_call"].iloc[2])
    assert table["weeks_observed"].tolist() == [2, 1, 0]


def test_the_share_of_callers_who_return_has_a_wilson_interval(calls):
    row = cohorts(calls).iloc[0]

    expected = proportion_confint(1, 2, method="wilson")
    assert (row["repeat_share_low"], row["repeat_share_high"]) == pytest.approx(expected, abs=1e-9)


def test_calls_without_a_caller_are_left_out_and_told(calls):
    assert cohorts(calls).attrs["unknown_caller_count"] == 1


def test_the_margin_of_all_cohorts_is_that_of_the_calls_with_a_caller():
    calls = make_calls({"North": 3000, "South": 1000}, seed=1)
    calls["caller_id"] = (np.arange(4000) * 7919 % 1500).astype(str)

    table = cohorts(calls, "affiliate")

    expected = dta.rollup(calls, metrics=["call_count", "margin", "caller_count"]).iloc[0]
    assert table["margin"].sum() == pytest.approx(expected["margin"], abs=1e-9)
    assert table["call_count"].sum() == expected["call_count"]
    assert table["caller_count"].sum() == expected["caller_count"]


def test_a_caller_belongs_to_the_affiliate_of_the_first_call(calls):
    table = cohorts(calls, "affiliate")

    assert table["affiliate"].tolist() == ["North", "South", "South"]
    assert table["caller_count"].tolist() == [2, 1, 1]
    assert table["call_count"].tolist() == [4, 2, 1]


def test_the_grid_follows_each_cohort_from_week_to_week(calls):
    """Two callers of the first week: both active in it, Ann a week later, nobody two weeks later."""
    table = cohort_grid(calls)

    first = table[table["first_week"] == "2026-10-05"]
    assert first["age"].tolist() == [0, 1, 2]
    assert first["active_caller_count"].tolist() == [2, 1, 0]
    assert first["active_share"].tolist() == [1.0, 0.5, 0.0]
    assert first["call_count"].tolist() == [3, 1, 0]
    assert first["margin"].tolist() == [2.5, 7.25, 0.0]
    assert len(table) == 3 + 2 + 1


def test_a_week_that_the_frame_cuts_short_is_no_age_of_older_cohorts(calls):
    cut = calls[calls["call_date"] < pd.Timestamp("2026-10-21", tz="America/New_York")]

    table = cohort_grid(cut)

    assert table["age"].tolist() == [0, 1, 0]


def test_the_order_of_the_rows_does_not_matter(calls):
    shuffled = calls.sample(frac=1, random_state=3)

    pd.testing.assert_frame_equal(cohorts(shuffled), cohorts(calls))
    pd.testing.assert_frame_equal(cohort_grid(shuffled), cohort_grid(calls))


def test_of_calls_of_one_caller_at_one_time_the_dearest_is_the_first_in_any_order(calls):
    again = calls.assign(sid=[f"9{sid}" for sid in calls["sid"]] if "sid" in calls else None, offer_price=0.0)
    both = pd.concat([again, calls], ignore_index=True)

    table = cohorts(both)
    pd.testing.assert_frame_equal(cohorts(both.iloc[::-1]), table)
    pd.testing.assert_series_equal(
        table["first_margin"], cohorts(pd.concat([calls, again], ignore_index=True))["first_margin"]
    )


def test_no_calls_give_empty_tables_of_the_same_columns(calls):
    for function in (cohorts, cohort_grid):
        empty = function(calls.iloc[:0], "affiliate")

        assert empty.columns.tolist() == function(calls, "affiliate").columns.tolist()
        assert len(empty) == 0


def test_a_missing_column_is_named(calls):
    with pytest.raises(SchemaError, match="caller_id"):
        cohorts(calls.drop(columns="caller_id"))
