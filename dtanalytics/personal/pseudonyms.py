"""Pseudonyms: keyed hashes (HMAC-SHA-256) of what identifies a person, cut to 80 bits."""

from __future__ import annotations

import hmac
from hashlib import sha256

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dtanalytics.personal.values import PSEUDONYM_DIGITS

_BLOCK = 64  # bytes of a block of SHA-256
_AT_ONCE = 1 << 16
"""Values that are hashed at once: their hashes are Python objects, which take much memory."""


def pseudonym_of(secret: bytes, domain: str, value: str) -> str:
    """Pseudonym of one value.

    Examples
    --------
    >>> pseudonym_of(b"a long secret", "phone", "2125550100")
    '6d4b636ce0c335220500'
    """
    return hmac.digest(secret, f"{domain}:{value}".encode(), "sha256").hex()[:PSEUDONYM_DIGITS]


def pseudonyms_of(secret: bytes, domain: str, values: pa.LargeStringArray) -> npt.NDArray[np.bytes_]:
    """Pseudonym of each value, as `pseudonym_of` makes it, in a third of the time.

    RFC 2104 allows for it: what is hashed before the first value is hashed once, and copied for the others.

    Examples
    --------
    >>> pseudonyms_of(b"a long secret", "phone", pa.array(["2125550100"], pa.large_string()))
    array([b'6d4b636ce0c335220500'], dtype='|S20')
    """
    block = (sha256(secret).digest() if len(secret) > _BLOCK else secret).ljust(_BLOCK, b"\0")
    inner, outer = (sha256(bytes(byte ^ pad for byte in block)) for pad in (0x36, 0x5C))
    inner.update(f"{domain}:".encode())
    begin, end = inner.copy, outer.copy  # looked up once
    found = np.empty(len(values), dtype=f"S{PSEUDONYM_DIGITS}")
    for start in range(0, len(values), _AT_ONCE):
        hashes = []
        for value in values.slice(start, _AT_ONCE).cast(pa.large_binary()).to_pylist():
            message = begin()
            message.update(value)
            whole = end()
            whole.update(message.digest())
            hashes.append(whole.digest())
        digests = np.frombuffer(b"".join(hashes), dtype=np.uint8).reshape(len(hashes), -1)
        written = digests[:, : PSEUDONYM_DIGITS // 2].tobytes().hex().encode()
        found[start : start + len(hashes)] = np.frombuffer(written, dtype=found.dtype)
    return found
