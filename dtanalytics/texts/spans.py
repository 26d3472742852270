"""Words for spans of time, read: years, quarters, months, weeks, days, and spans that count from today."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

_DAY = timedelta(days=1)
_CALENDAR = re.compile(r"(?P<year>\d{4})(?:-(?P<month>\d{1,2})(?:-(?P<day>\d{1,2}))?)?", re.ASCII)
_COMPACT = re.compile(r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})", re.ASCII)
_QUARTER = re.compile(r"(?P<year>\d{4}) ?q(?P<quarter>[1-4])|q(?P<number>[1-4]) ?(?P<of>\d{4})", re.ASCII)
_WEEK = re.compile(r"(?P<year>\d{4})[- ]?w(?P<week>\d{2})(?:-?(?P<day>[1-7]))?", re.ASCII)
_NAMED = re.compile(r"(?P<which>this|last|previous) (?P<unit>week|month|quarter|year)")
_TO_DATE = re.compile(r"(?P<unit>week|month|quarter|year) to date|(?P<short>[wmqy])td")
_SEVERAL = re.compile(
    r"(?:last|past|previous) (?P<count>\d{1,4}) (?P<unit>day|week|month|quarter|year)s?", re.ASCII
)
_SHORT = {"w": "week", "m": "month", "q": "quarter", "y": "year"}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}

Span = tuple[datetime, datetime]


def read_span(text: str, today: date) -> Span | None:
    """Read the words for a span: its first moment, and the first one after it; None when they are none.

    Parameters
    ----------
    text : str
        ``2026``, ``2026-Q3``, ``2026-10``, ``2026-W40`` (ISO: Monday to Sunday), ``2026-10-05``,
        ``20261005``; ``today``, ``yesterday``; ``this`` or ``last`` and ``week``, ``month``, ``quarter`` or
        ``year``; ``month to date`` (its first day up to the end of today); ``last 7 days`` (the seven whole
        days before today), ``last 4 weeks`` (whole weeks before this one). In any case; words may be
        joined by hyphens or underscores.
    today : date
        What the others count from.

    Raises
    ------
    ValueError
        A day, week or year that no calendar has.

    Examples
    --------
    >>> start, end = read_span("last-week", date(2026, 10, 8))
    >>> f"{start:%a %Y-%m-%d} up to {end:%a %Y-%m-%d}"
    'Mon 2026-09-28 up to Mon 2026-10-05'
    """
    words = re.sub(
        r"(?<=[a-z0-9])([-_]|\s+)(?=[a-z])|(?<=[a-z])([-_]|\s+)(?=\d)",
        " ",
        text.strip().lower(),
        flags=re.ASCII,
    )
    return _calendar(text.strip()) or _fiscal(words) or _relative(words, today)


def unit_start(day: date, unit: str) -> date:
    """First day of the week, month, quarter or year in which a day lies.

    Examples
    --------
    >>> unit_start(date(2026, 11, 5), "quarter")
    datetime.date(2026, 10, 1)
    """
    if unit == "day":
        return day
    if unit == "week":
        return day - day.weekday() * _DAY
    return day.replace(month=(day.month - 1) // _MONTHS[unit] * _MONTHS[unit] + 1, day=1)


def shifted(first: date, unit: str, count: int) -> date:
    """First day of the unit that lies ``count`` units later (earlier where it is negative)."""
    if unit in {"day", "week"}:
        return first + count * (7 if unit == "week" else 1) * _DAY
    months = first.year * 12 + first.month - 1 + count * _MONTHS[unit]
    return date(months // 12, months % 12 + 1, 1)


def _calendar(text: str) -> Span | None:
    found = _CALENDAR.fullmatch(text) or _COMPACT.fullmatch(text)
    if found is None:
        return None
    year, month, day = (int(part) if part else 0 for part in found.groups())
    unit = "day" if found["day"] else "month" if found["month"] else "year"
    return _span(date(year, month if found["month"] else 1, day if found["day"] else 1), unit)


def _fiscal(words: str) -> Span | None:
    if found := _QUARTER.fullmatch(words):
        year, quarter = int(found["year"] or found["of"]), int(found["quarter"] or found["number"])
        return _span(date(year, quarter * 3 - 2, 1), "quarter")
    if found := _WEEK.fullmatch(words.replace(" ", "")):
        first = date.fromisocalendar(int(found["year"]), int(found["week"]), int(found["day"] or 1))
        return _span(first, "day" if found["day"] else "week")
    return None


def _relative(words: str, today: date) -> Span | None:
    if words in {"today", "yesterday"}:
        return _span(today if words == "today" else today - _DAY, "day")
    if found := _NAMED.fullmatch(words):
        first = unit_start(today, found["unit"])
        return _span(first if found["which"] == "this" else shifted(first, found["unit"], -1), found["unit"])
    if found := _TO_DATE.fullmatch(words):
        first = unit_start(today, found["unit"] or _SHORT[found["short"]])
        return _midnight(first), _midnight(today + _DAY)
    if found := _SEVERAL.fullmatch(words):
        end = unit_start(today, found["unit"])
        count = int(found["count"])
        if not count:
            raise ValueError("the last 0 of anything are no span")
        return _midnight(shifted(end, found["unit"], -count)), _midnight(end)
    return None


def _span(first: date, unit: str) -> Span:
    return _midnight(first), _midnight(shifted(first, unit, 1))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)
