"""Affiliates and other partners: whom to keep, what their traffic is like, what their lists say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from dtanalytics.accessor.methods.base import Methods

if TYPE_CHECKING:
    from dtanalytics.analysis.matching.reconcile import Reconciliation, Tolerance


class PartnerMethods(Methods):
    """Affiliates and other partners: whom to keep, what their traffic is like, what their lists say."""

    def scorecard(
        self,
        by: str | Sequence[str] = "affiliate",
        *,
        target: float | Literal["overall"] = 0.0,
        confidence: float = 0.95,
        repeats: int = 1000,
        seed: int = 0,
        flags: bool = True,
    ) -> pd.DataFrame:
        """Keep, cut or wait: `dtanalytics.analysis.partners.scorecard.scorecard`.

        Recipe of the handbook (``dtanalytics docs``): Which affiliate should I stop?
        """
        from dtanalytics.analysis.partners.scorecard import scorecard

        return scorecard(
            self._frame, by, target=target, confidence=confidence, repeats=repeats, seed=seed, flags=flags
        )

    def quality(
        self,
        by: str | Sequence[str] | None = "affiliate",
        *,
        signals: str | Sequence[str] | None = None,
        buffers: Mapping[Any, float] | None = None,
        hours: tuple[int, int] = (0, 6),
        false_discovery_rate: float = 0.05,
    ) -> pd.DataFrame:
        """Signs of poor or bought traffic: `dtanalytics.analysis.partners.quality.quality`.

        Recipe of the handbook (``dtanalytics docs``): Which affiliate sends calls that look made up?
        """
        from dtanalytics.analysis.partners.quality import quality

        return quality(
            self._frame,
            by,
            signals=signals,
            buffers=buffers,
            hours=hours,
            false_discovery_rate=false_discovery_rate,
        )

    def watch(
        self,
        by: str | Sequence[str] | None = "affiliate",
        *,
        metrics: str | Sequence[str] | None = None,
        start: Any = None,
        now: Any = None,
        weeks: int = 8,
        false_alarm_rate: float = 0.05,
        settle_days: int = 7,
    ) -> pd.DataFrame:
        """Segments that have left their own past: `dtanalytics.analysis.watch.watch.watch`.

        Recipe of the handbook (``dtanalytics docs``): What has left its past, and since when?
        """
        from dtanalytics.analysis.watch.watch import watch

        return watch(
            self._frame,
            by,
            metrics=metrics,
            start=start,
            now=now,
            weeks=weeks,
            false_alarm_rate=false_alarm_rate,
            settle_days=settle_days,
        )

    def cohorts(self, by: str | Sequence[str] | None = None, *, confidence: float = 0.95) -> pd.DataFrame:
        """Callers by the week of their first call: `dtanalytics.analysis.partners.cohorts.cohorts`.

        Recipe of the handbook (``dtanalytics docs``): Do the callers of an affiliate come back?
        """
        from dtanalytics.analysis.partners.cohorts import cohorts

        return cohorts(self._frame, by, confidence=confidence)

    def cohort_grid(self, by: str | Sequence[str] | None = None) -> pd.DataFrame:
        """Each week's new callers from week to week: `dtanalytics.analysis.partners.cohorts.cohort_grid`.

        Recipe of the handbook (``dtanalytics docs``): In which week do callers come back?
        """
        from dtanalytics.analysis.partners.cohorts import cohort_grid

        return cohort_grid(self._frame, by)

    def overlap(self, other: Any, *, tolerance: Any = "2min") -> pd.DataFrame:
        """Calls that another platform saw, too: `dtanalytics.analysis.matching.overlap.overlap`.

        Recipe of the handbook (``dtanalytics docs``): Calls that both platforms saw
        """
        from dtanalytics.analysis.matching.overlap import overlap

        return overlap(self._frame, other, tolerance=tolerance)

    def reconcile(
        self,
        ledger: Any,
        on: str | Sequence[str] = "sid",
        names: Mapping[Any, str] | None = None,
        tolerance: Tolerance = "5min",
        *,
        money: Literal["revenue", "payout"] = "revenue",
        fields: Sequence[str] | None = None,
        net: bool = False,
        decimal: Literal[".", ","] | None = None,
        dayfirst: bool | None = None,
        timezone: str | None = None,
        sheet: str | int | None = None,
        encoding: str | None = None,
        delimiter: str | None = None,
    ) -> Reconciliation:
        """Compare with a partner's list of calls: `dtanalytics.analysis.matching.reconcile.reconcile`.

        Recipe of the handbook (``dtanalytics docs``): Reconcile a buyer's list
        """
        from dtanalytics.analysis.matching.reconcile import reconcile

        return reconcile(
            self._frame,
            ledger,
            on,
            names,
            tolerance,
            money=money,
            fields=fields,
            net=net,
            decimal=decimal,
            dayfirst=dayfirst,
            timezone=timezone,
            sheet=sheet,
            encoding=encoding,
            delimiter=delimiter,
        )
