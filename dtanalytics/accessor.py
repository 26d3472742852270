"""``df.calls``: a table of contents of what can be asked of a frame of calls.

The accessor holds nothing but the frame. Each method is one line over a function that can be called
without it; those functions are imported when they are first asked for.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Sequence
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
        """Sum by group and work out metrics: `dtanalytics.rollup.rollup`."""
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
        self,
        freq: str = "D",
        by: By = None,
        metrics: str | Sequence[str] | None = None,
        **options: Any,
    ) -> pd.DataFrame:
        """Metrics over time, periods that may still move marked: `dtanalytics.analysis.patterns.trend`."""
        return _table("analysis.patterns", "trend", self._frame, freq, by, metrics, **options)

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

    def capacity_to_buy(self, by: By = ("lf_state", "call_hour"), **options: Any) -> pd.DataFrame:
        """Where capacity would keep the most margin: `dtanalytics.analysis.unsold.capacity_to_buy`."""
        return _table("analysis.unsold", "capacity_to_buy", self._frame, by, **options)

    def concurrency(self, by: By = "advertiser") -> pd.DataFrame:
        """The most calls at the same time: `dtanalytics.analysis.capacity.concurrency`."""
        return _table("analysis.capacity", "concurrency", self._frame, by)

    def cap_hours(self, by: str | Sequence[str] = "affiliate", **options: Any) -> pd.DataFrame:
        """The hour from which a cap bites: `dtanalytics.analysis.capacity.cap_hours`."""
        return _table("analysis.capacity", "cap_hours", self._frame, by, **options)

    def pacing(self, metric: str = "margin", **options: Any) -> pd.DataFrame:
        """The month against earlier ones, with a forecast: `dtanalytics.analysis.pacing.pacing`."""
        return _table("analysis.pacing", "pacing", self._frame, metric, **options)

    def state_map(self, metric: str = "margin", **options: Any) -> pd.DataFrame:
        """A metric of each state and its tile: `dtanalytics.analysis.patterns.state_map`."""
        return _table("analysis.patterns", "state_map", self._frame, metric, **options)

    def durations(self, by: By = None, **options: Any) -> pd.DataFrame:
        """Connected calls by length of talk: `dtanalytics.analysis.talk.durations`."""
        return _table("analysis.talk", "durations", self._frame, by, **options)

    def survival(self, by: By = None, **options: Any) -> pd.DataFrame:
        """Share of calls that talk longer: `dtanalytics.analysis.talk.survival`."""
        return _table("analysis.talk", "survival", self._frame, by, **options)

    def buffers(self, by: str | Sequence[str] = "offer", **options: Any) -> pd.DataFrame:
        """Talk time from which calls qualify: `dtanalytics.analysis.talk.buffers`."""
        return _table("analysis.talk", "buffers", self._frame, by, **options)

    def scorecard(self, by: str | Sequence[str] = "affiliate", **options: Any) -> pd.DataFrame:
        """Keep, cut or wait: `dtanalytics.analysis.scorecard.scorecard`."""
        return _table("analysis.scorecard", "scorecard", self._frame, by, **options)

    def audit(self, **options: Any) -> pd.DataFrame:
        """Rows that contradict themselves: `dtanalytics.analysis.audit.audit`."""
        return _table("analysis.audit", "audit", self._frame, **options)

    def reconcile(self, ledger: Any, **options: Any) -> Any:
        """Compare with a partner's list of calls: `dtanalytics.analysis.reconcile.reconcile`."""
        return _ask("analysis.reconcile", "reconcile", self._frame, ledger, **options)

    def quality(self, by: By = "affiliate", **options: Any) -> pd.DataFrame:
        """Signs of poor or bought traffic: `dtanalytics.analysis.quality.quality`."""
        return _table("analysis.quality", "quality", self._frame, by, **options)

    def cohorts(self, by: By = None, **options: Any) -> pd.DataFrame:
        """Callers by the week of their first call: `dtanalytics.analysis.cohorts.cohorts`."""
        return _table("analysis.cohorts", "cohorts", self._frame, by, **options)

    def cohort_grid(self, by: By = None) -> pd.DataFrame:
        """Each week's new callers from week to week: `dtanalytics.analysis.cohorts.cohort_grid`."""
        return _table("analysis.cohorts", "cohort_grid", self._frame, by)

    def keywords(self, level: str = "keyword", **options: Any) -> pd.DataFrame:
        """What keywords, ad groups or campaigns bring in: `dtanalytics.analysis.keywords.keywords`."""
        return _table("analysis.keywords", "keywords", self._frame, level, **options)

    def keyword_value(self, level: str = "keyword", **options: Any) -> pd.DataFrame:
        """What a call is worth, few calls believed little: `dtanalytics.analysis.keywords.keyword_value`."""
        return _table("analysis.keywords", "keyword_value", self._frame, level, **options)

    def rank_weights(self, level: str = "keyword", **options: Any) -> pd.DataFrame:
        """How far each rank's keywords can be believed: `dtanalytics.analysis.keywords.rank_weights`."""
        return _table("analysis.keywords", "rank_weights", self._frame, level, **options)

    def pool_health(self, freq: str = "W", **options: Any) -> pd.DataFrame:
        """How sure the matches of each number pool are: `dtanalytics.analysis.keywords.pool_health`."""
        return _table("analysis.keywords", "pool_health", self._frame, freq, **options)

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

    def _summary(self) -> dict[str, str]:
        return cast("dict[str, str]", _ask("analysis.summary", "summary", self._frame))

    def __repr__(self) -> str:
        """Say the same as text."""
        return "\n".join(f"{topic:<8} {text}" for topic, text in self._summary().items())

    def _repr_html_(self) -> str:
        """What is in the frame and what to ask of it, for notebooks."""
        return str(_ask("analysis.summary", "summary_html", self._frame))


def _full_help(method: Callable[..., Any]) -> Callable[[], str]:
    """Help for one method in IPython: the docstring of the function that it stands for, read when asked."""

    def getdoc() -> str:
        said = inspect.getdoc(method) or ""
        named = re.search(r"`dtanalytics\.([\w.]+)\.(\w+)`", said)
        if named is None:
            return said
        function = getattr(importlib.import_module(f"dtanalytics.{named[1]}"), named[2])
        return f"{said}\n\n{inspect.getdoc(function)}"

    return getdoc


for _method in vars(CallsAccessor).values():
    if inspect.isfunction(_method) and not _method.__name__.startswith("_"):
        _method.getdoc = _full_help(_method)  # type: ignore[attr-defined]  # IPython asks a function for it


class Plots:
    """Each method asks for a table and draws it; takes ``ax``, returns the Axes, never shows.

    Options go to the plot (`dtanalytics.plots`); for options of the analysis ask for the table, and
    pass it to the plot.
    """

    def __init__(self, calls: CallsAccessor) -> None:
        self._calls = calls

    def _draw(self, plot: str, *tables: pd.DataFrame, ax: Any, **options: Any) -> Any:
        return _ask("plots", plot, *tables, ax=ax, **options)

    def margin(self, by: By = None, *, ax: Any = None, **options: Any) -> Any:
        """Revenue and what is left of it, by group."""
        return self._draw("margin_bars", self._calls.margin(by), ax=ax, **options)

    def qualification(self, by: By = None, *, ax: Any = None, **options: Any) -> Any:
        """Share of connected calls that each side counts, with intervals."""
        return self._draw("qualification_rates", self._calls.qualification(by), ax=ax, **options)

    def funnel(self, *, ax: Any = None, **options: Any) -> Any:
        """Calls left at each step from call to payment."""
        return self._draw("funnel_steps", self._calls.funnel(), ax=ax, **options)

    def trend(
        self, freq: str = "D", by: By = None, *, metric: str = "margin", ax: Any = None, **options: Any
    ) -> Any:
        """Show a metric over time, dashed where it may still move."""
        table = _table("analysis.patterns", "trend", self._calls._frame, freq, by, [metric])  # noqa: SLF001 (its other half)
        return self._draw("trend", table, ax=ax, metric=metric, **options)

    def heatmap(self, metric: str = "call_count", *, ax: Any = None, **options: Any) -> Any:
        """Weekday by hour."""
        return self._draw("heatmap", self._calls.heatmap(metric), ax=ax, metric=metric, **options)

    def bridge(
        self, other: Any, by: str | Sequence[str] = "affiliate", *, ax: Any = None, **options: Any
    ) -> Any:
        """Waterfall of why margin changed since an earlier frame."""
        return self._draw("waterfall", self._calls.bridge(other, by), ax=ax, **options)

    def matrix(self, by: By = None, *, ax: Any = None, **options: Any) -> Any:
        """Mosaic of who is billed and who is paid."""
        return self._draw("mosaic", self._calls.matrix(by), ax=ax, **options)

    def unsold(self, *, ax: Any = None, **options: Any) -> Any:
        """Flow of calls into connected, unsold, recovered and lost."""
        return self._draw("unsold_flow", self._calls.unsold(), ax=ax, **options)

    def capacity_to_buy(self, by: By = ("lf_state", "call_hour"), *, ax: Any = None, **options: Any) -> Any:
        """Where capacity would keep the most margin, with intervals."""
        return self._draw("capacity_to_buy", self._calls.capacity_to_buy(by), ax=ax, **options)

    def concurrency(self, by: By = "advertiser", *, ax: Any = None, **options: Any) -> Any:
        """Peaks of calls at the same time."""
        return self._draw("concurrency", self._calls.concurrency(by), ax=ax, **options)

    def cap_hours(self, by: str | Sequence[str] = "affiliate", *, ax: Any = None, **options: Any) -> Any:
        """By hour, what caps turn away."""
        profile = _ask("analysis.capacity", "cap_profile", self._calls._frame, by)  # noqa: SLF001 (its other half)
        return self._draw("cap_hours", profile, self._calls.cap_hours(by), ax=ax, **options)

    def pacing(self, metric: str = "margin", *, ax: Any = None, **options: Any) -> Any:
        """Draw the month so far, earlier months and the forecast."""
        return self._draw("pacing", self._calls.pacing(metric), ax=ax, metric=metric, **options)

    def state_map(self, metric: str = "margin", *, ax: Any = None, **options: Any) -> Any:
        """Draw the states as tiles."""
        return self._draw("state_map", self._calls.state_map(metric), ax=ax, metric=metric, **options)

    def durations(self, *, ax: Any = None, **options: Any) -> Any:
        """Length of talk beside the offers' buffers."""
        buffers = self._calls.buffers()
        return self._draw("durations", self._calls.durations(), ax=ax, buffers=buffers, **options)

    def survival(self, by: By = None, *, ax: Any = None, **options: Any) -> Any:
        """Share of connected calls that talk longer than a time."""
        return self._draw("survival", self._calls.survival(by), ax=ax, **options)

    def compare(self, other: Any = None, by: By = None, *, ax: Any = None, **options: Any) -> Any:
        """Changes since an earlier frame, or since the days before, with intervals."""
        return self._draw("changes", self._calls.compare(other, by), ax=ax, **options)

    def scorecard(self, by: str | Sequence[str] = "affiliate", *, ax: Any = None, **options: Any) -> Any:
        """Margin per call with its interval, and whom to keep, to cut, to wait for."""
        return self._draw("verdicts", self._calls.scorecard(by), ax=ax, **options)

    def control_funnel(self, by: str | Sequence[str] = "affiliate", *, ax: Any = None, **options: Any) -> Any:
        """Rate against volume, with the limits between which chance keeps it."""
        return self._draw("control_funnel", self._calls.scorecard(by, flags=False), ax=ax, **options)

    def quality(self, by: By = "affiliate", *, ax: Any = None, **options: Any) -> Any:
        """Signs of poor or bought traffic, segment by segment."""
        return self._draw("quality_signals", self._calls.quality(by), ax=ax, **options)

    def retention(self, *, ax: Any = None, **options: Any) -> Any:
        """Show how many of each week's new callers call again, week by week."""
        return self._draw("retention", self._calls.cohort_grid(), ax=ax, **options)

    def keyword_values(self, level: str = "keyword", *, ax: Any = None, **options: Any) -> Any:
        """Value of a call against how many calls say so, with intervals."""
        return self._draw("keyword_values", self._calls.keyword_value(level), ax=ax, **options)

    def keyword_shrinkage(self, level: str = "keyword", *, ax: Any = None, **options: Any) -> Any:
        """Shrunken values over raw ones."""
        return self._draw("keyword_shrinkage", self._calls.keyword_value(level), ax=ax, **options)

    def rank_bands(self, level: str = "campaign", *, ax: Any = None, **options: Any) -> Any:
        """Margin between rank 1 alone and all ranks, and with the ranks' estimated weights."""
        table = self._calls.keywords(level, weights="estimate")
        return self._draw("rank_bands", table, ax=ax, **options)

    def profit_bars(self, level: str = "hour", *, ax: Any = None, **options: Any) -> Any:
        """Margin of each hour or device."""
        return self._draw("profit_bars", self._calls.keywords(level), ax=ax, **options)

    def rank_mix(self, by: By = "channel", *, ax: Any = None, **options: Any) -> Any:
        """Calls of each group by rank, the surest first."""
        counts = ["call_count", *(f"rank_{rank}_count" for rank in range(1, 6))]
        return self._draw("rank_mix", self._calls.rollup(by, counts), ax=ax, **options)

    def __dir__(self) -> list[str]:
        """List the pictures, so that completion shows nothing else first."""
        return [name for name in vars(type(self)) if not name.startswith("_")]


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
