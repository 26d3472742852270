"""Zones as headers name them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from zoneinfo import available_timezones

from dtanalytics.ledgers.spellings import spelling

_IN_BRACKETS = re.compile(r"^(?P<name>.*?)\s*(?:\((?P<zone>.+)\)|\[(?P<other>.+)\])\s*$")


@lru_cache(maxsize=4096)
def zone_in(name: str) -> tuple[str, str | None]:
    """Split the zone off the name of a column of times.

    Examples
    --------
    >>> zone_in("Call Start Time (America/Chicago)"), zone_in("Call Date (UTC)"), zone_in("Paid (USD)")
    (('Call Start Time', 'America/Chicago'), ('Call Date', 'UTC'), ('Paid (USD)', None))
    """
    found = _IN_BRACKETS.match(name)
    zone = None if found is None else named_zone(found["zone"] or found["other"])
    return (name, None) if found is None or zone is None else (found["name"], zone)


_WORDS = {
    "eastern": "America/New_York", "central": "America/Chicago", "mountain": "America/Denver",
    "pacific": "America/Los_Angeles", "utc": "UTC", "gmt": "UTC", "zulu": "UTC", "z": "UTC",
    "et": "America/New_York", "ct": "America/Chicago", "mt": "America/Denver", "pt": "America/Los_Angeles",
    "est": "America/New_York", "cst": "America/Chicago", "mst": "America/Denver",
    "edt": "America/New_York", "cdt": "America/Chicago", "mdt": "America/Denver",
    "pst": "America/Los_Angeles", "pdt": "America/Los_Angeles",
}  # fmt: skip
"""Words for zones. Above a column EST is the clock of the east, in summer too."""


_SEASONS = tuple((f"{one}st", f"{one}dt") for one in "ecmp")


def zones_of(words: Sequence[str]) -> dict[str, str | None]:
    """Return the zone that each word of a column means; None for a word that is none.

    Examples
    --------
    EST alone is the clock of the east all year. Beside EDT each means what it says, which also tells the
    two hours of the night apart when clocks go back.

    >>> zones_of(["EST"]), zones_of(["EST", "EDT"])
    ({'EST': 'America/New_York'}, {'EST': 'Etc/GMT+5', 'EDT': 'Etc/GMT+4'})
    """
    there = {word.strip().casefold() for word in words}
    both = {one for pair in _SEASONS if there.issuperset(pair) for one in pair}
    return {word: _fixed(word) if word.strip().casefold() in both else named_zone(word) for word in words}


def _fixed(text: str) -> str | None:
    """The zone of an offset from UTC, as its name or its abbreviation says it."""
    read = spelling(f"2026-01-01 00:00 {text}") if re.search("[A-Za-z+-]", text) else None
    if read is None or not isinstance(read.zone, timedelta):
        return None
    hours = read.zone / timedelta(hours=1)
    return f"Etc/GMT{-int(hours):+d}" if hours == int(hours) and hours else "UTC" if not hours else None


def named_zone(text: str) -> str | None:
    """Return the zone that a text names: a name of the zone data base, words of North America, an offset.

    Examples
    --------
    >>> [named_zone(text) for text in ("Central Time (US & Canada)", "EST", "UTC-05:00", "USD")]
    ['America/Chicago', 'America/New_York', 'Etc/GMT+5', None]
    """
    text = text.strip()
    words = re.sub(r"\(.*?\)|\b(standard|daylight|time|us|canada)\b|[&]", " ", text.casefold()).split()
    if len(words) == 1 and words[0] in _WORDS:
        return _WORDS[words[0]]
    if text in available_timezones():
        return text
    return _fixed(text)
