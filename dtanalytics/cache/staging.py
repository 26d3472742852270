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
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from dtanalytics.cache import files
from dtanalytics.cache.manifest import Vintage
from dtanalytics.errors import CacheError, DtError

KEEP_FOR = 12 * 3600.0
"""An unfinished load can be taken up again that long [s]."""


class _Record(msgspec.Struct):
    days: dict[str, Vintage]
    accounts: list[str]


@dataclass
class Stage:
    """The complete days of a load that are not in the manifest yet.

    Parameters
    ----------
    folder : Path
        The entry's staging folder.
    """

    folder: Path
    days: dict[str, Vintage] = field(default_factory=dict)
    accounts: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _record: str = field(default_factory=lambda: f"days-{os.getpid()}-{secrets.token_hex(4)}.json")

    def __post_init__(self) -> None:
        files.sweep(self.folder, (), older_than=KEEP_FOR)
        for path in sorted(self.folder.glob("days-*.json")):
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
            body = msgspec.json.encode(_Record(self.days, sorted(self.accounts)))
            temp = files.write_temp(self.folder, files.digest(body).encode() + b"\n" + body)
            temp.replace(self.folder / self._record)

    def clear(self, days: Iterable[str]) -> None:
        """Forget days that are published."""
        published = set(days)
        for path in self.folder.glob("days-*.json"):
            if set(_read(path).days) <= published:
                files.discard(path)
        self.days = {day: vintage for day, vintage in self.days.items() if day not in published}


def _read(path: Path) -> _Record:
    try:
        head, _, body = files.read(path).partition(b"\n")
        if head == files.digest(body).encode():
            return msgspec.json.decode(body, type=_Record)
    except (FileNotFoundError, CacheError, msgspec.MsgspecError):
        pass
    return _Record({}, [])
