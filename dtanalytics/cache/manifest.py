"""What an entry of the cache holds: every day, every vintage of it; one swap makes a change visible.

Manifests are numbered files. A commit links the next number, which succeeds for one writer only;
the others merge with what won and try again. So no lock is needed for the data to be right.
"""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Callable
from pathlib import Path

import msgspec

from dtanalytics.cache import files
from dtanalytics.errors import CacheError

FORMAT = 1
_KEEP = 5
_TRIES = 100
_NAME = re.compile(r"(\d{8})\.json")
_FILE = re.compile(r"\d{4}-\d{2}(-\d{2})?\.[0-9a-f]{16}\.parquet")

logger = logging.getLogger("dtanalytics")


class Vintage(msgspec.Struct, frozen=True, omit_defaults=True):
    """One answer for one day: rows ``offset`` to ``offset + rows`` of a file (none when the day is empty).

    ``asked`` is when this answer first came, ``checked`` when it last came again.
    """

    asked: dt.datetime
    checked: dt.datetime
    rows: int
    file: str | None = None
    sha256: str = ""
    bytes: int = 0
    offset: int = 0


class Manifest(msgspec.Struct, frozen=True, omit_defaults=True):
    """The state of an entry. ``days`` maps an ISO day to its vintages, the oldest first."""

    format: int = FORMAT
    account_id: str | None = None
    days: dict[str, tuple[Vintage, ...]] = {}

    def names(self) -> set[str]:
        """Every data file that some vintage refers to."""
        return {vintage.file for day in self.days.values() for vintage in day if vintage.file}

    def current(self, day: str, as_of: dt.datetime | None = None) -> Vintage | None:
        """The newest answer for a day, or the one that was known at a moment."""
        known = [vintage for vintage in self.days.get(day, ()) if as_of is None or vintage.asked <= as_of]
        return known[-1] if known else None


def latest(folder: Path) -> tuple[int, Manifest]:
    """The newest manifest that is whole, and the number that the next one must exceed."""
    for _ in range(_TRIES):
        numbers = _numbers(folder)
        vanished = False
        for number in numbers:
            try:
                data = files.read(folder / f"{number:08d}.json")
            except FileNotFoundError:
                vanished = True  # a writer has moved on and tidied up
                break
            manifest = _decode(data, folder)
            if manifest is not None:
                return numbers[0], manifest
            logger.warning("manifest %d in %s is damaged; the one before it is used", number, folder)
        if not vanished:
            return (numbers[0] if numbers else 0), Manifest()
    raise CacheError(f"the manifests in {folder} change faster than they can be read; try again")


def commit(folder: Path, change: Callable[[Manifest], Manifest]) -> Manifest:
    """Apply a change to the newest manifest, whatever others do meanwhile.

    Parameters
    ----------
    folder : Path
        Holds the manifests.
    change : callable
        From the manifest in force to the next; called again after losing a race.
    """
    files.make_folder(folder)
    for _ in range(_TRIES):
        number, before = latest(folder)
        after = change(before)
        if after == before and number:
            return before
        temp = files.write_temp(folder, _encode(after))
        if files.publish(temp, folder / f"{number + 1:08d}.json"):
            _tidy(folder)
            return after
    raise CacheError(f"too many writers in {folder}; try again")


def names(folder: Path) -> list[str]:
    """File names of the manifests that are kept."""
    return [f"{number:08d}.json" for number in _numbers(folder)]


def _numbers(folder: Path) -> list[int]:
    try:
        found = [_NAME.fullmatch(path.name) for path in folder.iterdir()]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise files.cannot("read", folder, error) from None
    return sorted((int(match[1]) for match in found if match), reverse=True)


def _tidy(folder: Path) -> None:
    for number in _numbers(folder)[_KEEP:]:
        files.discard(folder / f"{number:08d}.json")


def _encode(manifest: Manifest) -> bytes:
    body = msgspec.json.encode(manifest)
    return files.digest(body).encode() + b"\n" + body + b"\n"


def _decode(data: bytes, folder: Path) -> Manifest | None:
    """Read a manifest; None when it is damaged."""
    head, _, body = data.partition(b"\n")
    body = body.rstrip(b"\n")
    if not body or head != files.digest(body).encode():
        return None
    try:
        written = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        version = msgspec.json.decode(written.get("format", msgspec.Raw(b"1")), type=int)
        if version > FORMAT:
            raise CacheError(
                f"the cache in {folder} was written by a newer dtanalytics (format {version}, known is "
                f"{FORMAT}); upgrade the package, or set DTANALYTICS_CACHE_DIR to another folder"
            )
        manifest = msgspec.json.decode(body, type=Manifest)
    except msgspec.MsgspecError:
        return None
    for name in manifest.names():
        if not _FILE.fullmatch(name):
            raise CacheError(
                f"the manifest in {folder} names {name!r}, which is no file of a cache; clear the cache"
            )
    return manifest
