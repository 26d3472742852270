"""Segments that leave their past are found while it happens, and quiet months stay quiet."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.stats import false_discovery_control
from watched_calls import quiet

from dtanalytics.analysis.watch.watch import look, watch
from dtanalytics.analysis.watch.watched import without_weeks
from dtanalytics.emulator.world.calls import generate
from dtanalytics.errors import InputError, SchemaError
from dtanalytics.frames import to_pandas
from dtanalytics.schema import LEADFLOW
from dtanalytics.stats.sequential import evidence, q_values

COLUMNS = ["affiliate", "metric", "since", "expected", "observed", "amount", "q_value", "is_mature"]
TROUBLE = pd.Timestamp("2026-03-12 14:00", tz="America/New_York")


@cache
def emulated():
    """Three months of the emulator, in which nothing is planted."""
    return to_pandas(generate(24_000, 0, "2026-01-01", "2026-04-01", seed=4).leadflow, LEADFLOW)


def test_evidence_of_a_quiet_stream_exceeds_twenty_in_less_than_one_of_twenty_months():
    """Whenever it is looked at: the largest of 744 hours counts. The past's level is uncertain too."""
    rng = np.random.default_rng(1)
    streams, past = 1000, 3000
    estimated = rng.poisson(past, streams) / past
    sums = rng.poisson(2.0, (streams, 744)).astype(float)
    usual = 2.0 * np.broadcast_to(estimated[:, None], sums.shape)
    moves = np.broadcast_to(np.log([0.1, 0.5, 0.8, 1.25, 2.0]), (streams, 5))

    found = evidence(
        sums,
        lambda tilt: usual * np.expm1(tilt)[:, None],
        moves,
        np.full(streams, past**-0.5),
        np.ones(streams),
        744,
    )

    assert (found.log_e.max(axis=1) >= np.log(20)).mean() < 0.05
    assert np.exp(found.log_e[:, -1]).mean() < 1.2


def test_q_values_are_those_of_scipy_at_every_moment():
    log_e = np.random.default_rng(2).normal(2, 3, (9, 5))

    found = q_values(log_e)

    for step in range(5):
        expected = false_discovery_control(np.exp(-np.maximum(log_e[:, step], 0)))
        np.testing.assert_allclose(found[:, step], expected, rtol=1e-12)


@pytest.mark.parametrize("busy_days", [0.0, 0.3])
def test_quiet_months_have_no_more_alarms_than_stated(busy_days):
    """Twelve months, looked at after each hour."""
    alarmed = 0
    for seed in range(3):
        calls = quiet(seed, days=120, busy_days=busy_days)
        for month in ("2026-04-01", "2026-05-01"):
            alarmed += (look(calls, ["affiliate"], now=month).q_values <= 0.2).any()

    assert alarmed <= 2


def test_the_emulators_quiet_month_is_calm_at_any_hour():
    for by in ("affiliate", "offer"):
        assert look(emulated(), [by], now="2026-04-01").q_values.min() > 0.05
        assert watch(emulated(), by, now="2026-03-17 19:00").empty


def junk(calls, late):
    rows = late & (calls["affiliate"] == "Juniper Digital") & (np.arange(len(calls)) % 5 > 0)
    calls.loc[rows, "talk_seconds"] = calls.loc[rows, "talk_seconds"].clip(upper=9)
    calls.loc[rows, ["offer_qualified", "affiliate_qualified"]] = False
    return calls


def closed(calls, late):
    rows = late & (calls["offer"] == "Roof Repair")
    calls.loc[rows, "lead_status"] = "No Buyer"
    calls.loc[rows, ["offer_qualified", "affiliate_qualified"]] = False
    calls.loc[rows, ["offer", "advertiser"]] = None
    return calls


def cut(calls, late):
    rows = late & (calls["offer"] == "Auto Prime")
    calls.loc[rows, "offer_price"] = (calls.loc[rows, "offer_price"] * 0.75).round(4)
    return calls


def broken(calls, late):
    return calls[~(late & (calls["phone_label"] == "Harbor Leads Auto Insurance A"))]


def doubled(calls, late):
    rows = late & (calls["affiliate"] == "Redwood Referrals")
    calls.loc[rows, "affiliate_price"] *= 2
    return calls


@pytest.mark.parametrize(
    ("trouble", "by", "segment", "metric", "days"),
    [
        (junk, "affiliate", "Juniper Digital", "offer_qualification_rate", 3),
        (closed, "offer", "Roof Repair", "call_count", 2),
        (cut, "offer", "Auto Prime", "margin_per_call", 1),
        (broken, "phone_label", "Harbor Leads Auto Insurance A", "call_count", 5),
        (doubled, "affiliate", "Redwood Referrals", "margin_per_call", 2),
    ],
)
def test_a_trouble_is_found_with_its_hour_and_not_an_hour_before(trouble, by, segment, metric, days):
    calls = emulated()
    calls = trouble(calls.copy(), calls["call_date"] >= TROUBLE)

    table = watch(calls, by, now="2026-03-20")

    row = table[(table[by] == segment) & (table["metric"] == metric)]
    found = pd.Timestamp(table.attrs["found"][row.index[0]])
    assert TROUBLE < found <= TROUBLE + pd.Timedelta(days=days)
    assert abs(row["since"].iloc[0] - TROUBLE) < pd.Timedelta(days=1)
    assert row["amount"].iloc[0] < -100
    until = calls[calls["call_date"] < found]
    then = watch(until, by, now=found)
    assert ((then[by] == segment) & (then["metric"] == metric)).any()
    before = watch(until, by, now=found - pd.Timedelta(hours=1))
    assert not ((before[by] == segment) & (before["metric"] == metric)).any()


def test_what_is_expected_and_at_stake_is_what_the_past_says():
    """A call an hour worth 7.50 each, none from the 5th at noon on: 36 are missing two days later."""
    hours = pd.date_range("2026-09-01", "2026-10-07", freq="h", inclusive="left")
    calls = pd.DataFrame(
        {
            "affiliate": "North",
            "call_date": hours,
            "offer_qualified": True,
            "offer_price": 20.0,
            "affiliate_qualified": True,
            "affiliate_price": 12.5,
        }
    )
    row = watch(calls[calls["call_date"] < "2026-10-05 12:00"], now="2026-10-07 00:59").iloc[0]

    assert row["metric"] == "call_count"
    assert str(row["since"]) == "2026-10-05 12:00:00-04:00"
    assert [row["expected"], row["observed"], row["amount"]] == pytest.approx([36, 0, -270])


def test_days_that_may_still_move_are_marked():
    calls = emulated()
    calls = cut(calls.copy(), calls["call_date"] >= TROUBLE)

    marks = [
        watch(calls, "offer", now=now)["is_mature"].tolist()
        for now in ("2026-03-14", "2026-03-19", "2026-03-21")
    ]

    assert marks == [[False], [False], [True]]
    assert watch(calls, "offer", now="2026-03-14", settle_days=0)["is_mature"].tolist() == [True]


def test_the_shape_is_as_promised_for_alarms_for_calm_and_for_no_calls():
    calls = quiet(1)
    cutoff = pd.Timestamp("2026-03-10")
    calls = calls[~((calls["affiliate"] == "A2") & (calls["call_date"] >= cutoff))]

    alarms = watch(calls)
    calm = watch(calls, now=cutoff)
    nobody = watch(calls.head(0))

    assert alarms.columns.tolist() == calm.columns.tolist() == nobody.columns.tolist() == COLUMNS
    assert alarms[["affiliate", "metric"]].to_numpy().tolist() == [["A2", "call_count"]]
    assert (len(calm), len(nobody)) == (0, 0)
    assert alarms.dtypes.drop("affiliate").to_dict() == calm.dtypes.drop("affiliate").to_dict()
    assert str(alarms["since"].dtype) == "datetime64[us, America/New_York]"
    assert watch(calls, None, now=cutoff).columns.tolist() == COLUMNS[1:]
    assert "7 metrics, 6 segments" in alarms.attrs["assumptions"][0]


def test_a_segment_without_a_past_is_said_not_to_be_watched():
    calls = quiet(1)
    renamed = calls["affiliate"].astype(str)
    new = (renamed == "A0") & (calls["call_date"] >= "2026-03-15")

    table = watch(
        calls.assign(affiliate=renamed.mask(new, "New")), metrics=["connect_rate", "margin_per_call"]
    )

    assert table.empty
    assert "1 segment has no calls in the past" in table.attrs["assumptions"][-1]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"metrics": "margin_per_cal"}, "did you mean 'margin_per_call'"),
        ({"metrics": []}, "each of these once"),
        ({"false_alarm_rate": 5}, "between 0 and 1"),
        ({"weeks": 1}, "at least 2"),
        ({"settle_days": -1}, "whole number of days"),
        ({"now": "2026-01-10"}, "at least 14 days must lie before"),
        ({"start": "2026-01-03"}, "Load earlier days too"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_to_give(given, words):
    with pytest.raises(InputError, match=words):
        watch(quiet(1), **given)


def test_so_many_segments_that_each_is_a_call_are_refused():
    calls = quiet(1)

    with pytest.raises(InputError, match="watch looks at 5,000 at most"):
        watch(calls.assign(caller_id=calls.index.astype(str)), "caller_id")


def test_columns_that_a_metric_needs_are_asked_for_by_name():
    calls = quiet(1).drop(columns="talk_seconds")

    assert watch(calls).empty
    with pytest.raises(SchemaError, match="talk_seconds"):
        watch(calls, metrics="average_talk_time")
    with pytest.raises(SchemaError, match="call_date is null in 1"):
        watch(calls.assign(call_date=calls["call_date"].where(calls.index > 0)))


def test_the_frame_stays_as_it_was_and_the_order_of_rows_does_not_matter():
    calls = quiet(2)
    calls = calls[~((calls["affiliate"] == "A2") & (calls["call_date"] >= "2026-03-20"))]
    before = calls.copy(deep=True)

    table = watch(calls)

    pd.testing.assert_frame_equal(calls, before)
    pd.testing.assert_frame_equal(table, watch(calls.sample(frac=1, random_state=1)))
    assert len(table) == 1


@pytest.fixture(scope="module")
def halved():
    """Four months of calls, of which one affiliate's are halved from the 10th of the last on."""
    calls = quiet(1, days=120)
    gone = (
        (calls["affiliate"] == "A1") & (calls["call_date"] >= "2026-04-10") & (np.arange(len(calls)) % 2 == 0)
    )
    return calls[~gone]


def without(calls, first, last):
    day = calls["call_date"].dt.normalize()
    return calls[~day.between(first, last)]


def test_days_that_were_not_loaded_do_not_hide_a_trouble(halved):
    for first, last, said in (
        ("2026-03-01", "2026-03-14", "2026-03-01 to 2026-03-14"),
        ("2026-03-10", "2026-03-10", "2026-03-10"),
    ):
        table = watch(without(halved, first, last), now="2026-04-17")
        assert table[["affiliate", "metric"]].to_numpy().tolist() == [["A1", "call_count"]]
        assert any(f"not loaded: {said}. Their weeks" in note for note in table.attrs["assumptions"])
        assert "against 2026-02-04 to 2026-03-31" in table.attrs["assumptions"][0]


def test_older_weeks_keep_their_hours_of_the_week_where_a_week_between_is_left_out():
    hour = np.array([0, 5, 24 * 3, 24 * 10 + 7, 24 * 17 - 1, 24 * 17])  # 17 days of the past, then watched
    kept_hour, kept, past = without_weeks(
        hour, 24 * 17, np.array([12])
    )  # the 12th day before is of the 2nd week

    assert past == 24 * 10
    assert kept.tolist() == [True, True, False, True, True, True]
    assert kept_hour.tolist() == [0, 5, 24 * 3 + 7, 24 * 10 - 1, 24 * 10]


def test_weekdays_on_which_nobody_ever_calls_are_no_missing_days(halved):
    weekdays = halved[halved["call_date"].dt.day_of_week < 6]
    notes = watch(weekdays, now="2026-04-17").attrs["assumptions"]

    assert not any("not loaded" in note for note in notes)


def test_a_past_without_calls_is_refused_with_what_to_load(halved):
    with pytest.raises(InputError, match="no call lies between 2027-03-06 00:00 and 2027-06-01"):
        watch(halved, now="2027-06-01")
    with pytest.raises(InputError, match="fewer than 14 days are left"):
        watch(without(halved, "2026-02-06", "2026-03-30"), now="2026-04-17")
    assert watch(halved.iloc[:0]).attrs["assumptions"] == ["There are no calls: nothing is watched."]


@pytest.mark.parametrize(("text", "year"), [("9999-12-31", 9999), ("0001-01-01", 1)])
def test_calls_of_a_year_that_programs_write_for_no_time_are_refused(text, year):
    calls = emulated().head(30).drop(columns=["call_day", "call_hour"]).assign(call_date=text)
    with pytest.raises(SchemaError, match=f"calls of the year {year}: leave them out first"):
        watch(calls)
