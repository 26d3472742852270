"""``df.calls``: a table of contents of what can be asked of a frame of calls.

The accessor holds nothing but the frame. Each method is one line over a function that can be called
without it; those functions are imported when they are first asked for.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, cast

import pandas as pd

By = str | Sequence[str] | None


def _ask(where: str, function: str, *args: Any, **kwargs: Any) -> Any:
    """Import a function of the package on first use, and call it."""
    return getattr(importlib.import_module(f"dtanalytics.{where}"), function)(*args, **kwargs)


def _table(where: str, function: str, *args: Any, **kwargs: Any) -> pd.DataFrame:
    """Ask for a table."""
    return cast("pd.DataFrame", _ask(where, function, *args, **kwargs))


@lru_cache(maxsize=1)
def _known_columns() -> frozenset[str]:
    """Return the columns that some measure needs."""
    from dtanalytics.definitions import MEASURES

    return frozenset(
        column for measures in MEASURES.values() for measure in measures for column in measure.needs
    )


def _is_calls(columns: pd.Index) -> bool:
    keyed = "sid" in columns and ("call_date" in columns or "date_added" in columns)
    return keyed or any(column in columns for column in _known_columns())


@pd.api.extensions.register_dataframe_accessor("calls")
class CallsAccessor:
    """What an expert asks of calls, as methods of their frame.

    Raises
    ------
    AttributeError
        The frame does not hold calls at all. A frame of calls that lacks a column which a method
        needs raises `SchemaError` from that method, naming the column.

    Examples
    --------
    >>> df = pd.DataFrame({"affiliate": ["North", "South", "North"], "lead_status": "Connected"})
    >>> df.calls.rollup("affiliate", "connected_count")
      affiliate  connected_count
    0     North                2
    1     South                1
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        if not _is_calls(frame.columns):
            raise AttributeError(
                "this frame does not hold calls: it has neither 'sid' with 'call_date' or 'date_added', "
                "nor a column that a metric needs. Load calls with load_leadflow() or load_bids()."
            )
        self._frame = frame

    def rollup(
        self, by: By = None, metrics: str | Sequence[str] | None = None, **options: Any
    ) -> pd.DataFrame:
        """Sum by group and work out metrics: `dtanalytics.rollup`."""
        return _table("rollup", "rollup", self._frame, by, metrics, **options)

    def margin(self, by: By = None, **options: Any) -> pd.DataFrame:
        """Calls, revenue, payout and what is left: `dtanalytics.analysis.overview.margin`."""
        return _table("analysis.overview", "margin", self._frame, by, **options)

    def qualification(self, by: By = None, **options: Any) -> pd.DataFrame:
        """Qualification of both sides with intervals: `dtanalytics.analysis.overview.qualification`."""
        return _table("analysis.overview", "qualification", self._frame, by, **options)

    def funnel(self, by: By = None, **options: Any) -> pd.DataFrame:
        """Step by step from call to payment: `dtanalytics.analysis.overview.funnel`."""
        return _table("analysis.overview", "funnel", self._frame, by, **options)

    def trend(
        self, freq: str = "D", by: By = None, metrics: str | Sequence[str] | None = None
    ) -> pd.DataFrame:
        """Metrics over time, without gaps: `dtanalytics.analysis.overview.trend`."""
        return _table("analysis.overview", "trend", self._frame, freq, by, metrics)

    def heatmap(self, metric: str = "call_count") -> pd.DataFrame:
        """Weekday by hour: `dtanalytics.analysis.overview.heatmap`."""
        return _table("analysis.overview", "heatmap", self._frame, metric)

    def compare(self, other: Any = None, by: By = None, **options: Any) -> pd.DataFrame:
        """Differences from an earlier frame, with intervals: `dtanalytics.analysis.compare.compare`."""
        return _table("analysis.compare", "compare", self._frame, other, by, **options)

    def bridge(self, other: Any, by: str | Sequence[str] = "affiliate", **options: Any) -> pd.DataFrame:
        """Why margin changed since an earlier frame: `dtanalytics.analysis.margin.bridge`."""
        return _table("analysis.margin", "bridge", self._frame, other, by, **options)

    def matrix(self, by: By = None, **options: Any) -> pd.DataFrame:
        """Who paid and who was paid: `dtanalytics.analysis.qualification.matrix`."""
        return _table("analysis.qualification", "matrix", self._frame, by, **options)

    def unsold(self, by: By = None, **options: Any) -> pd.DataFrame:
        """Calls that found no buyer, and what they were worth: `dtanalytics.analysis.unsold.unsold`."""
        return _table("analysis.unsold", "unsold", self._frame, by, **options)

    def scorecard(self, by: str | Sequence[str] = "affiliate", **options: Any) -> pd.DataFrame:
        """Keep, cut or wait: `dtanalytics.analysis.scorecard.scorecard`."""
        return _table("analysis.scorecard", "scorecard", self._frame, by, **options)

    def audit(self, **options: Any) -> pd.DataFrame:
        """Rows that contradict themselves: `dtanalytics.analysis.audit.audit`."""
        return _table("analysis.audit", "audit", self._frame, **options)

    def quality(self, by: By = "affiliate", **options: Any) -> pd.DataFrame:
        """Signs of poor or bought traffic: `dtanalytics.analysis.quality.quality`."""
        return _table("analysis.quality", "quality", self._frame, by, **options)

    def keywords(self, level: str = "keyword", **options: Any) -> pd.DataFrame:
        """What keywords, ad groups or campaigns bring in: `dtanalytics.analysis.keywords.keywords`."""
        return _table("analysis.keywords", "keywords", self._frame, level, **options)

    def to_google_ads(self, path: Any, **options: Any) -> Any:
        """Write conversions for Google Ads: `dtanalytics.exports.google_clicks`."""
        return _ask("exports", "google_clicks", self._frame, path, **options)

    def to_microsoft_ads(self, path: Any, **options: Any) -> Any:
        """Write conversions for Microsoft Advertising: `dtanalytics.exports.microsoft_clicks`."""
        return _ask("exports", "microsoft_clicks", self._frame, path, **options)

    def mask(self, **options: Any) -> pd.DataFrame:
        """Return the calls without what identifies people: `dtanalytics.mask.mask`."""
        return _table("mask", "mask", self._frame, **options)

    @property
    def plot(self) -> Plots:
        """Pictures of the tables above: ``df.calls.plot.margin("affiliate")``."""
        return Plots(self)

    def __repr__(self) -> str:
        return f"<calls: {len(self._frame):,} rows; try df.calls.margin('affiliate')>"

    def _repr_html_(self) -> str:
        """What is in the frame and what to ask of it, for notebooks."""
        return str(_ask("analysis.overview", "summary_html", self._frame))


class Plots:
    """Each method asks for a table and draws it; takes ``ax``, returns the Axes, never shows."""

    def __init__(self, calls: CallsAccessor) -> None:
        self._calls = calls


def calls(frame: pd.DataFrame) -> CallsAccessor:
    """Return ``frame.calls`` with a type that editors and type checkers know.

    Examples
    --------
    >>> df = pd.DataFrame({"lead_status": ["Connected", "No Buyer"]})
    >>> calls(df).rollup(None, ["call_count", "connected_count"])
       call_count  connected_count
    0           2                1
    """
    return CallsAccessor(frame)
