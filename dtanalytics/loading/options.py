"""Arguments that loads and scans share, checked: columns, moments, the part of the cache, odd windows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Literal

from dtanalytics.errors import InputError, WindowWarning, nearest, warn_caller
from dtanalytics.loading.fetch import Policy
from dtanalytics.schema import Report
from dtanalytics.settings import Settings
from dtanalytics.texts.instants import read_instant

Money = Literal["float", "decimal"]
Version = Literal["v2", "v3"]


def load_policy(settings: Settings, refresh: bool, offline: bool | None, progress: bool | None) -> Policy:
    """Return how a load deals with the cache, the settings filled in."""
    offline = settings.offline if offline is None else offline
    if offline and refresh:
        raise InputError("refresh=True asks the service and offline forbids it: leave one of them out")
    return Policy(settings.settle_days, refresh, offline, progress)


def checked_columns(columns: Sequence[str] | None, report: Report) -> list[str] | None:
    """Return the columns that are wanted, each once; None: all of them."""
    if columns is None:
        return None
    wanted = [columns] if isinstance(columns, str) else list(columns)
    for name in wanted:
        if name not in report.by_name:
            raise InputError(f"{report.title} has no column {name!r}; {nearest(name, report.columns)}")
    return list(dict.fromkeys(wanted))


def moment(as_of: Any) -> dt.datetime | None:
    """Return the moment that a user means; Eastern without a zone."""
    if as_of is None:
        return None
    return read_instant(as_of, "as_of")


def warn_of_window(*hints: str | None) -> None:
    """Warn, at the user's line, of what may surprise about a window."""
    for hint in hints:
        if hint:
            warn_caller(hint, WindowWarning)
