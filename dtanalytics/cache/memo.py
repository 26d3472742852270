"""Remember what was found out once: files that matched their checksum, days in which no call stands twice."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path

from dtanalytics.cache import files, records
from dtanalytics.errors import CacheError

NAME = "checked.json"
_KEEP = 20_000
_known: dict[Path, dict[str, str]] = {}
"""What this process found, by the file that it is kept in; all that there is when that cannot be written."""


def recall(path: Path) -> dict[str, str]:
    """Read such a record; empty when it is missing or damaged."""
    content = b""
    with contextlib.suppress(FileNotFoundError, CacheError):
        content = files.read(path)
    return {**(records.decode(content, dict[str, str]) or {}), **_known.get(path, {})}


def remember(path: Path, found: Mapping[str, str]) -> None:
    """Add to a record; when the disk refuses, files are verified again next time."""
    if not found:
        return
    known = dict(list({**recall(path), **found}.items())[-_KEEP:])
    _known[path] = known
    with contextlib.suppress(CacheError):
        records.write(path, known)
