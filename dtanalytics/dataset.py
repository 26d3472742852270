"""Calls published as Parquet on shared storage: a file a day, below ``month=…``, and a list of the days.

Dask, Spark, DuckDB and pandas read the folder as it is; units, meanings and sensitivity are in the
metadata of each column. A day becomes visible when the list names it, so a half-written one never is.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dtanalytics.errors import CacheError, ConfigError
from dtanalytics.paths import expand
from dtanalytics.schema import Report

LIST = "published.json"


def open_folder(url: str, report: Report) -> tuple[Any, str]:
    """Return the file system of a folder or URL, and the report's folder in it."""
    try:
        import fsspec
    except ImportError as error:
        raise ConfigError("published data needs fsspec: pip install 'dtanalytics[dask]'") from error
    filesystem, path = fsspec.url_to_fs(url if "://" in str(url) else str(expand(url, "the folder")))
    return filesystem, f"{path.rstrip('/')}/{report.name}"


def write_day(filesystem: Any, folder: str, day: str, table: pa.Table) -> None:
    """Write the calls of one day; nobody reads them before `name_days`."""
    path = day_path(folder, day)
    filesystem.makedirs(path.rpartition("/")[0], exist_ok=True)
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", store_decimal_as_integer=True)
    _replace(filesystem, path, sink.getvalue().to_pybytes())


def name_days(filesystem: Any, folder: str, report: Report, rows: Mapping[str, int]) -> None:
    """Add days to the list of what is published."""
    days = {**_listed(filesystem, folder, report), **rows}
    content = {"report": report.name, "schema": report.fingerprint, "days": dict(sorted(days.items()))}
    _replace(filesystem, f"{folder}/{LIST}", json.dumps(content, indent=1).encode())


def paths(filesystem: Any, folder: str, report: Report, days: Iterable[dt.date]) -> list[str]:
    """Return the files of these days, or say which days were never published."""
    known = _listed(filesystem, folder, report)
    wanted = [day.isoformat() for day in days]
    missing = [day for day in wanted if day not in known]
    if missing:
        raise CacheError(
            f"{folder} lacks {len(missing)} days of {report.title}, the first is {missing[0]}; publish them"
        )
    return [day_path(folder, day) for day in wanted if known[day]]


def day_path(folder: str, day: str) -> str:
    """Return where the calls of a day are."""
    return f"{folder}/month={day[:7]}/{day}.parquet"


def _listed(filesystem: Any, folder: str, report: Report) -> dict[str, int]:
    path = f"{folder}/{LIST}"
    if not filesystem.exists(path):
        return {}
    try:
        known = json.loads(filesystem.cat_file(path))
        shape, days = known["schema"], known["days"]
    except (ValueError, KeyError, TypeError) as error:
        raise CacheError(f"{path} is not a list of published days: {error}") from None
    if shape != report.fingerprint:
        raise CacheError(f"{folder} was published by another version of the schema; publish to a new folder")
    return {str(day): int(rows) for day, rows in days.items()}


def _replace(filesystem: Any, path: str, content: bytes) -> None:
    temp = f"{path}.{uuid.uuid4().hex}.tmp"
    with filesystem.open(temp, "wb") as file:
        file.write(content)
    filesystem.mv(temp, path)
