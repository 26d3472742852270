"""Verify the checksum of cached files once a file: again when its size, times or inode have changed."""

from __future__ import annotations

import stat
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dtanalytics import disk
from dtanalytics.cache import files
from dtanalytics.cache.memo import recall, remember
from dtanalytics.cache.read import Damaged, Part


def check(parts: Sequence[Part], path: Path) -> None:
    """Raise ``Damaged`` when a file of the parts is missing or does not hold what was written.

    Files that are found to be sound are noted in ``path``.
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
    state, vintage = disk.state_of(part.path), part.vintage
    if state is None or not stat.S_ISREG(state.st_mode) or state.st_size != vintage.bytes:
        return None
    stamp = (vintage.sha256, state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino)
    note = " ".join(map(str, stamp))
    try:
        sound = known.get(part.path.name) == note or files.digest_of(part.path) == vintage.sha256
    except FileNotFoundError:
        return None
    return note if sound else None
