"""Calls held by other engines than pandas: reduced where they are, handed back as what they were.

Polars and DuckDB work out the narwhals row expressions and sum them; Arrow tables are read by DuckDB
without a copy; Dask reduces each partition as a pandas frame and adds the partial sums up.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from dtanalytics.errors import InputError
from dtanalytics.rollup.duck_calls import ArrowCalls, DuckCalls


def source(frame: Any) -> Any:
    """Return what reads this kind of frame; kinds are told by name, so that no engine is imported."""
    engine = type(frame).__module__.partition(".")[0]
    kind = type(frame).__name__
    if engine == "polars" and kind in {"DataFrame", "LazyFrame"}:
        from dtanalytics.rollup.polars_calls import PolarsCalls

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
