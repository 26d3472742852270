"""What a loaded frame says of itself in its ``attrs``: of which window it holds all calls, and as of when."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from dtanalytics.window import Window


def note_load(calls: pd.DataFrame, report: str, window: Window, asked: dt.datetime | None) -> None:
    """Note in a frame its report, window and rows, and the earliest moment at which a service was asked."""
    calls.attrs["dtanalytics"] = {
        "report": report,
        "start": window.start.isoformat(),
        "end": window.end.isoformat(),
        "rows": len(calls),
        "asked": asked.isoformat() if asked else None,
    }
