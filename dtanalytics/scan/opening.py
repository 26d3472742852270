"""`scan`: calls in cached or published Parquet files, read lazily by DuckDB or Dask; larger than memory."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dtanalytics.apis.client import Client
from dtanalytics.cache import files
from dtanalytics.cache.manifest import Manifest
from dtanalytics.cache.memo import recall, remember
from dtanalytics.cache.read import Damaged, Part
from dtanalytics.calling.public import public
from dtanalytics.errors import InputError, nearest
from dtanalytics.filters import to_query
from dtanalytics.loading.demonstration import beside
from dtanalytics.loading.fetch import Policy, oldest_answer, read_days
from dtanalytics.loading.imported import OWN, check_imported, imported_source
from dtanalytics.loading.moved import key_of, outdated, ranks
from dtanalytics.loading.note import note_of
from dtanalytics.loading.options import Version, load_policy, moment, warn_of_window
from dtanalytics.loading.sources import Source, bids_source, leadflow_source
from dtanalytics.scan.dataset import Folder
from dtanalytics.scan.lazy import Engine, Scan
from dtanalytics.scan.pieces import FileDays
from dtanalytics.scan.sound import check
from dtanalytics.schema import ALL_REPORTS, PLATFORM_REPORTS, Report
from dtanalytics.settings import Settings, in_force
from dtanalytics.window import Window, parse_window

_MEMORY = re.compile(r"\d+(\.\d+)? ?[KMGT]i?B", re.ASCII | re.IGNORECASE)


@public
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
    report : {"leadflow", "bids"} or the name of a platform
        Which calls: of one of both reports, or of a platform as `import_calls` keeps them ("invoca").
    start, end : str, date, datetime, Timestamp or Period
        Half-open window, Eastern. A month ("2026-10") or a day ("2026-10-05") needs no end.
    engine : {"duckdb", "dask"}
        DuckDB on this machine, or Dask on whatever scheduler is in charge.
    source : str, optional
        Where `publish` put the calls (a folder or an fsspec URL), instead of the cache.
    set_id : int, optional
        Only this LeadFlow set.
    where, version
        Of Bid Management, as for `load_bids`. Of published calls the condition is what was published.
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
        An unknown report, engine or date; an argument that does not belong to the report; ``as_of`` of
        published calls, which have one state only.
    CacheError
        Offline, and days are missing or damaged; nothing was known of a day at ``as_of``; published files
        are not what was published.
    ApiError
        The service did not give everything.

    Notes
    -----
    Each file is compared with its SHA-256 when it is scanned for the first time, and again when its size,
    times or inode have changed. Damaged days of the cache are asked again.

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
    if memory_limit is not None and not _MEMORY.fullmatch(memory_limit.strip()):
        raise InputError(f"memory_limit={memory_limit[:60]!r}: give a number and a unit, such as '2GB'")
    known_at = moment(as_of)
    settings = in_force(settings)
    check_arguments(report, set_id, where, version)
    if source is not None:
        if known_at is not None:
            raise InputError("as_of asks the cache, which keeps earlier answers; leave out source=")
        if refresh:
            raise InputError("refresh=True asks the service; leave out source=, or publish anew")
        return _published(
            kind, source, window, condition_text(report, set_id, where), engine, memory_limit, settings
        )
    origin = origin_of(report, settings, set_id, where, version)
    policy = load_policy(settings, refresh, offline or report in PLATFORM_REPORTS, progress)
    if report in PLATFORM_REPORTS:
        check_imported(origin.entry, window.days())
    found, _, state = load_missing(origin, window, window.days(), policy, known_at)
    service = {"leadflow": settings.leadflow_url, "bids": settings.bids_url}.get(report)
    warn_of_window(beside(window, service))
    note_of(report, window, oldest_answer(state, window.days(), known_at), service)
    return replace(found, window=window, engine=engine, memory_limit=memory_limit)


def _published(
    kind: Report,
    source: str,
    window: Window,
    condition: str,
    engine: Engine,
    memory_limit: str | None,
    settings: Settings,
) -> Scan:
    folder = Folder(source, kind)
    published = folder.published()
    if published.days and published.condition != condition:
        raise InputError(
            f"{folder.path} holds calls of {published.condition or 'no condition'!r}, and "
            f"{condition or 'no condition'!r} was asked for; give the set_id or where of its publication"
        )
    remembered = settings.cache_dir / f"published-{files.digest(folder.path.encode())[:16]}.json"
    parts = folder.parts(published, [day.isoformat() for day in window.days()], remembered)
    file_days = tuple(
        FileDays(
            folder.path_of(part.day) if folder.local else folder.filesystem.unstrip_protocol(str(part.path))
        )
        for part in parts
    )
    filesystem = None if folder.local else folder.filesystem
    found = Scan(kind, window.whole_days(), file_days, "duckdb", memory_limit, filesystem)
    return replace(_without_moved(found, parts, remembered), window=window, engine=engine)


def report_of(name: str) -> Report:
    """Return a report by name."""
    if name == OWN:
        raise InputError(f"report={name!r}: DialogTech's calls are those of 'leadflow' and of 'bids'")
    if name not in ALL_REPORTS:
        raise InputError(f"report={name!r} is none of {', '.join(ALL_REPORTS)}; {nearest(name, ALL_REPORTS)}")
    return ALL_REPORTS[name]


def origin_of(
    report: str,
    settings: Settings,
    set_id: int | None,
    where: Mapping[str, Any] | str | None,
    version: Version,
) -> Source[Client]:
    """Return where the calls of one question come from."""
    if report in PLATFORM_REPORTS:
        return imported_source(settings, report)
    if report == "leadflow":
        return leadflow_source(settings, set_id=set_id)
    return bids_source(settings, where=where, version=version)


def check_arguments(
    report: str, set_id: int | None, where: Mapping[str, Any] | str | None, version: Version
) -> None:
    """Refuse arguments that belong to the other report, which would change nothing."""
    if version not in ("v2", "v3"):
        raise InputError(f"version {version!r} is neither 'v2' nor 'v3'")
    if report in PLATFORM_REPORTS and (set_id is not None or where is not None or version != "v2"):
        raise InputError(f"set_id=, where= and version= are questions to a service: {report} has none")
    if report == "bids" and set_id is not None:
        raise InputError("set_id= belongs to leadflow: a bids question takes where=")
    if report == "leadflow" and where is not None:
        raise InputError("where= belongs to bids: filter LeadFlow calls after reading, or give set_id=")
    if report == "leadflow" and version != "v2":
        raise InputError("version= belongs to bids: leave it out for leadflow")


def condition_text(report: str, set_id: int | None, where: Mapping[str, Any] | str | None) -> str:
    """Return the condition of a question as text, the same for all versions of the service."""
    return to_query(where) if report == "bids" else f"set_id={set_id}" if set_id is not None else ""


def load_missing(
    origin: Source[Client],
    window: Window,
    days: Sequence[dt.date],
    policy: Policy,
    as_of: dt.datetime | None = None,
) -> tuple[Scan, list[Part], Manifest]:
    """Load what the cache lacks of some days of a window; return their calls, with sound files."""
    entry = origin.entry

    def read(parts: Sequence[Part]) -> tuple[Scan, list[Part]]:
        check(parts, entry.memo)
        found = Scan(entry.report, window.whole_days(), _list_file_days(parts), condition=entry.condition)
        return _without_moved(found, parts, entry.memo), list(parts)

    (found, parts), state = read_days(entry, days, policy, origin.connect, read, as_of)
    origin.drift.warn()
    return found, parts, state


def _without_moved(found: Scan, parts: Sequence[Part], remembered: Path) -> Scan:
    """Leave out records of calls that a newer load found on another day."""
    key = key_of(parts)
    if key is None or key in recall(remembered):
        return found
    twice = found.relation.query(
        "calls",
        "SELECT call_day, sid FROM calls "
        "WHERE sid IN (SELECT sid FROM calls GROUP BY sid HAVING count(*) > 1)",
    ).fetchall()
    if not twice:
        remember(remembered, {key: ""})
        return found
    place = ranks(parts)
    old = outdated([sid for _, sid in twice], [place[day.isoformat()] for day, _ in twice])
    return replace(found, without=tuple((twice[at][0].isoformat(), twice[at][1]) for at in old))


def _list_file_days(parts: Sequence[Part]) -> tuple[FileDays, ...]:
    """Name each file once, with the days that are meant when it holds others too."""
    file_days = []
    for path, group in groupby(sorted(parts, key=lambda part: str(part.path)), key=lambda part: part.path):
        listed = list(group)
        whole = len(path.name.split(".")[0]) == len("2026-10-05")
        if not whole:
            try:
                whole = pq.read_metadata(path).num_rows == sum(part.vintage.rows for part in listed)
            except (OSError, pa.ArrowException):
                raise Damaged(listed) from None
        file_days.append(FileDays(str(path), () if whole else tuple(part.day for part in listed)))
    return tuple(file_days)
