"""Answers that break off on the wire: each puts what it wants on the socket and ends the connection.

`value` refines some of them; None takes what the fault's text says.
"""

from __future__ import annotations

import zlib
from typing import Any

from dtanalytics.emulator.httpd import Connection


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


def silent(connection: Connection, _head: bytes, _body: bytes, value: Any) -> None:
    """Say nothing for a while [s], then close."""
    connection.server.pause(2.0 if value is None else value)


def drip(connection: Connection, head: bytes, body: bytes, value: Any) -> None:
    """Send the body a byte at a time, so far apart [s]."""
    connection.connection.sendall(head)
    for index in range(len(body)):
        connection.connection.sendall(body[index : index + 1])
        connection.server.pause(0.05 if value is None else value)


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
