"""A year of a large network's calls as `dta.publish` lays them out: a file a day, written once and used again."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.cache.manifest import Vintage
from dtanalytics.loading.ordering import by_day
from dtanalytics.scan.dataset import Folder, Published
from dtanalytics.schema import LEADFLOW, TIMEZONE
from dtanalytics.window import parse_window
from tests.bench.network import make

PARTS, DAYS = 20, 18
"""The calls of so many days, made once, come so many times, each time later by as many days."""
START, END = "2026-01-01", "2026-12-27"
BYTES = 40
"""About so many for each call on disk."""
_DAY_US, _HOUR_US = 86_400_000_000, 3_600_000_000
_ASKED = dt.datetime(2027, 3, 1, tzinfo=dt.UTC)


def publish(folder: Path, rows: int) -> None:
    """Write so many calls in all, from `START` to `END`; nothing where they are there already."""
    target = Folder(str(folder), LEADFLOW)
    if target.published().days:
        return
    calls = make(rows // PARTS)
    days = {}
    clock = calls["call_date"].dt.tz_localize(None).to_numpy(dtype="datetime64[us]").view(np.int64)
    clock = clock // _DAY_US % DAYS * _DAY_US + clock % _DAY_US
    order = np.argsort(clock, kind="stable")
    clock = clock[order]
    table = _as_cached(calls.drop(columns=["call_date", "call_day", "call_hour"]).iloc[order])
    del calls

    def written(day: dt.date, one: pa.Table) -> Vintage:
        made = target.write_day(day.isoformat(), one)
        return Vintage(rows=one.num_rows, asked=_ASKED, checked=_ASKED, since=1, **made)

    with target.one_writer(), ThreadPoolExecutor(2) as pool:
        for part in range(PARTS):
            start = pd.Timestamp(START) + pd.Timedelta(days=DAYS * part)
            window = parse_window(start.date(), (start + pd.Timedelta(days=DAYS)).date())
            moved = _at(table, clock + (start.value // 1000), part)
            found = by_day(moved, window, LEADFLOW)
            made = pool.map(written, found, found.values())
            days.update(zip((day.isoformat() for day in found), made, strict=True))
        target.list_days(Published(LEADFLOW.name, LEADFLOW.fingerprint, "", None, 1, days))


def _as_cached(calls: pd.DataFrame) -> pa.Table:
    """Calls in the types of the cache; columns that nothing is known of are null."""
    columns = {}
    for field in LEADFLOW.schema:
        if field.name not in calls:
            columns[field.name] = pa.nulls(len(calls), field.type)
            continue
        column = pa.chunked_array([pa.array(calls[field.name])] if len(calls) else [])
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if pa.types.is_decimal(field.type):
            column = pc.round(column, 2)
        columns[field.name] = column.cast(field.type)
    return pa.table(columns, schema=LEADFLOW.schema)


def _at(table: pa.Table, clock: np.ndarray, part: int) -> pa.Table:
    """The calls at other times of Eastern wall clock [us], with identifiers of their own."""
    hours, hour = np.unique(clock // _HOUR_US, return_inverse=True)
    shown = pd.Series((hours * _HOUR_US).astype("datetime64[us]"))
    first = np.ones(len(shown), dtype=bool)  # of two hours of the same name
    begins = shown.dt.tz_localize(TIMEZONE, ambiguous=first, nonexistent="shift_forward")
    instants = begins.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy().view(np.int64)
    sids = pa.array(5_000_000_000 + part * table.num_rows + np.arange(table.num_rows))
    made = {
        "call_date": pa.array(instants[hour] + clock % _HOUR_US),
        "call_day": pa.array((clock // _DAY_US).astype(np.int32)),
        "call_hour": pa.array(begins.dt.hour.to_numpy(np.int8)[hour]),
        "sid": sids,
    }
    for name, column in made.items():
        at = LEADFLOW.schema.get_field_index(name)
        table = table.set_column(at, LEADFLOW.schema.field(at), column.cast(LEADFLOW.schema.field(at).type))
    return table
