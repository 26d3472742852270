"""What both clients share: threads, one window at a time until it holds still, halves when it does not."""

from __future__ import annotations

import datetime as dt
import math
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import pyarrow as pa

from dtanalytics.apis.paging import Kept, Moved, Page, Rows, Walk, incomplete, newest, until_still
from dtanalytics.apis.transport import CONNECTIONS, Transport
from dtanalytics.errors import InputError
from dtanalytics.schema import Report
from dtanalytics.window import Window

Decode = Callable[[bytes, str], Rows]
"""Body and a name for messages to records; their tables have the report's schema."""

SPLITS = 256
"""Halvings of one window before its rows are called restless."""


LANE = 0.002
"""Latency that each further request at once hides [s]: about what this machine does with a page."""


class Lanes(Executor):
    """Threads for requests, as many as hide the latency of the service: more only get in each other's way.

    They are made when the first is needed; by then some answers have shown how long the service takes.
    """

    def __init__(self, transport: Transport, name: str) -> None:
        self._transport = transport
        self._name = name
        self._lock = threading.Lock()
        self._threads: ThreadPoolExecutor | None = None

    def submit(self, task: Callable[..., Any], /, *args: Any, **options: Any) -> Future[Any]:
        """Run a task in one of the threads."""
        with self._lock:
            if self._threads is None:
                lanes = min(CONNECTIONS, 1 + max(1, self._transport.latency / LANE))
                self._threads = ThreadPoolExecutor(math.ceil(lanes), self._name)
        return self._threads.submit(task, *args, **options)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Call off what has not begun."""
        with self._lock:
            if self._threads is None:
                self._threads = ThreadPoolExecutor(1)  # refuses whatever comes now
            self._threads.shutdown(wait, cancel_futures=cancel_futures)


class Client(ABC):
    """One service on behalf of one account; closes its threads and connections at the end of ``with``."""

    def __init__(self, report: Report, transport: Transport, url: str, decode: Decode) -> None:
        self.report = report
        self.transport = transport
        self.url = url
        self.on_page: Callable[[int], None] = lambda _rows: None
        self._decode = decode
        self._pool = Lanes(transport, f"dta-{report.name}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Call off what still runs; nobody waits for it."""
        self.transport.close()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def read(self, window: Window, kept: Kept | None = None) -> pa.Table:
        """Every record of the window, once, or an error.

        Parameters
        ----------
        window : Window
            At most seven days.
        kept : Kept, optional
            Pages of an earlier load to go on from, and a place for those to come.

        Raises
        ------
        IncompleteError
            When the rows move too fast to be read, or cannot be shown to be all.
        """
        return self._read(window, kept or Kept(), [SPLITS])

    def _read(self, window: Window, kept: Kept, splits: list[int]) -> pa.Table:
        try:
            return until_still(self._walk(window, kept), f"{window} ({self.report.title})")
        except Moved as moved:
            reason = str(moved)
        middle = (window.start + (window.end - window.start) / 2).replace(microsecond=0)
        if middle <= window.start or window.end - window.start < dt.timedelta(minutes=1) or not splits[0]:
            raise incomplete(f"{window} ({self.report.title})", reason)
        splits[0] -= 1
        halves = [
            self._read(half, Kept(), splits)
            for half in (Window(window.start, middle), Window(middle, window.end))
        ]
        return newest(halves, self.report.key)

    @abstractmethod
    def call(self, sid: str) -> pa.Table:
        """The one call with this sid; NotFoundError when the service knows none."""

    @abstractmethod
    def _walk(self, window: Window, kept: Kept) -> Callable[[], Walk]:
        """Each service walks its own way."""

    def _page(self, rows: Rows, **where: int | None) -> Page:
        self.on_page(len(rows))
        return Page(rows, **where)


def place_of(url: str) -> str:
    """Host and port of a service, as a part of a file's name."""
    parts = urlsplit(url)
    return f"{parts.hostname}-{parts.port or parts.scheme}".replace(":", "-")


def known_sid(sid: object) -> str:
    """A sid that can be sent: text without control characters."""
    name = str(sid).strip() if isinstance(sid, str | int) and not isinstance(sid, bool) else ""
    if not name or not name.isprintable() or name in {".", "..", "count"} or len(name) > 200:
        raise InputError(
            f"sid {sid!r} is not the identifier of a call: give it as text, as in a loaded frame"
        )
    return name
