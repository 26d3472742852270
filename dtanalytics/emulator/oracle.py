"""The oracle: what each record says, as a hash, and how a table differs from it."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from dtanalytics.emulator.world import clock
from dtanalytics.emulator.world.columns import sent_fields
from dtanalytics.schema import REPORTS, TIMEZONE, Report, Version

_STEP = {"money": Decimal("0.0001"), "minutes": Decimal("0.01")}
_CLICK_NAMES = ("gclid", "gbraid", "wbraid", "msclkid")


@dataclass(frozen=True)
class Comparison:
    """How a table differs from the ledger, as sids; all empty when it is exact."""

    lost: list[str]
    duplicated: list[str]
    invented: list[str]
    altered: list[str]

    @property
    def exact(self) -> bool:
        """Whether every record came, once, unaltered."""
        return not (self.lost or self.duplicated or self.invented or self.altered)


def fingerprint(report: str, record: Mapping[str, Any], version: Version = "v2") -> str:
    """Hash what a record says, whatever holds it: Arrow, pandas, Decimal, float, aware or wall-clock times.

    Empty text counts as null, because the service uses either. Fields that this version does not
    send, and derived columns, are left out.
    """
    fields = [item for item in sent_fields(REPORTS[report]) if getattr(item, version) is not None]
    said = "\x1f".join(f"{item.name}={_plain(record.get(item.name), item.kind)}" for item in fields)
    return hashlib.sha256(said.encode()).hexdigest()


def _plain(value: Any, kind: str) -> str:
    if value is None or value == "" or type(value).__name__ in {"NAType", "NaTType"}:
        return ""
    if isinstance(value, float) and value != value:  # noqa: PLR0124 -- NaN alone differs from itself
        return ""
    if kind in _STEP:
        return str(Decimal(str(value)).quantize(_STEP[kind]))
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
    if kind == "flag":
        return "Y" if value else "N"
    return str(int(value)) if kind.startswith("int") else str(value)


def ledger_of(report: str, records: Iterable[Mapping[str, Any]], version: Version = "v2") -> dict[str, str]:
    """Map each sid to the hash of its record."""
    return {record["sid"]: fingerprint(report, record, version) for record in records}


def compare(
    ledger: Mapping[str, str], report: str, records: Iterable[Mapping[str, Any]], version: Version = "v2"
) -> Comparison:
    """Compare records (rows of a table as dicts) with the ledger."""
    found = Counter[str]()
    altered = []
    for record in records:
        sid = record["sid"]
        found[sid] += 1
        if sid in ledger and fingerprint(report, record, version) != ledger[sid]:
            altered.append(sid)
    return Comparison(
        lost=sorted(set(ledger) - set(found)),
        duplicated=sorted(sid for sid, times in found.items() if times > 1),
        invented=sorted(set(found) - set(ledger)),
        altered=sorted(altered),
    )


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
