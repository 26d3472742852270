"""One date or time as people write it, read as Eastern wall clock, which both reports use.

In the hour that occurs twice when summer time ends, ``fold`` says which of the two is meant, as in the
standard library: an instant that came with a zone stays that instant.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.errors import InputError
from dtanalytics.schema import EASTERN
from dtanalytics.texts.spans import read_span

_DAY = timedelta(days=1)
_EARLIEST, _LATEST = 1900, 2200
"""Years in which calls are looked for; others are slips, and beyond what every engine can count."""

_FORMS = (
    "accepted are a year '2026', a quarter '2026-Q3', a month '2026-10', an ISO week '2026-W40', a day "
    "'2026-10-05', a moment '2026-10-05 14:00', 'today', 'yesterday', 'last week', 'last month', 'month to "
    "date', 'last 7 days', and dates, datetimes, timestamps, periods and intervals closed='left'"
)
_UNITS = {"Y": "year", "M": "month"}


def read_moment(
    value: Any, role: str = "time", now: datetime | None = None
) -> tuple[datetime, datetime | None]:
    """Read one date or time: its first moment, and the moment after it when it names a period.

    Parameters
    ----------
    value : str, date, datetime, pandas.Timestamp, pandas.Period or numpy.datetime64
        As for `parse_window`.
    role : str
        What a message calls it.
    now : datetime, optional
        What "today" and "yesterday" count from; the clock by default.

    Returns
    -------
    tuple of datetime and (datetime or None)
        Naive Eastern wall clock; ``fold`` as in `Window`.

    Raises
    ------
    InputError
        Unreadable.
    """
    try:
        first, after = _read(value, now)
    except (ValueError, OverflowError, TypeError) as error:
        raise InputError(f"{role} {shown(value)} is no date ({_reason(error)}); {_FORMS}") from None
    return first, after


def check_year(moment: datetime, role: str) -> None:
    """Raise an InputError for a year in which no calls can be."""
    if not _EARLIEST <= moment.year <= _LATEST:
        raise InputError(f"{role} {written(moment)} is not in the years {_EARLIEST} to {_LATEST}")


def read_instant(value: Any, role: str = "time") -> datetime:
    """Read a date or time as an instant in UTC; without a zone it is Eastern.

    Examples
    --------
    >>> f"{read_instant('2026-11-01 01:30-05:00'):%H:%M}"
    '06:30'
    """
    wall = read_moment(value, role)[0]
    check_year(wall, role)
    return instant_of(wall)


def _read(value: Any, now: datetime | None) -> tuple[datetime, datetime | None]:
    """First moment of a value, and the moment after it when it names a period."""
    if isinstance(value, str):
        if not value.isascii():
            raise ValueError("it has digits or letters of another script")
        span = read_span(value, wall_of(now or datetime.now(EASTERN)).date())
        return span or _moment(datetime.fromisoformat(value.strip()))
    if isinstance(value, pd.Period):
        days = value.asfreq("D") if value.freqstr == "B" else value  # the vendor's days have no weekends
        return days.start_time.to_pydatetime(), (days + 1).start_time.to_pydatetime()
    if isinstance(value, np.datetime64):
        return _from_numpy(value)
    if isinstance(value, datetime) and not pd.isna(value):
        return _moment(value)
    if isinstance(value, date) and not pd.isna(value):
        return midnight(value), midnight(value) + _DAY
    raise TypeError(f"it is {type(value).__name__}")


def _moment(moment: datetime) -> tuple[datetime, datetime | None]:
    """A moment; at midnight it names a day."""
    wall = wall_of(moment)
    return wall, wall + _DAY if wall.time() == time.min else None


def _from_numpy(value: np.datetime64) -> tuple[datetime, datetime | None]:
    if np.isnat(value):
        raise ValueError("it is not a time")
    unit = np.datetime_data(value.dtype)[0]
    if unit == "W":
        raise ValueError("numpy's weeks begin on Thursdays: write an ISO week, such as '2026-W40'")
    if unit not in _UNITS:
        return _moment(pd.Timestamp(value))
    return _read(str(value), None)


def shown(value: Any) -> str:
    """Write a value for a message, shortened."""
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001  # whatever a foreign repr raises
        text = f"<{type(value).__name__}>"
    text = " ".join(text.split())
    return text if len(text) <= 80 else f"{text[:77]}..."


def _reason(error: Exception) -> str:
    return (
        str(error).partition(":")[0][:80] if str(error).startswith("Invalid isoformat") else str(error)[:160]
    )


def wall_of(moment: datetime) -> datetime:
    """Eastern wall clock of a moment, without its zone and as a plain datetime."""
    if isinstance(moment, pd.Timestamp):
        zone = moment.tzinfo
        plain = moment.tz_convert("UTC") if zone else moment
        moment = plain.floor("us").to_pydatetime()
    if moment.tzinfo is not None:
        moment = moment.astimezone(EASTERN)
    return moment.replace(tzinfo=None)


def instant_of(wall: datetime) -> datetime:
    """Instant of an Eastern wall clock, in UTC."""
    return wall.replace(tzinfo=EASTERN).astimezone(UTC)


def midnight(day: date) -> datetime:
    """First moment of a day."""
    return datetime(day.year, day.month, day.day)


def written(moment: datetime) -> str:
    """A moment as messages show it: a day where it is midnight, to the minute where it is one."""
    if moment.time() == time.min:
        return f"{moment:%Y-%m-%d}"
    second = (
        " EST" if moment.fold else ""
    )  # the second of two equal hours; a clock without a zone means the first
    return (
        moment.isoformat(" ", timespec="auto" if moment.second or moment.microsecond else "minutes") + second
    )
