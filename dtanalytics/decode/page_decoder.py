"""Decode the pages of a load: records are counted at once, values parsed in batches of pages.

Parsing many pages together takes a third of the time.

What makes an answer usable is decided while it can still be asked again: it is an array of valid JSON
records in UTF-8. Other faults, such as a key that occurs twice in one record, are raised when the
values are parsed.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import msgspec
import pyarrow as pa

from dtanalytics.decode.body import is_utf8, unpack
from dtanalytics.decode.envelope import Envelope
from dtanalytics.decode.pages import Decoded, RawAnswer, decode_raw, read_together
from dtanalytics.decode.values import UNREADABLE, parse_time
from dtanalytics.errors import DtError
from dtanalytics.schema import TIMEZONE, Report, Version

BATCH_BYTES = 8 << 20
"""Bytes of answers that are typed together: fewer cost more each, more wait longer in memory."""

Span = tuple[dt.datetime, dt.datetime]

_EPOCH = dt.datetime(1970, 1, 1)


class Mark(Protocol):
    """What is read of each record at once."""

    key: str
    time: str


class PageDecoder:
    """Decodes the pages of one load; may be shared by threads.

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
        self._mark_decoder = _mark_decoder(report, version)
        # Keep this pool small: every thread that used Arrow keeps an allocator arena of tens of MB.
        self._decoders = ThreadPoolExecutor(pa.cpu_count(), "dta-type")
        self._lock = threading.Lock()
        self._batch = Batch(self)

    def __call__(self, body: bytes, source: str) -> DecodedPage:
        """Split one response body into its JSON records.

        Raises
        ------
        ApiError
            When the body is not a usable answer (retryable).
        SchemaError
            When it takes the exact way, and a record has no readable key or time.
        """
        body, envelope = unpack(body)
        raw = RawAnswer(source, body)
        marks = self._marks(raw)
        if (marks or raw.records) and is_utf8(body):
            return self._add_to_batch(raw, marks, envelope)
        table = self._decode_alone(raw)
        return DecodedPage(Batch(self, [table]), 0, table.num_rows, envelope)

    def _marks(self, raw: RawAnswer) -> list[Mark]:
        """Key and time of each record, which are all that a walk needs to know; none where they are no text.

        An array of which they can be read holds valid JSON objects and nothing else.
        """
        with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return self._mark_decoder.decode(raw.body)
        with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return self._mark_decoder.decode(b"[%b]" % b",".join(raw.records or ()))
        return []

    def _add_to_batch(self, raw: RawAnswer, marks: list[Mark], envelope: Envelope) -> DecodedPage:
        """Add a page to the batch; the thread that fills a batch parses it, others go on with the next."""
        count = len(marks or raw.records or ())
        with self._lock:
            if self._batch.closed:
                self._batch = Batch(self)
            batch = self._batch
            place = batch.add(raw, count)
            full = batch.closed = batch.size >= BATCH_BYTES
        if full:
            batch.results()
        return DecodedPage(batch, place, count, envelope, marks)

    def close(self, batch: Batch) -> None:
        """Close the batch: it takes no more pages."""
        with self._lock:
            batch.closed = True

    def decode_all(self, raws: list[RawAnswer], counts: list[int]) -> list[pa.Table | DtError]:
        """Decode pages of so many records together: the table of each page, or its error."""
        task = self._decoders.submit(read_together, raws, self.report, self._version, self._timezone)
        decoded = task.result()
        if decoded is None:
            return [_result(self._decode_alone, raw) for raw in raws]
        self._on_drift(decoded.drift)
        return _split_by_page(decoded, counts)

    def _decode_alone(self, raw: RawAnswer) -> pa.Table:
        decoded = decode_raw(raw, self.report, self._version, self._timezone)
        self._on_drift(decoded.drift)
        return decoded.table


class Batch:
    """Pages that are parsed together, once, by the first thread that needs one of them."""

    def __init__(self, decoder: PageDecoder, results: list[pa.Table | DtError] | None = None) -> None:
        self.size = 0
        self.closed = results is not None
        self._decoder: PageDecoder | None = decoder
        self._key = decoder.report.key
        self._raws: list[RawAnswer] = []
        self._counts: list[int] = []
        self._results = results
        self._lock = threading.Lock()

    def add(self, raw: RawAnswer, count: int) -> int:
        """Add a page and return its position; the caller makes sure that the batch is not closed."""
        self._raws.append(raw)
        self._counts.append(count)
        self.size += len(raw.body)
        return len(self._raws) - 1

    def results(self) -> list[pa.Table | DtError]:
        """Results of all pages; a second thread waits for the first one."""
        decoder = self._decoder
        if decoder is not None:
            decoder.close(self)
        with self._lock:
            if self._results is None:
                assert decoder is not None  # noqa: S101  # it is let go below, under the lock
                self._results = decoder.decode_all(self._raws, self._counts)
                # Frees the tables now, not at the next garbage collection.
                self._raws, self._decoder = [], None
            return self._results

    def keys(self, place: int) -> tuple[str, ...]:
        """Keys of the records of a page, once they are parsed."""
        return tuple(self.table(place).column(self._key).to_pylist())

    def table(self, place: int) -> pa.Table:
        """Parsed records of a page; raises the error of reading them."""
        result = self.results()[place]
        if isinstance(result, DtError):
            raise result
        return result


class DecodedPage:
    """The records of one answer."""

    def __init__(
        self, batch: Batch, place: int, count: int, envelope: Envelope, marks: Sequence[Mark] = ()
    ) -> None:
        self.counts = envelope.counts
        self.more = envelope.more
        self._batch = batch
        self._place = place
        self._count = count
        self._keys = tuple([mark.key for mark in marks])
        self._ends = (marks[0].time, marks[-1].time) if marks else ()

    def __len__(self) -> int:
        return self._count

    @property
    def keys(self) -> tuple[str, ...]:
        """The key of each record."""
        self._keys = self._keys or self._batch.keys(self._place)
        return self._keys

    @property
    def span(self) -> Span | None:
        """Wall clocks of the first and the last record, if they are known."""
        moments = [parse_time(text) for text in self._ends]
        if not moments or UNREADABLE in moments:
            return None
        first, last = (_EPOCH + dt.timedelta(microseconds=moment) for moment, _ in moments)
        return first, last

    def table(self) -> pa.Table:
        """The records as a typed table."""
        return self._batch.table(self._place)


def _result(read: Callable[[RawAnswer], pa.Table], raw: RawAnswer) -> pa.Table | DtError:
    """The table of a page, or the error that reading it raised."""
    try:
        return read(raw)
    except DtError as error:
        return error


def _split_by_page(decoded: Decoded, counts: list[int]) -> list[pa.Table | DtError]:
    """The table of each page, without copying."""
    tables: list[pa.Table | DtError] = []
    start = 0
    for count in counts:
        tables.append(decoded.table.slice(start, count))
        start += count
    return tables


def _mark_decoder(report: Report, version: Version) -> msgspec.json.Decoder[list[Mark]]:
    """Decoder that reads only the key and the time of each record."""
    spelled = {item.name: key for key, item in report.wire(version).items()}
    names = {"key": spelled[report.key], "time": spelled[report.time]}
    mark = msgspec.defstruct("Mark", [("key", str), ("time", str)], rename=names, gc=False)
    kind: Any = list.__class_getitem__(mark)  # a class made here is no type to a type checker
    return msgspec.json.Decoder(kind)
