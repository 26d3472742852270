"""What a user writes for a condition on the rows of a metric, read when the metric is defined.

``{"offer_qualified": True, "call_day": "2026-10-05", "talk_seconds": pd.Interval(60, 600)}``: a value of
another type than its column is read as the column's type, or refused; it never just counts nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics import columns
from dtanalytics.columns.listed import as_listed
from dtanalytics.errors import InputError, SchemaError
from dtanalytics.metrics.measures import RowCondition, kind_of
from dtanalytics.schema import TIMEZONE
from dtanalytics.texts.instants import read_moment

_LISTS = (list, tuple, set, frozenset, range, np.ndarray, pd.Series, pd.Index)
_MOST = 100_000
"""Values that one condition may list."""


def where(conditions: Mapping[str, Any]) -> tuple[RowCondition, ...]:
    """Read the conditions of a metric: a column and its flag, value, list of values or interval.

    Raises
    ------
    InputError
        A value is of another type than its column, is null, or is no condition.

    Examples
    --------
    >>> [str(one) for one in where({"offer_qualified": "Y", "call_hour": range(9, 11)})]
    ['offer_qualified', 'call_hour in 9, 10']
    """
    if not isinstance(conditions, Mapping):
        raise InputError(f"where is {conditions!r}: give a mapping of column to condition")
    return tuple(_condition(column, test) for column, test in conditions.items())


def _condition(column: object, test: Any) -> RowCondition:
    if not isinstance(column, str):
        raise InputError(f"where names columns, and {column!r} is none")
    if isinstance(test, pd.Interval):
        return RowCondition((column,), _interval(column, test))
    if isinstance(test, _LISTS):
        return _listed(column, test)
    kind = kind_of(column) or _kind_of_value(column, test)
    if kind in {"time", "day"}:
        return RowCondition((column,), _period(column, kind, test))
    value = _value(column, kind, test)
    return RowCondition((column,), value if isinstance(value, bool) else (value,))


def _listed(column: str, test: Any) -> RowCondition:
    if len(test) > _MOST:
        raise InputError(f"{column}: {len(test)} values are too many for a condition; give a pandas.Interval")
    values = list(test)
    if not values:
        raise InputError(f"{column}: an empty list of values lets no row pass; name one at least")
    kinds = {kind_of(column) or _kind_of_value(column, one) for one in values}
    if len(kinds) > 1:
        raise InputError(f"{column}: the values are of different types; give values of one type")
    kind = kinds.pop()
    if kind in {"time", "day"}:
        periods = [_period(column, kind, one) for one in values]
        if any(isinstance(one, pd.Interval) for one in periods):
            raise InputError(
                f"{column}: a list of times holds moments only; give a pandas.Interval for a period"
            )
        return RowCondition((column,), tuple(one for period in periods for one in period))
    read = tuple(dict.fromkeys(_value(column, kind, one) for one in values))
    return RowCondition((column,), read[0] if kind == "flag" and len(read) == 1 else read)


def _kind_of_value(column: str, value: Any) -> str:
    """What a column of the user's own is taken for, by the value that it is compared with."""
    if isinstance(value, bool | np.bool_):
        return "flag"
    if isinstance(value, str):
        return "text"
    if isinstance(value, datetime | np.datetime64):
        return "time"
    if isinstance(value, date):
        return "day"
    if isinstance(value, Real | Decimal):
        return "number"
    raise _refused(column, value)


def _value(column: str, kind: str, value: Any) -> Any:
    if kind == "flag":
        return _flag(column, value)
    if kind in {"name", "text"}:
        if isinstance(value, str) and value:
            return as_listed(str(value), column)
        raise InputError(f"{column} is text, and {value!r} is not: write text, which is not empty")
    return _number(column, kind, value)


def _flag(column: str, value: Any) -> bool:
    if isinstance(value, bool | np.bool_ | str | Integral):
        try:
            filled, known = columns.flags(pd.Series([value], dtype=object))
        except SchemaError:
            known = np.array([False])
        if known[0]:
            return bool(filled[0])
    raise InputError(f"{column} is a flag, and {value!r} is none: write True or False")


def _number(column: str, kind: str, value: Any) -> int | float:
    number = None
    if isinstance(value, str | Real | Decimal) and not _is_flag(value):
        try:
            number = columns.numbers(pd.Series([value], dtype=object))[0]
        except SchemaError:
            number = None
    if number is None or not np.isfinite(number):
        raise InputError(f"{column} is a number, and {value!r} is none")
    whole = kind.startswith("int") or isinstance(value, Integral)
    return int(number) if whole and number == int(number) else float(number)


def _period(column: str, kind: str, value: Any) -> Any:
    """A moment as the only value, a day or longer as an interval; days as midnights."""
    if not isinstance(value, str | date | np.datetime64 | pd.Period):
        raise InputError(f"{column} is a time, and {value!r} is none: write a date, as in '2026-10-05'")
    first, after = read_moment(value, column)
    if kind == "day":
        start = pd.Timestamp(first)
        if after is None and start != start.normalize():
            raise InputError(f"{column} is a day, and {value!r} is a time of day")
        if after is None or after - first == pd.Timedelta(days=1):
            return (start,)
        return pd.Interval(start, pd.Timestamp(after), closed="left")
    if after is None or type(value) in {datetime, np.datetime64, pd.Timestamp}:
        return (_instant(first),)
    return pd.Interval(_instant(first), _instant(after), closed="left")


def _interval(column: str, test: pd.Interval[Any]) -> pd.Interval[Any]:
    ends = (test.left, test.right)
    if any(isinstance(end, pd.Timestamp) for end in ends):
        kind = kind_of(column) or "time"
        if kind not in {"time", "day"}:
            raise InputError(f"{column} is no time, and {test} is an interval of times")
        walls = [pd.Timestamp(read_moment(end, column)[0]) for end in ends]
        made = [_instant(end) for end in walls] if kind == "time" else walls
        return pd.Interval(made[0], made[1], closed=test.closed)
    kind = kind_of(column) or "number"
    numbers = all(isinstance(end, Real) and not _is_flag(end) and not np.isnan(float(end)) for end in ends)
    if kind in {"flag", "name", "text", "time", "day"} or not numbers:
        raise InputError(
            f"{column}: {test} is no condition on a column of its type; an interval is for numbers"
        )
    return test


def _is_flag(value: object) -> bool:
    return isinstance(value, bool | np.bool_)


def _instant(wall: Any) -> pd.Timestamp:
    stamp, first = pd.Timestamp(wall), not getattr(wall, "fold", 0)
    return stamp.tz_localize(TIMEZONE, ambiguous=first, nonexistent=pd.Timedelta(hours=1)).as_unit("us")


def _refused(column: str, value: Any) -> InputError:
    return InputError(
        f"{column}: {value!r} is no condition; give a flag, a value, a list of values or a pandas.Interval. "
        "A null passes no test"
    )
