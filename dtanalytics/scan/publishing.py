"""Copy days of the cache to shared storage as Parquet, for Dask, Spark and DuckDB."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import msgspec
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.cache.entry import Entry, plain
from dtanalytics.cache.manifest import Vintage
from dtanalytics.cache.read import Damaged, Part
from dtanalytics.calling.public import public
from dtanalytics.errors import CacheError, InputError
from dtanalytics.filters.pushed import holds
from dtanalytics.loading.options import Version, load_policy
from dtanalytics.scan.dataset import Folder, Published
from dtanalytics.scan.lazy import Scan
from dtanalytics.scan.opening import check_arguments, condition_text, load_missing, origin_of, report_of
from dtanalytics.settings import Settings, in_force
from dtanalytics.window import parse_window

_NO_FILE: dict[str, Any] = {"file": None, "sha256": "", "bytes": 0}


@public
def publish(
    report: str,
    start: Any = None,
    end: Any = None,
    *,
    url: str,
    set_id: int | None = None,
    where: Mapping[str, Any] | str | None = None,
    version: Version = "v2",
    offline: bool | None = None,
    settings: Settings | None = None,
) -> pd.DataFrame:
    """Copy calls to shared storage as partitioned Parquet that Dask, Spark and DuckDB read.

    Parameters
    ----------
    report : {"leadflow", "bids"}
        Which calls.
    start, end : str, date, datetime, Timestamp or Period, optional
        Days to publish, whole; loaded first where the cache lacks them. None: all days that it holds.
    url : str
        Where to: a folder, or a URL that fsspec knows (``"s3://bucket/calls"``). `scan` reads it as
        ``source``.
    set_id, where, version, offline, settings
        As for `scan`.

    Returns
    -------
    pandas.DataFrame
        A row a day: ``day``, ``rows`` [calls], ``path``. A day published again replaces the earlier one; a
        folder holds one question (account, ``set_id``, ``where``).

    Raises
    ------
    InputError, CacheError, ApiError
        As for `scan`; CacheError also when another process publishes to the folder for more than a minute,
        or has done so meanwhile on storage that knows no locks.
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
    ...     days = dta.publish("leadflow", "2026-10-05", "2026-10-07", url=folder)
    ...     again = dta.scan("leadflow", "2026-10-05", "2026-10-07", source=folder)
    ...     same = int(again.rollup(None, "call_count")["call_count"].item()) == days["rows"].sum()
    >>> bool(same)
    True
    """
    kind = report_of(report)
    check_arguments(report, set_id, where, version)
    settings = in_force(settings)
    origin = origin_of(report, settings, set_id, where, version)
    if start is None:
        days, offline = [dt.date.fromisoformat(day) for day in origin.entry.manifest().days], True
    else:
        days = parse_window(start, end).days()
    folder = Folder(url, kind)
    condition = condition_text(report, set_id, where)
    _of_one_question(folder, condition, None)
    noted: dict[str, Vintage] = {}
    if days:
        window = parse_window(days[0], days[-1] + dt.timedelta(days=1))
        policy = load_policy(settings, refresh=False, offline=offline, progress=None)
        calls, parts, state = load_missing(origin, window, days, policy)
        located = {part.day: part for part in parts}
        with folder.one_writer():
            before = _of_one_question(folder, condition, state.account_id)
            number, account = before.number + 1, before.account or state.account_id
            for day in map(dt.date.isoformat, days):
                table = _calls(origin.entry, located[day], calls) if day in located else kind.empty()
                noted[day] = msgspec.structs.replace(
                    state.days[day][-1],
                    **(folder.write_day(day, table) if table.num_rows else _NO_FILE),
                    rows=table.num_rows,
                    offset=0,
                    since=number,
                    doubt=False,
                )
            whole = dict(sorted({**before.days, **noted}.items()))
            folder.list_days(Published(kind.name, kind.fingerprint, condition, account, number, whole))
    made = [folder.path_of(day) if vintage.rows else None for day, vintage in noted.items()]
    rows = [vintage.rows for vintage in noted.values()]
    return pd.DataFrame({"day": pd.to_datetime(list(noted)), "rows": rows, "path": made})


def _of_one_question(folder: Folder, condition: str, account: str | None) -> Published:
    """What a folder lists, which has to be calls of the same account under the same condition."""
    before = folder.published()
    if before.days and before.condition != condition:
        raise InputError(
            f"{folder.path} holds calls of {before.condition or 'no condition'!r}; publish those of "
            f"{condition or 'no condition'!r} to another folder"
        )
    if None not in (account, before.account) and account != before.account:
        raise InputError(f"{folder.path} holds calls of another account: publish to another folder")
    return before


def _calls(entry: Entry, part: Part, calls: Scan) -> pa.Table:
    """The calls of one day, as they are at rest, without those that a scan leaves out."""
    try:
        table = plain(entry.read([part]), entry.report)
    except Damaged as damaged:
        raise CacheError(f"the cached day {damaged} is damaged; load it again, then publish") from None
    if gone := [sid for day, sid in calls.without if day == part.day]:
        table = table.filter(pc.invert(pc.is_in(table[entry.report.key], pa.array(gone))))
    return table.filter(holds(table, calls.condition, entry.report)) if calls.condition else table
