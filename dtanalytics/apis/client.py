"""What both clients share: request threads, and one window read until its records are stable, or halved."""

from __future__ import annotations

import datetime as dt
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.apis.completeness import CompletenessCheck
from dtanalytics.apis.paging import (
    MOST_WALKS,
    EmptyRows,
    Page,
    PageMoved,
    PageRows,
    RecordsWithheld,
    ShownOnce,
    Walk,
    incomplete,
    newest_of_each,
    retry_until_stable,
)
from dtanalytics.apis.request_pool import RequestPool
from dtanalytics.apis.transport import Transport
from dtanalytics.apis.vanished import check_gone
from dtanalytics.apis.workers import Workers, without_frames
from dtanalytics.decode.drift import blank
from dtanalytics.errors import IncompleteError, InputError
from dtanalytics.schema import Report
from dtanalytics.window import Window

T = TypeVar("T")
Decode = Callable[[bytes, str], PageRows]
"""Body and a name for messages to records; their tables have the report's schema."""

MOST_SPLITS = 256
"""Halvings of one window before its records count as never stable."""

RECHECK_AFTER = 3.5
"""An answer without records is asked for once more, so much later at least: replicas lag [s]."""

_TICK = 0.1


class Client(ABC):
    """One service on behalf of one account, for one load; ends its threads and connections with ``with``.

    Attributes
    ----------
    most_pages : float
        A window of several days with more pages than this raises ``TooManyPages`` before they are read.
    last_window : Window or None
        The last window of a load that ends with ``recheck_empty``: its end is looked at there alone.
    doubted : set of Window
        Windows in which whole pages lack a column: to be asked again with the next load.
    """

    most_pages: float = math.inf
    last_window: Window | None = None

    def __init__(self, report: Report, transport: Transport, url: str, decode: Decode) -> None:
        self.report = report
        self.transport = transport
        self.url = url
        self.on_page: Callable[[int], None] = lambda _rows: None
        self.on_drift: Callable[[Mapping[str, int]], None] = lambda _found: None
        self.doubted: set[Window] = set()
        self._decode = decode
        self._pool = RequestPool(transport, f"dta-{report.name}")
        self._nothing = EmptyRows(report.empty())
        self._records_withheld = False
        self._head_shown = ShownOnce()
        self._with_records: set[Window] = set()
        self._empty_windows: list[tuple[Window, Window, float]] = []
        self._newest: tuple[Window, Window, frozenset[str], frozenset[str]] | None = None
        self._lagged = 0
        self._longest_page = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Cancel what still runs, without waiting for it."""
        self.transport.close()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def results_of(self, futures: Iterable[Future[T]]) -> list[T]:
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
                raise without_frames(failed)
        return [future.result() for future in futures]

    def run_in_thread(self, task: Callable[..., T], *args: Any) -> T:
        """Run one task in another thread, so that Ctrl-C and the time limit end it whatever it waits for."""
        worker = Workers(1, "dta-task")
        future = worker.submit(task, *args)
        worker.shutdown(wait=False)
        result: T = self.results_of([future])[0]
        return result

    def read_all(self, windows: Sequence[Window]) -> pa.Table:
        """Every record of neighbouring windows, once, or an error."""

        def task() -> pa.Table:
            self.last_window = windows[-1]
            tables = {window: self.read(window) for window in windows}
            while again := self.recheck_empty():
                tables |= {window: self.read(window) for window in again}
            return newest_of_each(list(tables.values()), self.report.key)

        return self.run_in_thread(task)

    def read(self, window: Window) -> pa.Table:
        """Every record of a window of at most seven days, once, or an error; see ``recheck_empty``, too.

        Raises
        ------
        IncompleteError
            When the rows move too fast to be read, or cannot be shown to be all.
        """
        return self._matching_conditions(self._read(window, window, [MOST_SPLITS]), window)

    def _matching_conditions(self, table: pa.Table, window: Window) -> pa.Table:  # noqa: ARG002  # overridden
        """The calls that were asked for: a service may pass over a condition."""
        return table

    def recheck_empty(self) -> list[Window]:
        """Ask again for what was empty, some time later; return the windows that are not empty after all."""
        empty, self._empty_windows = self._empty_windows, []
        again = self._recheck_newest()
        if not empty:
            return again
        rest = max(moment for *_, moment in empty) + RECHECK_AFTER - time.monotonic()
        self.transport.stop.wait(max(0.0, min(rest, self.transport.deadline.left() / 2)))
        found = self._pool.map(lambda part: len(self._first_page(part)), [part for _, part, _ in empty])
        wholes = [whole for (whole, *_), rows in zip(empty, found, strict=True) if rows]
        return list(dict.fromkeys([*again, *wholes]))

    def _note_newest(self, whole: Window, window: Window, table: pa.Table) -> None:
        """Remember the newest second of the load, and the calls of it."""
        seconds = pc.floor_temporal(pc.local_timestamp(table.column(self.report.time)), unit="second")
        # a clock that never was, or was twice, may be asked for under another second than it reads as
        sure = pc.invert(table.column(self.report.ambiguous))
        latest = pc.max(seconds.filter(sure))
        start = latest.as_py()
        if start is not None and (self._newest is None or start >= self._newest[1].start):
            keys = table.column(self.report.key)
            known = frozenset(keys.filter(pc.greater_equal(seconds, latest)).to_pylist())
            sent = frozenset(keys.filter(pc.and_(pc.equal(seconds, latest), sure)).to_pylist())
            part = Window(start, max(window.end, start + dt.timedelta(seconds=1)))
            self._newest = whole, part, known, sent

    def _recheck_newest(self) -> list[Window]:
        """Ask once more from the newest call on, now that all else was read: a replica may lag behind."""
        if self._newest is None:
            return []
        (whole, part, known, sent), self._newest = self._newest, None
        different: set[str] = set()
        for page in self._pool.map(self._first_page, [part, part]):  # two, because replicas take turns
            came = page.rows.table()
            inside = pc.less(pc.local_timestamp(came.column(self.report.time)), pa.scalar(part.end))
            keys = set(came.column(self.report.key).filter(inside).to_pylist())
            different |= keys - known
            if len(page) < self._longest_page:
                different |= sent - keys
        if not different:
            return []
        self._lagged += 1
        if self._lagged > MOST_WALKS:
            raise incomplete(f"{part} ({self.report.title})", f"{len(different)} records come and go")
        self.transport.stop.wait(min(RECHECK_AFTER, self.transport.deadline.left() / 4))
        return [whole]

    def _read(self, window: Window, whole: Window, splits: list[int]) -> pa.Table:
        proof = CompletenessCheck(
            window,
            self.report,
            self._first_page,
            thorough=self._records_withheld,
            end_is_asked_later=window == self.last_window and not self._lagged,
            head_shown=self._head_shown,
        )
        what = f"{window} ({self.report.title})"
        seen: list[Page] = []
        try:
            table = retry_until_stable(
                self._walk(window), what, lambda table, sizes: self._prove(table, sizes, proof), seen
            )
        except (PageMoved, RecordsWithheld) as moved:
            self.transport.doubt = reason = str(moved)
            self._records_withheld = self._records_withheld or isinstance(moved, RecordsWithheld)
        else:
            check_gone(seen, table, window, self.report, self._first_page)
            if table.num_rows:
                self._with_records.add(whole)
            elif whole in self._with_records and whole == window:
                raise incomplete(what, "it held records a moment ago, and comes empty")
            if not table.num_rows:
                self._empty_windows.append((whole, window, time.monotonic()))
            else:
                self._note_newest(whole, window, table)
            if proof.blank:
                self.doubted.add(whole)
                self.on_drift({blank(name): count for name, count in proof.blank.items()})
            return table
        middle = (window.start + (window.end - window.start) / 2).replace(microsecond=0)
        if middle <= window.start or window.end - window.start < dt.timedelta(minutes=1) or not splits[0]:
            raise incomplete(what, reason)
        splits[0] -= 1
        halves = [
            self._read(half, whole, splits)
            for half in (Window(window.start, middle), Window(middle, window.end))
        ]
        table = newest_of_each(halves, self.report.key)
        check_gone(seen, table, window, self.report, self._first_page)
        return table

    def _prove(self, table: pa.Table, sizes: list[int], proof: CompletenessCheck) -> None:
        """Look for what speaks against a table that was read; each service may know more."""
        proof(table, sizes)

    def _one(self, table: pa.Table, sid: str) -> pa.Table | None:
        """The one call with a sid; None when there is none."""
        came = table.num_rows
        table = table.filter(pc.equal(table.column(self.report.key), sid))
        if came and not table.num_rows:
            raise IncompleteError(
                f"{self.transport.service} passes over the sid: it answers with {came:,} other calls; "
                "report it to the vendor, or load the day of the call"
            )
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

    def _page(self, rows: PageRows, **where: int | None) -> Page:
        self.on_page(len(rows))
        self._longest_page = max(self._longest_page, len(rows))
        return Page(rows, **where)


def host_and_port(url: str) -> str:
    """Host and port of a service, as a part of a file's name."""
    parts = urlsplit(url)
    return f"{parts.hostname}-{parts.port or parts.scheme}".replace(":", "-")


def checked_sid(sid: object) -> str:
    """A sid that can be sent: text without control characters."""
    name = str(sid).strip() if isinstance(sid, str | int) and not isinstance(sid, bool) else ""
    if not name or not name.isprintable() or name in {".", "..", "count"} or len(name) > 200:
        raise InputError(
            f"sid {sid!r} is not the identifier of a call: give it as text, as in a loaded frame"
        )
    return name
