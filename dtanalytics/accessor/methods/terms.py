"""Terms of offers and affiliates: what other ones would have brought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from dtanalytics.accessor.methods.base import Methods

if TYPE_CHECKING:
    from dtanalytics.analysis.terms.break_even import Buffers
    from dtanalytics.analysis.terms.terms import Terms


class TermMethods(Methods):
    """Terms of offers and affiliates: what other ones would have brought."""

    def what_if(
        self,
        offers: Terms | None = None,
        affiliates: Terms | None = None,
        by: str | Sequence[str] | None = "affiliate",
        *,
        total: bool = False,
        offer_buffers: Mapping[str, float] | None = None,
        affiliate_buffers: Mapping[str, float] | None = None,
        confidence: float = 0.95,
        repeats: int = 1000,
        seed: int = 0,
    ) -> pd.DataFrame:
        """The same calls under other terms: `dtanalytics.analysis.terms.what_if.what_if`.

        Recipe of the handbook (``dtanalytics docs``): What would a longer buffer or a lower price cost?
        """
        from dtanalytics.analysis.terms.what_if import what_if

        return what_if(
            self._frame,
            offers,
            affiliates,
            by,
            total=total,
            offer_buffers=offer_buffers,
            affiliate_buffers=affiliate_buffers,
            confidence=confidence,
            repeats=repeats,
            seed=seed,
        )

    def flipped_calls(
        self,
        offers: Terms | None = None,
        affiliates: Terms | None = None,
        *,
        offer_buffers: Mapping[str, float] | None = None,
        affiliate_buffers: Mapping[str, float] | None = None,
    ) -> pd.DataFrame:
        """Calls that other terms decide otherwise: `dtanalytics.analysis.terms.what_if.flipped_calls`.

        Recipe of the handbook (``dtanalytics docs``): Which calls would no longer count?
        """
        from dtanalytics.analysis.terms.what_if import flipped_calls

        return flipped_calls(
            self._frame,
            offers,
            affiliates,
            offer_buffers=offer_buffers,
            affiliate_buffers=affiliate_buffers,
        )

    def break_even(
        self,
        offers: Buffers | None = None,
        affiliates: Buffers | None = None,
        *,
        offer_buffers: Mapping[str, float] | None = None,
        affiliate_buffers: Mapping[str, float] | None = None,
        confidence: float = 0.95,
        repeats: int = 1000,
        seed: int = 0,
    ) -> pd.DataFrame:
        """The price at which a buffer costs nothing: `dtanalytics.analysis.terms.break_even.break_even`.

        Recipe of the handbook (``dtanalytics docs``): At which price does a longer buffer cost nothing?
        """
        from dtanalytics.analysis.terms.break_even import break_even

        return break_even(
            self._frame,
            offers,
            affiliates,
            offer_buffers=offer_buffers,
            affiliate_buffers=affiliate_buffers,
            confidence=confidence,
            repeats=repeats,
            seed=seed,
        )
