"""Files of saved answers to the pages in them: packed or not, in any encoding, one page or many, or lines."""

from __future__ import annotations

import io
import os
import re
import zlib
from collections.abc import Iterator
from gzip import GzipFile
from pathlib import Path
from typing import Any

import msgspec

from dtanalytics.errors import InputError
from dtanalytics.texts.paths import expand

_ENDINGS = (".json", ".json.gz", ".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz")
_WANTED = "a file ending in .json or .json.gz, or a folder of them (.jsonl and .ndjson are read, too)"
_GZIP = b"\x1f\x8b"
_MARKS = {
    b"\xff\xfe\x00\x00": "utf-32",
    b"\x00\x00\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}

MOST_BYTES = 2 << 30
"""Largest file, unpacked, that is read at once."""

FREE_BYTES = 64 << 20
MOST_TIMES = 200
"""Answers shrink ten to fifty times; what grows more than this, beyond ``FREE_BYTES``, was made to harm."""

_CHUNK = 1 << 20
_RAW = msgspec.json.Decoder(msgspec.Raw)
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_NESTED = re.compile(rb"\s*\[\s*\[")
_WRAPPED = re.compile(rb"\s*\[\s*\{[^{}]{0,4096}?:\s*\[\s*[\[{\]]")
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def saved_files(path: Any) -> list[Path]:
    """List the saved answers at a path, or at several: a folder's sorted by name.

    Raises
    ------
    InputError
        When there is none; the message says what was looked for.
    """
    if isinstance(path, list | tuple):
        if not path:
            raise InputError(f"the list of paths is empty; looked for {_WANTED}")
        return [file for item in path for file in saved_files(item)]
    path = expand(path)
    shown = str(path) if len(str(path)) <= 200 else f"…{str(path)[-200:]}"
    try:
        if path.is_dir():
            names = _names(path)
            if not names:
                raise InputError(f"{shown} is a folder without such files; looked for {_WANTED}")
            return [path / name for name in names]
        if not path.is_file():
            what = "is no regular file" if path.exists() else "does not exist"
            raise InputError(f"{shown} {what}; looked for {_WANTED}")
    except OSError as error:
        raise InputError(f"{shown} cannot be opened ({error.strerror}); looked for {_WANTED}") from None
    if not path.name.lower().endswith(_ENDINGS):
        raise InputError(f"{shown} ends in {path.suffix or 'nothing'}; looked for {_WANTED}")
    return [path]


def _names(folder: Path) -> list[str]:
    with os.scandir(folder) as found:
        return sorted(file.name for file in found if file.name.lower().endswith(_ENDINGS) and file.is_file())


def pages_of(file: Path) -> Iterator[tuple[str, bytes]]:
    """Each page that a file holds, as UTF-8, with what to call it.

    A file holds an answer, a list of answers, or an answer or a record a line.

    Raises
    ------
    InputError
        When it cannot be read or unpacked, or is larger than ``MOST_BYTES``.
    """
    body = _as_utf8(_content(file), file)
    start = body[:256].lstrip()[:1]
    if start == b'"':  # an answer that was saved as one text
        try:
            body = msgspec.json.decode(body, type=str).encode()
        except _UNREADABLE:
            yield file.name, body
            return
        start = body[:256].lstrip()[:1]
    pages = _listed(body) if start == b"[" else _lines(body) if start == b"{" else None
    if pages is None:
        yield file.name, body
        return
    for number, page in enumerate(pages, 1):
        yield f"{file.name}, page {number}", page


def _content(file: Path) -> bytes:
    """Bytes of a file, unpacked; no more than a file of answers can have."""
    try:
        _check_size(file.stat().st_size, MOST_BYTES, file)
        packed = file.read_bytes()
    except OSError as error:
        raise InputError(f"{file} cannot be read ({error.strerror})") from None
    if packed.startswith(_GZIP):
        return _unpacked(packed, file)
    if file.name.lower().endswith(".gz"):
        raise InputError(f"{file} cannot be unpacked (it is no gzip file); save that answer again")
    return packed


def _unpacked(packed: bytes, file: Path) -> bytes:
    most = min(MOST_BYTES, max(FREE_BYTES, MOST_TIMES * len(packed)))
    parts, size = [], 0
    try:
        with GzipFile(fileobj=io.BytesIO(packed)) as opened:
            while part := opened.read(_CHUNK):
                parts.append(part)
                size += len(part)
                _check_size(size, most, file)
    except (EOFError, OSError, zlib.error) as error:
        raise InputError(f"{file} cannot be unpacked ({error}); save that answer again") from error
    return b"".join(parts)


def _check_size(size: int, most: int, file: Path) -> None:
    if size > most:
        raise InputError(
            f"{file} holds more than {most >> 20:,} MiB unpacked, more than answers of its size can: "
            "save it again, in several files"
        )


def _as_utf8(body: bytes, file: Path) -> bytes:
    """Text as UTF-8: PowerShell saves UTF-16, with a mark or without."""
    encoding = next((name for mark, name in _MARKS.items() if body.startswith(mark)), None)
    if encoding is None and b"\0" in body[:2]:
        encoding = "utf-16-le" if body[1:2] == b"\0" else "utf-16-be"
    if encoding is None:
        return body.removeprefix(b"\xef\xbb\xbf")
    try:
        return body.decode(encoding).encode()
    except UnicodeError:
        raise InputError(
            f"{file} is not the text in {encoding.upper()} that it begins as; save it again"
        ) from None


def _listed(body: bytes) -> list[bytes] | None:
    """Pages of a list of pages; None where the list is one page of records, or no list."""
    if body[: body.find(b"\n") + 1].rstrip().endswith(b"]"):
        return _lines(body)
    if not _NESTED.match(body) and not _WRAPPED.match(body):
        return None
    try:
        pages = [bytes(item) for item in _LIST.decode(body)]
        if pages and all(page.startswith(b"[") for page in pages):
            return pages
        if pages and all(_is_wrapped(page) for page in pages):
            return pages
    except _UNREADABLE:
        pass
    return None


def _is_wrapped(page: bytes) -> bool:
    """Tell whether an object is an answer around one array of records, rather than a record."""
    members = _MEMBERS.decode(page)
    arrays = [member for member in members.values() if bytes(member).startswith(b"[")]
    return len(arrays) == 1 and b"sid" not in {name.encode() for name in members}


def _lines(body: bytes) -> list[bytes] | None:
    """Pages of a file with a value a line; None where it holds one value, or lines that are none."""
    try:
        _RAW.decode(body)
    except _UNREADABLE:
        pass
    else:
        return None
    lines = [line for line in body.splitlines() if line.strip()]
    if len(lines) < 2:
        return None
    try:
        values = [_RAW.decode(line) for line in lines]
        records = [not line.lstrip().startswith(b"[") and not _is_wrapped(line) for line in lines]
    except _UNREADABLE:
        return None
    if all(records):
        return [b"[" + b",".join(map(bytes, values)) + b"]"]
    pairs = zip(values, records, strict=True)
    return [b"[%b]" % bytes(value) if alone else bytes(value) for value, alone in pairs]
