"""The span of time of a question: one way to write it, one way to split it for the services.

Both services speak Eastern wall clock without an offset, so a window does too: its ends are naive. In the
hour that occurs twice when summer time ends, ``fold`` says which of the two is meant, as in the standard
library: an instant that came with a zone stays that instant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pandas as pd

from dtanalytics.errors import InputError
from dtanalytics.texts.instants import check_year, instant_of, midnight, read_moment, shown, wall_of, written

_DAY = timedelta(days=1)
_RANGE = re.compile(r"[^/]{4,}/[^/]{4,}")  # start and end, as ISO 8601 writes an interval


@dataclass(frozen=True, order=True)
class Window:
    """A half-open span of Eastern wall clock: `start` belongs to it, `end` does not.

    Attributes
    ----------
    start, end : datetime
        Naive Eastern wall clock, `start` before `end`. ``fold=1`` is the second of two equal clocks.

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
    folds: tuple[int, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "folds", (self.start.fold, self.end.fold))
        first, after = self.instants()
        if first >= after:
            hint = (
                "; end is exclusive, the first moment that no longer counts"
                if first == after
                else "; were they exchanged?"
            )
            raise InputError(f"start {written(self.start)} is not before end {written(self.end)}{hint}")

    def __str__(self) -> str:
        if self.start.time() == time.min and self.end - self.start == _DAY:
            return written(self.start)
        return f"{written(self.start)} up to {written(self.end)}"

    def instants(self) -> tuple[datetime, datetime]:
        """Start and end as instants, in UTC.

        Examples
        --------
        >>> [f"{moment:%H:%M}" for moment in parse_window("2026-10-05").instants()]
        ['04:00', '04:00']
        """
        return instant_of(self.start), instant_of(self.end)

    def clock(self) -> Window:
        """Return a span of clock times that holds every moment of the window.

        What can only be asked by the clock is asked for this; it is longer than the window where an end is
        in the second of the hours that occur twice.
        """
        start, end = self.start.replace(fold=0), self.end.replace(fold=0)
        if (
            self.end.fold or start >= end
        ):  # the end is in the second of two equal hours: the whole first one lies before it
            start = min(start, end.replace(minute=0, second=0, microsecond=0))
            end = end.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        return Window(start, end)

    def days(self) -> list[date]:
        """List the days that the window touches, in order."""
        whole = self.whole_days()
        return [whole.start.date() + count * _DAY for count in range((whole.end - whole.start).days)]

    def contains(self, moment: datetime) -> bool:
        """Tell whether a moment (with a zone, or Eastern wall clock) lies in the window."""
        start, end = self.instants()
        return start <= instant_of(wall_of(moment)) < end

    def whole_days(self) -> Window:
        """Widen the window to whole days."""
        start = datetime.combine(self.start, time.min)
        end = datetime.combine(self.end, time.min)
        return Window(start, end if end == self.end else end + _DAY)

    def not_begun(self) -> str | None:
        """Say that no call can have come yet, where the window begins in the future."""
        if self.instants()[0] <= datetime.now(UTC):
            return None
        return f"{self} has not begun: there are no calls yet"

    def before(self) -> Window:
        """Return the window of the same length just before: of a month, the month before.

        Examples
        --------
        >>> print(parse_window("2026-03").before())
        2026-02-01 up to 2026-03-01
        >>> print(parse_window("2026-W41").before())
        2026-09-28 up to 2026-10-05
        """
        if self._is_months():
            months = (self.end.year - self.start.year) * 12 + self.end.month - self.start.month
            first = pd.Period(self.start, "M") - months
            return Window(first.start_time.to_pydatetime(), self.start)
        return Window(self.start - (self.end - self.start), self.start)

    def text(self) -> str:
        """Write the window as a text that `parse_window` reads: a month, an ISO week, a day, or start/end.

        Examples
        --------
        >>> [parse_window(*ends).text() for ends in (("2026-10",), ("2026-10-05", "2026-10-12"))]
        ['2026-10', '2026-W41']
        >>> parse_window("2026-10-05", "2026-10-08").text()
        '2026-10-05/2026-10-08'
        """
        days = self.end - self.start
        if self._is_months() and pd.Period(self.start, "M") + 1 == pd.Period(self.end, "M"):
            return f"{self.start:%Y-%m}"
        if self == self.whole_days() and days == 7 * _DAY and self.start.weekday() == 0:
            return f"{self.start:%G-W%V}"
        if self == self.whole_days() and days == _DAY:
            return f"{self.start:%Y-%m-%d}"
        zone = "%Y-%m-%d" if self == self.whole_days() else "%Y-%m-%dT%H:%M:%S.%f"
        return f"{self.start:{zone}}/{self.end:{zone}}"

    def _is_months(self) -> bool:
        return self == self.whole_days() and self.start.day == self.end.day == 1

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
    start : str, date, datetime, Timestamp, Period, Interval, numpy.datetime64, tuple, slice or Window
        A year, quarter, month, week or day stands for all of itself when it comes alone, and for its first
        moment otherwise: ``"2026"``, ``"2026-Q3"``, ``"2026-10"``, ``"2026-W40"`` (ISO, from Monday),
        ``"2026-10-05"``, ``"20261005"``, ``np.datetime64("2026-10")``, a period of any frequency; also
        ``"last week"``, ``"this month"``, ``"month to date"`` (up to the end of today), ``"last 7 days"``
        (the seven whole days before today) and their like. A time at midnight without `end` is a day. With a
        zone it is that instant, in the hour that occurs twice, too; without one it is Eastern. An interval
        closed on the left, a tuple, a slice and ``"2026-10-05/2026-10-12"`` (ISO 8601) hold start and end.
    end : same kinds, optional
        Exclusive: up to, but not including, the first moment of it.
    now : datetime, optional
        What "today" and its like count from; the clock by default.

    Returns
    -------
    Window
        Half-open, naive Eastern wall clock.

    Raises
    ------
    InputError
        Unreadable, reversed or empty, a time of day alone, or not in the years 1900 to 2200.

    Examples
    --------
    >>> print(parse_window("2026-10"))
    2026-10-01 up to 2026-11-01
    >>> print(parse_window(date(2026, 10, 5)))
    2026-10-05
    >>> print(parse_window("2026-10-05 14:00", "2026-10-05 16:00"))
    2026-10-05 14:00 up to 2026-10-05 16:00
    """
    if isinstance(start, str) and _RANGE.fullmatch(start.strip()):
        start = tuple(start.strip().split("/"))
    if isinstance(start, Window | slice | tuple | pd.Interval):
        if end is not None:
            raise InputError(f"start is {shown(start)}, which has an end already: leave out end={shown(end)}")
        if isinstance(start, Window):
            return start
        start, end = _pair(start)
    first, after = read_moment(start, "start", now)
    check_year(first, "start")
    if end is not None:
        last = read_moment(end, "end", now)[0]
        check_year(last, "end")
        return Window(first, last)
    if after is None:
        raise InputError(f"start {written(first)} is a moment, not a period: give end too")
    return Window(first, after)


def likely_meant(start: Any, end: Any, window: Window) -> str | None:
    """Return a hint where the end, which is excluded, looks as if it should count: the last day of a month.

    Parameters
    ----------
    start, end : same kinds as for `parse_window`
        As they were given.
    window : Window
        What they were read as.

    Examples
    --------
    >>> ends = "2026-10-01", "2026-10-31"
    >>> likely_meant(*ends, parse_window(*ends))[:54]
    '2026-10-01 up to 2026-10-31 is without 2026-10-31: the'
    """
    given = end if isinstance(start, str | date) else start[1] if isinstance(start, tuple) else None
    named = isinstance(given, date) or (isinstance(given, str) and len(given.strip()) <= len("2026-10-31"))
    last = window.end + _DAY
    days = (window.end - window.start).days
    as_weeks = days in {1, 7, 14, 28} and window.start.day != 1
    if not named or window.end.time() != time.min or last.day != 1 or as_weeks:
        return None
    return (
        f"{window} is without {written(window.end)}: the end does not count; with that day it is "
        f"'{written(window.start)}', '{written(last)}'"
    )


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
    return [Window(midnight(run[0]), midnight(run[-1]) + _DAY) for run in runs]


def _pair(value: slice | tuple[Any, ...] | pd.Interval) -> tuple[Any, Any]:
    """Start and end that one value holds."""
    if isinstance(value, pd.Interval):
        if value.closed != "left":
            raise InputError(
                f"{shown(value)} is closed='{value.closed}': a window holds its start and not its end; give "
                "pd.Interval(start, end, closed='left')"
            )
        return value.left, value.right
    ends = value if isinstance(value, tuple) else (value.start, value.stop)
    if len(ends) != 2 or any(end is None for end in ends) or getattr(value, "step", None) is not None:
        raise InputError(f"{shown(value)} needs a start and a stop, and no step")
    return ends[0], ends[1]


def _check_max_days(max_days: int) -> None:
    if max_days < 1:
        raise InputError(f"max_days is {max_days}: a window has at least 1 day")
