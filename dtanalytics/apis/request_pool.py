"""Threads for the requests of one load."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from dtanalytics.apis.transport import CONNECTIONS, Transport
from dtanalytics.apis.workers import Workers

LATENCY_PER_THREAD = 0.002
"""Latency that each further request at once hides [s]: about what this machine does with a page."""


class RequestPool(Workers):
    """Threads for requests: as many as hide the latency of the service, because more only slow each other.

    The number is chosen with the first task; by then the first answers have shown the latency.
    """

    def __init__(self, transport: Transport, name: str) -> None:
        super().__init__(0, name)
        self._transport = transport

    def submit(self, task: Callable[..., Any], /, *args: Any, **options: Any) -> Future[Any]:
        """Run a task in one of the threads."""
        if not self._count:
            self._count = math.ceil(
                min(CONNECTIONS, 1 + max(1, self._transport.latency / LATENCY_PER_THREAD))
            )
        return super().submit(task, *args, **options)
