"""Another platform's calls into the cache, beside DialogTech's days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.cache.compacting import compact_entry
from dtanalytics.cache.entry import Entry, plain
from dtanalytics.cache.manifest import Manifest, Vintage
from dtanalytics.cache.read import Damaged
from dtanalytics.calling.public import public
from dtanalytics.errors import CacheError, InputError
from dtanalytics.loading.imported import OWN, imported_source
from dtanalytics.loading.ordering import by_day, ordered
from dtanalytics.platforms.read import Paths, read_typed
from dtanalytics.platforms.typed import Reading
from dtanalytics.schema import LEADFLOW, PLATFORM_REPORTS
from dtanalytics.settings import Settings, in_force
from dtanalytics.texts.amounts import DecimalMark
from dtanalytics.window import parse_window

_TRIES = 5
_DAY = dt.timedelta(days=1)


@public
def import_calls(
    path: Paths,
    platform: str | None = None,
    names: Mapping[Any, str] | None = None,
    timezone: str | None = None,
    *,
    decimal: DecimalMark | None = None,
    dayfirst: bool | None = None,
    sheet: str | int | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    settings: Settings | None = None,
) -> pd.DataFrame:
    """Keep another platform's calls in the cache, where `load_calls` and `scan` find them.

    Parameters
    ----------
    path, platform, names, timezone, decimal, dayfirst, sheet, encoding, delimiter
        As for `read_calls`.
    settings : Settings, optional
        Other settings than those in force.

    Returns
    -------
    pandas.DataFrame
        A row a day, from the first to the last of the files: ``platform``, ``call_day``, then the calls
        ``read``, ``added``, ``changed`` and ``kept`` (all that the cache now holds of the day).

    Raises
    ------
    InputError
        The calls are DialogTech's, which `load_leadflow` keeps; or as for `read_calls`.
    SchemaError, ApiError
        As for `read_calls`.
    CacheError
        The cache cannot be written.

    Notes
    -----
    Calls that are imported again replace what the cache holds of them; those that are missing from the
    new files stay. So nothing doubles, whatever is imported twice, and a day that changed gets a new
    vintage: ``as_of`` reads the earlier one. Of a call that is corrected in the files (Invoca) the
    earlier version becomes a vintage of its own. Days between the first and the last call count as known,
    without calls too.

    Examples
    --------
    >>> import json, tempfile
    >>> from pathlib import Path
    >>> import dtanalytics as dta
    >>> call = {"inboundCallId": "RGB1", "callDt": 1791209580000, "hasConverted": True}
    >>> with dta.demo(), tempfile.TemporaryDirectory() as folder:
    ...     answer = Path(folder, "ringba.json")
    ...     _ = answer.write_text(json.dumps({"report": {"records": [call]}}), "utf-8")
    ...     first, again = dta.import_calls(answer), dta.import_calls(answer)
    ...     calls = dta.load_calls("2026-10-05", platforms="ringba")
    >>> first[["added", "kept"]].values.tolist(), again[["added", "kept"]].values.tolist(), len(calls)
    ([[1, 1]], [[0, 1]], 1)
    """
    settings = in_force(settings)
    how = Reading(timezone, decimal, dayfirst, sheet, encoding, delimiter)
    rows = []
    for one in read_typed(path, platform, names, how):
        if not one.table.num_rows:
            continue
        table = plain(one.table, PLATFORM_REPORTS[OWN])
        name = one.table["platform"][0].as_py()
        if name == OWN:
            raise InputError(
                "these are DialogTech's calls, which load_leadflow loads and keeps: read_calls reads them"
            )
        entry = imported_source(settings, name).entry
        earlier = plain(one.earlier, entry.report)
        if one.earlier.num_rows:
            _keep(entry, earlier, only_new=True)
        rows += [{"platform": name, **row} for row in _keep(entry, table)]
    types = {"platform": "category", "call_day": "datetime64[us]", "read": "int64", "added": "int64",
             "changed": "int64", "kept": "int64"}  # fmt: skip
    return pd.DataFrame(rows, columns=list(types)).astype(types)


def _keep(entry: Entry, table: pa.Table, *, only_new: bool = False) -> list[dict[str, Any]]:
    """Merge calls into the days that the cache holds, in one commit.

    ``only_new`` leaves calls alone that the cache knows, and is an answer of a moment ago.
    """
    first, last = pc.min(table["call_day"]).as_py(), pc.max(table["call_day"]).as_py()
    for _ in range(_TRIES):
        state = entry.manifest()
        writing = replace(entry, since=state.number + 1)
        writing.prepare()
        asked = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1 if only_new else 0)
        rows, vintages = [], {}
        for day, calls in by_day(table, parse_window(first, last + _DAY), entry.report).items():
            held = _held(entry, state, day)
            row, merged = _merged(entry, held, calls, only_new=only_new)
            rows.append({"call_day": day, **row})
            if held is None or row["added"] or row["changed"]:
                vintages[day.isoformat()] = writing.write(day, merged, asked)
        if not vintages or _published(writing, vintages).number == state.number + 1:
            compact_entry(entry, state)
            return rows
    raise CacheError(f"others import into {entry.folder} all the time: try again")


def _published(entry: Entry, vintages: Mapping[str, Vintage]) -> Manifest:
    return entry.publish(vintages)


def _held(entry: Entry, state: Manifest, day: dt.date) -> pa.Table | None:
    """What the cache holds of a day; None where it was never imported."""
    if state.current(day.isoformat()) is None:
        return None
    try:
        return plain(entry.read(entry.parts(state, [day])), entry.report)
    except Damaged as damaged:
        entry.confirmed(damaged)
        raise CacheError(
            f"the cached day {day} is damaged and was moved aside: clear it, "
            f"dta.cache.clear({entry.report.name!r}, '{day}'), and import its files again"
        ) from None


def _merged(
    entry: Entry, held: pa.Table | None, calls: pa.Table, *, only_new: bool
) -> tuple[dict[str, int], pa.Table]:
    """Calls of a day, those that the cache knows replaced; and how many are new or differ."""
    key = LEADFLOW.key
    if held is None or not held.num_rows:
        return {"read": calls.num_rows, "added": calls.num_rows, "changed": 0, "kept": calls.num_rows}, calls
    known = pc.is_in(calls[key], held[key].combine_chunks())
    added = calls.num_rows - (pc.sum(known).as_py() or 0)
    if only_new:
        calls, again = calls.filter(pc.invert(known)), calls.slice(0, 0)
        left = held
    else:
        replaced = pc.is_in(held[key], calls[key].combine_chunks())
        again, left = held.filter(replaced), held.filter(pc.invert(replaced))
    new = calls.filter(pc.is_in(calls[key], again[key].combine_chunks())) if again.num_rows else again
    changed = _differences(ordered(again, entry.report), ordered(new, entry.report))
    merged = ordered(pa.concat_tables([plain(left, entry.report), plain(calls, entry.report)]), entry.report)
    return {"read": calls.num_rows, "added": added, "changed": changed, "kept": merged.num_rows}, merged


def _differences(old: pa.Table, new: pa.Table) -> int:
    """Number of calls of which anything differs."""
    if old.num_rows != new.num_rows or not old.num_rows:
        return int(new.num_rows)
    order = [table.sort_by(LEADFLOW.key) for table in (old, new)]
    differs = None
    for name in old.column_names:
        one, other = (table[name].combine_chunks() for table in order)
        same = pc.or_(
            pc.equal(one, other).fill_null(fill_value=False), pc.and_(one.is_null(), other.is_null())
        )
        differs = pc.invert(same) if differs is None else pc.or_(differs, pc.invert(same))
    return int(pc.sum(differs).as_py() or 0)
