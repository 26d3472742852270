"""Of which periods two frames of calls are, and a warning where one is longer: sums differ for that alone."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dtanalytics.analysis.period import MONTHS, Span, span_of, written
from dtanalytics.errors import WindowWarning, warn_caller


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
        ``periods``, and ``lengths`` where they differ; empty where both are the same, or the period of one is
        not known: it was not loaded, or is only a part of what was.

    Examples
    --------
    >>> october, september = (pd.DataFrame({"sid": ["1"]}) for _ in range(2))
    >>> october.attrs["dtanalytics"] = {"start": "2026-10-01", "end": "2026-11-01", "rows": 1}
    >>> september.attrs["dtanalytics"] = {"start": "2026-09-01", "end": "2026-10-01", "rows": 1}
    >>> periods_of(october, september)
    {'periods': '2026-10-01 to 2026-10-31 against 2026-09-01 to 2026-09-30'}
    """
    spans = [span_of(frame) for frame in (calls, other)]
    if None in spans or spans[0] == spans[1]:  # calls of one period are compared by something else
        return {}
    now, before = (one for one in spans if one is not None)
    words = f"{written(now)} against {written(before)}"
    shorter, longer = sorted((now[1] - now[0], before[1] - before[0]))
    if not sums or longer <= shorter * MONTHS:
        return {"periods": words}
    lengths = f"{_long(now)} against {_long(before)}"
    warn_caller(
        f"periods of unequal length are compared, {words} ({lengths}): sums of calls and money differ for "
        "that alone. Load periods of the same length, or compare what is per call: "
        "compare(metrics=['margin_per_call'])",
        WindowWarning,
    )
    return {"periods": words, "lengths": lengths}


def _long(span: Span) -> str:
    hours = (span[1] - span[0]) / pd.Timedelta(hours=1)
    count, unit = (hours, "hour") if hours % 24 else (hours / 24, "day")
    return f"{count:g} {unit}" + "s" * (count != 1)
