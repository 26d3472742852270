"""What is watched: the calls of the past and of the month, and the moment as of which they are looked at."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics import columns
from dtanalytics.analysis.tables import (
    Bools,
    Floats,
    Ints,
    columns_of,
    group_codes,
    known,
    local,
    microseconds_since_epoch,
    numbers,
    true,
)
from dtanalytics.analysis.watch.hours import DAY, HOUR, Hours
from dtanalytics.errors import InputError, SchemaError
from dtanalytics.money import SCALE, earned
from dtanalytics.schema import EASTERN
from dtanalytics.texts.instants import read_instant
from dtanalytics.window import parse_window

_LEAST, _ENOUGH = 14, 28  # days of the past that are needed, and that are enough
_MOST = 5000  # segments
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
    """

    calls: pd.DataFrame
    keys: pd.DataFrame
    segment: Ints
    hour: Ints
    hours: Hours

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
        return numbers(self.calls["talk_seconds"])

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
    unknown = int(read["call_date"].isna().sum())
    if unknown:
        raise SchemaError(f"call_date is null in {unknown:,} calls: leave them out first")
    clock = microseconds_since_epoch(columns.wall_clock(read["call_date"]))
    if not len(clock):
        return None
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
    hours = Hours(begin - past * HOUR, past, (stop - begin) // HOUR, 0)
    rows = (clock >= hours.start) & (clock < stop)
    read, hour = read[rows].reset_index(drop=True), (clock[rows] - hours.start) // HOUR
    segment, keys = group_codes(read, by)
    if len(keys) > _MOST:
        raise InputError(
            f"{' and '.join(by)} make {len(keys):,} segments, and watch looks at {_MOST:,} at most: choose "
            "columns with fewer values"
        )
    return Watched(read, keys, segment, hour, Hours(hours.start, hours.past, hours.watched, len(keys)))


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


def _text(clock: int) -> str:
    return f"{pd.Timestamp(clock, unit='us'):%Y-%m-%d %H:%M}"


def available(calls: Any) -> list[str]:
    """Columns that a frame has, or that can be worked out."""
    return columns_of(calls)
