"""Whole answers to tables: one, several together, or any number a batch at a time."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import msgspec
import pyarrow as pa

from dtanalytics.decode.body import find_records, split
from dtanalytics.decode.exact import read_exact
from dtanalytics.decode.fast import read_fast
from dtanalytics.decode.lines import Lines, from_arrays, from_records
from dtanalytics.decode.raw_columns import to_table
from dtanalytics.schema import TIMEZONE, Report, Version


@dataclass(frozen=True)
class Decoded:
    """Calls as read.

    Attributes
    ----------
    table : pyarrow.Table
        The report's schema exactly, rows in the order sent.
    drift : mapping of str to int
        What was unknown, missing or unreadable -> number of records. Names keys and fields, never
        a value.
    """

    table: pa.Table
    drift: Mapping[str, int]


@dataclass(frozen=True, repr=False)
class RawAnswer:
    """One response body and its name for messages; the repr shows nothing of the body."""

    source: str
    body: bytes

    @cached_property
    def records(self) -> Sequence[msgspec.Raw] | None:
        """The bytes of each record; None where only the slow reader can find them."""
        return split(self.body)


def decode_page(
    body: bytes,
    report: Report,
    *,
    version: Version = "v2",
    source: str = "the answer",
    timezone: str = TIMEZONE,
) -> Decoded:
    """Read one answer of the service.

    Parameters
    ----------
    body : bytes
        A JSON array of records, an object with one array of records in it, or one record.
    report : Report
        Which report it is an answer to.
    version : {"v2", "v3"}
        Which spelling of the fields to expect.
    source : str
        What to call this answer in a message, such as ``"page 3"``.
    timezone : str
        Zone of the times that come without an offset.

    Returns
    -------
    Decoded
        A table of as many rows as there were records.

    Raises
    ------
    ApiError
        When the body is not such an answer (retryable): HTML, cut short, empty, an error text, NaN,
        a number beyond every range, a key twice in one record, bytes that are not UTF-8.
    SchemaError
        When the key or the time of a record cannot be read.

    Examples
    --------
    >>> from dtanalytics.schema import LEADFLOW
    >>> page = decode_page(b'[{"sid": "007", "call_date": "2026-10-05 09:30:00"}]', LEADFLOW)
    >>> page.table.num_rows, page.table["sid"].to_pylist(), page.table["call_hour"].to_pylist()
    (1, ['007'], [9])
    """
    return decode_raw(RawAnswer(source, body), report, version, timezone)


def decode_pages(
    bodies: Iterable[bytes | tuple[str, bytes]],
    report: Report,
    *,
    version: Version = "v2",
    timezone: str = TIMEZONE,
    batch_bytes: int = 8 << 20,
) -> Decoded:
    """Read many answers into one table; see :func:`iter_tables`.

    Examples
    --------
    >>> from dtanalytics.schema import LEADFLOW
    >>> pages = [b'[{"sid": "1", "call_date": "2026-10-05 09:30:00"}]', b"[]"]
    >>> decode_pages(pages, LEADFLOW).table.num_rows
    1
    """
    drift: Counter[str] = Counter()
    tables = [report.empty()]
    for part in iter_tables(bodies, report, version=version, timezone=timezone, batch_bytes=batch_bytes):
        tables.append(part.table)
        drift.update(part.drift)
    return Decoded(pa.concat_tables(tables), drift)


def iter_tables(
    bodies: Iterable[bytes | tuple[str, bytes]],
    report: Report,
    *,
    version: Version = "v2",
    timezone: str = TIMEZONE,
    batch_bytes: int = 8 << 20,
) -> Iterator[Decoded]:
    """Read many answers, a batch at a time, so that memory does not grow with their number.

    Parameters
    ----------
    bodies : iterable of bytes or of (str, bytes)
        Answers as for :func:`decode_page`, with the name to call each by in a message if it has one.
    report : Report
        Which report they are answers to.
    version : {"v2", "v3"}
        Which spelling of the fields to expect.
    timezone : str
        Zone of the times that come without an offset.
    batch_bytes : int
        Bytes of answers to read at once.

    Yields
    ------
    Decoded
        Tables in the order of the answers; their number is of no meaning.
    """
    batches = _batches(bodies, batch_bytes)
    waiting: deque[Future[list[Decoded]]] = deque()
    # Arrow lets go of the interpreter's lock while it reads, so that threads really work side by side;
    # one more than there are processors, because now and then one of them waits for the lock.
    workers = min(4, pa.cpu_count() + 1)
    with ThreadPoolExecutor(workers, "dtanalytics-decode") as pool:
        try:
            for batch in batches:
                waiting.append(pool.submit(_decode, batch, report, version, timezone))
                if len(waiting) > workers:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _batches(bodies: Iterable[bytes | tuple[str, bytes]], batch_bytes: int) -> Iterator[list[RawAnswer]]:
    """Group answers into batches of that many bytes, and name each answer."""
    batch: list[RawAnswer] = []
    size = 0
    for number, body in enumerate(bodies, 1):
        source, content = body if isinstance(body, tuple) else (f"answer {number}", body)
        batch.append(RawAnswer(source, content))
        size += len(content)
        if size >= batch_bytes:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def read_together(
    raws: Sequence[RawAnswer], report: Report, version: Version, timezone: str
) -> Decoded | None:
    """Read answers together by the fast reader; None when it may not be exact."""
    for cut in (_as_sent, _as_records):  # the second takes longer, and any shape of answer
        lines = cut(raws)
        parts = read_fast(lines, report, report.wire(version)) if lines else None
        if parts is not None:
            return Decoded(to_table(parts, report, timezone), parts.drift)
    return None


def _as_sent(raws: Sequence[RawAnswer]) -> Lines | None:
    return from_arrays([raw.body for raw in raws])


def _as_records(raws: Sequence[RawAnswer]) -> Lines | None:
    records = [raw.records for raw in raws if raw.records is not None]
    return from_records(records) if len(records) == len(raws) else None


def decode_raw(raw: RawAnswer, report: Report, version: Version, timezone: str) -> Decoded:
    """Read one answer, by the slow reader if the fast one cannot; errors as for :func:`decode_page`."""
    decoded = read_together([raw], report, version, timezone)
    if decoded is not None:
        return decoded
    wire, source = report.wire(version), raw.source
    parts = read_exact(find_records(raw.body, report, source), report, wire, source)
    return Decoded(to_table(parts, report, timezone), parts.drift)


def _decode(raws: list[RawAnswer], report: Report, version: Version, timezone: str) -> list[Decoded]:
    """Read answers together by the fast reader, else one by one."""
    decoded = read_together(raws, report, version, timezone)
    if decoded is not None:
        return [decoded]
    return [decode_raw(raw, report, version, timezone) for raw in raws]
