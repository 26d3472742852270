"""Saved answers in JSON to calls as text: envelopes, wrappers, lists of names and values, nested objects."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa

from dtanalytics.decode.exact import load_json
from dtanalytics.decode.saved_files import pages_of
from dtanalytics.decode.values import Number, to_json
from dtanalytics.errors import ApiError, IncompleteError
from dtanalytics.platforms.catalog import PLATFORMS, recognised
from dtanalytics.platforms.mapping import Platform, folded
from dtanalytics.platforms.parts import Part
from dtanalytics.platforms.raw import Raw, collected, fills

Record = dict[str, Any]

_THREE_DECIMALS = re.compile(r"-?\d+\.\d{3}")
_LISTS = frozenset(name.rpartition(".")[2] for one in PLATFORMS.values() for name in one.lists) | {"data"}
_AROUND = frozenset({"report", "result", "callLog"})
"""Objects in which a list of calls stands."""
_ERRORS = ("error", "errors", "error_message", "message", "exception", "detail")
_MOST_DEEP = 6


def read_records(part: Part, platform: Platform | None, names: Mapping[str, str]) -> Iterator[Raw]:
    """Read a file of saved answers, a page at a time.

    Nothing comes of a file that holds no calls and tells no platform.

    Raises
    ------
    ApiError
        A page holds no calls, or says that it failed.
    IncompleteError
        A page says that it is not everything.
    SchemaError
        The keys tell no platform, or lack one that is needed.
    """
    whole: list[Record] = []
    envelope = ""
    announced: int | None = None
    has_more: bool | None = None
    for name, body in pages_of(part.path):
        try:
            value = load_json(body)
        except ValueError as error:
            raise ApiError(f"{name} is no usable answer: {error}; save that answer again") from None
        found, hint = _records(value, name)
        whole += found
        count = _announced(value)
        announced = count if announced is None else max(announced, count or 0)
        envelope = envelope or hint
        if isinstance(value, dict) and isinstance(value.get("has_next_page"), bool):
            has_more = value["has_next_page"] and has_more is not False
    if not whole:
        if (one := platform or _by_envelope(envelope)) is not None:
            yield Raw(one, pa.table({}))
        return
    rows, columns = _columns(whole)
    if platform is None:
        platform = recognised(columns, part.name, names)
    made = fills(platform, columns, names, part.name)
    used = {name for one in made for name in one.columns}
    texts, unknown = _left_over(whole, used, platform)
    table = pa.table({key: pa.array(values, pa.string()) for key, values in rows.items()})
    raw = collected(platform, table, made, (pa.array(texts, pa.string()), unknown))
    raw.announced, raw.has_more = announced, has_more
    yield raw


def _records(value: Any, name: str, depth: int = 0) -> tuple[list[Record], str]:
    """Calls in an answer, and the name under which they stand."""
    if isinstance(value, list):
        found: list[Record] = []
        hint = ""
        for item in value:
            inner, hint = (
                _records(item, name, depth + 1)
                if isinstance(item, list) or _is_envelope(item)
                else ([_call(item, name)], hint)
            )
            found += inner
        return found, hint
    if not isinstance(value, dict):
        raise ApiError(f"{name} is no usable answer: it holds neither a list nor an object")
    _check_whole(value, name)
    for key, member in value.items():
        if key in _LISTS and isinstance(member, list):
            return _records(member, name, depth + 1)[0], key
    for key, member in value.items():
        inside = key in _AROUND or (len(value) <= 4 and _is_envelope(member))
        if isinstance(member, dict) and depth < _MOST_DEEP and inside:
            return _records(member, name, depth + 1)
    if any(key in value for key in _ERRORS) and len(value) <= 6:
        raise ApiError(
            f"{name} is no answer with calls: it has the keys {', '.join(map(repr, value))[:200]}; ask "
            "again, and save the answer once it holds calls"
        )
    return [_call(value, name)], ""


def _is_envelope(item: Any) -> bool:
    return isinstance(item, dict) and any(
        (key in _LISTS and isinstance(member, list)) or (key in _AROUND and isinstance(member, dict))
        for key, member in item.items()
    )


def _check_whole(value: Record, name: str) -> None:
    if value.get("isSuccessful") is False:
        raise ApiError(f"{name} says that it failed (isSuccessful is false): ask again")
    if value.get("partialResult") is True:
        raise IncompleteError(
            f"{name} is not everything (partialResult is true): ask again, for a shorter time"
        )


def _announced(value: Any) -> int | None:
    """How many calls an answer says that there are, on all of its pages."""
    if not isinstance(value, dict):
        return None
    report = value.get("report")
    inner = [report] if isinstance(report, dict) else []
    for one in (value, *inner):
        for key in ("totalCount", "total_records"):
            text = str(one.get(key))
            if text.isascii() and text.isdigit():  # a raised two is a digit, too
                return int(text)
    return None


def _call(item: Any, name: str) -> Record:
    """One call, out of its wrapper or its list of names and values."""
    if not isinstance(item, dict):
        raise ApiError(f"{name} holds a list of something else than calls")
    for one in PLATFORMS.values():
        if one.wrapper and isinstance(item.get(one.wrapper), dict) and len(item) <= 2:
            return dict(item[one.wrapper])
    if isinstance(item.get("columns"), list) and all(
        isinstance(one, dict) and "name" in one for one in item["columns"]
    ):
        return {
            one["name"]: one.get("original") if one.get("original") is not None else one.get("formattedValue")
            for one in item["columns"]
        }
    return item


def _by_envelope(name: str) -> Platform | None:
    for one in PLATFORMS.values():
        if name and any(folded(path.rpartition(".")[2]) == folded(name) for path in one.lists):
            return one
    return None


PREFIXES = {
    folded(alias.rpartition(".")[0][: len(alias.rpartition(".")[0])])
    for one in PLATFORMS.values()
    for source in one.sources
    for alias in source.names
    if "." in alias
} | {"calldetails", "attribution", "calldetailsadvancedrouting"}


def _columns(records: list[Record]) -> tuple[dict[str, list[str | None]], list[str]]:
    """Values by name; objects that a mapping looks into are taken apart: ``target_group.name``."""
    columns: dict[str, list[str | None]] = {}
    for row, record in enumerate(records):
        for key, value in flat(record, ""):
            column = columns.get(key)
            if column is None:
                column = columns[key] = [None] * row
            if len(column) == row:
                column.append(as_text(value))
        for column in columns.values():
            if len(column) == row:
                column.append(None)
    return columns, list(columns)


def flat(record: Record, prefix: str) -> Iterator[tuple[str, Any]]:
    """Names and values of a record; objects that a mapping looks into are taken apart."""
    for key, value in record.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and folded(name) in PREFIXES:
            yield from flat(value, f"{name}.")
        else:
            yield name, value


def as_text(value: Any) -> str | None:
    """A value as text; a number of three decimals gets a fourth, so that it is not taken for thousands."""
    if value is None:
        return None
    if isinstance(value, Number):
        plain = f"{Decimal(value):f}" if "e" in value.lower() else str(value)
        return f"{plain}0" if _THREE_DECIMALS.fullmatch(plain) else plain
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return to_json(value) if value else None


def _left_over(
    records: list[Record], used: set[str], platform: Platform
) -> tuple[list[str | None], Counter[str]]:
    """JSON text of what no column takes, as it came; and how often what is unknown has a value."""
    unknown: Counter[str] = Counter()
    texts: list[str | None] = []
    top = {name for name in used if "." not in name}
    for record in records:
        kept = {}
        for key, value in record.items():
            if key in top or value is None or value in ("", [], {}):
                continue
            if isinstance(value, dict) and all(
                name in used or one in (None, "") for name, one in flat({key: value}, "")
            ):
                continue
            kept[key] = value
            if folded(key) not in platform.quiet and folded(key) not in PREFIXES:
                unknown[key] += 1
        texts.append(to_json(kept) if kept else None)
    return texts, unknown
