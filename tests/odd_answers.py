"""Answers that a service, a gateway or a cache may send in place of its own, and what is right then.

Outcomes: E exact rows, R exact after a retry, T typed error.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib


def chunked(head, body, first=None, end=b"0\r\n\r\n"):
    """The body in two chunks; ``first`` is another size of the first."""
    head = without_length(head, b"Transfer-Encoding: chunked")
    parts = [body[: len(body) // 2], body[len(body) // 2 :]]
    sizes = [first or b"%x" % len(parts[0]), b"%x" % len(parts[1])]
    return head + b"".join(b"%b\r\n%b\r\n" % pair for pair in zip(sizes, parts, strict=True)) + end


def without_length(head, *lines):
    """The head with other lines in place of its Content-Length."""
    kept = [line for line in head.split(b"\r\n") if line and not line.lower().startswith(b"content-length")]
    return b"\r\n".join([*kept, *lines, b"", b""])


def packed(head, body, encoding=b"gzip"):
    """A body that is said to be packed."""
    return without_length(head, b"Content-Encoding: " + encoding, b"Content-Length: %d" % len(body)) + body


def in_charset(head, body, name):
    """A body with its length, and a charset that is declared for it."""
    head = without_length(head, b"Content-Length: %d" % len(body))
    return head.replace(b"application/json", b"application/json; charset=" + name) + body


BODIES = {  # name -> outcome, the body
    "garbage-behind": ("T", lambda body: body + b"\n<!-- node 4 -->"),
    "two-arrays": ("T", lambda body: body + body),
    "json-lines": ("T", lambda body: body[1:-1].replace(b"},{", b"}\n{")),
    "nul-behind": ("T", lambda body: body + b"\0\0"),
    "utf-16": ("T", lambda body: body.decode().encode("utf-16")),
    "utf-16-without-mark": ("T", lambda body: body.decode().encode("utf-16-le")),
    "utf-32": ("T", lambda body: body.decode().encode("utf-32")),
    "callback": ("T", lambda body: b"answer(" + body + b");"),
    "guarded-prefix": ("T", lambda body: b")]}',\n" + body),
    "json-in-text": ("T", lambda body: json.dumps(body.decode()).encode()),
    "nested-twice": ("T", lambda body: b'{"response":{"calls":' + body + b"}}"),
    "array-in-array": ("T", lambda body: b"[" + body + b"]"),
    "comment": ("T", lambda body: b"/* v2 */" + body),
    "comma-behind-the-last": ("T", lambda body: body[:-1] + b"," + body[-1:]),
    "single-quotes": ("T", lambda body: body.replace(b'"', b"'")),
    "array-named-twice": ("T", lambda body: b'{"response":' + body + b',"response":[]}'),
    "two-arrays-named": ("T", lambda body: b'{"response":' + body + b',"more":[]}'),
    "null-among-records": ("T", lambda body: b"[null," + body[1:]),
    "text-among-records": ("T", lambda body: body[:-1] + b',"end"' + body[-1:]),
    "sids-with-exponents": ("T", lambda body: re.sub(rb'"sid":"([0-9])([0-9]+)"', rb'"sid":\1.\2E+15', body)),
    "blanks-around": ("E", lambda body: b" \r\n\t" + body + b"\r\n "),
    "everything-escaped": ("E", lambda body: json.dumps(json.loads(body)).encode()),
}
SENT = {  # name -> outcome, the bytes on the wire
    "chunk-too-long": ("T", lambda head, body: chunked(head, body, first=b"F" * 17)),
    "chunk-below-zero": ("T", lambda head, body: chunked(head, body, first=b"-5")),
    "chunks-without-end": ("T", lambda head, body: chunked(head, body, end=b"")),
    "chunks-with-trailers": ("E", lambda head, body: chunked(head, body, end=b"0\r\nX-Sum: 1\r\n\r\n")),
    "gzip-of-two-members": ("E", lambda head, body: packed(head, gzip.compress(body[:9]) + gzip.compress(body[9:]))),
    "gzip-wrong-sum": ("T", lambda head, body: packed(head, gzip.compress(body)[:-8] + bytes(8))),
    "gzip-without-sum": ("T", lambda head, body: packed(head, gzip.compress(body)[:-8])),
    "gzip-and-garbage": ("T", lambda head, body: packed(head, gzip.compress(body) + b"garbage")),
    "gzip-twice": ("T", lambda head, body: packed(head, gzip.compress(gzip.compress(body)), b"gzip, gzip")),
    "deflate": ("T", lambda head, body: packed(head, zlib.compress(body), b"deflate")),
    "two-lengths": ("T", lambda head, body: without_length(head, b"Content-Length: 9", b"Content-Length: 8") + body),
    "length-of-letters": ("E", lambda head, body: without_length(head, b"Content-Length: many") + body),
    "length-of-20-digits": ("T", lambda head, body: without_length(head, b"Content-Length: 1" + b"0" * 20) + body),
    "early-hints": ("T", lambda head, body: b"HTTP/1.1 103 Early Hints\r\n\r\n" + head + body),
    "another-protocol": ("ET", lambda head, body: head.replace(b"HTTP/1.1", b"ICY") + body),
    "a-line-of-garbage": ("T", lambda head, body: b"\0\xff garbage\r\n\r\n" + head + body),
    "300-headers": ("T", lambda head, body: head[:-2] + b"X-A: 1\r\n" * 300 + b"\r\n" + body),
    "a-header-of-70-kB": ("T", lambda head, body: head[:-2] + b"X-A: " + b"a" * 70_000 + b"\r\n\r\n" + body),
    "closed-each-time": ("E", lambda head, body: head + body),
    "utf-16-declared": ("E", lambda head, body: in_charset(head, body.decode().encode("utf-16"), b"utf-16")),
    "utf-16-declared-and-not-sent": ("E", lambda head, body: in_charset(head, body, b"utf-16")),
    "utf-7-declared": ("T", lambda head, body: in_charset(head, body.replace(b"a", b"+AGE-", 9), b"utf-7")),
    "charset-of-no-letters": ("E", lambda head, body: in_charset(head, body, b"hex")),
    "cookies": ("E", lambda head, body: head[:-2] + b"Set-Cookie: node=4\r\n" * 20 + b"\r\n" + body),
}  # fmt: skip
