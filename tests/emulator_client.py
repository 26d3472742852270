"""A client of the emulator that shares no code with the package: sockets, json, Decimal."""

from __future__ import annotations

import datetime as dt
import json
import socket
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode, urlsplit

from dtanalytics.schema import REPORTS

CLOCK = "%Y-%m-%d %H:%M:%S"


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def rows(self):
        return self.json["response"] if isinstance(self.json, dict) else self.json


class BrokenError(Exception):
    """The connection ended before the answer did."""


def leadflow_headers(service):
    keys = service.credentials
    return {"Authorization": f"{keys.access_key}:{keys.secret_access_key}", "x-api-key": keys.api_key}


def bid_headers(service):
    return {"Authorization": f"Bearer {service.credentials.bid_token}"}


def get(url, headers, **query):
    """Ask once over a connection of its own."""
    parts = urlsplit(url)
    target = parts.path + ("?" + urlencode(query) if query else "")
    lines = [f"GET {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as connection:
        connection.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode())
        received = b""
        try:
            while part := connection.recv(1 << 20):
                received += part
        except ConnectionResetError as error:
            raise BrokenError(len(received)) from error
    head, found, body = received.partition(b"\r\n\r\n")
    if not found:
        raise BrokenError(len(received))
    status, *rest = head.decode("latin-1").split("\r\n")
    answer = Reply(
        int(status.split()[1]), {n.lower(): v for n, v in (line.split(": ", 1) for line in rest)}, body
    )
    if len(body) < int(answer.headers.get("content-length", 0)):
        raise BrokenError(len(received))
    return answer


def leadflow_page(service, low="2026-10-01", high="2026-10-08", **query):
    return get(service.leadflow_url, leadflow_headers(service), start_date=low, end_date=high, **query)


def bids_page(service, low="2026-10-01", high="2026-10-08", **query):
    q = f"date_added:[{low} 00:00:00 TO {high} 00:00:00}}"
    return get(service.bids_url, bid_headers(service), **{"q": q, **query})


def all_pages(page_of, first):
    """Collect pages until one is empty; a page that repeats the one before ends it too."""
    rows, before = [], None
    for number in range(first, first + 10_000):
        page = page_of(number).rows
        if not page or page == before:
            return rows
        rows += page
        before = page
    raise AssertionError("the service never ended")


def read_record(report, record, version="v2"):
    """Turn one wire record into values by canonical name."""
    readers = {"money": decimal, "minutes": decimal, "time": dt.datetime.fromisoformat, "flag": "Y".__eq__}
    return {
        field.name: None
        if record.get(spelling) in (None, "")
        else readers.get(field.kind, int if field.kind.startswith("int") else str)(record[spelling])
        for spelling, field in REPORTS[report].wire(version).items()
    }


def decimal(value):
    return Decimal(str(value))
