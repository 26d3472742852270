"""Times and days that others made: datetimes, dates and text of any kind, never bare numbers."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.columns.kinds import TEXT, by_category, plain, refused, shown
from dtanalytics.schema import TIMEZONE

LOADED = pd.DatetimeTZDtype("us", TIMEZONE)
"""Times as the loader makes them."""
DAY = np.dtype("datetime64[us]")
"""Days as the loader makes them."""

_TIME = r"(?:\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)"
_OFFSET = r"(?: ?(?:Z|UTC|[+-]\d{2}(?::?\d{2})?))"
_ISO = re.compile(rf"\d{{4}}-\d{{2}}-\d{{2}}(?:[T ]{_TIME}{_OFFSET}?)?")
_MIDNIGHT = rf"[T ]00:00(:00(\.0+)?)?{_OFFSET}?$"
_ZONED = re.compile(rf".*{_TIME}{_OFFSET}")
_DATE = re.compile(
    rf"(?P<one>\d{{1,2}})(?P<mark>[/.-])(?P<two>\d{{1,2}})(?P=mark)(?P<year>\d{{4}})"
    rf"(?:[T ,]+(?P<time>{_TIME})(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?)?"
)


def times(column: pd.Series[Any], *, dayfirst: bool | None = None) -> pd.Series[Any]:
    """Read a column of times.

    Parameters
    ----------
    column : Series
        Datetimes of any resolution, dates (their first moment), or text: ISO 8601 with or without an
        offset, or dates such as ``10/20/2026 2:13 PM``, in one order of day and month for the column.
        A time without an offset or zone is Eastern wall clock; one with it is that instant.
    dayfirst : bool, optional
        Order of such dates where the column does not decide it.

    Returns
    -------
    Series of datetime64[us, America/New_York]
        With the index of the column. A wall clock that occurs twice is the first of the two; one
        that never occurs is one hour later, as in loaded calls.

    Raises
    ------
    SchemaError
        The column holds numbers or other things that are no times, or dates of which both orders
        can be read.

    Examples
    --------
    >>> times(pd.Series(["2026-11-01T05:30:00Z", "2026-11-01T01:30:00-05:00"])).astype(str).tolist()
    ['2026-11-01 01:30:00-04:00', '2026-11-01 01:30:00-05:00']
    """
    column = plain(column)
    kind = column.dtype
    if kind == LOADED:
        return column
    if isinstance(kind, pd.DatetimeTZDtype):
        instants: pd.Series[Any] = column.dt.tz_convert(TIMEZONE).dt.as_unit("us")
        return instants
    if kind.kind == "M":
        return eastern(column.astype(DAY))
    if isinstance(kind, pd.PeriodDtype):
        letters = str(kind).removeprefix("period[").removesuffix("]")
        if pd.Period("2026-01-01", letters).end_time >= pd.Timestamp("2026-01-02"):
            raise refused(
                column, f"{kind}, longer than a day", "give it the days, or the times, of the calls"
            )
        return eastern(column.dt.to_timestamp().astype(DAY))
    if isinstance(kind, pd.CategoricalDtype):
        return by_category(column, lambda words: times(words, dayfirst=dayfirst))
    if column.isna().all() and kind.kind in "OUfib":  # nothing is known: no kind of values either
        return pd.Series(pd.NaT, column.index, LOADED, name=column.name)
    if kind.kind == "U" or isinstance(kind, pd.StringDtype):
        return _texts(column.astype(TEXT), dayfirst)
    if kind == np.dtype(object):
        return _objects(column, dayfirst)
    raise refused(column, f"{kind}, not times", _REMEDY)


_REMEDY = "make them times first, with pandas.to_datetime (unit= says what numbers count)"


def wall_clock(column: pd.Series[Any]) -> pd.Series[Any]:
    """Take the zone off times: what an Eastern clock showed. Times without a zone stay as they are.

    Examples
    --------
    >>> wall_clock(times(pd.Series(["2026-10-05T12:00:00Z"]))).astype(str).tolist()
    ['2026-10-05 08:00:00']
    """
    if not isinstance(column.dtype, pd.DatetimeTZDtype):
        return column
    shown_time: pd.Series[Any] = column.dt.tz_convert(TIMEZONE).dt.tz_localize(None)
    return shown_time


def days(column: pd.Series[Any], *, dayfirst: bool | None = None) -> pd.Series[Any]:
    """Read a column of days.

    Parameters
    ----------
    column : Series
        Datetimes, dates or text as in `times`; of a time, its Eastern day. Where all times with an
        offset or zone are midnight there, they stand for those days, not for instants.
    dayfirst : bool, optional
        As in `times`.

    Returns
    -------
    Series of datetime64[us]
        Midnights without a zone, with the index of the column.

    Raises
    ------
    SchemaError
        As `times`.

    Examples
    --------
    >>> days(pd.Series(["2026-10-05T00:00:00Z", "2026-10-06"])).astype(str).tolist()
    ['2026-10-05', '2026-10-06']
    """
    column = plain(column)
    kind = column.dtype
    if kind == DAY:
        return _floored(column)
    if isinstance(kind, pd.DatetimeTZDtype):
        local = column.dt.tz_localize(None)
        if not local.equals(local.dt.normalize()):
            local = wall_clock(column)
        return _floored(local.astype(DAY))
    if isinstance(kind, pd.StringDtype):
        midnight = column.str.replace(_MIDNIGHT, "", regex=True)
        if not midnight.str.contains(":", na=False).any():
            column = midnight
    elif isinstance(kind, pd.CategoricalDtype):
        return by_category(column, lambda words: days(words, dayfirst=dayfirst))
    elif kind == np.dtype(object) and pd.api.types.infer_dtype(column, skipna=True) == "string":
        return days(column.astype(TEXT), dayfirst=dayfirst)
    elif kind == np.dtype(object):
        column = _midnights(column)
    return _floored(times(column, dayfirst=dayfirst).dt.tz_localize(None))


def _midnights(column: pd.Series[Any]) -> pd.Series[Any]:
    """Take the zones off times that are objects, where each is midnight in its zone."""
    zoned = [one for one in column if isinstance(one, datetime) and one.tzinfo is not None]
    if not zoned or any((one.hour, one.minute, one.second, one.microsecond) != (0, 0, 0, 0) for one in zoned):
        return column
    return column.map(lambda one: one.replace(tzinfo=None) if isinstance(one, datetime) else one)


def _floored(wall: pd.Series[Any]) -> pd.Series[Any]:
    floor = wall.dt.normalize()
    return wall if floor.equals(wall) else floor


def eastern(wall: pd.Series[Any]) -> pd.Series[Any]:
    """Give an Eastern wall clock its instant, as the loader does."""
    first = np.ones(len(wall), dtype=bool)
    later = pd.Timedelta(hours=1)
    try:
        instants: pd.Series[Any] = wall.dt.tz_localize(TIMEZONE, ambiguous=first, nonexistent=later)
    except (NotImplementedError, OverflowError, ValueError):  # beyond the calendar that zones know
        raise refused(wall, f"{str(wall.max())[:10]}, which no time zone knows", "put null for it") from None
    return instants


def _objects(column: pd.Series[Any], dayfirst: bool | None) -> pd.Series[Any]:
    """Datetimes with and without zones, dates and text, each by its own rule."""
    known = column.notna().to_numpy(dtype=bool)
    kinds = np.array([_kind(value) for value in column], dtype="U1")
    strange = np.flatnonzero(known & (kinds == "?"))
    if len(strange):
        value = column.iloc[int(strange[0])]
        raise refused(column, f"{type(value).__name__} ({shown(value, column.name)}), not times", _REMEDY)
    made = pd.Series(pd.NaT, range(len(column)), LOADED)
    for kind, rows in ((kind, np.flatnonzero(known & (kinds == kind))) for kind in "stz"):
        if not len(rows):
            continue
        part = column.iloc[rows]
        if kind == "s":
            read = _texts(part.astype(TEXT), dayfirst)
        elif kind == "z":
            read = pd.to_datetime(part, utc=True).dt.tz_convert(TIMEZONE).dt.as_unit("us")
        else:
            read = eastern(pd.to_datetime(part.map(pd.Timestamp)).astype(DAY))
        made.iloc[rows] = read.array
    made.index, made.name = column.index, column.name
    return made


def _kind(value: Any) -> str:
    """Text, a time without a zone, one with a zone, or something else."""
    if isinstance(value, str):
        return "s"
    if isinstance(value, datetime):
        return "t" if value.tzinfo is None else "z"
    return "t" if isinstance(value, date | np.datetime64) else "?"


def _texts(column: pd.Series[Any], dayfirst: bool | None) -> pd.Series[Any]:
    stripped = column.str.strip()
    text = stripped.mask(stripped.eq("").to_numpy(dtype=bool, na_value=False))
    known = text.notna().to_numpy(dtype=bool)
    iso = text.str.fullmatch(_ISO.pattern).to_numpy(dtype=bool, na_value=False)
    zoned = iso & text.str.fullmatch(_ZONED.pattern).to_numpy(dtype=bool, na_value=False)
    made = pd.Series(pd.NaT, range(len(column)), LOADED)
    try:
        if zoned.any():
            plus = text[zoned].str.replace(r" ?UTC$", "Z", regex=True)
            plus = plus.str.replace(r" ([+-])", r"\1", regex=True)
            read = pd.to_datetime(plus, utc=True, format="ISO8601")
            made[zoned] = read.dt.tz_convert(TIMEZONE).dt.as_unit("us").array
        if (wall := iso & ~zoned).any():
            made[wall] = eastern(pd.to_datetime(text[wall], format="ISO8601").astype(DAY)).array
    except (ValueError, pd.errors.OutOfBoundsDatetime):
        raise _not_a_time(column, text[iso]) from None
    if (other := known & ~iso).any():
        made[other] = eastern(_dates(text[other], dayfirst)).array
    made.index, made.name = column.index, column.name
    return made


def _dates(text: pd.Series[Any], dayfirst: bool | None) -> pd.Series[Any]:
    """Dates of numbers: one order of day and month for the whole column."""
    parts = text.str.extract(_DATE.pattern.replace("(?P<one>", "^(?P<one>", 1) + "$")
    if parts["one"].isna().any():
        raise _not_a_time(text, text[parts["one"].isna()])
    one, two = parts["one"].astype(int), parts["two"].astype(int)
    orders = [first for first in (True, False) if ((two if first else one) <= 12).all()]
    if dayfirst is None and len(orders) == 2 and not one.equals(two):
        unclear = shown(text.iloc[int((one != two).argmax())], text.name)
        raise refused(
            text,
            f"{unclear}, whose day and month no row tells apart",
            "make them times first, with pandas.to_datetime(..., dayfirst=True) or (..., dayfirst=False)",
        )
    if not orders or (dayfirst is not None and dayfirst not in orders):
        wrong = one > 12 if dayfirst is False else two > 12 if dayfirst else (one > 12) | (two > 12)
        raise _not_a_time(text, text[wrong])
    first = orders[0] if dayfirst is None else dayfirst
    day, month = (one, two) if first else (two, one)
    clock = parts["time"].fillna("0:00").str.extract(r"(\d+):(\d+)(?::(\d+)(?:\.(\d+))?)?").fillna("0")
    hour, half = clock[0].astype(int), parts["half"].str.lower()
    wrong = half.notna() & ~hour.between(1, 12)
    if wrong.any():
        raise _not_a_time(text, text[wrong])
    hour = hour.where(half.isna(), hour % 12 + 12 * (half == "p").fillna(value=False).astype(int))
    iso = (
        parts["year"] + "-" + month.astype(str).str.zfill(2) + "-" + day.astype(str).str.zfill(2)
        + "T" + hour.astype(str).str.zfill(2) + ":" + clock[1] + ":" + clock[2].str.zfill(2) + "." + clock[3]
    )  # fmt: skip
    read = pd.to_datetime(iso, format="ISO8601", errors="coerce")
    if read.isna().any():
        raise _not_a_time(text, text[read.isna()])
    return read.astype(DAY)


def _not_a_time(column: pd.Series[Any], values: pd.Series[Any]) -> Exception:
    found = values[pd.to_datetime(values, errors="coerce", utc=True, format="ISO8601").isna()]
    value = (found if len(found) else values).iloc[0]
    return refused(column, f"{shown(value, column.name)}, which is no time", _REMEDY)
