"""From a service into the cache: which days to ask, page by page, published all at once or not at all."""

from __future__ import annotations

import datetime as dt
import sys
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.apis.client import Client
from dtanalytics.apis.leadflow import MAX_DAYS
from dtanalytics.apis.paging import MOST_PAGES, TooManyPages
from dtanalytics.apis.workers import Workers
from dtanalytics.cache import staging
from dtanalytics.cache.compacting import compact_entry
from dtanalytics.cache.entry import Entry, is_final
from dtanalytics.cache.manifest import Manifest, Vintage
from dtanalytics.cache.read import Damaged, Part
from dtanalytics.errors import CacheError, IncompleteError
from dtanalytics.loading.columns import Columns, extra_of, use_columns
from dtanalytics.loading.ordering import by_day
from dtanalytics.loading.progress import Progress
from dtanalytics.window import Window, merge_days

T = TypeVar("T")

WINDOWS = 4
"""Windows read at once: enough to hide their last, sequential requests."""

FRESH = dt.timedelta(hours=1)
"""A day that may still change is taken from an unfinished load when it was asked so recently."""


@dataclass(frozen=True)
class Policy:
    """How a load deals with what the cache holds."""

    settle_days: int
    refresh: bool = False
    offline: bool = False
    progress: bool | None = None


@dataclass(frozen=True)
class Loaded:
    """Columns of calls; how many rows; when the oldest of their days was asked for; what no schema knows."""

    columns: Columns
    rows: int
    asked: dt.datetime | None = None
    extra: pa.ChunkedArray | None = None


def load_days(
    entry: Entry,
    window: Window,
    columns: Sequence[str] | None,
    policy: Policy,
    connect: Callable[[], Client],
    use: Callable[[pa.Table], Columns],
    as_of: dt.datetime | None = None,
) -> Loaded:
    """The calls of a window; raises as ``read_days`` does. ``use`` makes what is wanted of the columns."""

    def read(parts: Sequence[Part]) -> tuple[Columns, int, pa.ChunkedArray | None]:
        reader = entry.open(parts)
        return *use_columns(entry, reader, window, columns, use), extra_of(reader, window)

    days = window.days()
    (made, rows, extra), state = read_days(entry, days, policy, connect, read, as_of)
    return Loaded(made, rows, oldest_answer(state, days, as_of), extra)


def oldest_answer(state: Manifest, days: Sequence[dt.date], as_of: dt.datetime | None) -> dt.datetime | None:
    """When the day was asked for that was asked for longest ago, as far as was known at ``as_of``."""
    known = [vintage.checked for day in days if (vintage := state.current(day.isoformat(), as_of))]
    return min([*known, as_of] if as_of else known, default=None)


def read_days(
    entry: Entry,
    days: Sequence[dt.date],
    policy: Policy,
    connect: Callable[[], Client],
    read: Callable[[Sequence[Part]], T],
    as_of: dt.datetime | None = None,
) -> tuple[T, Manifest]:
    """What ``read`` makes of days that are brought up to date first; damaged ones are asked again.

    CacheError: offline, and days are missing or damaged. ApiError: the service did not give everything, and
    what was published before is as it was.
    """
    again: Sequence[str] = ()
    for _ in range(3):
        state = entry.manifest() if as_of else bring_up_to_date(entry, days, policy, connect, again)
        _all_known(state, days, as_of)
        try:
            return read(entry.parts(state, days, as_of)), state
        except Damaged as damaged:
            again = entry.confirmed(damaged)
        if again and (policy.offline or as_of):
            remedy = "choose another as_of" if as_of else "load them again while online"
            raise CacheError(f"the cached days {_listed(again)} are damaged and were moved aside; {remedy}")
    raise CacheError(f"files in {entry.folder} are damaged as fast as they are written; check the disk")


def bring_up_to_date(
    entry: Entry,
    days: Sequence[dt.date],
    policy: Policy,
    connect: Callable[[], Client],
    again: Collection[str] = (),
) -> Manifest:
    """Ask the service for the days that are missing or may have changed, and publish them together.

    ``again`` names days that are damaged: they are asked whatever the cache holds of them.
    """
    state = entry.manifest()
    entry = replace(entry, since=state.number + 1)
    need = sorted({*to_ask(state, days, policy), *map(dt.date.fromisoformat, again)})
    if not need or policy.offline:
        return state
    with connect() as client:
        entry.prepare()
        staged = staging.latest(entry.staging)
        entry.sweep(state, staged.names())
        ready = {
            day.isoformat(): vintage
            for day in need
            if (vintage := staged.current(day.isoformat())) and _usable(vintage, day, again, policy)
        }
        windows = merge_days([day for day in need if day.isoformat() not in ready], MAX_DAYS)
        title = f"{entry.report.title}, {len(need)} days"
        with Progress(title, len(need), policy.progress, client.transport.limiter.left) as progress:
            progress.days(len(ready))
            client.on_page, client.most_pages = progress.records, MOST_PAGES
            fetched = _read_windows(client, entry, windows, progress)
    named = [
        state.account_id,
        staged.account_id if ready else None,
        *(name for part in fetched for name in part.accounts),
    ]
    account_id = _one_account({name for name in named if name}, entry)
    entry.publish({**ready, **{day: v for part in fetched for day, v in part.days.items()}}, account_id)
    staging.forget(entry.staging, [day.isoformat() for day in need])
    compact_entry(entry, state)
    return entry.manifest()


def to_ask(state: Manifest, days: Iterable[dt.date], policy: Policy) -> list[dt.date]:
    """Days that the cache does not hold, or holds in a form that may have changed since."""
    known = {day: None if policy.refresh else state.current(day.isoformat()) for day in days}
    return [day for day, found in known.items() if not found or not is_final(found, day, policy.settle_days)]


class Fetched(NamedTuple):
    """A window that was read: its days as they were written, and the accounts named in it."""

    days: dict[str, Vintage]
    accounts: set[str]


def _read_windows(
    client: Client, entry: Entry, windows: Sequence[Window], progress: Progress
) -> list[Fetched]:
    """Read windows a few at a time; the first failure calls the others off."""

    def read(window: Window) -> list[Fetched]:
        done, waiting = [], deque([window])
        while waiting:
            part = waiting.popleft()
            try:
                done.append(_read_window(client, entry, part, writers))
            except TooManyPages as long:
                days = len(part.days()) * MOST_PAGES // long.pages
                waiting.extendleft(reversed(part.split(max(1, days))))
            else:
                progress.days(len(done[-1].days))
                # the end of the last window is not shown to be whole before all others were read
                if part.end < windows[-1].end and any(vintage.rows for vintage in done[-1].days.values()):
                    staging.add(entry.staging, *done[-1])
        return done

    client.last_window = windows[-1] if windows else None
    pool = Workers(WINDOWS, "dta-window")
    # Keep this pool small: every thread that used Arrow keeps an allocator arena (tens of MB).
    writers = Workers(pa.cpu_count(), "dta-write")
    try:
        fetched = client.results_of(pool.submit(read, window) for window in windows)
        while again := client.run_in_thread(client.recheck_empty):
            staging.forget(entry.staging, [day.isoformat() for window in again for day in window.days()])
            fetched += client.results_of(pool.submit(read, window) for window in again)
        return [part for parts in fetched for part in parts]
    finally:
        client.transport.close()
        # After a failure threads are not waited for; otherwise they are done, and end to free their memory.
        calm = sys.exc_info()[0] is None
        pool.shutdown(wait=calm, cancel_futures=True)
        writers.shutdown(wait=calm, cancel_futures=True)


def _read_window(client: Client, entry: Entry, window: Window, writers: Executor) -> Fetched:
    asked = dt.datetime.now(dt.UTC)
    table = client.read(window)
    asked -= client.transport.clock_lead()
    days = writers.submit(_write_days, entry, window, table, asked, doubt=window in client.doubted).result()
    named = pc.unique(table.column("acct_id")).to_pylist() if "acct_id" in entry.report.by_name else ()
    return Fetched(days, set(named) - {None})


def _write_days(
    entry: Entry, window: Window, table: pa.Table, asked: dt.datetime, *, doubt: bool
) -> dict[str, Vintage]:
    days = by_day(table, window, entry.report).items()
    written = {day.isoformat(): entry.write(day, calls, asked, doubt=doubt) for day, calls in days}
    del days
    pa.default_memory_pool().release_unused()
    return written


def _usable(vintage: Vintage, day: dt.date, again: Collection[str], policy: Policy) -> bool:
    """Tell whether the answer of an unfinished load is as good as a new one."""
    fresh = dt.datetime.now(dt.UTC) - vintage.checked < FRESH
    sound = day.isoformat() not in again and not policy.refresh
    return sound and (fresh or is_final(vintage, day, policy.settle_days))


def _one_account(names: Collection[str], entry: Entry) -> str | None:
    """The account that the calls belong to; two in one cache entry would mix the data of two customers."""
    if len(names) > 1:
        staging.forget(entry.staging, list(staging.latest(entry.staging).days))
        raise IncompleteError(
            f"the answers hold calls of more than one account ({_listed(sorted(names))}); nothing "
            "was kept: check whose the credentials are, and clear the cache if they changed hands"
        )
    return next(iter(names), None)


def _all_known(state: Manifest, days: Iterable[dt.date], as_of: dt.datetime | None) -> None:
    missing = [day.isoformat() for day in days if state.current(day.isoformat(), as_of) is None]
    if missing and as_of:
        raise CacheError(
            f"nothing was known of {_listed(missing)} at {as_of:%Y-%m-%d %H:%M %Z}; choose a later as_of"
        )
    if missing:
        raise CacheError(
            f"offline, and {_listed(missing)} not in the cache; load the window once while online "
            "(DTANALYTICS_OFFLINE=0 or offline=False)"
        )


def _listed(items: Sequence[str]) -> str:
    return (
        ", ".join(items) if len(items) <= 3 else f"{items[0]}, {items[1]} … {items[-1]} ({len(items)} in all)"
    )
