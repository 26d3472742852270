"""Conditions and spans of time for Arrow and SQL, applied to cached calls: a service may ignore ``q=``."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.filters import Condition, Where, conditions
from dtanalytics.schema import BIDS, EASTERN, TIMEZONE, Field, Report
from dtanalytics.window import Window

_ARROW = {"=": pc.equal, ">=": pc.greater_equal, "<=": pc.less_equal, ">": pc.greater, "<": pc.less}


def holds(table: pa.Table, where: Where, report: Report = BIDS) -> pa.ChunkedArray:
    """Tell for each row whether all conditions hold; null matches none.

    Examples
    --------
    >>> table = pa.table({"rank": pa.array([1, 2, None], pa.int8())})
    >>> holds(table, {"rank": 2}).to_pylist()
    [False, True, False]
    """
    kept = pa.chunked_array([pa.array(np.ones(table.num_rows, dtype=bool))])
    for field, compare, bound in _bounds(where, report):
        column = table[field.name]
        if compare is None:
            found = column.is_valid()
        else:
            if field.kind == "time":
                column = pc.local_timestamp(column)
            elif pa.types.is_dictionary(column.type):
                column = column.cast(column.type.value_type)
            found = _ARROW[compare](column, pa.scalar(bound, column.type))
        kept = pc.and_(kept, pc.fill_null(found, fill_value=False))
    return kept


def within(table: pa.Table, window: Window, report: Report) -> pa.Table:
    """Rows whose time lies in the window."""
    inside = is_within(table, window, report)
    return table if pc.all(inside).as_py() else table.filter(inside)  # a filter copies every column


def is_within(table: pa.Table, window: Window, report: Report) -> pa.ChunkedArray:
    """Tell which rows have a time that lies in the window."""
    column = table.column(report.time)
    low, high = (
        pa.scalar(moment.replace(tzinfo=EASTERN), column.type) for moment in (window.start, window.end)
    )
    return pc.and_(pc.greater_equal(column, low), pc.less(column, high))


def to_sql(where: Where, report: Report = BIDS) -> str:
    """Write conditions for DuckDB.

    Examples
    --------
    >>> import pandas as pd
    >>> print(to_sql({"talk_minutes": pd.Interval(0.5, np.inf), "channel": "O'Neil"}))
    "talk_minutes" > 0.50 AND "channel" = 'O''Neil'
    """
    parts = []
    for field, compare, bound in _bounds(where, report):
        name = f'"{field.name}"'
        if compare is None:
            parts.append(f"{name} IS NOT NULL")
            continue
        if isinstance(bound, datetime):
            name, value = f"timezone('{TIMEZONE}', {name})", f"TIMESTAMP '{bound}'"
        else:
            value = str(bound) if not isinstance(bound, str) else "'" + bound.replace("'", "''") + "'"
        parts.append(f"{name} {compare} {value}")
    return " AND ".join(parts)


def fields_of(where: Where, report: Report = BIDS) -> list[str]:
    """Columns that the conditions are about."""
    return list(conditions(where, report))


def _bounds(where: Where, report: Report) -> Iterator[tuple[Field, str | None, Any]]:
    """Comparisons that a value must pass, by column, each with a bound of the column's own type."""
    wanted = conditions(where, report)
    for name in sorted(wanted, key=report.columns.index):
        condition, field = wanted[name], report.by_name[name]
        yield from ((field, compare, bound) for compare, bound in _comparisons(condition, field))


def _comparisons(condition: Condition, field: Field) -> Iterator[tuple[str | None, Any]]:
    low, high = condition.low, condition.high
    if isinstance(low, str):
        yield "=", low
        if not (condition.low_closed and condition.high_closed):
            yield "<", low  # excluded: nothing is left
        return
    if low is None and high is None:
        yield None, None  # anything but null
    for bound, closed, least in ((low, condition.low_closed, True), (high, condition.high_closed, False)):
        if isinstance(bound, Decimal):
            number, exact = _fitted(bound, field, least)
            yield (">" if least else "<") + "=" * (closed or not exact), number
        elif bound is not None:
            yield (">" if least else "<") + "=" * closed, bound


def _fitted(bound: Decimal, field: Field, least: bool) -> tuple[Decimal | int, bool]:
    """The bound in the column's own steps, and whether it is one; else the next one inside, which counts."""
    decimal = pa.types.is_decimal(field.arrow)
    scale = field.arrow.scale if decimal else 0
    largest = 10**field.arrow.precision - 1 if decimal else 2 ** (field.arrow.bit_width - 1) - 1
    with localcontext(prec=100):
        steps = bound.scaleb(scale)
        inside = int(steps.to_integral_value(ROUND_CEILING if least else ROUND_FLOOR))
        exact = inside == steps
    if abs(inside) > largest:  # no value reaches it: all of them lie on one side
        inside, exact = int(math.copysign(1, inside)) * largest, (inside > 0) != least
    return (Decimal(inside).scaleb(-scale) if decimal else inside), exact
