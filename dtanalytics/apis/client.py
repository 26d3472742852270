"""What both clients share: threads, one window at a time until it holds still, halves when it does not."""

from __future__ import annotations

import datetime as dt
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.apis.paging import Capped, Moved, NoRows, Page, Rows, Walk, incomplete, newest, until_still
from dtanalytics.apis.proof import Proof
from dtanalytics.apis.transport import CONNECTIONS, Transport
from dtanalytics.apis.workers import Workers, bare
from dtanalytics.errors import IncompleteError, InputError
from dtanalytics.schema import Report
from dtanalytics.window import Window

T = TypeVar("T")
Decode = Callable[[bytes, str], Rows]
"""Body and a name for messages to records; their tables have the report's schema."""

SPLITS = 256
"""Halvings of one window before its rows are called restless."""

PAUSE = 3.5
"""An answer without records is asked for once more, so much later at least: replicas lag [s]."""

LANE = 0.002
"""Latency that each further request at once hides [s]: about what this machine does with a page."""

_TICK = 0.1


class Lanes(Workers):
    """Threads for requests, as many as hide the latency of the service: more only get in each other's way.

    They are made when the first is needed; by then some answers have shown how long the service takes.
    """

    def __init__(self, transport: Transport, name: str) -> None:
        super().__init__(0, name)
        self._transport = transport

    def submit(self, task: Callable[..., Any], /, *args: Any, **options: Any) -> Future[Any]:
        """Run a task in one of the threads."""
        if not self._count:
            self._count = math.ceil(min(CONNECTIONS, 1 + max(1, self._transport.latency / LANE)))
        return super().submit(task, *args, **options)


class Client(ABC):
    """One service on behalf of one account, for one load; ends its threads and connections with ``with``.

    Attributes
    ----------
    longest : float
        A window of several days with more pages than this raises ``TooLong`` before they are read.
    """

    longest: float = math.inf

    def __init__(self, report: Report, transport: Transport, url: str, decode: Decode) -> None:
        self.report = report
        self.transport = transport
        self.url = url
        self.on_page: Callable[[int], None] = lambda _rows: None
        self._decode = decode
        self._pool = Lanes(transport, f"dta-{report.name}")
        self._nothing = NoRows(report.empty())
        self._withheld = False
        self._proved = False
        self._empty: list[tuple[Window, Window, float]] = []

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

    def finish(self, futures: Iterable[Future[T]]) -> list[T]:
        """Results of what runs in other threads; the first failure, or the time limit, ends the waiting.

        Raises
        ------
        DtError
            Without the frames that it passed in the other thread.
        """
        futures = list(futures)
        waiting = set(futures)
        while waiting:
            done, waiting = wait(waiting, timeout=_TICK, return_when=FIRST_EXCEPTION)
            failed = next((error for future in done if (error := future.exception()) is not None), None)
            failed = failed or (self.transport.overdue() if waiting else None)
            if failed is not None:
                raise bare(failed)
        return [future.result() for future in futures]

    def alone(self, task: Callable[..., T], *args: Any) -> T:
        """Run one task in another thread, so that Ctrl-C and the time limit end it whatever it waits for."""
        worker = Workers(1, "dta-task")
        future = worker.submit(task, *args)
        worker.shutdown(wait=False)
        result: T = self.finish([future])[0]
        return result

    def read_all(self, windows: Sequence[Window]) -> pa.Table:
        """Every record of neighbouring windows, once, or an error."""

        def task() -> pa.Table:
            tables = {window: self.read(window) for window in windows}
            while again := self.confirm():
                tables |= {window: self.read(window) for window in again}
            return newest(list(tables.values()), self.report.key)

        return self.alone(task)

    def read(self, window: Window) -> pa.Table:
        """Every record of a window of at most seven days, once, or an error; see ``confirm``, too.

        Raises
        ------
        IncompleteError
            When the rows move too fast to be read, or cannot be shown to be all.
        """
        return self._kept(self._read(window, window, [SPLITS]))

    def _kept(self, table: pa.Table) -> pa.Table:
        """The calls that were asked for: a service may pass over a condition."""
        return table

    def confirm(self) -> list[Window]:
        """Ask again for what was empty, some time later; return the windows that are not empty after all."""
        empty, self._empty = self._empty, []
        if not empty:
            return []
        rest = max(moment for *_, moment in empty) + PAUSE - time.monotonic()
        self.transport.stop.wait(max(0.0, min(rest, self.transport.guard.left() / 2)))
        found = self._pool.map(lambda part: len(self._first_page(part)), [part for _, part, _ in empty])
        return list(dict.fromkeys(whole for (whole, *_), rows in zip(empty, found, strict=True) if rows))

    def _read(self, window: Window, whole: Window, splits: list[int]) -> pa.Table:
        proof = Proof(window, self.report, self._first_page, thorough=self._withheld or not self._proved)
        what = f"{window} ({self.report.title})"
        try:
            table = until_still(
                self._walk(window), what, lambda table, sizes: self._prove(table, sizes, proof)
            )
        except (Moved, Capped) as moved:
            reason = str(moved)
            self._withheld = self._withheld or isinstance(moved, Capped)
        else:
            self._proved = self._proved or table.num_rows > 0
            if not table.num_rows:
                self._empty.append((whole, window, time.monotonic()))
            return table
        middle = (window.start + (window.end - window.start) / 2).replace(microsecond=0)
        if middle <= window.start or window.end - window.start < dt.timedelta(minutes=1) or not splits[0]:
            raise incomplete(what, reason)
        splits[0] -= 1
        halves = [
            self._read(half, whole, splits)
            for half in (Window(window.start, middle), Window(middle, window.end))
        ]
        return newest(halves, self.report.key)

    def _prove(self, table: pa.Table, sizes: list[int], proof: Proof) -> None:
        """Look for what speaks against a table that was read; each service may know more."""
        proof(table, sizes)

    def _one(self, table: pa.Table, sid: str) -> pa.Table | None:
        """The one call with a sid; None when there is none."""
        table = table.filter(pc.equal(table.column(self.report.key), sid))
        if table.num_rows > 1 and any(
            table.slice(row, 1) != table.slice(0, 1) for row in range(1, len(table))
        ):
            raise IncompleteError(
                f"{self.transport.service} answers with {len(table)} calls for one sid that differ; report "
                "it to the vendor, or load the day of the call",
            )
        return table.slice(0, 1) if table.num_rows else None

    @abstractmethod
    def call(self, sid: str) -> pa.Table:
        """The one call with this sid; NotFoundError when the service knows none."""

    @abstractmethod
    def _walk(self, window: Window) -> Callable[[], Walk]:
        """Each service walks its own way."""

    @abstractmethod
    def _first_page(self, window: Window) -> Page:
        """The first records of a window, as many as a page holds."""

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
