"""Metrics over time, with a mark on the periods that may still change."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from dtanalytics.analysis.money.development import development
from dtanalytics.analysis.money.trend import trend
from dtanalytics.errors import SchemaError


def days(first: str, last: str, **columns) -> pd.DataFrame:
    return pd.DataFrame({"call_day": pd.date_range(first, last, unit="us"), **columns})


def test_a_load_says_itself_when_its_calls_were_asked_for():
    """At 2 h UTC of the 13th it is still the 12th in the east: the 5th is seven days old, the 6th is not."""
    calls = days("2026-10-01", "2026-10-12")
    calls.attrs["dtanalytics"] = {"asked": "2026-10-13T02:00:00+00:00"}

    table = trend(calls, "D", metrics="call_count")

    assert table.loc[table["is_mature"], "call_day"].max() == pd.Timestamp("2026-10-05")


def test_a_day_is_mature_once_it_is_settle_days_old():
    table = trend(
        days("2026-10-01", "2026-10-12"), "D", metrics="call_count", as_of="2026-10-13", settle_days=7
    )

    assert table.loc[table["is_mature"], "call_day"].max() == pd.Timestamp("2026-10-06")
    assert table["is_complete"].all()
    assert table["maturity"].isna().sum() == 6


def test_weeks_that_the_calls_cut_off_are_not_complete():
    table = trend(days("2026-09-02", "2026-10-14"), "W", metrics="call_count")

    assert table["is_complete"].tolist() == [False, True, True, True, True, True, False]
    assert table["is_mature"].tolist() == [False, True, True, True, True, False, False]


def test_maturity_is_learnt_from_restatements_and_averaged_over_the_days_of_a_period():
    asked = {1: 80.0, 2: 90.0, 8: 100.0}
    seen = pd.DataFrame(
        [
            (day, day + pd.Timedelta(days=age), share)
            for day in pd.date_range("2026-09-01", periods=3)
            for age, share in asked.items()
        ],
        columns=["call_day", "asked", "rows"],
    )

    table = trend(
        days("2026-10-01", "2026-10-04"), "D", metrics="call_count", as_of="2026-10-05", vintages=seen
    )
    weeks = trend(
        days("2026-09-28", "2026-10-04"), "W", metrics="call_count", as_of="2026-10-05", vintages=seen
    )

    by_age = {1: 0.8, 2: 0.9, 3: 0.9 + 0.1 / 6, 4: 0.9 + 0.2 / 6}
    assert table["maturity"].tolist() == pytest.approx([by_age[4], by_age[3], by_age[2], by_age[1]])
    week = [0.8, 0.9, *(0.9 + 0.1 * n / 6 for n in range(1, 6))]
    assert weeks["maturity"].tolist() == pytest.approx([np.mean(week)])


def test_development_sums_over_days_and_learns_from_final_ones_only():
    seen = pd.DataFrame(
        {
            "call_day": pd.to_datetime(["2026-10-01"] * 2 + ["2026-10-02"] * 2 + ["2026-10-20"]),
            "asked": pd.to_datetime(
                ["2026-10-02 03:00", "2026-10-09", "2026-10-03", "2026-10-10", "2026-10-21"],
                format="mixed",
                utc=True,
            ),
            "margin": [90.0, 100.0, 300.0, 300.0, 7.0],
        }
    )

    table = development(seen, "margin").set_index("age")

    # 03:00 UTC on the 2nd is still the 1st in the East, and midnight UTC the evening before.
    assert table["day_count"].to_dict() == {0: 2, 7: 2}
    assert table["share"].to_dict() == {0: 390 / 400, 7: 1.0}
    assert table.loc[0, ["share_low", "share_high"]].tolist() == [0.9, 1.0]


def test_a_column_that_vintages_lack_is_named():
    with pytest.raises(SchemaError, match="the vintages have no column 'margin'"):
        development(pd.DataFrame({"call_day": [], "asked": []}), "margin")


def test_no_calls_give_no_rows():
    assert trend(days("2026-10-01", "2026-10-02").head(0), "D", metrics="call_count").empty


def test_two_columns_of_one_name_that_are_not_needed_change_nothing():
    calls = days("2026-10-01", "2026-10-12")
    twice = pd.concat([calls.assign(offer="a"), pd.DataFrame({"offer": ["b"] * len(calls)})], axis=1)

    pd.testing.assert_frame_equal(
        trend(twice, "D", metrics="call_count"), trend(calls, "D", metrics="call_count")
    )


def test_a_reader_whose_rows_come_once_is_refused():
    reader = pa.Table.from_pandas(days("2026-10-01", "2026-10-12")).to_reader()

    with pytest.raises(SchemaError, match=r"not as RecordBatchReader; read it first, with \.read_all\(\)"):
        trend(reader, "D", metrics="call_count")
