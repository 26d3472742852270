"""Where the calls of a statement come from: loads of its period and of those settled before, or a frame."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dtanalytics.apis.leadflow import account as account_of
from dtanalytics.cache.entry import is_final, settled_at
from dtanalytics.loading.loaders import load_leadflow
from dtanalytics.loading.sources import leadflow_source, set_number
from dtanalytics.settings import Settings
from dtanalytics.statements.calls import needed, read
from dtanalytics.statements.periods import Span, covers, inside, union, window_of
from dtanalytics.statements.sides import By
from dtanalytics.window import Window

__all__ = ["Asked", "Source", "account_in", "given", "loaded", "set_number"]


@dataclass(frozen=True)
class Asked:
    """How calls are loaded: the arguments of `dtanalytics.load_leadflow`."""

    set_id: int | None
    refresh: bool
    offline: bool | None
    progress: bool | None
    settings: Settings


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
    """

    calls: pd.DataFrame
    compared: list[Span]
    moving: list[dt.date]


def account_in(settings: Settings) -> str:
    """Fingerprint of the account whose credentials are set; empty where none are."""
    if settings.access_key and settings.api_key:
        return account_of(settings)
    return ""


def loaded(window: Window, span: Span, settled: Sequence[Span], by: By, asked: Asked) -> Source:
    """Load the period of a statement and those settled before, each day once."""
    parts = []
    for one in union([span, *settled]):
        frame = load_leadflow(
            window_of(one),
            set_id=asked.set_id,
            columns=needed(by),
            refresh=asked.refresh,
            offline=asked.offline,
            progress=asked.progress,
            settings=asked.settings,
        )
        parts.append(read(frame, by))
    entry = leadflow_source(asked.settings, set_id=asked.set_id).entry
    state, settle = entry.manifest(), asked.settings.settle_days
    vintages = {day: state.current(day.isoformat()) for day in window.days()}
    moving = [day for day, one in vintages.items() if one is None or not is_final(one, day, settle)]
    calls = pd.concat(parts, ignore_index=True)
    newest = calls.drop_duplicates("sid", keep="last", ignore_index=True)  # it moved between two loads
    return Source(newest, list(settled), moving)


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
    calls = read(frame, by)
    told = getattr(frame, "attrs", {}).get("dtanalytics", {}) if isinstance(frame, pd.DataFrame) else {}
    held = _window_told(told, len(frame)) if told else None
    times = calls["time"].to_numpy("int64")
    compared = [
        one for one in settled if trusted or (held and covers([held], one)) or inside(times, [one]).any()
    ]
    asked = pd.Timestamp(told["asked"]) if held and told.get("asked") else now
    moment = asked.tz_convert("UTC").to_pydatetime()
    moving = [day for day in window.days() if settled_at(day, settings.settle_days) > moment]
    return Source(calls, compared, moving)


def _window_told(told: dict[str, Any], rows: int) -> Span | None:
    """Return the window that a load noted of its frame, unless rows were taken out since."""
    if told.get("rows") != rows or not told.get("start") or not told.get("end"):
        return None
    start, end = (pd.Timestamp(told[name]) for name in ("start", "end"))
    from dtanalytics.statements.periods import span_of

    return span_of(Window(start.to_pydatetime(), end.to_pydatetime()))
