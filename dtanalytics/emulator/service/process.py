"""The emulator in a process of its own, so that a benchmark's client does not share its interpreter."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from dtanalytics.emulator.service.answers import Credentials
from dtanalytics.emulator.service.quirks import Quirks
from dtanalytics.emulator.service.server import Emulator
from dtanalytics.emulator.world.calls import generate

_OF_CALLS = frozenset(
    {"leadflow", "bids", "start", "end", "seed", "shared", "keywords_per_group", "disputes"}
)


@dataclass(frozen=True)
class Remote:
    """An emulator elsewhere: where it is, and what it has counted."""

    leadflow_url: str
    bids_url: str
    bids_v3_url: str
    credentials: Credentials = field(default_factory=Credentials)

    def stats(self) -> dict[str, int]:
        """Numbers of requests answered and of those refused by the limit (429)."""
        parts = urlsplit(self.leadflow_url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=60)
        with closing(connection):
            connection.request("GET", "/emulator/stats")
            counted: dict[str, int] = json.load(connection.getresponse())
        return counted


@contextmanager
def serve_process(quirks: dict[str, Any] | None = None, **options: Any) -> Iterator[Remote]:
    """Run an emulator in another process for as long as the context lasts.

    Parameters
    ----------
    quirks : dict, optional
        Arguments of `Quirks`.
    **options
        Arguments of `generate` (``leadflow=1_000_000``) and of `Emulator` (``latency=0.015``).

    Yields
    ------
    Remote
        Ready: every record is rendered.

    Examples
    --------
    >>> with serve_process(leadflow=50, bids=10) as remote:
    ...     remote.stats()
    {'requests': 0, 'refused': 0}
    """
    text = json.dumps({"quirks": quirks or {}, **options})
    child = subprocess.Popen(  # noqa: S603 -- this interpreter and this package
        [sys.executable, "-m", "dtanalytics.emulator", text], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdin is not None  # noqa: S101 -- both are pipes
    assert child.stdout is not None  # noqa: S101
    try:
        line = child.stdout.readline()
        if not line:
            raise RuntimeError("the emulator's process ended before it was ready")
        yield Remote(**json.loads(line))
    finally:
        child.stdin.close()  # which is what it waits for, so that it never outlives its parent
        child.wait(30)
        child.stdout.close()


def main(text: str) -> None:
    """Serve until standard input ends; print where as one line of JSON once every record is rendered."""
    options = json.loads(text)
    made = generate(**{name: options.pop(name) for name in list(options) if name in _OF_CALLS})
    quirks = Quirks(**options.pop("quirks", {}))
    with Emulator(made, quirks=quirks, **options) as service:
        service.render()
        urls = {name: getattr(service, name) for name in ("leadflow_url", "bids_url", "bids_v3_url")}
        sys.stdout.write(json.dumps(urls) + "\n")
        sys.stdout.flush()
        sys.stdin.read()
