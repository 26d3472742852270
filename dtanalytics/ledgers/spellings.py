"""One date and time as text, taken apart: numbers, names of months, twelve hours, offsets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

_NAMES = (
    "jan january januar janvier janv enero ene",
    "feb february februar fevrier f\u00e9vrier f\u00e9vr febrero",
    "mar march m\u00e4rz maerz mrz mars marzo",
    "apr april avril avr abril abr",
    "may mai mayo",
    "jun june juni juin junio",
    "jul july juli juillet juil julio",
    "aug august ao\u00fbt aout agosto ago",
    "sep sept september septembre septiembre",
    "oct october okt oktober octobre octubre",
    "nov november novembre noviembre",
    "dec december dez dezember d\u00e9cembre d\u00e9c diciembre dic",
)
_MONTHS = {name: number for number, names in enumerate(_NAMES, 1) for name in names.split()}
_DAYS = """
mon monday tue tues tuesday wed wednesday thu thur thurs thursday fri friday sat saturday sun sunday
mo montag di dienstag mi mittwoch do donnerstag fr freitag sa samstag so sonntag
lundi mardi mercredi jeudi vendredi samedi dimanche
lunes martes mi\u00e9rcoles jueves viernes s\u00e1bado domingo
"""
_WEEKDAYS = _DAYS.split()
_ZONES = {
    "et": "America/New_York", "ct": "America/Chicago", "mt": "America/Denver", "pt": "America/Los_Angeles",
}  # fmt: skip
_HOURS = {"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7}

_DAY = r"(?P<{0}>\d{{1,2}})(?:st|nd|rd|th)?"
_MONTH = r"(?P<month>[^\W\d_]{3,})"
_GAP = r"(?:[\s.,/-]+(?:de\s+)?|(?<=\d)(?=[^\W\d_])|(?<=[^\W\d_])(?=\d))"
_DATES = (
    r"(?P<y>\d{4})(?P<mark>[-/.])(?P<m>\d{1,2})(?P=mark)(?P<d>\d{1,2})",
    r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})",
    r"(?P<first>\d{1,2})(?P<mark>[-/.])\s?(?P<second>\d{1,2})(?P=mark)\s?(?P<third>\d{4}|\d{2})",
    _DAY.format("d") + _GAP + _MONTH + _GAP + r"(?P<y>\d{4}|\d{2})",
    _MONTH + _GAP + _DAY.format("d") + _GAP + r"(?P<y>\d{4}|\d{2}(?!\d|:))",
    r"(?P<y>\d{4})" + _GAP + _MONTH + _GAP + r"(?P<d>\d{1,2})",
)
_CLOCK = (
    r"(?P<hour>\d{1,2})(?:[:h](?P<minute>\d{2})(?::(?P<sec>\d{2})(?:[.,](?P<part>\d{1,9}))?)?)?"
    r"\s?(?P<half>[ap](?:\.?\s?m\.?)?)?(?:\s?uhr)?"
)
_ZONE = (
    r"(?P<zone>z|(?:utc|gmt)|[ecmp][sd]?t)?(?P<offset>[+-]\d{1,2}(?::?\d{2})?)?"
    r"(?:\s?\([^()]*\)|\s?\[[^\[\]]*\])?"
)
_DAY_SHAPES = tuple(
    re.compile(rf"(?:(?:{'|'.join(_WEEKDAYS)})\.?,?\s+)?{day}", re.IGNORECASE) for day in _DATES
)
_CLOCK_SHAPE = re.compile(rf"{_CLOCK}\s?{_ZONE}", re.IGNORECASE)
_APART = re.compile(
    r"(?P<day>.*?[^\s,])(?:\s*,\s*|\s+(?:at\s+|um\s+|-\s+)?|t(?=\d))(?P<clock>\d{1,2}(?:[:h]\d{2}|\s?[ap]\.?\s?m|\s?[ap]$).*)",
    re.IGNORECASE,
)
_CTIME = re.compile(
    rf"(?:{'|'.join(_WEEKDAYS)})\s+{_MONTH}\s+(?P<d>\d{{1,2}})\s+{_CLOCK}\s?{_ZONE}\s+(?P<y>\d{{4}})",
    re.IGNORECASE,
)
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
    apart = _APART.fullmatch(text)
    day = _day(apart["day"] if apart else text)
    read = _time(apart["clock"]) if apart else (timedelta(), None)
    if day is not None and read is not None:
        return Spelling(day, *read)
    whole = _CTIME.fullmatch(re.sub(r"\s+", " ", text))
    if whole is None:
        return None
    part = whole.groupdict()
    month = _MONTHS.get(part["month"].lower(), 0)
    return Spelling(Day(int(part["y"]), month, int(part["d"]), "", short=False), _clock(part), _zone(part))


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
    month = int(part["m"]) if part.get("m") else _MONTHS.get(part["month"].lower(), 0)
    return Day(int(part["y"]), month, int(part["d"]), "", short=len(part["y"]) == 2)


@lru_cache(maxsize=131_072)
def _time(text: str) -> tuple[timedelta | None, timedelta | str | None] | None:
    found = _CLOCK_SHAPE.fullmatch(re.sub(r"\s+", " ", text))
    return None if found is None else (_clock(found.groupdict()), _zone(found.groupdict()))


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
    if hour > 23 or minute > 59 or second > 59:
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
    return _ZONES.get(name) or (timedelta() if name else None)
