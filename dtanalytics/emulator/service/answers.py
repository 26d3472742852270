"""Answers of both services: credentials, the rows that a query selects, and one page of them."""

from __future__ import annotations

import dataclasses
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dtanalytics.emulator.service.altered_records import with_raw
from dtanalytics.emulator.service.httpd import Answer, Request
from dtanalytics.emulator.service.query import BadQueryError, QueryCondition, matches, parse_query
from dtanalytics.emulator.service.quirks import Quirks
from dtanalytics.emulator.service.wire import render
from dtanalytics.emulator.world import clock
from dtanalytics.emulator.world.rows import Snapshot
from dtanalytics.schema import BIDS, LEADFLOW, Report, Version

LEADFLOW_PATH = "/report/v1/leadflow/v2/history"
BIDS_PATHS: dict[str, Version] = {"/v2/user/bid-management": "v2", "/v3/user/bid-management": "v3"}
_LARGEST = 250
_LONGEST = 7 * clock.DAY


class Refusal(Exception):  # noqa: N818 -- an answer of the service, not a failure of the emulator
    """The service says no: a status and a message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Credentials:
    """What a client has to send; made up, and the same for every emulator."""

    access_key: str = "emulated-access-key"
    secret_access_key: str = "emulated-secret-key"  # noqa: S105 -- opens nothing but the emulator
    api_key: str = "emulated-api-key"
    bid_token: str = "emulated-bid-token"  # noqa: S105 -- opens nothing but the emulator


@dataclass
class ReportView:
    """The rows of one report at one moment, rendered on first use."""

    report: Report
    snapshot: Snapshot
    quirks: Quirks
    rendered: dict[Version, list[bytes]] = field(default_factory=dict)
    selected: dict[object, NDArray[np.int64]] = field(default_factory=dict)
    asked: int = 0

    def rows(self, version: Version = "v2") -> list[bytes]:
        """Each record as it is sent."""
        if version not in self.rendered:
            self.rendered[version] = render(self.snapshot.table, self.report, version, self.quirks)
        return self.rendered[version]

    def of_replica(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Positions that the replica knows whose turn it is; positions count from the oldest row."""
        self.asked += 1
        if not self.asked % 2 or not (self.quirks.replica_lag or self.quirks.replica_gap):
            return rows
        every = len(self.snapshot.when)
        rows = rows[rows < every - self.quirks.replica_lag]
        return rows[rows != every // 2] if self.quirks.replica_gap else rows

    def between(self, low: int, high: int, *, included: bool) -> NDArray[np.int64]:
        """Positions of the rows from `low` to `high` [s]."""
        low += not self.quirks.start_inclusive
        first, last = np.searchsorted(self.snapshot.when, [low, high], side="left")
        if included:
            last = np.searchsorted(self.snapshot.when, high, side="right")
        return np.arange(first, last)

    def ordered(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Put positions in the order in which this service answers."""
        if self.quirks.order == "newest":
            return rows[::-1]
        if self.quirks.order == "shuffled":
            sids = self.snapshot.table["sid"].take(rows).to_pylist()
            return rows[np.argsort([zlib.crc32(sid.encode()) for sid in sids], kind="stable")]
        if self.quirks.order == "unstable":
            return rows[np.lexsort((np.random.default_rng().random(len(rows)), self.snapshot.when[rows]))]
        return rows


@dataclass
class Page:
    """One page of the selected rows; `first` counts from 0, `positions` are rows of the report."""

    rows: list[bytes]
    positions: list[int]
    first: int
    total: int


def select_leadflow(view: ReportView, query: Mapping[str, str]) -> NDArray[np.int64]:
    """Positions of the rows that the parameters select, in the service's order."""
    any_sid = "sid" in query and "sid" in view.quirks.ignores
    if view.quirks.ignores:
        query = {name: value for name, value in query.items() if name not in view.quirks.ignores}
    key = (
        "leadflow",
        *sorted((name, value) for name, value in query.items() if name not in {"page", "page_size"}),
    )
    if key in view.selected and view.quirks.order != "unstable":
        return view.selected[key]
    if any_sid:
        rows = np.arange(len(view.snapshot.when))
    elif "sid" in query:
        rows = np.flatnonzero(view.snapshot.table["sid"].to_numpy() == query["sid"])
    else:
        low, high = (_moment(query, name) for name in ("start_date", "end_date"))
        if high < low:
            raise Refusal(400, "end_date is before start_date")
        if high - low > _LONGEST:
            raise Refusal(400, "a request may cover at most 7 days")
        late = view.quirks.hours_late * 3600
        rows = view.between(low + late, high + late, included=view.quirks.end_inclusive)
        if "dates" in view.quirks.ignores:
            rows = np.arange(len(view.snapshot.when))
    if "set_id" in query:
        rows = rows[view.snapshot.set_id[rows] == _number(query, "set_id", 0)]
    if "active" in query:
        if query["active"] not in {"0", "1"}:
            raise Refusal(400, "active must be 0 or 1")
        rows = rows[view.snapshot.active[rows] == (query["active"] == "1")]
    if view.quirks.day_cap:
        days = view.snapshot.when[rows] // clock.DAY
        rows = rows[np.arange(len(rows)) - np.searchsorted(days, days) < view.quirks.day_cap]
    view.selected[key] = view.ordered(rows)[: view.quirks.result_cap or None]
    return view.selected[key]


def select_bids(view: ReportView, query: Mapping[str, str], version: Version) -> NDArray[np.int64]:
    """Positions of the rows that ``q=`` selects, in the service's order."""
    text = query.get("q", "")
    key = ("bids", version, text)
    if key in view.selected and view.quirks.order != "unstable":
        return view.selected[key]
    try:
        conditions = parse_query(text, version)
    except BadQueryError as error:
        raise Refusal(400, str(error)) from None
    rows = np.arange(len(view.snapshot.when))
    ignored, late = view.quirks.ignores, view.quirks.hours_late
    dropped = {True: "dates" in ignored, False: "conditions" in ignored}
    conditions = [item for item in conditions if not dropped[item.field.name == BIDS.time]]
    if late:
        conditions = [_later(item, late) if item.field.name == BIDS.time else item for item in conditions]
    for condition in conditions:
        if condition.field.name == BIDS.time:  # sorted by it, so this narrows the rest at once
            low = -(10**12) if condition.low is None else clock.parse(condition.low)
            high = 10**12 if condition.high is None else clock.parse(condition.high)
            rows = rows[(view.snapshot.when[rows] >= low) & (view.snapshot.when[rows] <= high)]
    rows = rows[matches(conditions, view.snapshot.table.take(rows))] if conditions else rows
    if not view.quirks.conditions_match and any(item.field.name != BIDS.time for item in conditions):
        rows = rows[:0]
    view.selected[key] = view.ordered(rows)[: view.quirks.result_cap or None]
    return view.selected[key]


def _later(condition: QueryCondition, hours: int) -> QueryCondition:
    """A condition on the time, read in another zone."""
    low, high = (
        None if end is None else clock.moment(clock.parse(end) + hours * 3600)
        for end in (condition.low, condition.high)
    )
    return dataclasses.replace(condition, low=low, high=high)


def cut_leadflow(view: ReportView, query: Mapping[str, str]) -> Page:
    """Cut the page that ``page`` and ``page_size`` name."""
    rows = view.of_replica(select_leadflow(view, query))
    size = _size(view.quirks, _number(query, "page_size", _LARGEST))
    base = view.quirks.page_base
    number = max(_number(query, "page", base) - base, 0)
    return _cut(view, "v2", rows, number + (view.quirks.second_page_skipped and number > 0), size)


def cut_bids(view: ReportView, query: Mapping[str, str], version: Version) -> Page:
    """Cut the record set that ``start`` and ``rows`` name."""
    rows = view.of_replica(select_bids(view, query, version))
    size = _size(view.quirks, _number(query, "rows", 100))
    return _cut(view, version, rows, _number(query, "start", 0), size)


def _size(quirks: Quirks, wanted: int) -> int:
    """Page size that the service gives when so many records are wanted."""
    if quirks.refused_above and wanted > quirks.refused_above:
        raise Refusal(400, f"a page holds at most {quirks.refused_above} records")
    return max(1, quirks.page_least, min(wanted, _LARGEST, quirks.page_cap))


def _cut(view: ReportView, version: Version, rows: NDArray[np.int64], number: int, size: int) -> Page:
    if view.quirks.beyond == "last" and number * size >= len(rows):
        number = max(0, (len(rows) - 1) // size)
    if view.quirks.beyond == "refused" and number and number * size >= len(rows):
        raise Refusal(404, "no such page")
    begin = number * (size + view.quirks.skipped)
    chosen = rows[begin : begin + size].tolist()
    rendered = view.rows(version)
    page = Page([rendered[row] for row in chosen], chosen, number * size, len(rows))
    if view.quirks.blank_pages and number == 1:
        key = view.quirks.blank_pages.encode()
        page.rows = [with_raw(row, key, b"null") for row in page.rows]
    return page


def put_page(page: Page, report: Report, quirks: Quirks) -> Answer:
    """Make the body of a page, and for bids the header that says where it lies."""
    gap, opening, closing = (b",\n  ", b"[\n  ", b"\n]") if quirks.pretty else (b",", b"[", b"]")
    body = opening + gap.join(page.rows) + closing
    if quirks.wrapped:
        body = b'{"response": ' + body + b"}"
    answer = Answer(body=body)
    if report is not LEADFLOW:
        first, last = (page.first + 1, page.first + len(page.rows)) if page.rows else (0, 0)
        answer.headers["Content-Range"] = f"{first}-{last}/{page.total}"
    return answer


def put_count(total: int, quirks: Quirks) -> Answer:
    """Answer ``/count`` in the shape of this service."""
    shapes = {
        "number": total,
        "count": {"count": total},
        "total": {"total": total},
        "text": {"count": str(total)},
    }
    return Answer(body=json.dumps(shapes[quirks.count_shape]).encode())


def one_bid(view: ReportView, sid: str, version: Version) -> Answer:
    """Answer ``/:sid``: one call, or 404."""
    sids = view.snapshot.table["sid"].to_numpy()
    found = np.flatnonzero(sids != sid if "sid" in view.quirks.ignores else sids == sid)
    if len(found) == 0:
        raise Refusal(404, f"no call has the sid {sid}")
    row = view.rows(version)[int(found[0])]
    if view.quirks.wrapped:
        return Answer(body=b'{"response": [' + row + b"]}")
    return Answer(body=b"[" + row + b"]" if view.quirks.single == "array" else row)


def check_leadflow(request: Request, known: Credentials) -> None:
    """Refuse a LeadFlow request without the right headers."""
    given = request.headers.get("authorization")
    if given is None or "x-api-key" not in request.headers:
        raise Refusal(401, "Authorization and x-api-key are required")
    if (
        given != f"{known.access_key}:{known.secret_access_key}"
        or request.headers["x-api-key"] != known.api_key
    ):
        raise Refusal(403, "the credentials are not known")


def check_bids(request: Request, version: Version, known: Credentials) -> None:
    """Refuse a bids request without a token, or without v3's keys."""
    headers = request.headers
    if version == "v3" and "access_key" in headers:
        if (headers["access_key"], headers.get("secret_key")) != (known.access_key, known.secret_access_key):
            raise Refusal(403, "the credentials are not known")
        return
    if "authorization" not in headers:
        raise Refusal(401, "Authorization is required")
    if headers["authorization"] != f"Bearer {known.bid_token}":
        raise Refusal(403, "the token is not known")


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.lstrip("-").isdigit():
        raise Refusal(400, f"{name} must be an integer")
    return int(text)


def _moment(query: Mapping[str, str], name: str) -> int:
    if name not in query:
        raise Refusal(400, "sid, or start_date and end_date, are required")
    try:
        return clock.parse(query[name])
    except ValueError:
        raise Refusal(400, f"{name} is not an ISO-8601 datetime") from None
