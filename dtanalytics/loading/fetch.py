"""From a service into the cache: which days to ask, page by page, published all at once or not at all."""

from __future__ import annotations

import datetime as dt
import sys
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.apis.client import Client
from dtanalytics.apis.leadflow import MAX_DAYS
from dtanalytics.apis.paging import MOST_PAGES, TooManyPages
from dtanalytics.apis.workers import Workers
from dtanalytics.cache.columns import Columns, extra_of, use_columns
from dtanalytics.cache.compacting import compact_entry
from dtanalytics.cache.entry import Entry, is_final
from dtanalytics.cache.manifest import Manifest, Vintage
from dtanalytics.cache.read import Damaged, Part
from dtanalytics.cache.staging import Stage
from dtanalytics.errors import CacheError, IncompleteError
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
    """The calls of a window from the cache, which is brought up to date first.

    ``use`` makes what is wanted of the columns; see ``use_columns``.

    Raises
    ------
    CacheError
        Offline, and days are missing or damaged.
    ApiError
        The service did not give everything; what was published before is as it was.
    """

    def read(parts: Sequence[Part]) -> tuple[Columns, int, pa.ChunkedArray | None]:
        reader = entry.open(parts)
        return *use_columns(reader, window, columns, use), extra_of(reader, window)

    days = window.days()
    (made, rows, extra), state = read_days(entry, days, policy, connect, read, as_of)
    return Loaded(made, rows, oldest_answer(state, days, as_of), extra)


def oldest_answer(state: Manifest, days: Sequence[dt.date], as_of: dt.datetime | None) -> dt.datetime | None:
    """When the day was asked for that was asked for longest ago, as far as was known at ``as_of``."""
    known = [vintage for day in days if (vintage := state.current(day.isoformat(), as_of))]
    moments = [vintage.checked if as_of is None else min(vintage.checked, as_of) for vintage in known]
    return min(moments, default=None)


def read_days(
    entry: Entry,
    days: Sequence[dt.date],
    policy: Policy,
    connect: Callable[[], Client],
    read: Callable[[Sequence[Part]], T],
    as_of: dt.datetime | None = None,
) -> tuple[T, Manifest]:
    """What ``read`` makes of days that are brought up to date first; damaged ones are asked again.

    Raises
    ------
    CacheError
        Offline, and days are missing or damaged.
    ApiError
        The service did not give everything; what was published before is as it was.
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
    closed_before = state
    with connect() as client:
        entry.prepare()
        stage = Stage(entry.folder / "staging")
        entry.sweep(state, stage.staged_files())
        ready = {
            day: vintage
            for day, vintage in stage.days.items()
            if day not in again and _usable(vintage, day, need, policy)
        }
        windows = merge_days([day for day in need if day.isoformat() not in ready], MAX_DAYS)
        title = f"{entry.report.title}, {len(need)} days"
        with Progress(title, len(need), policy.progress, client.transport.limiter.left) as progress:
            progress.days(len(ready))
            client.on_page, client.most_pages = progress.records, MOST_PAGES
            fetched = _read_windows(client, entry, stage, windows, progress)
    names = {name for part in fetched for name in part.accounts}
    account_id = _one_account(state, names | stage.accounts if ready else names, stage)
    state = entry.publish(
        {**ready, **{day: v for part in fetched for day, v in part.days.items()}}, account_id
    )
    stage.clear(day.isoformat() for day in need)
    compact_entry(entry, closed_before)
    return entry.manifest()


def to_ask(state: Manifest, days: Iterable[dt.date], policy: Policy) -> list[dt.date]:
    """Days that the cache does not hold, or holds in a form that may have changed since."""
    if policy.refresh:
        return list(days)
    known = {day: state.current(day.isoformat()) for day in days}
    return [
        day
        for day, vintage in known.items()
        if vintage is None or not is_final(vintage, day, policy.settle_days)
    ]


@dataclass(frozen=True)
class Fetched:
    """A window that was read: its days as they were written, and the accounts named in it."""

    days: dict[str, Vintage]
    accounts: frozenset[str]


def _read_windows(
    client: Client, entry: Entry, stage: Stage, windows: Sequence[Window], progress: Progress
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
                    stage.add(done[-1].days, done[-1].accounts)
        return done

    client.last_window = windows[-1] if windows else None
    pool = Workers(WINDOWS, "dta-window")
    # Keep this pool small: every thread that used Arrow keeps an allocator arena (tens of MB).
    writers = Workers(pa.cpu_count(), "dta-write")
    try:
        fetched = client.results_of(pool.submit(read, window) for window in windows)
        while again := client.run_in_thread(client.recheck_empty):
            stage.clear(day.isoformat() for window in again for day in window.days())
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
    asked -= _clock_lead(client)
    doubt = window in client.doubted
    days = writers.submit(_write_days, entry, window, table, asked, doubt=doubt).result()
    accounts: Any = (
        pc.unique(table.column("acct_id")).to_pylist() if "acct_id" in entry.report.by_name else ()
    )
    return Fetched(days, frozenset(name for name in accounts if name is not None))


def _write_days(
    entry: Entry, window: Window, table: pa.Table, asked: dt.datetime, *, doubt: bool
) -> dict[str, Vintage]:
    days = by_day(table, window, entry.report).items()
    written = {day.isoformat(): entry.write(day, calls, asked, doubt=doubt) for day, calls in days}
    del days
    pa.default_memory_pool().release_unused()
    return written


def _clock_lead(client: Client) -> dt.timedelta:
    """How far this machine's clock is ahead of the service's: a day must not become final too early."""
    server = client.transport.server_time
    lead = dt.datetime.now(dt.UTC) - server if server else dt.timedelta(0)
    return lead if lead > dt.timedelta(minutes=1) else dt.timedelta(0)


def _usable(vintage: Vintage, day: str, need: Iterable[dt.date], policy: Policy) -> bool:
    date = dt.date.fromisoformat(day)
    fresh = dt.datetime.now(dt.UTC) - vintage.checked < FRESH
    settled = is_final(vintage, date, policy.settle_days)
    return not policy.refresh and date in set(need) and (fresh or settled)


def _one_account(state: Manifest, names: set[str], stage: Stage) -> str | None:
    """The account that the calls belong to; two in one cache entry would mix the data of two customers."""
    known = {state.account_id} if state.account_id else set()
    if len(names | known) > 1:
        stage.clear(list(stage.days))
        raise IncompleteError(
            f"the answers hold calls of more than one account ({_listed(sorted(names | known))}); nothing "
            "was kept: check whose the credentials are, and clear the cache if they changed hands"
        )
    return next(iter(names | known), None)


def _all_known(state: Manifest, days: Iterable[dt.date], as_of: dt.datetime | None) -> None:
    missing = [day.isoformat() for day in days if state.current(day.isoformat(), as_of) is None]
    if not missing:
        return
    if as_of:
        raise CacheError(
            f"nothing was known of {_listed(missing)} at {as_of:%Y-%m-%d %H:%M %Z}; choose a later as_of"
        )
    raise CacheError(
        f"offline, and {_listed(missing)} not in the cache; load the window once while online "
        "(DTANALYTICS_OFFLINE=0 or offline=False)"
    )


def _listed(items: Sequence[str]) -> str:
    return (
        ", ".join(items) if len(items) <= 3 else f"{items[0]}, {items[1]} … {items[-1]} ({len(items)} in all)"
    )
