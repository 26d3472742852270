"""Calls held by other engines than pandas: reduced where they are, handed back as what they were.

Polars and DuckDB work out the narwhals row expressions and sum them; Arrow tables are read by DuckDB
without a copy; Dask reduces each partition as a pandas frame and adds the partial sums up.
"""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, cast

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.errors import InputError, SchemaError
from dtanalytics.metrics.formulas import checked
from dtanalytics.metrics.measures import Measure
from dtanalytics.rollup import time_keys
from dtanalytics.rollup.asloaded import as_loaded, checks, exact
from dtanalytics.rollup.groups import Groups
from dtanalytics.rollup.keys import Key
from dtanalytics.rollup.merge import gather
from dtanalytics.rollup.pandas_calls import reduce
from dtanalytics.schema import TIMEZONE

_DATES = {"D", "W", "MS", "QS", "YS"}


def source(frame: Any) -> Any:
    """Return what reads this kind of frame; engines are told by name, so that none is imported in vain."""
    engine = type(frame).__module__.partition(".")[0]
    kind = type(frame).__name__
    if engine == "polars" and kind in {"DataFrame", "LazyFrame"}:
        return PolarsCalls(frame)
    if kind == "DuckDBPyRelation":
        return DuckCalls(frame)
    if isinstance(frame, pa.Table | pa.RecordBatch | pa.RecordBatchReader):
        return ArrowCalls(frame)
    if engine in {"dask", "dask_expr"} and kind == "DataFrame":
        from dtanalytics.rollup.dask_calls import DaskCalls

        return DaskCalls(frame)
    if hasattr(frame, "as_calls"):
        return frame.as_calls()
    raise InputError(
        f"rollup takes calls as pandas, pyarrow, Polars, DuckDB relation, Dask or scan(), not {kind!r}"
    )


class EngineCalls(ABC):
    """Calls that an engine reduces through narwhals."""

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
        """Sum the measures of each group; columns that are not as loaded are read in pandas."""
        if as_loaded(self.schema, keys, measures):
            prepared, names = self._prepared(keys, measures)
            table = _collect(self._summed(prepared, names, measures))
            if exact(table, _columns(measures)):
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
        return gather(self._labels(table, keys, names), sums, pairs, measures, table.num_rows)

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
        rows = prepared.select(
            *names.values(),
            *(measure.expr(self.schema).alias(column) for column, measure in summed.items()),
            *(expr.alias(column) for column, expr in checks(self.schema, summed).items()),
        )
        total = [
            nw.col(column).count() if one.counts else nw.col(column).sum() for column, one in summed.items()
        ]
        total += [nw.col(column).max() for column in checks(self.schema, summed)]
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
        return [_series(_dated(table[name], key, self.schema)) for name, key in zip(names, keys, strict=True)]


def _columns(measures: Mapping[str, Measure]) -> dict[str, Measure]:
    return {f"m{at}": one for at, one in enumerate(measures.values()) if not one.distinct}


def units(column: pa.ChunkedArray, measure: Measure, dtype: Any) -> npt.NDArray[np.int64]:
    """Return sums as whole multiples of ``1 / scale``; ``dtype`` is that of the column that was summed."""
    if not pa.types.is_decimal(column.type):
        sums: npt.NDArray[np.int64] = column.cast(pa.int64()).fill_null(0).to_numpy()
        return sums * measure.factor
    wide = column.cast(pa.decimal128(38, column.type.scale)).combine_chunks()
    wide = wide.chunk(0) if isinstance(wide, pa.ChunkedArray) else wide
    halves = np.frombuffer(wide.buffers()[1], dtype=np.int64).reshape(-1, 2)  # the low one first
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


def _collect(frame: Any) -> pa.Table:
    return nw.to_native(frame.collect("pyarrow"))


def _series(column: pa.ChunkedArray) -> pd.Series[Any]:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return cast("pd.Series[Any]", column.to_pandas(types_mapper=pd.ArrowDtype))


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


class PolarsCalls(EngineCalls):
    """A Polars frame, eager or lazy."""

    def with_times(self, made: Mapping[str, Key]) -> Any:
        """Return the calls with whole numbers for keys that are times."""
        return self.native.with_columns(
            time_keys.polars(key, self.schema[key.column]).alias(name) for name, key in made.items()
        )

    def table_of(self, columns: Sequence[str]) -> pa.Table:
        """Return some columns as an Arrow table."""
        import polars as pl

        frame = self.native.collect() if isinstance(self.native, pl.LazyFrame) else self.native
        return pa.table({name: frame.get_column(name).to_arrow() for name in columns})

    def _written(self, query: Any) -> str:
        return str(query.explain())

    def wrap(self, table: pd.DataFrame, keys: Sequence[Key]) -> Any:
        """Return a table of the kind that came in."""
        import polars as pl

        types = self.native.collect_schema()
        found = cast("pl.DataFrame", pl.from_arrow(as_arrow(table)))
        plain = [key.name for key in keys if key.freq is None and key.name in table.columns]
        found = found.with_columns(found.get_column(name).cast(types[name]) for name in plain)
        return found.lazy() if isinstance(self.native, pl.LazyFrame) else found


class DuckCalls(EngineCalls):
    """A DuckDB relation."""

    def with_times(self, made: Mapping[str, Key]) -> Any:
        """Return the calls with whole numbers for keys that are times."""
        if not made:
            return self.native
        times = [f'{time_keys.sql(key, self.schema[key.column])} AS "{name}"' for name, key in made.items()]
        return self.native.project(", ".join(["*", *times]))

    def table_of(self, columns: Sequence[str]) -> pa.Table:
        """Return some columns as an Arrow table."""
        return self.native.project(", ".join(map(time_keys.quoted, columns))).to_arrow_table()

    def _written(self, query: Any) -> str:
        return str(query.sql_query())

    def wrap(self, table: pd.DataFrame, keys: Sequence[Key]) -> Any:  # noqa: ARG002 - other engines need them
        """Return a relation on the same connection."""
        rolled_up = as_arrow(table)  # noqa: F841 - DuckDB finds it by its name
        return self.native.query("_", "SELECT * FROM rolled_up")


class ArrowCalls(DuckCalls):
    """An Arrow table, read by DuckDB without a copy."""

    def __init__(self, table: pa.Table | pa.RecordBatch | pa.RecordBatchReader) -> None:
        import duckdb

        self.table: pa.Table = table if isinstance(table, pa.Table) else pa.table(table)
        self.connection = duckdb.connect(config={"preserve_insertion_order": "false"})
        super().__init__(self.connection.from_arrow(self.table))

    @cached_property
    def schema(self) -> dict[str, Any]:
        """Column -> narwhals dtype; DuckDB calls columns anew that differ in case only."""
        return dict(zip(self.table.column_names, super().schema.values(), strict=True))

    def table_of(self, columns: Sequence[str]) -> pa.Table:
        """Return some columns of the table."""
        return self.table.select(list(columns))

    def wrap(self, table: pd.DataFrame, keys: Sequence[Key]) -> pa.Table:
        """Return an Arrow table whose labels have the types that they came with."""
        found = as_arrow(table)
        for at, key in enumerate(keys):
            if key.freq is None and key.name in table.columns:
                wanted = self.table.schema.field(key.column).type
                found = found.set_column(at, key.name, _cast(found[key.name], wanted))
        return found


def _cast(column: pa.ChunkedArray, wanted: pa.DataType) -> pa.ChunkedArray:
    if pa.types.is_dictionary(wanted):
        return column.cast(wanted.value_type).dictionary_encode().cast(wanted)
    return column.cast(wanted)
