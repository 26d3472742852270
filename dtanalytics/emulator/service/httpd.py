"""A small HTTP/1.1 server on sockets: keep-alive, threads, and raw writes for faults."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import struct
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

_REASONS = {status.value: status.phrase for status in HTTPStatus}


@dataclass(frozen=True)
class Request:
    """What a client asked. Header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    target: str
    headers: Mapping[str, str]


@dataclass
class Answer:
    """What goes back. `write`, when set, puts the bytes on the wire itself and may break off."""

    status: int = 200
    body: bytes = b"[]"
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    write: Callable[[Connection, bytes, bytes], None] | None = None

    def head(self, *omit: str) -> bytes:
        """Status line and headers, without those named."""
        headers = {"Content-Type": self.content_type, "Content-Length": str(len(self.body)), **self.headers}
        lines = [f"{name}: {value}" for name, value in headers.items() if name not in omit]
        reason = _REASONS.get(self.status, "Unknown")
        return "\r\n".join([f"HTTP/1.1 {self.status} {reason}", *lines, "", ""]).encode("latin-1")


class Connection(socketserver.StreamRequestHandler):
    """One client's connection: requests in, answers out, until either side closes."""

    disable_nagle_algorithm = True
    rbufsize = 65536
    server: Server

    def handle(self) -> None:
        """Answer requests until the client leaves or an answer breaks off."""
        self.server.connections.add(self.connection)
        try:
            while (request := self._read()) is not None:
                answer = self.server.answer(request)
                if answer.write is not None:
                    answer.write(self, answer.head(), answer.body)
                    return
                self.connection.sendall(answer.head() + answer.body)
                if request.headers.get("connection", "").lower() == "close":
                    return
        except OSError:  # the client has gone, which is its right
            return

    def finish(self) -> None:
        """Close the connection, whether or not the client read everything."""
        self.server.connections.discard(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    def reset(self) -> None:
        """Break off with a TCP reset instead of an orderly end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def _read(self) -> Request | None:
        line = self.rfile.readline(65536)
        if not line.strip():
            return None
        method, target, _ = line.decode("latin-1").split(" ", 2)
        headers = {}
        while (line := self.rfile.readline(65536)).strip():
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        self.rfile.read(int(headers.get("content-length", 0)))
        parts = urlsplit(target)
        return Request(
            method, parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)), target, headers
        )


class Server(socketserver.ThreadingTCPServer):
    """Listens on a free loopback port and hands every request to one function."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, answer: Callable[[Request], Answer], port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Connection)
        self.answer = answer
        self.connections: set[socket.socket] = set()
        self.errors: list[BaseException] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    def start(self) -> None:
        """Serve in the background."""
        self._thread.start()

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 -- overridden
        """Keep what went wrong in the emulator itself, so that no client mistakes it for a fault."""
        error = sys.exc_info()[1]
        if error is not None:
            self.errors.append(error)

    def pause(self, seconds: float) -> bool:
        """Wait, unless the server stops first; say whether it has."""
        return self._ended.wait(seconds)

    def stop(self) -> None:
        """Stop listening and break off every connection."""
        self._ended.set()
        self.shutdown()
        self.server_close()
        self._thread.join()
        for connection in list(self.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
