"""Atomic, durable file writes: temporary file in the same folder, fsync, rename, fsync of the folder.

Written for Linux, macOS and Windows alike: files are binary, a folder may refuse to be opened, a file that
somebody reads may refuse to be replaced, and a disk may know neither hard links nor modes.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import stat
import time
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from dtanalytics.errors import CacheError

ORPHAN_AGE = 3600.0
"""A file that nothing refers to is left alone that long: somebody may be about to refer to it [s]."""

CLAIM = b"claimed\n"
"""What a name holds that a writer has taken on a disk without hard links, and has not filled yet."""

_TEMP = ".tmp-"
_LARGE = 16 << 20
"""Bytes of a file from which on memory counts more than a millisecond."""
_MOST = 256 << 20
"""Largest record, a hundred times the manifest of twenty years [B]."""
_WINDOWS = os.name == "nt"
_WAITS = (0.01, 0.05, 0.2, 0.7)
"""Windows refuses to replace a file while anybody reads it: tried again after these [s]."""
_UNSUPPORTED = (OSError, ValueError)
"""What a file operation raises: ValueError when a path holds a NUL."""


def make_folder(folder: Path) -> None:
    """Create a folder, and those above it that are missing, for this user alone."""
    refuse_link(folder)
    if os.path.isdir(folder):
        return
    try:
        missing = [folder]
        while not os.path.exists(missing[-1].parent) and missing[-1].parent != missing[-1]:
            missing.append(missing[-1].parent)
        for path in reversed(missing):
            path.mkdir(mode=0o700, exist_ok=True)
    except _UNSUPPORTED as error:
        raise failed_operation("create", folder, error) from None


def write_new(path: Path, data: bytes) -> None:
    """Write a file atomically, unless it holds the same bytes already."""
    found = state_of(path)
    if found is None or found.st_size != len(data) or read(path) != data:
        replace(path, data)


def replace(path: Path, data: bytes) -> None:
    """Write a file atomically over whatever was there."""
    temp = write_temp(path.parent, data)
    try:
        for wait in (*_WAITS, None):
            try:
                temp.replace(path)
                break
            except PermissionError:
                if not _WINDOWS or wait is None:
                    raise
                time.sleep(wait)
    except _UNSUPPORTED as error:
        discard(temp)
        raise failed_operation("write", path, error) from None


def write_temp(folder: Path, data: bytes) -> Path:
    """Write bytes to a temporary file of the folder and make them durable."""
    temp = folder / f"{_TEMP}{os.getpid()}-{secrets.token_hex(6)}"
    try:
        _write(temp, data)
    except _UNSUPPORTED as error:
        discard(temp)
        raise failed_operation("write", temp, error) from None
    return temp


def _write(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _flags("O_BINARY"), 0o600)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(handle, view) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def publish(temp: Path, path: Path) -> bool:
    """Rename a temporary file to a new name; False when the name exists already.

    Each way creates the name or fails, without any lock: a rename on Windows, a hard link elsewhere, and
    on a disk without hard links a file that is filled afterwards.
    """
    try:
        if _WINDOWS:
            os.rename(temp, path)  # on Windows it never replaces
        else:
            try:
                os.link(temp, path)
            except FileExistsError:
                raise
            except OSError:
                _claim(temp, path)
    except FileExistsError:
        return False
    except _UNSUPPORTED as error:
        raise failed_operation("write", path, error) from None
    finally:
        discard(temp)
    with contextlib.suppress(CacheError):  # it is there for all to see, and losing it costs a question
        sync_folder(path.parent)
    return True


def _claim(temp: Path, path: Path) -> None:
    """Create the name exclusively, then write its content; delete it when that fails."""
    try:
        _write(path, CLAIM)
        temp.replace(path)
    except FileExistsError:
        raise
    except OSError:
        discard(path)
        raise


def sync_folder(folder: Path) -> None:
    """Fsync a folder, where the system supports it."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except _UNSUPPORTED:
        return  # Windows opens no folders
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
            raise failed_operation("write", folder, error) from None
    finally:
        os.close(handle)


def read(path: Path, most: int = _MOST) -> bytes:
    """Read a regular file of at most ``most`` bytes through one handle; raise on anything else.

    Raises
    ------
    FileNotFoundError
        When it is not there.
    CacheError
        When it cannot be read.
    """
    content: bytes = read_buffer(path, most).to_pybytes()
    return content


def read_buffer(path: Path, most: int) -> pa.Buffer:
    """As ``read``, into Arrow's memory pool, which is fast for small files but keeps what large ones took."""
    handle = None
    try:
        if os.path.islink(path):
            return pa.py_buffer(b"")
        handle = _open(path)  # a pipe without a writer would wait for one if it were allowed to
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode) or state.st_size > most:
            return pa.py_buffer(b"")
        size = state.st_size
        room = pa.allocate_buffer(size) if size < _LARGE else pa.py_buffer(bytearray(size))
        with os.fdopen(handle, "rb", buffering=0, closefd=False) as file:
            view, start = memoryview(room), 0
            while start < len(view) and (more := file.readinto(view[start:])):
                start += more
        return room.slice(0, start)
    except FileNotFoundError:
        raise
    except _UNSUPPORTED as error:
        if os.path.isdir(path):
            return pa.py_buffer(b"")  # Windows opens no folders
        raise failed_operation("read", path, error) from None
    finally:
        if handle is not None:
            os.close(handle)


def _open(path: Path | str, _: int = 0) -> int:
    return os.open(path, os.O_RDONLY | _flags("O_BINARY", "O_NOFOLLOW", "O_NONBLOCK"))


def _flags(*names: str) -> int:
    """Flags of ``os.open`` that exist on this system."""
    return sum(getattr(os, name, 0) for name in names)


def state_of(path: Path) -> os.stat_result | None:
    """``lstat`` of a path; None when it does not exist."""
    try:
        return os.lstat(path)
    except _UNSUPPORTED:
        return None


def digest(data: bytes | pa.Buffer) -> str:
    """SHA-256 as hexadecimal text."""
    return hashlib.sha256(data).hexdigest()


def digest_of(path: Path) -> str:
    """SHA-256 of a file, read in blocks.

    Raises
    ------
    FileNotFoundError, CacheError
        When it is not there, or cannot be read.
    """
    try:
        with open(path, "rb", buffering=0, opener=_open) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise
    except _UNSUPPORTED as error:
        raise failed_operation("read", path, error) from None


def discard(path: Path) -> None:
    """Delete a file if it is there and can be deleted."""
    with contextlib.suppress(*_UNSUPPORTED):
        path.unlink()


def names(folder: Path) -> list[str]:
    """Sorted names in a folder; none when there is no such folder.

    Raises
    ------
    CacheError
        When it cannot be read.
    """
    try:
        return sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except _UNSUPPORTED as error:
        raise failed_operation("read", folder, error) from None


def sweep(folder: Path, keep: Iterable[str], *, older_than: float = ORPHAN_AGE) -> int:
    """Delete files that are not referred to and older than ``older_than``; return their number."""
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


def is_link(path: Path) -> bool:
    """True for a link, wherever it leads; never raises."""
    return os.path.islink(path)


def refuse_link(folder: Path) -> None:
    """Raise when a folder of the cache is a symbolic link: it would lead out of the cache."""
    if is_link(folder):
        raise CacheError(
            f"{folder} is a link; the cache follows none: remove it, or set DTANALYTICS_CACHE_DIR"
        )


def failed_operation(verb: str, path: Path, error: Exception) -> CacheError:
    """The error for a file operation that failed."""
    reason = getattr(error, "strerror", None) or str(error)
    name, folder = (text if len(text) < 200 else f"{text[:200]}…" for text in (path.name, str(path.parent)))
    return CacheError(
        f"cannot {verb} {name!r} in the cache ({reason}); what was published before is intact: "
        f"make room or give access to {folder}, or set DTANALYTICS_CACHE_DIR"
    )
