"""Bytes to disk so that a reader sees all of them or none: temp beside, fsync, move, fsync of the folder."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import time
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from dtanalytics.errors import CacheError

ORPHAN_AGE = 3600.0
"""A file that nothing refers to is left alone that long: somebody may be about to refer to it [s]."""

_TEMP = ".tmp-"
_LARGE = 16 << 20
"""Bytes of a file from which on memory counts more than a millisecond."""


def make_folder(folder: Path) -> None:
    """Create a folder, and those above it that are missing, for this user alone."""
    if folder.is_dir() and not folder.is_symlink():
        return
    _refuse_link(folder)
    try:
        missing = [folder]
        while not missing[-1].parent.exists():
            missing.append(missing[-1].parent)
        for path in reversed(missing):
            path.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise cannot("create", folder, error) from None


def write_new(path: Path, data: bytes) -> None:
    """Put a file in its place, whole; an equal name means equal content and is left alone."""
    if path.exists() and not path.is_symlink() and path.stat().st_size == len(data):
        return
    temp = write_temp(path.parent, data)
    try:
        temp.replace(path)
    except OSError as error:
        discard(temp)
        raise cannot("write", path, error) from None


def write_temp(folder: Path, data: bytes) -> Path:
    """Write bytes to a temporary file of the folder and make them durable."""
    temp = folder / f"{_TEMP}{os.getpid()}-{secrets.token_hex(6)}"
    try:
        handle = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(handle, view) :]
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        discard(temp)
        raise cannot("write", temp, error) from None
    return temp


def publish(temp: Path, path: Path) -> bool:
    """Give a temporary file its name; False when somebody else has taken the name already.

    A hard link is created or fails, on every file system that has them and without any lock.
    """
    try:
        os.link(temp, path)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EACCES, errno.EMLINK):
            raise cannot("write", path, error) from None
        return _publish_without_links(temp, path)
    finally:
        discard(temp)
    _hold(path.parent)
    return True


def _publish_without_links(temp: Path, path: Path) -> bool:
    """Claim the name first; a crash in between leaves a damaged file, which readers pass over."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        temp.replace(path)
    except FileExistsError:
        return False
    except OSError as error:
        raise cannot("write", path, error) from None
    _hold(path.parent)
    return True


def _hold(folder: Path) -> None:
    """Make the name durable if that can be: it is there for all to see, and losing it costs a question."""
    with contextlib.suppress(CacheError):
        sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Make names durable where the system can."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return  # Windows opens no folders
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
            raise cannot("write", folder, error) from None
    finally:
        os.close(handle)


def read(path: Path) -> bytes:
    """All bytes of a file through one handle, never through a link.

    Raises
    ------
    FileNotFoundError
        When it is not there.
    CacheError
        When it cannot be read.
    """
    content: bytes = read_buffer(path).to_pybytes()
    return content


def read_buffer(path: Path) -> pa.Buffer:
    """As ``read``, into Arrow's memory, which was often used before, but keeps what a large file took."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(handle, "rb", buffering=0) as file:
            size = os.fstat(handle).st_size
            room = pa.allocate_buffer(size) if size < _LARGE else pa.py_buffer(bytearray(size))
            view, start = memoryview(room), 0
            while start < len(view) and (more := file.readinto(view[start:])):
                start += more
            return room.slice(0, start)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise cannot("read", path, error) from None


def digest(data: bytes | pa.Buffer) -> str:
    """SHA-256 as hexadecimal text."""
    return hashlib.sha256(data).hexdigest()


def discard(path: Path) -> None:
    """Delete a file if it is there and can be deleted."""
    with contextlib.suppress(OSError):
        path.unlink()


def sweep(folder: Path, keep: Iterable[str], *, older_than: float = ORPHAN_AGE) -> int:
    """Delete files that nothing refers to and nobody has touched for a while; say how many."""
    kept, removed = set(keep), 0
    limit = time.time() - older_than
    with contextlib.suppress(OSError), os.scandir(folder) as items:
        for item in items:
            if item.name in kept or not item.is_file(follow_symlinks=False):
                continue
            if item.stat(follow_symlinks=False).st_mtime < limit:
                discard(Path(item.path))
                removed += 1
    return removed


def is_temporary(name: str) -> bool:
    """True for names that ``write_temp`` gives."""
    return name.startswith(_TEMP)


def _refuse_link(folder: Path) -> None:
    if folder.is_symlink():
        raise CacheError(
            f"{folder} is a link; the cache follows none: remove it, or set DTANALYTICS_CACHE_DIR"
        )


def cannot(verb: str, path: Path, error: OSError) -> CacheError:
    """The error for a file operation that failed."""
    return CacheError(
        f"cannot {verb} {path.name!r} in the cache ({error.strerror}); what was published before is intact: "
        f"make room or give access to {path.parent}, or set DTANALYTICS_CACHE_DIR"
    )
