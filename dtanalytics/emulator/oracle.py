"""The oracle: what each record says, as a hash, and how a table differs from it."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dtanalytics.emulator.world.columns import sent_fields
from dtanalytics.schema import REPORTS, Version

_STEP = {"money": Decimal("0.0001"), "minutes": Decimal("0.01")}


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
