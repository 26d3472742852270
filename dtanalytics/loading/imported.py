"""Calls of other platforms that were imported into the cache: where they lie, and a window of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, NoReturn

import pandas as pd
import pyarrow as pa

from dtanalytics.apis.client import Client
from dtanalytics.cache.entry import Entry, Question
from dtanalytics.calling.public import public
from dtanalytics.duplicates import mark
from dtanalytics.errors import CacheError, InputError, WindowWarning, nearest, warn_caller
from dtanalytics.frames import to_pandas
from dtanalytics.loading.fetch import Policy, load_days
from dtanalytics.loading.note import note_load
from dtanalytics.loading.options import Money, checked_columns, load_policy, moment
from dtanalytics.loading.ordering import ordered
from dtanalytics.loading.sources import Drift, Source, leadflow_source
from dtanalytics.schema import LEADFLOW, PLATFORM_REPORTS, PLATFORM_TITLES
from dtanalytics.settings import Settings, in_force
from dtanalytics.window import Window, parse_window

OWN = "dialogtech"
Platforms = str | Sequence[str] | None
"""Names of platforms; None is DialogTech and all whose calls were imported."""


def imported_source(settings: Settings, platform: str) -> Source[Client]:
    """Cache entry of a platform's imported calls; there is no service behind it."""
    report = PLATFORM_REPORTS[platform]

    def connect() -> NoReturn:
        raise CacheError(
            f"{report.title}'s calls come from files: dta.import_calls(path, platform={platform!r})"
        )

    return Source(Entry(settings.cache_dir, Question(platform, "imported")), connect, Drift(report))


def check_imported(entry: Entry, days: Sequence[dt.date]) -> None:
    """Raise a CacheError where days were not imported."""
    known = entry.manifest().days
    missing = [day for day in days if day.isoformat() not in known]
    if missing:
        held = f"imported are {min(known)} to {max(known)}" if known else "nothing is imported"
        raise CacheError(
            f"{entry.report.title}'s calls of {missing[0]}{f' to {missing[-1]}' if len(missing) > 1 else ''} "
            f"are not in the cache ({held}): dta.import_calls(path, platform={entry.report.name!r})"
        )


@public
def load_calls(
    start: Any,
    end: Any = None,
    *,
    platforms: Platforms = None,
    set_id: int | None = None,
    columns: Sequence[str] | None = None,
    refresh: bool = False,
    offline: bool | None = None,
    as_of: Any = None,
    money: Money = "float",
    progress: bool | None = None,
    settings: Settings | None = None,
) -> pd.DataFrame:
    """Calls of a window from DialogTech and from the platforms whose calls were imported, in one frame.

    Parameters
    ----------
    start, end
        Half-open window, Eastern, as for `load_leadflow`.
    platforms : str or list of str, optional
        ``"dialogtech"`` (LeadFlow's calls) and names of platforms that `import_calls` was given. None:
        DialogTech and all that were imported.
    set_id : int, optional
        Only this LeadFlow set; with DialogTech's calls alone, since no other platform has sets.
    columns : list of str, optional
        Only these columns of ``dta.fields("invoca")``, in this order.
    refresh, offline, as_of, money, progress, settings
        As for `load_leadflow`; imported calls are always read from the cache.

    Returns
    -------
    pandas.DataFrame
        A row a call, sorted by ``call_date``, then ``sid``, with a column ``platform``.

    Raises
    ------
    InputError
        A date, a platform or a column that cannot be understood.
    CacheError
        Days between the first and the last that were imported are missing; offline, and DialogTech's are.
    ConfigError, ApiError
        As for `load_leadflow`.

    Warns
    -----
    WindowWarning
        The window begins before the first imported day of a platform, or ends after the last.

    Examples
    --------
    >>> import dtanalytics as dta
    >>> with dta.demo():
    ...     calls = dta.load_calls("2026-10-05", platforms="dialogtech", columns=["sid", "platform"])
    >>> calls["platform"].unique().tolist()
    ['dialogtech']
    """
    settings = in_force(settings)
    window = parse_window(start, end)
    report = PLATFORM_REPORTS[OWN]
    wanted = checked_columns(columns, report)
    policy = load_policy(settings, refresh=refresh, offline=offline, progress=progress)
    known_at = moment(as_of)
    names = chosen(platforms, settings, set_id=set_id)
    parts = [
        _own(set_id, settings, window, policy, known_at)
        if name == OWN
        else _imported(name, settings, window, policy, known_at)
        for name in names
    ]
    tables = [report.empty(), *(part.table for part in parts)]
    plain = pa.concat_tables([table.replace_schema_metadata(None) for table in tables])
    calls = to_pandas(ordered(plain, report), report, columns=wanted, money=money)
    service = settings.leadflow_url if OWN in names else None
    _note(calls, "leadflow" if names == [OWN] else " ".join(names), parts, service)
    return mark(calls)


class _Part(NamedTuple):
    """Calls of one platform: when they were asked for, and the window of which they are all."""

    table: pa.Table
    asked: dt.datetime | None
    held: Window | None


def _note(calls: pd.DataFrame, report: str, parts: Sequence[_Part], service: str | None) -> None:
    """Note of a frame what `load_leadflow` notes: the window of which it holds all calls, and when."""
    held = [part.held for part in parts if part.held is not None]
    if len(held) < len(parts):
        return
    start, end = max(one.start for one in held), min(one.end for one in held)
    asked = [part.asked for part in parts if part.asked is not None]
    if start < end:
        note_load(calls, report, Window(start, end), min(asked, default=None), service)


def chosen(given: Platforms, settings: Settings, *, set_id: int | None = None) -> list[str]:
    """Return the platforms that are asked for, each once; of None DialogTech and all that were imported.

    Raises
    ------
    InputError
        One is none that is known, or an empty list; sets are asked of a platform that has none.
    """
    others = [name for name in PLATFORM_REPORTS if name != OWN]
    if given is None:
        wanted = [OWN, *(name for name in others if imported_source(settings, name).entry.manifest().days)]
    else:
        wanted = [given] if isinstance(given, str) else list(given)
    for name in wanted:
        if name not in PLATFORM_REPORTS:
            raise InputError(f"platforms has {name!r}: {nearest(name, PLATFORM_TITLES)}")
    if not wanted:
        raise InputError(f"platforms is empty: give some of {', '.join(PLATFORM_REPORTS)}")
    if set_id is not None and set(wanted) != {OWN}:
        raise InputError(
            f"set_id={set_id!r} names a LeadFlow set, and calls of {listed_titles(wanted)} are asked for: "
            f"give platforms={OWN!r}"
        )
    return list(dict.fromkeys(wanted))


def source_of(name: str, settings: Settings, *, set_id: int | None = None) -> Source[Client]:
    """Where the calls of a platform come from, and where the cache keeps them."""
    return leadflow_source(settings, set_id=set_id) if name == OWN else imported_source(settings, name)


def listed_titles(names: Iterable[str]) -> str:
    """Write the names of platforms as they do: ``DialogTech and Invoca``."""
    return " and ".join(PLATFORM_TITLES[name] for name in names)


def _own(
    set_id: int | None, settings: Settings, window: Window, policy: Policy, as_of: dt.datetime | None
) -> _Part:
    """LeadFlow's calls, with the columns that the other platforms' tables have besides."""
    source = leadflow_source(settings, set_id=set_id)
    loaded = load_days(source.entry, window, None, policy, source.connect, _as_arrow, as_of)
    source.drift.warn_of(loaded.extra, loaded.rows)
    report = PLATFORM_REPORTS[OWN]
    arrays = []
    for field in report.schema:
        if field.name in LEADFLOW.by_name:
            arrays.append(loaded.columns[field.name].cast(field.type))
        else:
            own = (
                pa.repeat(OWN, loaded.rows) if field.name == "platform" else pa.nulls(loaded.rows, field.type)
            )
            arrays.append(own)
    return _Part(pa.table(arrays, schema=report.schema), loaded.asked, window)


def _imported(
    name: str, settings: Settings, window: Window, policy: Policy, as_of: dt.datetime | None
) -> _Part:
    source = imported_source(settings, name)
    known = source.entry.manifest().days
    days = [day for day in window.days() if known and min(known) <= day.isoformat() <= max(known)]
    if len(days) < len(window.days()):
        held = f"from {min(known)} to {max(known)}" if known else "not at all"
        warn_caller(
            f"{PLATFORM_TITLES[name]}'s calls are imported {held}: the window holds days beyond, of which "
            "nothing is known",
            WindowWarning,
        )
    if not days:
        return _Part(source.entry.report.empty(), None, None)
    check_imported(source.entry, days)
    part = Window(
        max(window.start, dt.datetime.combine(days[0], dt.time.min)),
        min(window.end, dt.datetime.combine(days[-1] + dt.timedelta(days=1), dt.time.min)),
    )
    offline = Policy(policy.settle_days, offline=True)
    loaded = load_days(source.entry, part, None, offline, source.connect, _as_arrow, as_of)
    schema = source.entry.report.schema
    table = pa.table([loaded.columns[field.name].cast(field.type) for field in schema], schema=schema)
    return _Part(table, loaded.asked, part)


def _as_arrow(table: pa.Table) -> dict[str, Any]:
    return {name: table[name] for name in table.column_names}
