"""Pages of a load as they come: counted at once, typed many at a time, which takes a third of the work.

What makes an answer usable is decided while it can still be asked again: it is an array of valid JSON
records in UTF-8. Whatever else there is to find, such as a key twice in one record, is raised when
somebody asks for more than the number of records.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any

import msgspec
import pyarrow as pa

from dtanalytics.decode.body import is_utf8, unpack
from dtanalytics.decode.envelope import Beside
from dtanalytics.decode.pages import Decoded, Sheet, decode_sheet, read_together
from dtanalytics.decode.values import UNREADABLE, parse_time
from dtanalytics.errors import DtError
from dtanalytics.schema import TIMEZONE, Report, Version

BATCH_BYTES = 8 << 20
"""Bytes of answers that are typed together: fewer cost more each, more wait longer in memory."""

Span = tuple[dt.datetime, dt.datetime]

_EPOCH = dt.datetime(1970, 1, 1)


class Live:
    """Reads the pages of one load; threads may share it.

    Parameters
    ----------
    report : Report
        Which report the pages belong to.
    on_drift : callable
        Is told what the schema did not expect, as in ``Decoded.drift``; from any thread.
    version : {"v2", "v3"}
        Which spelling of the fields to expect.
    timezone : str
        Zone of the times that come without an offset.
    """

    def __init__(
        self,
        report: Report,
        on_drift: Callable[[Mapping[str, int]], None],
        *,
        version: Version = "v2",
        timezone: str = TIMEZONE,
    ) -> None:
        self.report = report
        self._version: Version = version
        self._timezone = timezone
        self._on_drift = on_drift
        self.marks = _marks(report, version)
        # Few threads, whoever waits for them: each that ever used Arrow keeps memory for its next use.
        self._typists = ThreadPoolExecutor(pa.cpu_count(), "dta-type")
        self._lock = threading.Lock()
        self._batch = Batch(self)

    def __call__(self, body: bytes, source: str) -> LivePage:
        """Tell the records of one answer apart.

        Raises
        ------
        ApiError
            When the body is not a usable answer (retryable).
        SchemaError
            When it takes the exact way, and a record has no readable key or time.
        """
        body, beside = unpack(body)
        sheet = Sheet(source, body)
        if sheet.records and is_utf8(body):
            return self._put(sheet, beside)
        table = self._alone(sheet)
        return LivePage(Batch(self, [table]), 0, table.num_rows, beside)

    def _put(self, sheet: Sheet, beside: Beside) -> LivePage:
        """Put a page with others; whoever fills the batch types it, while others go on with the next."""
        with self._lock:
            if self._batch.closed:
                self._batch = Batch(self)
            batch = self._batch
            place = batch.add(sheet)
            full = batch.closed = batch.size >= BATCH_BYTES
        if full:
            batch.results()
        records = sheet.records or ()
        ends = b"[%b,%b]" % (bytes(records[0]), bytes(records[-1]))
        return LivePage(batch, place, len(records), beside, ends)

    def close(self, batch: Batch) -> None:
        """No page is put into that batch any more."""
        with self._lock:
            batch.closed = True

    def type_all(self, sheets: list[Sheet]) -> list[pa.Table | DtError]:
        """The table of each page, or what is wrong with it."""
        task = self._typists.submit(read_together, sheets, self.report, self._version, self._timezone)
        decoded = task.result()
        if decoded is None:
            return [_result(self._alone, sheet) for sheet in sheets]
        self._on_drift(decoded.drift)
        return _cut(decoded, [len(sheet.records or ()) for sheet in sheets])

    def _alone(self, sheet: Sheet) -> pa.Table:
        decoded = decode_sheet(sheet, self.report, self._version, self._timezone)
        self._on_drift(decoded.drift)
        return decoded.table


class Batch:
    """Pages that are typed together, once, by whoever comes first."""

    def __init__(self, live: Live, results: list[pa.Table | DtError] | None = None) -> None:
        self.size = 0
        self.closed = results is not None
        self.marks = live.marks
        self._live: Live | None = live
        self._key = live.report.key
        self._sheets: list[Sheet] = []
        self._results = results
        self._lock = threading.Lock()

    def add(self, sheet: Sheet) -> int:
        """Place of the page in the batch; the caller sees to it that it is not closed."""
        self._sheets.append(sheet)
        self.size += len(sheet.body)
        return len(self._sheets) - 1

    def results(self) -> list[pa.Table | DtError]:
        """What came of each page; others wait for whoever is at it."""
        live = self._live
        if live is not None:
            live.close(self)
        with self._lock:
            if self._results is None:
                assert live is not None  # noqa: S101  # it is let go below, under the lock
                self._results = live.type_all(self._sheets)
                self._sheets, self._live = [], None  # nobody waits for a collector to free the tables
            return self._results

    def keys(self, place: int) -> tuple[str, ...]:
        """Keys of a page: as sent while it is not typed yet, so that nobody has to type it for them."""
        with self._lock, contextlib.suppress(msgspec.DecodeError):
            if self._results is None and self._live is not None:
                records = self._sheets[place].records or ()
                marks = self.marks.decode(b"[" + b",".join(records) + b"]")
                return tuple(mark.key for mark in marks)
        return tuple(self.table(place).column(self._key).to_pylist())

    def table(self, place: int) -> pa.Table:
        """The records of a page; raises what is wrong with them."""
        result = self.results()[place]
        if isinstance(result, DtError):
            raise result
        return result


class LivePage:
    """The records of one answer."""

    def __init__(self, batch: Batch, place: int, count: int, beside: Beside, ends: bytes = b"[]") -> None:
        self.counts = beside.counts
        self.more = beside.more
        self._batch = batch
        self._place = place
        self._count = count
        self._ends = ends

    def __len__(self) -> int:
        return self._count

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The key of each record."""
        return self._batch.keys(self._place)

    @cached_property
    def span(self) -> Span | None:
        """Wall clocks of the first and the last record, if they are known; few pages are asked for them."""
        with contextlib.suppress(msgspec.DecodeError):
            moments = [parse_time(mark.time) for mark in self._batch.marks.decode(self._ends)]
            if moments and UNREADABLE not in moments:
                first, last = (_EPOCH + dt.timedelta(microseconds=moment) for moment, _ in moments)
                return first, last
        return None

    def table(self) -> pa.Table:
        """The records, typed."""
        return self._batch.table(self._place)


def _result(read: Callable[[Sheet], pa.Table], sheet: Sheet) -> pa.Table | DtError:
    """What came of a page, or what is wrong with it."""
    try:
        return read(sheet)
    except DtError as error:
        return error


def _cut(decoded: Decoded, counts: list[int]) -> list[pa.Table | DtError]:
    """The table of each page, without copying."""
    tables: list[pa.Table | DtError] = []
    start = 0
    for count in counts:
        tables.append(decoded.table.slice(start, count))
        start += count
    return tables


def _marks(report: Report, version: Version) -> msgspec.json.Decoder[Any]:
    """Reads an array of records, and of each only what tells it apart."""
    spelled = {item.name: key for key, item in report.wire(version).items()}
    names = {"key": spelled[report.key], "time": spelled[report.time]}
    mark = msgspec.defstruct("Mark", [("key", str), ("time", str)], rename=names, gc=False)
    kind: Any = list.__class_getitem__(mark)  # a class made here is no type to a type checker
    return msgspec.json.Decoder(kind)
