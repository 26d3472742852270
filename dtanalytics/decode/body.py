"""The body of an answer to its records: what counts as an answer, and what is said of anything else."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec
import pyarrow as pa

from dtanalytics.decode.exact import Record, load_json
from dtanalytics.errors import ApiError
from dtanalytics.schema import Field, Report

BOM: Final = b"\xef\xbb\xbf"
"""Some services begin their text with it."""

_ERRORS = frozenset({"error", "errors", "error_message", "errormessage", "fault", "exception"})
_RECORDS = msgspec.json.Decoder(list[msgspec.Raw])
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
# A string, or else a number that begins with idle zeros, which the vendor's sample shows and JSON forbids.
_STRING_OR_ZEROS = re.compile(rb'"(?:[^"\\]|\\.)*"|(?<![\w.+-])(-?0[0-9][0-9.eE+-]*)', re.DOTALL)


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
    if body.lstrip()[:1] != b"{":
        return _RECORDS.decode(body)
    members = map(bytes, _MEMBERS.decode(body).values())
    arrays = [member for member in members if member.startswith(b"[")]
    if len(arrays) != 1:
        return None
    # What is left when the array is taken out is small: the exact reader decides whether it is a
    # wrapper, and sees a member that occurs twice.
    try:
        shell = load_json(body.replace(arrays[0], b"[]", 1))
        wrapped = unwrap(shell)
    except ValueError:
        return None
    return _RECORDS.decode(arrays[0]) if wrapped == [] else None


def is_utf8(body: bytes | bytearray) -> bool:
    """Tell whether bytes are text, strictly: readers of JSON often look at its marks alone."""
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
    """Quote the numbers that begin with idle zeros (``00000``), so that their digits can be read."""
    return _STRING_OR_ZEROS.sub(lambda hit: b'"%b"' % hit[1] if hit[1] else hit[0], body)


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
    if any(name.lower() in _ERRORS and content and content != "0" for name, content in value.items()):
        raise ValueError("the service reports an error")
    if key in value:
        return [value]
    arrays = [member for member in value.values() if isinstance(member, list)]
    if len(arrays) != 1 or any(isinstance(member, dict) for member in value.values()):
        raise ValueError("it is an object without exactly one array of records")
    return unwrap(arrays[0])


def find_records(body: bytes, report: Report, wire: Mapping[str, Field], source: str) -> list[Record]:
    """Read the records of an answer exactly.

    Raises
    ------
    ApiError
        When the body is not a usable answer; it says why, and shows the beginning unless that may
        hold somebody's call.
    """
    try:
        return unwrap(_load_json(body), report.key)
    except ValueError as error:
        reason = str(error)
    head = body[:800].decode("utf-8", "replace").strip()[:200]
    if head.startswith("[") or any(f'"{key}"' in head for key in (*wire, *report.dropped)):
        head = ""
    shown = f" It begins with {head!r}." if head else "" if body.strip() else " It is empty."
    raise ApiError(
        f"{source} of the {report.title} report is not a usable answer: {reason}.{shown} "
        f"Nothing of it was used; ask again, and if it stays so, look at the service's address and state.",
        retryable=True,
    )


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
