"""Windows as loads use them: instants of the hour that occurs twice, and hints about ends."""

from __future__ import annotations

import pandas as pd
import pytest

import dtanalytics as dta
from dtanalytics.errors import InputError, WindowWarning

TWICE = "2026-11-01 01:00-05:00"  # the second 01:00 of that night


@pytest.mark.parametrize("active", [None, True])
def test_two_loads_that_meet_in_the_hour_that_occurs_twice_share_no_call_and_lose_none(service, active):
    whole = dta.load_leadflow("2026-11-01", "2026-11-02", active=active)
    before = dta.load_leadflow("2026-11-01", TWICE, active=active)
    after = dta.load_leadflow(TWICE, "2026-11-02", active=active)

    assert [*before["sid"], *after["sid"]] == whole["sid"].tolist()
    assert (after["call_date"] >= pd.Timestamp("2026-11-01 06:00", tz="UTC")).all()


def test_the_service_does_not_count_what_its_clock_cannot_tell_apart(service):
    with pytest.raises(InputError, match="count the calls of a load"):
        dta.count_bids(TWICE, "2026-11-02")


@pytest.mark.parametrize("load", [dta.load_leadflow, dta.load_bids, dta.count_bids])
def test_an_end_that_looks_like_the_last_day_is_mentioned_at_the_line_that_asked(service, load):
    with pytest.warns(WindowWarning, match="is without 2026-09-30") as told:
        load("2026-09-28", "2026-09-30")
    assert [warning.filename for warning in told] == [__file__]


@pytest.mark.parametrize("load", [dta.load_leadflow, dta.load_bids])
def test_an_empty_window_in_the_future_says_so(service, load):
    with pytest.warns(WindowWarning, match="2199-01-01 has not begun"):
        assert load("2199-01-01").empty


def test_words_for_a_span_are_windows_of_loads(service, time_machine_at):
    time_machine_at("2026-10-14 12:00")

    assert len(dta.load_leadflow("last week")) == len(dta.load_leadflow("2026-W41")) > 50
    assert len(dta.load_leadflow("last 7 days")) == len(dta.load_leadflow("2026-10-07", "2026-10-14"))
