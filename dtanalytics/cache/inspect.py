"""The public views of the cache: what it holds, whether its files are intact, which vintages there are."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from dtanalytics import disk
from dtanalytics.cache import files, manifest
from dtanalytics.cache.entry import NOTE, Entry, Question, is_final
from dtanalytics.cache.manifest import Manifest, Vintage
from dtanalytics.calling.public import public
from dtanalytics.errors import CacheError, InputError, nearest
from dtanalytics.schema import ALL_REPORTS
from dtanalytics.settings import current
from dtanalytics.window import parse_window

_INFO = [
    "report",
    "condition",
    "days",
    "first",
    "last",
    "rows",
    "vintages",
    "files",
    "bytes",
    "asked",
    "folder",
    "is_readable",
]
_VINTAGES = ["condition", "call_day", "vintage", "asked", "checked", "rows", "current", "final"]
_TYPES = (
    dict.fromkeys(("report", "condition", "folder"), "str")
    | dict.fromkeys(("first", "last", "call_day"), "datetime64[us]")
    | dict.fromkeys(("asked", "checked"), "datetime64[us, UTC]")
    | dict.fromkeys(("is_readable", "current", "final"), "bool")
)
"""Types of columns; the others are counts."""
_FOLDER = re.compile(r"[0-9a-f]{16}")


@public
def info() -> pd.DataFrame:
    """What the cache holds.

    Returns
    -------
    DataFrame
        One row an entry (a report, an account and a condition): ``report``, ``condition``, ``days``,
        ``first``, ``last``, ``rows`` [calls], ``vintages``, ``files``, ``bytes`` [B] (whatever lies in
        the folder), ``asked`` (when the service was last asked), ``folder``, ``is_readable`` (False: left
        by another version of the columns, or damaged; only `clear` uses it). No rows when nothing is cached.

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
    for folder in folders():
        entry = entry_at(folder)
        state = entry.manifest() if entry else state_at(folder)
        newest = {day: known[-1] for day, known in state.days.items()}
        rows.append(
            {
                "report": folder.parent.name,
                "condition": entry.question.condition if entry else None,
                "days": len(newest),
                "first": min(newest, default=None),
                "last": max(newest, default=None),
                "rows": sum(vintage.rows for vintage in newest.values()),
                "vintages": sum(len(known) for known in state.days.values()),
                "files": len(state.names()),
                "bytes": sum(found.st_size for path in folder.rglob("*") if (found := disk.state_of(path))),
                "asked": max((vintage.checked for vintage in newest.values()), default=None),
                "folder": str(folder),
                "is_readable": entry is not None,
            }
        )
    return _frame(rows, _INFO)


@public
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


@public
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
    known_report(report)
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
    return _frame(rows, _VINTAGES)


def _frame(rows: list[dict[str, Any]], columns: list[str]) -> pd.DataFrame:
    """A frame with the types of its columns, for no rows too."""
    types = {name: _TYPES.get(name, "int64") for name in columns}
    return pd.DataFrame(rows, columns=columns).astype(types)


def folders(report: str | None = None) -> list[Path]:
    """The folder of every entry, whichever release wrote it."""
    root = current().cache_dir
    return [
        root / one / name
        for one in ([report] if report else ALL_REPORTS)
        for name in files.names(root / one)
        if _FOLDER.fullmatch(name)
    ]


def entries(report: str | None = None) -> Iterator[Entry]:
    """Every entry of the cache in force that this release reads."""
    return filter(None, map(entry_at, folders(report)))


def entry_at(folder: Path) -> Entry | None:
    """The entry of a folder; None when its note is damaged, or names another version of the columns."""
    try:
        question = msgspec.json.decode(files.read(folder / NOTE), type=Question)
        entry = Entry(folder.parents[1], question)
        known = entry.folder == folder
    except (FileNotFoundError, CacheError, msgspec.MsgspecError, RecursionError, KeyError, UnicodeError):
        return None
    return entry if known else None


def state_at(folder: Path) -> Manifest:
    """Manifest of an entry of any release; an empty one when it cannot be read."""
    try:
        return manifest.latest(folder / "manifests")
    except CacheError:
        return Manifest()


def _problem(entry: Entry, file: str, known: list[Vintage]) -> str:
    try:
        content = files.read(entry.data / file, known[0].bytes)
    except FileNotFoundError:
        return "missing"
    except CacheError as error:
        return str(error)
    if files.digest(content) != known[0].sha256:
        return "content differs from its SHA-256"
    try:
        rows = pq.read_metadata(pa.BufferReader(content)).num_rows
    except pa.ArrowException as error:
        return f"is no Parquet file: {error}"
    if rows < max(vintage.offset + vintage.rows for vintage in known):
        return f"holds {rows} rows, fewer than the manifest says"
    return ""


def _by_file(item: tuple[str, Vintage]) -> tuple[str, int]:
    return item[1].file or "", item[1].offset


def known_report(report: str) -> None:
    """Raise InputError for an unknown report."""
    if report not in ALL_REPORTS:
        raise InputError(f"no report {report!r}; {nearest(report, ALL_REPORTS)}")
