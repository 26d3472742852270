"""Find the records in the body of an answer, or say what the body is instead."""

from __future__ import annotations

import contextlib
import re
from operator import itemgetter
from typing import Any, Final

import msgspec
import pyarrow as pa

from dtanalytics.decode.envelope import Envelope, read_envelope
from dtanalytics.decode.exact import Record, load_json
from dtanalytics.errors import ApiError
from dtanalytics.schema import Report

BOM: Final = b"\xef\xbb\xbf"
"""Some services begin their text with it."""

_RECORDS = msgspec.json.Decoder(list[msgspec.Raw])
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
# A string, or else a number that begins with idle zeros, which the vendor's sample shows and JSON forbids.
_STRING_OR_ZEROS = re.compile(rb'"(?:[^"\\]|\\.)*"|(?<![\w.+-])(-?0[0-9][0-9.eE+-]*)', re.DOTALL)
_ZEROS = re.compile(rb"(?<![\w.+-])(-?0[0-9][0-9.eE+-]*)")


def split(body: bytes) -> list[msgspec.Raw] | None:
    """Split an array of records into its records, each the bytes of one valid JSON value.

    Returns None where that takes the exact way: another shape, or nothing usable at all.
    """
    body = body.removeprefix(BOM)
    try:
        return _split(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        repaired = quote_zeros(body)
    if repaired == body:
        return None
    try:
        return _split(repaired)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _split(body: bytes) -> list[msgspec.Raw] | None:
    if body.lstrip()[:1] == b"{":
        body, _ = unpack(body)
        if body.lstrip()[:1] == b"{":
            return None
    records = _RECORDS.decode(body)
    # a value that is no record is seen here, while the answer can still be asked for again
    begins = set(map(itemgetter(0), [memoryview(record) for record in records]))
    return records if begins <= {ord("{")} else None


def unpack(body: bytes) -> tuple[bytes, Envelope]:
    """Take the array of records out of an answer, with what stands beside it.

    Gives the body as it is where it is an array already, or where only the exact way can tell.
    """
    body = body.removeprefix(BOM)
    if body.lstrip()[:1] != b"{":
        return body, Envelope()
    for text in (body, None):
        try:
            return _unpack(quote_zeros(body) if text is None else text)
        except (ValueError, RecursionError):  # of msgspec, too
            continue
    return body, Envelope()


def _unpack(body: bytes) -> tuple[bytes, Envelope]:
    members = {name: bytes(member) for name, member in _MEMBERS.decode(body).items()}
    name = max(members, key=lambda name: len(members[name]) * members[name].startswith(b"["), default="")
    array = members.get(name, b"")
    if not array.startswith(b"["):
        raise ValueError("no array")
    # What is left without the array is small; read exactly, a member that occurs twice is seen.
    shell = load_json(body.replace(array, b"[]", 1))
    found, envelope = read_envelope(shell, filled=name if array.strip(b"[] \t\r\n") else None)
    if found != name:
        raise ValueError("another array")
    return array, envelope


def is_utf8(body: bytes | bytearray) -> bool:
    """Tell whether bytes are valid UTF-8: JSON readers often check the structure only."""
    if body.isascii():
        return True
    ends = pa.array([0, len(body)], pa.int64())
    text = pa.LargeStringArray.from_buffers(1, ends.buffers()[1], pa.py_buffer(body))
    try:
        text.validate(full=True)  # ten times as fast as to decode it
    except pa.ArrowInvalid:
        return False
    return True


def quote_zeros(body: bytes) -> bytes:
    """Quote numbers with leading zeros (``00000``), which are no JSON, so that their digits are kept."""
    if b"\\" in body or b"\0" in body:
        return _STRING_OR_ZEROS.sub(lambda hit: b'"%b"' % hit[1] if hit[1] else hit[0], body)
    parts = body.split(b'"')  # without escapes every other part lies outside of strings: ten times as fast
    parts[::2] = _ZEROS.sub(rb"\0\1\0", b'"'.join(parts[::2])).split(b'"')
    return b'"'.join(parts).replace(b"\0", b'"')


def unwrap(value: Any, key: str = "sid") -> list[Record]:
    """Find the records in an answer that is valid JSON.

    Raises
    ------
    ValueError
        When it holds an error text, or no array of records, or several.
    """
    if isinstance(value, list):
        if not all(isinstance(record, dict) for record in value):
            raise ValueError("it is an array of something else than records")
        return value
    if not isinstance(value, dict):
        raise ValueError("it is neither an array nor an object")  # noqa: TRY004 (the answer is wrong, not a type)
    if key in value:
        return [value]
    found, _ = read_envelope(value)
    if found is None:
        raise ValueError("it is an object without exactly one array of records")
    return unwrap(value[found] or [])


def find_records(body: bytes, report: Report, source: str) -> list[Record]:
    """Read the records of an answer exactly.

    Raises
    ------
    ApiError
        When the body is not a usable answer; it says why, and quotes nothing: an answer may repeat the
        keys, or hold somebody's call.
    """
    try:
        return unwrap(_load_json(body), report.key)
    except ValueError as error:
        reason = str(error)
    raise ApiError(
        f"{source} of the {report.title} report is not a usable answer: {reason}{_describe_body(body)}. "
        f"Nothing of it was used; ask again, and if it stays so, look at the service's address and state.",
        retryable=True,
    )


def _describe_body(body: bytes) -> str:
    """Describe a body that is no JSON, for a message."""
    text = body[:200].removeprefix(BOM).lstrip()
    if not text:
        return "; it is empty"
    return "; it looks like a web page" if text.startswith(b"<") else ""


def _load_json(body: bytes) -> Any:
    """Read JSON, or JSON but for numbers with idle zeros."""
    try:
        return load_json(body)
    except ValueError as error:
        repaired = quote_zeros(body)
        if repaired != body:
            with contextlib.suppress(ValueError):
                return load_json(repaired)
        raise error from None
