"""Delete cached days: those of every release, and no file that the cache did not write."""

from __future__ import annotations

import contextlib
import re
import stat
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import platformdirs

from dtanalytics import disk
from dtanalytics.cache import files, manifest, memo
from dtanalytics.cache.entry import NOTE, TAG, Entry, plain
from dtanalytics.cache.inspect import entry_at, folders, known_report, state_at
from dtanalytics.cache.manifest import FILE, Manifest, Vintage
from dtanalytics.cache.read import Damaged, Part
from dtanalytics.calling.public import public
from dtanalytics.errors import CacheError
from dtanalytics.settings import current
from dtanalytics.window import parse_window

_ANY = re.compile(r".*", re.DOTALL)
_OWN_FILES = {"manifests": re.compile(r"[0-9]{8}\.json"), "data": FILE, "quarantine": _ANY, "staging": _ANY}
"""Folders of an entry, and the names of the files that the cache writes into them."""
_PUBLISHED = re.compile(r"published-[0-9a-f]{16}\.json")
_LIMITER_FILE = re.compile(r"requests-.*\.(log|lock)")
_IDLE_FOR = 120.0
"""A limiter's log that was not written for so long holds no request that still counts [s]."""


@public
def clear(report: str | None = None, start: Any = None, end: Any = None) -> int:
    """Remove days from the cache; they are asked again when they are next needed.

    Without a window everything of ours goes: days that another version wrote, what was damaged or left
    unfinished, and without a report the notes of the request limiter too (unless requests of the last two
    minutes still count). Files that are not the cache's own are left where they are.

    Parameters
    ----------
    report : {"leadflow", "bids"}, optional
        Only this report; both when left out.
    start, end : optional
        Only the days of this window, as for the loaders; all days when left out.

    Returns
    -------
    int
        Days removed.

    Raises
    ------
    InputError
        An unknown report, or a date that cannot be understood.
    CacheError
        A file cannot be removed, for example because another program has it open.

    Examples
    --------
    >>> import dtanalytics as dta
    >>> with dta.demo():
    ...     calls = dta.load_leadflow("2026-10-05", "2026-10-07", progress=False)
    ...     dta.cache.clear("leadflow", "2026-10-05")
    1
    """
    if report is not None:
        known_report(report)
    gone = None if start is None else {day.isoformat() for day in parse_window(start, end).days()}
    removed = 0
    for folder in folders(report):
        days, entry = set(state_at(folder).days), entry_at(folder)
        hit = days if gone is None else days & gone
        removed += len(hit)
        if gone is None or days <= gone or (hit and entry is None):
            _remove_entry(folder)
        elif entry is not None:
            _remove_days(entry, hit)
    if report is None and start is None:
        _remove_shared_files(current().cache_dir)
    return removed


def _remove_entry(folder: Path) -> None:
    if disk.is_link(folder):
        _remove(folder)
        return
    for path in _own_paths(folder, _OWN_FILES):
        _remove(path)
    for path in (*(folder / name for name in _OWN_FILES), folder, folder.parent):
        with contextlib.suppress(OSError):  # a file that the cache did not write is in it
            path.rmdir()


def _own_paths(folder: Path, inside: Iterable[str]) -> Iterator[Path]:
    for name in inside:
        if disk.is_link(folder / name):
            yield folder / name
            continue
        for file in files.names(folder / name):
            if _OWN_FILES[name].fullmatch(file) or disk.is_temporary(file):
                yield folder / name / file
    for file in files.names(folder):
        if file in {NOTE, memo.NAME} or disk.is_temporary(file):
            yield folder / file


def _remove(path: Path) -> None:
    state = disk.state_of(path)
    if state is None or stat.S_ISDIR(state.st_mode):
        return  # the cache makes no folder of such a name
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise CacheError(
            f"cannot remove {path} ({error.strerror}); check that it is yours and that no program has it open"
        ) from None


def _remove_days(entry: Entry, gone: set[str]) -> None:
    """Remove days from an entry; other days of the same file are rewritten to new files."""
    for path in _own_paths(entry.folder, ("quarantine", "staging")):
        if path.name != NOTE:
            _remove(path)
    if not gone:
        return
    state = entry.manifest()
    shared = {vintage.file for day in gone for vintage in state.days[day] if vintage.file}
    fresh: dict[tuple[str, Vintage], Vintage] = {}
    for day, known in state.days.items():
        for vintage in known if day not in gone else ():
            if vintage.file in shared:
                part = Part(day, entry.data / str(vintage.file), vintage)
                try:
                    written = entry.write_file(day, plain(entry.read([part]), entry.report))
                except Damaged:
                    gone = {*gone, day}
                else:
                    fresh[day, vintage] = msgspec.structs.replace(vintage, **written, offset=0)

    def change(before: Manifest) -> Manifest:
        days = {
            day: tuple(fresh.get((day, vintage), vintage) for vintage in known)
            for day, known in before.days.items()
            if day not in gone
        }
        return msgspec.structs.replace(before, days=days)

    kept = manifest.commit(entry.manifests, change)
    disk.sweep(entry.data, kept.names(), older_than=0.0)


def _remove_shared_files(root: Path) -> None:
    """Delete the files beside the entries, and the logs of the request limiter."""
    for name in files.names(root):
        if name == TAG or _PUBLISHED.fullmatch(name) or disk.is_temporary(name):
            _remove(root / name)
    with contextlib.suppress(OSError):
        root.rmdir()
    state = platformdirs.user_state_path("dtanalytics")
    for name in files.names(state):
        found = disk.state_of(state / name)
        if _LIMITER_FILE.fullmatch(name) and found and time.time() - found.st_mtime > _IDLE_FOR:
            _remove(state / name)
