"""Records of readings that failed which later ones lack: they were deleted, or replicas disagree."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.apis.paging import Page, incomplete
from dtanalytics.errors import ApiError
from dtanalytics.schema import Report
from dtanalytics.window import Window

_PROBES = 3
"""How often a record is asked for before it counts as deleted: replicas take turns."""

_ASKED = 5
"""How many of the missing records are asked for: some may be deleted while a replica lacks others."""


def check_gone(
    seen: Sequence[Page], table: pa.Table, window: Window, report: Report, ask: Callable[[Window], Page]
) -> None:
    """Ask for some of the records that are missing; IncompleteError when one comes after all.

    Parameters
    ----------
    seen : list of Page
        Pages of the readings that failed.
    table : pyarrow.Table
        The records of the reading that succeeded.
    ask : callable
        A window to the first page of its records.
    """
    gone: dict[str, dt.datetime] = {}
    known = set(table.column(report.key).to_pylist()) if seen else set()
    for page in seen:
        try:
            came = page.rows.table()
        except ApiError:  # it did not count, either
            continue
        clocks = pc.floor_temporal(pc.local_timestamp(came.column(report.time)), unit="second").to_pylist()
        keys, unsure = (came.column(name).to_pylist() for name in (report.key, report.ambiguous))
        gone |= {
            key: clock
            for key, doubt, clock in zip(keys, unsure, clocks, strict=True)
            if key not in known and not doubt and window.start <= clock < window.end
        }
    missing = sorted(gone, key=lambda key: gone[key])
    spread = {round(place * (len(missing) - 1) / (_ASKED - 1)) for place in range(_ASKED if missing else 0)}
    for key in (missing[place] for place in sorted(spread)):
        second = Window(gone[key], gone[key] + dt.timedelta(seconds=1))
        if any(key in ask(second).keys for _ in range(_PROBES)):
            raise incomplete(f"{window} ({report.title})", f"{len(gone):,} records come and go")
