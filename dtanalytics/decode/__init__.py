"""Answers of the service, as bytes, to one typed Arrow table: never by inference, never altered.

Two ways read the same records. The fast one (Arrow's own JSON reader with the explicit schema) must
prove that it read everything as declared; whatever it cannot prove is read by the exact one, value
by value. Absent values come as null or as ``""``, which the vendor prints interchangeably: both are
null. What the schema does not know is kept as JSON text in ``extra`` and named in ``drift``.
"""

from __future__ import annotations

from dtanalytics.decode.drift import drift_in, is_missing, warn_drift
from dtanalytics.decode.page_decoder import PageDecoder
from dtanalytics.decode.pages import Decoded, decode_page, decode_pages, iter_tables
from dtanalytics.decode.wall_clock import resolve, wall_clock

__all__ = [
    "Decoded",
    "PageDecoder",
    "decode_page",
    "decode_pages",
    "drift_in",
    "is_missing",
    "iter_tables",
    "resolve",
    "wall_clock",
    "warn_drift",
]
