"""Records as the service prints them: each rendered to bytes once, so that a page is a join."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.emulator.service.quirks import Quirks
from dtanalytics.schema import Field, Report, Version

_BARE = frozenset({"activity_type_id"})  # the vendor prints these without quotes
_PADDED = frozenset({"pool_id", "domain_set_id"})  # and these as 00000, which is no JSON
_FRACTION = frozenset({"talk_start", "talk_end"})
_AT_ONCE = 20_000  # rows; keeps the copies of their texts within the processor's reach
_DEPRECATED = {"call_logging_id": "null", "phone_number": '""'}


def render(table: pa.Table, report: Report, version: Version, quirks: Quirks) -> list[bytes]:
    """Render each row as one JSON object."""
    parts = (table.slice(first, _AT_ONCE) for first in range(0, table.num_rows, _AT_ONCE))
    return list(itertools.chain.from_iterable(_render(part, report, version, quirks) for part in parts))


def _render(table: pa.Table, report: Report, version: Version, quirks: Quirks) -> list[bytes]:
    fields = report.wire(version)
    parts: list[tuple[str, pa.Array | pa.Scalar]] = []
    for spelling, item in fields.items():
        if spelling in quirks.missing_keys:
            continue
        parts.append((spelling, _values(table[item.name].combine_chunks(), item, quirks)))
        if report.name == "bids" and version == "v2" and item.name in {"zipcode", "displayed_timestamp"}:
            dropped = "call_logging_id" if item.name == "zipcode" else "phone_number"
            parts.append((dropped, pa.scalar(_DEPRECATED[dropped])))
    parts.extend((name, pa.scalar(json.dumps(value))) for name, value in quirks.extra_keys.items())
    gap, colon = (",\n    ", ": ") if quirks.pretty else (",", ":")
    pieces: list[pa.Array | pa.Scalar] = []
    for number, (spelling, values) in enumerate(parts):
        lead = ("{\n    " if quirks.pretty else "{") if number == 0 else gap
        pieces += [pa.scalar(f"{lead}{json.dumps(spelling)}{colon}"), values]
    pieces.append(pa.scalar("\n  }" if quirks.pretty else "}"))
    return _slices(pc.binary_join_element_wise(*pieces, ""))


def _slices(texts: pa.Array) -> list[bytes]:
    _, offsets, data = texts.buffers()
    edges = np.frombuffer(offsets, dtype=np.int32)[: len(texts) + 1].tolist()
    whole = data.to_pybytes()
    return [whole[start:end] for start, end in itertools.pairwise(edges)]


def _values(column: pa.Array, item: Field, quirks: Quirks) -> pa.Array:
    """JSON text of each value of a column."""
    if item.kind in {"name", "text"}:
        body = _quoted(column)
    else:
        text = _plain(column, item)
        bare = item.name in _BARE | _PADDED or (quirks.numbers and item.kind not in {"flag", "time"})
        if item.name in _PADDED and quirks.zeros:
            text = pc.utf8_lpad(text, 6, "0")
        body = text if bare else pc.binary_join_element_wise('"', text, '"', "")
    return pc.fill_null(body, '""' if quirks.empty_text else "null")


def _plain(column: pa.Array, item: Field) -> pa.Array:
    if item.kind == "flag":
        return pc.if_else(column, "Y", "N")
    if item.kind == "time":
        text = pc.replace_substring_regex(column.cast(pa.string()), r"\.\d+$", "")
        return pc.binary_join_element_wise(text, ".0", "") if item.name in _FRACTION else text
    text = column.cast(pa.string())
    if item.kind == "money":
        return pc.replace_substring_regex(text, r"0{1,2}$", "")
    return pc.replace_substring_regex(text, "0$", "") if item.kind == "minutes" else text


def _quoted(column: pa.Array) -> pa.Array:
    """Quote texts; the slow exact way only for a column that needs escapes."""
    if pc.any(pc.match_substring_regex(column, r'["\\\x00-\x1f]')).as_py():
        texts = [
            None if text is None else json.dumps(text, ensure_ascii=False) for text in column.to_pylist()
        ]
        return pa.array(texts, pa.string())
    return pc.binary_join_element_wise('"', column, '"', "")
