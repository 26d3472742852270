"""Arrow table to pandas frame: one shape for any rows, zero rows included."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.errors import InputError, SchemaError, nearest
from dtanalytics.schema import Field, Report

_Codes = np.ndarray[Any, np.dtype[np.int32]]
_MANY = 20_000
_LONG = 500_000
_SAMPLE = 10_000
_TEXT = pd.StringDtype(na_value=np.nan)


def to_pandas(
    table: pa.Table,
    report: Report,
    *,
    money: Literal["float", "decimal"] = "float",
    columns: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Make the frame of a table of calls.

    Parameters
    ----------
    table : pyarrow.Table
        Calls of the report, or some of its columns; text may be dictionary-encoded, as Parquet
        files are read with ``read_dictionary``.
    report : Report
        Declares the columns.
    money : {"float", "decimal"}
        ``float64``, each amount the float nearest to it, or exact ``decimal.Decimal`` objects.
    columns : sequence of str, optional
        Columns wanted, in this order. Default: those of the table.

    Returns
    -------
    pandas.DataFrame
        Names ``category`` (sorted, none unused), other text ``str``, flags ``boolean``, whole numbers
        ``Int8``/``Int32``/``Int64``, money and minutes ``float64``, times ``datetime64[us,
        America/New_York]``, days ``datetime64[us]``; index 0 to n-1.

    Raises
    ------
    InputError
        When ``money`` or a column is not known.
    SchemaError
        When the table lacks a column that is wanted.

    Examples
    --------
    >>> from dtanalytics.schema import LEADFLOW
    >>> to_pandas(LEADFLOW.empty(), LEADFLOW, columns=["sid", "offer", "margin"]).dtypes.astype(str).to_dict()
    {'sid': 'str', 'offer': 'category', 'margin': 'float64'}
    """
    wanted = list(table.column_names if columns is None else columns)
    for name in wanted:
        if name not in report.by_name:
            raise InputError(
                f"{name!r} is no column of the {report.title} report: {nearest(name, report.columns)}"
            )
    lacking = [name for name in wanted if name not in table.column_names]
    if lacking:
        raise SchemaError(f"the table lacks the columns {', '.join(lacking)}")
    convert = converter(report, money)
    if table.num_rows < _MANY:
        arrays = convert(table.select(wanted))
    else:  # Arrow and numpy release the interpreter's lock, so that columns are made in parallel
        with ThreadPoolExecutor(pa.cpu_count(), "dtanalytics-frame") as pool:
            parts = pool.map(convert, [table.select([name]) for name in wanted])
            arrays = {name: array for part in parts for name, array in part.items()}
    return assemble({name: arrays[name] for name in wanted}, table.num_rows)


def converter(
    report: Report, money: Literal["float", "decimal"] = "float"
) -> Callable[[pa.Table], dict[str, Any]]:
    """Return the function that turns columns of a table into those of a frame, for use piece by piece.

    Raises
    ------
    InputError
        When ``money`` is not known.
    """
    if money not in {"float", "decimal"}:
        raise InputError(f"money={money!r}: choose 'float' or 'decimal'")

    unsaid: dict[int, pa.ChunkedArray] = {}

    def text(column: pa.ChunkedArray) -> pa.ChunkedArray:
        """Columns without any text share the memory for none: text is never written in place."""
        rows = len(column)
        if column.null_count < rows or not rows:
            return _texts(column)
        found = unsaid.get(rows)
        if found is None:
            found = pa.chunked_array([pa.nulls(rows, pa.large_string())])
            unsaid.clear()  # of pieces of several sizes the last one alone
            unsaid[rows] = found
        return found

    def convert(table: pa.Table) -> dict[str, Any]:
        return {
            name: _extension(_TEXT, text(table[name]))
            if report.by_name[name].kind == "text"
            else _to_pandas(table[name], report.by_name[name], money)
            for name in table.column_names
        }

    return convert


def assemble(arrays: Mapping[str, Any], rows: int) -> pd.DataFrame:
    """The frame of columns that a ``converter`` made, without a copy."""
    return pd.DataFrame(arrays, index=pd.RangeIndex(rows), columns=pd.Index(list(arrays)), copy=False)


def _to_pandas(column: pa.ChunkedArray, field: Field, money: str) -> Any:
    """One column as an array that a frame takes without copying it, and that can be written to."""
    if field.kind == "name":
        return _categorical(column)
    if field.kind == "money" and money == "decimal":
        return np.array(column.to_pylist(), dtype=object)
    if pa.types.is_decimal(field.arrow):
        return _floats(column, field.arrow)
    if field.kind == "day":
        return column.cast(pa.timestamp("us")).to_numpy().copy()
    if field.kind == "flag":
        return _flags(column)
    if pa.types.is_integer(field.arrow):
        return _integers(column, field.arrow)
    # Copied, since Arrow's buffers are read-only; text is never written in place, and all else is small.
    return _extension(pd.api.types.pandas_dtype(field.pandas), column).copy()


def _extension(dtype: Any, column: pa.Array | pa.ChunkedArray) -> Any:
    """Make pandas' own array of that dtype (its stubs do not know the method)."""
    return dtype.__from_arrow__(column)


def _texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Text without dictionaries; long columns in one chunk, because many chunks fragment the memory."""
    column = column.cast(pa.large_string())
    return column if len(column) < _LONG else pa.chunked_array([column.combine_chunks()])


def _categorical(column: pa.ChunkedArray) -> Any:
    """Categories sorted by code point, none without a row, whatever dictionaries the chunks bring."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    coded = [
        (chunk.dictionary.cast(pa.string()), _filled(chunk.indices.cast(pa.int32()), len(chunk.dictionary)))
        for chunk in column.chunks
    ]
    used = pc.unique(pa.chunked_array([_used(words, codes) for words, codes in coded], pa.string()))
    categories = used.take(pc.sort_indices(used))
    smallest: Any = next(kind for kind in ("int8", "int16", "int32") if len(categories) <= np.iinfo(kind).max)
    out = np.empty(len(column), dtype=smallest)
    start = 0
    for words, codes in coded:
        places = np.full(len(words) + 1, -1, dtype=smallest)
        places[:-1] = _filled(pc.index_in(words, categories), -1)
        np.take(places, codes, out=out[start : start + len(codes)])
        start += len(codes)
    index = pd.Index(_extension(_TEXT, categories), dtype=_TEXT)
    return pd.Categorical.from_codes(out, dtype=pd.CategoricalDtype(index), validate=False)


def _filled(numbers: pa.Int32Array, null: int) -> _Codes:
    """Whole numbers as numpy has them, with a number for null."""
    raw = np.frombuffer(numbers.buffers()[1], dtype=np.int32)[numbers.offset :][: len(numbers)]
    if not numbers.null_count:
        return raw
    known = _bits(numbers, 0)
    filled: _Codes = raw * known  # a choice by row would take ten times as long
    filled += np.multiply(~known, null, dtype=np.int32)
    return filled


def _integers(column: pa.ChunkedArray, kind: pa.DataType) -> Any:
    """Whole numbers that may be null, copied once."""
    width = np.dtype(kind.to_pandas_dtype())
    return pd.arrays.IntegerArray(*_nullable(column.cast(kind), width, lambda chunk: _numbers(chunk, width)))


def _flags(column: pa.ChunkedArray) -> Any:
    """Flags that may be null, with a byte each for the value and for whether there is one."""
    return pd.arrays.BooleanArray(*_nullable(column, np.dtype(bool), lambda chunk: _bits(chunk, 1)))


def _nullable(
    column: pa.ChunkedArray, width: np.dtype[Any], read: Callable[[pa.Array], Any]
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, np.dtype[np.bool_]]]:
    """Values, and whether each is null: the value under a null has no meaning."""
    values, null = np.empty(len(column), width), np.zeros(len(column), bool)
    start = 0
    for chunk in column.chunks:
        rows = slice(start, start + len(chunk))
        values[rows] = read(chunk)
        if chunk.null_count:
            np.logical_not(_bits(chunk, 0), out=null[rows])
        start += len(chunk)
    return values, null


def _numbers(array: pa.Array, width: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """A view of numbers in Arrow's memory."""
    return np.frombuffer(array.buffers()[1], width)[array.offset :][: len(array)]


def _bits(array: pa.Array, buffer: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """A buffer of bits (0: which values there are) with a byte for each, ten times as fast as Arrow's way."""
    packed = np.frombuffer(array.buffers()[buffer] or b"", np.uint8)
    bits = np.unpackbits(packed, count=array.offset + len(array), bitorder="little")
    return bits[array.offset :].view(np.bool_)


def _used(words: pa.Array, codes: _Codes) -> pa.Array:
    """Words that occur in the rows of a chunk (a filter leaves its dictionary whole)."""
    for some in (codes[:_SAMPLE], codes):  # in most columns all words occur in the first rows
        occurs = np.bincount(some, minlength=len(words) + 1)[:-1] > 0
        if occurs.all():
            return words.drop_null()
    return words.filter(pa.array(occurs)).drop_null()


def _floats(column: pa.ChunkedArray, kind: pa.Decimal128Type) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Floats nearest to the decimals; Arrow's own cast is one unit off in a third of them."""
    out = np.empty(len(column), dtype=np.float64)
    start = 0
    for chunk in column.cast(kind).chunks:
        # 18 digits fit in the low half of 128 bits, and the division of two exact floats rounds once.
        low = np.frombuffer(chunk.buffers()[1], dtype=np.int64)[::2][chunk.offset : chunk.offset + len(chunk)]
        part = out[start : start + len(chunk)]
        np.divide(low, float(10**kind.scale), out=part)
        if chunk.null_count:
            known = _bits(chunk, 0).astype(np.float64)
            with np.errstate(
                invalid="ignore"
            ):  # 0 / 0 is NaN where the value is null; assigning NaN takes twice as long
                part += np.divide(0.0, known, out=known)
        start += len(chunk)
    return out
