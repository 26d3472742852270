"""What a loaded frame says of itself in its ``attrs``: of which window it holds all calls, and as of when."""

from __future__ import annotations

import datetime as dt
from collections import deque
from typing import Any

import pandas as pd

from dtanalytics.settings.origins import on_this_machine
from dtanalytics.window import Window

LATEST: deque[dict[str, Any]] = deque(maxlen=1000)
"""Notes of the latest loads of this process, for a page of calls that no variable holds any more."""


def note_load(
    calls: pd.DataFrame,
    report: str,
    window: Window,
    asked: dt.datetime | None,
    *services: str | None,
) -> None:
    """Note in a frame its report, window, rows, earliest moment of asking, and whether its calls are made up.

    They are made up where a service on this machine was asked: an emulator, such as that of ``dta.demo()``.
    """
    calls.attrs["dtanalytics"] = note_of(report, window, asked, *services) | {"rows": len(calls)}


def note_of(report: str, window: Window, asked: dt.datetime | None, *services: str | None) -> dict[str, Any]:
    """Say of which report and window calls are, when and of whom they were asked; remembered in `LATEST`."""
    note: dict[str, Any] = {
        "report": report,
        "start": window.start.isoformat(),
        "end": window.end.isoformat(),
        "asked": asked.isoformat() if asked else None,
        "demo": any(map(on_this_machine, services)),
    }
    LATEST.append(note)
    return note
