"""Calls of a window as a typed frame: from the cache, and from the service where the cache is behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from dtanalytics.apis.client import Client
from dtanalytics.apis.leadflow import MAX_DAYS
from dtanalytics.calling.public import public
from dtanalytics.duplicates import mark
from dtanalytics.filters.pushed import within
from dtanalytics.frames import assemble, converter
from dtanalytics.loading.demonstration import beside
from dtanalytics.loading.fetch import Loaded, load_days
from dtanalytics.loading.note import note_load
from dtanalytics.loading.options import Money, Version, checked_columns, load_policy, moment, warn_of_window
from dtanalytics.loading.ordering import ordered
from dtanalytics.loading.sources import bids_source, leadflow_source
from dtanalytics.schema import BIDS, LEADFLOW, Report
from dtanalytics.settings import Settings, in_force
from dtanalytics.window import Window, likely_meant, parse_window


@public
def load_leadflow(
    start: Any,
    end: Any = None,
    *,
    set_id: int | None = None,
    active: bool | None = None,
    columns: Sequence[str] | None = None,
    refresh: bool = False,
    offline: bool | None = None,
    as_of: Any = None,
    money: Money = "float",
    progress: bool | None = None,
    settings: Settings | None = None,
) -> pd.DataFrame:
    """LeadFlow calls of a window: all of them, once, unaltered.

    Days that can no longer change come from the cache; the rest is asked from the service.

    Parameters
    ----------
    start, end : str, date, datetime, Timestamp, Period, Interval, tuple or numpy.datetime64
        Half-open window, Eastern. A year, a quarter ("2026-Q3"), a month ("2026-10"), an ISO week
        ("2026-W40"), a day ("2026-10-05"), "yesterday", "last week", "last month", "month to date" or
        "last 7 days" (whole days before today) needs no end. With a zone, ends are those instants.
    set_id : int, optional
        Only this LeadFlow set.
    active : bool, optional
        True: only calls in progress (never cached); False: only finished ones; None: both. The
        service chooses them: no field of a call tells its state, so this cannot be checked.
    columns : list of str, optional
        Only these columns, in this order; nothing else is read.
    refresh : bool
        Ask again for days that are final, too.
    offline : bool, optional
        Never ask the service. None: as the settings say.
    as_of : datetime or str, optional
        What the cache knew at that moment (Eastern without a zone); the service is not asked.
    money : {"float", "decimal"}
        ``float64``, or ``decimal.Decimal`` objects for accountants [account currency].
    progress : bool, optional
        A line that tells how it goes; None: on long loads, where somebody looks.
    settings : Settings, optional
        Other settings than those in force.

    Returns
    -------
    DataFrame
        A row a call, sorted by ``call_date``, then ``sid``; the columns of ``dta.fields("leadflow")``,
        with the same types for any rows and for none.

    Raises
    ------
    InputError
        A date or a column that cannot be understood.
    ConfigError
        Credentials are missing.
    ApiError
        The service did not give everything (AuthError, RateLimitError, IncompleteError); the cache
        is as it was before.
    CacheError
        Offline, and days are missing.

    Examples
    --------
    >>> import dtanalytics as dta
    >>> with dta.demo():
    ...     calls = dta.load_leadflow("2026-10-05", columns=["sid", "affiliate", "offer_price"])
    >>> list(calls)
    ['sid', 'affiliate', 'offer_price']
    """
    settings = in_force(settings)
    window = parse_window(start, end)
    known = checked_columns(columns, LEADFLOW)
    source = leadflow_source(settings, set_id=set_id, active=active)
    convert = converter(LEADFLOW, money)
    if active:
        table = _live(source.connect, window, LEADFLOW, known)
        calls = Loaded(convert(table), table.num_rows)
    else:
        policy = load_policy(settings, refresh, offline, progress)
        calls = load_days(source.entry, window, known, policy, source.connect, convert, moment(as_of))
    if active:
        source.drift.warn()
    else:
        source.drift.warn_of(calls.extra, calls.rows)
    warn_of_window(likely_meant(start, end, window), _nothing(calls, window, settings.leadflow_url))
    return _whole(calls, LEADFLOW, window, settings.leadflow_url)


@public
def load_bids(
    start: Any,
    end: Any = None,
    *,
    where: Mapping[str, Any] | str | None = None,
    version: Version = "v2",
    columns: Sequence[str] | None = None,
    refresh: bool = False,
    offline: bool | None = None,
    as_of: Any = None,
    money: Money = "float",
    progress: bool | None = None,
    settings: Settings | None = None,
) -> pd.DataFrame:
    """Bid Management calls of a window: which visit, keyword and ad brought each call.

    Parameters
    ----------
    start, end : str, date, datetime, Timestamp, Period, Interval, tuple or numpy.datetime64
        Half-open window, Eastern. A year, a quarter ("2026-Q3"), a month ("2026-10"), an ISO week
        ("2026-W40"), a day ("2026-10-05"), "yesterday", "last week", "last month", "month to date" or
        "last 7 days" (whole days before today) needs no end. With a zone, ends are those instants.
    where : mapping or str, optional
        Conditions that the service applies: field -> value, ``pd.Interval`` or date; or the vendor's
        ``q=`` text. Every filter is cached on its own.
    version : {"v2", "v3"}
        Version of the service; one table serves both.
    columns, refresh, offline, as_of, money, progress, settings
        As for :func:`load_leadflow`.

    Returns
    -------
    DataFrame
        A row a call, sorted by ``date_added``, then ``sid``; the columns of ``dta.fields("bids")``.

    Raises
    ------
    InputError, ConfigError, ApiError, CacheError
        As for :func:`load_leadflow`.

    Examples
    --------
    >>> import dtanalytics as dta
    >>> with dta.demo():
    ...     bids = dta.load_bids("2026-10-05", where={"talk_minutes": pd.Interval(0.5, float("inf"), "left")})
    >>> bool((bids["talk_minutes"] >= 0.5).all())
    True
    """
    settings = in_force(settings)
    window = parse_window(start, end)
    known = checked_columns(columns, BIDS)
    source = bids_source(settings, where=where, version=version)
    policy = load_policy(settings, refresh, offline, progress)
    convert = converter(BIDS, money)
    calls = load_days(source.entry, window, known, policy, source.connect, convert, moment(as_of))
    source.drift.warn_of(calls.extra, calls.rows)
    warn_of_window(likely_meant(start, end, window), _nothing(calls, window, settings.bids_url))
    return _whole(calls, BIDS, window, settings.bids_url)


def _live(
    connect: Callable[[], Client], window: Window, report: Report, columns: Sequence[str] | None
) -> pa.Table:
    """Calls in progress: asked, never cached."""
    with connect() as client:
        whole = client.read_all(window.clock().split(MAX_DAYS))
    table = ordered(within(whole, window, report), report)
    return table.select(list(columns)) if columns is not None else table


def _nothing(calls: Loaded, window: Window, service: str | None) -> str | None:
    """Say why there are no calls, where that is known: of the demonstration's other months, of the future."""
    return None if calls.rows else beside(window, service) or window.not_begun()


def _whole(calls: Loaded, report: Report, window: Window, service: str | None) -> pd.DataFrame:
    """Make the frame of loaded columns; report, window, moment and service go into its ``attrs``."""
    frame = assemble(calls.columns, calls.rows)
    note_load(frame, report.name, window, calls.asked, service)
    return mark(frame)
