"""What the engines other than pandas share: they sum narwhals row expressions; sums are merged exactly."""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, cast

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.columns.labels import without_empty
from dtanalytics.errors import InputError, SchemaError
from dtanalytics.metrics.formulas import checked
from dtanalytics.metrics.measures import Measure, kind_of
from dtanalytics.rollup import time_keys
from dtanalytics.rollup.asloaded import as_loaded, checks, exact, respelled, unlisted
from dtanalytics.rollup.codes import NAMED
from dtanalytics.rollup.groups import Groups
from dtanalytics.rollup.keys import WEEKDAY, Key
from dtanalytics.rollup.merge import merge_partials
from dtanalytics.rollup.pandas_calls import reduce
from dtanalytics.rollup.weekdays import weekdays
from dtanalytics.schema import TIMEZONE

_DATES = {"D", "W", "MS", "QS", "YS"}


class EngineCalls(ABC):
    """Calls that an engine reduces through narwhals.

    ``standard_error`` is that of its estimates of different callers [ratio], as measured.
    """

    standard_error: ClassVar[float]

    def __init__(self, native: Any) -> None:
        self.native = native

    @cached_property
    def schema(self) -> dict[str, Any]:
        """Column -> narwhals dtype."""
        return dict(nw.from_native(self.native).collect_schema())

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return list(self.schema)

    @abstractmethod
    def with_times(self, made: Mapping[str, Key]) -> Any:
        """Return the calls with whole numbers for keys that are times, under these names."""

    def reduce(self, keys: Sequence[Key], measures: Mapping[str, Measure]) -> Groups:
        """Sum the measures of each group; pandas sums columns of other types than a load's."""
        if as_loaded(self.schema, keys, measures):
            prepared, names = self._prepared(keys, measures)
            table = _collect(self._summed(prepared, names, measures))
            if exact(table, _columns(measures)) and not respelled(table, prepared):
                return self._gathered(table, prepared, names, keys, measures)
        return self._in_pandas(keys, measures)

    def _gathered(
        self,
        table: pa.Table,
        prepared: Any,
        names: Mapping[str, nw.Expr],
        keys: Sequence[Key],
        measures: Mapping[str, Measure],
    ) -> Groups:
        def pairs(name: str) -> tuple[list[pd.Series[Any]], pd.Series[Any]]:
            caller = nw.col(str(measures[name].value)).cast(nw.String).alias("caller")
            found = _collect(prepared.select(*names.values(), caller).unique())
            callers = _series(found["caller"])
            return self._labels(found, keys, names), callers.mask(callers.eq("").fillna(value=False))

        sums = {
            one.name: units(table[column], one, self.schema.get(str(one.value)))
            for column, one in _columns(measures).items()
        }
        estimates = {}
        for name, one in measures.items():
            if one.estimated:
                caller = nw.col(str(one.value)).cast(nw.String)
                known = nw.when(caller != "").then(caller).alias("caller")
                found = self.estimated(nw.to_native(prepared.select(*names.values(), known)), list(names))
                estimates[name] = self._labels(found, keys, names), _whole(found["estimate"])
        labels = self._labels(table, keys, names)
        return merge_partials(labels, sums, pairs, measures, table.num_rows, estimates)

    @abstractmethod
    def estimated(self, rows: Any, names: Sequence[str]) -> pa.Table:
        """Return the keys of each group, and an ``estimate`` of the different values of ``caller``."""

    def _in_pandas(self, keys: Sequence[Key], measures: Mapping[str, Measure]) -> Groups:
        """Bring the columns that are needed through Arrow into pandas, and sum them there."""
        needed = {need for measure in measures.values() for need in measure.needs}
        needed |= {key.column for key in keys}
        table = self.table_of([name for name in self.columns if name in needed])
        frame = table.to_pandas(types_mapper=pd.ArrowDtype)
        groups = reduce(frame, keys, measures)
        for key, codes in zip(keys, groups.keys, strict=True):
            if key.freq in _DATES:
                codes.labels = codes.labels.astype(pd.ArrowDtype(pa.date32()))
        return groups

    @abstractmethod
    def table_of(self, columns: Sequence[str]) -> pa.Table:
        """Return some columns as an Arrow table."""

    def explain(self, keys: Sequence[Key], measures: Mapping[str, Measure]) -> str:
        """Return the question as this engine is asked it."""
        if not as_loaded(self.schema, keys, measures):
            raise InputError(
                "explain: the engine is not asked, since columns of other types are read in pandas"
            )
        prepared, names = self._prepared(keys, measures)
        return self._written(nw.to_native(self._summed(prepared, names, measures)))

    @abstractmethod
    def _written(self, query: Any) -> str:
        """The text of a lazy query."""

    def _summed(self, prepared: Any, names: Mapping[str, nw.Expr], measures: Mapping[str, Measure]) -> Any:
        """Return the lazy sums of measures by group; row expressions first, so that sums stay plain."""
        summed = _columns(measures)
        if not names and not summed:  # different callers alone, which are counted apart
            return prepared.select(nw.len().alias("rows"))
        rows = prepared.select(
            *names.values(),
            *(measure.expr(self.schema).alias(column) for column, measure in summed.items()),
            *(expr.alias(column) for column, expr in checks(self.schema, summed).items()),
            *(expr.alias(column) for column, expr in unlisted(summed).items()),
        )
        total = [
            nw.col(column).count() if one.counts else nw.col(column).sum() for column, one in summed.items()
        ]
        total += [nw.col(column).max() for column in checks(self.schema, summed)]
        total += [nw.col(column).sum() for column in unlisted(summed)]
        total.append(nw.len().alias("rows"))
        return rows.group_by(*names).agg(*total) if names else rows.select(*total)

    def _prepared(
        self, keys: Sequence[Key], measures: Mapping[str, Measure]
    ) -> tuple[Any, dict[str, nw.Expr]]:
        """Return the columns that are needed, and the keys as expressions, under names of our own."""
        needed = {need for measure in measures.values() for need in measure.needs}
        made = {f"k{at}_time": key for at, key in enumerate(keys) if key.freq is not None}
        names = {}
        for at, key in enumerate(keys):
            column = nw.col(key.column if key.freq is None else f"k{at}_time")
            if key.freq is None and self.schema[key.column].is_float():
                column = column.fill_nan(None)  # a label that is not a number is no label
            names[f"k{at}"] = column.alias(f"k{at}")
        frame = nw.from_native(self.with_times(made)).lazy()
        wanted = needed | {key.column for key in keys if key.freq is None} | set(made)
        wanted = wanted or {self.columns[0]}
        return frame.select(*sorted(wanted)), names

    def _labels(self, table: pa.Table, keys: Sequence[Key], names: Mapping[str, Any]) -> list[pd.Series[Any]]:
        return [_label(table[name], key, self.schema) for name, key in zip(names, keys, strict=True)]


def _columns(measures: Mapping[str, Measure]) -> dict[str, Measure]:
    return {f"m{at}": one for at, one in enumerate(measures.values()) if not one.distinct}


def units(column: pa.ChunkedArray, measure: Measure, dtype: Any) -> npt.NDArray[np.int64]:
    """Return sums as whole multiples of ``1 / scale``; ``dtype`` is that of the column that was summed."""
    if not pa.types.is_decimal(column.type):
        sums: npt.NDArray[np.int64] = column.cast(pa.int64()).fill_null(0).to_numpy()
        return sums * measure.factor
    wide = column.cast(pa.decimal128(38, column.type.scale)).combine_chunks()
    wide = wide.chunk(0) if isinstance(wide, pa.ChunkedArray) else wide
    halves = np.frombuffer(wide.buffers()[1], dtype=np.int64).reshape(
        -1, 2
    )  # the low half of 128 bits comes first
    known = pc.is_valid(wide).to_numpy(zero_copy_only=False)
    halves = halves[wide.offset : wide.offset + len(wide)] * known[:, None]
    low, high = halves[:, 0], halves[:, 1]
    if (high != low >> 63).any():
        raise _too_large(measure)
    # DuckDB's sums of int64 are wide integers, which Arrow takes for decimals too: those are units already
    digits = len(str(measure.scale)) - 1 - column.type.scale if dtype == nw.Decimal else 0
    try:
        return checked(operator.mul, low, np.asarray(10**digits * measure.factor))
    except OverflowError:
        raise _too_large(measure) from None


def _too_large(measure: Measure) -> SchemaError:
    return SchemaError(f"the sum of {measure.value or measure.name!r} is too large to be counted exactly")


def _whole(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    return np.asarray(column.cast(pa.int64()).fill_null(0).to_numpy())


def _collect(frame: Any) -> pa.Table:
    return nw.to_native(frame.collect("pyarrow"))


def _series(column: pa.ChunkedArray) -> pd.Series[Any]:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return cast("pd.Series[Any]", column.to_pandas(types_mapper=pd.ArrowDtype))


def _label(column: pa.ChunkedArray, key: Key, schema: Mapping[str, Any]) -> pd.Series[Any]:
    if key.freq == WEEKDAY:
        places = column.cast(pa.int8()).fill_null(-1).to_numpy()
        return pd.Series(weekdays(places))
    labels = _series(_dated(column, key, schema))
    return without_empty(labels) if key.freq is None and kind_of(key.column) in NAMED else labels


def _dated(column: pa.ChunkedArray, key: Key, schema: Mapping[str, Any]) -> pa.ChunkedArray:
    """Turn whole numbers back into the times that they stand for."""
    if key.freq in _DATES:
        return column.cast(pa.int32()).cast(pa.date32())
    if key.freq == "h":
        zone = TIMEZONE if getattr(schema[key.column], "time_zone", None) else None
        stamps = pc.multiply(column.cast(pa.int64()), time_keys.HOUR_US)
        return stamps.cast(pa.timestamp("us", tz=zone))
    return column.cast(pa.int8()) if key.freq == "hour_of_day" else column


def as_arrow(table: pd.DataFrame) -> pa.Table:
    """Return a result as Arrow; a rate without a denominator is null."""
    return pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)
