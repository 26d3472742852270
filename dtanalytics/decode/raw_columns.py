"""The result of both readers, and how it becomes a finished table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.decode.clicks import click_columns
from dtanalytics.decode.wall_clock import resolve
from dtanalytics.schema import Report


@dataclass
class RawColumns:
    """Columns as read: typed, except that a time is still a wall clock.

    Attributes
    ----------
    rows : int
        How many records there are.
    columns : dict of str to pyarrow.Array
        Canonical name -> values; a field that was not sent has no entry.
    instants : dict of str to pyarrow.Array
        Times that came with an offset, by canonical name; null in the rows that had none.
    extra : pyarrow.Array or None
        JSON text of what the schema does not know; None when there is nothing.
    drift : Counter
        What was unknown, missing or unreadable -> number of records.
    """

    rows: int
    columns: dict[str, pa.Array]
    instants: dict[str, pa.Array] = field(default_factory=dict)
    extra: pa.Array | None = None
    drift: Counter[str] = field(default_factory=Counter)


def to_table(parts: RawColumns, report: Report, zone: str) -> pa.Table:
    """Resolve the times, derive day, hour, flag and click, and lay the columns out as declared."""
    columns = dict(parts.columns)
    for name, column in parts.columns.items():
        if report.by_name[name].kind == "time":
            columns[name], ambiguous = resolve(column, zone)
            sent = parts.instants.get(name)
            if sent is not None:
                columns[name] = pc.coalesce(sent, columns[name])
                ambiguous = pc.if_else(pc.is_valid(sent), False, ambiguous)  # noqa: FBT003 (a value)
            if name == report.time:
                columns[report.ambiguous] = ambiguous
    local = pc.local_timestamp(columns[report.time])
    columns["call_day"] = local.cast(pa.date32(), safe=False)
    columns["call_hour"] = pc.hour(local).cast(pa.int8())
    if "click_id" in report.by_name:
        columns |= click_columns(columns, parts.rows)
    if parts.extra is not None:
        columns["extra"] = parts.extra
    return pa.table(
        [
            columns[item.name] if item.name in columns else pa.nulls(parts.rows, item.arrow)
            for item in report.fields
        ],
        schema=report.schema,
    )
