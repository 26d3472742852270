"""Times as whole numbers, in the words of each engine: days or hours since 1970, hour or weekday from 0."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from dtanalytics.rollup.keys import WEEKDAY, Key
from dtanalytics.schema import TIMEZONE

HOUR_US = 3_600_000_000
_UNITS = {"D": "day", "W": "week", "MS": "month", "QS": "quarter", "YS": "year"}
_EVERY = {"D": "1d", "W": "1w", "MS": "1mo", "QS": "1q", "YS": "1y"}


def quoted(name: str) -> str:
    """Return a column's name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def sql(key: Key, dtype: Any) -> str:
    """Return a key as DuckDB SQL; weeks begin on Monday."""
    column = quoted(key.column)
    if key.freq == "h":
        return f"epoch_us({column}) // {HOUR_US}"
    zoned = getattr(dtype, "time_zone", None) is not None
    local = f"timezone('{TIMEZONE}', {column})" if zoned else column
    if key.freq == "hour_of_day":
        return f"hour({local})"
    if key.freq == WEEKDAY:
        return f"isodow({local}) - 1"
    unit = _UNITS[str(key.freq)]
    return f"date_diff('day', DATE '1970-01-01', date_trunc('{unit}', CAST({local} AS DATE))::DATE)"


def polars(key: Key, dtype: Any) -> Any:
    """Return a key as a Polars expression; weeks begin on Monday."""
    import polars as pl

    column = pl.col(key.column)
    if key.freq == "h":
        return column.dt.timestamp("us") // HOUR_US
    zoned = getattr(dtype, "time_zone", None) is not None
    local = column.dt.convert_time_zone(TIMEZONE) if zoned else column
    if key.freq == "hour_of_day":
        return local.dt.hour()
    if key.freq == WEEKDAY:
        return local.dt.weekday() - 1
    days = local if dtype == nw.Date else local.dt.date()
    return days.dt.truncate(_EVERY[str(key.freq)]).to_physical()
