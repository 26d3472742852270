"""Answers that break off on the wire: each puts what it wants on the socket and ends the connection.

`value` refines some of them; None takes what the fault's text says.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from itertools import chain, repeat
from typing import Any

from dtanalytics.emulator.service.httpd import Connection


def reset_early(connection: Connection, _head: bytes, _body: bytes, _value: Any) -> None:
    """Reset before a byte went out."""
    connection.reset()


def reset_in_body(connection: Connection, head: bytes, body: bytes, _value: Any) -> None:
    """Reset after half of the body."""
    connection.connection.sendall(head + body[: len(body) // 2])
    connection.reset()


def short(connection: Connection, head: bytes, body: bytes, _value: Any) -> None:
    """Close after two thirds of what Content-Length announced."""
    connection.connection.sendall(head + body[: len(body) * 2 // 3])


def chunked(connection: Connection, head: bytes, body: bytes, _value: Any) -> None:
    """Send one chunk and close, without the last one."""
    head = _swap_length(head, b"Transfer-Encoding: chunked")
    part = body[: len(body) // 2]
    connection.connection.sendall(head + f"{len(part):x}\r\n".encode() + part + b"\r\n")


def to_close(connection: Connection, head: bytes, body: bytes, _value: Any) -> None:
    """Let the end of the connection end the body, halfway."""
    connection.connection.sendall(_swap_length(head, b"Connection: close") + body[: len(body) // 2])


def other_bytes(connection: Connection, head: bytes, body: bytes, value: Any) -> None:
    """Send what a function makes of the head and the body, and close."""
    connection.connection.sendall(value(head, body))


def silent(connection: Connection, _head: bytes, _body: bytes, value: Any) -> None:
    """Say nothing for a while [s], then close."""
    connection.server.pause(2.0 if value is None else value)


def drip(connection: Connection, head: bytes, body: bytes, value: Any) -> None:
    """Send the body a byte at a time, so far apart [s]."""
    connection.connection.sendall(head)
    for index in range(len(body)):
        connection.connection.sendall(body[index : index + 1])
        connection.server.pause(0.05 if value is None else value)


def _slowly(connection: Connection, parts: Iterable[bytes], value: Any) -> None:
    for part in parts:
        connection.connection.sendall(part)
        if connection.server.pause(0.05 if value is None else value):
            return


def drip_status(connection: Connection, _head: bytes, _body: bytes, value: Any) -> None:
    """Begin a status line and never end it."""
    _slowly(connection, chain([b"HTTP/1.1 200 O"], repeat(b"K", 20_000)), value)


def drip_headers(connection: Connection, head: bytes, _body: bytes, value: Any) -> None:
    """Send the status line, then one header after the other."""
    line = head.split(b"\r\n", 1)[0] + b"\r\n"
    _slowly(connection, chain([line], (b"X-%d: 1\r\n" % n for n in range(80)), repeat(b"X", 20_000)), value)


def drip_chunks(connection: Connection, head: bytes, body: bytes, value: Any) -> None:
    """Send the body in chunks of one byte."""
    chunks = (b"1\r\n%b\r\n" % body[place : place + 1] for place in range(len(body)))
    _slowly(
        connection, chain([_swap_length(head, b"Transfer-Encoding: chunked")], chunks, [b"0\r\n\r\n"]), value
    )


def drip_gzip(connection: Connection, head: bytes, body: bytes, value: Any) -> None:
    """Send a packed body a byte at a time."""
    packed = zlib.compress(body, 1, 31)
    length = b"Content-Encoding: gzip\r\nContent-Length: %d" % len(packed)
    parts = (packed[place : place + 1] for place in range(len(packed)))
    _slowly(connection, chain([_swap_length(head, length)], parts), value)


def drip_trailers(connection: Connection, head: bytes, body: bytes, value: Any) -> None:
    """Send the whole body as a chunk, then trailers without end."""
    head = _swap_length(head, b"Transfer-Encoding: chunked")
    whole = b"%x\r\n%b\r\n0\r\n" % (len(body), body)
    _slowly(connection, chain([head + whole], repeat(b"X-Trailer: 1\r\n", 20_000)), value)


def continues(connection: Connection, _head: bytes, _body: bytes, value: Any) -> None:
    """Promise an answer for ever."""
    _slowly(connection, repeat(b"HTTP/1.1 100 Continue\r\n\r\n", 20_000), value)


def http_1_0(connection: Connection, head: bytes, body: bytes, _value: Any) -> None:
    """Answer as HTTP/1.0 does: the end of the connection ends the body."""
    head = _swap_length(head, b"Connection: close").replace(b"HTTP/1.1", b"HTTP/1.0", 1)
    connection.connection.sendall(head + body)


def bomb(connection: Connection, head: bytes, _body: bytes, value: Any) -> None:
    """Send zeros, packed a thousand to one, until the size is reached or the client has had enough."""
    head = _swap_length(head, b"Content-Encoding: gzip\r\nConnection: close")
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    connection.connection.sendall(head + packer.compress(b'[{"sid":"'))
    block = b"0" * 1_000_000
    for _ in range((10**9 if value is None else value) // len(block)):
        connection.connection.sendall(packer.compress(block) + packer.flush(zlib.Z_SYNC_FLUSH))
    connection.connection.sendall(packer.compress(b'"}]') + packer.flush())


def _swap_length(head: bytes, header: bytes) -> bytes:
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-length")]
    return b"\r\n".join([lines[0], header, *lines[1:]])
