"""Saved answers of the service (``.json``, ``.json.gz``, a folder of them) to one table of calls."""

from __future__ import annotations

import gzip
import os
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.decode import Decoded, iter_tables, warn_drift
from dtanalytics.errors import InputError
from dtanalytics.schema import TIMEZONE, Report, Version

_ENDINGS = (".json", ".json.gz")


def read_saved(path: str | os.PathLike[str], report: Report, *, timezone: str = TIMEZONE) -> pa.Table:
    """Read saved answers as a load would have read them.

    Parameters
    ----------
    path : path
        A file that ends in ``.json`` or ``.json.gz``, or a folder of such files, read in the order
        of their names. Files of v2 and v3 may lie side by side.
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
        When there is no such file, or no file of that kind in the folder, or one cannot be unpacked.
    ApiError, SchemaError
        When a file does not hold a usable answer; the message names it.

    Examples
    --------
    >>> import tempfile
    >>> from dtanalytics.schema import LEADFLOW
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("a.json", "b.json"):
    ...         _ = Path(folder, name).write_text('[{"sid": "7", "call_date": "2026-10-05 09:30:00"}]')
    ...     import warnings
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


def iter_saved(
    path: str | os.PathLike[str], report: Report, *, timezone: str = TIMEZONE
) -> Iterator[Decoded]:
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
    bodies = ((file.name, _unpacked(file)) for file in saved_files(Path(path)))
    tell = _teller(report)
    for version, group in groupby(bodies, key=lambda body: tell(body[1])):
        yield from iter_tables(group, report, version=version, timezone=timezone)


def saved_files(path: Path) -> list[Path]:
    """List the saved answers at a path, sorted by name."""
    wanted = "a file ending in .json or .json.gz, or a folder of them"
    if path.is_dir():
        with os.scandir(path) as found:
            names = sorted(file.name for file in found if file.name.endswith(_ENDINGS) and file.is_file())
        if not names:
            raise InputError(f"{path} is a folder without .json or .json.gz files; looked for {wanted}")
        return [path / name for name in names]
    if not path.is_file():
        raise InputError(f"{path} does not exist; looked for {wanted}")
    if not path.name.endswith(_ENDINGS):
        raise InputError(f"{path} ends in {path.suffix or 'nothing'}; looked for {wanted}")
    return [path]


def last_of_each(table: pa.Table, key: str) -> pa.Table:
    """Keep the last row of each key, in the order of the rows kept."""
    if pc.count_distinct(table[key]).as_py() == table.num_rows:
        return table
    numbered = pa.table({"key": table[key], "row": pa.array(range(table.num_rows), pa.int64())})
    last = numbered.group_by("key").aggregate([("row", "max")])["row_max"]
    return table.take(last.take(pc.sort_indices(last)))


def _unpacked(file: Path) -> bytes:
    content = file.read_bytes()
    if not file.name.endswith(".gz"):
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, OSError, zlib.error) as error:
        raise InputError(f"{file} cannot be unpacked ({error}); save that answer again") from error


def _teller(report: Report) -> Callable[[bytes], Version]:
    """Tell by its spelling which version of the service an answer came from."""
    v2, v3 = report.wire("v2").keys(), report.wire("v3").keys()
    only_v2, only_v3 = ({name.encode() for name in names} for names in (v2 - v3, v3 - v2))

    def tell(body: bytes) -> Version:
        words = body[:8192].partition(b"}")[0].split(b'"')
        return "v3" if len(only_v3.intersection(words)) > len(only_v2.intersection(words)) else "v2"

    return tell
