"""Saved answers of the service to one table of calls."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.decode import Decoded, iter_tables, warn_drift
from dtanalytics.decode.saved_files import pages_of, saved_files
from dtanalytics.schema import TIMEZONE, Report, Version

Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


def read_saved(path: Paths, report: Report, *, timezone: str = TIMEZONE) -> pa.Table:
    """Read saved answers as a load would have read them.

    Parameters
    ----------
    path : path, or list of paths
        A file that ends in ``.json``, ``.jsonl`` or ``.ndjson``, packed (``.gz``) or not, or a folder of such
        files, read in the order of their names; ``~`` and variables are replaced. A file holds an answer, a
        list of answers, or an answer or a record a line, in UTF-8, UTF-16 or UTF-32. Files of v2 and v3 may
        lie side by side.
    report : Report
        Which report was saved.
    timezone : str
        Zone of the times that come without an offset.

    Returns
    -------
    pyarrow.Table
        The report's schema; one row a call (of a call saved twice the last), by time, then ``sid``.

    Raises
    ------
    InputError
        When there is no such file, or no file of that kind in the folder, or one cannot be unpacked or
        unpacks to more than answers can.
    ApiError, SchemaError
        When a file does not hold a usable answer; the message names it.

    Examples
    --------
    >>> import tempfile, warnings
    >>> from pathlib import Path
    >>> from dtanalytics.schema import LEADFLOW
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("a.json", "b.json"):
    ...         _ = Path(folder, name).write_bytes(b'[{"sid": "7", "call_date": "2026-10-05 09:30:00"}]')
    ...     with warnings.catch_warnings(action="ignore"):
    ...         read_saved(folder, LEADFLOW).num_rows
    1
    """
    drift: Counter[str] = Counter()
    tables = [report.empty()]
    for part in iter_saved(path, report, timezone=timezone):
        tables.append(part.table)
        drift.update(part.drift)
    warn_drift(drift, report)
    table = last_of_each(pa.concat_tables(tables), report.key)
    return table.sort_by([(report.time, "ascending"), (report.key, "ascending")])


def iter_saved(path: Paths, report: Report, *, timezone: str = TIMEZONE) -> Iterator[Decoded]:
    """Read saved answers a batch at a time, in the order saved, so that memory stays flat.

    Parameters
    ----------
    path, report, timezone
        As for :func:`read_saved`.

    Yields
    ------
    Decoded
        Calls as they were saved, those saved twice included.
    """
    bodies = (page for file in saved_files(path) for page in pages_of(file))
    tell = _version_detector(report)
    for version, group in groupby(bodies, key=lambda body: tell(body[1])):
        yield from iter_tables(group, report, version=version, timezone=timezone)


def last_of_each(table: pa.Table, key: str) -> pa.Table:
    """Keep the last row of each key, in the order of the rows kept."""
    if pc.count_distinct(table[key]).as_py() == table.num_rows:
        return table
    numbered = pa.table({"key": table[key], "row": pa.array(range(table.num_rows), pa.int64())})
    last = numbered.group_by("key").aggregate([("row", "max")])["row_max"]
    return table.take(last.take(pc.sort_indices(last)))


def _version_detector(report: Report) -> Callable[[bytes], Version]:
    """Tell by its spelling which version of the service an answer came from."""
    v2, v3 = report.wire("v2").keys(), report.wire("v3").keys()
    only_v2, only_v3 = ({name.encode() for name in names} for names in (v2 - v3, v3 - v2))

    def tell(body: bytes) -> Version:
        words = body[:8192].partition(b"}")[0].split(b'"')
        return "v3" if len(only_v3.intersection(words)) > len(only_v2.intersection(words)) else "v2"

    return tell
