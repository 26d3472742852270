"""The text of an answer in UTF-8, which is what JSON is, whatever encoding a service declares."""

from __future__ import annotations

import re
from email.message import Message

_LIKE_UTF8 = re.compile(rb"[\xc2-\xf4][\x80-\xbf]")


def in_utf8(body: bytes, content_type: str) -> bytes | None:
    r"""Return the body in UTF-8; None where it reads as two different texts.

    Many services declare Latin-1 and send UTF-8: what is UTF-8 stays so. Bytes that are in neither encoding
    stay as they are, and the reader of JSON says so.

    Examples
    --------
    >>> in_utf8(b"Jos\xe9", "application/json; charset=iso-8859-1").decode()
    'José'
    >>> in_utf8("José".encode(), "application/json; charset=iso-8859-1").decode()
    'José'
    """
    if "charset" not in content_type.lower():
        return body
    declared = Message()
    declared["Content-Type"] = content_type
    try:
        meant = body.decode(declared.get_content_charset("utf-8"))
    except (LookupError, ValueError):
        return body
    if body.isascii() and b"\0" not in body:
        two = meant.lstrip()[:1] in {"[", "{"} and meant != body.decode("ascii")  # as UTF-7 has it
        return None if two else body
    if _is_utf8(body) or _LIKE_UTF8.search(body):
        return body
    return meant.removeprefix("\ufeff").encode(errors="surrogatepass")


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except ValueError:
        return False
    return b"\0" not in body
