"""The client of Bid Management: answers that say where they lie, a count, one call by its sid."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import SecretStr

from dtanalytics.apis import limiter
from dtanalytics.apis.client import Client, Decode, known_sid, place_of
from dtanalytics.apis.paging import Kept, Page, Walk
from dtanalytics.apis.ranged import Ranged
from dtanalytics.apis.transport import Answer, transport_for
from dtanalytics.errors import ApiError, IncompleteError, NotFoundError
from dtanalytics.filters import to_query
from dtanalytics.schema import BIDS, TIMEZONE
from dtanalytics.settings import Settings
from dtanalytics.window import Window

Version = Literal["v2", "v3"]
MAX_DAYS = 7
"""The vendor states no limit; a short window is cheap to read again when its rows move."""

_RANGE = re.compile(r"\s*(?:[a-z]+[ =]\s*)?(?:(\d+)\s*-\s*(\d+)|\*)\s*/\s*(\d+|\*)\s*", re.IGNORECASE)


class Bids(Client):
    """Asks for the visits, keywords and ads behind calls.

    Parameters
    ----------
    settings : Settings
        Address and credentials.
    decode : callable
        Page bytes to a table.
    where : mapping or str, optional
        Conditions, as in ``filters``.
    version : {"v2", "v3"}
        Version of the service.
    """

    def __init__(
        self, settings: Settings, decode: Decode, *, where: Any = None, version: Version = "v2"
    ) -> None:
        names = credentials(settings, version)
        settings.require(*names)
        settings.check_place("bids_url", *names)
        secrets: list[SecretStr] = [getattr(settings, name) for name in names]
        url = settings.bids_endpoint(version)
        if names == ("bid_token",):
            headers = {"Authorization": ("Bearer {}", secrets)}
        else:
            headers = {"access_key": ("{}", secrets[:1]), "secret_key": ("{}", secrets[1:])}
        transport = transport_for(
            "Bid Management",
            url,
            headers,
            limiter.shared(f"bids-{account(settings, version)}", settings.requests_per_minute),
            settings.deadline,
        )
        super().__init__(BIDS, transport, url, decode)
        self._where = where
        self._version = version
        self._zone = ZoneInfo(settings.bids_timezone)

    def call(self, sid: str) -> pa.Table:
        """The one call with this sid.

        Raises
        ------
        NotFoundError
            When the service knows none.
        """
        sid = known_sid(sid)
        missing = NotFoundError(f"Bid Management has no call with sid {sid!r}")
        try:
            table = self.transport.get(
                f"{self.url}/{quote(sid, safe='')}",
                {},
                lambda answer: self._decode(answer.body, f"call {sid}").table(),
            )
        except ApiError as error:
            if error.status != 404:
                raise
            table = self.report.empty()
        table = table.filter(pc.equal(table.column("sid"), sid))
        if not table.num_rows:
            raise missing
        return table.slice(table.num_rows - 1)

    def count(self, window: Window) -> int:
        """How many records the service counts in a window."""
        return self.transport.get(f"{self.url}/count", {"q": self._query(window)}, _parse_count)

    def _walk(self, window: Window, kept: Kept) -> Callable[[], Walk]:
        query = self._query(window)

        def ask(start: int, rows: int) -> Page:
            params = {"q": query, "rows": str(rows), "start": str(start)}
            source = f"{window}, records {start * rows + 1} and on"
            return self.transport.get(self.url, params, lambda answer: self._parse(answer, source))

        return Ranged(ask, lambda: self.count(window), self._pool, kept=kept)

    def _query(self, window: Window) -> str:
        """The window and the conditions as one text, in the clock of the service."""
        eastern = ZoneInfo(TIMEZONE)
        if self._zone.key != eastern.key:
            start, end = (
                moment.replace(tzinfo=eastern).astimezone(self._zone).replace(tzinfo=None)
                for moment in (window.start, window.end)
            )
            window = Window(start, end)
        return to_query(self._where, window=window, version=self._version)

    def _parse(self, answer: Answer, source: str) -> Page:
        rows = self._decode(answer.body, source)
        stated = answer.headers.get("Content-Range")
        if stated is None and not len(rows):
            return self._page(rows)
        match = _RANGE.fullmatch(stated or "")
        if match is None:
            raise IncompleteError(
                f"Bid Management, {source}: the answer does not say which records it holds "
                f"(Content-Range is {stated!r}), so that it cannot be shown to be complete; try again later",
                retryable=True,
            )
        first, last, total = (None if part in (None, "*") else int(part) for part in match.groups())
        spans = 0 if first is None or last is None or last == 0 else last - first + 1
        if spans != len(rows) or (total is not None and (last or 0) > total):
            raise IncompleteError(
                f"Bid Management, {source}: Content-Range says {stated!r}, {len(rows)} records came; "
                "try again later",
                retryable=True,
            )
        return self._page(rows, first=first, last=last, total=total)


def credentials(settings: Settings, version: Version) -> tuple[str, ...]:
    """Names of the credentials that a version takes: v3 the key pair, or the legacy token."""
    pair = ("access_key", "secret_access_key")
    if version == "v2" or (settings.bid_token and not all(getattr(settings, name) for name in pair)):
        return ("bid_token",)
    return pair


def account(settings: Settings, version: Version = "v2") -> str:
    """Fingerprint of the account behind the credentials and of the service's place."""
    place = place_of(settings.bids_endpoint(version))
    return f"{settings.account(credentials(settings, version)[0])}-{version}-{place}"


def _parse_count(answer: Answer) -> int:
    """A bare number, or an object that holds one integer (the vendor does not show the shape)."""
    try:
        value = json.loads(answer.body)
    except ValueError:
        value = None
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, dict):
        whole = [_whole(item) for item in value.values()]
        named = _whole(value.get("count"))
        found = [named] if named is not None else [item for item in whole if item is not None]
        value = found[0] if len(found) == 1 else None
    number = _whole(value)
    if number is None:
        raise IncompleteError(
            "Bid Management: the answer to /count holds no single number, so that the records cannot be "
            "shown to be complete; try again later",
            retryable=True,
        )
    return number


def _whole(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.strip().isdecimal():
        return int(value)
    return value if isinstance(value, int) and value >= 0 else None
