"""The fast reader: many records through Arrow's JSON reader, or None where it may not be exact.

The proof: Arrow finds as many records as there have to be, each valid JSON (lines.py says why that
is enough); it gets exactly the keys of the first record and refuses any other key, a key that occurs
twice, a value of another kind; the number of keys in the bytes is records times keys, so that no
record lacks one; every conversion is exact or fails.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from dtanalytics.decode.body import is_utf8
from dtanalytics.decode.drift import missing
from dtanalytics.decode.exact import load_json
from dtanalytics.decode.lines import Lines, count_pairs
from dtanalytics.decode.raw_columns import RawColumns
from dtanalytics.decode.values import FLAGS, Number
from dtanalytics.schema import Field, Report

_KEY = re.compile(rb'(?<!\\)"\s*:')
_YEAR_ONE = -62_135_596_800_000_000
_FLAG_WORDS = pa.array(list(FLAGS))
_FLAG_VALUES = pa.array(list(FLAGS.values()))
_FAILURES = (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError, ValueError)


def read_fast(lines: Lines, report: Report, wire: Mapping[str, Field]) -> RawColumns | None:
    """Read records; None when only the slow reader is exact."""
    data, count = lines.data, lines.count
    if not count:
        return RawColumns(
            0, {name: _empty(field) for name, field in report.by_name.items() if not field.derived}
        )
    try:
        sample = [load_json(text) for text in lines.samples]
        if not all(isinstance(record, dict) for record in sample):
            return None
        keys = list(sample[0])
        if not wire.keys() | report.dropped >= set(keys) or not has_all_keys(data, count * len(keys)):
            return None
        if any(record.get(key) == "" for record in sample for key in keys if not _is_text(wire.get(key))):
            data = _without_blanks(data)
        data = _quote_numbers(data, [k for k in keys if _is_text(wire.get(k)) and _seen(sample, k, Number)])
        schema = pa.schema([(key, _reading_type(wire.get(key), sample, key)) for key in keys])
        table = pj.read_json(
            pa.BufferReader(data),
            pj.ReadOptions(use_threads=False, block_size=len(data) + 1),
            pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error"),
        )
        if table.num_rows != count or not is_utf8(data):
            return None
        known = {key: wire[key] for key in keys if key in wire}
        columns = {field.name: _typed(_in_one_piece(table[key]), field) for key, field in known.items()}
    except _FAILURES:
        return None
    needed = [columns.get(report.key), columns.get(report.time)]
    if any(column is None or column.null_count for column in needed):
        return None
    return RawColumns(
        count, columns, drift=Counter({missing(key): count for key in wire if key not in known})
    )


def _empty(field: Field) -> pa.Array:
    kind = pa.timestamp("us") if field.kind == "time" else field.arrow
    return pa.array([], kind)


def has_all_keys(data: bytes | bytearray, keys: int) -> bool:
    """Whether the bytes of records hold that many keys (a bare quote before a colon can only end one)."""
    escaped = data.count(b'\\":') if b"\\" in data else 0
    return count_pairs(data, b'":') - escaped == keys or len(_KEY.findall(data)) == keys


def _without_blanks(data: bytes | bytearray) -> bytes | bytearray:
    """Put null for ``""`` (behind a colon two bare quotes are nothing else)."""
    return data.replace(b':""', b":null").replace(b': ""', b": null")


def _quote_numbers(data: bytes | bytearray, keys: list[str]) -> bytes | bytearray:
    """Quote whole numbers in text fields, so that their digits stay as printed."""
    if not keys:
        return data
    names = b"|".join(re.escape(key.encode()) for key in keys)
    return re.sub(rb'(?<!\\)("(?:%b)"\s*:\s*)(-?[0-9]{1,38})(?=\s*[,}])' % names, rb'\1"\2"', data)


def _is_text(field: Field | None) -> bool:
    return field is not None and field.arrow == pa.string() and field.kind in {"name", "text"}


def _seen(sample: list[dict[str, Any]], key: str, kind: type) -> bool:
    return any(type(record.get(key)) is kind for record in sample)


def _reading_type(field: Field | None, sample: list[dict[str, Any]], key: str) -> pa.DataType:
    """Type to read a key as; Arrow's decimals accept JSON numbers and JSON strings alike."""
    if field is None:
        return pa.decimal128(38, 0) if _seen(sample, key, Number) else pa.string()
    if pa.types.is_decimal(field.arrow):
        # Arrow's reader checks precision before it adjusts the scale; the cast from 38 checks it after.
        return pa.decimal128(38, field.arrow.scale)
    if pa.types.is_integer(field.arrow):
        return pa.decimal128(38, 0)
    if field.kind == "flag" and _seen(sample, key, bool):
        return pa.bool_()
    if field.kind == "flag" and _seen(sample, key, Number):
        return pa.decimal128(38, 0)
    return pa.string()


def _typed(column: pa.Array, field: Field) -> pa.Array:
    """Convert a column as read to the field's type; fails rather than changes a value."""
    if pa.types.is_string(column.type):
        column = _blank_to_null(column)
    if field.kind == "time":
        return _times(column)
    if column.type == field.arrow:
        return column
    if field.kind == "flag" and pa.types.is_decimal(column.type):
        return _flags(column.cast(pa.string()))
    if field.kind == "flag":
        return _flags(column)
    return column.cast(field.arrow)


def _blank_to_null(texts: pa.Array) -> pa.Array:
    """Make empty text null, without copying the text."""
    _, ends, content = texts.buffers()
    edges = np.frombuffer(ends, np.int32)[texts.offset :][: len(texts) + 1]
    filled = edges[1:] > edges[:-1]
    if np.count_nonzero(filled) == len(texts) - texts.null_count:  # Arrow's reader gives null no characters
        return texts
    valid = pa.py_buffer(np.packbits(filled, bitorder="little"))
    return pa.StringArray.from_buffers(len(texts), pa.py_buffer(edges), content, valid)


def _in_one_piece(column: pa.ChunkedArray) -> pa.Array:
    """All chunks as one array; a single chunk is not copied."""
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _flags(words: pa.Array) -> pa.Array:
    places = pc.index_in(pc.ascii_upper(words), _FLAG_WORDS)
    if places.null_count != words.null_count:
        raise ValueError("a flag is none of the known words")
    return _FLAG_VALUES.take(places)


def _times(texts: pa.Array) -> pa.Array:
    """Wall clocks to the second at least: Arrow would also take a day alone for its midnight."""
    walls = texts.cast(pa.timestamp("us"))
    shortest = pc.min(pc.binary_length(texts)).as_py()
    earliest = pc.min(walls).value
    if shortest is not None and (shortest < 19 or earliest < _YEAR_ONE):
        raise ValueError("a time is too short, or before the calendar")
    return walls
