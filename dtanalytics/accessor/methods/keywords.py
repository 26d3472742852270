"""Paid search: what keywords bring in, and how far they can be believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from dtanalytics.accessor.methods.base import Methods

if TYPE_CHECKING:
    from dtanalytics.analysis.keywords.table import Weights
    from dtanalytics.analysis.keywords.value import Value


class KeywordMethods(Methods):
    """Paid search: what keywords bring in, and how far they can be believed."""

    def keywords(self, level: str = "keyword", *, weights: Weights = None) -> pd.DataFrame:
        """What keywords, ad groups or campaigns bring in: `dtanalytics.analysis.keywords.keywords`.

        Recipe of the handbook (``dtanalytics docs``): Margin by campaign
        """
        from dtanalytics.analysis.keywords.table import keywords

        return keywords(self._frame, level, weights=weights)

    def keyword_value(
        self,
        level: str = "keyword",
        *,
        value: Value = "margin",
        weights: Weights = None,
        confidence: float = 0.95,
    ) -> pd.DataFrame:
        """What a call is worth, few calls believed little: `dtanalytics.analysis.keywords.keyword_value`.

        Recipe of the handbook (``dtanalytics docs``): Which keywords make the calls that pay?
        """
        from dtanalytics.analysis.keywords.value import keyword_value

        return keyword_value(self._frame, level, value=value, weights=weights, confidence=confidence)

    def rank_weights(self, level: str = "keyword", *, confidence: float = 0.95) -> pd.DataFrame:
        """How far each rank's keywords can be believed: `dtanalytics.analysis.keywords.rank_weights`.

        Recipe of the handbook (``dtanalytics docs``): What is a match of each rank worth?
        """
        from dtanalytics.analysis.keywords.confidence import rank_weights

        return rank_weights(self._frame, level, confidence=confidence)

    def pool_health(self, freq: str = "W", *, confidence: float = 0.95) -> pd.DataFrame:
        """How sure the matches of each number pool are: `dtanalytics.analysis.keywords.pool_health`.

        Recipe of the handbook (``dtanalytics docs``): Has a pool enough telephone numbers?
        """
        from dtanalytics.analysis.keywords.confidence import pool_health

        return pool_health(self._frame, freq, confidence=confidence)
