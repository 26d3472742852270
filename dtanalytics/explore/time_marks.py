"""The marks of time: days, hours of the week, talk time."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dtanalytics.errors import InputError, nearest
from dtanalytics.explore.marks import Mark, Mask, as_list, numbers_of, span_of, unreadable
from dtanalytics.explore.rows import LONGEST, WIDTH
from dtanalytics.explore.where import between, named
from dtanalytics.window import parse_window

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MOST_BINS = 420
"""Days up to which each has a place of its own; beyond, several share one."""


@dataclass(eq=False)
class Trend(Mark):
    """Days: a half-open span, as days since 1970."""

    first: int = 0
    after: int = 0
    asked: str = ""
    """Column by which a service is asked for days."""
    is_zoned: bool = True
    """Whether times in the column have a zone; without one they are Eastern clock."""

    kind = "trend"

    @property
    def title(self) -> str:
        """Heading."""
        return "by day" if self.step == 1 else f"by {self.step} days"

    @property
    def step(self) -> int:
        """Days that share a place."""
        return max(1, -(-(self.after - self.first) // _MOST_BINS))

    @property
    def size(self) -> int:
        """One for the unknown day, and one a place."""
        return 1 - (-(self.after - self.first) // self.step)

    @property
    def code(self) -> str:
        """Days since 1970."""
        return "day"

    def places(self, values: Any) -> npt.NDArray[np.int64]:
        """Return the place of each day; a null is unknown."""
        unknown = np.ma.getmaskarray(values)
        days = np.ma.getdata(values).astype(np.int64)
        return np.where(unknown, 0, (days - self.first) // self.step + 1)

    def sql(self) -> str:
        """Days within the span."""
        low, high = self.chosen
        return f"day >= {low} AND day < {high}"

    def mask(self) -> Mask | None:
        """Places within the span, where it begins and ends with places."""
        low, high = (max(self.first, self.chosen[0]), min(self.after, self.chosen[1]))
        if (low - self.first) % self.step or (high != self.after and (high - self.first) % self.step):
            return None
        place = np.arange(self.size) - 1
        day = self.first + place * self.step
        return np.asarray((place >= 0) & (day >= low) & (day < high))

    def _ends(self) -> tuple[pd.Timestamp, pd.Timestamp]:
        low, high = (pd.Timestamp(day, unit="D") for day in self.chosen)
        return low, high

    def text(self) -> str:
        """From day to day; of times with a zone, midnights with their offset from UTC."""
        low, high = self._ends()
        if self.column == "call_day" or not self.is_zoned:
            return between(self.column, f"'{low:%Y-%m-%d}'", f"'{high:%Y-%m-%d}'")
        wall = parse_window(low, high).instants()
        return between(self.column, *(f"'{moment:%Y-%m-%d %H:%M:%S%z}'" for moment in wall))

    def conditions(self) -> dict[str, Any]:
        """Return an interval of midnights."""
        return {self.asked or self.column: pd.Interval(*self._ends(), closed="left")}

    def said(self) -> str:
        """From day to day."""
        low, high = self._ends()
        last = high - pd.Timedelta(days=1)
        return f"{low:%Y-%m-%d}" if last == low else f"{low:%Y-%m-%d} to {last:%Y-%m-%d}"

    def point(self, value: Any) -> None:
        """Choose places ``[from, to)``, the first of which is 0."""
        low, high = span_of(value, self.size - 1)
        self.chosen = (self.first + low * self.step, min(self.first + high * self.step, self.after))

    def choose(self, window: Any) -> None:
        """Choose a window: two dates, half-open, or one day, month or year."""
        ends = window if isinstance(window, tuple | list) else (window,)
        found = parse_window(*ends)
        if any(end.time() != dt.time.min for end in (found.start, found.end)):
            raise InputError(f"window={window!r}: a board chooses whole days")
        epoch = dt.date(1970, 1, 1)
        self.chosen = tuple((end.date() - epoch).days for end in (found.start, found.end))


@dataclass(eq=False)
class Week(Mark):
    """Hours of weekdays: numbers of days from Monday, and hours; either may be None for all."""

    hour_column: str = ""

    kind = "week"

    @property
    def title(self) -> str:
        """Heading."""
        return "hour of the week"

    @property
    def size(self) -> int:
        """One for unknown, and one an hour."""
        return 7 * 24 + 1

    @property
    def code(self) -> str:
        """Hour of the week."""
        return "week"

    def mask(self) -> Mask:
        """Hours of the chosen weekdays."""
        days, hours = self.chosen
        found = np.zeros((7, 24), dtype=bool)
        found[np.ix_(range(7) if days is None else days, range(24) if hours is None else hours)] = True
        return np.append(False, found.ravel())

    def sql(self) -> str:
        """Any of these hours of the week."""
        return f"week IN ({', '.join(map(str, np.flatnonzero(self.mask())))})"

    def text(self) -> str:
        """Weekdays and hours of the columns that hold them."""
        days, hours = self.chosen
        tests = []
        if days is not None:
            tests.append(f"{named(self.column)}.dt.day_of_week in {list(days)}")
        if hours is not None:
            hour = named(self.hour_column) + ("" if self.hour_column.endswith("call_hour") else ".dt.hour")
            tests.append(f"{hour} in {list(hours)}")
        return " and ".join(tests)

    def conditions(self) -> dict[str, Any]:
        """Names of weekdays, and hours."""
        days, hours = self.chosen
        found: dict[str, Any] = {}
        if days is not None:
            found["weekday"] = [WEEKDAYS[day] for day in days]
        if hours is not None:
            found["call_hour"] = list(hours)
        return found

    def said(self) -> str:
        """List weekdays and hours."""
        days, hours = self.chosen
        parts = [] if days is None else [", ".join(WEEKDAYS[day][:3] for day in days)]
        if hours is not None:
            spans = np.split(np.array(hours), np.flatnonzero(np.diff(hours) != 1) + 1)
            parts.append(", ".join(f"{one[0]}:00 to {one[-1] + 1}:00" for one in spans))
        return " ".join(parts)

    def point(self, value: Any) -> None:
        """Choose days and hours by their numbers."""
        if not isinstance(value, dict):
            raise unreadable(value)
        days = numbers_of(value.get("days"), 7)
        hours = numbers_of(value.get("hours"), 24)
        self._keep(None if len(days) == 7 else days, None if len(hours) == 24 else hours)

    def _keep(self, days: Any, hours: Any) -> None:
        self.chosen = None if days is None and hours is None else (days, hours)

    def choose(self, weekday: Any = None, hour: Any = None) -> None:
        """Choose names of weekdays; hours by their numbers, a pair of which is a half-open span."""
        days = hours = None
        if weekday is not None:
            words = {name[:3].lower(): at for at, name in enumerate(WEEKDAYS)}
            asked = [str(one) for one in as_list(weekday)]
            unknown = [one for one in asked if one[:3].lower() not in words]
            if unknown:
                raise InputError(f"weekday={unknown[0]!r}: {nearest(unknown[0], WEEKDAYS)}")
            days = tuple(sorted({words[one[:3].lower()] for one in asked}))
        if hour is not None:
            asked_hours = range(*hour) if isinstance(hour, tuple) and len(hour) == 2 else as_list(hour)
            hours = tuple(sorted({int(one) for one in asked_hours}))
            if not hours or hours[0] < 0 or hours[-1] > 23:
                raise InputError(
                    f"hour={hour!r}: give hours from 0 to 23, or a half-open pair such as (9, 17)"
                )
        self._keep(days, hours)


@dataclass(eq=False)
class Talk(Mark):
    """Talk time: a half-open span of seconds, without an end where that is None."""

    factor: int = 1

    kind = "talk"

    @property
    def title(self) -> str:
        """Heading."""
        return "talk time"

    @property
    def size(self) -> int:
        """One for unknown, one a class, and one for all that is longer."""
        return LONGEST // WIDTH + 2

    @property
    def code(self) -> str:
        """Class of the talk time."""
        return "class"

    def sql(self) -> str:
        """Seconds within the span."""
        low, high = self.chosen
        return f"talk >= {low}" + ("" if high is None else f" AND talk < {high}")

    def mask(self) -> Mask | None:
        """Classes within the span, where it begins and ends with classes."""
        low, high = self.chosen
        if low % WIDTH or low > LONGEST or (high is not None and (high % WIDTH or high > LONGEST)):
            return None
        second = (np.arange(self.size) - 1) * WIDTH
        return np.asarray((second >= low) & ((high is None) | (second < (high or 0))))

    def text(self) -> str:
        """Seconds or minutes of the column."""
        low, high = (
            None if end is None else end if self.factor == 1 else end / self.factor for end in self.chosen
        )
        return between(self.column, low, high)

    def conditions(self) -> dict[str, Any]:
        """Return an interval of the column's unit."""
        low, high = self.chosen
        top = np.inf if high is None else high / self.factor
        return {self.column: pd.Interval(low / self.factor, top, closed="left")}

    def said(self) -> str:
        """From second to second."""
        low, high = self.chosen
        return f"{low} s or longer" if high is None else f"{low} to {high} s"

    def point(self, value: Any) -> None:
        """Choose classes ``[from, to)``, the first of which is 0; the last one has no end."""
        low, high = span_of(value, self.size - 1)
        self.chosen = (low * WIDTH, None if high == self.size - 1 else high * WIDTH)

    def choose(self, talk: Any) -> None:
        """Choose a pair of seconds, half-open; None is an open end."""
        pair = tuple(talk) if isinstance(talk, tuple | list) and len(talk) == 2 else None
        ends = () if pair is None else tuple(end for end in pair if end is not None)
        if pair is None or not all(isinstance(end, int | np.integer) and end >= 0 for end in ends):
            raise InputError(
                f"talk={talk!r}: give two whole numbers of seconds, such as (60, 120) or (60, None)"
            )
        low, high = (pair[0] or 0), pair[1]
        if high is not None and high <= low:
            raise InputError(f"talk={talk!r}: the span is empty; the end does not belong to it")
        self.chosen = (int(low), None if high is None else int(high))
