"""Readers of a pandas frame slice by slice, so that what a measure needs stays in the processor's cache.

A reader is made once for a column and called for every slice of the rows. What has no fast reader is
worked out for the whole column by `encode`, and cut.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from dtanalytics.measures import Condition, Measure
from dtanalytics.rollup import encode
from dtanalytics.rollup.keys import Key

SLICE = 1 << 16
"""Rows that are read at once: what they need fits into the cache of a processor."""
Mask = npt.NDArray[np.bool_]
Reader = Callable[[slice], npt.NDArray[Any]]


def key_reader(frame: pd.DataFrame, key: Key) -> tuple[Reader, pd.Series[Any]]:
    """Return a reader of a key's codes, and the labels that they index (one past them: null)."""
    column = frame[key.column]
    if key.freq is None and isinstance(column.dtype, pd.CategoricalDtype):
        return _category_reader(column)
    if column.dtype == "datetime64[us]" and key.freq in {None, *encode.PERIODS} and len(column):
        found = _day_reader(column, key.freq)
        if found is not None:
            return found
    coded = encode.key_codes(frame, key)
    return coded.codes.__getitem__, coded.labels


def _category_reader(column: pd.Series[Any]) -> tuple[Reader, pd.Series[Any]]:
    codes = column.cat.codes.to_numpy()
    rank, labels = encode.category_ranks(column)
    if rank is None and not (len(codes) and codes.min() < 0):
        return codes.__getitem__, labels
    ranks = np.arange(len(labels) + 1) if rank is None else rank
    return lambda rows: ranks[codes[rows]], labels  # -1, null, picks the last rank


def _day_reader(column: pd.Series[Any], freq: str | None) -> tuple[Reader, pd.Series[Any]] | None:
    """Return a reader of days or of periods of days; None when times are missing or lie far apart."""
    values = column.to_numpy().view(np.int64)
    first, last = int(values.min()) // encode.DAY_US, int(values.max()) // encode.DAY_US
    if column.iloc[0] is pd.NaT or last - first >= encode.NARROW:  # NaT is the smallest number
        return None
    start = first * encode.DAY_US
    if freq is None and any(
        (values[at : at + SLICE] % encode.DAY_US).any() for at in range(0, len(values), SLICE)
    ):
        return None  # times of day are labels of their own

    def read(rows: slice) -> npt.NDArray[np.int64]:
        return (values[rows] - start) // encode.DAY_US

    days = np.arange(first, last + 1)
    labels, rank = np.unique(encode.period_starts(days, freq or "D"), return_inverse=True)
    periods = pd.Series(labels.astype("datetime64[us]"))
    if len(labels) == len(days):
        return read, periods
    return lambda rows: rank[read(rows)], periods


def condition_reader(frame: pd.DataFrame, condition: Condition) -> Reader:
    """Return a reader of where a condition holds."""
    if len(condition.columns) == 1:
        column = frame[condition.columns[0]]
        if isinstance(condition.test, bool) and column.dtype.kind == "b":
            return _flag_reader(column, value=condition.test)
        if isinstance(condition.test, tuple) and isinstance(column.dtype, pd.CategoricalDtype):
            return _label_reader(column, condition)
    whole = encode.holds(frame, condition)
    return whole.__getitem__


def _flag_reader(column: pd.Series[Any], *, value: bool) -> Reader:
    flags = column.to_numpy() if isinstance(column.dtype, np.dtype) else None
    if flags is not None:
        return flags.__getitem__ if value else lambda rows: ~flags[rows]
    array = column.array
    if value:
        return lambda rows: array[rows].to_numpy(dtype=bool, na_value=False)
    return lambda rows: ~array[rows].to_numpy(dtype=bool, na_value=True)


def _label_reader(column: pd.Series[Any], condition: Condition) -> Reader:
    codes = column.cat.codes.to_numpy()
    wanted = column.cat.categories.isin(cast("tuple[Any, ...]", condition.test))
    if condition.negate:
        wanted = ~wanted
    if wanted.sum() == 1:
        only = int(np.flatnonzero(wanted)[0])
        return lambda rows: codes[rows] == only
    table = np.append(wanted, [False])  # -1, null, picks the last
    return lambda rows: table[codes[rows]]


def value_reader(frame: pd.DataFrame, measure: Measure) -> Reader:
    """Return a reader of what a measure sums: int64, null as 0."""
    if measure.rows is not None:
        return encode.expressed(frame, measure).__getitem__
    column = frame[measure.value]
    read = (
        _money_reader(column, measure.scale) if column.dtype == np.float64 else _int_reader(column, measure)
    )
    if measure.factor == 1:
        return read
    return lambda rows: read(rows) * measure.factor


def _int_reader(column: pd.Series[Any], measure: Measure) -> Reader:
    if column.dtype.kind in "iu" and measure.scale == 1:
        array = column.array
        return lambda rows: array[rows].to_numpy(dtype=np.int64, na_value=0)
    return encode.whole(column, measure.scale).__getitem__


def _money_reader(column: pd.Series[Any], scale: int) -> Reader:
    values, name = column.to_numpy(), str(column.name)
    return lambda rows: encode.scaled(values[rows], scale, name)
