"""What calls earned, over time and by group, and why it changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from dtanalytics.accessor.methods.base import Methods

if TYPE_CHECKING:
    from dtanalytics.analysis.money.periods import Against
    from dtanalytics.rollup.table import Having, Sort, Total


class MoneyMethods(Methods):
    """What calls earned, over time and by group, and why it changed."""

    def rollup(
        self,
        by: str | Sequence[str] | None = None,
        metrics: str | Sequence[str] | None = None,
        *,
        total: Total = False,
        having: Having | None = None,
        top: int | None = None,
        sort: Sort | None = None,
        columns: str | None = None,
        exact: bool = True,
        explain: bool = False,
    ) -> Any:
        """Sum by group and work out metrics: `dtanalytics.rollup.rollup`.

        Recipe of the handbook (``dtanalytics docs``): A metric of my own
        """
        from dtanalytics.rollup import rollup

        return rollup(
            self._frame,
            by,
            metrics,
            total=total,
            having=having,
            top=top,
            sort=sort,
            columns=columns,
            exact=exact,
            explain=explain,
        )

    def margin(
        self,
        by: str | Sequence[str] | None = None,
        *,
        total: Total = False,
        having: Having | None = None,
        top: int | None = None,
        sort: Sort | None = None,
        columns: str | None = None,
    ) -> pd.DataFrame:
        """Calls, revenue, payout and what is left: `dtanalytics.analysis.money.overview.margin`.

        Recipe of the handbook (``dtanalytics docs``): Who earns the margin?
        """
        from dtanalytics.analysis.money.overview import margin

        return margin(self._frame, by, total=total, having=having, top=top, sort=sort, columns=columns)

    def qualification(
        self,
        by: str | Sequence[str] | None = None,
        *,
        confidence: float = 0.95,
        total: Total = False,
        having: Having | None = None,
        top: int | None = None,
        sort: Sort = "name",
    ) -> pd.DataFrame:
        """Qualification of both sides with intervals: `dtanalytics.analysis.money.overview.qualification`.

        Recipe of the handbook (``dtanalytics docs``): How many calls of an affiliate qualify, and how sure?
        """
        from dtanalytics.analysis.money.overview import qualification

        return qualification(
            self._frame, by, confidence=confidence, total=total, having=having, top=top, sort=sort
        )

    def funnel(
        self,
        by: str | Sequence[str] | None = None,
        *,
        total: Total = False,
        having: Having | None = None,
        top: int | None = None,
        sort: Sort = "name",
        columns: str | None = None,
    ) -> pd.DataFrame:
        """Step by step from call to payment: `dtanalytics.analysis.money.overview.funnel`.

        Recipe of the handbook (``dtanalytics docs``): How many calls get as far as being paid?
        """
        from dtanalytics.analysis.money.overview import funnel

        return funnel(self._frame, by, total=total, having=having, top=top, sort=sort, columns=columns)

    def trend(
        self,
        freq: str = "D",
        by: str | Sequence[str] | None = None,
        metrics: str | Sequence[str] | None = None,
        *,
        as_of: Any = None,
        settle_days: int = 7,
        vintages: pd.DataFrame | None = None,
        value: str = "rows",
    ) -> pd.DataFrame:
        """Metrics over time, unsettled periods marked: `dtanalytics.analysis.money.trend.trend`.

        Recipe of the handbook (``dtanalytics docs``): How does a metric move over time?
        """
        from dtanalytics.analysis.money.trend import trend

        return trend(
            self._frame,
            freq,
            by,
            metrics,
            as_of=as_of,
            settle_days=settle_days,
            vintages=vintages,
            value=value,
        )

    def heatmap(self, metric: str = "call_count") -> pd.DataFrame:
        """Weekday by hour: `dtanalytics.analysis.money.heatmap.heatmap`.

        Recipe of the handbook (``dtanalytics docs``): Calls by hour and weekday, as numbers
        """
        from dtanalytics.analysis.money.heatmap import heatmap

        return heatmap(self._frame, metric)

    def state_map(self, metric: str = "margin", state: str = "lf_state") -> pd.DataFrame:
        """A metric of each state and its tile: `dtanalytics.analysis.money.state_map.state_map`.

        Recipe of the handbook (``dtanalytics docs``): Which states bring the margin?
        """
        from dtanalytics.analysis.money.state_map import state_map

        return state_map(self._frame, metric, state)

    def compare(
        self,
        other: Any = None,
        by: str | Sequence[str] | None = None,
        *,
        against: Against | None = None,
        days: int | None = None,
        metrics: str | Sequence[str] | None = None,
        confidence: float = 0.95,
        repeats: int = 1000,
        seed: int = 0,
    ) -> pd.DataFrame:
        """Differences from an earlier frame, with intervals: `dtanalytics.analysis.money.compare.compare`.

        Recipe of the handbook (``dtanalytics docs``): Which affiliate got worse?
        """
        from dtanalytics.analysis.money.compare import compare

        return compare(
            self._frame,
            other,
            by,
            against=against,
            days=days,
            metrics=metrics,
            confidence=confidence,
            repeats=repeats,
            seed=seed,
        )

    def bridge(
        self,
        other: Any,
        by: str | Sequence[str] = "affiliate",
        *,
        symmetric: bool = False,
        sides: bool = False,
        total: bool = False,
    ) -> pd.DataFrame:
        """Why margin changed since an earlier frame: `dtanalytics.analysis.money.bridge.bridge`.

        Recipe of the handbook (``dtanalytics docs``): Why is this month worse than the last?
        """
        from dtanalytics.analysis.money.bridge import bridge

        return bridge(self._frame, other, by, symmetric=symmetric, sides=sides, total=total)

    def matrix(self, by: str | Sequence[str] | None = None) -> pd.DataFrame:
        """Who paid and who was paid: `dtanalytics.analysis.money.matrix.matrix`.

        Recipe of the handbook (``dtanalytics docs``): Which affiliate is paid for calls that nobody pays for?
        """
        from dtanalytics.analysis.money.matrix import matrix

        return matrix(self._frame, by)

    def pacing(
        self, metric: str = "margin", *, last_day: Any = None, weeks: int = 8, confidence: float = 0.9
    ) -> pd.DataFrame:
        """The month against earlier ones, with a forecast: `dtanalytics.analysis.money.pacing.pacing`.

        Recipe of the handbook (``dtanalytics docs``): Where will the month end?
        """
        from dtanalytics.analysis.money.pacing import pacing

        return pacing(self._frame, metric, last_day=last_day, weeks=weeks, confidence=confidence)

    def audit(self) -> pd.DataFrame:
        """Rows that contradict themselves: `dtanalytics.analysis.money.audit.audit`.

        Recipe of the handbook (``dtanalytics docs``): Are there calls that contradict themselves?
        """
        from dtanalytics.analysis.money.audit import audit

        return audit(self._frame)
