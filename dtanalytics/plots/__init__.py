"""Tables to Axes: every plot takes the table of one analysis and ``ax``, returns the Axes, never shows.

The numbers behind a picture are the table that was passed in. Names are imported on first use,
because matplotlib is slow to import.
"""

from __future__ import annotations

import importlib
from typing import Any

from dtanalytics.calling.public import public
from dtanalytics.errors import UnknownNameError, nearest

_HOMES = {
    "margin_bars": "overview",
    "qualification_rates": "overview",
    "funnel_steps": "overview",
    "waterfall": "margin",
    "mosaic": "qualification",
    "unsold_flow": "unsold",
    "capacity_to_buy": "unsold",
    "concurrency": "capacity",
    "cap_hours": "capacity",
    "pacing": "capacity",
    "heatmap": "patterns",
    "trend": "over_time",
    "state_map": "patterns",
    "durations": "talk",
    "survival": "talk",
    "before_and_after": "what_if",
    "break_even": "what_if",
    "verdicts": "scorecard",
    "control_funnel": "scorecard",
    "changes": "compare",
    "quality_signals": "quality",
    "retention": "cohorts",
    "keyword_values": "keywords",
    "keyword_shrinkage": "keywords",
    "match_rates": "attribution",
    "rank_mix": "attribution",
    "rank_bands": "keywords",
    "profit_bars": "profit",
    "gallery": "album",
    "describe": "alt",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    """Import a plot on its first use."""
    home = _HOMES.get(name)
    if home is None:
        if name.startswith("_"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        raise UnknownNameError(f"dtanalytics.plots has no {name!r}; {nearest(name, __all__)}")
    return public(getattr(importlib.import_module(f"{__name__}.{home}"), name))


def __dir__() -> list[str]:
    """List the plots, imported or not."""
    return __all__
