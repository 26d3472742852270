"""Put a file in place whole or not at all, readable by its owner alone."""

from __future__ import annotations

import csv
import io
import os
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path

from dtanalytics import disk
from dtanalytics.errors import DtError, InputError, WriteError

_ABANDONED = 600.0  # s; no file takes so long to write


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary file beside ``path`` that takes its place when the block ends well.

    The file that was there stays as it is until then, and after a failure. Mode 0600. What a process that
    was killed left beside it is swept away.

    Raises
    ------
    InputError
        The path is a folder.
    WriteError
        The folder or the file cannot be written.
    """
    temporary = _beside(path)
    try:
        with _named(path):
            yield temporary
            disk.sync(temporary)
        renamed(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def prepared(path: Path, content: bytes) -> Path:
    """Write what shall become ``path`` into a file beside it, durably; `renamed` puts it in place.

    Its name does not end in ``.tmp``, so that `_sweep` leaves it; the caller renames or removes it.
    """
    temporary = _beside(path, ".pending")
    try:
        with _named(path):
            temporary.write_bytes(content)
            disk.sync(temporary)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def renamed(temporary: Path, path: Path) -> None:
    """Put a prepared file in the place of ``path``, durably where the file system can."""
    with _named(path):
        disk.replace(temporary, path)
    with suppress(OSError):  # some file systems cannot sync a folder
        disk.sync_folder(path.parent)


def _beside(path: Path, suffix: str = ".tmp") -> Path:
    """Make an empty file of mode 0600 in the folder of ``path``, which is made if need be."""
    if path.is_dir():
        raise InputError(f"{path} is a folder: name a file in it")
    with _named(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=suffix, dir=path.parent)
        os.close(handle)
    return Path(name)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Say which file could not be written, and what to do."""
    try:
        yield
    except OSError as error:
        if isinstance(error, DtError):
            raise
        reason = error.strerror or str(error) or type(error).__name__
        raise WriteError(
            f"{path} cannot be written ({reason}): choose a folder that is there and yours, on a disk with "
            "room; the file that was there is as it was"
        ) from error


def _sweep(path: Path) -> None:
    """Remove temporary files of this target that were left behind by a process that ended."""
    for left in path.parent.glob(f".{escape(path.name)}.*.tmp"):
        with suppress(OSError):  # another process may be sweeping too
            if time.time() - left.stat().st_mtime > _ABANDONED:
                left.unlink()


def as_csv(header: Sequence[str], rows: Iterable[Sequence[str]], preamble: Sequence[str] = ()) -> bytes:
    """Lines as they are, then a header and rows as CSV: UTF-8 without a mark, LF ends a line."""
    text = io.StringIO()
    text.writelines(f"{line}\n" for line in preamble)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()
