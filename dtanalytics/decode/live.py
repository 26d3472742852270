"""Pages of a load as they come: told apart at once, typed many at a time, which takes a third of the work.

What makes an answer usable is decided while it can still be asked again: it is an array of valid JSON
records in UTF-8, each with the keys of the first and no others, each with a key and a time. Whatever
else there is to find, such as a number beyond every range, is raised when its table is asked for.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pyarrow as pa

from dtanalytics.decode.exact import load_json
from dtanalytics.decode.fast import has_all_keys
from dtanalytics.decode.pages import Decoded, Sheet, decode_sheet, read_together
from dtanalytics.decode.values import UNREADABLE, parse_time
from dtanalytics.errors import DtError
from dtanalytics.schema import TIMEZONE, Report, Version

BATCH_BYTES = 4 << 20
"""Bytes of answers that are typed together: fewer cost more each, more wait longer in memory."""

_EPOCH = dt.datetime(1970, 1, 1)


@dataclass(frozen=True)
class LivePage:
    """The records of one answer."""

    keys: tuple[str, ...]
    table: Callable[[], pa.Table]
    span: tuple[dt.datetime, dt.datetime] | None = None


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
        self._report = report
        self._version: Version = version
        self._timezone = timezone
        self._on_drift = on_drift
        self._known = report.wire(version).keys() | report.dropped
        spelled = {item.name: key for key, item in report.wire(version).items()}
        self._marks = _marks(spelled[report.key], spelled[report.time])
        self._lock = threading.Lock()
        self._batch = _Batch(self._read)

    def __call__(self, body: bytes, source: str) -> LivePage:
        """Tell the records of one answer apart.

        Raises
        ------
        ApiError
            When the body is not a usable answer (retryable).
        SchemaError
            When a record has no readable key or time.
        """
        sheet = Sheet.of(source, body)
        page = self._sighted(sheet)
        if page is not None:
            return page
        table = self._alone(sheet)
        return LivePage(tuple(table.column(self._report.key).to_pylist()), lambda: table)

    def _sighted(self, sheet: Sheet) -> LivePage | None:
        """The page, when its records can be typed with those of others; None when it must be now."""
        if not sheet.records:
            return None
        data = b"[" + b",".join(sheet.records) + b"]"
        try:
            expected = load_json(bytes(sheet.records[0])).keys()
            if not self._known >= expected or not has_all_keys(data, len(sheet.records) * len(expected)):
                return None
            data.isascii() or data.decode()
            marks = self._marks.decode(data)
        except (ValueError, AttributeError):  # msgspec's errors and those of UTF-8 are ValueErrors
            return None
        keys = tuple(mark.key for mark in marks)
        ends = [parse_time(mark.time) for mark in (marks[0], marks[-1])]
        if not all(keys) or UNREADABLE in ends:
            return None
        first, last = (_EPOCH + dt.timedelta(microseconds=moment) for moment, _ in ends)
        return LivePage(keys, self._put(sheet), (first, last))

    def _put(self, sheet: Sheet) -> Callable[[], pa.Table]:
        """Put a page with others; whoever fills the batch reads it."""
        with self._lock:
            place = self._batch.add(sheet)
            if place is None:  # somebody was in a hurry and has read it
                self._batch = _Batch(self._read)
                place = self._batch.add(sheet)
            batch = self._batch
        assert place is not None  # noqa: S101  # a new batch takes any page
        if batch.full:
            batch.read()
        return lambda: batch.table(place)

    def _read(self, sheets: list[Sheet]) -> list[pa.Table | DtError]:
        decoded = read_together(sheets, self._report, self._version, self._timezone)
        if decoded is not None:
            self._on_drift(decoded.drift)
            return _cut(decoded, [len(sheet.records or ()) for sheet in sheets])
        return [_result(self._alone, sheet) for sheet in sheets]

    def _alone(self, sheet: Sheet) -> pa.Table:
        decoded = decode_sheet(sheet, self._report, self._version, self._timezone)
        self._on_drift(decoded.drift)
        return decoded.table


def _result(read: Callable[[Sheet], pa.Table], sheet: Sheet) -> pa.Table | DtError:
    """What came of a page, or what is wrong with it."""
    try:
        return read(sheet)
    except DtError as error:
        return error


def _marks(key: str, time: str) -> msgspec.json.Decoder[Any]:
    """Reads an array of records, and of each only what tells it apart."""
    mark = msgspec.defstruct(
        "Mark", [("key", str), ("time", str)], rename={"key": key, "time": time}, gc=False
    )
    kind: Any = list.__class_getitem__(mark)  # a class made here is no type to a type checker
    return msgspec.json.Decoder(kind)


@dataclass
class _Batch:
    """Pages that are typed together, once, by whoever comes first."""

    type_all: Callable[[list[Sheet]], list[pa.Table | DtError]]
    sheets: list[Sheet] = field(default_factory=list)
    size: int = 0
    results: list[pa.Table | DtError] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def full(self) -> bool:
        return self.size >= BATCH_BYTES

    def add(self, sheet: Sheet) -> int | None:
        """Place of the page in the batch; None when the batch is closed."""
        with self.lock:
            if self.results is not None or self.full:
                return None
            self.sheets.append(sheet)
            self.size += len(sheet.body)
            return len(self.sheets) - 1

    def read(self) -> list[pa.Table | DtError]:
        with self.lock:
            if self.results is None:
                self.results = self.type_all(self.sheets)
                self.sheets = []
            return self.results

    def table(self, place: int) -> pa.Table:
        result = self.read()[place]
        if isinstance(result, DtError):
            raise result
        return result


def _cut(decoded: Decoded, counts: list[int]) -> list[pa.Table | DtError]:
    """The table of each page, without copying."""
    tables: list[pa.Table | DtError] = []
    start = 0
    for count in counts:
        tables.append(decoded.table.slice(start, count))
        start += count
    return tables
