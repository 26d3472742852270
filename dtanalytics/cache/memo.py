"""Remember which files matched their checksum, so that they are not read again to verify them.

Files by their size, times and inode; sets of days in which no call stands twice.
"""

from __future__ import annotations

import contextlib
import stat
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dtanalytics.cache import files, records
from dtanalytics.cache.read import Damaged, Part
from dtanalytics.errors import CacheError

NAME = "checked.json"
_KEEP = 20_000
_known: dict[Path, dict[str, str]] = {}
"""What this process found, by the file that it is kept in; all that there is when that cannot be written."""


def recall(path: Path) -> dict[str, str]:
    """Read such a record; empty when it is missing or damaged."""
    content = b""
    with contextlib.suppress(FileNotFoundError, CacheError):
        content = files.read(path)
    return {**(records.decode(content, dict[str, str]) or {}), **_known.get(path, {})}


def remember(path: Path, found: Mapping[str, str]) -> None:
    """Add to a record; when the disk refuses, files are verified again next time."""
    if not found:
        return
    known = dict(list({**recall(path), **found}.items())[-_KEEP:])
    _known[path] = known
    with contextlib.suppress(CacheError):
        records.write(path, known)


def check(parts: Sequence[Part], path: Path) -> None:
    """Verify the checksum of each file of the parts, once a file.

    Raises
    ------
    Damaged
        When a file is missing or does not hold what was written.
    """
    known = recall(path)
    first = {part.path: part for part in parts}
    with ThreadPoolExecutor(2) as pool:
        notes = dict(zip(first, pool.map(lambda part: _note(part, known), first.values()), strict=True))
    damaged = [part for part in parts if notes[part.path] is None]
    if damaged:
        raise Damaged(damaged)
    remember(path, {file.name: note for file, note in notes.items() if note and known.get(file.name) != note})


def _note(part: Part, known: Mapping[str, str]) -> str | None:
    """Size and times of a file whose checksum matches; None when it does not match."""
    state, vintage = files.state_of(part.path), part.vintage
    if state is None or not stat.S_ISREG(state.st_mode) or state.st_size != vintage.bytes:
        return None
    stamp = (vintage.sha256, state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino)
    note = " ".join(map(str, stamp))
    try:
        sound = known.get(part.path.name) == note or files.digest_of(part.path) == vintage.sha256
    except FileNotFoundError:
        return None
    return note if sound else None
