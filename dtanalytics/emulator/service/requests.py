"""Handle a request: rate limit, faults, credentials, the rows it selects, and the log."""

from __future__ import annotations

import dataclasses
import json
import math
import threading
import time
import zlib
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dtanalytics.emulator.service.answers import (
    BIDS_PATHS,
    LEADFLOW_PATH,
    Credentials,
    Page,
    Refusal,
    ReportView,
    check_bids,
    check_leadflow,
    cut_bids,
    cut_leadflow,
    one_bid,
    put_count,
    put_page,
    select_bids,
    select_leadflow,
)
from dtanalytics.emulator.service.faults import ON_ANSWERS, ON_PAGES, ON_ROWS, Fault, Injection
from dtanalytics.emulator.service.httpd import Answer, Request
from dtanalytics.emulator.service.quirks import Quirks
from dtanalytics.emulator.world import clock, rows
from dtanalytics.emulator.world.model import ReportRows
from dtanalytics.schema import BIDS, LEADFLOW, REPORTS, Version


@dataclass(frozen=True)
class Logged:
    """One request that was answered; `at` is the moment in seconds of a monotonic clock."""

    report: str
    path: str
    query: dict[str, str]
    status: int
    at: float


class RequestHandler:
    """Answers requests from the rows of both reports, which may change meanwhile."""

    def __init__(
        self,
        sources: dict[str, ReportRows],
        quirks: Quirks,
        credentials: Credentials,
        now: int | None,
        limit: tuple[int, float],
        latency: float,
    ) -> None:
        self.quirks = quirks
        self.credentials = credentials
        self.latency = latency
        self.requests: list[Logged] = []
        self.fired: Counter[Fault] = Counter()
        self.refused = 0
        self._limit, self._window = limit
        self._sources = dict(sources)
        self._now = now
        self._views: dict[str, ReportView] = {}
        self._injections: list[Injection] = []
        self._actions: list[tuple[int, Callable[[], object]]] = []
        self._answered = 0
        self._passed: dict[str, deque[float]] = {name: deque() for name in REPORTS}
        self._lock = threading.RLock()

    def insert(self, report: str, *records: dict[str, Any], set_id: int = 0) -> None:
        """Add rows (dicts by canonical name; times naive, money Decimal)."""
        self._change(report, lambda old: rows.insert(old, list(records), set_id))

    def delete(self, report: str, *sids: str) -> None:
        """Remove rows for good."""
        self._change(report, lambda old: rows.delete(old, set(sids)))

    def update(self, report: str, sid: str, **changes: object) -> None:
        """Change values of one row from now on."""
        at = clock.parse("9999-01-01") if self._now is None else self._now
        self._change(report, lambda old: rows.update(old, sid, at, changes))

    def _change(self, report: str, change: Callable[[Any], Any]) -> None:
        with self._lock:
            self._sources[report] = change(self._sources[report])
            self._views.pop(report, None)

    def _view(self, report: str) -> ReportView:
        if report not in self._views:
            self._views[report] = ReportView(
                REPORTS[report], rows.snapshot_at(self._sources[report], self._now), self.quirks
            )
        return self._views[report]

    def answer(self, request: Request) -> Answer:
        """Answer one request."""
        report, version, rest = _place(request.path)
        if request.path == "/emulator/stats":
            counted = {"requests": len(self.requests), "refused": self.refused}
            return Answer(body=json.dumps(counted).encode())
        if report is None:
            return _refusal(Refusal(404, f"nothing is at {request.path}"))
        if self.latency:
            time.sleep(self.latency)
        limited = self._over_limit(report)
        if limited is not None:
            return self._log(report, request, limited)
        with self._lock:
            count = rest == "count"
            struck = [item for item in self._injections if item.applies_to(report, count=count)]
            try:
                answer = self._select_and_answer(request, report, version, rest, struck)
            except Refusal as refusal:
                answer = _refusal(refusal)
            for item in struck:
                if item.fault in ON_ANSWERS:
                    before = dataclasses.replace(answer, headers=dict(answer.headers))
                    answer = ON_ANSWERS[item.fault](answer, item.value)
                    self.fired[item.fault] += answer != before
            self._log(report, request, answer)
        if self.quirks.gzip and "gzip" in request.headers.get("accept-encoding", "") and answer.write is None:
            answer = _compress(answer)
        return answer

    def _select_and_answer(
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
            return one_bid(self._view(report), rest, version)
        if rest == "count":
            return put_count(len(select_bids(self._view(report), query, version)), self.quirks)
        page = self._page(report, version, query)
        for item in struck:
            if item.fault in ON_ROWS and page.total:
                self._change_rows(item, report, version, query, page.positions)
                page = self._page(report, version, query)
                self.fired[item.fault] += 1
            elif item.fault in ON_PAGES:
                before, page = page, ON_PAGES[item.fault](page, item.value)
                self.fired[item.fault] += page.rows != before.rows
        return put_page(page, REPORTS[report], self.quirks)

    def _page(self, report: str, version: Version, query: dict[str, str]) -> Page:
        view = self._view(report)
        return cut_leadflow(view, query) if report == LEADFLOW.name else cut_bids(view, query, version)

    def _change_rows(
        self, item: Injection, report: str, version: Version, query: dict[str, str], positions: list[int]
    ) -> None:
        """Carry out a fault that changes rows: the first row of the window, or of the page."""
        view = self._view(report)
        rows = select_leadflow(view, query) if report == LEADFLOW.name else select_bids(view, query, version)
        head, first = (
            view.snapshot.table.slice(int(chosen[0]), 1).to_pylist()[0]
            for chosen in (rows, positions or rows)
        )
        if item.fault is Fault.SAME_PAGE:
            query.pop("page", None)
            query.pop("start", None)
        elif item.fault is Fault.ROW_INSERTED:
            sid = f"{head['sid'][:6]}9999{self.fired[item.fault]:06d}"
            self.insert(report, {**head, "sid": sid}, set_id=int(view.snapshot.set_id[rows[0]]))
        elif item.fault is Fault.ROW_DELETED:
            self.delete(report, head["sid"])
        else:
            status = "lead_status" if report == LEADFLOW.name else "channel"
            name, value = ("city", "Elsewhere") if item.fault is Fault.ROW_UPDATED else (status, "Voicemail")
            self.update(report, first["sid"], **{name: item.value or value})

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
    return Answer(refusal.status, json.dumps({"message": str(refusal)}).encode())


def _compress(answer: Answer) -> Answer:
    if "Content-Encoding" in answer.headers:
        return answer
    return dataclasses.replace(
        answer, body=zlib.compress(answer.body, 1, 31), headers={**answer.headers, "Content-Encoding": "gzip"}
    )
