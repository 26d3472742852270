"""What the analyses share: columns of a frame as plain arrays, and the groups of its rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from dtanalytics import columns
from dtanalytics.analysis.reading import (
    as_loaded,
    check_frame,
    columns_of,
    is_scan,
    local,
    native_columns,
    require,
)
from dtanalytics.errors import InputError, SchemaError
from dtanalytics.rollup import rollup
from dtanalytics.rollup.pandas_calls import number_rows

__all__ = [
    "Bools",
    "Floats",
    "Ints",
    "as_list",
    "check_frame",
    "clock_of",
    "columns_of",
    "group_codes",
    "in_pandas",
    "is_scan",
    "known",
    "local",
    "measured",
    "measured_without_calls",
    "microseconds_since_epoch",
    "native_columns",
    "numbers",
    "ratio",
    "require",
    "times_of",
    "true",
]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def as_list(by: str | Sequence[str] | None) -> list[str]:
    """Read one name, several or none as a list."""
    return [by] if isinstance(by, str) else list(by or [])


def measured(frame: Any, by: Sequence[str], metrics: str | Sequence[str] | None) -> pd.DataFrame:
    """Roll up a frame of any engine, and bring the table, small by now, into pandas."""
    if isinstance(frame, pa.RecordBatchReader):
        native_columns(frame)  # which refuses it: its rows come once, and may be needed again
    return in_pandas(rollup(frame, list(by) or None, metrics))


def measured_without_calls(frame: Any, metrics: Sequence[str]) -> pd.Series[Any]:
    """Work out metrics of no calls: 0 for counts and money, null for rates."""
    import narwhals as nw

    if isinstance(frame, pd.DataFrame):
        none = frame.head(0)  # narwhals takes none with two columns of one name
    else:
        none = nw.from_native(frame.relation if is_scan(frame) else frame).head(0).to_native()
    return measured(none, [], metrics).iloc[0]


def in_pandas(table: Any) -> pd.DataFrame:
    """Bring a table of any engine into pandas."""
    if isinstance(table, pd.DataFrame) and isinstance(table.index, pd.RangeIndex):
        return as_loaded(table)
    return local(table, native_columns(table))


def true(values: pd.Series) -> Bools:
    """Where a flag is set; an unknown flag is not."""
    return columns.flags(values).filled


def known(values: pd.Series) -> Bools:
    """Where a value is not null."""
    return np.asarray(values.notna())


def numbers(values: pd.Series) -> Floats:
    """Counts and seconds as floats; null is NaN."""
    return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan))


def microseconds_since_epoch(times: pd.Series) -> Ints:
    """Microseconds since 1970 of times, whatever their resolution and time zone."""
    if isinstance(times.dtype, pd.DatetimeTZDtype):
        times = times.dt.tz_convert("UTC").dt.tz_localize(None)
    elif times.dtype.kind != "M":
        raise InputError(f"{times.name!r} holds {times.dtype}, not times")
    return np.asarray(times.to_numpy(dtype="datetime64[us]").view(np.int64))


def times_of(calls: pd.DataFrame) -> pd.Series:
    """Time of each call; raise SchemaError where one has none."""
    unknown = int(calls["call_date"].isna().sum())
    if unknown:
        raise SchemaError(f"call_date is null in {unknown:,} calls: leave them out first")
    return calls["call_date"]


def clock_of(calls: pd.DataFrame) -> Ints:
    """Eastern wall clock of each call [us since 1970]; raise SchemaError where one has no time."""
    return microseconds_since_epoch(columns.wall_clock(times_of(calls)))


def group_codes(frame: pd.DataFrame, by: Sequence[str]) -> tuple[Ints, pd.DataFrame]:
    """Number the groups of a frame; a null is a group of its own.

    Returns
    -------
    (codes, keys)
        A number per row, and the frame of the groups' names, sorted, one row a number.
    """
    return number_rows(frame, list(by))


def ratio(numerator: Any, denominator: Any) -> Floats:
    """Divide; null where the denominator is zero or missing."""
    top = np.asarray(numerator, dtype=np.float64)
    bottom = np.asarray(denominator, dtype=np.float64)
    out = np.full(np.broadcast(top, bottom).shape, np.nan)
    np.divide(top, bottom, out=out, where=(bottom != 0) & ~np.isnan(bottom))
    return out
