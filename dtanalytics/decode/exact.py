"""The slow reader: every value through the parsers of ``values``, with every finding named."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, NoReturn

import pyarrow as pa

from dtanalytics.decode.drift import missing, named, rounded, unknown, unreadable, written_out
from dtanalytics.decode.raw_columns import RawColumns
from dtanalytics.decode.values import (
    UNREADABLE,
    Number,
    parse_binary_fraction,
    parse_written_amount,
    parser,
    to_json,
)
from dtanalytics.errors import SchemaError
from dtanalytics.schema import Field, Report

Record = dict[str, Any]

_SHORT = 12
_CLOCK = re.compile(r'"-?\d{4,5}-\d\d-\d\d[ T]\d\d:\d\d:\d\d"', re.ASCII)
_PERSONAL = re.compile(r"[^\x00-\x7f]|[A-Z][a-z]|[0-9]{5}")
_HOLDERS = (dict, list)
_DEEPEST = 50
"""Levels of arrays and objects in each other; a record of either report has one, an answer three."""


def load_json(body: bytes) -> Any:
    """Read strict JSON: numbers keep their digits, duplicate keys and NaN are refused.

    Raises
    ------
    ValueError
        For bytes that are not UTF-8, text that is not JSON, NaN and infinities (``1e999`` too), a
        key that occurs twice in one object, half of a surrogate pair.
    """
    text = body.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    try:
        value = json.loads(
            text,
            object_pairs_hook=_no_duplicates,
            parse_constant=_refuse,
            parse_float=_number,
            parse_int=_number,
        )
    except RecursionError:
        value = None
        deep = True
    else:
        deep = _too_deep(value)
    if deep:
        raise ValueError(f"it is nested too deeply (more than {_DEEPEST} levels)")
    if "\\u" in text:
        to_json(value).encode("utf-8")
    return value


def _no_duplicates(pairs: list[tuple[str, Any]]) -> Record:
    record = dict(pairs)
    if len(record) != len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise ValueError(f"the key {named(twice)} occurs twice in one object")
    return record


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _number(text: str) -> Number:
    if float(text) in {float("inf"), float("-inf")}:
        shown = text if len(text) <= _SHORT else f"of {len(text):,} characters"
        raise ValueError(f"the number {shown} is beyond every range")
    return Number(text)


def _too_deep(value: Any) -> bool:
    """Tell whether arrays and objects are nested deeper than in any record."""
    level, depth = [value], 0
    while level and depth <= _DEEPEST:
        depth += 1
        held = (item for item in level if isinstance(item, _HOLDERS))
        inside = (item.values() if isinstance(item, dict) else item for item in held)
        level = [child for children in inside for child in children if isinstance(child, _HOLDERS)]
    return bool(level)


def _seen(value: Any) -> str:
    """Describe a value; quote it only when it is short and cannot be personal."""
    shown = to_json(value)
    if (len(shown) <= _SHORT and not _PERSONAL.search(shown)) or _CLOCK.fullmatch(shown):
        return shown
    if isinstance(value, Number):
        return f"a number of {len(value):,} digits"
    if isinstance(value, str):
        shape = re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "9", value[:30]))
        return f"text like {shape!r}"
    return "an array or an object"


def read_exact(records: list[Record], report: Report, wire: Mapping[str, Field], source: str) -> RawColumns:
    """Read records value by value.

    Raises
    ------
    SchemaError
        When a record's key or its time cannot be read.
    """
    drift: Counter[str] = Counter()
    extras: list[Record] = [{} for _ in records]
    columns: dict[str, pa.Array] = {}
    instants: dict[str, pa.Array] = {}
    for spelled, field in wire.items():
        parse = parser(field)
        needed = field.name in {report.key, report.time}
        values: list[Any] = []
        for index, record in enumerate(records):
            value = record.get(spelled)
            parsed = None if value is None or value == "" else parse(value)
            # a key that is a float or has an exponent may have lost digits
            lost = needed and isinstance(value, Number) and not str(parsed).isdecimal()
            if needed and (parsed is None or parsed is UNREADABLE or lost):
                shown = _seen(value) if spelled in record else "missing"
                raise SchemaError(
                    f"{source}, record {index + 1}: {spelled} is {shown}; a call of the {report.title} "
                    f"report cannot be told apart or placed without it, so the answer is not used"
                )
            if parsed is UNREADABLE and pa.types.is_decimal(field.arrow):
                parsed = parse_binary_fraction(value, field.arrow.precision, field.arrow.scale)
                drift[rounded(spelled)] += parsed is not UNREADABLE
            if parsed is UNREADABLE and field.kind == "money":
                parsed = parse_written_amount(value, field.arrow.precision, field.arrow.scale)
                drift[written_out(spelled)] += parsed is not UNREADABLE
            if parsed is UNREADABLE:
                extras[index][spelled] = value
                drift[unreadable(spelled)] += 1
                parsed = None
            if spelled not in record:
                drift[missing(spelled)] += 1
            values.append(parsed)
        columns[field.name] = _array(field, values, instants)
    for extra, record in zip(extras, records, strict=True):
        for key in record.keys() - wire.keys() - report.dropped:
            drift[unknown(key)] += 1
            extra[key] = record[key]
    texts = [to_json({key: record[key] for key in record if key in extra}) if extra else None
             for extra, record in zip(extras, records, strict=True)]  # fmt: skip
    return RawColumns(len(records), columns, instants, pa.array(texts, pa.string()), +drift)


def _array(field: Field, values: list[Any], instants: dict[str, pa.Array]) -> pa.Array:
    """Make a column; times with an offset go to ``instants``, the rest stay wall clocks."""
    if field.kind != "time":
        return pa.array(values, field.arrow)
    if any(value and value[1] for value in values):
        sent = [value[0] if value and value[1] else None for value in values]
        instants[field.name] = pa.array(sent, pa.int64()).cast(field.arrow)
    walls = [value[0] if value and not value[1] else None for value in values]
    return pa.array(walls, pa.int64()).cast(pa.timestamp("us"))
