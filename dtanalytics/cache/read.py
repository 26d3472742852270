"""Read data files: the bytes once, verified against their SHA-256; then columns, as asked for."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dtanalytics.cache import files, parquet
from dtanalytics.cache.manifest import Vintage
from dtanalytics.schema import Report


@dataclass(frozen=True)
class Part:
    """Rows of one day in one file."""

    day: str
    path: Path
    vintage: Vintage


class Damaged(Exception):  # noqa: N818  # not an error yet: the days are asked again
    """Files whose bytes do not match their SHA-256; the message names their days."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = parts
        super().__init__(", ".join(part.day for part in parts))


class PartsReader:
    """Reads the rows of parts, in order, from files that are sound; may be shared by threads.

    Every method, and making one, raises ``Damaged`` when a file is missing or does not hold what was
    written.
    """

    def __init__(self, report: Report, parts: Sequence[Part]) -> None:
        self.report, self.parts = report, parts
        self.rows = sum(part.vintage.rows for part in parts)
        runs = _adjacent(parts)
        if len(runs) > 1:
            with ThreadPoolExecutor(2) as pool:
                found = list(pool.map(_sound_bytes, runs))
        else:
            found = [_sound_bytes(run) for run in runs]
        pairs = list(zip(runs, found, strict=True))
        damaged = [part for run, content in pairs if content is None for part in run]
        if damaged:
            raise Damaged(damaged)
        self._files = [_File(report, run, content) for run, content in pairs if content is not None]

    @property
    def files(self) -> int:
        """How many files there are."""
        return len(self._files)

    def has_extra(self) -> bool:
        """Whether any row may have a value in `extra`, by the statistics in the files."""
        return any(file.has_extra() for file in self._files)

    def read(self, columns: Sequence[str] | None = None, *, threads: bool = False) -> pa.Table:
        """Read columns of all rows; names come as dictionary columns, and so may other text."""
        tables = [file.read(columns, threads=threads) for file in self._files]
        if not tables:
            return self.report.empty().select(_names(columns, self.report))
        if len(tables) == 1:
            return tables[0]
        return pa.concat_tables([_in_one_schema(table, self.report) for table in tables])


class _File:
    """Parts whose rows follow each other in one file."""

    def __init__(self, report: Report, parts: Sequence[Part], content: pa.Buffer) -> None:
        self._report = report
        self._parts = parts
        self._start = parts[0].vintage.offset
        self._rows = sum(part.vintage.rows for part in parts)
        self._content = content
        self._of_thread = threading.local()

    def read(self, columns: Sequence[str] | None, *, threads: bool) -> pa.Table:
        names = _names(columns, self._report)
        try:
            source = self._source()
            groups, before = self._groups(source.metadata)
            table = source.read_row_groups(groups, names, use_threads=threads)
        except (pa.ArrowException, OSError, LookupError):  # LookupError: it is no file of this report
            raise Damaged(self._parts) from None
        start = self._start - before
        if table.num_rows < start + self._rows:
            raise Damaged(self._parts)
        if start or self._rows != table.num_rows:
            table = table.slice(start, self._rows)
        return table.select(names)

    def has_extra(self) -> bool:
        try:
            groups, _ = self._groups(self._metadata)
            return any(_any_extra(self._metadata.row_group(group)) for group in groups)
        except (pa.ArrowException, OSError):
            raise Damaged(self._parts) from None

    def _groups(self, metadata: pq.FileMetaData) -> tuple[list[int], int]:
        """Row groups that hold rows of the parts, and how many rows lie before the first of them."""
        found: list[int] = []
        before = rows = 0
        for group in range(metadata.num_row_groups):
            start, rows = rows, rows + metadata.row_group(group).num_rows
            if rows > self._start and start < self._start + self._rows:
                before = before if found else start
                found.append(group)
        return found, before

    @cached_property
    def _metadata(self) -> pq.FileMetaData:
        return pq.read_metadata(pa.BufferReader(self._content))

    def _source(self) -> pq.ParquetFile:
        """Parquet reader of this thread: Arrow's readers must not be shared by threads."""
        if not hasattr(self._of_thread, "source"):
            metadata = self._metadata
            self._of_thread.source = pq.ParquetFile(
                pa.BufferReader(self._content),
                metadata=metadata,
                read_dictionary=parquet.repeated(metadata, self._report),
            )
        source: pq.ParquetFile = self._of_thread.source
        return source


def _any_extra(group: pq.RowGroupMetaData) -> bool:
    columns = (group.column(place) for place in reversed(range(group.num_columns)))  # it is the last one
    extra = next((column for column in columns if column.path_in_schema == "extra"), None)
    if extra is None or extra.statistics is None or not extra.statistics.has_null_count:
        return extra is not None
    return bool(extra.statistics.null_count < group.num_rows)


def _names(columns: Sequence[str] | None, report: Report) -> list[str]:
    return list(report.columns if columns is None else columns)


def _adjacent(parts: Sequence[Part]) -> list[list[Part]]:
    """Group parts whose rows follow each other in the same file, to read them in one call."""
    runs: list[list[Part]] = []
    for part in parts:
        last = runs[-1][-1] if runs else None
        if last and last.path == part.path and last.vintage.offset + last.vintage.rows == part.vintage.offset:
            runs[-1].append(part)
        else:
            runs.append([part])
    return runs


def _sound_bytes(run: Sequence[Part]) -> pa.Buffer | None:
    """The bytes of a file; None when it is missing or does not match its SHA-256."""
    vintage = run[0].vintage
    try:
        content = files.read_buffer(run[0].path, vintage.bytes)
    except FileNotFoundError:
        return None
    return content if files.digest(content) == vintage.sha256 else None


def _in_one_schema(table: pa.Table, report: Report) -> pa.Table:
    """Cast a table to the schema that all share: files differ in dictionary types and nullability."""
    texts = {field.name for field in report.fields if field.kind == "text"}
    types = [(field.name, pa.large_string() if field.name in texts else field.type) for field in table.schema]
    return table.cast(pa.schema(types))
