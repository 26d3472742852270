"""The marks of a board: what each is drawn over, what is chosen in it, and how that is said.

A mark has an axis of whole numbers: 0 stands for an unknown value, where a call has none. What is chosen is
said four ways: as SQL for the board's own sums, as the choice among the axis' numbers, as text for
``DataFrame.query``, and as conditions for a scan.
"""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dtanalytics.analysis.money.state_map import NAMES
from dtanalytics.errors import InputError, nearest
from dtanalytics.explore.rows import NO_DAY, TILES, tile_of
from dtanalytics.explore.where import between, listed, named
from dtanalytics.metrics.labels import label_of
from dtanalytics.window import parse_window

Mask = npt.NDArray[np.bool_]
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WIDTH, LONGEST = 10, 600
"""Classes of talk time: their width, and where the last one begins, which has no end [s]."""
_MOST_BINS = 420
"""Days up to which each has a place of its own; beyond, several share one."""


@dataclass
class Mark(ABC):
    """One chart that can be chosen in.

    Attributes
    ----------
    name : str
        The word by which `Board.select` knows it.
    column : str
        Column of the frame that it is about.
    chosen : object
        What is chosen; None: nothing, so that all calls pass.
    """

    name: str
    column: str
    chosen: Any = None

    kind = ""

    @property
    def title(self) -> str:
        """Heading."""
        return label_of(self.column)

    @property
    @abstractmethod
    def size(self) -> int:
        """How many numbers the axis has."""

    @property
    @abstractmethod
    def code(self) -> str:
        """The number of a call on the axis, as SQL over the board's table."""

    @abstractmethod
    def sql(self) -> str:
        """The calls that are chosen, as SQL."""

    @abstractmethod
    def mask(self) -> Mask | None:
        """The numbers of the axis that are chosen; None: the choice lies between them."""

    @abstractmethod
    def text(self) -> str:
        """The choice for ``DataFrame.query``."""

    @abstractmethod
    def conditions(self) -> dict[str, Any]:
        """The choice as ``Scan.where`` takes it."""

    @abstractmethod
    def said(self) -> str:
        """The choice in words."""

    @abstractmethod
    def point(self, value: Any) -> None:
        """Choose what the board's page sent: numbers of the axis."""


@dataclass
class Trend(Mark):
    """Days: a half-open span, as days since 1970."""

    first: int = 0
    after: int = 0
    asked: str = ""
    """Column by which a service is asked for days."""

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
        """Place of the day."""
        return f"CASE WHEN day = {NO_DAY} THEN 0 ELSE (day - {self.first}) // {self.step} + 1 END"

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
        """From day to day; of times, midnights with their offset from UTC."""
        low, high = self._ends()
        if self.column == "call_day":
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
        low, high = _two(value, self.size - 1)
        self.chosen = (self.first + low * self.step, min(self.first + high * self.step, self.after))

    def choose(self, window: Any) -> None:
        """Choose a window: two dates, half-open, or one day, month or year."""
        ends = window if isinstance(window, tuple | list) else (window,)
        found = parse_window(*ends)
        if any(end.time() != dt.time.min for end in (found.start, found.end)):
            raise InputError(f"window={window!r}: a board chooses whole days")
        epoch = dt.date(1970, 1, 1)
        self.chosen = tuple((end.date() - epoch).days for end in (found.start, found.end))


@dataclass
class Bars(Mark):
    """Values of a column, as their numbers."""

    number: int = 0
    labels: Sequence[Any] = ()

    kind = "bars"

    @property
    def size(self) -> int:
        """One for null, and one a value."""
        return len(self.labels) + 1

    @property
    def code(self) -> str:
        """Number of the value."""
        return f"d{self.number}"

    def sql(self) -> str:
        """Any of the numbers."""
        return f"d{self.number} IN ({', '.join(map(str, self.chosen))})"

    def mask(self) -> Mask:
        """Return the numbers themselves."""
        return _of(self.chosen, self.size)

    def value(self, number: int) -> Any:
        """Return the value of a number; None is null."""
        return None if number == 0 else self.labels[number - 1]

    def _values(self) -> list[Any]:
        return [self.value(number) for number in self.chosen]

    def text(self) -> str:
        """One of the values."""
        return listed(self.column, self._values())

    def conditions(self) -> dict[str, Any]:
        """Return the values; None is null."""
        values = self._values()
        return {self.column: values[0] if len(values) == 1 and values[0] is not None else values}

    def said(self) -> str:
        """List the values."""
        return ", ".join("(none)" if value is None else str(value) for value in self._values())

    def point(self, value: Any) -> None:
        """Choose numbers."""
        self.chosen = _numbers(value, self.size)

    def choose(self, values: Any) -> None:
        """Choose values; None is null."""
        known = {value: at for at, value in enumerate(self.labels, 1)}
        found = []
        for value in _as_list(values):
            if value is None or (not isinstance(value, str) and pd.isna(value)):
                found.append(0)
            elif value in known:
                found.append(known[value])
            else:
                raise InputError(
                    f"no call has {self.name}={value!r}: {nearest(value, map(str, self.labels))}"
                )
        self.chosen = tuple(dict.fromkeys(found)) or None


@dataclass
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
            raise _unreadable(value)
        days = _numbers(value.get("days"), 7)
        hours = _numbers(value.get("hours"), 24)
        self._keep(None if len(days) == 7 else days, None if len(hours) == 24 else hours)

    def _keep(self, days: Any, hours: Any) -> None:
        self.chosen = None if days is None and hours is None else (days, hours)

    def choose(self, weekday: Any = None, hour: Any = None) -> None:
        """Choose names of weekdays; hours by their numbers, a pair of which is a half-open span."""
        days = hours = None
        if weekday is not None:
            words = {name[:3].lower(): at for at, name in enumerate(WEEKDAYS)}
            asked = [str(one) for one in _as_list(weekday)]
            unknown = [one for one in asked if one[:3].lower() not in words]
            if unknown:
                raise InputError(f"weekday={unknown[0]!r}: {nearest(unknown[0], WEEKDAYS)}")
            days = tuple(sorted({words[one[:3].lower()] for one in asked}))
        if hour is not None:
            asked_hours = range(*hour) if isinstance(hour, tuple) and len(hour) == 2 else _as_list(hour)
            hours = tuple(sorted({int(one) for one in asked_hours}))
            if not hours or hours[0] < 0 or hours[-1] > 23:
                raise InputError(
                    f"hour={hour!r}: give hours from 0 to 23, or a half-open pair such as (9, 17)"
                )
        self._keep(days, hours)


@dataclass
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
        return f"CASE WHEN talk < 0 THEN 0 ELSE least(talk // {WIDTH}, {LONGEST // WIDTH}) + 1 END"

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
        low, high = _two(value, self.size - 1)
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


@dataclass
class States(Mark):
    """States of callers, as numbers of tiles; 0 is elsewhere or unknown."""

    written: Sequence[Any] = ()

    kind = "states"

    @property
    def title(self) -> str:
        """Heading."""
        return "state"

    @property
    def size(self) -> int:
        """One for elsewhere, and one a state."""
        return len(TILES) + 1

    @property
    def code(self) -> str:
        """Number of the tile."""
        return "tile"

    def sql(self) -> str:
        """Any of these tiles."""
        return f"tile IN ({', '.join(map(str, self.chosen))})"

    def mask(self) -> Mask:
        """Return the tiles themselves."""
        return _of(self.chosen, self.size)

    def _values(self) -> list[Any]:
        found = [value for value in self.written if tile_of(value) in self.chosen]
        return [*found, None] if 0 in self.chosen else found

    def text(self) -> str:
        """States as they are written in the calls."""
        return listed(self.column, self._values())

    def conditions(self) -> dict[str, Any]:
        """States as they are written in the calls."""
        return {self.column: self._values()}

    def said(self) -> str:
        """List the states."""
        return ", ".join("elsewhere" if one == 0 else TILES[one - 1] for one in self.chosen)

    def point(self, value: Any) -> None:
        """Choose tiles."""
        self.chosen = _numbers(value, self.size)

    def choose(self, states: Any) -> None:
        """Choose states by code or name; "elsewhere" is all others."""
        found = []
        for one in _as_list(states):
            tile = 0 if one is None or str(one).lower() == "elsewhere" else tile_of(one)
            if tile == 0 and one is not None and str(one).lower() != "elsewhere":
                raise InputError(f"state={one!r}: {nearest(one, [*TILES, *NAMES.values(), 'elsewhere'])}")
            found.append(tile)
        self.chosen = tuple(dict.fromkeys(found)) or None


def _of(numbers: Sequence[int], size: int) -> Mask:
    found = np.zeros(size, dtype=bool)
    found[list(numbers)] = True
    return found


def _as_list(values: Any) -> list[Any]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        return [values]
    return list(values)


def _numbers(value: Any, size: int) -> tuple[int, ...]:
    """Read numbers that a page sent: whole, within the axis."""
    good = isinstance(value, list) and value
    if not good or not all(type(one) is int and 0 <= one < size for one in value):
        raise _unreadable(value)
    return tuple(sorted(set(value)))


def _two(value: Any, size: int) -> tuple[int, int]:
    """Read a half-open span of places that a page sent."""
    if not isinstance(value, list) or len(value) != 2 or not all(type(one) is int for one in value):
        raise _unreadable(value)
    low, high = max(0, value[0]), min(size, value[1])
    if low >= high:
        raise _unreadable(value)
    return low, high


def _unreadable(value: object) -> InputError:
    return InputError(f"the board's page sent {str(value)[:60]!r}, which is no choice")
