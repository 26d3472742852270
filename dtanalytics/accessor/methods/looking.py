"""Calls to look at: charts that filter each other."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import TYPE_CHECKING

from dtanalytics.accessor.methods.base import Methods

if TYPE_CHECKING:
    from dtanalytics.explore.board import Board


class LookingMethods(Methods):
    """Calls to look at: charts that filter each other."""

    def explore(
        self,
        by: str | Sequence[str] = ("affiliate", "offer"),
        metric: str = "margin",
        *,
        include: str | Iterable[Hashable] = (),
    ) -> Board:
        """Look at calls in charts that filter each other: `dtanalytics.explore.opening.explore`.

        Recipe of the handbook (``dtanalytics docs``): See which calls are behind a figure
        """
        from dtanalytics.explore.opening import explore

        return explore(self._frame, by, metric, include=include)
