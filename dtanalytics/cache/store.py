"""One entry of the cache, the answers to one question: which days it holds, reading and writing them."""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pyarrow as pa

from dtanalytics.cache import files, layout, manifest
from dtanalytics.cache.manifest import Manifest, Vintage
from dtanalytics.cache.reading import Damaged, Opened, Part
from dtanalytics.errors import CacheError
from dtanalytics.schema import REPORTS, TIMEZONE, Report

logger = logging.getLogger("dtanalytics")
_EASTERN = ZoneInfo(TIMEZONE)
_NEVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Question:
    """What an entry answers: the report, for whom, with which conditions, in which shape."""

    report: str
    account: str
    condition: str = ""

    @property
    def name(self) -> str:
        """Folder of the entry; nothing secret can be read from it."""
        fingerprint = REPORTS[self.report].fingerprint
        return files.digest(f"{self.account}\n{self.condition}\n{fingerprint}".encode())[:16]


@dataclass(frozen=True)
class Entry:
    """The cached answers to one question; see ``Question``."""

    root: Path
    question: Question

    @property
    def report(self) -> Report:
        """The report that the entry belongs to."""
        return REPORTS[self.question.report]

    @cached_property
    def folder(self) -> Path:
        """Where the entry lives."""
        return self.root / self.question.report / self.question.name

    @property
    def manifests(self) -> Path:
        """Folder of the manifests."""
        return self.folder / "manifests"

    @property
    def data(self) -> Path:
        """Folder of the data files."""
        return self.folder / "data"

    def manifest(self) -> Manifest:
        """The state in force."""
        if self.folder.is_symlink() or self.data.is_symlink():
            raise CacheError(f"{self.folder} is a link; the cache follows none: remove it")
        return manifest.latest(self.manifests)[1]

    def prepare(self) -> None:
        """Create the folders, with a readable note of what the entry answers."""
        files.make_folder(self.root)
        tag = self.root / "CACHEDIR.TAG"  # back-up programs skip such a folder; see bford.info/cachedir
        if not tag.exists():
            files.write_new(tag, b"Signature: 8a477f597d28d172789f06886806bc55\n")
        files.make_folder(self.folder)
        files.make_folder(self.data)
        note = self.folder / "question.json"
        if not note.exists():
            asked = {**vars(self.question), "schema": self.report.fingerprint}
            files.write_new(note, json.dumps(asked, indent=1).encode())

    def write(self, day: dt.date, table: pa.Table, asked: dt.datetime) -> Vintage:
        """Write the calls of one day; nobody sees them before ``publish``."""
        stamp = asked.replace(microsecond=0)
        if not table.num_rows:
            return Vintage(asked=stamp, checked=stamp, rows=0)
        written = self.write_file(day.isoformat(), table)
        return Vintage(asked=stamp, checked=stamp, rows=table.num_rows, **written)

    def write_file(self, name: str, table: pa.Table) -> dict[str, Any]:
        """Write a data file named by its content; say what a vintage states about it."""
        content = layout.encode(table, self.report)
        sha256 = files.digest(content)
        file = f"{name}.{sha256[:16]}.parquet"
        files.write_new(self.data / file, content)
        return {"file": file, "sha256": sha256, "bytes": len(content)}

    def publish(self, days: Mapping[str, Vintage], account_id: str | None = None) -> Manifest:
        """Make days visible, all of them with one swap; an answer that differs becomes a new vintage."""
        files.sync_folder(self.data)

        def change(before: Manifest) -> Manifest:
            after = dict(before.days)
            for day, new in days.items():
                known = after.get(day, ())
                if known and known[-1].checked > new.checked:
                    continue  # somebody asked later than this load did
                after[day] = self._merged(known, new)
            return msgspec.structs.replace(
                before, days=dict(sorted(after.items())), account_id=account_id or before.account_id
            )

        return manifest.commit(self.manifests, change)

    def _merged(self, known: tuple[Vintage, ...], new: Vintage) -> tuple[Vintage, ...]:
        if not known:
            return (new,)
        last = known[-1]
        if self._same(last, new):
            return (*known[:-1], msgspec.structs.replace(last, checked=new.checked))
        return (*known, new)

    def _same(self, old: Vintage, new: Vintage) -> bool:
        if old.rows != new.rows:
            return False
        if old.rows == 0 or (old.sha256 == new.sha256 and old.offset == new.offset):
            return True
        try:  # another release of the Parquet library writes other bytes for equal calls
            before, after = (
                plain(
                    Opened(self.report, [Part("", self.data / str(vintage.file), vintage)]).read(),
                    self.report,
                )
                for vintage in (old, new)
            )
            return bool(before.equals(after))
        except Damaged:
            return False

    def forget(self, days: Iterable[str]) -> None:
        """Take the newest answer of damaged days out, so that they are asked again."""
        gone = set(days)

        def change(before: Manifest) -> Manifest:
            after = {day: vintages[:-1] if day in gone else vintages for day, vintages in before.days.items()}
            return msgspec.structs.replace(before, days={day: kept for day, kept in after.items() if kept})

        manifest.commit(self.manifests, change)

    def sweep(self, state: Manifest, staged: Iterable[str] = ()) -> None:
        """Delete what crashes left behind; ``staged`` files belong to loads that are not finished."""
        files.sweep(self.data, state.names() | set(staged))
        files.sweep(self.manifests, manifest.names(self.manifests))

    def parts(self, state: Manifest, days: Iterable[dt.date], as_of: dt.datetime | None = None) -> list[Part]:
        """Where the rows of the days are; days that are missing or empty have no part."""
        known = [(day.isoformat(), state.current(day.isoformat(), as_of)) for day in days]
        found = [(day, vintage.file, vintage) for day, vintage in known if vintage and vintage.file]
        paths = {file: self.data / file for file in {file for _, file, _ in found}}  # mostly one a month
        return [Part(day, paths[file], vintage) for day, file, vintage in found]

    def read(self, parts: Sequence[Part], columns: Sequence[str] | None = None) -> pa.Table:
        """The rows of the parts, in order; names come as dictionaries, and so may other text.

        Raises
        ------
        Damaged
            When a file is missing or does not hold what was written. It is moved aside.
        """
        try:
            return Opened(self.report, parts).read(columns, threads=True)
        except Damaged as damaged:
            self.put_aside(damaged)
            raise

    def put_aside(self, damaged: Damaged) -> None:
        """Move files that are not what was written out of the way, for whoever wants to look at them."""
        for path in damaged.paths:
            logger.warning("%s is damaged; its days are asked again", path)
            aside = self.folder / "quarantine"
            try:
                files.make_folder(aside)
                path.replace(aside / path.name)
            except (OSError, CacheError):
                files.discard(path)


def plain(table: pa.Table, report: Report) -> pa.Table:
    """Make a table of whole calls what it is at rest: no dictionaries, the report's metadata."""
    columns = [column.cast(field.type) for column, field in zip(table.columns, report.schema, strict=True)]
    return pa.table(columns, schema=report.schema)


def _without_newest(vintages: tuple[Vintage, ...]) -> tuple[Vintage, ...]:
    """What is left becomes the newest known, and is not taken for final."""
    if len(vintages) < 2:
        return ()
    return (*vintages[:-2], msgspec.structs.replace(vintages[-2], checked=_NEVER))


def is_final(vintage: Vintage, day: dt.date, settle_days: int) -> bool:
    """True when the day's answer came so late that the day can no longer change."""
    return vintage.checked >= settled_at(day, settle_days)


def settled_at(day: dt.date, settle_days: int) -> dt.datetime:
    """The moment from which an answer for a day is final."""
    closed = dt.datetime.combine(day + dt.timedelta(days=1 + settle_days), dt.time.min, _EASTERN)
    return closed.astimezone(dt.UTC)
