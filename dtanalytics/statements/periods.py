"""Spans of instants, as pairs of microseconds since 1970: which belong together, and what lies between."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dtanalytics.window import Window, parse_window

Span = tuple[int, int]
"""Start, and the first instant after the end [us since 1970, UTC]."""


def span_of(window: Window) -> Span:
    """Return the instants of a window."""
    start, end = window.instants()
    return microseconds(start), microseconds(end)


def microseconds(moment: datetime) -> int:
    """Return an instant as microseconds since 1970.

    Examples
    --------
    >>> microseconds(pd.Timestamp("1970-01-01 00:00:01", tz="UTC"))
    1000000
    """
    return int(pd.Timestamp(moment).value) // 1000


def window_of(span: Span) -> Window:
    """Return the window of two instants.

    Examples
    --------
    >>> window_of(span_of(parse_window("2026-10"))).text()
    '2026-10'
    """
    start, end = (pd.Timestamp(moment, unit="us", tz="UTC") for moment in span)
    return parse_window(start, end)


def union(spans: Iterable[Span]) -> list[Span]:
    """Put spans together that overlap or touch.

    Examples
    --------
    >>> union([(5, 9), (1, 3), (3, 4), (6, 7)])
    [(1, 4), (5, 9)]
    """
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


def gaps(spans: Iterable[Span]) -> list[Span]:
    """Return what lies between spans.

    Examples
    --------
    >>> gaps([(1, 4), (5, 9), (9, 12)])
    [(4, 5)]
    """
    joined = union(spans)
    return [(before[1], after[0]) for before, after in pairwise(joined)]


def since(spans: Iterable[Span], start: int | None) -> list[Span]:
    """Return the parts of spans from an instant on."""
    if start is None:
        return list(spans)
    return [(max(first, start), end) for first, end in spans if end > start]


def covers(spans: Sequence[Span], one: Span) -> bool:
    """Tell whether spans hold all of another."""
    return any(start <= one[0] and one[1] <= end for start, end in union(spans))


def inside(times: npt.NDArray[np.int64], spans: Sequence[Span]) -> npt.NDArray[np.bool_]:
    """Tell of each instant whether it lies in one of the spans.

    Examples
    --------
    >>> inside(np.array([0, 1, 3, 4]), [(1, 4)]).tolist()
    [False, True, True, False]
    """
    joined = union(spans)
    if not joined:
        return np.zeros(len(times), dtype=bool)
    starts, ends = (np.array(side, dtype=np.int64) for side in zip(*joined, strict=True))
    at = np.searchsorted(starts, times, side="right") - 1
    found: npt.NDArray[np.bool_] = (at >= 0) & (times < ends[np.maximum(at, 0)])
    return found


def eastern(moments: Any) -> pd.Series[Any]:
    """Return instants as times with the zone of the reports."""
    from dtanalytics.schema import TIMEZONE

    times = pd.to_datetime(pd.Series(moments, dtype="Int64"), unit="us", utc=True)
    return times.dt.tz_convert(TIMEZONE).dt.as_unit("us")
