"""What rows are grouped by: columns, periods from hours to years, weekdays and hours of the day."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from dtanalytics.errors import InputError, SchemaError, nearest
from dtanalytics.schema import REPORTS

FREQUENCIES = {"D": "call_day", "W": "week", "MS": "month", "QS": "quarter", "YS": "year", "h": "hour"}
"""pandas' name of a frequency -> the column that it makes: the first day (or instant) of each period."""

DAY, HOUR_OF_DAY, WEEKDAY = "call_day", "call_hour", "weekday"
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
PARTS = {HOUR_OF_DAY: HOUR_OF_DAY, "hour_of_day": HOUR_OF_DAY, WEEKDAY: WEEKDAY, "day_of_week": WEEKDAY}
"""Parts of a time that come again, by what people call them -> the column that they make."""
WORDS = {"D": "day", "W": "week", "MS": "month", "QS": "quarter", "YS": "year", "h": "hour"}
_LETTERS = {
    "d": "D",
    "W-SUN": "W",
    "w": "W",
    "M": "MS",
    "ME": "MS",
    "Q": "QS",
    "QE": "QS",
    "Y": "YS",
    "YE": "YS",
    "A": "YS",
    "AS": "YS",
    "H": "h",
}
_SPELLED = {
    **{name: freq for freq, name in FREQUENCIES.items()},
    **{word: freq for freq, word in WORDS.items()},
    **_LETTERS,
}
_TIMES = tuple(report.time for report in REPORTS.values())


@dataclass(frozen=True)
class Key:
    """One thing to group by: column ``name`` of the result, made from ``column`` of the frame.

    ``freq`` is one of `FREQUENCIES`, ``"hour_of_day"``, ``"weekday"``, or None for the column as it is.
    """

    name: str
    column: str
    freq: str | None = None


def frequency(freq: object, name: str = "freq") -> str:
    """Read a frequency, by its word, its letters in pandas or the column that it makes.

    Raises
    ------
    InputError
        Anything else.

    Examples
    --------
    >>> frequency("week"), frequency("W"), frequency("M"), frequency("call_day")
    ('W', 'W', 'MS', 'D')
    """
    found = freq if isinstance(freq, str) and freq in FREQUENCIES else None
    if isinstance(freq, str) and found is None:
        found = _SPELLED.get(freq) or _SPELLED.get(freq.strip().lower())
    if found is None:
        words = ", ".join(f"{word!r} ({letters})" for letters, word in WORDS.items())
        raise InputError(f"{name} is one of {words}, not {freq!r}")
    return found


def resolve(by: str | Sequence[str] | None, columns: Collection[str], argument: str = "by") -> list[Key]:
    """Read ``by``, or another argument that names columns, for a frame with these columns.

    Raises
    ------
    InputError
        A name is neither a column nor a frequency, or is there twice.
    SchemaError
        A frequency is asked of a frame without a time.
    """
    several = isinstance(by, Iterable) and not isinstance(by, str)
    names: list[Any] = [] if by is None else list(by) if several else [by]
    keys = [_key(name, columns, argument) for name in names]
    made = [key.name for key in keys]
    twice = [name for name in made if made.count(name) > 1]
    if twice:
        raise InputError(f"{argument} names {twice[0]!r} twice")
    return keys


def _key(name: object, columns: Collection[str], argument: str) -> Key:
    if not isinstance(name, str):
        raise InputError(f"{argument} takes names of columns and frequencies, not {name!r}")
    if name in columns:
        return Key(name, name)
    part = PARTS.get(name)
    if part is not None and part in columns:
        return Key(part, part)
    if part is not None:
        source = _first(_TIMES if part == HOUR_OF_DAY else (DAY, *_TIMES), columns, name)
        return Key(part, source, "hour_of_day" if part == HOUR_OF_DAY else WEEKDAY)
    freq = name if name in FREQUENCIES else _SPELLED.get(name)
    if freq is None:
        known = [*columns, *FREQUENCIES, *FREQUENCIES.values(), *WORDS.values(), *PARTS]
        raise InputError(f"{argument}: no column or frequency is called {name!r}: {nearest(name, known)}")
    days = () if freq == "h" else (DAY,)
    return Key(FREQUENCIES[freq], _first((*days, *_TIMES), columns, name), freq)


def _first(wanted: Sequence[str], columns: Collection[str], name: str) -> str:
    for column in wanted:
        if column in columns:
            return column
    raise SchemaError(f"by={name!r} needs one of the columns {', '.join(wanted)}; the frame has none of them")
