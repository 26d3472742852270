"""One date and time as text, taken apart: numbers, names of months, twelve hours, offsets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import available_timezones

from dtanalytics.ledgers.words_of_dates import BETWEEN, MONTHS, WEEKDAYS, ZONES, in_western_order

_HOURS = {"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7}

_DAY = r"(?P<{0}>\d{{1,2}})(?:st|nd|rd|th)?"
_MONTH = r"(?P<month>[^\W\d_]{3,})"
_GAP = r"(?:[\s.,/-]+(?:de\s+)?|(?<=\d)(?=[^\W\d_])|(?<=[^\W\d_])(?=\d))"
_DATES = (
    r"(?P<y>\d{4})(?P<mark>[-/.])\s?(?P<m>\d{1,2})(?P=mark)\s?(?P<d>\d{1,2})\.?",
    r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})",
    r"(?P<first>\d{1,2})(?P<mark>[-/.])\s?(?P<second>\d{1,2})(?P=mark)\s?(?P<third>\d{4}|\d{2})",
    _DAY.format("d") + _GAP + _MONTH + _GAP + r"(?P<y>\d{4}|\d{2})",
    _MONTH + _GAP + _DAY.format("d") + _GAP + r"(?P<y>\d{4}|\d{2}(?!\d|:))",
    r"(?P<y>\d{4})" + _GAP + _MONTH + _GAP + r"(?P<d>\d{1,2})",
)
_CLOCK = (
    r"(?P<hour>\d{1,2})(?:[:h.](?P<minute>\d{2})"
    r"(?:(?:(?<![.]\d\d):|(?<=[.]\d\d)[.])(?P<sec>\d{2})(?:[.,](?P<part>\d{1,9}))?)?)?"
    r"\s?(?P<half>[ap](?:\.?\s?m\.?)?(?![a-z]))?(?:\s?uhr)?"
)
_ZONE = (
    r"(?P<zone>z|(?:utc|gmt)|[ecmp][sd]?t|[a-z]+/[a-z_/]+|"
    r"(?:eastern|central|mountain|pacific)(?: (?:standard |daylight )?time)?)?"
    r"(?P<offset>[+-]\d{1,2}(?::?\d{2})?)?"
    r"(?:\s?\([^()]*\)|\s?\[[^\[\]]*\])?"
)
_DAY_SHAPES = tuple(
    re.compile(rf"(?:(?:{'|'.join(WEEKDAYS)})\.?,?\s+)?{day}", re.IGNORECASE) for day in _DATES
)
_CLOCK_SHAPE = re.compile(rf"{_CLOCK}\s?{_ZONE}", re.IGNORECASE)
_APART = re.compile(
    rf"(?P<day>.*?[^\s,])(?:\s*,\s*|\s+(?:(?:{BETWEEN}|-)\s+)?|t(?=\d))"
    r"(?P<clock>\d{1,2}(?:[:h]\d{2}|[.]\d{2}(?![.\d]*\d{4}\b)|\s?[ap]\.?\s?m|\s?[ap]$).*)",
    re.IGNORECASE,
)
_CTIME = re.compile(
    rf"(?:{'|'.join(WEEKDAYS)})\s+{_MONTH}\s+(?P<d>\d{{1,2}})\s+{_CLOCK}\s?{_ZONE}\s+(?P<y>\d{{4}})",
    re.IGNORECASE,
)
_COMPACT = re.compile(
    r"(20\d{6})(?:T(?=\d)|(?=\d{6}\Z))(\d{2})(\d{2})(\d{2})?(Z|[+-]\d{2}:?\d{2})?", re.IGNORECASE
)
_WEEKDAY_ASIDE = re.compile(rf"\s*\((?:{'|'.join(WEEKDAYS)})\.?\)", re.IGNORECASE)
_YEARS = range(2010, 2050)
"""Years of calls that are written with two digits."""


@dataclass(frozen=True)
class Day:
    """A day as it was written.

    Attributes
    ----------
    first, second, third : int
        Year, month and day; or three numbers of which the column tells the order.
    mark : str
        What stands between the three numbers; empty where the day tells its order itself.
    short : bool
        The year has two digits.
    """

    first: int
    second: int
    third: int
    mark: str
    short: bool

    def at(self, order: str) -> datetime | None:
        """Return midnight of the day if its numbers stand in this order; None where there is no such day."""
        parts = (self.first, self.second, self.third)
        year, month, day = (parts[order.index(one)] for one in "ymd") if self.mark else parts
        if self.short:
            year += 2000
            if year not in _YEARS:
                return None
        try:
            return datetime(year, month, day)
        except ValueError:
            return None


class Spelling(NamedTuple):
    """A day, the time of day (None: there is no such hour), and the offset or zone, if written."""

    day: Day
    clock: timedelta | None
    zone: timedelta | str | None


def spelling(text: str) -> Spelling | None:
    """Take a date and time apart; None where the text is none.

    Examples
    --------
    >>> spelling("5-Oct-26 2:13 PM").clock, spelling("05/10/2026").day.at("dmy")
    (datetime.timedelta(seconds=51180), datetime.datetime(2026, 10, 5, 0, 0))
    >>> spelling("46300.59") is None
    True
    """
    text = _COMPACT.sub(_with_marks, in_western_order(text))
    text = _WEEKDAY_ASIDE.sub("", text) if "(" in text else text
    apart = _APART.fullmatch(text)
    day = _day(apart["day"]) if apart else None
    read = _time(apart["clock"]) if apart else None
    if day is not None and read is not None:
        return Spelling(day, *read)
    if (day := _day(text)) is not None:
        return Spelling(day, timedelta(), None)
    whole = _CTIME.fullmatch(re.sub(r"\s+", " ", text))
    if whole is None:
        return None
    part = whole.groupdict()
    month = MONTHS.get(part["month"].lower(), 0)
    return Spelling(Day(int(part["y"]), month, int(part["d"]), "", short=False), _clock(part), _zone(part))


def _with_marks(compact: re.Match[str]) -> str:
    """Write a time of digits alone, such as 20261005T141300, with marks between its parts."""
    day, hour, minute, second, zone = compact.groups(default="")
    return f"{day} {hour}:{minute}:{second or '00'}{zone}"


@lru_cache(maxsize=65_536)
def _day(text: str) -> Day | None:
    text = re.sub(r"\s+", " ", text)
    found = next((found for shape in _DAY_SHAPES if (found := shape.fullmatch(text)) is not None), None)
    if found is None:
        return None
    part = found.groupdict()
    if "first" in part:
        numbers = (int(part["first"]), int(part["second"]), int(part["third"]))
        return Day(*numbers, part["mark"], short=len(part["third"]) == 2)
    month = int(part["m"]) if part.get("m") else MONTHS.get(part["month"].lower(), 0)
    return Day(int(part["y"]), month, int(part["d"]), "", short=len(part["y"]) == 2)


@lru_cache(maxsize=131_072)
def _time(text: str) -> tuple[timedelta | None, timedelta | str | None] | None:
    found = _CLOCK_SHAPE.fullmatch(re.sub(r"\s+", " ", text))
    if found is None or ("/" in (found["zone"] or "") and _known_zone(found["zone"]) is None):
        return None
    return _clock(found.groupdict()), _zone(found.groupdict())


def _clock(part: dict[str, str | None]) -> timedelta | None:
    if not part.get("hour"):
        return timedelta()
    hour, half = int(part["hour"] or 0), part["half"]
    if half is None and part["minute"] is None:
        return None
    if half is not None:
        if not (1 <= hour <= 12 or (half[0] in "pP" and hour < 24)):
            return None
        hour = hour % 12 + 12 * (half[0] in "pP") if hour <= 12 else hour
    minute, second = int(part["minute"] or 0), int(part["sec"] or 0)
    is_midnight = (hour, minute, second) == (24, 0, 0)
    if (hour > 23 and not is_midnight) or minute > 59 or second > 59:
        return None
    micro = int((part["part"] or "0").ljust(6, "0")[:6])
    return timedelta(hours=hour, minutes=minute, seconds=second, microseconds=micro)


def _zone(part: dict[str, str | None]) -> timedelta | str | None:
    name, offset = (part.get("zone") or "").lower(), part.get("offset")
    if offset:
        digits = offset[1:].replace(":", "")
        hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
        size = timedelta(hours=hours, minutes=minutes)
        return -size if offset[0] == "-" else size
    if name in _HOURS:
        return timedelta(hours=_HOURS[name])
    if "/" in name:
        return _known_zone(name)
    return ZONES.get(name.partition(" ")[0]) or (timedelta() if name else None)


@lru_cache(maxsize=1024)
def _known_zone(name: str) -> str | None:
    """Spell the name of a zone as the library does; None where there is no such zone."""
    return next((known for known in available_timezones() if known.lower() == name.lower()), None)
