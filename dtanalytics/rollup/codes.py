"""Columns of a pandas frame as sorted codes, whole numbers and masks: what grouping and summing need."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from dtanalytics import columns
from dtanalytics.columns.labels import without_empty
from dtanalytics.columns.remembered import remembered
from dtanalytics.errors import SchemaError
from dtanalytics.metrics.measures import RowCondition, kind_of
from dtanalytics.rollup import weekdays
from dtanalytics.rollup.frame_columns import Columns
from dtanalytics.rollup.groups import Codes, Ints, compress
from dtanalytics.rollup.keys import WEEKDAY, Key
from dtanalytics.schema import TIMEZONE

Mask = npt.NDArray[np.bool_]
NARROW = 1 << 16
"""Whole numbers that span less than this, or half of the rows, are their own codes."""
NOISE = 1e-5
"""Of a unit: what computing with floats may leave behind."""
EPSILON = 4 * float(np.finfo(np.float64).eps)
DAY_US, HOUR_US = 86_400_000_000, 3_600_000_000
PERIODS = ("D", "W", "MS", "QS", "YS")
SLICE = 1 << 15
"""Rows that are read at once: what they need fits into the cache of a processor."""
_FEW = 8
MISSING = np.iinfo(np.int64).min
"""The number that stands for no time."""


COUNTED = frozenset({"int8", "int32", "int64"})
"""Kinds of columns of whole numbers."""


NAMED = frozenset({"name", "text"})
"""Kinds of columns of text, in which an empty one is null, as in the vendor's records."""


class Finer(Exception):  # noqa: N818 - not an error: the column is read in another way
    """A column of floats holds more decimals than its kind has; its name."""


def key_codes(frame: Columns, key: Key) -> Codes:
    """Return the codes of one key for every row."""
    column = frame[key.column]
    if key.freq is None:
        return encode(_labels(column, kind_of(key.column)))
    if key.freq == "h":
        return _hours(column)
    if key.freq == "hour_of_day":
        hours = wall_clock(column).dt.hour.astype("Int8")
        return encode(hours)
    if key.freq == WEEKDAY:
        return weekdays.of_days(_days(column))
    return _periods(_days(column), key.freq)


def _labels(column: pd.Series[Any], kind: str) -> pd.Series[Any]:
    """Read what rows are grouped by as its kind says; labels of the user's own, such as "9 to 12", stay."""
    try:
        if kind in COUNTED and (column.dtype.kind in "OUf" or isinstance(column.dtype, pd.CategoricalDtype)):
            values, known = columns.counts(column)  # as text, 10 would stand before 9
            return pd.Series(pd.arrays.IntegerArray(values, ~known), column.index, name=column.name)
        if kind in {"day", "time"} and column.dtype.kind in "OU":  # one day may be written in several ways
            return columns.days(column) if kind == "day" else columns.times(column)
    except SchemaError:
        return column
    return without_empty(column) if kind in NAMED else column


def encode(column: pd.Series[Any]) -> Codes:
    """Rank the values of a column: text by code point, categories as text unless they are ordered."""
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _categories(column)
    if dtype.kind in "iu" and len(column):
        values, known = _ints(column)
        low, high = (int(values.min()), int(values.max())) if known is None or known.any() else (0, 0)
        if high - low < max(NARROW, len(values) // 2):
            return _span(values, known, low, high, dtype)
    try:
        codes, found = remembered(column, _numbered, keep=_is_short)
    except (TypeError, NotImplementedError):
        holds = type(column.dropna().iloc[0]).__name__ if column.notna().any() else str(dtype)
        raise SchemaError(
            f"the column {column.name!r} holds {holds}, which cannot be grouped by; make it text or numbers"
        ) from None
    labels = pd.Series(found, dtype=dtype)
    return _ranked(codes, labels)


def _numbered(column: pd.Series[Any]) -> tuple[Ints, Any]:
    return pd.factorize(column, use_na_sentinel=True)


def _is_short(numbered: tuple[Ints, Any]) -> bool:
    """Tell whether few values of a column differ, so that their numbers are worth keeping."""
    return len(numbered[1]) * _FEW < len(numbered[0])


def _ranked(codes: Ints, labels: pd.Series[Any]) -> Codes:
    """Sort labels that were found in any order; -1 becomes the code of null."""
    order = _order(labels)
    return Codes(_ranks(order)[codes], labels.take(order).reset_index(drop=True))


def _ranks(order: Ints) -> Ints:
    """Turn an order into the rank of each; the code -1 of null picks the last."""
    rank = np.empty(len(order) + 1, dtype=np.int64)
    rank[order] = np.arange(len(order))
    rank[-1] = len(order)
    return rank


def _order(labels: pd.Series[Any]) -> Ints:
    try:
        return np.asarray(labels.argsort(kind="stable"))
    except TypeError:  # labels of several types: by type, then as text
        return np.asarray(sorted(range(len(labels)), key=lambda at: _by_type(labels.iloc[at])))


def _by_type(value: Any) -> tuple[str, str]:
    return type(value).__name__, str(value)


def _categories(column: pd.Series[Any]) -> Codes:
    rank, labels = category_ranks(column)
    codes = category_codes(column)
    return Codes((np.arange(len(labels) + 1) if rank is None else rank)[codes], labels)


def category_codes(column: pd.Series[Any]) -> npt.NDArray[Any]:
    """Return the codes of a categorical column, -1 for null; `.cat.codes` takes 50 us to make a Series."""
    return np.asarray(cast("pd.Categorical", column.array).codes)


def category_ranks(column: pd.Series[Any]) -> tuple[Ints | None, pd.Series[Any]]:
    """Return the rank of each category (None: they are in order), and the categories in order."""
    dtype = cast("pd.CategoricalDtype[Any]", column.dtype)
    categories = dtype.categories
    known = pd.Series(pd.Categorical.from_codes(np.arange(len(categories)), dtype=dtype, validate=False))
    if dtype.ordered or categories.is_monotonic_increasing:
        return None, known
    order = _order(categories.to_series())
    return _ranks(order), known.take(order).reset_index(drop=True)


def _ints(column: pd.Series[Any]) -> tuple[Ints, Mask | None]:
    """Return whole numbers, and which are known (None: all are)."""
    if isinstance(column.dtype, np.dtype):
        return column.to_numpy(dtype=np.int64), None
    known = column.notna().to_numpy()
    if known.all():
        return column.to_numpy(dtype=np.int64), None
    fill = column[known].min() if known.any() else 0
    return column.to_numpy(dtype=np.int64, na_value=fill), known


def _span(values: Ints, known: Mask | None, low: int, high: int, dtype: Any) -> Codes:
    codes = values - low
    labels = pd.Series(np.arange(low, high + 1)).astype(dtype)
    if known is not None:
        codes[~known] = len(labels)
    return Codes(codes, labels)


def wall_clock(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return Eastern wall clock without a zone; times without a zone are Eastern.

    Raises
    ------
    SchemaError
        The column holds numbers or other things that are no times.
    """
    if isinstance(column.dtype, np.dtype) and column.dtype.kind == "M":
        return column.astype("datetime64[us]")
    if kind_of(str(column.name)) == "day":
        return columns.days(column)
    local: pd.Series[Any] = columns.times(column).dt.tz_localize(None)
    return local


def _days(column: pd.Series[Any]) -> Codes:
    """Return days as numbers since 1970-01-01."""
    values = wall_clock(column).to_numpy().view(np.int64)
    return _numbers(values, DAY_US)


def _hours(column: pd.Series[Any]) -> Codes:
    """Return the hours that calls fell into, as instants, so that the doubled hour of autumn stays two."""
    zoned = not isinstance(column.dtype, np.dtype) or column.dtype.kind != "M"
    naive = columns.times(column).dt.tz_convert("UTC").dt.tz_localize(None) if zoned else column
    hours = _numbers(naive.astype("datetime64[us]").to_numpy().view(np.int64), HOUR_US)
    times = pd.Series((hours.labels.to_numpy() * HOUR_US).view("datetime64[us]"))
    if zoned:
        times = times.dt.tz_localize("UTC").dt.tz_convert(TIMEZONE)
    return Codes(hours.codes, times)


def _numbers(values: Ints, unit: int) -> Codes:
    missing = values == MISSING
    numbers = values // unit
    if missing.all():
        return Codes(np.zeros(len(values), dtype=np.int64), pd.Series([], dtype=np.int64))
    some = bool(missing.any())
    if some:
        numbers[missing] = numbers[~missing].min()
    low, high = int(numbers.min()), int(numbers.max())
    if high - low < NARROW:
        return _span(numbers, ~missing if some else None, low, high, np.dtype(np.int64))
    codes, occurring = compress(numbers - low, high - low + 1)
    codes[missing] = len(occurring)
    return Codes(codes, pd.Series(occurring + low))


def _periods(days: Codes, freq: str) -> Codes:
    """Merge days into the periods that hold them, each labelled by its first day."""
    starts = period_starts(days.labels.to_numpy(), freq)
    labels, rank = np.unique(starts, return_inverse=True)
    rank = np.append(rank, len(labels))
    codes = days.codes if len(labels) == len(starts) else rank[days.codes]
    return Codes(codes, pd.Series(labels.astype("datetime64[us]")))


def period_starts(days: Ints, freq: str) -> npt.NDArray[np.datetime64]:
    """Return the first day of the period of each day; weeks begin on Monday (ISO 8601)."""
    if freq == "W":  # 1970-01-01 was a Thursday
        return ((days + 3) // 7 * 7 - 3).astype("datetime64[D]")
    dates = days.astype("datetime64[D]")
    if freq == "D":
        return dates
    months = dates.astype("datetime64[M]").astype(np.int64)
    length = {"MS": 1, "QS": 3, "YS": 12}[freq]
    return (months // length * length).astype("datetime64[M]").astype("datetime64[D]")


def holds(frame: Columns, condition: RowCondition) -> Mask:
    """Return the rows for which a condition holds."""
    tests = [_test(frame.read(column, condition.role), condition) for column in condition.columns]
    return tests[0] if len(tests) == 1 else np.logical_or.reduce(tests)


def _test(column: pd.Series[Any], condition: RowCondition) -> Mask:
    test = condition.test
    if test is None:
        known = column.notna().to_numpy(dtype=bool)
        textual = isinstance(column.dtype, pd.CategoricalDtype) or column.dtype.kind in "OU"
        return known & ~_isin(column, ("",)) if textual else known
    if isinstance(test, bool):
        return flag(column, value=test)
    if isinstance(test, pd.Interval):
        above = column >= test.left if test.closed_left else column > test.left
        below = column <= test.right if test.closed_right else column < test.right
        return flag(above & below, value=True)
    inside = _isin(column, test)
    return column.notna().to_numpy(dtype=bool) & ~inside if condition.negate else inside


def flag(column: pd.Series[Any], *, value: bool) -> Mask:
    """Return where a flag is known and has this value."""
    numpy = isinstance(column.dtype, np.dtype)
    raw: Mask = column.to_numpy() if numpy else column.to_numpy(dtype=bool, na_value=not value)
    return raw if value else ~raw


def _isin(column: pd.Series[Any], values: tuple[Any, ...]) -> Mask:
    if isinstance(column.dtype, pd.CategoricalDtype):
        table = np.append(column.cat.categories.isin(values), [False])
        return np.asarray(table[category_codes(column)])
    return column.isin(values).to_numpy(dtype=bool)


def scaled(values: npt.NDArray[np.float64], scale: int, name: str) -> Ints:
    """Return floats as whole multiples of ``1 / scale``, NaN as 0."""
    units = np.empty(len(values), dtype=np.int64)
    found, whole = np.empty((2, min(SLICE, len(values))))
    for start in range(0, len(values), SLICE):
        part = values[start : start + SLICE]
        rest, near = found[: len(part)], whole[: len(part)]
        with np.errstate(invalid="ignore", over="ignore"):  # what is infinite is refused below
            np.multiply(part, scale, out=rest)
            np.rint(rest, out=near)
            np.subtract(rest, near, out=rest)
        if np.isnan(rest.max()):
            missing = np.isnan(part)
            np.copyto(near, 0.0, where=missing)
            np.copyto(rest, 0.0, where=missing)
        if max(float(near.max()), -float(near.min())) >= 2.0**63:
            raise SchemaError(
                f"{name} holds an infinite amount"
                if np.isinf(part).any()
                else f"{name} holds an amount that is too large to be counted exactly"
            )
        np.abs(rest, out=rest)
        if rest.max() > NOISE and (rest > np.maximum(NOISE, np.abs(near) * EPSILON)).any():
            raise Finer(name)
        np.copyto(units[start : start + SLICE], near, casting="unsafe")
    return units
