"""Records of another shape than the documents print: each function takes one rendered record.

The second argument refines some of them; None takes what the fault's text says.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

_NUMBERS = "talk_minutes talk_seconds total_seconds offer_price margin rank smart_minutes"

_AMOUNTS = ("offer_price", "affiliate_price", "margin", "talk_minutes", "smart_minutes")


def with_raw(row: bytes, key: bytes, value: bytes) -> bytes:
    """Put another JSON text behind a key, whatever stood there."""
    head, found, tail = row.partition(b'"' + key + b'":')
    if not found:
        return row
    text = tail.decode()
    bare = text.lstrip()
    _, end = json.JSONDecoder().raw_decode(bare)
    return head + found + value + bare[end:].encode()


def with_raw_number(row: bytes, value: bytes) -> bytes:
    """Put a text that is no finite number where a number belongs."""
    return with_raw(row, b"talk_seconds" if b'"talk_seconds"' in row else b"activity_type_id", value)


def with_sid_twice(row: bytes, _: Any = None) -> bytes:
    """Name the sid again, differently."""
    return row[:-1] + b',"sid":"0000000000000000"}'


def of_account(row: bytes, account: str | None = None) -> bytes:
    """Let the record be another account's."""
    return with_raw(row, b"acct_id", json.dumps(account or "99999").encode())


def with_leading_zeros(row: bytes, _: Any = None) -> bytes:
    """Print a zero as the vendor's sample does, which is no JSON."""
    return with_raw(row, b"pool_id", b"00000") if b'"pool_id":0,' in row else row


def with_new_key(row: bytes, key: str | None = None) -> bytes:
    """Add a key that no document mentions."""
    return _changed(row, lambda record: record.update({key or "brand_new_key": "1"}))


def without_key(row: bytes, key: str | None = None) -> bytes:
    """Leave a key out."""
    return _changed(row, lambda record: record.pop(key or "city", None))


def with_number_as_sid(row: bytes, _: Any = None) -> bytes:
    """Print the sid as a number; insert a longer one first for what a double cannot hold."""
    return _changed(row, lambda record: record.update(sid=int(record["sid"])))


def with_float_ids(row: bytes, _: Any = None) -> bytes:
    """Print the sid and the caller's number as floats, which a double holds."""

    def floats(record: dict[str, Any]) -> None:
        for key in ("sid", "caller_id", "ani"):
            if str(record.get(key) or "").isdecimal() and int(record[key]) <= 2**53:
                record[key] = f"@{record[key]}.0@"

    return re.sub(rb'"@([0-9.]+)@"', rb"\1", _changed(row, floats))


def with_float_noise(row: bytes, _: Any = None) -> bytes:
    """Print amounts as a service does that works them out in binary fractions."""

    def noise(record: dict[str, Any]) -> None:
        for key in _AMOUNTS:
            if record.get(key):
                record[key] = float(record[key]) + 2e-13

    return _changed(row, noise)


def with_empty_text(row: bytes, _: Any = None) -> bytes:
    """Print empty text for null."""
    return _changed(
        row, lambda record: record.update({k: "" for k, value in record.items() if value is None})
    )


def with_bare_numbers(row: bytes, _: Any = None) -> bytes:
    """Print numbers without quotes."""

    def unquote(record: dict[str, Any]) -> None:
        texts = {key: record.get(key) for key in _NUMBERS.split()}
        record.update(
            {key: json.loads(text) for key, text in texts.items() if isinstance(text, str) and text}
        )

    return _changed(row, unquote)


def _changed(row: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    record = json.loads(row)
    change(record)
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode()
