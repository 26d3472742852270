"""Which columns an engine can sum itself: those of the types that calls have at rest, or floats that fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals as nw
import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.columns.listed import LISTED, is_listed
from dtanalytics.metrics.measures import Measure, RowCondition, kind_of
from dtanalytics.rollup.codes import EPSILON, NOISE
from dtanalytics.rollup.keys import Key

_TEXT = (nw.String, nw.Categorical, nw.Enum)
_SHORT = (nw.Int8, nw.Int16, nw.Int32, nw.UInt8, nw.UInt16, nw.UInt32)


def as_loaded(schema: Mapping[str, Any], keys: Sequence[Key], measures: Mapping[str, Measure]) -> bool:
    """Tell whether all columns that are needed have types that the engine sums and groups as pandas would."""
    needed = {need for one in measures.values() for need in one.needs} | {key.column for key in keys}
    folded = [name.casefold() for name in schema]
    return (
        not any(_is_pattern(name) or folded.count(name.casefold()) > 1 for name in needed)
        and all(_can_group(schema[key.column], key) for key in keys)
        and all(_can_test(schema, test) for one in measures.values() for test in one.where)
        and all(_can_sum(schema, one) for one in measures.values())
    )


def _is_pattern(name: str) -> bool:
    """Tell whether an engine would read a name as a pattern of names or as a position."""
    return name in {"", "*"} or (name.startswith("^") and name.endswith("$"))


def _can_group(dtype: Any, key: Key) -> bool:
    if key.freq is None:
        return not dtype.is_nested()
    if isinstance(dtype, nw.Datetime):
        return dtype.time_zone is None or kind_of(key.column) != "day"
    return bool(dtype == nw.Date)


def _can_test(schema: Mapping[str, Any], test: RowCondition) -> bool:
    dtypes = [schema[column] for column in test.columns]
    match test.role:
        case "flag":
            return all(dtype == nw.Boolean for dtype in dtypes)
        case "text":
            return all(dtype in _TEXT for dtype in dtypes)
        case "number":
            return all(dtype.is_numeric() for dtype in dtypes)
        case "time" | "day":
            zoned = test.role == "time"
            return all(
                dtype == nw.Date or (isinstance(dtype, nw.Datetime) and (zoned or dtype.time_zone is None))
                for dtype in dtypes
            )
    return True


def _can_sum(schema: Mapping[str, Any], measure: Measure) -> bool:
    if measure.rows is not None:
        return all(schema[name].is_numeric() or not _holds_number(name) for name in measure.reads)
    if measure.value is None:
        return True
    dtype = schema[measure.value]
    if measure.distinct:
        return dtype in _TEXT or dtype.is_integer()
    if dtype == nw.Decimal:
        return getattr(dtype, "scale", 0) <= measure.decimals
    if dtype.is_integer():
        return dtype in _SHORT or (dtype == nw.Int64 and measure.scale == 1)
    return bool(dtype == nw.Float64)  # shorter floats are read as the decimal numbers that they were


def _holds_number(name: str) -> bool:
    return kind_of(name) in {"money", "minutes", "int8", "int32", "int64"}


def checks(schema: Mapping[str, Any], summed: Mapping[str, Measure]) -> dict[str, nw.Expr]:
    """Return, for columns that may be finer or larger than integers hold, how large and how fine they are.

    Columns of the types at rest need none: decimals and short integers always fit.
    """
    found: dict[str, nw.Expr] = {}
    for column, measure in summed.items():
        value = _doubtful(schema, measure)
        if value is not None:
            scaled = value.fill_nan(None) * measure.scale
            found[f"{column}_size"] = scaled.abs()
            found[f"{column}_part"] = (scaled - scaled.round(0)).abs()
    return found


def _doubtful(schema: Mapping[str, Any], measure: Measure) -> nw.Expr | None:
    if measure.rows is not None:
        return measure.rows.cast(nw.Float64)
    if measure.value is None:
        return None
    dtype = schema[measure.value]
    short = dtype in _SHORT and measure.scale == 1
    return None if short or dtype == nw.Decimal else nw.col(measure.value).cast(nw.Float64)


def exact(table: pa.Table, summed: Mapping[str, Measure]) -> bool:
    """Tell whether sums that an engine made are exact, by what `checks` found."""
    rows = pc.sum(table["rows"]).as_py() or 0
    for column, measure in summed.items():
        if f"{column}_size" not in table.column_names:
            continue
        size = pc.max(table[f"{column}_size"]).as_py() or 0.0
        part = pc.max(table[f"{column}_part"]).as_py() or 0.0
        noise = NOISE if measure.value is not None and kind_of(measure.value) else 0.0
        if not size * rows * measure.factor < float(1 << 62) or not part <= max(noise, size * EPSILON):
            return False
    return True


def unlisted(summed: Mapping[str, Measure]) -> dict[str, nw.Expr]:
    """Return, for columns that are compared with listed words, which rows have another word."""
    tested = {column for one in summed.values() for test in one.where for column in test.columns}
    return {f"{name}_unlisted": _unlisted(name).cast(nw.Int64) for name in sorted(tested & LISTED.keys())}


def _unlisted(name: str) -> nw.Expr:
    return ~nw.col(name).cast(nw.String).is_in(LISTED[name])


def respelled(table: pa.Table, prepared: Any) -> bool:
    """Tell whether some of the words that `unlisted` counted are listed ones in another spelling."""
    for name in LISTED:
        column = f"{name}_unlisted"
        if column in table.column_names and (pc.sum(table[column]).as_py() or 0):
            word = nw.col(name).cast(nw.String).alias(name)
            rows = prepared.select(word).filter(_unlisted(name)).unique().collect("pyarrow")
            if not is_listed(rows[name].drop_nulls().to_list(), name):
                return True
    return False
