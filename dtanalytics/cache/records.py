"""JSON files that begin with their own SHA-256, so that damage is recognised."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import msgspec

from dtanalytics.cache import files

T = TypeVar("T")


def write(path: Path, value: Any) -> None:
    """Write a record atomically: its SHA-256, then JSON."""
    files.replace(path, encode(value))


def encode(value: Any) -> bytes:
    """The bytes of a record."""
    body = msgspec.json.encode(value)
    return files.digest(body).encode() + b"\n" + body + b"\n"


def decode(data: bytes, kind: type[T]) -> T | None:
    """The value of a record; None when it is damaged or of another kind."""
    head, _, body = data.partition(b"\n")
    body = body.rstrip(b"\n")
    if not body or head != files.digest(body).encode():
        return None
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
