"""Calls where they lie: cached or published Parquet, asked lazily by DuckDB or Dask, larger than memory."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Any, Literal

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dtanalytics import dataset
from dtanalytics.apis.client import Client
from dtanalytics.cache.manifest import Manifest
from dtanalytics.cache.store import Damaged, Entry, Part
from dtanalytics.errors import CacheError, InputError, nearest
from dtanalytics.fetch import bring_up_to_date, within
from dtanalytics.frames import to_pandas
from dtanalytics.loaders import Version, load_policy
from dtanalytics.rollup import rollup
from dtanalytics.rollup.engines import DuckCalls
from dtanalytics.rollup.keys import Key
from dtanalytics.rollup.partitions import DaskCalls
from dtanalytics.schema import REPORTS, TIMEZONE, Report
from dtanalytics.settings import Settings, current
from dtanalytics.sources import Source, bids_source, leadflow_source
from dtanalytics.window import Window, parse_window

Engine = Literal["duckdb", "dask"]


@dataclass(frozen=True)
class Piece:
    """Rows of some days of one file; ``days`` is empty when all of its rows are meant."""

    path: str
    days: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scan:
    """Calls of a window that have not been read; `rollup` takes it, and so does SQL.

    Attributes
    ----------
    report : Report
        Declares the columns.
    window : Window
        Half-open, Eastern.
    pieces : tuple of Piece
        The files that hold the window's days, and nothing else.
    engine : {"duckdb", "dask"}
        Who reads them.
    memory_limit : str or None
        Most memory that DuckDB takes for its work, for example ``"400MB"``.
    filesystem : object
        fsspec file system of published files; None: files of this machine.
    """

    report: Report
    window: Window
    pieces: tuple[Piece, ...]
    engine: Engine = "duckdb"
    memory_limit: str | None = None
    filesystem: Any = field(default=None, repr=False)

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return self.report.columns

    def rollup(self, by: str | Sequence[str] | None = None, metrics: Any = None, **options: Any) -> Any:
        """Sum by group and work out metrics: `dtanalytics.rollup`; returns pandas.

        ``explain=True`` returns the SQL that DuckDB is asked.
        """
        return rollup(self, by, metrics, **options)

    @cached_property
    def relation(self) -> Any:
        """The calls as a DuckDB relation, for SQL: ``scan.relation.query("calls", "SELECT ...")``."""
        import duckdb

        spill = tempfile.mkdtemp(prefix="dtanalytics-")  # 0700: what is spilled holds telephone numbers
        config: dict[str, Any] = {"preserve_insertion_order": "false", "temp_directory": spill}
        if self.memory_limit is not None:
            config["memory_limit"] = self.memory_limit
        connection = duckdb.connect(config=config)
        connection.execute(f"SET TimeZone = '{TIMEZONE}'")
        if self.filesystem is not None:
            connection.register_filesystem(self.filesystem)
        weakref.finalize(self, _remove, spill)
        whole = [piece.path for piece in self.pieces if not piece.days]
        parts = [connection.read_parquet(whole)] if whole else []
        for piece in (piece for piece in self.pieces if piece.days):
            days = ", ".join(f"DATE '{day}'" for day in piece.days)
            parts.append(connection.read_parquet(piece.path).filter(f"call_day IN ({days})"))
        found = parts[0] if parts else connection.from_arrow(self.report.empty())
        for part in parts[1:]:
            found = found.union(part)
        return found if self.window == self.window.whole_days() else found.filter(self._within())

    @cached_property
    def dask(self) -> Any:
        """The calls as a Dask frame, a partition a file, with the dtypes of the loaders."""
        import dask.dataframe as dd

        meta = to_pandas(self.report.empty(), self.report)
        if not self.pieces:
            return dd.from_pandas(meta, npartitions=1)  # type: ignore[no-untyped-call] # dask has no types
        names = [one.name for one in self.report.fields if one.kind == "name"]
        meta = meta.astype(dict.fromkeys(names, "str"))  # categories differ from file to file
        how = _How(self.report.name, self.window, self.filesystem)
        read = {"how": how, "meta": meta, "enforce_metadata": False}
        return dd.from_map(_read, list(self.pieces), **read)  # type: ignore[no-untyped-call] # dask has no types

    def as_calls(self) -> Any:
        """Return what `rollup` reads."""
        return _ScannedDask(self) if self.engine == "dask" else _ScannedDuck(self)

    def _within(self) -> str:
        low, high = (f"TIMESTAMPTZ '{moment} {TIMEZONE}'" for moment in (self.window.start, self.window.end))
        return f"{self.report.time} >= {low} AND {self.report.time} < {high}"


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
    refresh, offline, progress, settings
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
        An unknown report, engine or date.
    CacheError
        Offline, and days are missing.
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
    kind, window = _report(report), parse_window(start, end)
    if engine not in {"duckdb", "dask"}:
        raise InputError(f"engine={engine!r}: choose 'duckdb' or 'dask'")
    if source is not None:
        filesystem, folder = dataset.open_folder(source, kind)
        paths = dataset.paths(filesystem, folder, kind, window.days())
        pieces = tuple(Piece(filesystem.unstrip_protocol(path)) for path in paths)
        return Scan(kind, window, pieces, engine, memory_limit, filesystem)
    origin, state = _brought_up(
        report, window, settings, set_id, where, version, refresh=refresh, offline=offline, progress=progress
    )
    return Scan(kind, window, _pieces(origin.entry.parts(state, window.days())), engine, memory_limit)


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
    kind = _report(report)
    if start is None:
        origin = _origin(report, settings or current(), set_id, where, version)
        state = origin.entry.manifest()
        days = sorted(state.days)
    else:
        window = parse_window(start, end)
        origin, state = _brought_up(report, window, settings, set_id, where, version, offline=offline)
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
        return entry.read([part])
    except Damaged as damaged:
        raise CacheError(
            f"the cached day {damaged.days[0]} is damaged; load it again, then publish"
        ) from None


def _report(name: str) -> Report:
    if name not in REPORTS:
        raise InputError(f"report={name!r}: {nearest(name, REPORTS)}")
    return REPORTS[name]


def _origin(
    report: str,
    settings: Settings,
    set_id: int | None,
    where: Mapping[str, Any] | str | None,
    version: Version,
) -> Source[Client]:
    if report == "leadflow":
        return leadflow_source(settings, set_id=set_id)
    return bids_source(settings, where=where, version=version)


def _brought_up(
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
    settings = settings or current()
    origin = _origin(report, settings, set_id, where, version)
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


@dataclass(frozen=True)
class _How:
    """What a worker needs to read a piece."""

    report: str
    window: Window
    filesystem: Any


def _read(piece: Piece, how: _How, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Read one piece as the loaders would, for Dask; only the columns that are asked for."""
    report = REPORTS[how.report]
    wanted = list(columns) if columns is not None else report.columns
    whole = how.window == how.window.whole_days()
    needed = dict.fromkeys(
        [*wanted, *(["call_day"] if piece.days else []), *([] if whole else [report.time])]
    )
    path = piece.path if how.filesystem is None else how.filesystem._strip_protocol(piece.path)  # noqa: SLF001 - fsspec's own name for it
    table = pq.read_table(path, columns=list(needed), filesystem=how.filesystem, partitioning=None)
    if piece.days:
        days = pa.array([dt.date.fromisoformat(day) for day in piece.days])
        table = table.filter(pc.is_in(table["call_day"], value_set=days))
    if not whole:
        table = within(table, how.window, report)
    frame = to_pandas(table.select(wanted), report)
    return frame.astype({name: "str" for name in wanted if report.by_name[name].kind == "name"})


def _typed(table: pd.DataFrame, keys: Sequence[Key], report: Report) -> pd.DataFrame:
    """Give labels the dtypes that they have in the frames of the loaders."""
    for key in keys:
        if key.name not in table:
            continue
        if key.freq is None:
            dtype: Any = report.by_name[key.column].pandas
        else:
            dtype = {"h": f"datetime64[us, {TIMEZONE}]", "hour_of_day": "Int8"}.get(
                key.freq, "datetime64[us]"
            )
        table[key.name] = table[key.name].astype(dtype)
    return table


class _ScannedDuck(DuckCalls):
    """A scan by DuckDB, as `rollup` reads it."""

    def __init__(self, scanned: Scan) -> None:
        super().__init__(scanned.relation)
        self.report = scanned.report

    def wrap(self, table: pd.DataFrame, keys: Sequence[Key]) -> pd.DataFrame:
        """Return pandas, typed like the frames of the loaders."""
        return _typed(table, keys, self.report)


class _ScannedDask(DaskCalls):
    """A scan by Dask, as `rollup` reads it."""

    def __init__(self, scanned: Scan) -> None:
        super().__init__(scanned.dask)
        self.report = scanned.report

    def wrap(self, table: pd.DataFrame, keys: Sequence[Key]) -> pd.DataFrame:
        """Return pandas, typed like the frames of the loaders."""
        return _typed(table, keys, self.report)


def _remove(folder: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)
