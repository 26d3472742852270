"""One time limit for a load: whatever blocks in a socket is woken when the time is over.

A socket's own time-out counts from byte to byte, so a service that sends one now and then is never
too late for it. Here a thread shuts down the connections whose time is over, which ends every read.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_TICK = 0.05

_current = threading.local()


class Exchange:
    """One request and its answer; ``late`` once it was broken off."""

    def __init__(self, end: float) -> None:
        self.end = end
        self.late = False
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()

    def track(self, connection: socket.socket) -> None:
        """Remember a connection, to shut it down if need be."""
        with self._lock, contextlib.suppress(OSError):
            # of TLS, too, this is the connection itself, and it stays so when the owner closes his
            self._sockets.append(socket.fromfd(connection.fileno(), connection.family, connection.type))
            if self.late:
                self._shut()

    def break_off(self) -> None:
        """End whatever waits for this exchange."""
        with self._lock:
            self.late = True
            self._shut()

    def close(self) -> None:
        """Let go of the connections."""
        with self._lock:
            for held in self._sockets:
                held.close()
            self._sockets.clear()

    def _shut(self) -> None:
        for held in self._sockets:
            with contextlib.suppress(OSError):
                held.shutdown(socket.SHUT_RDWR)


class Deadline:
    """The time of one load. Waits for the account's own quota are not counted.

    Parameters
    ----------
    seconds : float
        Longest time of the load [s].
    """

    def __init__(self, seconds: float) -> None:
        self.stop = threading.Event()
        self.seconds = seconds
        self._end = time.monotonic() + seconds
        self._paused = 0.0  # moment up to which waits for the quota are counted
        self._lock = threading.Lock()
        self._running: set[Exchange] = set()
        self._watching = False

    def left(self) -> float:
        """Seconds until the time is over."""
        return self._end - time.monotonic()

    def exclude_wait(self, since: float) -> None:
        """Do not count the time since then, which a thread spent waiting for the quota."""
        with self._lock:
            now = time.monotonic()
            self._end += max(0.0, now - max(since, self._paused))
            self._paused = now

    @contextlib.contextmanager
    def exchange(self, seconds: float) -> Iterator[Exchange]:
        """Watch over what this thread asks and reads: after so many seconds it is broken off."""
        exchange = Exchange(time.monotonic() + min(seconds, max(0.0, self.left())))
        with self._lock:
            self._running.add(exchange)
            if not self._watching:
                self._watching = True
                threading.Thread(target=self._watch, name="dta-deadline", daemon=True).start()
        _current.exchange = exchange
        try:
            yield exchange
        finally:
            _current.exchange = None
            with self._lock:
                self._running.discard(exchange)
            exchange.close()

    def _watch(self) -> None:
        while not self.stop.wait(_TICK):
            now = time.monotonic()
            with self._lock:
                late = [exchange for exchange in self._running if exchange.end <= now]
            for exchange in late:
                exchange.break_off()

    def close(self) -> None:
        """Call everything off."""
        self.stop.set()
        with self._lock:
            running = list(self._running)
        for exchange in running:
            exchange.break_off()


class _TrackedConnection:
    """A connection that the exchange of its thread holds."""

    sock: socket.socket | None

    def _new_conn(self) -> socket.socket:
        made: socket.socket = super()._new_conn()  # type: ignore[misc]
        _track(made)
        return made

    def putrequest(self, *args: Any, **options: Any) -> None:
        if self.sock is not None:
            _track(self.sock)
        super().putrequest(*args, **options)  # type: ignore[misc]


def _track(connection: socket.socket) -> None:
    exchange = getattr(_current, "exchange", None)
    if exchange is not None:
        exchange.track(connection)


class _Http(_TrackedConnection, HTTPConnection):
    pass


class _Https(_TrackedConnection, HTTPSConnection):
    pass


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


class DeadlineAdapter(HTTPAdapter):
    """Makes connections that a deadline can end, all to one origin and in one way."""

    _pool: Any = None

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make the pools of connections."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        """Find the pool of connections, once."""
        if self._pool is None:
            self._pool = super().get_connection_with_tls_context(*args, **options)
        return self._pool

    def proxy_manager_for(self, *args: Any, **options: Any) -> urllib3.ProxyManager:
        """Make the pools of connections through a proxy."""
        manager: urllib3.ProxyManager = super().proxy_manager_for(*args, **options)
        manager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
        return manager


def _quotes_no_header(record: logging.LogRecord) -> bool:
    """Keep from the log what urllib3 says of unreadable headers: it quotes them."""
    return getattr(_current, "exchange", None) is None or record.levelno < logging.WARNING


logging.getLogger("urllib3.connection").addFilter(_quotes_no_header)
