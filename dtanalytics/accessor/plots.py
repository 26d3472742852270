"""``df.calls.plot``: each method asks for a table of ``df.calls`` and draws it.

One file, though a long one: it is the list of all pictures with their arguments, and holds no logic.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from dtanalytics.accessor.methods.base import Methods

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from dtanalytics.accessor.calls import CallsAccessor
    from dtanalytics.analysis.terms.break_even import Buffers
    from dtanalytics.analysis.terms.terms import Terms
    from dtanalytics.plots.picture import Size

By = str | Sequence[str] | None


class Plots(Methods):
    """Pictures of the tables of ``df.calls``: each takes ``ax``, returns the Axes and never shows.

    Arguments before ``ax`` are those of the table, arguments after it those of the plot
    (`dtanalytics.plots`). For other arguments of the analysis ask for the table, and pass it to the plot.
    """

    _written = "df.calls.plot"

    def __init__(self, calls: CallsAccessor, frame: pd.DataFrame) -> None:
        super().__init__(frame)
        self._calls = calls

    def margin(
        self,
        by: By = None,
        *,
        ax: Axes | None = None,
        top: int = 15,
        figsize: Size = None,
        title: str | None = None,
        currency: str | None = None,
    ) -> Axes:
        """Revenue and what is left of it, by group: `dtanalytics.plots.margin_bars`."""
        from dtanalytics.plots.overview import margin_bars

        return margin_bars(
            self._calls.margin(by), ax=ax, top=top, figsize=figsize, title=title, currency=currency
        )

    def qualification(
        self,
        by: By = None,
        *,
        ax: Axes | None = None,
        top: int = 15,
        figsize: Size = None,
        title: str | None = None,
        currency: str | None = None,
    ) -> Axes:
        """Share of connected calls that count, with intervals: `dtanalytics.plots.qualification_rates`."""
        from dtanalytics.plots.overview import qualification_rates

        return qualification_rates(
            self._calls.qualification(by), ax=ax, top=top, figsize=figsize, title=title, currency=currency
        )

    def funnel(
        self,
        *,
        ax: Axes | None = None,
        figsize: Size = None,
        title: str | None = None,
        currency: str | None = None,
    ) -> Axes:
        """Calls left at each step from call to payment: `dtanalytics.plots.funnel_steps`."""
        from dtanalytics.plots.overview import funnel_steps

        return funnel_steps(self._calls.funnel(), ax=ax, figsize=figsize, title=title, currency=currency)

    def trend(
        self,
        freq: str = "D",
        by: By = None,
        *,
        metric: str = "margin",
        ax: Axes | None = None,
        top: int = 6,
        figsize: Size = None,
        title: str | None = None,
        currency: str | None = None,
    ) -> Axes:
        """Show a metric over time, dashed where it may still move: `dtanalytics.plots.trend`."""
        from dtanalytics.plots.over_time import trend

        table = self._calls.trend(freq, by, [metric])
        return trend(table, ax=ax, metric=metric, top=top, figsize=figsize, title=title, currency=currency)

    def heatmap(
        self,
        metric: str = "call_count",
        *,
        ax: Axes | None = None,
        figsize: Size = None,
        title: str | None = None,
        currency: str | None = None,
    ) -> Axes:
        """Weekday by hour: `dtanalytics.plots.heatmap`."""
        from dtanalytics.plots.patterns import heatmap

        return heatmap(
            self._calls.heatmap(metric), ax=ax, metric=metric, figsize=figsize, title=title, currency=currency
        )

    def bridge(
        self,
        other: Any,
        by: str | Sequence[str] = "affiliate",
        *,
        ax: Axes | None = None,
        over: Literal["parts", "segments"] = "parts",
        earlier: float | None = None,
        top: int = 10,
        figsize: Size = None,
        title: str | None = None,
        currency: str | None = None,
    ) -> Axes:
        """Waterfall of why margin changed since an earlier frame: `dtanalytics.plots.waterfall`."""
        from dtanalytics.plots.margin import waterfall

        return waterfall(
            self._calls.bridge(other, by),
            ax=ax,
            over=over,
            earlier=earlier,
            top=top,
            figsize=figsize,
            title=title,
            currency=currency,
        )

    def matrix(
        self,
        by: By = None,
        *,
        ax: Axes | None = None,
        top: int = 12,
        figsize: Size = None,
        title: str | None = None,
        currency: str | None = None,
    ) -> Axes:
        """Mosaic of who is billed and who is paid: `dtanalytics.plots.mosaic`."""
        from dtanalytics.plots.qualification import mosaic

        return mosaic(self._calls.matrix(by), ax=ax, top=top, figsize=figsize, title=title, currency=currency)

    def unsold(
        self,
        *,
        ax: Axes | None = None,
        figsize: Size = None,
        title: str | None = None,
        currency: str | None = None,
    ) -> Axes:
        """Flow of calls into connected, unsold, recovered and lost: `dtanalytics.plots.unsold_flow`."""
        from dtanalytics.plots.unsold import unsold_flow

        return unsold_flow(self._calls.unsold(), ax=ax, figsize=figsize, title=title, currency=currency)

    def capacity_to_buy(
        self,
        by: str | Sequence[str] = ("lf_state", "call_hour"),
        *,
        ax: Axes | None = None,
        top: int = 15,
        figsize: Size = None,
        title: str | None = None,
        currency: str | None = None,
    ) -> Axes:
        """Where capacity would keep the most margin, with intervals: `dtanalytics.plots.capacity_to_buy`."""
        from dtanalytics.plots.unsold import capacity_to_buy

        return capacity_to_buy(
            self._calls.capacity_to_buy(by), ax=ax, top=top, figsize=figsize, title=title, currency=currency
        )

    def concurrency(
        self,
        by: By = "advertiser",
        *,
        ax: Axes | None = None,
        top: int = 15,
        figsize: Size = None,
        title: str | None = None,
        currency: str | None = None,
    ) -> Axes:
        """Peaks of calls at the same time: `dtanalytics.plots.concurrency`."""
        from dtanalytics.plots.capacity import concurrency

        return concurrency(
            self._calls.concurrency(by), ax=ax, top=top, figsize=figsize, title=title, currency=currency
        )

    def cap_hours(
        self,
        by: str | Sequence[str] = "affiliate",
        *,
        ax: Axes | None = None,
        top: int = 5,
        figsize: Size = None,
        title: str | None = None,
        currency: str | None = None,
    ) -> Axes:
        """By hour, what caps turn away: `dtanalytics.plots.cap_hours`."""
        from dtanalytics.analysis.supply.capacity import cap_profile
        from dtanalytics.plots.capacity import cap_hours

        profile = cap_profile(self._frame, by)
        return cap_hours(
            profile,
            self._calls.cap_hours(by),
            ax=ax,
            top=top,
            figsize=figsize,
            title=title,
            currency=currency,
        )

    def pacing(
        self,
        metric: str = "margin",
        *,
        ax: Axes | None = None,
        figsize: Size = None,
        title: str | None = None,
        currency: str | None = None,
    ) -> Axes:
        """Draw the month so far, earlier months and the forecast: `dtanalytics.plots.pacing`."""
        from dtanalytics.plots.capacity import pacing

        return pacing(
            self._calls.pacing(metric), ax=ax, metric=metric, figsize=figsize, title=title, currency=currency
        )

    def state_map(
        self,
        metric: str = "margin",
        *,
        ax: Axes | None = None,
        figsize: Size = None,
        title: str | None = None,
        currency: str | None = None,
    ) -> Axes:
        """Draw the states as tiles: `dtanalytics.plots.state_map`."""
        from dtanalytics.plots.patterns import state_map

        return state_map(
            self._calls.state_map(metric),
            ax=ax,
            metric=metric,
            figsize=figsize,
            title=title,
            currency=currency,
        )

    def durations(
        self,
        *,
        ax: Axes | None = None,
        figsize: Size = None,
        title: str | None = None,
        currency: str | None = None,
    ) -> Axes:
        """Length of talk beside the offers' buffers: `dtanalytics.plots.durations`."""
        from dtanalytics.plots.talk import durations

        buffers = self._calls.buffers()
        return durations(
            self._calls.durations(), ax=ax, buffers=buffers, figsize=figsize, title=title, currency=currency
        )

    def survival(
        self,
        by: By = None,
        *,
        ax: Axes | None = None,
        longest: float = 900,
        top: int = 6,
        figsize: Size = None,
        title: str | None = None,
        currency: str | None = None,
    ) -> Axes:
        """Share of connected calls that talk longer than a time: `dtanalytics.plots.survival`."""
        from dtanalytics.plots.talk import survival

        return survival(
            self._calls.survival(by),
            ax=ax,
            longest=longest,
            top=top,
            figsize=figsize,
            title=title,
            currency=currency,
        )

    def what_if(
        self,
        offers: Terms | None = None,
        affiliates: Terms | None = None,
        by: By = "affiliate",
        *,
        ax: Axes | None = None,
        top: int = 15,
        figsize: Size = None,
        title: str | None = None,
        currency: str | None = None,
    ) -> Axes:
        """Margin before and after other terms, by segment: `dtanalytics.plots.before_and_after`."""
        from dtanalytics.plots.what_if import before_and_after

        return before_and_after(
            self._calls.what_if(offers, affiliates, by),
            ax=ax,
            top=top,
            figsize=figsize,
            title=title,
            currency=currency,
        )

    def break_even(
        self,
        offers: Buffers | None = None,
        affiliates: Buffers | None = None,
        *,
        ax: Axes | None = None,
        top: int = 6,
        figsize: Size = None,
        title: str | None = None,
        currency: str | None = None,
    ) -> Axes:
        """Price at which each proposed buffer costs nothing: `dtanalytics.plots.break_even`."""
        from dtanalytics.plots.what_if import break_even

        return break_even(
            self._calls.break_even(offers, affiliates),
            ax=ax,
            top=top,
            figsize=figsize,
            title=title,
            currency=currency,
        )

    def compare(
        self,
        other: Any = None,
        by: By = None,
        *,
        ax: Axes | None = None,
        metric: str = "margin",
        top: int = 15,
        figsize: Size = None,
        title: str | None = None,
        currency: str | None = None,
    ) -> Axes:
        """Changes since an earlier frame, or the days before: `dtanalytics.plots.changes`."""
        from dtanalytics.plots.compare import changes

        return changes(
            self._calls.compare(other, by),
            ax=ax,
            metric=metric,
            top=top,
            figsize=figsize,
            title=title,
            currency=currency,
        )

    def scorecard(
        self,
        by: str | Sequence[str] = "affiliate",
        *,
        ax: Axes | None = None,
        top: int = 20,
        figsize: Size = None,
        title: str | None = None,
        currency: str | None = None,
    ) -> Axes:
        """Margin per call, and whom to keep, cut, wait for: `dtanalytics.plots.verdicts`."""
        from dtanalytics.plots.scorecard import verdicts

        return verdicts(
            self._calls.scorecard(by), ax=ax, top=top, figsize=figsize, title=title, currency=currency
        )

    def control_funnel(
        self,
        by: str | Sequence[str] = "affiliate",
        *,
        ax: Axes | None = None,
        rate: str = "offer_qualification_rate",
        figsize: Size = None,
        title: str | None = None,
        currency: str | None = None,
    ) -> Axes:
        """Rate against volume, with the limits of chance: `dtanalytics.plots.control_funnel`."""
        from dtanalytics.plots.scorecard import control_funnel

        return control_funnel(
            self._calls.scorecard(by, flags=False),
            ax=ax,
            rate=rate,
            figsize=figsize,
            title=title,
            currency=currency,
        )

    def quality(
        self,
        by: By = "affiliate",
        *,
        ax: Axes | None = None,
        top: int = 20,
        figsize: Size = None,
        title: str | None = None,
        currency: str | None = None,
    ) -> Axes:
        """Signs of poor or bought traffic, segment by segment: `dtanalytics.plots.quality_signals`."""
        from dtanalytics.plots.quality import quality_signals

        return quality_signals(
            self._calls.quality(by), ax=ax, top=top, figsize=figsize, title=title, currency=currency
        )

    def retention(
        self,
        *,
        ax: Axes | None = None,
        metric: str = "active_share",
        figsize: Size = None,
        title: str | None = None,
        currency: str | None = None,
    ) -> Axes:
        """How many of each week's new callers call again: `dtanalytics.plots.retention`."""
        from dtanalytics.plots.cohorts import retention

        return retention(
            self._calls.cohort_grid(), ax=ax, metric=metric, figsize=figsize, title=title, currency=currency
        )

    def keyword_values(
        self,
        level: str = "keyword",
        *,
        ax: Axes | None = None,
        top: int = 60,
        figsize: Size = None,
        title: str | None = None,
        currency: str | None = None,
    ) -> Axes:
        """Value of a call against the number of calls: `dtanalytics.plots.keyword_values`."""
        from dtanalytics.plots.keywords import keyword_values

        return keyword_values(
            self._calls.keyword_value(level), ax=ax, top=top, figsize=figsize, title=title, currency=currency
        )

    def keyword_shrinkage(
        self,
        level: str = "keyword",
        *,
        ax: Axes | None = None,
        figsize: Size = None,
        title: str | None = None,
        currency: str | None = None,
    ) -> Axes:
        """Shrunken values over raw ones: `dtanalytics.plots.keyword_shrinkage`."""
        from dtanalytics.plots.keywords import keyword_shrinkage

        return keyword_shrinkage(
            self._calls.keyword_value(level), ax=ax, figsize=figsize, title=title, currency=currency
        )

    def rank_bands(
        self,
        level: str = "campaign",
        *,
        ax: Axes | None = None,
        top: int = 15,
        figsize: Size = None,
        title: str | None = None,
        currency: str | None = None,
    ) -> Axes:
        """Margin between rank 1 alone and all ranks: `dtanalytics.plots.rank_bands`."""
        from dtanalytics.plots.keywords import rank_bands

        table = self._calls.keywords(level, weights="estimate")
        return rank_bands(table, ax=ax, top=top, figsize=figsize, title=title, currency=currency)

    def profit_bars(
        self,
        level: str = "hour",
        *,
        ax: Axes | None = None,
        figsize: Size = None,
        title: str | None = None,
        currency: str | None = None,
    ) -> Axes:
        """Margin of each hour or device: `dtanalytics.plots.profit_bars`."""
        from dtanalytics.plots.profit import profit_bars

        return profit_bars(
            self._calls.keywords(level), ax=ax, figsize=figsize, title=title, currency=currency
        )

    def rank_mix(
        self,
        by: By = "channel",
        *,
        ax: Axes | None = None,
        top: int = 15,
        figsize: Size = None,
        title: str | None = None,
        currency: str | None = None,
    ) -> Axes:
        """Calls of each group by rank, the surest first: `dtanalytics.plots.rank_mix`."""
        from dtanalytics.plots.attribution import rank_mix

        counts = ["call_count", *(f"rank_{rank}_count" for rank in range(1, 6))]
        return rank_mix(
            self._calls.rollup(by, counts), ax=ax, top=top, figsize=figsize, title=title, currency=currency
        )

    def __repr__(self) -> str:
        """Name the pictures that there are."""
        return f"pictures of these calls, each a method: {', '.join(dir(self))}"
