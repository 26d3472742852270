"""What an unfinished load has already paid for, so that the next one asks only for the rest.

Days that are complete but not yet published, and pages of windows still being read. Nothing here is
ever read by anybody but the next load of the same question.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import msgspec
import pyarrow as pa

from dtanalytics.cache import files
from dtanalytics.cache.manifest import Vintage
from dtanalytics.errors import CacheError, DtError
from dtanalytics.window import Window

KEEP_FOR = 12 * 3600.0
"""An unfinished load can be taken up again that long [s]."""

FLUSH_EVERY = 5.0
"""A crash loses at most the pages of so many seconds."""


@dataclass
class StagedPage:
    """A page of a window as it was read, with what its walk needs to go on.

    ``table`` gives its records, and may find only then that they cannot be read.
    """

    table: Callable[[], pa.Table]
    facts: dict[str, int | None]
    asked: dt.datetime


@dataclass
class Stage:
    """The unfinished business of one entry.

    Parameters
    ----------
    folder : Path
        The entry's staging folder.
    """

    folder: Path
    days: dict[str, Vintage] = field(default_factory=dict)
    _pages: dict[str, list[StagedPage]] = field(default_factory=dict)
    _unwritten: dict[str, list[tuple[int, StagedPage]]] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _flushed: float = field(default_factory=time.monotonic)
    _record: str = field(default_factory=lambda: f"days-{os.getpid()}-{secrets.token_hex(4)}.json")

    def __post_init__(self) -> None:
        files.sweep(self.folder, (), older_than=KEEP_FOR)
        for path in sorted(self.folder.glob("days-*.json")):
            self.days.update(_read_days(path))

    def staged_files(self) -> set[str]:
        """Data files that wait to be published."""
        return {vintage.file for vintage in self.days.values() if vintage.file}

    def pages(self, window: Window) -> dict[int, StagedPage]:
        """The pages of a window that an earlier load read, by their place."""
        found: dict[int, StagedPage] = {}
        for path in sorted(self.folder.glob(f"pages-{_key(window)}-*.arrow"), key=_age):
            pages = _read_pages(path)
            if 0 in pages:
                found.clear()  # a later walk began anew
            found.update(pages)
        return found

    def adder(
        self, window: Window, asked: dt.datetime
    ) -> Callable[[int, Callable[[], pa.Table], dict[str, int | None]], None]:
        """Where the pages of a window are put as they are read."""
        key = _key(window)

        def add(index: int, table: Callable[[], pa.Table], facts: dict[str, int | None]) -> None:
            with self._lock:
                if index == 0:
                    self._unwritten[key] = []
                self._unwritten.setdefault(key, []).append((index, StagedPage(table, facts, asked)))
                if time.monotonic() - self._flushed > FLUSH_EVERY:
                    self.flush()

        return add

    def complete(self, window: Window, days: Mapping[str, Vintage]) -> None:
        """Note that the days of a window are written; its pages are not needed any more."""
        with self._lock:
            self._unwritten.pop(_key(window), None)
            self.days.update(days)
            pages = list(self.folder.glob(f"pages-{_key(window)}-*.arrow"))
            if pages or time.monotonic() - self._flushed > FLUSH_EVERY:
                self.flush()  # a load that was called off may end here: what replaces the pages comes first
            for path in pages:
                files.discard(path)

    def flush(self) -> None:
        """Write what only memory holds; a disk that refuses costs the resumption, not the load."""
        with self._lock, contextlib.suppress(DtError, OSError):
            self._flushed = time.monotonic()
            if not self.days and not any(self._unwritten.values()):
                return
            files.make_folder(self.folder)
            for key, pages in self._unwritten.items():
                if pages:
                    name = f"pages-{key}-{time.time_ns()}-{secrets.token_hex(4)}.arrow"
                    files.write_new(self.folder / name, _encode_pages(pages))
            self._unwritten.clear()
            if self.days:
                body = msgspec.json.encode(self.days)
                temp = files.write_temp(self.folder, files.digest(body).encode() + b"\n" + body)
                temp.replace(self.folder / self._record)

    def clear(self, days: Iterable[str]) -> None:
        """Forget days that are published."""
        published = set(days)
        with self._lock:
            for path in self.folder.glob("days-*.json"):
                if set(_read_days(path)) <= published:
                    files.discard(path)
            self.days = {day: vintage for day, vintage in self.days.items() if day not in published}


def _key(window: Window) -> str:
    return f"{window.start:%Y%m%dT%H%M%S}-{window.end:%Y%m%dT%H%M%S}"


def _age(path: Path) -> str:
    return path.name.split("-")[3]


def _read_days(path: Path) -> dict[str, Vintage]:
    try:
        head, _, body = files.read(path).partition(b"\n")
        if head == files.digest(body).encode():
            return msgspec.json.decode(body, type=dict[str, Vintage])
    except (FileNotFoundError, CacheError, msgspec.MsgspecError):
        pass
    return {}


def _encode_pages(pages: list[tuple[int, StagedPage]]) -> bytes:
    facts = [{"index": index, "asked": page.asked.isoformat(), **page.facts} for index, page in pages]
    tables = [page.table() for _, page in pages]
    schema = tables[0].schema.with_metadata({"pages": msgspec.json.encode(facts)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        for table in tables:
            for batch in table.combine_chunks().replace_schema_metadata(schema.metadata).to_batches():
                writer.write_batch(batch)
    body: bytes = sink.getvalue().to_pybytes()
    return files.digest(body).encode() + body


def _read_pages(path: Path) -> dict[int, StagedPage]:
    """Pages of one file, by their place; nothing when the file is damaged."""
    try:
        content = files.read(path)
    except (FileNotFoundError, CacheError):
        return {}
    head, body = content[:64], content[64:]
    if head != files.digest(body).encode():
        return {}
    with pa.ipc.open_stream(pa.py_buffer(body)) as reader:
        facts = msgspec.json.decode(reader.schema.metadata[b"pages"])
        batches = list(reader)
    if len(batches) != len(facts):
        return {}
    pages = {}
    for fact, batch in zip(facts, batches, strict=True):
        index, asked = fact.pop("index"), dt.datetime.fromisoformat(fact.pop("asked"))
        table = pa.Table.from_batches([batch]).replace_schema_metadata(None)
        pages[index] = StagedPage(partial(_same, table), fact, asked)
    return pages


def _same(table: pa.Table) -> pa.Table:
    return table
