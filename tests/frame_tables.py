"""The Arrow table of a loaded frame again, exactly: what goes into a frame comes out of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.schema import Field, Report


def to_arrow(frame: pd.DataFrame, report: Report) -> pa.Table:
    """Make the table of a frame that `dtanalytics.frames.to_pandas` made."""
    fields = [field for field in report.fields if field.name in frame.columns]
    schema = pa.schema([report.schema.field(field.name) for field in fields], report.schema.metadata)
    return pa.table([_to_arrow(frame[field.name], field) for field in fields], schema=schema)


def _to_arrow(series: pd.Series[Any], field: Field) -> pa.Array | pa.ChunkedArray:
    if pa.types.is_decimal(field.arrow) and series.dtype != object:
        return _decimals(series.to_numpy(dtype=np.float64, na_value=np.nan), field.arrow)
    if field.kind == "day":
        return pa.array(series.astype("datetime64[us]")).cast(field.arrow)
    if isinstance(series.dtype, pd.CategoricalDtype):
        return pa.array(series).cast(field.arrow)
    return pa.array(series, field.arrow, from_pandas=True)


def _decimals(values: np.ndarray[Any, np.dtype[np.float64]], kind: pa.Decimal128Type) -> pa.Array:
    """Decimals whose nearest floats these are."""
    known = ~np.isnan(values)
    units = np.rint(np.where(known, values, 0.0) * 10**kind.scale)
    if not np.array_equal(units / 10**kind.scale, np.where(known, values, 0.0)):
        raise ValueError(f"a value has more than {kind.scale} decimals")
    if len(units) and np.abs(units).max() >= 10**kind.precision:
        raise ValueError(f"a value has more than {kind.precision} digits")
    halves = np.empty((len(units), 2), dtype=np.int64)
    halves[:, 0] = units
    halves[:, 1] = halves[:, 0] >> 63  # the sign fills the upper half
    exact = pa.Array.from_buffers(kind, len(units), [None, pa.py_buffer(halves)])
    return pc.if_else(pa.array(known), exact, None)
