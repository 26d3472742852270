"""Calls of a window as a typed frame: from the cache, and from the service where the cache is behind."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa

from dtanalytics.apis import bids as bids_api
from dtanalytics.apis import leadflow as leadflow_api
from dtanalytics.apis.client import Client, Decode
from dtanalytics.cache.manifest import Manifest
from dtanalytics.cache.store import Entry, Question
from dtanalytics.decode import decode_page, warn_drift
from dtanalytics.errors import InputError, nearest
from dtanalytics.fetch import Policy, load_days, ordered, within
from dtanalytics.filters import to_query
from dtanalytics.frames import to_pandas
from dtanalytics.saved import read_saved
from dtanalytics.schema import BIDS, LEADFLOW, TIMEZONE, Report
from dtanalytics.settings import Settings, current
from dtanalytics.window import Window, parse_window, read_moment

Money = Literal["float", "decimal"]
Version = Literal["v2", "v3"]


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
    start, end : str, date, datetime, Timestamp or Period
        Half-open window, Eastern. A month ("2026-10") or a day ("2026-10-05") needs no end.
    set_id : int, optional
        Only this LeadFlow set.
    active : bool, optional
        True: only calls in progress (never cached); False: only finished ones; None: both.
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
    settings = settings or current()
    window = parse_window(start, end)
    known = _columns(columns, LEADFLOW)
    source = leadflow_source(settings, set_id=set_id, active=active)
    if _flag(active):
        table, state = _live(source.connect, window, LEADFLOW, known), Manifest()
    else:
        policy = load_policy(settings, refresh, offline, progress)
        table, state = load_days(source.entry, window, known, policy, source.connect, _moment(as_of))
    source.drift.warn()
    return _frame(table, LEADFLOW, window, state, money)


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
    start, end : str, date, datetime, Timestamp or Period
        Half-open window, Eastern. A month ("2026-10") or a day ("2026-10-05") needs no end.
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
    settings = settings or current()
    window = parse_window(start, end)
    known = _columns(columns, BIDS)
    source = bids_source(settings, where=where, version=version)
    policy = load_policy(settings, refresh, offline, progress)
    table, state = load_days(source.entry, window, known, policy, source.connect, _moment(as_of))
    source.drift.warn()
    return _frame(table, BIDS, window, state, money)


def get_leadflow_call(sid: str, *, money: Money = "float", settings: Settings | None = None) -> pd.DataFrame:
    """The one LeadFlow call with a sid, from the service.

    Returns
    -------
    DataFrame
        One row, as from :func:`load_leadflow`.

    Raises
    ------
    NotFoundError
        There is none (a ``LookupError``).
    """
    settings = settings or current()
    drift = Drift(LEADFLOW)
    with leadflow_api.LeadFlow(settings, drift.decoder()) as client:
        table = client.call(sid)
    drift.warn()
    return to_pandas(table, LEADFLOW, money=money)


def get_bid_call(
    sid: str, *, version: Version = "v2", money: Money = "float", settings: Settings | None = None
) -> pd.DataFrame:
    """The one Bid Management call with a sid, from the service.

    Returns
    -------
    DataFrame
        One row, as from :func:`load_bids`.

    Raises
    ------
    NotFoundError
        There is none (a ``LookupError``).
    """
    settings = settings or current()
    drift = Drift(BIDS)
    decoder = drift.decoder(version=_version(version), timezone=settings.bids_timezone)
    with bids_api.Bids(settings, decoder, version=version) as client:
        table = client.call(sid)
    drift.warn()
    return to_pandas(table, BIDS, money=money)


def count_bids(
    start: Any,
    end: Any = None,
    *,
    where: Mapping[str, Any] | str | None = None,
    version: Version = "v2",
    settings: Settings | None = None,
) -> int:
    """How many Bid Management calls the service counts in a window; none is transferred.

    Examples
    --------
    >>> import dtanalytics as dta
    >>> with dta.demo():
    ...     dta.count_bids("2026-10-05") == len(dta.load_bids("2026-10-05"))
    True
    """
    settings = settings or current()
    window = parse_window(start, end)
    to_query(where, version=_version(version))
    with bids_api.Bids(settings, Drift(BIDS).decoder(), where=where, version=version) as client:
        return client.count(window)


def read_leadflow(path: str | Path, *, money: Money = "float") -> pd.DataFrame:
    """Saved answers of LeadFlow History: a ``.json`` or ``.json.gz`` file, or a folder of them.

    Returns
    -------
    DataFrame
        As from :func:`load_leadflow`; of calls that occur twice, the last in order of file names.
    """
    return to_pandas(read_saved(path, LEADFLOW), LEADFLOW, money=money)


def read_bids(path: str | Path, *, money: Money = "float") -> pd.DataFrame:
    """Saved answers of Bid Management, v2 or v3: a ``.json`` or ``.json.gz`` file, or a folder of them.

    Returns
    -------
    DataFrame
        As from :func:`load_bids`; of calls that occur twice, the last in order of file names.
    """
    return to_pandas(read_saved(path, BIDS), BIDS, money=money)


def _live(
    connect: Callable[[], Client], window: Window, report: Report, columns: Sequence[str] | None
) -> pa.Table:
    """Calls in progress: asked, never cached."""
    with connect() as client:
        parts = [client.read(part) for part in window.split(leadflow_api.MAX_DAYS)]
    table = ordered(within(pa.concat_tables(parts), window, report), report)
    return table.select(list(columns)) if columns is not None else table


def _frame(table: pa.Table, report: Report, window: Window, state: Manifest, money: Money) -> pd.DataFrame:
    frame = to_pandas(table, report, money=money)
    asked = [vintage.checked for day in window.days() if (vintage := state.current(day.isoformat()))]
    frame.attrs["dtanalytics"] = {
        "report": report.name,
        "start": window.start.isoformat(),
        "end": window.end.isoformat(),
        "rows": len(frame),
        "asked": min(asked).isoformat() if asked else None,
    }
    return frame


@dataclass(frozen=True)
class Source:
    """Where the calls of one question come from: the cache entry, the service, what surprised on the way."""

    entry: Entry
    connect: Callable[[], Client]
    drift: Drift


def leadflow_source(settings: Settings, *, set_id: int | None = None, active: bool | None = None) -> Source:
    """Cache entry and service of LeadFlow calls."""
    sets, states = _whole(set_id), _flag(active)
    condition = "&".join(
        f"{name}={value}" for name, value in (("set_id", sets), ("active", states)) if value is not None
    )
    drift = Drift(LEADFLOW)

    def connect() -> Client:
        return leadflow_api.LeadFlow(settings, drift.decoder(), set_id=sets, active=states)

    question = Question("leadflow", leadflow_api.account(settings), condition)
    return Source(Entry(settings.cache_dir, question), connect, drift)


def bids_source(
    settings: Settings, *, where: Mapping[str, Any] | str | None = None, version: Version = "v2"
) -> Source:
    """Cache entry and service of Bid Management calls."""
    condition = to_query(where, version=_version(version))
    drift = Drift(BIDS)

    def connect() -> Client:
        decoder = drift.decoder(version=version, timezone=settings.bids_timezone)
        return bids_api.Bids(settings, decoder, where=where, version=version)

    question = Question("bids", bids_api.account(settings, version), condition)
    return Source(Entry(settings.cache_dir, question), connect, drift)


class Drift:
    """Counts what the schema did not expect over all pages of a load, to warn once."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._found: Counter[str] = Counter()
        self._lock = threading.Lock()

    def decoder(self, version: Version = "v2", timezone: str = TIMEZONE) -> Decode:
        """Return what decodes the pages of one load."""

        def decode(body: bytes, source: str) -> pa.Table:
            page = decode_page(body, self._report, version=version, source=source, timezone=timezone)
            if page.drift:
                with self._lock:
                    self._found.update(page.drift)
            return page.table

        return decode

    def warn(self) -> None:
        """Tell once what was found."""
        warn_drift(self._found, self._report)


def load_policy(settings: Settings, refresh: bool, offline: bool | None, progress: bool | None) -> Policy:
    """Return how a load deals with the cache, the settings filled in."""
    offline = settings.offline if offline is None else offline
    if offline and refresh:
        raise InputError("refresh=True asks the service and offline forbids it: leave one of them out")
    return Policy(settings.settle_days, refresh, offline, progress)


def _columns(columns: Sequence[str] | None, report: Report) -> list[str] | None:
    if columns is None:
        return None
    wanted = [columns] if isinstance(columns, str) else list(columns)
    for name in wanted:
        if name not in report.by_name:
            raise InputError(f"{report.title} has no column {name!r}; {nearest(name, report.columns)}")
    return list(dict.fromkeys(wanted))


def _moment(as_of: Any) -> dt.datetime | None:
    if as_of is None:
        return None
    return read_moment(as_of, "as_of")[0].replace(tzinfo=ZoneInfo(TIMEZONE)).astimezone(dt.UTC)


def _whole(set_id: Any) -> int | None:
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
