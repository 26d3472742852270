"""What span of time a question is about: one way to say it, one way to cut it for the services.

Both services speak Eastern wall clock without an offset, so a window does too: its ends are naive.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from dtanalytics.errors import InputError
from dtanalytics.schema import TIMEZONE

_EASTERN = ZoneInfo(TIMEZONE)
_DAY = timedelta(days=1)
_FORMS = (
    "accepted are a year '2026', a month '2026-10', a day '2026-10-05', a moment '2026-10-05 14:00', "
    "'today', 'yesterday', and dates, datetimes, timestamps and periods"
)
_CALENDAR = re.compile(r"(?P<year>\d{4})(?:-(?P<month>\d{1,2})(?:-(?P<day>\d{1,2}))?)?", re.ASCII)


@dataclass(frozen=True, order=True)
class Window:
    """A half-open span of Eastern wall clock: `start` belongs to it, `end` does not.

    Attributes
    ----------
    start, end : datetime
        Naive Eastern wall clock, `start` before `end`.

    Examples
    --------
    >>> window = parse_window("2026-10-05", "2026-10-07")
    >>> print(window)
    2026-10-05 up to 2026-10-07
    >>> window.days()
    [datetime.date(2026, 10, 5), datetime.date(2026, 10, 6)]
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start >= self.end:
            hint = "; end is exclusive, the first moment that no longer counts" * (self.start == self.end)
            raise InputError(f"start {_text(self.start)} is not before end {_text(self.end)}{hint}")

    def __str__(self) -> str:
        if self.start.time() == time.min and self.end - self.start == _DAY:
            return _text(self.start)
        return f"{_text(self.start)} up to {_text(self.end)}"

    def days(self) -> list[date]:
        """List the days that the window touches, in order."""
        whole = self.whole_days()
        return [whole.start.date() + count * _DAY for count in range((whole.end - whole.start).days)]

    def contains(self, moment: datetime) -> bool:
        """Tell whether a moment (with a zone, or Eastern wall clock) lies in the window."""
        return self.start <= _wall(moment) < self.end

    def whole_days(self) -> Window:
        """Widen the window to whole days."""
        start = datetime.combine(self.start, time.min)
        end = datetime.combine(self.end, time.min)
        return Window(start, end if end == self.end else end + _DAY)

    def split(self, max_days: int = 7) -> list[Window]:
        """Cut the window at midnights into neighbours that touch at most `max_days` days each.

        Examples
        --------
        >>> [str(part) for part in parse_window("2026-10-01 06:00", "2026-10-09").split()]
        ['2026-10-01 06:00 up to 2026-10-08', '2026-10-08']
        """
        _check_max_days(max_days)
        midnights = [datetime.combine(day, time.min) for day in self.days()[max_days::max_days]]
        return [Window(*ends) for ends in pairwise([self.start, *midnights, self.end])]


def parse_window(start: Any, end: Any = None, *, now: datetime | None = None) -> Window:
    """Read what a caller writes for a span of time.

    Parameters
    ----------
    start : str, date, datetime, pandas.Timestamp, pandas.Period, slice or Window
        A year, month or day stands for all of itself when it comes alone, and for its first moment
        otherwise. A datetime at midnight without `end` is a day. With a zone it is converted to Eastern
        wall clock; without one it is Eastern. A slice holds start and end.
    end : same kinds, optional
        Exclusive: up to, but not including, the first moment of it.
    now : datetime, optional
        What "today" and "yesterday" count from; the clock by default.

    Returns
    -------
    Window
        Half-open, naive Eastern wall clock.

    Raises
    ------
    InputError
        Unreadable, reversed or empty, or a time of day alone.

    Examples
    --------
    >>> print(parse_window("2026-10"))
    2026-10-01 up to 2026-11-01
    >>> print(parse_window(date(2026, 10, 5)))
    2026-10-05
    >>> print(parse_window("2026-10-05 14:00", "2026-10-05 16:00"))
    2026-10-05 14:00 up to 2026-10-05 16:00
    """
    if isinstance(start, Window | slice) and end is not None:
        raise InputError(f"start is {start!r}, which has an end already: leave out end={end!r}")
    if isinstance(start, Window):
        return start
    if isinstance(start, slice):
        if start.step is not None or start.start is None or start.stop is None:
            raise InputError(f"{start!r} needs a start and a stop, and no step")
        start, end = start.start, start.stop
    first, after = read_moment(start, "start", now)
    if end is not None:
        return Window(first, read_moment(end, "end", now)[0])
    if after is None:
        raise InputError(f"start {_text(first)} is a moment, not a period: give end too")
    return Window(first, after)


def read_moment(
    value: Any, role: str = "time", now: datetime | None = None
) -> tuple[datetime, datetime | None]:
    """Read one date or time: its first moment, and the moment after it when it names a period.

    Parameters
    ----------
    value : str, date, datetime, pandas.Timestamp or pandas.Period
        As for `parse_window`.
    role : str
        What a message calls it.
    now : datetime, optional
        What "today" and "yesterday" count from; the clock by default.

    Returns
    -------
    tuple of datetime and (datetime or None)
        Naive Eastern wall clock.

    Raises
    ------
    InputError
        Unreadable.
    """
    try:
        if isinstance(value, str):
            return _from_text(value.strip(), now)
        if isinstance(value, pd.Period):
            return value.start_time.to_pydatetime(), (value + 1).start_time.to_pydatetime()
        if isinstance(value, np.datetime64):
            value = pd.Timestamp(value)
        if isinstance(value, datetime) and not pd.isna(value):
            moment = _wall(value)
            return moment, moment + _DAY if moment.time() == time.min else None
        if isinstance(value, date) and not pd.isna(value):
            return _midnight(value), _midnight(value) + _DAY
    except (ValueError, OverflowError) as error:
        raise InputError(f"{role} {value!r} is no date ({error}); {_FORMS}") from None
    raise InputError(f"{role} {value!r} is no date; {_FORMS}")


def merge_days(days: Iterable[date], max_days: int = 7) -> list[Window]:
    """Join neighbouring days to windows of at most `max_days` days, the most that one request may ask.

    Parameters
    ----------
    days : iterable of date
        In any order, repetitions allowed.
    max_days : int
        Most days in a window [days].

    Returns
    -------
    list of Window
        In order; together exactly the days given.

    Examples
    --------
    >>> [str(window) for window in merge_days([date(2026, 10, 1), date(2026, 10, 2), date(2026, 10, 9)])]
    ['2026-10-01 up to 2026-10-03', '2026-10-09']
    """
    _check_max_days(max_days)
    runs: list[list[date]] = []
    for day in sorted(set(days)):
        if runs and len(runs[-1]) < max_days and day - runs[-1][-1] == _DAY:
            runs[-1].append(day)
        else:
            runs.append([day])
    return [Window(_midnight(run[0]), _midnight(run[-1]) + _DAY) for run in runs]


def _from_text(text: str, now: datetime | None) -> tuple[datetime, datetime | None]:
    if text.lower() in {"today", "yesterday"}:
        today = _midnight(_wall(now) if now else datetime.now(_EASTERN))
        day = today if text.lower() == "today" else today - _DAY
        return day, day + _DAY
    calendar = _CALENDAR.fullmatch(text)
    if not calendar:
        return _wall(datetime.fromisoformat(text)), None
    year, month, day_of_month = (int(part) if part else 0 for part in calendar.groups())
    first = datetime(year, month if calendar["month"] else 1, day_of_month if calendar["day"] else 1)
    if calendar["day"]:
        return first, first + _DAY
    if calendar["month"]:
        return first, datetime(year + month // 12, month % 12 + 1, 1)
    return first, datetime(year + 1, 1, 1)


def _wall(moment: datetime) -> datetime:
    """Eastern wall clock of a moment, without its zone and as a plain datetime."""
    if moment.tzinfo is not None:
        moment = moment.astimezone(_EASTERN)
    if isinstance(moment, pd.Timestamp):
        moment = moment.floor("us").to_pydatetime()
    return moment.replace(tzinfo=None, fold=0)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)


def _text(moment: datetime) -> str:
    if moment.time() == time.min:
        return f"{moment:%Y-%m-%d}"
    return moment.isoformat(" ", timespec="auto" if moment.second or moment.microsecond else "minutes")


def _check_max_days(max_days: int) -> None:
    if max_days < 1:
        raise InputError(f"max_days is {max_days}: a window has at least 1 day")
