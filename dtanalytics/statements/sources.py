"""Where the calls of a statement come from: loads of its period and of those settled before, or a frame."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dtanalytics.apis.leadflow import account as account_of
from dtanalytics.cache.entry import Entry, is_final, settled_at
from dtanalytics.cache.manifest import Manifest
from dtanalytics.errors import InputError
from dtanalytics.loading.imported import OWN, Platforms, chosen, load_calls, source_of
from dtanalytics.loading.loaders import load_leadflow
from dtanalytics.loading.sources import set_number
from dtanalytics.mask import MASKED
from dtanalytics.scan.lazy import Scan
from dtanalytics.settings import Settings
from dtanalytics.statements.calls import KEY, needed, read
from dtanalytics.statements.doubles import columns as columns_of_doubles
from dtanalytics.statements.doubles import of_doubles
from dtanalytics.statements.periods import Span, covers, inside, span_of, union, window_of
from dtanalytics.statements.sides import By
from dtanalytics.window import Window, parse_window

__all__ = ["Asked", "Source", "account_in", "given", "loaded", "set_number"]
_AGAIN_DAYS = 92
"""Days before a period whose calls may be disputed: they are asked again although they are final."""
_LATELY = dt.timedelta(hours=12)
_MICROSECONDS_A_DAY = 86_400_000_000


@dataclass(frozen=True)
class Asked:
    """How calls are loaded: the arguments of `dtanalytics.load_calls`; no platforms: `load_leadflow`."""

    platforms: Platforms
    set_id: int | None
    refresh: bool | None
    offline: bool | None
    progress: bool | None
    settings: Settings

    def load(self, window: Window, columns: Sequence[str], *, again: bool) -> pd.DataFrame:
        """Load a window; ``again`` asks for days that are final, too."""
        how: dict[str, Any] = {
            "set_id": self.set_id,
            "columns": columns,
            "refresh": again,
            "offline": self.offline,
            "progress": self.progress,
            "settings": self.settings,
        }
        if self.platforms is None:
            return load_leadflow(window, **how)
        return load_calls(window, platforms=self.platforms, **how)

    @property
    def names(self) -> list[str]:
        """Names of the platforms."""
        given = OWN if self.platforms is None else self.platforms
        return chosen(given, self.settings, set_id=self.set_id)

    def entries(self) -> list[Entry]:
        """Where the cache keeps the calls of each platform."""
        return [source_of(name, self.settings, set_id=self.set_id).entry for name in self.names]

    @property
    def is_offline(self) -> bool:
        """Whether the service is not to be asked."""
        return self.settings.offline if self.offline is None else self.offline


@dataclass(frozen=True)
class Source:
    """Calls, and what is known of them.

    Attributes
    ----------
    calls : DataFrame
        As `calls.read` returns them.
    compared : list of Span
        Settled periods whose calls are all there.
    moving : list of date
        Days of the statement's period whose calls can still change.
    old : list of (date, datetime)
        Days that are final, and when the service said last what was taken for them, where that is long ago.
    outside : str
        What a frame that was given lacks of the period, or of a load; empty for nothing.
    doubles : list of str
        What is said of calls that two platforms recorded.
    """

    calls: pd.DataFrame
    compared: list[Span]
    moving: list[dt.date]
    old: Sequence[tuple[dt.date, dt.datetime]] = ()
    outside: str = ""
    doubles: Sequence[str] = ()


def account_in(settings: Settings, platforms: Platforms) -> str:
    """Fingerprint of the account whose credentials are set; empty where none are.

    Platforms without DialogTech have a book of their own: what is settled for one says nothing of the
    other's calls.
    """
    names = [OWN] if platforms is None else chosen(platforms, settings)
    if OWN not in names:
        return " ".join(sorted(names))
    return account_of(settings) if settings.access_key and settings.api_key else ""


def loaded(window: Window, span: Span, settled: Sequence[Span], by: By, asked: Asked) -> Source:
    """Load the period of a statement and those settled before, each day once.

    Days that are final are asked again, too, unless the service said lately what they hold: disputes come
    later than calls settle.
    """
    entries = asked.entries()
    spans, settle = union([span, *settled]), asked.settings.settle_days
    asks = OWN in asked.names and not asked.refresh
    old = _said_long_ago(entries[asked.names.index(OWN)], spans, settle) if asks else []
    if asked.refresh is None and not asked.is_offline:
        first = window_of((span[0] - _AGAIN_DAYS * _MICROSECONDS_A_DAY, span[1])).days()[0]
        for one in _runs(day for day, _ in old if day >= first):
            asked.load(one, [KEY], again=True)
        old = [(day, checked) for day, checked in old if day < first]
    parts = [read(asked.load(window_of(one), needed(by), again=bool(asked.refresh)), by) for one in spans]
    settled_days = [
        (name, entry.manifest(), settle) for name, entry in zip(asked.names, entries, strict=True)
    ]
    moving = [day for day in window.days() if not all(_is_final(*one, day) for one in settled_days)]
    calls = pd.concat(parts, ignore_index=True)
    newest = calls.drop_duplicates("sid", keep="last", ignore_index=True)  # it moved between two loads
    doubles = (
        of_doubles(asked.load(window, columns_of_doubles(by), again=False), by) if len(entries) > 1 else []
    )
    return Source(newest, list(settled), moving, old, doubles=doubles)


def _is_final(platform: str, state: Manifest, settle: int, day: dt.date) -> bool:
    """Tell whether a day can no longer change; a file of calls that has a day without any is believed."""
    known = state.current(day.isoformat())
    if known is None:
        return False
    return is_final(known, day, settle) if platform == OWN else known.checked >= settled_at(day, settle)


def _said_long_ago(entry: Entry, spans: Sequence[Span], settle: int) -> list[tuple[dt.date, dt.datetime]]:
    """Days that are final, and that a load takes from the cache although they may have changed since."""
    state, limit = entry.manifest(), dt.datetime.now(dt.UTC) - _LATELY
    days = sorted({day for one in spans for day in window_of(one).days()})
    known = [(day, state.current(day.isoformat())) for day in days]
    return [
        (day, one.checked)
        for day, one in known
        if one is not None and is_final(one, day, settle) and one.checked < limit
    ]


def _runs(days: Iterable[dt.date]) -> list[Window]:
    """Windows of days that follow one another."""
    runs: list[list[dt.date]] = []
    for day in days:
        if runs and day - runs[-1][-1] == dt.timedelta(days=1):
            runs[-1].append(day)
        else:
            runs.append([day])
    return [parse_window(run[0], run[-1] + dt.timedelta(days=1)) for run in runs]


def given(
    frame: Any,
    window: Window,
    settled: Sequence[Span],
    by: By,
    now: pd.Timestamp,
    settings: Settings,
    *,
    trusted: bool,
) -> Source:
    """Read calls that somebody gave; ``trusted`` where they are said to hold the settled periods, too."""
    told: dict[str, Any] = {}
    if isinstance(frame, Scan):
        frame = frame.dask if frame.engine == "dask" else frame.relation
    elif isinstance(frame, pd.DataFrame):
        told = frame.attrs.get("dtanalytics", {})
        _check_masked(frame, by)
    calls = read(frame, by)
    held = _window_told(told, len(frame)) if told else None
    times = calls["time"].to_numpy("int64")
    compared = [
        one for one in settled if trusted or (held and covers([held], one)) or inside(times, [one]).any()
    ]
    asked = pd.Timestamp(told["asked"]) if held and told.get("asked") else now
    moment = asked.tz_convert("UTC").to_pydatetime()
    moving = [day for day in window.days() if settled_at(day, settings.settle_days) > moment]
    return Source(calls, compared, moving, outside=_outside(told, held, len(frame) if told else 0, window))


def _check_masked(frame: pd.DataFrame, by: By) -> None:
    """Refuse pseudonyms for partners: each would be owed what its partner is owed already."""
    if by in frame.attrs.get(MASKED, ()):
        raise InputError(
            f"the column {by!r} is masked: a statement needs the partners' names; mask with "
            f"include={by!r}, or give the calls as they were loaded"
        )


def _outside(told: Mapping[str, Any], held: Span | None, rows: int, window: Window) -> str:
    """Say what a frame lacks of its load, or of the period."""
    loaded = told.get("rows")
    if isinstance(loaded, int) and rows < loaded:
        return (
            f"the calls given are {rows:,} of the {loaded:,} that were loaded: a statement settles its "
            "period for all partners, and what is missing counts as gone (give all calls, and write one "
            "partner's part with .only(...))"
        )
    if held and not covers([held], span_of(window)):
        loaded_for = window_of(held).text()
        return f"the calls given were loaded for {loaded_for}, which is not all of {window.text()}"
    return ""


def _window_told(told: dict[str, Any], rows: int) -> Span | None:
    """Return the window that a load noted of its frame, unless rows were taken out since."""
    if told.get("rows") != rows or not told.get("start") or not told.get("end"):
        return None
    start, end = (pd.Timestamp(told[name]) for name in ("start", "end"))
    return span_of(Window(start.to_pydatetime(), end.to_pydatetime()))
