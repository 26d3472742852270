"""The emulator: both services on a loopback port, and the levers of what happens to them."""

from __future__ import annotations

import dataclasses
import math
import threading
import time
import zlib
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from dtanalytics.emulator import clock, stock
from dtanalytics.emulator.calls import Calls, generate
from dtanalytics.emulator.faults import ON_ANSWERS, ON_PAGES, Fault, Injection
from dtanalytics.emulator.httpd import Answer, Request, Server
from dtanalytics.emulator.ledger import Comparison, compare, ledger_of
from dtanalytics.emulator.quirks import Quirks
from dtanalytics.emulator.services import (
    BIDS_PATHS,
    LEADFLOW_PATH,
    Credentials,
    Page,
    Refusal,
    Shelf,
    bid_rows,
    check_bids,
    check_leadflow,
    cut_bids,
    cut_leadflow,
    one_bid,
    put_count,
    put_together,
)
from dtanalytics.schema import BIDS, LEADFLOW, REPORTS, Version


@dataclass(frozen=True)
class Logged:
    """One request that was answered; `at` is the moment in seconds of a monotonic clock."""

    report: str
    path: str
    query: dict[str, str]
    status: int
    at: float


class Emulator:
    """LeadFlow History and Bid Management on a free port of 127.0.0.1.

    Parameters
    ----------
    calls : Calls
        What is served; a small month when None.
    quirks : Quirks
        How this service behaves where the documents are silent.
    now : str or datetime
        The emulated moment, Eastern: later calls and later changes are not seen yet. None: all are.
    requests_per_window, window : int, float
        Limit of requests for each service in any `window` [s]; 0 is off.
    latency : float
        Time before each answer [s].
    port : int
        0 takes a free one.

    Attributes
    ----------
    requests : list of Logged
        Every request in the order of its answer.
    fired : Counter
        How often each fault struck.
    refused : int
        Number of answers 429 by the limit.

    Examples
    --------
    >>> from urllib.request import Request, urlopen
    >>> with Emulator(generate(leadflow=50, bids=20)) as service:
    ...     head = {"Authorization": f"Bearer {service.credentials.bid_token}"}
    ...     with urlopen(Request(service.bids_url + "/count", headers=head)) as answer:
    ...         print(answer.read().decode())
    {"count": 20}
    """

    def __init__(
        self,
        calls: Calls | None = None,
        *,
        quirks: Quirks | None = None,
        now: str | None = None,
        requests_per_window: int = 0,
        window: float = 60.0,
        latency: float = 0.0,
        credentials: Credentials | None = None,
        port: int = 0,
    ) -> None:
        self.calls = calls if calls is not None else generate(leadflow=2_000)
        self.quirks = quirks or Quirks()
        self.credentials = credentials or Credentials()
        self.latency = latency
        self.requests: list[Logged] = []
        self.fired: Counter[Fault] = Counter()
        self.refused = 0
        self._limit, self._window = requests_per_window, window
        self._stocks = dict(self.calls.stocks)
        self._now = None if now is None else clock.parse(now)
        self._shelves: dict[str, Shelf] = {}
        self._injections: list[Injection] = []
        self._actions: list[tuple[int, Callable[[], object]]] = []
        self._answered = 0
        self._passed: dict[str, deque[float]] = {name: deque() for name in REPORTS}
        self._lock = threading.RLock()
        self._server = Server(self._answer, port)

    # where it is

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def leadflow_url(self) -> str:
        """Address of the LeadFlow History Report."""
        return self.origin + LEADFLOW_PATH

    @property
    def bids_url(self) -> str:
        """Address of Bid Management, v2."""
        return f"{self.origin}/v2/user/bid-management"

    @property
    def bids_v3_url(self) -> str:
        """Address of Bid Management, v3."""
        return f"{self.origin}/v3/user/bid-management"

    def start(self) -> Self:
        """Begin to serve."""
        self._server.start()
        return self

    def stop(self) -> None:
        """End, and break off whatever is still connected."""
        self._server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    # the oracle

    def records(
        self,
        report: str,
        start: str | None = None,
        end: str | None = None,
        version: Version = "v2",
    ) -> list[dict[str, Any]]:
        """Rows in [start, end) as they stand, as dicts by canonical name; times are naive wall clock."""
        with self._lock:
            standing = self._shelf(report).standing
        low = -math.inf if start is None else clock.parse(start)
        high = math.inf if end is None else clock.parse(end)
        kept = [index for index, when in enumerate(standing.when.tolist()) if low <= when < high]
        names = [item.name for item in REPORTS[report].wire(version).values()]
        return list(standing.table.select(names).take(kept).to_pylist())

    def ledger(
        self, report: str, start: str | None = None, end: str | None = None, version: Version = "v2"
    ) -> dict[str, str]:
        """Sid -> SHA-256 of what the record says, for the rows in [start, end)."""
        return ledger_of(report, self.records(report, start, end, version), version)

    def compare(
        self,
        report: str,
        rows: Any,
        start: str | None = None,
        end: str | None = None,
        version: Version = "v2",
    ) -> Comparison:
        """Compare what was loaded (Arrow table, or dicts) with what stands in [start, end)."""
        records = rows.to_pylist() if hasattr(rows, "to_pylist") else rows
        return compare(self.ledger(report, start, end, version), report, records, version)

    # levers

    @property
    def now(self) -> str | None:
        """The emulated moment, Eastern; None when everything has happened."""
        return None if self._now is None else clock.moment(self._now).isoformat(sep=" ")

    @now.setter
    def now(self, moment: str | None) -> None:
        with self._lock:
            self._now = None if moment is None else clock.parse(moment)
            self._shelves.clear()

    def advance(self, days: float = 0, seconds: float = 0) -> None:
        """Let time pass: late calls appear, calls in progress end, disputes change what was billed."""
        if self._now is None:
            raise ValueError("time stands at its end: give the emulator a now= first")
        self.now = clock.moment(self._now + int(days * clock.DAY + seconds)).isoformat()

    def insert(self, report: str, *records: dict[str, Any], set_id: int = 0) -> None:
        """Add rows (dicts by canonical name; times naive, money Decimal)."""
        self._change(report, lambda old: stock.insert(old, list(records), set_id))

    def delete(self, report: str, *sids: str) -> None:
        """Remove rows for good."""
        self._change(report, lambda old: stock.delete(old, set(sids)))

    def update(self, report: str, sid: str, **changes: object) -> None:
        """Change values of one row from now on."""
        at = clock.parse("9999-01-01") if self._now is None else self._now
        self._change(report, lambda old: stock.update(old, sid, at, changes))

    def after(self, requests: int, action: Callable[[], object]) -> None:
        """Run an action once so many more requests are worked out, before the last of them is sent."""
        with self._lock:
            self._actions.append((self._answered + requests, action))

    def inject(
        self,
        fault: Fault,
        at: int = 1,
        times: float = 1,
        report: str | None = None,
        value: Any = None,
    ) -> None:
        """Let a fault strike the `at`-th request from now on, `times` in a row (math.inf: for ever).

        `report` counts the requests of that service alone. `value` refines the fault: see its text.
        """
        with self._lock:
            self._injections.append(Injection(fault, at, times, report, value))

    # answers

    def _change(self, report: str, change: Callable[[Any], Any]) -> None:
        with self._lock:
            self._stocks[report] = change(self._stocks[report])
            self._shelves.pop(report, None)

    def _shelf(self, report: str) -> Shelf:
        if report not in self._shelves:
            self._shelves[report] = Shelf(
                REPORTS[report], stock.stand(self._stocks[report], self._now), self.quirks
            )
        return self._shelves[report]

    def _answer(self, request: Request) -> Answer:
        report, version, rest = _place(request.path)
        if report is None:
            return _refusal(Refusal(404, f"nothing is at {request.path}"))
        if self.latency:
            time.sleep(self.latency)
        limited = self._over_limit(report)
        if limited is not None:
            return self._log(report, request, limited)
        with self._lock:
            count = rest == "count"
            struck = [item for item in self._injections if item.strikes(report, count=count)]
            self.fired.update(item.fault for item in struck)
            try:
                answer = self._work_out(request, report, version, rest, struck)
            except Refusal as refusal:
                answer = _refusal(refusal)
            for item in struck:
                if item.fault in ON_ANSWERS:
                    answer = ON_ANSWERS[item.fault](answer, item.value)
            self._log(report, request, answer)
        if self.quirks.gzip and "gzip" in request.headers.get("accept-encoding", "") and answer.write is None:
            answer = _pack(answer)
        return answer

    def _work_out(
        self, request: Request, report: str, version: Version, rest: str, struck: list[Injection]
    ) -> Answer:
        if report == LEADFLOW.name:
            check_leadflow(request, self.credentials)
        else:
            check_bids(request, version, self.credentials)
        if request.method != "GET":
            raise Refusal(405, "only GET")
        query = dict(request.query)
        if rest and rest != "count":
            return one_bid(self._shelf(report), rest, version)
        for item in struck:
            self._stir(item, report, version, query)
        shelf = self._shelf(report)
        if rest == "count":
            return put_count(len(bid_rows(shelf, query, version)), self.quirks)
        page = self._page(shelf, query, version)
        for item in struck:
            if item.fault in ON_PAGES:
                page = ON_PAGES[item.fault](page, item.value)
        return put_together(page, shelf.report, self.quirks)

    def _page(self, shelf: Shelf, query: dict[str, str], version: Version) -> Page:
        return cut_leadflow(shelf, query) if shelf.report is LEADFLOW else cut_bids(shelf, query, version)

    def _stir(self, item: Injection, report: str, version: Version, query: dict[str, str]) -> None:
        """Carry out the faults that change what stands on the shelf, at the head of the window asked for."""
        if item.fault is Fault.SAME_PAGE:
            for name in ("page", "start"):
                query.pop(name, None)
            return
        head = self._page(
            self._shelf(report), {**query, "page": str(self.quirks.page_base), "start": "0"}, version
        )
        if (
            item.fault not in {Fault.ROW_INSERTED, Fault.ROW_DELETED, Fault.ROW_UPDATED, Fault.NEW_STATUS}
            or not head.rows
        ):
            return
        shelf = self._shelf(report)
        place = {row: index for index, row in enumerate(shelf.rows(version))}[head.rows[0]]
        first = shelf.standing.table.slice(place, 1).to_pylist()[0]
        if item.fault is Fault.ROW_INSERTED:
            serial = f"{self.fired[item.fault]:06d}"
            self.insert(report, {**first, "sid": f"{first['sid'][:6]}9999{serial}"})
        elif item.fault is Fault.ROW_DELETED:
            self.delete(report, first["sid"])
        elif item.fault is Fault.ROW_UPDATED:
            self.update(report, first["sid"], city="Elsewhere")
        else:
            name = "lead_status" if report == LEADFLOW.name else "channel"
            self.update(report, first["sid"], **{name: item.value or "Voicemail"})

    def _log(self, report: str, request: Request, answer: Answer) -> Answer:
        with self._lock:
            self._answered += 1
            entry = Logged(report, request.path, dict(request.query), answer.status, time.monotonic())
            self.requests.append(entry)
            due = [action for number, action in self._actions if number <= self._answered]
            self._actions = [item for item in self._actions if item[0] > self._answered]
            for action in due:
                action()
        return answer

    def _over_limit(self, report: str) -> Answer | None:
        """Count the request in the sliding window, or refuse it."""
        if not self._limit:
            return None
        with self._lock:
            moment, passed = time.monotonic(), self._passed[report]
            while passed and passed[0] <= moment - self._window:
                passed.popleft()
            if len(passed) < self._limit:
                passed.append(moment)
                return None
            self.refused += 1
            wait = math.ceil(passed[0] + self._window - moment)
            return Answer(429, b'{"message":"Limit Exceeded"}', {"Retry-After": str(wait)})


def _place(path: str) -> tuple[str | None, Version, str]:
    """Which report, version and rest of the path an address means."""
    if path == LEADFLOW_PATH:
        return LEADFLOW.name, "v2", ""
    for base, version in BIDS_PATHS.items():
        if path == base or path.startswith(base + "/"):
            return BIDS.name, version, path[len(base) + 1 :]
    return None, "v2", ""


def _refusal(refusal: Refusal) -> Answer:
    text = str(refusal).replace("\\", "/").replace('"', "'")
    return Answer(refusal.status, f'{{"message":"{text}"}}'.encode())


def _pack(answer: Answer) -> Answer:
    if "Content-Encoding" in answer.headers:
        return answer
    return dataclasses.replace(
        answer, body=zlib.compress(answer.body, 1, 31), headers={**answer.headers, "Content-Encoding": "gzip"}
    )
