"""Calls in a DuckDB relation, or in an Arrow table that DuckDB reads without a copy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import pandas as pd
import pyarrow as pa

from dtanalytics.rollup import time_keys
from dtanalytics.rollup.engine_calls import EngineCalls, as_arrow
from dtanalytics.rollup.keys import Key


class DuckCalls(EngineCalls):
    """A DuckDB relation."""

    standard_error = 0.03

    def estimated(self, rows: Any, names: Sequence[str]) -> pa.Table:
        """Estimate the different callers of each group by DuckDB's HyperLogLog."""
        keys = ", ".join(map(time_keys.quoted, names))
        wanted = ", ".join([*filter(None, [keys]), "approx_count_distinct(caller) AS estimate"])
        return rows.aggregate(wanted, keys).to_arrow_table()

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
        """Column -> narwhals dtype; DuckDB renames columns that differ in case only."""
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
