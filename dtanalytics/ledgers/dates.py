"""A ledger's times: one order of day and month for a column, never a bare number, never a guess."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import pandas as pd
import pyarrow as pa

from dtanalytics import columns
from dtanalytics.columns.kinds import TEXT, shown
from dtanalytics.columns.moments import LOADED
from dtanalytics.decode.wall_clock import resolve
from dtanalytics.errors import InputError, nearest
from dtanalytics.ledgers.cells import NO_VALUE, bare, is_text, prepared, unwrapped, wrong
from dtanalytics.ledgers.spellings import Day, Spelling, spelling
from dtanalytics.schema import TIMEZONE
from dtanalytics.texts.digits import western

_EARLIEST = datetime(2000, 1, 1)
_MOST_DAYS = 54_789
"""Days that a spreadsheet counts from 1899 until 2050."""
_LAST_YEAR = 9998
"""Beyond it no zone is known; programs write the year 9999 for no time."""
_ISO = r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)?"


def checked_zone(timezone: str | None) -> str:
    """Return the zone of a ledger's clock, Eastern where none is named."""
    if timezone is None:
        return TIMEZONE
    try:
        return str(ZoneInfo(str(timezone)).key)
    except (ValueError, OSError, LookupError):
        raise InputError(
            f"timezone {timezone!r} is not known: {nearest(timezone, available_timezones())}"
        ) from None


def read_times(
    column: pd.Series[Any],
    dayfirst: bool | None = None,
    timezone: str = TIMEZONE,
    *,
    epoch: date | None = None,
) -> pd.Series[Any]:
    """Read a column of times.

    Parameters
    ----------
    column : pandas.Series
        Times of any dtype, or text; its index numbers the rows of the ledger.
    dayfirst : bool, optional
        Whether the day stands before the month in dates such as 05/10/2026, where no row decides it.
    timezone : str
        Zone of times without an offset.
    epoch : datetime.date, optional
        Numbers are a spreadsheet's days since then.

    Returns
    -------
    pandas.Series
        datetime64[us, America/New_York].

    Raises
    ------
    InputError
        A value is no time, or a bare number; day and month cannot be told apart.
    """
    column = prepared(column)
    if not is_text(column):
        if column.dtype.kind in "iufb" and not column.isna().all() and epoch is None:
            raise wrong(
                column, _first(column.notna()), "time", "a bare number may count from anywhere: write dates"
            )
        if column.dtype.kind == "M" and not isinstance(column.dtype, pd.DatetimeTZDtype):
            return _resolved(column, column.astype("datetime64[us]"), timezone)
        if column.dtype.kind not in "iuf":
            return columns.times(column)
        column = column.astype(object)
    kinds = np.array([_kind(value) for value in column], dtype="U1") if column.dtype == object else None
    if kinds is None or (kinds != "t").sum() == 0:
        return _texts(column, dayfirst, timezone, typed=False)
    made = pd.Series(pd.NaT, column.index, LOADED, name=column.name)
    for kind in set(kinds) - {"-"}:
        rows = kinds == kind
        part = column[rows]
        if kind == "s":
            made[rows] = _texts(part, dayfirst, timezone, typed=bool((kinds == "t").any()))
        elif kind == "z":
            made[rows] = pd.to_datetime(part, utc=True).dt.tz_convert(TIMEZONE).dt.as_unit("us").array
        elif kind == "n" and epoch is not None:
            made[rows] = _resolved(
                part, pd.Series([_serial(part, n, epoch) for n in range(len(part))]), timezone
            ).array
        elif kind == "t":
            wall = pd.Series(pd.to_datetime(part.map(pd.Timestamp)).array).astype("datetime64[us]")
            made[rows] = _resolved(part, wall.dt.round("ms"), timezone).array
        else:
            raise wrong(part, 0, "time", "write dates, such as 2026-10-05 14:13")
    return made


def _kind(value: Any) -> str:
    """Text, a time with a zone or without, a number, nothing, or something else."""
    if isinstance(value, str):
        return "s"
    if value is None or value is pd.NaT or value is pd.NA or value != value:  # noqa: PLR0124
        return "-"
    if isinstance(value, datetime):
        return "t" if value.tzinfo is None else "z"
    if isinstance(value, date | np.datetime64):
        return "t"
    if isinstance(value, bool | time | timedelta):
        return "?"
    return "n" if isinstance(value, int | float | np.number) else "?"


def _serial(part: pd.Series[Any], place: int, epoch: date) -> datetime:
    days = float(part.iloc[place])
    first = datetime(epoch.year, epoch.month, epoch.day)
    if not 0 <= days < _MOST_DAYS or first + timedelta(days=days) < _EARLIEST:
        raise wrong(part, place, "time", "format the cells as dates in the spreadsheet")
    return first + timedelta(seconds=round(days * 86_400))


def _resolved(column: pd.Series[Any], wall: pd.Series[Any], zone: str) -> pd.Series[Any]:
    beyond = np.flatnonzero(wall.dt.year > _LAST_YEAR)
    if len(beyond):
        raise wrong(column, int(beyond[0]), "time", "put nothing for it")
    instants, _ = resolve(pa.Array.from_pandas(wall.astype("datetime64[us]")), zone)
    return pd.Series(instants.to_pandas().array, column.index, LOADED, name=column.name)


def _first(where: Any) -> int:
    return int(np.argmax(np.asarray(where)))


def _texts(column: pd.Series[Any], dayfirst: bool | None, zone: str, *, typed: bool) -> pd.Series[Any]:
    text = column.astype(TEXT)
    if text.str.fullmatch(_ISO).fillna(value=True).all():
        try:
            return _resolved(column, pd.Series(pd.to_datetime(text, format="ISO8601").array), zone)
        except ValueError:
            pass  # read value by value below, which names the row that is wrong
    codes, found = pd.factorize(text)
    words = [unwrapped(western(bare(value))) for value in found]
    read = [None if word.lower() in NO_VALUE else spelling(word) for word in words]
    for n, (word, one) in enumerate(zip(words, read, strict=True)):
        if one is None and word.lower() not in NO_VALUE:
            number = word.replace(".", "").isdigit()
            hint = "a bare number may count from anywhere: write dates" if number else ""
            raise wrong(column, _first(codes == n), "time", hint)
    order = _order(column, codes, read, dayfirst, typed=typed)
    found_days = {id(one.day): one.day for one in read if one is not None}
    days = {number: day.at(order) for number, day in found_days.items()}
    walls, zones = [], []
    for n, one in enumerate(read):
        day = None if one is None else days[id(one.day)]
        if one is not None and (day is None or one.clock is None):
            raise wrong(column, _first(codes == n), "time", "there is no such day or hour")
        if day is not None and day.year > _LAST_YEAR:
            raise wrong(column, _first(codes == n), "time", "put nothing for it")
        walls.append(None if one is None or day is None or one.clock is None else day + one.clock)
        zones.append(None if one is None else one.zone)
    return _instants(column, codes, walls, zones, zone)


def _instants(
    column: pd.Series[Any], codes: Any, walls: list[Any], zones: list[Any], zone: str
) -> pd.Series[Any]:
    wall = pd.Series(np.array(walls, dtype="datetime64[us]"))
    made = pd.Series(pd.NaT, wall.index, LOADED)
    for one in set(zones):
        rows = np.array([other == one for other in zones], dtype=bool)
        if isinstance(one, timedelta):
            made[rows] = (wall[rows] - one).dt.tz_localize("UTC").dt.tz_convert(TIMEZONE).dt.as_unit("us")
        else:
            made[rows] = _resolved(wall[rows], wall[rows], one or zone).array
    return pd.Series(made.array.take(codes, allow_fill=True), column.index, name=column.name)


def _order(
    column: pd.Series[Any], codes: Any, read: list[Spelling | None], dayfirst: bool | None, *, typed: bool
) -> str:
    """Tell the order of day, month and year in the dates of a column that are three numbers."""
    places = {one.day: n for n, one in reversed([*enumerate(read)]) if one is not None and one.day.mark}
    if not places:
        return "mdy"
    some = next(reversed(places.values()))
    if typed:
        raise InputError(
            f"the ledger's {column.name!r} has cells that are dates and cells that are text, such as "
            f"{found_at(column, codes, some)}: a spreadsheet read some of the dates, perhaps with "
            "day and month exchanged; send the file as it was exported, not as it was opened"
        )
    given = {None: ("dmy", "mdy"), True: ("dmy",), False: ("mdy",)}[dayfirst]
    years = {
        order: {at.year if (at := day.at(order)) else None for day in places} for order in (*given, "ymd")
    }
    fit = [order for order in given if None not in years[order]]
    if dayfirst is None and all(day.short for day in places) and None not in years["ymd"]:
        fewest = min((len(years[order]) for order in fit), default=99)
        if len(years["ymd"]) < fewest:
            return "ymd"
        if fit and len(years["ymd"]) == fewest and not any(day.mark == "/" for day in places):
            raise InputError(
                f"the ledger's {column.name!r} has {found_at(column, codes, some)}, whose year may stand "
                "first or last: write years with four digits"
            )
    if not fit:
        raise _no_order(column, codes, places, given)
    unclear = next((n for day, n in places.items() if day.first != day.second), None)
    if len(fit) == 2 and unclear is not None:
        raise InputError(
            f"the ledger's {column.name!r} has {found_at(column, codes, unclear)}, and no row tells day and "
            "month apart: say which comes first, dayfirst=True or dayfirst=False"
        )
    return fit[0]


def _no_order(
    column: pd.Series[Any], codes: Any, places: dict[Day, int], given: tuple[str, ...]
) -> InputError:
    """Return the error that names a day that is none, or two days of different orders."""
    bad = next((n for day, n in places.items() if all(day.at(order) is None for order in given)), None)
    if bad is None:
        one, other = (next(n for day, n in places.items() if day.at(order) is None) for order in given)
        return InputError(
            f"the ledger's {column.name!r} has both {found_at(column, codes, one)} and "
            f"{found_at(column, codes, other)}: a column has one order of day and month; make it one"
        )
    said = "there is no such day"
    if len(given) == 1:
        said += f" with the {'day' if given == ('dmy',) else 'month'} first, as dayfirst= says"
    return wrong(column, _first(codes == bad), "time", said)


def found_at(column: pd.Series[Any], codes: Any, place: int) -> str:
    """Write the first value of a number, for a message."""
    return shown(column.iloc[_first(codes == place)], column.name)
