"""The manifest of an entry: its days and their vintages, replaced by one atomic rename.

`commit` writes a new manifest and makes it current with one rename: readers see the state before or
after, never a mixture.

Manifests are numbered files. A commit creates the next number, which succeeds for one writer only;
the others merge with what won and try again. So no lock is needed for the data to be right.
"""

from __future__ import annotations

import datetime as dt
import logging
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import msgspec

from dtanalytics import disk
from dtanalytics.cache import files, records
from dtanalytics.errors import CacheError

FORMAT = 1
_KEEP = 5
_TRIES = 100
_PATIENCE = 25
_NAME = re.compile(r"([0-9]{8})\.json")
FILE = re.compile(r"[0-9]{4}-[0-9]{2}(-[0-9]{2})?\.[0-9a-f]{16}\.parquet")

logger = logging.getLogger("dtanalytics")

_Whole = Annotated[int, msgspec.Meta(ge=0, le=2**48)]
_Moment = Annotated[dt.datetime, msgspec.Meta(tz=True)]


class Vintage(msgspec.Struct, frozen=True, omit_defaults=True):
    """One answer for one day: rows ``offset`` to ``offset + rows`` of a file (none when the day is empty).

    ``asked`` is when this answer first came, ``checked`` when it last came again. ``since`` orders answers
    whatever the clocks said: the number of the manifest that the load which last brought this one set out
    to write. A vintage in ``doubt`` is not final: a newer one may have been lost, or pages lacked a column.
    """

    asked: _Moment
    checked: _Moment
    rows: _Whole
    file: str | None = None
    sha256: str = ""
    bytes: _Whole = 0
    offset: _Whole = 0
    since: _Whole = 0
    doubt: bool = False


class Manifest(msgspec.Struct, frozen=True, omit_defaults=True):
    """The state of an entry. ``days`` maps an ISO day to its vintages, the oldest first."""

    format: int = FORMAT
    account_id: str | None = None
    days: dict[str, tuple[Vintage, ...]] = {}
    number: int = 0

    def names(self) -> set[str]:
        """Every data file that some vintage refers to."""
        return {vintage.file for day in self.days.values() for vintage in day if vintage.file}

    def current(self, day: str, as_of: dt.datetime | None = None) -> Vintage | None:
        """The newest answer for a day, or the one that was known at a moment."""
        known = [vintage for vintage in self.days.get(day, ()) if as_of is None or vintage.asked <= as_of]
        return known[-1] if known else None


class _Head(msgspec.Struct):
    format: int = 1


def latest(folder: Path) -> Manifest:
    """The newest manifest that is whole, with the number that the next one must exceed."""
    files.refuse_link(folder)
    for left in reversed(range(_TRIES)):
        numbers = numbers_of(folder)
        doubt = False
        for number in numbers:
            try:
                data = files.read(folder / f"{number:08d}.json")
            except FileNotFoundError:
                break  # a writer has moved on and tidied up
            if data in (disk.CLAIM, b"") and left >= _TRIES - _PATIENCE:
                time.sleep(0.02)
                break  # its writer is about to fill it
            if data == disk.CLAIM:
                continue  # its writer has crashed
            manifest = _decode(data, folder)
            if manifest is not None:
                found = msgspec.structs.replace(manifest, number=numbers[0])
                return _with_days_in_doubt(found) if doubt else found
            logger.warning("manifest %d in %s is damaged; the one before it is used", number, folder)
            doubt = True
        else:
            return Manifest(number=numbers[0] if numbers else 0)
    raise CacheError(f"the manifests in {folder} change faster than they can be read; try again")


def commit(folder: Path, change: Callable[[Manifest], Manifest]) -> Manifest:
    """Apply a change to the newest manifest; repeat it when another process committed meanwhile.

    Parameters
    ----------
    folder : Path
        Holds the manifests.
    change : callable
        From the manifest in force to the next; called again after losing a race.
    """
    files.make_folder(folder)
    for _ in range(_TRIES):
        before = latest(folder)
        after = change(before)
        if after == before and before.number:
            return before
        after = msgspec.structs.replace(after, number=before.number + 1)
        if files.create(folder / f"{after.number:08d}.json", records.encode(after)):
            for number in numbers_of(folder)[_KEEP:]:
                disk.discard(folder / f"{number:08d}.json")
            return after
    raise CacheError(f"too many writers in {folder}; try again")


def numbers_of(folder: Path) -> list[int]:
    """Numbers of the manifests that are kept, the newest first."""
    found = [_NAME.fullmatch(name) for name in files.names(folder)]
    return sorted((int(match[1]) for match in found if match), reverse=True)


def _with_days_in_doubt(manifest: Manifest) -> Manifest:
    """Mark every day as in doubt, because a later manifest is damaged: none counts as final."""
    days = {
        day: (*known[:-1], msgspec.structs.replace(known[-1], doubt=True))
        for day, known in manifest.days.items()
    }
    return msgspec.structs.replace(manifest, days=days)


def _decode(data: bytes, folder: Path) -> Manifest | None:
    """Read a manifest; None when it is damaged."""
    manifest = records.decode(data, Manifest)
    version = (manifest or records.decode(data, _Head) or _Head()).format
    if version > FORMAT:
        raise CacheError(
            f"the cache in {folder} was written by a newer dtanalytics (format {version}, known is "
            f"{FORMAT}); upgrade the package, or set DTANALYTICS_CACHE_DIR to another folder"
        )
    if manifest is None or not all(map(_is_day, manifest.days)) or not all(manifest.days.values()):
        return None
    for name in manifest.names():
        if not FILE.fullmatch(name):
            raise CacheError(
                f"the manifest in {folder} names {name[:80]!r}, which is no file of a cache; clear the cache"
            )
    return manifest


def _is_day(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
