"""Calls where they lie: cached or published Parquet, asked lazily by DuckDB or Dask, larger than memory."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import pyarrow.parquet as pq

from dtanalytics import dataset
from dtanalytics.apis.client import Client
from dtanalytics.cache.manifest import Manifest
from dtanalytics.cache.reading import Part
from dtanalytics.errors import CacheError, InputError, nearest
from dtanalytics.fetch import bring_up_to_date
from dtanalytics.loaders import Version, load_policy, moment
from dtanalytics.scanned import Engine, Piece, Scan
from dtanalytics.schema import REPORTS, Report
from dtanalytics.settings import Settings, in_force
from dtanalytics.sources import Source, bids_source, leadflow_source
from dtanalytics.window import Window, parse_window


def scan(
    report: str,
    start: Any,
    end: Any = None,
    *,
    engine: Engine = "duckdb",
    source: str | None = None,
    set_id: int | None = None,
    where: Mapping[str, Any] | str | None = None,
    version: Version = "v2",
    refresh: bool = False,
    offline: bool | None = None,
    as_of: Any = None,
    memory_limit: str | None = None,
    progress: bool | None = None,
    settings: Settings | None = None,
) -> Scan:
    """Point at the calls of a window without reading them.

    Days that the cache does not hold are loaded first, unless offline. Then only the columns and the
    days that a question needs are read, from the cache's files as they are.

    Parameters
    ----------
    report : {"leadflow", "bids"}
        Which calls.
    start, end : str, date, datetime, Timestamp or Period
        Half-open window, Eastern. A month ("2026-10") or a day ("2026-10-05") needs no end.
    engine : {"duckdb", "dask"}
        DuckDB on this machine, or Dask on whatever scheduler is in charge.
    source : str, optional
        Where `publish` put the calls (a folder or an fsspec URL), instead of the cache.
    set_id : int, optional
        Only this LeadFlow set.
    where, version
        Of Bid Management, as for `load_bids`.
    refresh, offline, as_of, progress, settings
        As for `load_leadflow`.
    memory_limit : str, optional
        Most memory that DuckDB takes for its work ("400MB"); what exceeds it goes to a temporary folder.

    Returns
    -------
    Scan
        For `rollup` and its own method ``rollup``, which return pandas; ``.relation`` and ``.dask`` are
        the calls themselves.

    Raises
    ------
    InputError
        An unknown report, engine or date; ``as_of`` of published calls, which have one state only.
    CacheError
        Offline, and days are missing; or nothing was known of a day at ``as_of``.
    ApiError
        The service did not give everything.

    Notes
    -----
    The files' checksums are not compared at every scan; ``dta.cache.verify()`` does.

    Examples
    --------
    >>> import dtanalytics as dta
    >>> with dta.demo():
    ...     week = dta.scan("leadflow", "2026-10-05", "2026-10-12")
    ...     table = week.rollup("affiliate", ["call_count", "margin"], total=True)
    >>> list(table)
    ['affiliate', 'call_count', 'margin', 'is_total']
    """
    kind, window = report_of(report), parse_window(start, end)
    if engine not in {"duckdb", "dask"}:
        raise InputError(f"engine={engine!r}: choose 'duckdb' or 'dask'")
    known_at = moment(as_of)
    if source is not None:
        if known_at is not None:
            raise InputError("as_of asks the cache, which keeps earlier answers; leave out source=")
        filesystem, folder = dataset.open_folder(source, kind)
        paths = dataset.paths(filesystem, folder, kind, window.days())
        pieces = tuple(Piece(filesystem.unstrip_protocol(path)) for path in paths)
        return Scan(kind, window, pieces, engine, memory_limit, filesystem)
    if known_at is None:
        origin, state = brought_up(
            report,
            window,
            settings,
            set_id,
            where,
            version,
            refresh=refresh,
            offline=offline,
            progress=progress,
        )
    else:
        origin = origin_of(report, in_force(settings), set_id, where, version)
        state = origin.entry.manifest()
        _all_known_at(state, window, known_at)
    parts = origin.entry.parts(state, window.days(), known_at)
    return Scan(kind, window, _pieces(parts), engine, memory_limit)


def _all_known_at(state: Manifest, window: Window, known_at: dt.datetime) -> None:
    unknown = [day for day in window.days() if state.current(day.isoformat(), known_at) is None]
    if unknown:
        raise CacheError(
            f"nothing was known of {len(unknown)} days from {unknown[0]} at {known_at:%Y-%m-%d %H:%M %Z}; "
            "choose a later as_of"
        )


def report_of(name: str) -> Report:
    """Return a report by name."""
    if name not in REPORTS:
        raise InputError(f"report={name!r}: {nearest(name, REPORTS)}")
    return REPORTS[name]


def origin_of(
    report: str,
    settings: Settings,
    set_id: int | None,
    where: Mapping[str, Any] | str | None,
    version: Version,
) -> Source[Client]:
    """Return where the calls of one question come from."""
    if report == "leadflow":
        return leadflow_source(settings, set_id=set_id)
    return bids_source(settings, where=where, version=version)


def brought_up(
    report: str,
    window: Window,
    settings: Settings | None,
    set_id: int | None,
    where: Mapping[str, Any] | str | None,
    version: Version,
    *,
    refresh: bool = False,
    offline: bool | None = None,
    progress: bool | None = None,
) -> tuple[Source[Client], Manifest]:
    """Load what the cache lacks, and return where the calls are."""
    settings = in_force(settings)
    origin = origin_of(report, settings, set_id, where, version)
    policy = load_policy(settings, refresh, offline, progress)
    state = bring_up_to_date(origin.entry, window.days(), policy, origin.connect)
    origin.drift.warn()
    missing = [day.isoformat() for day in window.days() if state.current(day.isoformat()) is None]
    if missing:
        raise CacheError(
            f"offline, and {len(missing)} days from {missing[0]} are not in the cache; "
            "load the window once while online (offline=False)"
        )
    return origin, state


def _pieces(parts: Sequence[Part]) -> tuple[Piece, ...]:
    """Name each file once, with the days that are meant when it holds others too."""
    pieces = []
    for path, group in groupby(sorted(parts, key=lambda part: str(part.path)), key=lambda part: part.path):
        listed = list(group)
        whole = len(path.name.split(".")[0]) == len("2026-10-05")
        if not whole:
            whole = pq.read_metadata(path).num_rows == sum(part.vintage.rows for part in listed)
        pieces.append(Piece(str(path), () if whole else tuple(part.day for part in listed)))
    return tuple(pieces)
