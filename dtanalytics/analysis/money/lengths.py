"""Of which periods two frames of calls are, and a warning where one is longer: sums differ for that alone."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dtanalytics.analysis.reading import is_scan
from dtanalytics.errors import WindowWarning, warn_caller

_MONTHS = 31 / 28
"""How much longer one calendar month may be than another."""


def periods_of(calls: Any, other: Any, *, sums: bool = True) -> dict[str, str]:
    """Say in words which periods are compared, where both are known; warn where their lengths differ.

    Calendar months, quarters and years are taken to be alike, though some have more days.

    Parameters
    ----------
    calls, other : frame
        Of this period and of the earlier one, as they were loaded; or scans.
    sums : bool
        Whether calls and money are compared, and not only rates.

    Returns
    -------
    dict of str
        ``periods``, and ``lengths`` where they differ; empty where the period of one is not known: it was not
        loaded, or is only a part of what was.

    Examples
    --------
    >>> october, september = (pd.DataFrame({"sid": ["1"]}) for _ in range(2))
    >>> october.attrs["dtanalytics"] = {"start": "2026-10-01", "end": "2026-11-01", "rows": 1}
    >>> september.attrs["dtanalytics"] = {"start": "2026-09-01", "end": "2026-10-01", "rows": 1}
    >>> periods_of(october, september)
    {'periods': '2026-10-01 to 2026-10-31 against 2026-09-01 to 2026-09-30'}
    """
    spans = [_span(frame) for frame in (calls, other)]
    if None in spans:
        return {}
    now, before = (one for one in spans if one is not None)
    words = f"{_written(now)} against {_written(before)}"
    shorter, longer = sorted((now[1] - now[0], before[1] - before[0]))
    if not sums or longer <= shorter * _MONTHS:
        return {"periods": words}
    lengths = f"{_long(now)} against {_long(before)}"
    warn_caller(
        f"periods of unequal length are compared, {words} ({lengths}): sums of calls and money differ for "
        "that alone. Load periods of the same length, or compare what is per call: "
        "compare(metrics=['margin_per_call'])",
        WindowWarning,
    )
    return {"periods": words, "lengths": lengths}


def _span(frame: Any) -> tuple[pd.Timestamp, pd.Timestamp] | None:
    """Window that a frame holds all calls of, or some from its first days to its last; None: not known."""
    if is_scan(frame):
        return pd.Timestamp(frame.window.start), pd.Timestamp(frame.window.end)
    note = getattr(frame, "attrs", {}).get("dtanalytics") or {}
    if "start" not in note or "end" not in note:
        return None
    start, end = pd.Timestamp(note["start"]), pd.Timestamp(note["end"])
    if len(frame) != note.get("rows"):  # chosen from: by days, or by something else
        days = frame.get("call_day")
        if days is None or not len(days) or days.dtype.kind != "M":
            return None
        held = days.max() - days.min() + pd.Timedelta(days=1)
        if end - start > held * _MONTHS:
            return None
    return start, end


def _written(span: tuple[pd.Timestamp, pd.Timestamp]) -> str:
    start, end = span
    if start != start.normalize() or end != end.normalize():
        return f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}"
    return f"{start:%Y-%m-%d} to {end - pd.Timedelta(days=1):%Y-%m-%d}"


def _long(span: tuple[pd.Timestamp, pd.Timestamp]) -> str:
    hours = (span[1] - span[0]) / pd.Timedelta(hours=1)
    count, unit = (hours, "hour") if hours % 24 else (hours / 24, "day")
    return f"{count:g} {unit}" + "s" * (count != 1)
