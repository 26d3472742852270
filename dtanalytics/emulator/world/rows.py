"""The rows of a report at one moment: those visible by then, with the changes until then."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.emulator.world import clock
from dtanalytics.emulator.world.columns import column_type, sent_fields
from dtanalytics.emulator.world.model import Amendments, ReportRows
from dtanalytics.emulator.world.routing import Bools, Ints
from dtanalytics.errors import InputError
from dtanalytics.schema import REPORTS

_VERDICTS = ("offer_qualified", "offer_price", "affiliate_qualified", "affiliate_price", "margin")
_LENGTHS = ("talk_minutes", "talk_seconds", "total_minutes", "total_seconds", "call_duration", "talk_end")
_UNTIL_OVER = frozenset([*_VERDICTS, *_LENGTHS, "contest_qualification", "recording_link", "recording"])
"""What nobody knows while the call lasts."""


@dataclass(frozen=True)
class Snapshot:
    """The rows at one moment, by time and then sid; `when` [s] is their time, `active` their state."""

    table: pa.Table
    when: Ints
    set_id: Ints
    active: Bools


def snapshot_at(source: ReportRows, now: int | None) -> Snapshot:
    """Rows of the report at `now` [s, wall clock]; None: after the last change."""
    report = REPORTS["leadflow" if "call_date" in source.table.column_names else "bids"]
    table = _amend(source.table, source.amendments, now)
    when = seconds(table, report.time)
    active = np.zeros(len(when), dtype=bool) if now is None else source.ended > now
    if active.any():
        over = pa.array(~active)
        for name in _UNTIL_OVER & set(table.column_names):
            column = table[name]
            table = table.set_column(
                table.column_names.index(name), name, pc.if_else(over, column, pa.scalar(None, column.type))
            )
    shown = np.ones(len(when), dtype=bool) if now is None else source.visible <= now
    rows = np.flatnonzero(shown)
    rows = rows[np.lexsort((_sortable(table["sid"])[rows], when[rows]))]
    return Snapshot(table.take(rows), when[rows], source.set_id[rows], active[rows])


def _sortable(sids: pa.ChunkedArray) -> Any:
    """Sids as numbers when all are, which sorts many times faster than text."""
    try:
        return sids.cast(pa.int64()).to_numpy()
    except pa.ArrowInvalid:
        return sids.to_numpy()


def seconds(table: pa.Table, name: str) -> Ints:
    """Wall clock [s] of a column of naive time stamps."""
    micros: Ints = table[name].cast(pa.int64()).to_numpy()
    return micros // 1_000_000


def _amend(table: pa.Table, amendments: Amendments, now: int | None) -> pa.Table:
    """Apply the changes that had happened by `now`, the later over the earlier."""
    happened = range(len(amendments.row)) if now is None else np.flatnonzero(amendments.at <= now).tolist()
    changes: dict[str, dict[int, object]] = {}
    for index in sorted(happened, key=lambda index: int(amendments.at[index])):
        changes.setdefault(amendments.column[index], {})[int(amendments.row[index])] = amendments.value[index]
    for name, values in changes.items():
        rows = np.array(sorted(values))
        mask = np.zeros(table.num_rows, dtype=bool)
        mask[rows] = True
        new = pa.array([values[row] for row in rows.tolist()], table.schema.field(name).type)
        column = pc.replace_with_mask(table[name].combine_chunks(), pa.array(mask), new)
        table = table.set_column(table.column_names.index(name), name, column)
    return table


def insert(source: ReportRows, records: list[dict[str, Any]], set_id: int = 0) -> ReportRows:
    """Add rows, visible at once; fields that are not given are null."""
    report = REPORTS["leadflow" if "call_date" in source.table.column_names else "bids"]
    fields = sent_fields(report)
    unknown = {name for record in records for name in record} - {item.name for item in fields}
    if unknown:
        raise InputError(f"{report.name} does not send {sorted(unknown)}")
    added = pa.table(
        {item.name: pa.array([r.get(item.name) for r in records], column_type(item)) for item in fields}
    )
    when = seconds(added, report.time)
    return replace(
        source,
        table=pa.concat_tables([source.table, added]),
        visible=np.r_[source.visible, np.full(len(records), clock.parse("0001-01-01"))],
        ended=np.r_[source.ended, when],
        set_id=np.r_[source.set_id, np.full(len(records), set_id)],
    )


def delete(source: ReportRows, sids: set[str]) -> ReportRows:
    """Remove rows for good."""
    keep = ~np.isin(source.table["sid"].to_numpy(), list(sids))
    place = np.cumsum(keep) - 1
    old = source.amendments
    kept = np.flatnonzero(keep[old.row]) if len(old.row) else np.empty(0, np.int64)
    return ReportRows(
        table=source.table.filter(pa.array(keep)),
        visible=source.visible[keep],
        ended=source.ended[keep],
        set_id=source.set_id[keep],
        amendments=Amendments(
            place[old.row[kept]],
            old.at[kept],
            [old.column[index] for index in kept.tolist()],
            [old.value[index] for index in kept.tolist()],
        ),
    )


def update(source: ReportRows, sid: str, at: int, changes: dict[str, object]) -> ReportRows:
    """Change values of one row from `at` [s] on."""
    rows = np.flatnonzero(source.table["sid"].to_numpy() == sid)
    if len(rows) != 1:
        raise InputError(f"{len(rows)} rows have the sid {sid}")
    old = source.amendments
    return replace(
        source,
        amendments=Amendments(
            np.r_[old.row, np.full(len(changes), rows[0])],
            np.r_[old.at, np.full(len(changes), at)],
            [*old.column, *changes],
            [*old.value, *changes.values()],
        ),
    )
