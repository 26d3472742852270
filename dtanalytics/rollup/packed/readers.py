"""Readers of a pandas frame slice by slice, so that what a measure needs stays in the processor's cache.

A reader is made once for a column and called for every slice of the rows, or for some rows by number. What
has no fast reader is worked out for the whole column by `encode`, and cut.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from dtanalytics.columns.labels import without_empty
from dtanalytics.metrics.measures import Measure, RowCondition, kind_of
from dtanalytics.rollup import codes as column_codes
from dtanalytics.rollup.codes import SLICE
from dtanalytics.rollup.frame_columns import Columns
from dtanalytics.rollup.groups import Ints
from dtanalytics.rollup.keys import Key
from dtanalytics.rollup.packed.packing import Reader

Mask = npt.NDArray[np.bool_]
Bounds = tuple[int, int]
Survey = Callable[[slice], tuple[Bounds, Reader]]
KeyReader = Callable[[slice | Ints, Ints], None]
SMALL = float((1 << 31) - 2)
_PLACES = 16
_FIXED = 1.5 * 2.0 ** (52 - _PLACES)
"""Added to a float, it leaves 16 binary places, which are the last bits in memory: whole numbers are rounded
and told in three passes instead of five. What computing with floats leaves behind is below half of the last
place, which is less than `codes.NOISE`."""
_FRACTION = (1 << _PLACES) - 1


class TimesOfDay(Exception):  # noqa: N818 - not an error: the column is read in another way
    """A column of times holds more than days."""


@dataclass(frozen=True)
class KeyCodes:
    """A key, read on demand: codes below ``size`` that index ``labels``; one past the labels: null."""

    read: KeyReader
    labels: pd.Series[Any]
    size: int


def key_codes(frame: Columns, key: Key, *, days: bool) -> KeyCodes:
    """Return a reader of a key's codes.

    With ``days`` a column of times is taken for days, and reading raises `TimesOfDay` where it is not:
    to look at it beforehand would cost as much as to read it.
    """
    column = frame[key.column]
    names = kind_of(key.column) not in column_codes.COUNTED
    if key.freq is None and names and isinstance(column.dtype, pd.CategoricalDtype):
        is_named = kind_of(key.column) in column_codes.NAMED
        return _categories(without_empty(column) if is_named else column)
    wanted = {None, *column_codes.PERIODS} if days else column_codes.PERIODS
    if column.dtype == "datetime64[us]" and key.freq in wanted and len(column):
        found = _days(column, key.freq)
        if found is not None:
            return found
    coded = column_codes.key_codes(frame, key)
    return KeyCodes(lambda rows, out: np.copyto(out, coded.codes[rows]), coded.labels, coded.size)


def _categories(column: pd.Series[Any]) -> KeyCodes:
    codes = column_codes.category_codes(column)
    rank, labels = column_codes.category_ranks(column)
    if rank is None and not (len(codes) and codes.min() < 0):
        return KeyCodes(lambda rows, out: np.copyto(out, codes[rows]), labels, len(labels))
    ranks = np.arange(len(labels) + 1) if rank is None else rank

    def read(rows: slice | Ints, out: Ints) -> None:
        ranks.take(codes[rows], out=out, mode="wrap")  # -1, null, picks the last rank

    return KeyCodes(read, labels, len(labels) + 1)


def _days(column: pd.Series[Any], freq: str | None) -> KeyCodes | None:
    """Return a reader of days or of periods of days; None when times are missing or lie far apart."""
    values = column.to_numpy().view(np.int64)
    earliest, latest = int(values.min()), int(values.max())
    first, last = earliest // column_codes.DAY_US, latest // column_codes.DAY_US
    if earliest == column_codes.MISSING or last - first >= column_codes.NARROW:
        return None
    start = first * column_codes.DAY_US

    def read(rows: slice | Ints, out: Ints) -> None:
        np.subtract(values[rows], start, out=out)
        days = out // column_codes.DAY_US
        if freq is None and not np.array_equal(days * column_codes.DAY_US, out):
            raise TimesOfDay
        np.copyto(out, days)

    days = np.arange(first, last + 1)
    labels, rank = np.unique(column_codes.period_starts(days, freq or "D"), return_inverse=True)
    periods = pd.Series(labels.astype("datetime64[us]"))
    if len(labels) == len(days):
        return KeyCodes(read, periods, len(periods))

    def read_ranked(rows: slice | Ints, out: Ints) -> None:
        read(rows, out)
        out[:] = rank[out]

    return KeyCodes(read_ranked, periods, len(periods))


def condition_reader(frame: Columns, condition: RowCondition) -> Reader:
    """Return a reader of where a condition holds."""
    if len(condition.columns) == 1:
        column = frame.read(condition.columns[0], condition.role)
        if isinstance(condition.test, bool):
            return _flag_reader(column, value=condition.test)
        if isinstance(condition.test, tuple) and isinstance(column.dtype, pd.CategoricalDtype):
            return _label_reader(column, condition)
    whole = column_codes.holds(frame, condition)
    return whole.__getitem__


def _flag_reader(column: pd.Series[Any], *, value: bool) -> Reader:
    flags = column.to_numpy() if isinstance(column.dtype, np.dtype) else None
    if flags is not None:
        return flags.__getitem__ if value else lambda rows: ~flags[rows]
    array = column.array
    if value:
        return lambda rows: array[rows].to_numpy(dtype=bool, na_value=False)
    return lambda rows: ~array[rows].to_numpy(dtype=bool, na_value=True)


def _label_reader(column: pd.Series[Any], condition: RowCondition) -> Reader:
    codes = column_codes.category_codes(column)
    listed = set(cast("tuple[Any, ...]", condition.test))
    labels = cast("pd.CategoricalDtype[Any]", column.dtype).categories.tolist()
    wanted = np.array([label in listed for label in labels], dtype=bool)
    if condition.negate:
        wanted = ~wanted
    if wanted.sum() == 1:
        only = int(np.flatnonzero(wanted)[0])
        return lambda rows: codes[rows] == only
    table = np.append(wanted, [False])  # -1, null, picks the last
    return lambda rows: table[codes[rows]]


def survey(frame: Columns, measure: Measure) -> Survey:
    """Return what looks at a block of rows and says how large values are at most, and how to read them.

    Values are whole numbers, int32 where they fit, null as 0; slices count from the block's first row.
    """
    if measure.finer is not None or measure.rows is not None:
        return _whole_survey(frame.exact(measure)[0], measure.factor)
    column = frame[str(measure.value)]
    if column.dtype == np.float64:
        return _money_survey(column, measure.scale, measure.factor)
    return _int_survey(column, measure.factor)


def _whole_survey(values: npt.NDArray[Any], factor: int) -> Survey:
    return lambda block: _surveyed(values[block], factor)


def _int_survey(column: pd.Series[Any], factor: int) -> Survey:
    if isinstance(column.dtype, np.dtype):
        return _whole_survey(column.to_numpy(), factor)
    array, kind = column.array, cast("Any", column.dtype).numpy_dtype
    return lambda block: _surveyed(array[block].to_numpy(dtype=kind, na_value=0), factor)


def _surveyed(values: npt.NDArray[Any], factor: int) -> tuple[Bounds, Reader]:
    low, high = 0, int(values.view(f"u{values.itemsize}").max())  # negative ones come out on top
    if high > np.iinfo(values.dtype).max:
        low, high = int(values.min()), max(int(values.max()), 0)
    if factor == 1:
        return (low, high), values.__getitem__
    return (low * factor, high * factor), lambda rows: np.multiply(values[rows], factor, dtype=np.int64)


def _money_survey(column: pd.Series[Any], scale: int, factor: int) -> Survey:
    values, name = column.to_numpy(), str(column.name)
    floats, ints = np.empty(SLICE), np.empty(SLICE, dtype=np.int32)

    def look(block: slice) -> tuple[Bounds, Reader]:
        part = values[block]
        # Read as whole numbers, what has a sign (-0.0 too, which hides NaN) and NaN come out on top.
        largest = float(part.view(np.uint64).max().view(np.float64))
        gaps = np.isnan(largest) or largest == 0
        if gaps and np.fmin.reduce(part) >= 0:
            largest = float(np.fmax.reduce(part))
        if factor != 1 or not 0 <= largest < SMALL / scale:
            return _surveyed(column_codes.scaled(part, scale, name), factor)

        def read(rows: slice) -> npt.NDArray[Any]:
            size = rows.stop - rows.start
            found, units = floats[:size], ints[:size]
            amounts = part[rows]
            if gaps:  # null becomes 0, in a tenth of the time that a mask takes, since no amount is below it
                amounts = np.fmax(amounts, 0.0, out=found)
            np.multiply(amounts, scale, out=found)
            np.add(found, _FIXED, out=found)
            if np.bitwise_or.reduce(found.view(np.int64)) & _FRACTION:
                raise column_codes.Finer(name)
            np.subtract(found, _FIXED, out=found)
            np.copyto(units, found, casting="unsafe")
            return units

        return (0, int(largest * scale) + 1), read

    return look
