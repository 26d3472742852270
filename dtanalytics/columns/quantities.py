"""Counts and durations that others made."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dtanalytics.columns.kinds import Values, as_decimal, distinct, listed, plain, refused, shown, taken
from dtanalytics.texts.digits import western

_LARGEST = np.iinfo(np.int64).max
_LONGEST = 1 << 53
"""Seconds below which a float holds each: 285 million years."""
_ENDLESS = "an infinite duration, or one that cannot be counted"
_CLOCK = re.compile(r"(?:(\d+):(?=\d\d:))?(\d+):([0-5]\d(?:\.\d+)?)")
_DAYS = re.compile(r"\d+ days?,? (?:\d+:)?\d{1,2}:[0-5]\d(?:\.\d{1,9})?")
"""How pandas and Python write durations."""
_UNITS = re.compile(
    r"(?:(\d+)\s*h(?:ours?|rs?)?)?[\s,]*(?:(\d+)\s*m(?:in(?:ute)?s?)?)?\.?[\s,]*"
    r"(?:(\d+(?:\.\d+)?)\s*s(?:ec(?:ond)?s?)?\.?)?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)")


def counts(column: pd.Series[Any]) -> Values:
    """Read a column of whole numbers.

    Returns
    -------
    Values
        ``filled``: int64, null as 0; ``known``: where there is a number.

    Raises
    ------
    SchemaError
        A value is not a whole number, or does not fit into int64.

    Examples
    --------
    >>> counts(pd.Series(["3", "4.0", None])).filled.tolist()
    [3, 4, 0]
    """
    column = plain(column)
    if column.dtype.kind in "iu" and str(column.dtype).lower() != "uint64":
        known = column.notna().to_numpy(dtype=bool)
        numpy = isinstance(column.dtype, np.dtype)
        return Values(column.to_numpy(np.int64) if numpy else column.to_numpy(np.int64, na_value=0), known)
    codes, found = distinct(column, "whole numbers")
    read = [_count(_number(value, column), column) for value in found]
    spread = listed(read)
    return taken(codes, *spread)


def _count(number: Decimal | None, column: pd.Series[Any]) -> int | None:
    if number is None:
        return None
    if not number.is_finite() or number.adjusted() > 18 or number != number.to_integral_value():
        raise refused(
            column, f"{shown(number, column.name)}, which is no whole number", "give it whole numbers"
        )
    if abs(int(number)) > _LARGEST:
        raise refused(column, f"{shown(number, column.name)}, which does not fit", "give it smaller numbers")
    return int(number)


def _number(value: Any, column: pd.Series[Any]) -> Decimal | None:
    """One number as it is written."""
    if isinstance(value, str):
        text = western(value).strip()
        if not text:
            return None
        if _NUMBER.fullmatch(text):
            return Decimal(text)
    elif (number := as_decimal(value)) is not None:
        return None if number.is_nan() else number
    raise refused(column, f"{shown(value, column.name)}, which is no number", "give it numbers")


def seconds(column: pd.Series[Any]) -> npt.NDArray[np.float64]:
    """Read a column of durations as seconds.

    Parameters
    ----------
    column : Series
        Numbers of seconds, timedeltas of any resolution, times of day as spreadsheets have them for
        durations (0:03:25), or text: ``205``, ``3:25``, ``1:02:03``, ``3m 25s``, ``0 days 00:03:25``. Hours
        without seconds in every row are refused: ``3:25`` becomes 03:25:00 in a spreadsheet.

    Returns
    -------
    array of float64
        Seconds; null is NaN.

    Raises
    ------
    SchemaError
        A value is no duration, or infinite.

    Examples
    --------
    >>> seconds(pd.Series(["205", "3:25", "1:02:03"])).tolist()
    [205.0, 205.0, 3723.0]
    """
    column = plain(column)
    if column.dtype.kind == "m":
        return np.asarray(column.dt.total_seconds(), dtype=np.float64)
    if column.dtype.kind in "iuf":
        found = column.to_numpy(dtype=np.float64, na_value=np.nan)
        if column.dtype.kind == "f" and (np.abs(found) >= _LONGEST).any():
            raise refused(column, _ENDLESS, "replace it by null")
        return found
    codes, values = distinct(column, "durations")
    _refuse_minutes_as_hours(values, column)
    read = np.array([_duration(value, column) for value in values] + [np.nan], dtype=np.float64)
    return read[codes]


def _refuse_minutes_as_hours(values: Sequence[Any], column: pd.Series[Any]) -> None:
    """Refuse hours without seconds in every row: a spreadsheet makes 03:25:00 of ``3:25``, minutes:seconds.

    Times of day are what it makes of it; text of three parts may be meant, and is refused when several agree.
    """
    clocks = [value for value in values if isinstance(value, time)]
    texts = [value for value in values if isinstance(value, str) and value.count(":") == 2]
    for found, enough in ((clocks, 1), (texts, 3)):
        parts = [
            [float(part) for part in str(value).split(":")] for value in found if _CLOCK.fullmatch(str(value))
        ]
        if (
            len(parts) >= enough
            and any(hours for hours, _, _ in parts)
            and not any(rest for _, _, rest in parts)
        ):
            said = f"times such as {shown(found[0], column.name)}, whose seconds are 0 in every row"
            raise refused(
                column,
                said,
                "they may be minutes and seconds that a spreadsheet read as hours; give numbers of seconds",
            )


def _duration(value: Any, column: pd.Series[Any]) -> float:
    if isinstance(value, timedelta | np.timedelta64):
        return float(pd.Timedelta(value).total_seconds())
    if isinstance(value, str) and (clock := _CLOCK.fullmatch(value.strip())):
        hours, minutes, rest = clock.groups()
        return int(hours or 0) * 3600 + int(minutes) * 60 + float(rest)
    said = _UNITS.fullmatch(value.strip()) if isinstance(value, str) else None
    if said and any(said.groups()):
        hours, minutes, rest = said.groups()
        return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(rest or 0)
    if isinstance(value, str) and _DAYS.fullmatch(value.strip()):
        return float(pd.Timedelta(value.strip()).total_seconds())
    if isinstance(value, time) and value.tzinfo is None:
        return value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6
    number = _number(value, column)
    if number is not None and not abs(number) < _LONGEST:
        raise refused(column, _ENDLESS, "replace it by null")
    return np.nan if number is None else float(number)
