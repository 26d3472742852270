"""The body of an answer: read as it comes, unpacked within a size."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from typing import Any

from dtanalytics.apis.charset import in_utf8

MAX_BYTES = 64 * 1024 * 1024
"""No page of 250 records is this large; a body that is, decompressed, is an attack or a fault."""

_CHUNK = 1 << 18
_PLAIN = {"", "identity", "none", "utf-8"}
_GZIP = {"gzip", "x-gzip"}


class UnusableError(Exception):
    """A body that cannot be used; says why, without quoting it."""

    def __init__(self, message: str, *, retryable: bool = True) -> None:
        super().__init__(message)
        self.retryable = retryable


def read(raw: Any, headers: Mapping[str, str], on_bytes: Callable[[], None]) -> bytes:
    """Read and unpack a body.

    Parameters
    ----------
    raw : urllib3.HTTPResponse
        The open answer.
    headers : mapping
        Its headers.
    on_bytes : callable
        Called for every part that comes; may raise to break off.

    Raises
    ------
    UnusableError
        Too large, cut within its packing, packed in a way that was not asked for, or in an unclear encoding.
    """
    encoding = headers.get("Content-Encoding", "").strip().lower()
    if encoding not in _PLAIN | _GZIP:
        raise UnusableError("the answer is packed in a way that was not asked for (Content-Encoding)")
    unpacker = _Gzip() if encoding in _GZIP else None
    parts: list[bytes] = []
    size = 0
    while part := raw.read1(_CHUNK, decode_content=False):
        on_bytes()
        if unpacker is not None:
            part = unpacker.feed(part, MAX_BYTES - size + 1)  # what it holds
        parts.append(part)
        size += len(part)
        if size > MAX_BYTES:
            raise UnusableError(f"the answer is larger than {MAX_BYTES >> 20} MiB; refused", retryable=False)
    if unpacker is not None and not unpacker.whole:
        raise UnusableError("the answer was cut; try again")
    body = in_utf8(b"".join(parts), headers.get("Content-Type", ""))
    if body is None:
        raise UnusableError(
            "the answer may be read in two ways, of which the declared charset is one; refused"
        )
    return body


class _Gzip:
    """Unpacks one gzip stream after the other, never more than asked."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(31)
        self._fresh = True

    @property
    def whole(self) -> bool:
        """Whether the last stream has come to its end."""
        return self._stream.eof or self._fresh

    def feed(self, data: bytes, most: int) -> bytes:
        unpacked: list[bytes] = []
        try:
            while data and most > 0:
                if self._stream.eof:
                    if not data.strip(b"\0"):
                        break  # padding behind the end
                    self._stream = zlib.decompressobj(31)
                self._fresh = False
                part = self._stream.decompress(data, most)
                unpacked.append(part)
                most -= len(part)
                data = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail
        except zlib.error:
            raise UnusableError("the answer cannot be unpacked; try again") from None
        return b"".join(unpacked)
