"""The client of LeadFlow History: numbered pages, no total."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.apis import limiter
from dtanalytics.apis.client import Client, Decode, checked_sid, host_and_port
from dtanalytics.apis.completeness import CompletenessCheck
from dtanalytics.apis.numbered import NumberedPages
from dtanalytics.apis.paging import PAGE_SIZE, Page, ShownOnce, TooManyPages, Walk
from dtanalytics.apis.refusals import Answer
from dtanalytics.apis.transport import text, transport_for
from dtanalytics.errors import ApiError, IncompleteError, NotFoundError
from dtanalytics.schema import LEADFLOW
from dtanalytics.settings import Settings
from dtanalytics.window import Window

CREDENTIALS = ("access_key", "secret_access_key", "api_key")
MAX_DAYS = 7
"""Longest window of one request, as the vendor states."""

_BEYOND = {400, 404, 410, 416, 422}
"""How a service may answer a page number behind its last one; what is missing then shows in the proof."""

_TOO_LARGE = {400, 413, 422}
"""How a service may refuse a page size."""

_SMALLER = (100, 50, 25)
"""Page sizes that are tried when the vendor's own is refused."""

_sizes: dict[str, int] = {}
"""Records that a page holds, by address: found out once a process."""

_bases: dict[str, int] = {}
"""Number of the first page, by address: found out once a process, checked on every walk."""


class LeadFlow(Client):
    """Asks for LeadFlow calls.

    Parameters
    ----------
    settings : Settings
        Address and credentials.
    decode : callable
        Page bytes to a table.
    set_id : int, optional
        One LeadFlow set.
    active : {0, 1}, optional
        Only finished calls (0), only calls in progress (1), or both (None).
    """

    def __init__(
        self, settings: Settings, decode: Decode, *, set_id: int | None = None, active: int | None = None
    ) -> None:
        settings.require(*CREDENTIALS)
        keys = {name: getattr(settings, name) for name in CREDENTIALS}
        url = settings.leadflow_endpoint()
        transport = transport_for(
            "LeadFlow History",
            url,
            {
                "Authorization": ("{}:{}", [keys["access_key"], keys["secret_access_key"]]),
                "x-api-key": ("{}", [keys["api_key"]]),
            },
            limiter.shared(f"leadflow-{account(settings)}", settings.requests_per_minute),
            settings.deadline,
        )
        super().__init__(LEADFLOW, transport, url, decode)
        self._largest, self._edge_shown = PAGE_SIZE, ShownOnce()
        self._pages_per_second = 0.0
        self._question = {"set_id": set_id, "active": active}

    def call(self, sid: str) -> pa.Table:
        """The one call with this sid.

        Raises
        ------
        NotFoundError
            When the service knows none.
        """
        return self.run_in_thread(self._call, checked_sid(sid))

    def _call(self, sid: str) -> pa.Table:
        table = self._one(
            self.transport.get(
                self.url, {"sid": sid}, lambda answer: self._decode(answer.body, f"call {sid}").table()
            ),
            sid,
        )
        if table is None:
            raise NotFoundError(f"LeadFlow History has no call with sid {sid!r}")
        return table

    def _walk(self, window: Window) -> Callable[[], Walk]:
        seconds = (window.end - window.start).total_seconds()
        walk = NumberedPages(
            lambda number, size: self._ask(window, number, size),
            self._pool,
            base=_bases.get(self.url),
            span=(window.start, window.end),
            size=_sizes.get(self.url, PAGE_SIZE),
            edge_shown=self._edge_shown,
            most_pages=self.most_pages if len(window.days()) > 1 else math.inf,
            expected=self._pages_per_second * seconds,
        )

        def learn(pages: int) -> None:
            self._pages_per_second = pages / seconds
            if walk.certain and walk.base is not None:
                _bases[self.url] = walk.base
                if pages > 1:
                    _sizes[self.url] = walk.size

        def walked() -> Walk:
            try:
                done = walk()
            except TooManyPages as long:
                learn(long.pages)
                raise
            learn(len(done.pages))
            return done

        return walked

    def _first_page(self, window: Window) -> Page:
        return self._ask(window, None, PAGE_SIZE)

    def _ask(self, window: Window, number: int | None, size: int) -> Page:
        size = min(size, self._largest)
        sizes = [size, *(other for other in _SMALLER if other < size and number is None)]
        dates = {"start_date": _iso(window.start), "end_date": _iso(window.end)}
        source = f"{window}, page {'(first)' if number is None else number}"
        for asked in sizes:
            params = text({**dates, **self._question, "page": number, "page_size": asked})
            try:
                page = self.transport.get(self.url, params, lambda came: self._parse(came, number, source))
            except ApiError as error:
                if number is not None and error.status in _BEYOND:
                    return self._page(self._nothing)
                if error.status not in _TOO_LARGE or asked == sizes[-1]:
                    raise
            else:
                self._largest = asked if asked < size else self._largest
                return page
        raise AssertionError("unreachable")  # the last size returns or raises

    def _prove(self, table: pa.Table, sizes: list[int], proof: CompletenessCheck) -> None:
        super()._prove(table, sizes, proof)
        names = (
            pc.count_distinct(table.column("set_name")).as_py() if self._question["set_id"] is not None else 0
        )
        if names > 1:
            raise IncompleteError(
                f"the answers for one LeadFlow set hold calls of {names}: the service does not heed set_id; "
                "load without set_id and choose by set_name"
            )

    def _parse(self, answer: Answer, number: int | None, source: str) -> Page:
        if answer.status == 204 and number is not None:  # the question itself is never answered by it
            return self._page(self._nothing)
        return self._page(self._decode(answer.body, source))


def account(settings: Settings) -> str:
    """Fingerprint of the account behind the credentials and of the service's place."""
    return f"{settings.account('access_key', 'api_key')}-{host_and_port(settings.leadflow_endpoint())}"


def _iso(moment: dt.datetime) -> str:
    return moment.isoformat(timespec="seconds")
