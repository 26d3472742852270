"""The service's ceiling, shared by every thread and process of the user on this machine.

A sliding log with one slot a permitted request. A slot is free again one window after its request
*ended*: the service counted the request somewhere between its start and its end, so no answer can
be a 429 because of this log. Requests below the ceiling are never slowed.
"""

from __future__ import annotations

import contextlib
import math
import os
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout

WINDOW = 60.0
"""The service counts requests over this long [s]."""

_IN_FLIGHT = 30.0
"""The slot of a request whose process was killed is free again that long after the window [s]."""

_MOST = 10_000
"""A ceiling above this many requests is none: a service cannot be asked so often."""


class Stopped(Exception):  # noqa: N818  # not a failure: the load was cancelled
    """Raised in a worker when the load that it belongs to has ended."""


class Limiter:
    """At most ``limit`` requests in any ``window`` seconds, over all processes that name ``path``.

    Parameters
    ----------
    limit : int
        Requests in a window; 0 means no limit.
    path : Path or None
        File that the processes share; None, or one that cannot be written: this process alone.
    window : float
        Length of the window [s].
    """

    def __init__(self, limit: int, path: Path | None = None, window: float = WINDOW) -> None:
        self.limit = limit
        self.window = window
        self._path = path
        self._threads = threading.Lock()
        self._slots = [0.0] * limit
        self._lock: FileLock | None = None
        if limit and path is not None:
            with contextlib.suppress(OSError):
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                if path.exists() and not path.is_file():
                    return  # a pipe, say, which would wait for a reader
                self._lock = FileLock(path.with_suffix(".lock"), timeout=5, mode=0o600)

    @contextlib.contextmanager
    def slot(
        self, stop: threading.Event, waited: Callable[[float], None] = lambda _since: None
    ) -> Iterator[None]:
        """Wait for a slot, hold it while the request runs, and free it one window later.

        ``waited`` is told now and then since when (``time.monotonic``) it has waited.
        """
        if not self.limit:
            yield
            return
        index = self._take(stop, waited)
        try:
            yield
        finally:
            with self._shared() as slots:
                slots[index] = time.monotonic() + self.window

    def left(self) -> int | None:
        """Requests that may go now; None without a limit."""
        if not self.limit:
            return None
        with self._shared() as slots:
            now = time.monotonic()
            return sum(free <= now for free in slots)

    def _take(self, stop: threading.Event, waited: Callable[[float], None]) -> int:
        begun = time.monotonic()
        while True:
            with self._shared() as slots:
                now = time.monotonic()
                index = min(range(self.limit), key=slots.__getitem__)
                wait = slots[index] - now
                if wait <= 0:
                    slots[index] = now + self.window + _IN_FLIGHT
                    return index
            again = now + min(wait, 1.0)
            while (rest := again - time.monotonic()) > 0:
                if stop.wait(min(rest, 0.2)):
                    raise Stopped
                waited(begun)

    @contextlib.contextmanager
    def _shared(self) -> Iterator[list[float]]:
        """The slots, read from and written back to the file while both locks are held."""
        with self._threads, contextlib.ExitStack() as held:
            if self._lock is not None:
                try:
                    held.enter_context(self._lock)
                except (OSError, Timeout, NotImplementedError):
                    self._lock = None  # the folder does not take locks: count for this process alone
            if self._lock is not None:
                self._slots = self._read()
            yield self._slots
            if self._lock is not None:
                self._write()

    def _read(self) -> list[float]:
        assert self._path is not None  # noqa: S101  # a lock exists only with a path
        try:
            data = self._path.read_bytes()
            slots = list(struct.unpack(f"<{len(data) // 8}d", data))
        except (OSError, struct.error):
            slots = []
        latest = time.monotonic() + self.window + _IN_FLIGHT  # the clock starts anew with the machine
        slots = [free if free <= latest else 0.0 for free in slots]
        slots = sorted(slots, reverse=True)[: self.limit] if len(slots) > self.limit else slots
        return slots + [0.0] * (self.limit - len(slots))

    def _write(self) -> None:
        assert self._path is not None  # noqa: S101  # a lock exists only with a path
        try:
            binary = getattr(os, "O_BINARY", 0)  # Windows would write a carriage return before a line feed
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | binary, 0o600)
            try:
                os.write(handle, struct.pack(f"<{self.limit}d", *self._slots))
                os.ftruncate(handle, 8 * self.limit)
            finally:
                os.close(handle)
        except OSError:
            self._lock = None


_limiters: dict[tuple[str, int], Limiter] = {}
_guard = threading.Lock()


def shared(name: str, per_minute: float) -> Limiter:
    """The limiter of one service and account: the same object in a process, the same file on a machine.

    0, and more than anybody can send, means no limit; less than 1 means one request in more than a minute.
    """
    limited = math.isfinite(per_minute) and 0 < per_minute <= _MOST
    limit = max(1, int(per_minute)) if limited else 0
    window = WINDOW * max(1.0, 1 / per_minute) if limited else WINDOW
    folder = platformdirs.user_state_path("dtanalytics")
    path = folder / f"requests-{name}.log"
    with _guard:
        key = (str(path), limit)
        if key not in _limiters:
            _limiters[key] = Limiter(limit, path, min(window, 3600.0))
        return _limiters[key]


def _after_fork() -> None:
    """A forked child must not inherit a lock that a thread of its parent held."""
    global _guard  # noqa: PLW0603  # locks can only be replaced
    _guard = threading.Lock()
    _limiters.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
