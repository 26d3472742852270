"""What a user asks of the cache as a whole: what is in it, is it sound, make room."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from dtanalytics.cache import files, manifest
from dtanalytics.cache.manifest import Manifest, Vintage
from dtanalytics.cache.reading import Damaged, Part
from dtanalytics.cache.store import Entry, Question, is_final, plain
from dtanalytics.errors import CacheError, InputError, nearest
from dtanalytics.schema import REPORTS
from dtanalytics.settings import current
from dtanalytics.window import parse_window


def info() -> pd.DataFrame:
    """What the cache holds.

    Returns
    -------
    DataFrame
        One row an entry (a report, an account and a condition): ``report``, ``condition``, ``days``,
        ``first``, ``last``, ``rows`` [calls], ``vintages``, ``files``, ``bytes`` [B], ``asked`` (when
        the service was last asked), ``folder``. No rows when nothing is cached.

    Examples
    --------
    >>> import dtanalytics as dta
    >>> with dta.demo():
    ...     calls = dta.load_leadflow("2026-10-05", "2026-10-07", progress=False)
    ...     held = dta.cache.info()
    >>> held[["report", "days", "first", "last"]]
         report  days      first       last
    0  leadflow     2 2026-10-05 2026-10-06
    """
    rows = []
    for entry in entries():
        state = entry.manifest()
        newest = {day: known[-1] for day, known in state.days.items()}
        rows.append(
            {
                "report": entry.question.report,
                "condition": entry.question.condition,
                "days": len(newest),
                "first": min(newest, default=None),
                "last": max(newest, default=None),
                "rows": sum(vintage.rows for vintage in newest.values()),
                "vintages": sum(len(known) for known in state.days.values()),
                "files": len(state.names()),
                "bytes": sum(path.stat().st_size for path in entry.data.glob("*.parquet")),
                "asked": max((vintage.checked for vintage in newest.values()), default=None),
                "folder": str(entry.folder),
            }
        )
    types = {
        "report": "str",
        "condition": "str",
        "days": "int64",
        "first": "datetime64[us]",
        "last": "datetime64[us]",
        "rows": "int64",
        "vintages": "int64",
        "files": "int64",
        "bytes": "int64",
        "asked": "datetime64[us, UTC]",
        "folder": "str",
    }
    return pd.DataFrame(rows, columns=list(types)).astype(types)


def verify() -> pd.DataFrame:
    """Read every file of every vintage and compare it with its SHA-256 and row count.

    Returns
    -------
    DataFrame
        One row a problem: ``report``, ``day``, ``file``, ``problem``. No rows: the cache is sound.
        Damaged files are not touched; the next load asks for their days again.

    Examples
    --------
    >>> import dtanalytics as dta
    >>> with dta.demo():
    ...     calls = dta.load_leadflow("2026-10-05", "2026-10-07", progress=False)
    ...     damaged = dta.cache.verify()
    >>> len(damaged)
    0
    """
    rows = []
    for entry in entries():
        known = [
            (day, vintage) for day, all_ in entry.manifest().days.items() for vintage in all_ if vintage.file
        ]
        for file, group in itertools.groupby(sorted(known, key=_by_file), lambda item: item[1].file):
            days = list(group)
            problem = _problem(entry, str(file), [vintage for _, vintage in days])
            if problem:
                rows += [
                    {"report": entry.question.report, "day": day, "file": file, "problem": problem}
                    for day, _ in days
                ]
    return pd.DataFrame(rows, columns=["report", "day", "file", "problem"], dtype="str")


def vintages(report: str, start: Any, end: Any = None) -> pd.DataFrame:
    """Every answer that the cache has seen for the days of a window.

    Parameters
    ----------
    report : {"leadflow", "bids"}
        Which report.
    start, end
        The window, as for the loaders.

    Returns
    -------
    DataFrame
        One row a day and vintage, the oldest first: ``condition``, ``call_day``, ``vintage`` (from 1),
        ``asked`` (when it first came), ``checked`` (when it last came again), ``rows`` [calls],
        ``current`` (the one that a load reads), ``final`` (it can no longer change).

    Examples
    --------
    >>> import dtanalytics as dta
    >>> with dta.demo():
    ...     calls = dta.load_leadflow("2026-10-05", "2026-10-07", progress=False)
    ...     known = dta.cache.vintages("leadflow", "2026-10-05")
    >>> known[["vintage", "current"]].to_dict("records")
    [{'vintage': 1, 'current': True}]
    """
    _known_report(report)
    wanted = {day.isoformat() for day in parse_window(start, end).days()}
    settle = current().settle_days
    rows = [
        {
            "condition": entry.question.condition,
            "call_day": day,
            "vintage": number,
            "asked": vintage.asked,
            "checked": vintage.checked,
            "rows": vintage.rows,
            "current": vintage is known[-1],
            "final": vintage is known[-1] and is_final(vintage, dt.date.fromisoformat(day), settle),
        }
        for entry in entries(report)
        for day, known in entry.manifest().days.items()
        if day in wanted
        for number, vintage in enumerate(known, 1)
    ]
    types = {
        "condition": "str",
        "call_day": "datetime64[us]",
        "vintage": "int64",
        "asked": "datetime64[us, UTC]",
        "checked": "datetime64[us, UTC]",
        "rows": "int64",
        "current": "bool",
        "final": "bool",
    }
    return pd.DataFrame(rows, columns=list(types)).astype(types)


def clear(report: str | None = None, start: Any = None, end: Any = None) -> int:
    """Remove days from the cache; they are asked again when they are next needed.

    Parameters
    ----------
    report : {"leadflow", "bids"}, optional
        Only this report; both when left out.
    start, end : optional
        Only the days of this window, as for the loaders; all days when left out.

    Returns
    -------
    int
        Days removed.

    Examples
    --------
    >>> import dtanalytics as dta
    >>> with dta.demo():
    ...     calls = dta.load_leadflow("2026-10-05", "2026-10-07", progress=False)
    ...     dta.cache.clear("leadflow", "2026-10-05")
    1
    """
    if report is not None:
        _known_report(report)
    gone = None if start is None else {day.isoformat() for day in parse_window(start, end).days()}
    removed = 0
    for entry in entries(report):
        days = set(entry.manifest().days)
        removed += len(days if gone is None else days & gone)
        if gone is None or days <= gone:
            shutil.rmtree(entry.folder, ignore_errors=True)
            if entry.folder.exists():
                raise CacheError(f"cannot remove {entry.folder}; check that it is yours and writable")
            continue
        kept = manifest.commit(entry.manifests, lambda state: _without(state, gone))
        files.sweep(entry.data, kept.names(), older_than=0.0)
    return removed


def compact() -> int:
    """Join the daily files of months whose days are all final into one file a month.

    Returns
    -------
    int
        Months that were joined.

    Examples
    --------
    >>> import dtanalytics as dta
    >>> with dta.demo():
    ...     calls = dta.load_leadflow("2026-10", progress=False)
    ...     months = dta.cache.compact()
    >>> months <= 1
    True
    """
    return sum(len(compact_entry(entry)) for entry in entries())


def compact_entry(entry: Entry, state: Manifest | None = None) -> list[str]:
    """Join the closed months of one entry; vintages that were replaced keep their own files."""
    state = state or entry.manifest()
    settle = current().settle_days
    done = []
    for month, days in itertools.groupby(sorted(state.days), lambda day: day[:7]):
        listed = list(days)
        newest = {day: state.days[day][-1] for day in listed}
        parts = [Part(day, entry.data / v.file, v) for day, v in newest.items() if v.file]
        closed = all(is_final(vintage, dt.date.fromisoformat(day), settle) for day, vintage in newest.items())
        if closed and len(listed) == _length(month) and len({part.path for part in parts}) > 1:
            _join(entry, month, parts)
            done.append(month)
    if done:
        files.sweep(entry.data, entry.manifest().names())
    return done


def _join(entry: Entry, month: str, parts: list[Part]) -> None:
    try:
        table = entry.read(parts)
    except Damaged:
        return  # the next load heals the days first
    whole = entry.write_file(month, plain(table, entry.report))
    starts = itertools.accumulate((part.vintage.rows for part in parts), initial=0)
    moved = {
        part.day: (part.vintage, msgspec.structs.replace(part.vintage, **whole, offset=start))
        for part, start in zip(parts, starts, strict=False)
    }

    def change(state: Manifest) -> Manifest:
        days = dict(state.days)
        for day, (old, new) in moved.items():
            days[day] = tuple(new if vintage.file == old.file else vintage for vintage in days.get(day, ()))
        return msgspec.structs.replace(state, days=days)

    manifest.commit(entry.manifests, change)


def entries(report: str | None = None) -> Iterator[Entry]:
    """Every entry of the cache in force."""
    root = current().cache_dir
    for name in [report] if report else list(REPORTS):
        for note in sorted((root / name).glob("*/question.json")):
            entry = _entry(root, note)
            if entry is not None:
                yield entry


def _entry(root: Path, note: Path) -> Entry | None:
    try:
        asked = json.loads(files.read(note))
        question = Question(asked["report"], asked["account"], asked["condition"])
    except (FileNotFoundError, ValueError, KeyError):
        return None
    entry = Entry(root, question)
    return entry if entry.folder == note.parent else None  # another release's schema, or not ours


def _problem(entry: Entry, file: str, known: list[Vintage]) -> str:
    try:
        content = files.read(entry.data / file)
    except FileNotFoundError:
        return "missing"
    except CacheError as error:
        return str(error)
    if files.digest(content) != known[0].sha256:
        return "content differs from its SHA-256"
    rows = pq.read_metadata(pa.BufferReader(content)).num_rows
    if rows < max(vintage.offset + vintage.rows for vintage in known):
        return f"holds {rows} rows, fewer than the manifest says"
    return ""


def _by_file(item: tuple[str, Vintage]) -> tuple[str, int]:
    return item[1].file or "", item[1].offset


def _without(state: Manifest, days: set[str]) -> Manifest:
    kept = {day: known for day, known in state.days.items() if day not in days}
    return msgspec.structs.replace(state, days=kept)


def _length(month: str) -> int:
    return len(parse_window(month).days())


def _known_report(report: str) -> None:
    if report not in REPORTS:
        raise InputError(f"no report {report!r}; {nearest(report, REPORTS)}")
