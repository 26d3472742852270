"""One entry of the cache: the days of one question, and how they are read and written."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from dtanalytics import disk
from dtanalytics.cache import files, manifest, memo, parquet
from dtanalytics.cache.manifest import Manifest, Vintage
from dtanalytics.cache.read import Damaged, Part, PartsReader
from dtanalytics.errors import CacheError
from dtanalytics.schema import ALL_REPORTS, EASTERN, Report

NOTE = "question.json"
TAG = "CACHEDIR.TAG"

logger = logging.getLogger("dtanalytics")
PROVED_AFTER = dt.timedelta(minutes=10)
"""A day without calls is final when the service has said so twice, so far apart: replicas lag."""


@dataclass(frozen=True)
class Question:
    """The question of an entry: report, account, conditions and schema."""

    report: str
    account: str
    condition: str = ""

    @property
    def name(self) -> str:
        """Folder of the entry; nothing secret can be read from it."""
        fingerprint = ALL_REPORTS[self.report].fingerprint
        return files.digest(f"{self.account}\n{self.condition}\n{fingerprint}".encode())[:16]


@dataclass(frozen=True)
class Entry:
    """The cached answers to one question; see ``Question``.

    ``since`` marks what is written: see ``Vintage``.
    """

    root: Path
    question: Question
    since: int = 0

    @property
    def report(self) -> Report:
        """The report that the entry belongs to."""
        return ALL_REPORTS[self.question.report]

    @cached_property
    def folder(self) -> Path:
        """Folder of the entry."""
        return self.root / self.question.report / self.question.name

    @property
    def manifests(self) -> Path:
        """Folder of the manifests."""
        return self.folder / "manifests"

    @property
    def data(self) -> Path:
        """Folder of the data files."""
        return self.folder / "data"

    @property
    def staging(self) -> Path:
        """Folder of what unfinished loads have completed."""
        return self.folder / "staging"

    def manifest(self) -> Manifest:
        """The newest manifest."""
        for folder in (self.folder, self.data):
            files.refuse_link(folder)
        return manifest.latest(self.manifests)

    def prepare(self) -> None:
        """Create the folders, and a JSON file that says which question the entry answers."""
        files.make_folder(self.root)
        # back-up programs skip a folder with such a file; see bford.info/cachedir
        files.write_new(self.root / TAG, b"Signature: 8a477f597d28d172789f06886806bc55\n")
        files.make_folder(self.data)
        asked = {**vars(self.question), "schema": self.report.fingerprint}
        files.write_new(self.folder / NOTE, msgspec.json.format(msgspec.json.encode(asked), indent=1))

    def write(self, day: dt.date, table: pa.Table, asked: dt.datetime, *, doubt: bool = False) -> Vintage:
        """Write the calls of one day; readers see them after ``publish``."""
        stamp = asked.replace(microsecond=0)
        written = self.write_file(day.isoformat(), table) if table.num_rows else {}
        rows = table.num_rows
        return Vintage(asked=stamp, checked=stamp, rows=rows, since=self.since, doubt=doubt, **written)

    def write_file(self, name: str, table: pa.Table) -> dict[str, Any]:
        """Write a data file named by its SHA-256; return the fields of its vintage."""
        content = parquet.encode(table, self.report)
        sha256 = files.digest(content)
        file = f"{name}.{sha256[:16]}.parquet"
        files.write_new(self.data / file, content)
        return {"file": file, "sha256": sha256, "bytes": len(content)}

    def publish(self, days: Mapping[str, Vintage], account_id: str | None = None) -> Manifest:
        """Add days to the manifest, all in one commit; an answer that differs becomes a new vintage."""
        files.sync_folder(self.data)

        def change(before: Manifest) -> Manifest:
            after = dict(before.days)
            for day, new in days.items():
                known = after.get(day, ())
                if not known or known[-1].since <= new.since:  # else a load that began later was faster
                    after[day] = self._merged(known, new)
            return msgspec.structs.replace(
                before, days=dict(sorted(after.items())), account_id=account_id or before.account_id
            )

        return manifest.commit(self.manifests, change)

    def _merged(self, known: tuple[Vintage, ...], new: Vintage) -> tuple[Vintage, ...]:
        if not known or not self._same(known[-1], new):
            return (*known, new)
        checked = max(known[-1].checked, new.checked)  # a clock may have been set back
        doubt = new.doubt and checked - known[-1].asked < PROVED_AFTER
        again = msgspec.structs.replace(known[-1], checked=checked, since=new.since, doubt=doubt)
        return (*known[:-1], again)

    def _same(self, old: Vintage, new: Vintage) -> bool:
        if old.rows != new.rows:
            return False
        if not old.rows or (old.sha256 == new.sha256 and old.offset == new.offset):
            return True
        try:  # a month's file, or another release of the Parquet library, holds equal calls in other bytes
            before, after = (
                plain(self.read([Part("", self.data / str(vintage.file), vintage)]), self.report)
                for vintage in (old, new)
            )
            return bool(before.equals(after))
        except Damaged:
            return False

    def confirmed(self, damaged: Damaged) -> list[str]:
        """Move damaged files to quarantine; return their days that are still current, to be loaded again.

        None when another process has replaced the files since the manifest was read.
        """
        named = self.manifest().names()
        files_named = [part for part in damaged.parts if part.path.name in named]
        for path in {part.path for part in files_named}:
            logger.warning("%s is damaged; its days are asked again", path)
            aside = self.folder / "quarantine"
            try:
                files.make_folder(aside)
                path.replace(aside / path.name)
            except (OSError, CacheError):
                disk.discard(path)
        return [part.day for part in files_named]

    def sweep(self, state: Manifest, staged: Iterable[str] = ()) -> None:
        """Delete files that crashed processes left; ``staged`` files belong to unfinished loads."""
        files.sweep(self.data, state.names() | set(staged))
        files.sweep(self.manifests, [f"{number:08d}.json" for number in manifest.numbers_of(self.manifests)])

    def parts(self, state: Manifest, days: Iterable[dt.date], as_of: dt.datetime | None = None) -> list[Part]:
        """Files and offsets of the rows of these days; missing and empty days have none."""
        known = [(day.isoformat(), state.current(day.isoformat(), as_of)) for day in days]
        found = [(day, vintage.file, vintage) for day, vintage in known if vintage and vintage.file]
        paths = {file: self.data / file for file in {file for _, file, _ in found}}  # mostly one a month
        return [Part(day, paths[file], vintage) for day, file, vintage in found]

    def open(self, parts: Sequence[Part]) -> PartsReader:
        """The rows of the parts, in order."""
        return PartsReader(self.report, parts)

    def read(self, parts: Sequence[Part], columns: Sequence[str] | None = None) -> pa.Table:
        """All rows of the parts as they were written, for copying."""
        return self.open(parts).read(columns, threads=True)

    @property
    def memo(self) -> Path:
        """File that lists the data files whose checksum was verified before."""
        return self.folder / memo.NAME

    @property
    def condition(self) -> str:
        """Conditions that can be applied to cached rows; LeadFlow's parameters are no fields of a call."""
        return self.question.condition if self.question.report == "bids" else ""


def plain(table: pa.Table, report: Report) -> pa.Table:
    """Convert a table to the types of Parquet files: no dictionary columns, the report's metadata."""
    columns = [column.cast(field.type) for column, field in zip(table.columns, report.schema, strict=True)]
    return pa.table(columns, schema=report.schema)


def is_final(vintage: Vintage, day: dt.date, settle_days: int) -> bool:
    """True when the answer came after the day settled, and no lost manifest puts it in doubt."""
    proved = vintage.rows > 0 or vintage.checked - vintage.asked >= PROVED_AFTER
    return proved and not vintage.doubt and vintage.checked >= settled_at(day, settle_days)


def settled_at(day: dt.date, settle_days: int) -> dt.datetime:
    """The moment from which an answer for a day is final."""
    closed = dt.datetime.combine(day + dt.timedelta(days=1 + settle_days), dt.time.min, EASTERN)
    return closed.astimezone(dt.UTC)
