"""Other platforms' calls in LeadFlow's table: one declared mapping a platform, one reader for all."""

from dtanalytics.platforms.importing import import_calls
from dtanalytics.platforms.read import read_calls

__all__ = ["import_calls", "read_calls"]
