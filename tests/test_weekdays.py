"""Weekdays and other parts of a time are groups everywhere, in their order, on every engine."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pyarrow as pa
import pytest

import dtanalytics as dta
from dtanalytics.analysis.parts_of_time import keys_of
from dtanalytics.errors import InputError, SchemaError
from dtanalytics.schema import TIMEZONE
from tests.engine_calls import ENGINES, make, rows

# Eastern: Sunday 23:30, Monday 00:30, Monday 09:00, Friday 09:00 and 10:00, unknown.
TIMES = [
    "2026-10-05 03:30",
    "2026-10-05 04:30",
    "2026-10-05 13:00",
    "2026-10-09 13:00",
    "2026-10-09 14:00",
    None,
]
STAMPS = [None if text is None else dt.datetime.fromisoformat(f"{text}+00:00") for text in TIMES]
CALLS = pa.table(
    {
        "call_date": pa.array(STAMPS, pa.timestamp("us", tz=TIMEZONE)),
        "affiliate": ["A", "B", "A", "B", "A", "A"],
    }
)
BY_WEEKDAY = [("Monday", 2), ("Friday", 2), ("Sunday", 1), (None, 1)]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ["weekday", "day_of_week"])
def test_weekdays_begin_on_monday_on_every_engine(engine, name):
    """Eastern days, in the order of the week and not of the alphabet; a call without a time is last."""
    assert rows(dta.rollup(make(engine, CALLS), name, "call_count")) == BY_WEEKDAY


@pytest.mark.parametrize("engine", ENGINES)
def test_the_hour_of_the_day_has_its_other_name(engine):
    """`hour_of_day` is `call_hour`, Eastern."""
    expected = [(0, 1), (9, 2), (10, 1), (23, 1), (None, 1)]

    assert rows(dta.rollup(make(engine, CALLS), "hour_of_day", "call_count")) == expected


def test_weekdays_are_ordered_categories_with_and_without_calls():
    """The column is one of seven in order, so that it sorts and plots as a week."""
    calls = pd.DataFrame({"call_day": pd.to_datetime(["2026-10-10", "2026-10-07"])})

    for frame in (calls, calls.iloc[:0]):
        column = dta.rollup(frame, ["weekday"], "call_count")["weekday"]
        assert column.cat.ordered
        assert column.cat.categories[[0, 6]].tolist() == ["Monday", "Sunday"]


def test_a_column_of_that_name_goes_before():
    """A user's own column `weekday` is grouped as it is."""
    calls = pd.DataFrame({"weekday": ["x", "y", "x"], "call_day": pd.Timestamp("2026-10-05")})

    assert rows(dta.rollup(calls, "weekday", "call_count")) == [("x", 2), ("y", 1)]


@pytest.fixture(scope="module")
def week():
    with dta.demo():
        return dta.load_leadflow("2026-10-05", "2026-10-12", progress=False)


@pytest.mark.parametrize("by", ["weekday", "week"])
@pytest.mark.parametrize(
    "method",
    ["margin", "qualification", "funnel", "matrix", "scorecard", "unsold", "quality", "cohorts", "compare"],
)
def test_every_analysis_groups_by_parts_of_time(week, method, by):
    """The same groups as pandas makes of the calls' day and time."""
    time = week["call_date"].dt.tz_localize(None)
    expected = time.dt.day_name() if by == "weekday" else time.dt.to_period("W").dt.start_time
    chosen = {"unsold": week["advertiser"].isna(), "cohorts": week["caller_id"].notna()}.get(method)
    options = {"other": week} if method == "compare" else {}

    found = getattr(week.calls, method)(by=by, **options)

    groups = found.iloc[:, 0].dropna().unique()
    wanted = expected if chosen is None else expected[chosen]
    assert set(groups) <= set(wanted.unique())
    assert len(groups) == wanted.nunique() or method in {"unsold", "quality", "cohorts"}


def test_margin_by_weekday_stays_in_the_order_of_the_week(week):
    """Money tables come largest first, but periods and parts of time in their order."""
    assert week.calls.margin("weekday")["weekday"].tolist()[::6] == ["Monday", "Sunday"]


@pytest.mark.parametrize("method", ["margin", "scorecard", "quality", "compare", "unsold", "watch", "bridge"])
def test_a_misspelled_group_is_answered_with_the_nearest(week, method):
    """Whichever analysis is asked, the error names the column that was likely meant."""
    options = {"other": week} if method in {"compare", "bridge"} else {}

    with pytest.raises((InputError, SchemaError), match="did you mean 'affiliate'"):
        getattr(week.calls, method)(by="afiliate", **options)


def test_names_that_are_neither_are_left_to_the_error_of_missing_columns():
    """A frame without times has no weekdays."""
    assert keys_of(["weekday", "nothing", "affiliate"], ["affiliate"], ["affiliate"]) == {}


@pytest.mark.parametrize("by", ["weekday", "hour", "week", "W"])
def test_a_board_says_that_it_shows_time_by_itself(week, by):
    """`explore` takes columns: the error says so, and that weekdays and hours are there."""
    with pytest.raises(InputError, match="shows days, weekdays and hours without being asked"):
        week.calls.explore(by)


@pytest.mark.parametrize("by", ["weekday", "hour_of_day", "day_of_week", "D"])
def test_a_trend_by_a_part_of_time_adds_up(week, by):
    """Whatever the column is called that a name makes, all calls of the week are in it."""
    assert week.calls.trend("week", by, ["call_count"])["call_count"].sum() == len(week)


@pytest.mark.parametrize("by", ["hour_of_day", "day_of_week", "W", "D", "M"])
@pytest.mark.parametrize(
    "method", ["bridge", "matrix", "margin", "qualification", "funnel", "cap_hours", "talk"]
)
def test_names_that_make_a_column_of_another_name_are_taken_everywhere(week, method, by):
    """All calls of the week are in the answer; caps are by hour of the day already, and say so."""
    ask = getattr(week.calls, "durations" if method == "talk" else method)
    options = {"other": week} if method == "bridge" else {}
    if (method, by) == ("cap_hours", "hour_of_day"):
        with pytest.raises(InputError, match="by names 'call_hour' twice"):
            ask(by=by)
        return

    found = ask(by=by, **options)

    if "call_count" in found and method != "talk":
        assert found["call_count"].sum() == len(week)
    assert len(found) >= 1
