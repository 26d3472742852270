"""Buyers: calls that found none, caps, calls at the same time, length of talk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from dtanalytics.accessor.methods.base import Methods


class SupplyMethods(Methods):
    """Buyers: calls that found none, caps, calls at the same time, length of talk."""

    def unsold(
        self, by: str | Sequence[str] | None = None, *, hours: float = 24.0, confidence: float = 0.95
    ) -> pd.DataFrame:
        """Calls that found no buyer, and their worth: `dtanalytics.analysis.supply.unsold.unsold`.

        Recipe of the handbook (``dtanalytics docs``): What do unsold calls cost?
        """
        from dtanalytics.analysis.supply.unsold import unsold

        return unsold(self._frame, by, hours=hours, confidence=confidence)

    def capacity_to_buy(
        self,
        by: str | Sequence[str] = ("lf_state", "call_hour"),
        *,
        statuses: Sequence[str] = ("No Buyer", "Affiliate Cap"),
        hours: float = 24.0,
        confidence: float = 0.95,
    ) -> pd.DataFrame:
        """Where capacity would keep the most margin: `dtanalytics.analysis.supply.unsold.capacity_to_buy`.

        Recipe of the handbook (``dtanalytics docs``): Where would more capacity pay?
        """
        from dtanalytics.analysis.supply.unsold import capacity_to_buy

        return capacity_to_buy(self._frame, by, statuses=statuses, hours=hours, confidence=confidence)

    def concurrency(self, by: str | Sequence[str] | None = "advertiser") -> pd.DataFrame:
        """The most calls at the same time: `dtanalytics.analysis.supply.capacity.concurrency`.

        Recipe of the handbook (``dtanalytics docs``): How many agents does a buyer need?
        """
        from dtanalytics.analysis.supply.capacity import concurrency

        return concurrency(self._frame, by)

    def cap_hours(
        self, by: str | Sequence[str] = "affiliate", *, false_discovery_rate: float = 0.05
    ) -> pd.DataFrame:
        """The hour from which a cap bites: `dtanalytics.analysis.supply.capacity.cap_hours`.

        Recipe of the handbook (``dtanalytics docs``): When is an offer full?
        """
        from dtanalytics.analysis.supply.capacity import cap_hours

        return cap_hours(self._frame, by, false_discovery_rate=false_discovery_rate)

    def durations(
        self, by: str | Sequence[str] | None = None, *, width: int = 10, longest: int = 600
    ) -> pd.DataFrame:
        """Connected calls by length of talk: `dtanalytics.analysis.supply.talk.durations`.

        Recipe of the handbook (``dtanalytics docs``): How long do calls last?
        """
        from dtanalytics.analysis.supply.talk import durations

        return durations(self._frame, by, width=width, longest=longest)

    def survival(
        self, by: str | Sequence[str] | None = None, *, longest: int | None = None, confidence: float = 0.95
    ) -> pd.DataFrame:
        """Share of calls that talk longer: `dtanalytics.analysis.supply.talk.survival`.

        Recipe of the handbook (``dtanalytics docs``): How many calls are still on the line after a minute?
        """
        from dtanalytics.analysis.supply.talk import survival

        return survival(self._frame, by, longest=longest, confidence=confidence)

    def buffers(
        self, by: str | Sequence[str] = "offer", side: str = "offer", given: Mapping[str, float] | None = None
    ) -> pd.DataFrame:
        """Talk time from which calls qualify: `dtanalytics.analysis.supply.talk.buffers`.

        Recipe of the handbook (``dtanalytics docs``): Which buffer does an offer really apply?
        """
        from dtanalytics.analysis.supply.talk import buffers

        return buffers(self._frame, by, side, given)
