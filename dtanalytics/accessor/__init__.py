"""``df.calls`` and ``df.calls.plot``: what can be asked of a frame of calls, and drawn."""

from dtanalytics.accessor.calls import CallsAccessor, calls
from dtanalytics.accessor.plots import Plots

__all__ = ["CallsAccessor", "Plots", "calls"]
