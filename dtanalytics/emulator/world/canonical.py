"""The calls as a loader must give them: instants in place of wall clocks, and the derived columns."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from dtanalytics.emulator.world import clock
from dtanalytics.schema import REPORTS, TIMEZONE, Report

_CLICK_NAMES = ("gclid", "gbraid", "wbraid", "msclkid")


def canonical_table(table: pa.Table, name: str) -> pa.Table:
    """Turn wall clocks into instants and add the derived columns: the schema that loaders promise."""
    report = REPORTS[name]
    columns: dict[str, pa.Array] = {}
    for item in report.fields:
        if item.name in table.column_names:
            column = table[item.name].combine_chunks()
            columns[item.name] = _instants(column)[0] if item.kind == "time" else column
    columns |= _derived(table, report)
    rows = table.num_rows
    return pa.table(
        [columns.get(item.name, pa.nulls(rows, item.arrow)) for item in report.fields], schema=report.schema
    )


def _instants(column: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Read a wall clock as its first occurrence, and say where that was a choice."""
    known = column.is_valid().to_numpy(zero_copy_only=False)
    wall = column.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    utc, ambiguous = clock.to_utc(wall // 1_000_000)
    instants = pa.array(utc * 1_000_000 + wall % 1_000_000, mask=~known).cast(pa.timestamp("us", tz="UTC"))
    return instants.cast(pa.timestamp("us", tz=TIMEZONE)), pa.array(ambiguous, mask=~known)


def _derived(table: pa.Table, report: Report) -> dict[str, pa.Array]:
    time = table[report.time].combine_chunks()
    wall = time.cast(pa.int64()).to_numpy(zero_copy_only=False) // 1_000_000
    columns = {
        "call_day": pa.array((wall // clock.DAY).astype(np.int32)).cast(pa.date32()),
        "call_hour": pa.array((wall % clock.DAY // 3600).astype(np.int8)),
        report.ambiguous: _instants(time)[1],
    }
    if report.name == "bids":
        clicks = [
            _click(row) for row in table.select(["ppc_gclid", "last_touch", "baseuri", "url_tag"]).to_pylist()
        ]
        for place, name in enumerate(("click_id", "click_id_type", "click_id_field")):
            columns[name] = pa.array([click[place] for click in clicks], pa.string())
    return columns


def _click(row: Mapping[str, str | None]) -> tuple[str | None, str | None, str | None]:
    """Find the click that the generator put into the row."""
    for place, text in row.items():
        if place == "ppc_gclid" and text:
            return text, "gclid", place
        for name in _CLICK_NAMES:
            _, found, rest = (text or "").partition(f"{name}=")
            if found:
                return rest.partition("&")[0], name, place
    return None, None, None
