"""The emulator: both services on a loopback port, and methods that change time, rows and faults."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from typing import Any, Self

import numpy as np

from dtanalytics.emulator.oracle import Comparison, compare, ledger_of
from dtanalytics.emulator.service.answers import LEADFLOW_PATH, Credentials
from dtanalytics.emulator.service.faults import Fault, Injection
from dtanalytics.emulator.service.httpd import Server
from dtanalytics.emulator.service.quirks import Quirks
from dtanalytics.emulator.service.requests import RequestHandler
from dtanalytics.emulator.world import clock
from dtanalytics.emulator.world.calls import Calls, generate
from dtanalytics.errors import InputError
from dtanalytics.schema import REPORTS, Version


class Emulator(RequestHandler):
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
        now: str | dt.datetime | None = None,
        requests_per_window: int = 0,
        window: float = 60.0,
        latency: float = 0.0,
        credentials: Credentials | None = None,
        port: int = 0,
    ) -> None:
        self.calls = calls if calls is not None else generate(leadflow=2_000)
        super().__init__(
            self.calls.sources,
            quirks or Quirks(),
            credentials or Credentials(),
            None if now is None else clock.parse(now),
            (requests_per_window, window),
            latency,
        )
        self._server = Server(self.answer, port)

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
        """End, and break off whatever is still connected; raise what failed in the emulator itself."""
        self._server.stop()
        if self._server.errors:
            raise RuntimeError("the emulator failed, not its client") from self._server.errors[0]

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def render(self) -> None:
        """Render every record now instead of on the first request."""
        with self._lock:
            for name in REPORTS:
                self._view(name).rows()

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
            snapshot = self._view(report).snapshot
        low = -math.inf if start is None else clock.parse(start)
        high = math.inf if end is None else clock.parse(end)
        kept = [index for index, when in enumerate(snapshot.when.tolist()) if low <= when < high]
        names = [item.name for item in REPORTS[report].wire(version).values()]
        return list(snapshot.table.select(names).take(np.array(kept, np.int64)).to_pylist())

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
        """Compare what was loaded (Arrow table, pandas frame or dicts) with what stands in [start, end)."""
        if hasattr(rows, "to_pylist"):
            rows = rows.to_pylist()
        records = rows.to_dict("records") if hasattr(rows, "to_dict") else rows
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
            self._views.clear()

    def advance(self, days: float = 0, seconds: float = 0) -> None:
        """Let time pass: late calls appear, calls in progress end, disputes change what was billed."""
        if self._now is None:
            raise InputError("time stands at its end: give the emulator a now= first")
        self.now = clock.moment(self._now + int(days * clock.DAY + seconds)).isoformat()

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
