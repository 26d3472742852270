"""Files that are whole or not there, and stay when the machine stops: write, fsync, rename, fsync again.

Written for Linux, macOS and Windows alike: files are binary, a folder may refuse to be opened, a file that
somebody reads may refuse to be replaced, and a disk may know neither hard links nor modes.
Every function may raise OSError, or ValueError for a path that holds a NUL: ``FAILURES``.
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

FAILURES = (OSError, ValueError)

CLAIM = b"claimed\n"
"""What a name holds that a writer has taken on a disk without hard links, and has not filled yet."""

_TEMP = ".tmp-"
_WINDOWS = os.name == "nt"
_WAITS = (0.01, 0.05, 0.2, 0.7)
"""Windows refuses to replace a file while anybody reads it: tried again after these [s]."""


def write_temp(folder: Path, data: bytes) -> Path:
    """Write bytes to a temporary file of the folder, durably."""
    temp = folder / f"{_TEMP}{os.getpid()}-{secrets.token_hex(6)}"
    try:
        _write(temp, data)
    except FAILURES:
        discard(temp)
        raise
    return temp


def is_temporary(name: str) -> bool:
    """True for names that ``write_temp`` gives."""
    return name.startswith(_TEMP)


def _write(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _flags("O_BINARY"), 0o600)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(handle, view) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def replace(temp: Path, path: Path) -> None:
    """Rename a file to a name, whatever was there."""
    for wait in _WAITS if _WINDOWS else ():
        with contextlib.suppress(PermissionError):
            temp.replace(path)
            return
        time.sleep(wait)
    temp.replace(path)


def create(temp: Path, path: Path) -> bool:
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
    finally:
        discard(temp)
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


def sync(path: Path) -> None:
    """Make a file durable that another library wrote; Windows does it only for one open for writing."""
    handle = os.open(path, os.O_RDWR | _flags("O_BINARY"))
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, where the system can."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except FAILURES:
        return  # Windows opens no folders
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
            raise
    finally:
        os.close(handle)


def open_regular(path: Path) -> int | None:
    """Open a file for reading; None for a link, a folder, a pipe. The caller closes the handle."""
    if is_link(path):
        return None
    try:
        handle = opener(path)
    except OSError:
        if os.path.isdir(path):
            return None  # Windows opens no folders
        raise
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return handle
    os.close(handle)
    return None


def opener(path: Path | str, _: int = 0) -> int:
    """Open for reading, and wait for nobody: a pipe without a writer would wait for one."""
    return os.open(path, os.O_RDONLY | _flags("O_BINARY", "O_NOFOLLOW", "O_NONBLOCK"))


def _flags(*names: str) -> int:
    """Flags of ``os.open`` that exist on this system."""
    return sum(getattr(os, name, 0) for name in names)


def is_link(path: Path) -> bool:
    """True for a link, wherever it leads; never raises."""
    return os.path.islink(path)


def state_of(path: Path) -> os.stat_result | None:
    """``lstat`` of a path; None when it does not exist."""
    try:
        return os.lstat(path)
    except FAILURES:
        return None


def digest_of(path: Path) -> str:
    """SHA-256 of a file as hexadecimal text, read in blocks."""
    with open(path, "rb", buffering=0, opener=opener) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def discard(path: Path) -> None:
    """Delete a file if it is there and can be deleted."""
    with contextlib.suppress(*FAILURES):
        path.unlink()


def sweep(folder: Path, keep: Iterable[str], *, older_than: float) -> int:
    """Delete files that are not kept and older than so many seconds; return their number."""
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
