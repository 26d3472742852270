"""The client of Bid Management: answers that say where they lie, a count, one call by its sid."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Callable
from typing import Any, Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pyarrow as pa
from pydantic import SecretStr

from dtanalytics.apis import limiter
from dtanalytics.apis.client import Client, Decode, checked_sid, host_and_port
from dtanalytics.apis.paging import MOST_RECORDS, PAGE_SIZE, Page, Walk
from dtanalytics.apis.ranged import RangedPages
from dtanalytics.apis.refusals import Answer
from dtanalytics.apis.transport import transport_for
from dtanalytics.decode.envelope import read_envelope
from dtanalytics.decode.exact import load_json
from dtanalytics.errors import ApiError, IncompleteError, NotFoundError
from dtanalytics.filters import apply, conditions, to_query
from dtanalytics.schema import BIDS, EASTERN
from dtanalytics.settings import Settings
from dtanalytics.window import Window

logger = logging.getLogger("dtanalytics")
Version = Literal["v2", "v3"]
MAX_DAYS = 7
"""The vendor states no limit; a short window is cheap to read again when its rows move."""

_RANGE = re.compile(
    r"\s*(?:[a-z]+[ =]\s*)?(?:(\d{1,15})\s*-\s*(\d{1,15})|\*)\s*/\s*(\d{1,15}|\*)\s*",
    re.IGNORECASE | re.ASCII,
)
_NOTHING = {204, 404, 416}
"""How a service may answer a question that no call meets; its count has to agree."""

_SIZES = (PAGE_SIZE, 100, 25)
"""Sizes of a record set to ask for, since the largest that is accepted is documented nowhere."""


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
        self._size = PAGE_SIZE
        self._conditions_checked = False
        self._version = version
        self._zone = ZoneInfo(settings.bids_timezone)

    def call(self, sid: str) -> pa.Table:
        """The one call with this sid.

        Raises
        ------
        NotFoundError
            When the service knows none.
        """
        return self.run_in_thread(self._call, checked_sid(sid))

    def _call(self, sid: str) -> pa.Table:
        try:
            table = self._one(
                self.transport.get(
                    f"{self.url}/{quote(sid, safe='')}",
                    {},
                    lambda answer: self._decode(answer.body, f"call {sid}").table(),
                ),
                sid,
            )
        except ApiError as error:
            if error.status != 404:
                raise
            table = None
        if table is None:
            raise NotFoundError(f"Bid Management has no call with sid {sid!r}")
        return table

    def count(self, window: Window) -> int:
        """How many records the service counts in a window."""
        return self.run_in_thread(self._count, window)

    def _count(self, window: Window) -> int:
        return self.transport.get(f"{self.url}/count", {"q": self._query(window, self._where)}, _parse_count)

    def _walk(self, window: Window) -> Callable[[], Walk]:
        return RangedPages(
            lambda start, rows: self._ask(window, start, rows),
            lambda: self._count(window),
            self._pool,
            size=self._size,
            most_pages=self.most_pages if len(window.days()) > 1 else math.inf,
        )

    def _first_page(self, window: Window) -> Page:
        return self._ask(window, 0, self._size)

    def _ask(self, window: Window, start: int, rows: int, *, where: Any = ...) -> Page:
        where = self._where if where is ... else where
        params = {"q": self._query(window, where), "rows": str(rows), "start": str(start)}
        source = f"{window}, records {start * rows + 1} and on"
        try:
            return self.transport.get(self.url, params, lambda answer: self._parse(answer, source))
        except ApiError as error:
            if start == 0 and error.status in _NOTHING:
                return self._page(self._nothing)
            smaller = [size for size in _SIZES if size < rows]
            if start or error.status not in (400, 413, 422) or not smaller:
                raise
            self._size = smaller[0]
        return self._ask(window, start, self._size, where=where)

    def _query(self, window: Window, where: Any) -> str:
        """The window and the conditions as one text, in the clock of the service."""
        if self._zone.key != EASTERN.key:
            start, end = (
                moment.replace(tzinfo=EASTERN).astimezone(self._zone).replace(tzinfo=None)
                for moment in (window.start, window.end)
            )
            window = Window(start, end)
        return to_query(where, window=window, version=self._version)

    def _parse(self, answer: Answer, source: str) -> Page:
        rows = self._decode(answer.body, source) if answer.status != 204 else self._nothing
        stated = answer.headers.get("Content-Range")
        if stated is None and not len(rows):
            return self._page(rows)
        match = _RANGE.fullmatch(stated or "")
        if match is None:
            raise IncompleteError(
                f"Bid Management, {source}: it does not say which records it holds (Content-Range is "
                f"{'absent' if stated is None else 'unreadable'}), so it cannot be shown to be complete: "
                "try again later",
                retryable=True,
            )
        first, last, total = (None if part in (None, "*") else int(part) for part in match.groups())
        spans = 0 if first is None or last is None or last == 0 else last - first + 1
        if spans != len(rows) or (total is not None and (last or 0) > total):
            said = f"{first} to {last} of {total}" if (last or 0) <= MOST_RECORDS else "numbers beyond any"
            raise IncompleteError(
                f"Bid Management, {source}: Content-Range says {said}, {len(rows)} records came; try again "
                "later",
                retryable=True,
            )
        return self._page(rows, first=first, last=last, total=total)

    def _matching_conditions(self, table: pa.Table, window: Window) -> pa.Table:
        """The calls that meet the conditions, which a service may pass over."""
        if not self._where:
            return table
        if not table.num_rows:
            self._check_conditions(window)
            return table
        places = self._places(table)
        if len(places) < table.num_rows:
            logger.warning(
                "Bid Management gave %d calls against the conditions", table.num_rows - len(places)
            )
        return table.take(pa.array(places, pa.int64()))

    def _places(self, table: pa.Table) -> list[int]:
        """Rows of a table that meet the conditions."""
        return list(apply(table.select(list(conditions(self._where))).to_pandas(), self._where).index)

    def _check_conditions(self, window: Window) -> None:
        """Ask once without the conditions where no call meets them: the service may misread them."""
        if self._conditions_checked:
            return
        self._conditions_checked = True
        page = self._ask(window, 0, self._size, where=None)
        if len(page) and self._places(page.rows.table()):
            raise IncompleteError(
                f"Bid Management gives no call of {window} under the conditions, and some that meet them "
                "without: it reads them in another way; load without where and filter the frame"
            )


def credentials(settings: Settings, version: Version) -> tuple[str, ...]:
    """Names of the credentials that a version takes: v3 the key pair, or the legacy token."""
    pair = ("access_key", "secret_access_key")
    if version == "v2" or (settings.bid_token and not all(getattr(settings, name) for name in pair)):
        return ("bid_token",)
    return pair


def account(settings: Settings, version: Version = "v2") -> str:
    """Fingerprint of the account behind the credentials and of the service's place."""
    place = host_and_port(settings.bids_endpoint(version))
    return f"{settings.account(credentials(settings, version)[0])}-{version}-{place}"


def _parse_count(answer: Answer) -> int:
    """A bare number, or an object that holds one integer (the vendor does not show the shape)."""
    try:
        value = load_json(answer.body)
    except ValueError:
        value = None
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, dict):
        whole = [name for name in value if _whole(value[name]) is not None]
        found = ["count"] if "count" in whole else whole
        try:
            read_envelope({"rows": [], **{name: item for name, item in value.items() if name not in found}})
        except ValueError:
            found = []  # the service says no, or something that is not known
        value = value[found[0]] if len(found) == 1 else None
    number = _whole(value)
    if number is None:
        raise IncompleteError(
            "Bid Management: the answer to /count holds no single number, so that the records cannot be "
            "shown to be complete; try again later",
            retryable=True,
        )
    return number


def _whole(value: object) -> int | None:
    if isinstance(value, str) and re.fullmatch(r"\d{1,15}", value.strip(), re.ASCII):
        return int(value.strip())
    return None
