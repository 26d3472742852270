"""Peaks, caps and pacing, against a second-by-second count, planted facts and arithmetic by hand."""

import numpy as np
import pandas as pd
import pytest
import regimes
from hypothesis import given
from hypothesis import strategies as st

from dtanalytics.analysis.money.pacing import pacing
from dtanalytics.analysis.supply.capacity import cap_hours, cap_profile, concurrency
from dtanalytics.errors import InputError

START = pd.Timestamp("2026-10-05 08:00", tz="America/New_York")


def talks(rows) -> pd.DataFrame:
    """Calls from (advertiser, second, length of talk)."""
    table = pd.DataFrame(rows, columns=["advertiser", "second", "talk_seconds"])
    times = START + pd.to_timedelta(table["second"].astype("int64"), unit="s")
    return table.assign(
        advertiser=table["advertiser"].astype("category"),
        call_date=times.astype("datetime64[us, America/New_York]"),
        talk_seconds=table["talk_seconds"].astype("Int32"),
    )


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["A", "B", None]), st.integers(0, 50), st.one_of(st.none(), st.integers(0, 30))
        ),
        max_size=25,
    )
)
def test_peaks_are_those_of_a_count_second_by_second(rows):
    table = concurrency(talks(rows)).set_index("advertiser")

    for name in ("A", "B"):
        mine = [(second, second + talk) for who, second, talk in rows if who == name and talk]
        level = np.array([sum(a <= t < b for a, b in mine) for t in range(90)])
        if not mine:
            assert name not in table.index
            continue
        row = table.loc[name]
        assert row["peak"] == level.max()
        assert row["peak_at"] == START + pd.Timedelta(seconds=int(level.argmax()))
        assert row["peak_time"] == (level == level.max()).sum()
        assert row["busy_time"] == (level > 0).sum()
        assert row["talk_time"] == level.sum()


def test_a_call_that_ends_as_another_begins_is_not_simultaneous_with_it():
    table = concurrency(talks([("A", 0, 10), ("A", 10, 10)]))

    assert table["peak"].tolist() == [1]


def test_all_calls_together_are_one_row_and_no_talk_gives_none():
    assert concurrency(talks([("A", 0, 10), ("B", 5, 10)]), None)["peak"].tolist() == [2]
    assert concurrency(talks([])).empty
    assert concurrency(talks([("A", 0, 0)])).empty


def hourly(rng, days: int, cap_hour: int | None = None) -> pd.DataFrame:
    """Calls of five affiliates over the day; after `cap_hour` half of North's calls are turned away."""
    parts = []
    for name in ("North", "South", "East", "West", "Far"):
        hour = rng.integers(8, 21, 30 * days)
        status = np.where(rng.random(len(hour)) < 0.02, "Affiliate Cap", "Connected")
        if name == "North" and cap_hour is not None:
            status = np.where((hour >= cap_hour) & (rng.random(len(hour)) < 0.5), "Affiliate Cap", status)
        parts.append(pd.DataFrame({"affiliate": name, "call_hour": hour, "lead_status": status}))
    return pd.concat(parts, ignore_index=True).astype({"affiliate": "category", "call_hour": "Int8"})


def test_a_cap_that_bites_at_15_is_found_at_its_affiliate_only():
    for seed in range(10):
        table = cap_hours(hourly(np.random.default_rng(seed), 20, cap_hour=15)).set_index("affiliate")

        assert table["bite_hour"].dropna().to_dict() == {"North": 15}


def test_without_a_cap_at_most_the_stated_share_of_runs_raises_an_alarm():
    alarms = sum(
        cap_hours(hourly(np.random.default_rng(seed), 20))["bite_hour"].notna().any() for seed in range(60)
    )

    assert alarms <= 6  # 3 expected at 5 %; more than 6 has a chance of 1 in 30


def test_an_offer_that_is_full_from_15_on_is_found_though_unsold_calls_have_no_offer():
    rng = np.random.default_rng(3)
    hour = rng.integers(8, 21, 6000)
    offer = rng.choice(["Gold", "Silver", "Basic"], 6000).astype(object)
    full = (offer == "Gold") & (hour >= 15)
    offer[full] = None
    status = np.where(full, "No Buyer", "Connected")
    calls = pd.DataFrame({"offer": offer, "call_hour": hour, "lead_status": status, "set_name": "Home"})

    table = cap_hours(calls, "offer").set_index("offer")

    assert table["bite_hour"].dropna().to_dict() == {"Gold": 15}
    assert table.loc["Gold", "rate_after"] == 0


def test_hours_in_which_the_whole_trade_is_closed_are_no_cap():
    rng = np.random.default_rng(4)
    hour = rng.integers(0, 24, 8000)
    offer = rng.choice(["Gold", "Silver", "Basic"], 8000).astype(object)
    offer[(hour < 8) | (hour >= 21)] = None
    calls = pd.DataFrame({"offer": offer, "call_hour": hour, "set_name": "Home"})
    calls["lead_status"] = np.where(calls["offer"].isna(), "No Buyer", "Connected")

    assert cap_hours(calls, "offer")["bite_hour"].isna().all()


def test_the_profile_has_every_hour_and_counts_the_calls_that_it_says():
    calls = pd.DataFrame(
        {
            "affiliate": ["A", "A", "A"],
            "call_hour": [9, 9, 10],
            "lead_status": ["Affiliate Cap", "Connected", "No Buyer"],
        }
    )

    table = cap_profile(calls)

    assert table["call_hour"].tolist() == list(range(24))
    assert table.loc[[9, 10], "call_count"].tolist() == [2, 1]
    assert table.loc[[9, 10], "rate"].tolist() == [0.5, 0.0]
    assert table["rate"].notna().sum() == 2


def test_no_calls_have_no_caps():
    empty = pd.DataFrame({"affiliate": [], "call_hour": [], "lead_status": []})
    empty = empty.astype({"affiliate": "category", "call_hour": "Int8", "lead_status": "category"})

    assert cap_hours(empty).empty
    assert cap_profile(empty).empty


# -- pacing ----------------------------------------------------------------------------------------


def daily(values, start: str) -> pd.DataFrame:
    """As many calls a day as the values say, from the first day on."""
    days = pd.date_range(start, periods=len(values), unit="us")
    return pd.DataFrame({"call_day": days.repeat(values)})


def test_sums_so_far_and_of_earlier_months_are_cumulative():
    values = [10] * 31 + [20] * 31 + [15] * 5  # July, August, five days of September

    table = pacing(daily(values, "2026-07-01"), "call_count")

    assert len(table) == 30
    assert table["to_date"].iloc[:5].tolist() == [15.0, 30.0, 45.0, 60.0, 75.0]
    assert table["to_date"].iloc[5:].isna().all()
    assert table.loc[4, ["earlier_mean", "earlier_low", "earlier_high"]].tolist() == [75.0, 50.0, 100.0]
    assert table.loc[29, "earlier_mean"] == 450.0


def test_a_month_that_the_calls_do_not_have_from_its_first_day_is_not_compared_with():
    table = pacing(daily([10] * 40, "2026-08-05"), "call_count")

    assert table["earlier_mean"].isna().all()


def test_weekdays_are_expected_to_go_on_as_they_were():
    week = [30, 30, 30, 30, 30, 5, 5]  # 2026-08-03 is a Monday
    table = pacing(daily(week * 5 + week[:2], "2026-08-03"), "call_count", last_day="2026-09-06")

    expected = sum(week[pd.Timestamp(2026, 9, day).weekday()] for day in range(1, 31))
    assert table["forecast"].iloc[-1] == expected
    assert table["forecast_low"].iloc[-1] == expected
    assert table["to_date"].notna().sum() == 6


def test_the_band_holds_the_month_about_as_often_as_it_says():
    held = 0
    for seed in range(80):
        rng = np.random.default_rng(seed)
        values = rng.poisson(np.tile([60, 60, 60, 60, 50, 20, 15], 13))
        whole = daily(values, "2026-08-03")
        table = pacing(whole, "call_count", last_day="2026-09-15").iloc[-1]
        end = (whole["call_day"].between("2026-09-01", "2026-09-30")).sum()
        held += table["forecast_low"] <= end <= table["forecast_high"]

    assert 64 <= held <= 79  # 72 expected at 90 %


@pytest.mark.parametrize("memory", [0.5, 0.85])
def test_the_band_knows_that_days_follow_each_other(memory):
    held = 0
    for seed in range(80):
        values = regimes.days(np.random.default_rng(seed), 9 * 7 + 31, memory)
        whole = daily(values, "2026-07-30")
        table = pacing(whole, "call_count", last_day="2026-10-10").iloc[-1]
        end = (whole["call_day"].between("2026-10-01", "2026-10-31")).sum()
        held += table["forecast_low"] <= end <= table["forecast_high"]

    assert 66 <= held <= 79  # 72 expected at 90 %


def test_pacing_refuses_what_does_not_add_up_and_days_outside():
    calls = daily([10] * 20, "2026-09-01")

    with pytest.raises(InputError, match="does not add up"):
        pacing(calls, "margin_rate")
    with pytest.raises(InputError, match="outside the calls"):
        pacing(calls, "call_count", last_day="2026-12-01")


def test_no_calls_give_no_days_and_a_few_days_no_forecast():
    few = pacing(daily([10] * 3, "2026-09-01"), "call_count")

    assert pacing(daily([10], "2026-09-01").head(0), "call_count").empty
    assert few["to_date"].iloc[2] == 30
    assert few["forecast"].iloc[3:].isna().all()
