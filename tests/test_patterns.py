"""Trends that know what may still move, states on tiles, length of talk."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtanalytics.analysis.money.patterns import NAMES, development, state_map, trend
from dtanalytics.analysis.supply.talk import buffers, durations, survival
from dtanalytics.errors import InputError, SchemaError


def days(first: str, last: str, **columns) -> pd.DataFrame:
    return pd.DataFrame({"call_day": pd.date_range(first, last, unit="us"), **columns})


# -- trend -----------------------------------------------------------------------------------------


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


# -- states ----------------------------------------------------------------------------------------


def test_every_state_has_a_tile_of_its_own():
    table = state_map(pd.DataFrame({"lf_state": ["TX"]}), "call_count")

    tiles = table.dropna(subset=["row"])
    assert len(tiles) == 51
    assert not tiles.duplicated(["row", "column"]).any()
    assert set(tiles["state"]) == set(NAMES)


@given(st.lists(st.sampled_from(["TX", "tx ", "Texas", "NY", "ON", "", None]), max_size=30))
def test_the_map_holds_every_call_once(states):
    table = state_map(pd.DataFrame({"lf_state": pd.Series(states, dtype="str")}), "call_count").set_index(
        "state"
    )

    assert table["call_count"].sum() == len(states)
    assert table.loc["TX", "call_count"] == sum(state in {"TX", "tx ", "Texas"} for state in states)
    assert table.loc["elsewhere", "call_count"] == sum(state in {"ON", "", None} for state in states)


def test_two_spellings_of_a_state_make_one_rate_from_sums_on_any_engine():
    calls = pd.DataFrame(
        {
            "lf_state": ["TX", "texas", "TX", "NY"],
            "lead_status": ["Connected", "Connected", "No Buyer", "No Buyer"],
        }
    )

    table = state_map(calls, "connect_rate").set_index("state")

    assert table.loc["TX", "connect_rate"] == 2 / 3
    assert np.isnan(table.loc["OH", "connect_rate"])
    pd.testing.assert_frame_equal(state_map(pl.from_pandas(calls), "connect_rate").set_index("state"), table)


# -- talk ------------------------------------------------------------------------------------------

talk = st.lists(
    st.tuples(
        st.sampled_from(["A", "B"]),
        st.sampled_from(["Connected", "No Buyer"]),
        st.one_of(st.none(), st.sampled_from([0, 5, 30, 59, 60, 61, 90, 599, 600, 700])),
        st.sampled_from([True, False, None]),
    ),
    max_size=40,
)


def talks(rows) -> pd.DataFrame:
    names = ["offer", "lead_status", "talk_seconds", "offer_qualified"]
    types = {
        "offer": "category",
        "lead_status": "category",
        "talk_seconds": "Int32",
        "offer_qualified": "boolean",
    }
    return pd.DataFrame(rows, columns=names).astype(types)


@given(talk)
def test_classes_of_length_count_every_connected_call_once(rows):
    table = durations(talks(rows), "offer", width=60, longest=600)

    known = [row for row in rows if row[1] == "Connected" and row[2] is not None]
    assert table["call_count"].sum() == len(known)
    for row in table.itertuples():
        end = 10**9 if pd.isna(row.seconds_to) else row.seconds_to
        mine = [r for r in known if r[0] == row.offer and row.seconds_from <= r[2] < end]
        assert row.call_count == len(mine)
        assert row.offer_qualified_count == sum(r[3] is True for r in mine)


@given(talk)
def test_survival_is_the_share_that_talked_longer(rows):
    table = survival(talks(rows), "offer")

    for row in table.itertuples():
        mine = [r[2] for r in rows if r[0] == row.offer and r[1] == "Connected" and r[2] is not None]
        assert row.at_risk == sum(length >= row.seconds for length in mine)
        assert row.ended == mine.count(row.seconds)
        assert row.survival == sum(length > row.seconds for length in mine) / len(mine)
        assert row.survival_low <= row.survival <= row.survival_high


def test_survival_agrees_with_statsmodels():
    from statsmodels.duration.survfunc import SurvfuncRight

    length = np.random.default_rng(1).exponential(120, 500).astype(int)
    table = survival(talks([("A", "Connected", int(n), True) for n in length]))
    oracle = SurvfuncRight(length, np.ones(500))

    assert table["seconds"].tolist() == oracle.surv_times.tolist()
    np.testing.assert_allclose(table["survival"], oracle.surv_prob, atol=1e-9)


@given(talk)
def test_a_buffer_has_the_fewest_calls_on_its_wrong_side(rows):
    table = buffers(talks(rows)).set_index("offer")

    for name in table.index:
        mine = [
            (r[2], r[3] is True) for r in rows if r[0] == name and r[1] == "Connected" and r[2] is not None
        ]
        lengths = sorted({length for length, yes in mine if yes})
        cost = {t: sum((length >= t) != yes for length, yes in mine) for t in lengths}
        row = table.loc[name]
        if not lengths:
            assert pd.isna(row["buffer"])
            continue
        assert row["buffer"] == min(lengths, key=lambda t: (cost[t], t))
        assert row["qualified_below"] + row["unqualified_above"] == cost[row["buffer"]]


def test_classes_without_width_are_refused_and_a_given_buffer_is_kept():
    rows = talks([("A", "Connected", 95, True), ("A", "Connected", 40, False)])

    with pytest.raises(InputError, match="width=0"):
        durations(rows, width=0)
    with pytest.raises(InputError, match="'offer' or 'affiliate'"):
        buffers(rows, side="buyer")
    assert buffers(rows, given={"A": 60})["buffer"].tolist() == [60]


def test_no_calls_give_no_rows():
    empty = talks([])

    assert durations(empty).empty
    assert survival(empty, "offer").empty
    assert buffers(empty).empty
    assert trend(days("2026-10-01", "2026-10-02").head(0), "D", metrics="call_count").empty
