"""Where the calls of one question come from: its entry in the cache, its service, the drift seen."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import pyarrow as pa

from dtanalytics.apis import bids, leadflow
from dtanalytics.apis.client import Client
from dtanalytics.cache.entry import Entry, Question
from dtanalytics.decode import PageDecoder, drift_in, is_missing, warn_drift
from dtanalytics.errors import InputError
from dtanalytics.filters import to_query
from dtanalytics.schema import BIDS, LEADFLOW, Report, Version
from dtanalytics.settings import Settings

C_co = TypeVar("C_co", bound=Client, covariant=True)


class Drift:
    """Counts what the schema did not expect over all pages of a load, to warn once."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._found: Counter[str] = Counter()
        self._lock = threading.Lock()

    def add(self, found: Mapping[str, int]) -> None:
        """Count what one answer, or several, brought."""
        if found:
            with self._lock:
                self._found.update(found)

    def warn(self) -> None:
        """Tell once what was found."""
        warn_drift(self._found, self._report)

    def warn_of(self, extra: pa.ChunkedArray | None, rows: int) -> None:
        """Tell once what the calls of a load hold that the schema does not know, cached or not.

        Pages may be read twice, and days are asked whole: so calls are counted, not what came.
        """
        missing = {what: min(rows, count) for what, count in self._found.items() if is_missing(what)}
        warn_drift(missing | drift_in(extra, self._report), self._report)


@dataclass(frozen=True)
class Source(Generic[C_co]):
    """Where the calls of one question come from."""

    entry: Entry
    connect: Callable[[], C_co]
    drift: Drift


def leadflow_source(
    settings: Settings, *, set_id: int | None = None, active: bool | None = None
) -> Source[leadflow.LeadFlow]:
    """Cache entry and service of LeadFlow calls."""
    settings = settings.checked()
    sets, states = set_number(set_id), _flag(active)
    condition = "&".join(
        f"{name}={value}" for name, value in (("set_id", sets), ("active", states)) if value is not None
    )
    drift = Drift(LEADFLOW)

    def connect() -> leadflow.LeadFlow:
        client = leadflow.LeadFlow(settings, PageDecoder(LEADFLOW, drift.add), set_id=sets, active=states)
        client.on_drift = drift.add
        return client

    question = Question("leadflow", leadflow.account(settings), condition)
    return Source(Entry(settings.cache_dir, question), connect, drift)


def bids_source(
    settings: Settings, *, where: Mapping[str, Any] | str | None = None, version: Version = "v2"
) -> Source[bids.Bids]:
    """Cache entry and service of Bid Management calls."""
    settings = settings.checked()
    condition = to_query(where, version=_version(version))
    drift = Drift(BIDS)

    def connect() -> bids.Bids:
        decoder = PageDecoder(BIDS, drift.add, version=version, timezone=settings.bids_timezone)
        client = bids.Bids(settings, decoder, where=where, version=version)
        client.on_drift = drift.add
        return client

    question = Question("bids", bids.account(settings, version), condition)
    return Source(Entry(settings.cache_dir, question), connect, drift)


def set_number(set_id: Any) -> int | None:
    """Read the number of a LeadFlow set; None for all sets.

    Raises
    ------
    InputError
        Anything else.
    """
    if set_id is None:
        return None
    text = str(set_id)
    if isinstance(set_id, bool) or not (text.isascii() and text.isdecimal()):
        raise InputError(f"set_id {set_id!r} is not the number of a LeadFlow set")
    return int(text)


def _flag(active: Any) -> int | None:
    if active is None:
        return None
    if active not in (0, 1):
        raise InputError(f"active {active!r} is neither True (in progress), False (finished) nor None (both)")
    return int(active)


def _version(version: Any) -> Version:
    if version not in ("v2", "v3"):
        raise InputError(f"version {version!r} is neither 'v2' nor 'v3'")
    return "v3" if version == "v3" else "v2"
