"""Synthetic answers of other platforms: LeadFlow calls, written as the mappings say they would be."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from dtanalytics.platforms.catalog import platform_of
from dtanalytics.platforms.mapping import Platform, Source

_PAID = {"offer_price": "offer_qualified", "affiliate_price": "affiliate_qualified"}


def write_answer(calls: pd.DataFrame, platform: str, path: str | Path) -> Path:
    """Write LeadFlow calls as another platform would answer them, for trials without an account there.

    Parameters
    ----------
    calls : pandas.DataFrame
        Calls as `load_leadflow` gives them; synthetic ones.
    platform : str
        Which platform answers.
    path : str or Path
        File to write, JSON.

    Returns
    -------
    Path
        The file. Its calls have identifiers of their own, say what was paid instead of prices, and leave
        out what the platform does not say.

    Examples
    --------
    >>> import tempfile
    >>> import dtanalytics as dta
    >>> with dta.demo(), tempfile.TemporaryDirectory() as folder:
    ...     ours = dta.load_leadflow("2026-10-05", progress=False)
    ...     theirs = dta.read_calls(write_answer(ours, "ringba", Path(folder, "ringba.json")))
    >>> len(ours) == len(theirs), theirs["sid"].iloc[0][:7]
    (True, 'RINGBA-')
    """
    one = platform_of(platform)
    records: Any = [_record(one, row) for row in calls.to_dict("records")]
    for name in reversed(one.lists[0].split(".") if one.name != "invoca" and not one.wrapper else []):
        records = {name: records}
    file = Path(path)
    file.write_text(json.dumps(records), encoding="utf-8")
    return file


def _record(platform: Platform, row: Mapping[Hashable, Any]) -> dict[str, Any]:
    """One call in the platform's own fields, the preferred name of each."""
    record: dict[str, Any] = {}
    for source in platform.sources:
        if source.names and source.names[0] not in record:
            _put(record, source.names[0], _value(platform, source, row))
    if platform.corrected_by:
        record[platform.corrected_by[0]] = f"T-{row['sid']}"
        record[platform.row_kind] = "Call"
    return {platform.wrapper: record} if platform.wrapper else record


def _put(record: dict[str, Any], name: str, value: Any) -> None:
    *above, last = name.split(".")
    for part in above:
        record = record.setdefault(part, {})
    record[last] = value


def _value(platform: Platform, source: Source, row: Mapping[Hashable, Any]) -> Any:
    target, connected = source.target, row.get("lead_status") == "Connected"
    if target == "sid":
        return row["sid"] if platform.has_wall_clock else f"{platform.name.upper()}-{row['sid']}"
    if target == "_connected":
        return connected
    if target == "_status":
        words = {ours: theirs for theirs, ours in (source.words or {}).items()}
        return words.get(str(row.get("lead_status")), None if connected else "missed")
    if target in {"call_date", "_given"}:
        return _time(source, row["call_date"]) if target == "call_date" or connected else None
    value = row.get(target)
    if value is None or value is pd.NA or value != value:  # noqa: PLR0124 (NaN)
        return 0.0 if target in _PAID else None
    if target in _PAID and not platform.has_wall_clock:
        flag = row.get(_PAID[target])
        return float(value) if flag is not pd.NA and flag else 0.0
    if source.reading == "flag":
        return bool(value) != source.inverted
    if source.reading == "money":
        return float(value)
    return int(value) if source.reading == "seconds" else str(value)


def _time(source: Source, time: pd.Timestamp) -> Any:
    """Milliseconds since 1970 where the platform counts them, else ISO 8601 with an offset."""
    if source.names[0] in {"start_time_utc", "callDt"}:
        return int(time.timestamp() * 1000)
    return time.isoformat()
