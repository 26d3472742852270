"""Days that an unfinished load has completed, so that the next load asks only for the rest.

Only whole windows are kept: pages of a window whose calls move meanwhile would not fit those to come.
Only the next load of the same question reads these files.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from dtanalytics.cache import files, records
from dtanalytics.cache.manifest import Vintage
from dtanalytics.errors import CacheError, DtError

KEEP_FOR = 12 * 3600.0
"""An unfinished load can be taken up again that long [s]."""


class _Record(msgspec.Struct):
    days: dict[str, Vintage] = {}
    accounts: list[str] = []


class Stage:
    """The complete days of a load that are not in the manifest yet.

    Parameters
    ----------
    folder : Path
        The entry's staging folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.days: dict[str, Vintage] = {}
        self.accounts: set[str] = set()
        self._lock = threading.Lock()
        self._file = folder / f"days-{os.getpid()}-{secrets.token_hex(4)}.json"
        files.sweep(folder, (), older_than=KEEP_FOR)
        for path in sorted(folder.glob("days-*.json")):
            record = _read(path)
            self.days.update(record.days)
            self.accounts.update(record.accounts)

    def staged_files(self) -> set[str]:
        """Data files that wait to be published."""
        return {vintage.file for vintage in self.days.values() if vintage.file}

    def add(self, days: Mapping[str, Vintage], accounts: Iterable[str]) -> None:
        """Record days that are complete and written; when the disk refuses, only resuming is lost."""
        with self._lock, contextlib.suppress(DtError, OSError):
            self.days.update(days)
            self.accounts.update(accounts)
            files.make_folder(self.folder)
            records.write(self._file, _Record(self.days, sorted(self.accounts)))

    def clear(self, days: Iterable[str]) -> None:
        """Forget days: they are published, or are not complete after all."""
        over = set(days)
        for path in self.folder.glob("days-*.json"):
            if set(_read(path).days) <= over:
                files.discard(path)
        self.days = {day: vintage for day, vintage in self.days.items() if day not in over}
        if self._file.exists():
            self.add({}, ())


def _read(path: Path) -> _Record:
    with contextlib.suppress(FileNotFoundError, CacheError):
        return records.decode(files.read(path), _Record) or _Record()
    return _Record()
