"""The emulator's own reading of ``q=``: ``field:[low TO high}`` conditions joined by commas."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
import pyarrow as pa

from dtanalytics.emulator.world import clock
from dtanalytics.emulator.world.routing import Bools
from dtanalytics.schema import BIDS, Field, Version

_BOUND = r"((?:\\.|[^\\\[\]{}])*?)"
_RANGE = re.compile(rf"([\[{{])\s*{_BOUND}\s+TO\s+{_BOUND}\s*([\]}}])", re.DOTALL)


class BadQueryError(ValueError):
    """The service answers 400 with this text."""


@dataclass(frozen=True)
class QueryCondition:
    """One condition of a query: a field between two bounds, either of which may be open (None)."""

    field: Field
    low: Any
    high: Any
    low_included: bool = True
    high_included: bool = True


def parse_query(text: str, version: Version = "v2") -> list[QueryCondition]:
    """Read a query.

    Examples
    --------
    >>> [found] = parse_query("talk_minutes:[0.5 TO *}")
    >>> found.field.name, found.low, found.high, found.low_included
    ('talk_minutes', Decimal('0.5'), None, True)
    """
    fields = BIDS.wire(version)
    conditions = []
    rest = text.strip()
    while rest:
        name, colon, rest = rest.partition(":")
        field = fields.get(name.strip())
        if not colon or field is None:
            raise BadQueryError(f"unknown field {name.strip()!r}")
        read = _reader(field)
        found = _RANGE.match(rest.lstrip())
        if found:
            rest = rest.lstrip()[found.end() :]
            opened, low, high, closed = found.groups()
            conditions.append(QueryCondition(field, read(low), read(high), opened == "[", closed == "]"))
        else:
            value, comma, rest = _value(rest)
            if value != "*":
                conditions.append(QueryCondition(field, read(value), read(value)))
            rest = comma + rest
        rest = rest.lstrip()
        if rest and not rest.startswith(","):
            raise BadQueryError(f"expected a comma before {rest[:20]!r}")
        rest = rest[1:].lstrip()
    return conditions


def matches(conditions: list[QueryCondition], table: pa.Table) -> Bools:
    """Say which rows meet every condition; a null meets none."""
    result = np.ones(table.num_rows, dtype=bool)
    for condition in conditions:
        values = table[condition.field.name].to_pylist()
        result &= np.fromiter((_within(value, condition) for value in values), bool, len(values))
    return result


def _within(value: Any, condition: QueryCondition) -> bool:
    if value is None:
        return False
    if condition.low is not None and not (
        value >= condition.low if condition.low_included else value > condition.low
    ):
        return False
    return condition.high is None or bool(
        value <= condition.high if condition.high_included else value < condition.high
    )


def _value(rest: str) -> tuple[str, str, str]:
    """Take one plain or quoted value off the front."""
    rest = rest.lstrip()
    if rest.startswith('"'):
        quoted = re.match(r'"((?:[^"\\]|\\.)*)"', rest)
        if quoted is None:
            raise BadQueryError("a quoted value does not end")
        return re.sub(r"\\(.)", r"\1", quoted[1]), "", rest[quoted.end() :]
    plain, comma, rest = rest.partition(",")
    return plain.strip(), comma, rest


def _reader(field: Field) -> Callable[[str], Any]:
    """Read a bound as the type of the field; ``*`` is open."""

    def read(text: str) -> Any:
        if text in {"*", '"*"'}:
            return None
        text = re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL) if "\\" in text else text.strip('"')
        try:
            if field.kind == "time":
                return clock.moment(clock.parse(text))
            if field.kind in {"minutes", "money"} or field.kind.startswith("int"):
                return Decimal(text)
        except (ValueError, InvalidOperation) as error:
            raise BadQueryError(f"{text!r} is no value of {field.name}") from error
        return text

    return read
