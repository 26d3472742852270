"""Arrow columns out of numpy arrays: labels by code, texts, flags, money, minutes, wall clocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dtanalytics.errors import InputError
from dtanalytics.schema import Field, Report

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def column_type(field: Field) -> pa.DataType:
    """Arrow type of a field in the emulator: as in Parquet files, but times are naive wall clock."""
    return pa.timestamp("us") if field.kind == "time" else field.arrow


def sent_fields(report: Report) -> list[Field]:
    """Fields that the vendor sends in some version."""
    return [item for item in report.fields if not item.derived]


def labels(codes: Ints, names: Sequence[str | None]) -> pa.Array:
    """Texts that occur often, by code; a negative code is null."""
    indices = pa.array(codes, mask=codes < 0, type=pa.int32())
    return pa.DictionaryArray.from_arrays(indices, pa.array(list(names), pa.string())).cast(pa.string())


def texts(values: Any, known: Bools | None = None) -> pa.Array:
    """Texts that differ from row to row; null where not known."""
    return pa.array(values, pa.string(), mask=None if known is None else ~known)


def flags(values: Bools, known: Bools | None = None) -> pa.Array:
    """Booleans; null where not known."""
    return pa.array(values, pa.bool_(), mask=None if known is None else ~known)


def integers(values: Ints, kind: pa.DataType, known: Bools | None = None) -> pa.Array:
    """Whole numbers; null where not known."""
    return pa.array(values, mask=None if known is None else ~known).cast(kind)


def decimals(units: Ints, kind: pa.DataType, known: Bools | None = None) -> pa.Array:
    """Exact decimals out of integers of their last digit."""
    halves = np.empty((len(units), 2), dtype="<i8")
    halves[:, 0] = units
    halves[:, 1] = units >> 63
    valid = None if known is None else pa.py_buffer(np.packbits(known, bitorder="little").tobytes())
    return pa.Array.from_buffers(kind, len(units), [valid, pa.py_buffer(halves)])


def money(units: Ints, known: Bools | None = None) -> pa.Array:
    """Money out of 1/10,000 of a currency unit."""
    return decimals(units, pa.decimal128(18, 4), known)


def minutes(seconds: Ints) -> pa.Array:
    """Minutes in tenths out of seconds, half a tenth rounded up as a billing system does."""
    return decimals((seconds + 3) // 6 * 10, pa.decimal128(10, 2))


def wall_clock(seconds: Ints, known: Bools | None = None) -> pa.Array:
    """Naive time stamps out of seconds on the wall clock."""
    return pa.array(seconds * 1_000_000, mask=None if known is None else ~known).cast(pa.timestamp("us"))


def report_table(report: Report, columns: dict[str, pa.Array], rows: int) -> pa.Table:
    """Put columns in the report's order; those that are missing are null."""
    names, arrays = [], []
    for item in sent_fields(report):
        names.append(item.name)
        column = columns.get(item.name)
        arrays.append(pa.nulls(rows, column_type(item)) if column is None else column)
    unknown = set(columns) - set(names)
    if unknown:
        raise InputError(f"{report.name} does not declare {sorted(unknown)}")
    return pa.table(arrays, names=names)
