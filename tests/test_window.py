"""Windows: what callers write, and how it is cut for the services."""

import contextlib
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dtanalytics.errors import InputError
from dtanalytics.texts.instants import read_instant
from dtanalytics.window import Window, likely_meant, merge_days, parse_window

NOW = datetime(2026, 10, 5, 3, 30, tzinfo=UTC)  # 23:30 on the 4th in New York


@pytest.mark.parametrize(
    ("start", "first", "after"),
    [
        ("2026", datetime(2026, 1, 1), datetime(2027, 1, 1)),
        ("2026-10", datetime(2026, 10, 1), datetime(2026, 11, 1)),
        ("2026-12", datetime(2026, 12, 1), datetime(2027, 1, 1)),
        ("2026-10-05", datetime(2026, 10, 5), datetime(2026, 10, 6)),
        (" 2026-02-28 ", datetime(2026, 2, 28), datetime(2026, 3, 1)),
        (date(2026, 10, 5), datetime(2026, 10, 5), datetime(2026, 10, 6)),
        (datetime(2026, 10, 5), datetime(2026, 10, 5), datetime(2026, 10, 6)),
        (pd.Timestamp("2026-10-05"), datetime(2026, 10, 5), datetime(2026, 10, 6)),
        (np.datetime64("2026-10-05"), datetime(2026, 10, 5), datetime(2026, 10, 6)),
        (pd.Period("2026-10", "M"), datetime(2026, 10, 1), datetime(2026, 11, 1)),
        (pd.Period("2026Q4"), datetime(2026, 10, 1), datetime(2027, 1, 1)),
        (pd.Timestamp("2026-10-05 04:00", tz="UTC"), datetime(2026, 10, 5), datetime(2026, 10, 6)),
        (slice("2026-10-01", "2026-10-15"), datetime(2026, 10, 1), datetime(2026, 10, 15)),
        ("today", datetime(2026, 10, 4), datetime(2026, 10, 5)),
        ("Yesterday", datetime(2026, 10, 3), datetime(2026, 10, 4)),
    ],
)
def test_a_period_alone_stands_for_all_of_itself(start, first, after):
    window = parse_window(start, now=NOW)

    assert (window.start, window.end) == (first, after)
    assert type(window.start) is datetime


@pytest.mark.parametrize(
    ("start", "end", "first", "after"),
    [
        ("2026-10-01", "2026-10-15", datetime(2026, 10, 1), datetime(2026, 10, 15)),
        ("2026-10", "2026-11", datetime(2026, 10, 1), datetime(2026, 11, 1)),
        ("2026", date(2026, 2, 1), datetime(2026, 1, 1), datetime(2026, 2, 1)),
        (
            "2026-10-05 14:00",
            "2026-10-05T16:30:15",
            datetime(2026, 10, 5, 14),
            datetime(2026, 10, 5, 16, 30, 15),
        ),
        ("2026-10-05T12:00Z", "2026-10-06", datetime(2026, 10, 5, 8), datetime(2026, 10, 6)),
        (
            pd.Timestamp("2026-01-05 12:00", tz="Europe/Berlin"),
            pd.Period("2026-02", "M"),
            datetime(2026, 1, 5, 6),
            datetime(2026, 2, 1),
        ),
        ("yesterday", "today", datetime(2026, 10, 3), datetime(2026, 10, 4)),
    ],
)
def test_the_end_is_the_first_moment_that_no_longer_counts(start, end, first, after):
    assert parse_window(start, end, now=NOW) == Window(first, after)


def test_a_naive_now_is_eastern_wall_clock():
    assert parse_window("today", now=datetime(2026, 10, 5, 0, 1)).days() == [date(2026, 10, 5)]


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        ("2026-10-05", "2026-10-01", "start 2026-10-05 is not before end 2026-10-01"),
        ("2026-10", "2026-10", "end is exclusive"),
        ("2026-10-05 14:00", None, "give end"),
        ("2026-10-05 00:01", None, "give end"),
        ("10/05/2026", None, "accepted are a year"),
        ("2026-Q5", None, "accepted are a year"),
        ("2026-W60", None, "accepted are a year"),
        ("2026-10-05T00:00\u0661", None, "another script"),
        ("last 0 days", None, "last 0"),
        ("NaT", None, "accepted are a year"),
        ("10000-01-01", None, "accepted are a year"),
        ("1066", None, "years 1900 to 2200"),
        ("2026", "9998", "years 1900 to 2200"),
        ("x" * 100_000, None, "accepted are a year"),
        (float("nan"), None, "accepted are a year"),
        (True, None, "it is bool"),
        (20261005, None, "it is int"),
        (["2026-10-01", "2026-10-05"], None, "it is list"),
        (pd.date_range("2026-10-01", "2026-10-05"), None, "it is DatetimeIndex"),
        (np.datetime64("2026-10-05", "W"), None, "weeks begin on Thursdays"),
        (("2026-10-01",), None, "needs a start and a stop"),
        (("2026-10-01", "2026-10-05", "D"), None, "needs a start and a stop"),
        (("2026-10-01", "2026-10-05"), "2026-10-06", "leave out end"),
        (pd.Interval(pd.Timestamp("2026-10-01"), pd.Timestamp("2026-10-05")), None, "closed='left'"),
        (pd.Interval(1, 5, closed="left"), None, "it is int"),
        (datetime(2026, 10, 5, 14), None, "give end"),
        ("soon", None, "accepted are a year"),
        ("2026-02-30", None, "accepted are a year"),
        ("2026-13", None, "accepted are a year"),
        ("0000", None, "accepted are a year"),
        ("9999-12-31", None, "accepted are a year"),
        ("٢٠٢٦", None, "accepted are a year"),
        ("", None, "accepted are a year"),
        (None, None, "accepted are a year"),
        (pd.NaT, None, "accepted are a year"),
        (np.datetime64("NaT"), None, "accepted are a year"),
        (2026, None, "accepted are a year"),
        ("2026-10-05", "later", "end 'later'"),
        (slice("2026-10-01", "2026-10-15"), "2026-10-20", "leave out end"),
        (slice("2026-10-01", None), None, "needs a start and a stop"),
        (slice("2026-10-01", "2026-10-15", 2), None, "no step"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_to_write(start, end, message):
    with pytest.raises(InputError, match=message):
        parse_window(start, end)


@pytest.mark.parametrize(
    ("asked", "first", "after"),
    [
        ("2026-Q3", "2026-07-01", "2026-10-01"),
        ("2026q4", "2026-10-01", "2027-01-01"),
        ("Q1 2026", "2026-01-01", "2026-04-01"),
        ("2026-W40", "2026-09-28", "2026-10-05"),
        ("2026W40", "2026-09-28", "2026-10-05"),
        ("2026-w01", "2025-12-29", "2026-01-05"),
        ("2026-W40-3", "2026-09-30", "2026-10-01"),
        ("20261005", "2026-10-05", "2026-10-06"),
        ("2026-10-05 00:00", "2026-10-05", "2026-10-06"),
        ("2026-10-05T04:00Z", "2026-10-05", "2026-10-06"),
        ("yesterday", "2026-10-03", "2026-10-04"),
        ("this week", "2026-09-28", "2026-10-05"),
        ("last week", "2026-09-21", "2026-09-28"),
        ("Last-Week", "2026-09-21", "2026-09-28"),
        ("last month", "2026-09-01", "2026-10-01"),
        ("last_month", "2026-09-01", "2026-10-01"),
        ("this month", "2026-10-01", "2026-11-01"),
        ("last quarter", "2026-07-01", "2026-10-01"),
        ("previous year", "2025-01-01", "2026-01-01"),
        ("month to date", "2026-10-01", "2026-10-05"),
        ("month-to-date", "2026-10-01", "2026-10-05"),
        ("MTD", "2026-10-01", "2026-10-05"),
        ("year to date", "2026-01-01", "2026-10-05"),
        ("last 7 days", "2026-09-27", "2026-10-04"),
        ("last-30-days", "2026-09-04", "2026-10-04"),
        ("last 2 weeks", "2026-09-14", "2026-09-28"),
        ("last 3 months", "2026-07-01", "2026-10-01"),
        ("past 1 day", "2026-10-03", "2026-10-04"),
        (("2026-10-01", "2026-10-15"), "2026-10-01", "2026-10-15"),
        (
            pd.Interval(pd.Timestamp("2026-10-01"), pd.Timestamp("2026-10-05"), closed="left"),
            "2026-10-01",
            "2026-10-05",
        ),
        (np.datetime64("2026-10"), "2026-10-01", "2026-11-01"),
        (np.datetime64("2026"), "2026-01-01", "2027-01-01"),
        (np.datetime64("2026-10-05"), "2026-10-05", "2026-10-06"),
        (pd.Period("2026Q3"), "2026-07-01", "2026-10-01"),
        (pd.Period("2026-10-01", "W"), "2026-09-28", "2026-10-05"),
        (pd.Period("2026-10-01", "7D"), "2026-10-01", "2026-10-08"),
        (pd.Period("2026", "Y"), "2026-01-01", "2027-01-01"),
        (pd.Period("2026-10-05 14:00", "h"), "2026-10-05 14:00", "2026-10-05 15:00"),
    ],
)
def test_spans_as_people_write_them(asked, first, after):
    """Sunday, 4 October 2026, counts as today."""
    assert parse_window(asked, now=NOW) == parse_window(first, after)


NIGHT = ("2026-11-01 01:30-04:00", "2026-11-01 01:30-05:00")


def test_an_instant_in_the_hour_that_occurs_twice_stays_that_instant():
    first, second = (parse_window(start, "2026-11-02") for start in NIGHT)

    assert first != second
    assert [f"{window.instants()[0]:%H:%M}" for window in (first, second)] == ["05:30", "06:30"]
    assert str(second) == "2026-11-01 01:30 EST up to 2026-11-02"
    between = parse_window(*map(pd.Timestamp, NIGHT))
    assert between.contains(datetime(2026, 11, 1, 6, 0, tzinfo=UTC))
    assert not between.contains(datetime(2026, 11, 1, 6, 30, tzinfo=UTC))
    assert between.days() == [date(2026, 11, 1)]
    assert between.clock() == parse_window("2026-11-01 01:00", "2026-11-01 02:00")
    assert parse_window("2026-10-05 14:00", "2026-10-06").clock() == parse_window(
        "2026-10-05 14:00", "2026-10-06"
    )
    with pytest.raises(InputError, match="were they exchanged"):
        parse_window(*reversed(NIGHT))


def test_an_instant_stays_itself_for_as_of():
    assert [f"{read_instant(text):%H:%M}" for text in NIGHT] == ["05:30", "06:30"]
    assert f"{read_instant('2026-10-05'):%H:%M}" == "04:00"


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("2026-10-01", "2026-10-31", "without 2026-10-31"),
        ("2026-02-01", date(2026, 2, 28), "without 2026-02-28"),
        ("2028-02-01", "2028-02-29", "without 2028-02-29"),
        (("2026-10-15", "2026-10-31"), None, "'2026-10-15', '2026-11-01'"),
        ("2026-10-01", "2026-11-01", None),
        *((f"2026-10-{day}", "2026-10-31", None) for day in ("30", "24", "17", "03")),
        *((f"2026-10-{day}", "2026-10-31", "without 2026-10-31") for day in ("29", "23", "16", "02")),
        ("2026-10-01", "2026-10-30", None),
        ("2026-10", None, None),
        ("2026-10-01", "2026-10-31 12:00", None),
    ],
)
def test_an_end_that_looks_like_the_last_day_of_a_month_is_mentioned(start, end, said):
    hint = likely_meant(start, end, parse_window(start, end))

    assert (hint is None) if said is None else said in hint


def test_a_window_that_has_not_begun_says_so():
    assert (
        parse_window("2199-01").not_begun()
        == "2199-01-01 up to 2199-02-01 has not begun: there are no calls yet"
    )
    assert parse_window("2026-10").not_begun() is None


@given(
    st.text()
    | st.integers()
    | st.floats()
    | st.dates()
    | st.datetimes()
    | st.tuples(st.text(), st.dates())
    | st.binary()
)
def test_anything_is_a_window_or_refused(asked):
    with contextlib.suppress(InputError):
        assert parse_window(asked).days()


def test_a_window_is_passed_through():
    window = parse_window("2026-10")

    assert parse_window(window) is window


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        ("2026-10-05", None, "2026-10-05"),
        ("2026-10", None, "2026-10-01 up to 2026-11-01"),
        ("2026-10-05 14:00", "2026-10-06 14:00", "2026-10-05 14:00 up to 2026-10-06 14:00"),
        ("2026-10-05 14:00:01", "2026-10-06", "2026-10-05 14:00:01 up to 2026-10-06"),
    ],
)
def test_a_window_reads_well(start, end, text):
    assert str(parse_window(start, end)) == text


def test_days_touched_include_partial_ones_but_not_the_day_of_an_end_at_midnight():
    window = parse_window("2026-10-30 23:59", "2026-11-02")

    assert window.days() == [date(2026, 10, 30), date(2026, 10, 31), date(2026, 11, 1)]
    assert window.whole_days() == parse_window("2026-10-30", "2026-11-02")


def test_contains_is_half_open_and_understands_zones():
    window = parse_window("2026-10-05")

    assert window.contains(datetime(2026, 10, 5))
    assert not window.contains(datetime(2026, 10, 6))
    assert window.contains(datetime(2026, 10, 6, 3, 59, tzinfo=UTC))
    assert not window.contains(pd.Timestamp("2026-10-05 03:59", tz="UTC"))


moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(moments, st.timedeltas(timedelta(microseconds=1), timedelta(days=60)), st.integers(1, 9))
def test_the_parts_of_a_window_tile_it_and_touch_few_days(start, length, max_days):
    window = Window(start, start + length)
    parts = window.split(max_days)

    assert [parts[0].start, *[part.end for part in parts]] == [*[part.start for part in parts], window.end]
    assert max(len(part.days()) for part in parts) <= max_days
    assert [day for part in parts for day in part.days()] == window.days()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.dates(date(2026, 10, 1), date(2026, 11, 15))), st.integers(1, 9))
def test_merged_days_are_exactly_the_days_given(days, max_days):
    windows = merge_days(days, max_days)

    assert [day for window in windows for day in window.days()] == sorted(set(days))
    assert all(len(window.days()) <= max_days for window in windows)


def test_neighbouring_days_share_as_few_windows_as_possible():
    days = [date(2026, 10, 1) + timedelta(days=count) for count in [*range(9), 11]]

    assert [str(window) for window in merge_days(reversed(days))] == [
        "2026-10-01 up to 2026-10-08",
        "2026-10-08 up to 2026-10-10",
        "2026-10-12",
    ]
    assert merge_days([]) == []


def test_a_window_of_no_days_is_refused():
    with pytest.raises(InputError, match="at least 1 day"):
        merge_days([date(2026, 10, 1)], 0)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (datetime(2026, 11, 1, 0, 30), datetime(2026, 11, 1, 1, 15, fold=1)),  # 1 h 45 min
        (datetime(2026, 11, 1, 1, 30), datetime(2026, 11, 1, 1, 15, fold=1)),  # 45 min
    ],
)
def test_clock_times_of_a_window_that_ends_in_the_repeated_hour_hold_the_first_one_too(start, end):
    """01:30 to 01:59 of daylight time lies before 01:15 of standard time, and is asked for."""
    clock = Window(start, end).clock()

    assert clock.start <= min(start, datetime(2026, 11, 1, 1, 30))
    assert clock.end == datetime(2026, 11, 1, 2)
