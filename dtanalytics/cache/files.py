"""The files of the cache: what the disk refuses is a CacheError that says what to do; no link is followed."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa

from dtanalytics import disk
from dtanalytics.errors import CacheError

ORPHAN_AGE = 3600.0
"""A file that nothing refers to is left alone that long: somebody may be about to refer to it [s]."""

_LARGE = 16 << 20
"""Bytes of a file from which on memory counts more than a millisecond."""
_MOST = 256 << 20
"""Largest record, a hundred times the manifest of twenty years [B]."""


def make_folder(folder: Path) -> None:
    """Create a folder, and those above it that are missing, for this user alone."""
    refuse_link(folder)
    if os.path.isdir(folder):
        return
    with _told("create", folder):
        missing = [folder]
        while not os.path.exists(missing[-1].parent) and missing[-1].parent != missing[-1]:
            missing.append(missing[-1].parent)
        for path in reversed(missing):
            path.mkdir(mode=0o700, exist_ok=True)


def write_new(path: Path, data: bytes) -> None:
    """Write a file atomically, unless it holds the same bytes already."""
    found = disk.state_of(path)
    if found is None or found.st_size != len(data) or read(path) != data:
        replace(path, data)


def replace(path: Path, data: bytes) -> None:
    """Write a file atomically over whatever was there."""
    with _told("write", path):
        temp = disk.write_temp(path.parent, data)
        try:
            disk.replace(temp, path)
        except disk.FAILURES:
            disk.discard(temp)
            raise


def create(path: Path, data: bytes) -> bool:
    """Write a new file atomically; False when its name exists already."""
    with _told("write", path):
        done = disk.create(disk.write_temp(path.parent, data), path)
    with contextlib.suppress(OSError):  # it is there for all to see, and losing it costs a question
        disk.sync_folder(path.parent)
    return done


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, where the system can."""
    with _told("write", folder):
        disk.sync_folder(folder)


def read(path: Path, most: int = _MOST) -> bytes:
    """Read a file; see ``read_buffer``."""
    content: bytes = read_buffer(path, most).to_pybytes()
    return content


def read_buffer(path: Path, most: int) -> pa.Buffer:
    """Read a regular file of at most ``most`` bytes; nothing of anything else. FileNotFoundError passes.

    Through Arrow's memory pool, which is fast for small files but keeps what large ones took.
    """
    with _told("read", path, FileNotFoundError):
        handle = disk.open_regular(path)
        if handle is None:
            return pa.py_buffer(b"")
        try:
            size = os.fstat(handle).st_size
            if size > most:
                return pa.py_buffer(b"")
            room = pa.allocate_buffer(size) if size < _LARGE else pa.py_buffer(bytearray(size))
            view, start = memoryview(room), 0
            with os.fdopen(handle, "rb", buffering=0, closefd=False) as file:
                while start < len(view) and (more := file.readinto(view[start:])):
                    start += more
            return room.slice(0, start)
        finally:
            os.close(handle)


def digest(data: bytes | pa.Buffer) -> str:
    """SHA-256 as hexadecimal text."""
    return hashlib.sha256(data).hexdigest()


def digest_of(path: Path) -> str:
    """SHA-256 of a file, read in blocks. FileNotFoundError passes."""
    with _told("read", path, FileNotFoundError):
        return disk.digest_of(path)


def names(folder: Path) -> list[str]:
    """Sorted names in a folder; none when there is no such folder."""
    try:
        with _told("read", folder, FileNotFoundError, NotADirectoryError):
            return sorted(os.listdir(folder))
    except OSError:
        return []


def sweep(folder: Path, keep: Iterable[str]) -> int:
    """Delete files that are not referred to, and have not been for a while; return their number."""
    return disk.sweep(folder, keep, older_than=ORPHAN_AGE)


def refuse_link(folder: Path) -> None:
    """Raise when a folder of the cache is a symbolic link: it would lead out of the cache."""
    if disk.is_link(folder):
        raise CacheError(
            f"{folder} is a link; the cache follows none: remove it, or set DTANALYTICS_CACHE_DIR"
        )


@contextlib.contextmanager
def _told(verb: str, path: Path, *passes: type[OSError]) -> Iterator[None]:
    """Turn a failed operation into a CacheError; errors of the kinds in ``passes`` are the caller's."""
    try:
        yield
    except passes:
        raise
    except disk.FAILURES as error:
        reason = getattr(error, "strerror", None) or str(error)
        shown = (path.name, str(path.parent))
        name, folder = (text if len(text) < 200 else f"{text[:200]}…" for text in shown)
        raise CacheError(
            f"cannot {verb} {name!r} in the cache ({reason}); what was published before is intact: "
            f"make room or give access to {folder}, or set DTANALYTICS_CACHE_DIR"
        ) from None
