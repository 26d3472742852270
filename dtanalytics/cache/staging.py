"""Days that an unfinished load has completed, so that the next load asks only for the rest.

Only whole windows are kept: pages of a window whose calls move meanwhile would not fit those to come.
They are days of a manifest of their own, which only loads of the same question read.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import msgspec

from dtanalytics import disk
from dtanalytics.cache import manifest
from dtanalytics.cache.manifest import Manifest, Vintage
from dtanalytics.errors import CacheError

KEEP_FOR = 12 * 3600.0
"""An unfinished load can be taken up again that long [s]."""


def latest(folder: Path) -> Manifest:
    """Read what unfinished loads have completed; nothing when it cannot be read."""
    disk.sweep(folder, (), older_than=KEEP_FOR)
    with contextlib.suppress(CacheError):
        return manifest.latest(folder)
    return Manifest()


def add(folder: Path, days: Mapping[str, Vintage], accounts: Collection[str]) -> None:
    """Record days that are complete and written; when the disk refuses, only resuming is lost."""

    def change(before: Manifest) -> Manifest:
        known = {*accounts, before.account_id} - {None}
        if len(known) > 1:  # the load is about to fail
            return before
        return msgspec.structs.replace(
            before,
            days={**before.days, **{day: (new,) for day, new in days.items()}},
            account_id=next(iter(known), None),
        )

    with contextlib.suppress(CacheError):
        manifest.commit(folder, change)


def forget(folder: Path, days: Iterable[str]) -> None:
    """Drop days: they are published, or are not complete after all."""
    over = set(days)

    def change(before: Manifest) -> Manifest:
        left = {day: known for day, known in before.days.items() if day not in over}
        return msgspec.structs.replace(before, days=left, account_id=before.account_id if left else None)

    with contextlib.suppress(CacheError):
        if over & latest(folder).days.keys():
            manifest.commit(folder, change)
