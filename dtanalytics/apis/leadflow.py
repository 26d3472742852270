"""The client of LeadFlow History: numbered pages, no total."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.apis import limiter
from dtanalytics.apis.client import Client, Decode, known_sid, place_of
from dtanalytics.apis.numbered import Numbered
from dtanalytics.apis.paging import Kept, Page, Walk
from dtanalytics.apis.transport import Answer, text, transport_for
from dtanalytics.errors import NotFoundError
from dtanalytics.schema import LEADFLOW
from dtanalytics.settings import Settings
from dtanalytics.window import Window

CREDENTIALS = ("access_key", "secret_access_key", "api_key")
MAX_DAYS = 7
"""Longest window of one request, as the vendor states."""

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
        self._pages_per_second = 0.0
        self._question = {"set_id": set_id, "active": active}

    def call(self, sid: str) -> pa.Table:
        """The one call with this sid.

        Raises
        ------
        NotFoundError
            When the service knows none.
        """
        sid = known_sid(sid)
        table = self.transport.get(
            self.url, {"sid": sid}, lambda answer: self._decode(answer.body, f"call {sid}").table()
        )
        table = table.filter(pc.equal(table.column("sid"), sid))
        if not table.num_rows:
            raise NotFoundError(f"LeadFlow History has no call with sid {sid!r}")
        return table.slice(table.num_rows - 1)

    def _walk(self, window: Window, kept: Kept) -> Callable[[], Walk]:
        dates = {"start_date": _iso(window.start), "end_date": _iso(window.end)}

        def ask(number: int | None, size: int) -> Page:
            params = text({**dates, **self._question, "page": number, "page_size": size})
            source = f"{window}, page {'(first)' if number is None else number}"
            return self.transport.get(self.url, params, lambda answer: self._parse(answer, source))

        walk = Numbered(
            ask,
            self._pool,
            base=_bases.get(self.url),
            span=(window.start, window.end),
            kept=kept,
            expected=self._pages_per_second * (window.end - window.start).total_seconds(),
        )

        def walked() -> Walk:
            done = walk()
            self._pages_per_second = len(done.pages) / (window.end - window.start).total_seconds()
            if walk.certain and walk.base is not None:
                _bases[self.url] = walk.base
            return done

        return walked

    def _parse(self, answer: Answer, source: str) -> Page:
        return self._page(self._decode(answer.body, source))


def account(settings: Settings) -> str:
    """Fingerprint of the account behind the credentials and of the service's place."""
    return f"{settings.account('access_key', 'api_key')}-{place_of(settings.leadflow_endpoint())}"


def _iso(moment: dt.datetime) -> str:
    return moment.isoformat(timespec="seconds")
