"""Answers of the service, as bytes, to one typed Arrow table: never by inference, never altered.

Two ways read the same records. The fast one (Arrow's own JSON reader with the explicit schema) must
prove that it read everything as declared; whatever it cannot prove is read by the exact one, value
by value. Absent values come as null or as ``""``, which the vendor prints interchangeably: both are
null. What the schema does not know is kept as JSON text in ``extra`` and named in ``drift``.
"""

from __future__ import annotations

import warnings
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain

import pyarrow as pa

from dtanalytics.decode.body import find_records, split
from dtanalytics.decode.clock import resolve, wall_clock
from dtanalytics.decode.exact import read_exact
from dtanalytics.decode.fast import read_fast
from dtanalytics.decode.parts import finish
from dtanalytics.errors import SchemaDriftWarning
from dtanalytics.schema import TIMEZONE, Report, Version

__all__ = [
    "Decoded",
    "decode_page",
    "decode_pages",
    "iter_tables",
    "resolve",
    "wall_clock",
    "warn_drift",
]


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
    return _decode([(source, body)], report, version, timezone)[0]


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
    # Arrow lets go of the interpreter's lock while it reads, so that threads really work side by side.
    workers = min(4, pa.cpu_count())
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


def _batches(
    bodies: Iterable[bytes | tuple[str, bytes]], batch_bytes: int
) -> Iterator[list[tuple[str, bytes]]]:
    """Put answers together until they are that many bytes, and name each."""
    batch: list[tuple[str, bytes]] = []
    size = 0
    for number, body in enumerate(bodies, 1):
        source, content = body if isinstance(body, tuple) else (f"answer {number}", body)
        batch.append((source, content))
        size += len(content)
        if size >= batch_bytes:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _decode(pages: list[tuple[str, bytes]], report: Report, version: Version, timezone: str) -> list[Decoded]:
    """Read answers together if the fast way can, else one by one; one alone if need be exactly."""
    wire = report.wire(version)
    splits = [split(body) for _, body in pages]
    whole = [records for records in splits if records is not None]
    parts = read_fast(list(chain.from_iterable(whole)), report, wire) if len(whole) == len(pages) else None
    if parts is None and len(pages) > 1:
        return [decoded for page in pages for decoded in _decode([page], report, version, timezone)]
    if parts is None:
        source, body = pages[0]
        parts = read_exact(find_records(body, report, wire, source), report, wire, source)
    return [Decoded(finish(parts, report, timezone), parts.drift)]


def warn_drift(drift: Mapping[str, int], report: Report) -> None:
    """Warn once of everything that the schema did not expect, if there is anything.

    Parameters
    ----------
    drift : mapping of str to int
        From :class:`Decoded`, or the sum of several.
    report : Report
        Named in the message.
    """
    if not drift:
        return
    found = "; ".join(f"{what} ({count:,} records)" for what, count in sorted(drift.items()))
    warnings.warn(
        f"The service's {report.title} report is not quite as declared: {found}. Unknown keys and "
        f"unreadable values are kept as JSON text in the column 'extra', missing ones are null.",
        SchemaDriftWarning,
        stacklevel=3,
    )
