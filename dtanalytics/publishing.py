"""Calls handed on: days of the cache as Parquet on shared storage, for Dask, Spark and DuckDB."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pandas as pd
import pyarrow as pa

from dtanalytics import dataset
from dtanalytics.cache.reading import Damaged, Part
from dtanalytics.cache.store import Entry, plain
from dtanalytics.errors import CacheError
from dtanalytics.loaders import Version
from dtanalytics.scan import brought_up, origin_of, report_of
from dtanalytics.settings import Settings, in_force
from dtanalytics.window import parse_window


def publish(
    url: str,
    report: str = "leadflow",
    start: Any = None,
    end: Any = None,
    *,
    set_id: int | None = None,
    where: Mapping[str, Any] | str | None = None,
    version: Version = "v2",
    offline: bool | None = None,
    settings: Settings | None = None,
) -> pd.DataFrame:
    """Copy calls to shared storage as partitioned Parquet that Dask, Spark and DuckDB read.

    Parameters
    ----------
    url : str
        A folder, or a URL that fsspec knows (``"s3://bucket/calls"``).
    report : {"leadflow", "bids"}
        Which calls.
    start, end : str, date, datetime, Timestamp or Period, optional
        Days to publish, whole; loaded first where the cache lacks them. None: all days that it holds.
    set_id, where, version, offline, settings
        As for `scan`.

    Returns
    -------
    pandas.DataFrame
        A row a day: ``day``, ``rows`` [calls], ``path``. A day published again replaces the earlier one.

    Raises
    ------
    InputError, CacheError, ApiError
        As for `scan`.
    ConfigError
        fsspec is not installed.

    Notes
    -----
    What is published holds personal data, as the cache does: publish where only those may read who may
    read the cache.

    Examples
    --------
    >>> import dtanalytics as dta
    >>> import tempfile
    >>> with dta.demo(), tempfile.TemporaryDirectory() as folder:
    ...     days = dta.publish(folder, "leadflow", "2026-10-05", "2026-10-07")
    ...     again = dta.scan("leadflow", "2026-10-05", "2026-10-07", source=folder)
    ...     same = int(again.rollup(None, "call_count")["call_count"].item()) == days["rows"].sum()
    >>> bool(same)
    True
    """
    kind = report_of(report)
    if start is None:
        origin = origin_of(report, in_force(settings), set_id, where, version)
        state = origin.entry.manifest()
        days = sorted(state.days)
    else:
        window = parse_window(start, end)
        origin, state = brought_up(report, window, settings, set_id, where, version, offline=offline)
        days = [day.isoformat() for day in window.days()]
    filesystem, folder = dataset.open_folder(url, kind)
    rows = dict.fromkeys(days, 0)
    for part in origin.entry.parts(state, [dt.date.fromisoformat(day) for day in days]):
        table = _damage_told(origin.entry, part)
        dataset.write_day(filesystem, folder, part.day, table)
        rows[part.day] = table.num_rows
    dataset.name_days(filesystem, folder, kind, rows)
    made = [dataset.day_path(folder, day) if rows[day] else None for day in days]
    return pd.DataFrame({"day": pd.to_datetime(days), "rows": list(rows.values()), "path": made})


def _damage_told(entry: Entry, part: Part) -> pa.Table:
    try:
        return plain(entry.read([part]), entry.report)
    except Damaged as damaged:
        raise CacheError(
            f"the cached day {damaged.days[0]} is damaged; load it again, then publish"
        ) from None
