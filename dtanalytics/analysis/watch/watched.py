"""What is watched: the calls of the past and of the month, and the moment as of which they are looked at."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.analysis.supply.talk import lengths
from dtanalytics.analysis.tables import (
    Bools,
    Floats,
    Ints,
    clock_of,
    columns_of,
    group_codes,
    known,
    local,
    ratio,
    true,
)
from dtanalytics.analysis.watch.hours import DAY, HOUR, Hours
from dtanalytics.errors import InputError, SchemaError
from dtanalytics.money import SCALE, earned
from dtanalytics.schema import EASTERN
from dtanalytics.texts.instants import read_instant
from dtanalytics.window import parse_window

_EARLIEST, _LATEST = 1900, 2200  # years in which calls can be
_LEAST, _ENOUGH = 14, 28  # days of the past that are needed, and that are enough
_MOST = 5000  # segments
_MANY = 20.0  # calls a day from which a day without any is no chance
_WEEK = 168  # hours
_USEFUL = ("contest_qualification", "offer", "affiliate", "set_name")


@dataclass(frozen=True)
class Watched:
    """Calls by segment and hour.

    Attributes
    ----------
    calls : pandas.DataFrame
        Calls of the past and of the hours that are watched.
    keys : pandas.DataFrame
        The segments' names, a row a number.
    segment, hour : numpy.ndarray
        Of each call; hours are counted from the first of the past.
    hours : Hours
    begins : int [us]
        Eastern wall clock at which the past begins, weeks that were left out included.
    missing : str
        Days of the past that have no call at all, whose weeks are left out; empty for none.
    """

    calls: pd.DataFrame
    keys: pd.DataFrame
    segment: Ints
    hour: Ints
    hours: Hours
    begins: int
    missing: str = ""

    @cached_property
    def connected(self) -> Bools:
        """Calls that reached a buyer."""
        return np.asarray(self.calls["lead_status"] == "Connected")

    @cached_property
    def revenue(self) -> Floats:
        """What advertisers pay for each call [currency]."""
        return np.asarray(earned(self.calls, "offer") / SCALE)

    @cached_property
    def payout(self) -> Floats:
        """What affiliates are paid for each call [currency]."""
        return np.asarray(earned(self.calls, "affiliate") / SCALE)

    @property
    def margin(self) -> Floats:
        """What is left of each call [currency]."""
        return self.revenue - self.payout

    @cached_property
    def talk(self) -> Floats:
        """Talk time of each call [s]; null where unknown."""
        return lengths(self.calls["talk_seconds"])

    def qualified(self, side: str) -> Bools:
        """Calls that count under one side's rule."""
        return true(self.calls[f"{side}_qualified"])

    def stated(self, side: str) -> Bools:
        """Calls of which one side's flag is known."""
        return known(self.calls[f"{side}_qualified"])

    def sums(self, rows: Bools | None = None) -> Floats:
        """Count calls by segment and hour."""
        return self.hours.sums(self.segment, self.hour, None if rows is None else rows)

    @property
    def in_past(self) -> Bools:
        """Calls of the past."""
        return np.asarray(self.hour < self.hours.past)


def read_watched(
    calls: Any, by: Sequence[str], needed: Iterable[str], start: Any, now: Any, weeks: int
) -> Watched | None:
    """Read the calls that are watched; None where there are none at all.

    Parameters
    ----------
    calls : frame
    by, needed : sequence of str
        Columns whose values are the segments, and columns that the metrics need.
    start, now : moment or None
        As for `watch`.
    weeks : int
        Longest past.

    Raises
    ------
    InputError
        There is too little past, or `start` is not before `now`.
    SchemaError
        A column is missing, or a call has no time.
    """
    if isinstance(weeks, bool) or not isinstance(weeks, int | np.integer) or weeks < 2:
        raise InputError(f"weeks is {weeks!r}: give a whole number of weeks, at least 2")
    end = _asked(calls)
    read = local(calls, [*by, "call_date", *needed], _USEFUL)
    clock = clock_of(read)
    if not len(clock):
        return None
    _check_years(int(clock.min()), int(clock.max()))
    last = int(clock.max())
    stop = _wall(read_instant(now, "now")) if now is not None else max(last, end or last)
    stop = stop // HOUR * HOUR
    first_day = int(clock.min()) // (DAY * HOUR) * DAY * HOUR
    begin = _begin(start, first_day, stop)
    past = min((begin - first_day) // (DAY * HOUR), 7 * weeks) * DAY
    if past < _LEAST * DAY or begin >= stop:
        raise InputError(
            f"the calls begin on {_text(first_day)} and are watched from {_text(begin)} until {_text(stop)}: "
            f"at least {_LEAST} days must lie before what is watched. Load earlier days too, best eight weeks"
        )
    begins = begin - past * HOUR
    rows = (clock >= begins) & (clock < stop)
    if not rows.any():
        raise InputError(
            f"no call lies between {_text(begins)} and {_text(stop)}: the last one before is of "
            f"{_text(int(clock[clock < stop].max()))}. Load what is watched and the weeks before it"
        )
    read, hour = read[rows].reset_index(drop=True), (clock[rows] - begin) // HOUR + past
    holes = missing_days(hour[hour < past] // DAY, past // DAY)
    hour, kept, past = without_weeks(hour, past, holes)
    if past < _LEAST * DAY:
        raise InputError(
            f"the past has days without any call, as if they were not loaded ({_days(begin, holes)}), and "
            f"fewer than {_LEAST} days are left without their weeks. Load them too"
        )
    read = read if kept.all() else read[kept].reset_index(drop=True)
    hours = Hours(begin - past * HOUR, past, (stop - begin) // HOUR, 0)
    segment, keys = group_codes(read, by)
    if len(keys) > _MOST:
        raise InputError(
            f"{' and '.join(by)} make {len(keys):,} segments, and watch looks at {_MOST:,} at most: choose "
            "columns with fewer values"
        )
    hours = replace(hours, segments=len(keys))
    return Watched(read, keys, segment, hour, hours, begins, _days(begin, holes))


def missing_days(day: Ints, days: int) -> Ints:
    """Find days of the past that have no call although their weekday has many: they were not loaded.

    Parameters
    ----------
    day : numpy.ndarray
        Day of each call, counted from the first of the past.
    days : int
        Number of days of the past.

    Returns
    -------
    numpy.ndarray
        How many days before the first that is watched each of them lies, 1 for the last of the past.

    Examples
    --------
    >>> missing_days(np.repeat([0, 1, 7, 15], 30), 16).tolist()
    [8, 2]
    """
    count = np.bincount(day, minlength=days)
    weekday = np.arange(days) % 7
    there = np.bincount(weekday, count > 0, 7)
    usual = ratio(np.bincount(weekday, count, 7), there)[weekday]
    return days - np.flatnonzero((count == 0) & (usual >= _MANY))


def without_weeks(hour: Ints, past: int, holes: Ints) -> tuple[Ints, Bools, int]:
    """Leave weeks with missing days out of the past; older weeks move up, which keeps the hours of the week.

    Parameters
    ----------
    hour : numpy.ndarray
        Of each call, counted from the first of the past.
    past : int [h]
        Length of the past.
    holes : numpy.ndarray
        Days that are missing, as `missing_days` counts them.

    Returns
    -------
    (hour, kept, past)
        Hours of the calls that are kept, counted from the new beginning; which calls are; the new length.
    """
    length = np.full(-(-past // _WEEK), _WEEK)
    length[-1] -= length.sum() - past  # weeks are counted backwards, so that the oldest may be short
    length[(holes - 1) // 7] = 0
    back = past - 1 - hour
    week = np.maximum(back, 0) // _WEEK
    moved = np.cumsum(np.where(length == 0, _WEEK, 0))[week]
    kept = (back < 0) | (length[week] > 0)
    left = int(length.sum())
    return np.where(back < 0, hour - past + left, left - 1 - (back - moved))[kept], kept, left


def _days(begin: int, holes: Ints) -> str:
    """Write the missing days, the first and the last of each run; empty for none."""
    first = np.flatnonzero(np.diff(holes, prepend=-1) != -1)
    runs = [part for part in np.split(holes, first) if part.size]
    spans = [
        dict.fromkeys((_text(begin - int(part[at]) * DAY * HOUR)[:10]) for at in (0, -1)) for part in runs
    ]
    return ", ".join(" to ".join(span) for span in spans)


def _begin(start: Any, first_day: int, stop: int) -> int:
    """Midnight from which calls are watched: that of the month's first day, where enough lies before it."""
    if start is not None:
        given = parse_window(start).start
        return _wall(given) // (DAY * HOUR) * DAY * HOUR
    month = pd.Timestamp(stop - HOUR, unit="us").normalize().replace(day=1)
    begin = max(_wall(month.to_pydatetime()), first_day + _ENOUGH * DAY * HOUR)
    return begin if begin < stop else first_day + _LEAST * DAY * HOUR


def _asked(calls: Any) -> int | None:
    """Moment until which a load knows the calls, where they are a load."""
    note = getattr(calls, "attrs", {}).get("dtanalytics") or {}
    if not note.get("asked") or not note.get("end"):
        return None
    return min(_wall(dt.datetime.fromisoformat(note[name])) for name in ("asked", "end"))


def _wall(moment: dt.datetime) -> int:
    """Eastern wall clock of a moment [us]."""
    if moment.tzinfo is not None:
        moment = moment.astimezone(EASTERN).replace(tzinfo=None)
    return (moment - dt.datetime(1970, 1, 1)) // dt.timedelta(microseconds=1)


def _check_years(*clocks: int) -> None:
    """Refuse calls of a year in which none can be, which programs write for no time."""
    for clock in clocks:
        year = int(str(np.datetime64(clock, "us"))[:4])
        if not _EARLIEST <= year <= _LATEST:
            raise SchemaError(f"call_date has calls of the year {year}: leave them out first")


def _text(clock: int) -> str:
    return f"{pd.Timestamp(clock, unit='us'):%Y-%m-%d %H:%M}"


def available(calls: Any) -> list[str]:
    """Columns that a frame has, or that can be worked out."""
    return columns_of(calls)
