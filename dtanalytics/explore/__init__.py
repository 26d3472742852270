"""Looking before asking: a board whose charts filter each other, and tables that sort and filter."""

from __future__ import annotations

from dtanalytics.explore.board import Board
from dtanalytics.explore.opening import explore
from dtanalytics.explore.tables import Shown, show

__all__ = ["Board", "Shown", "explore", "show"]
