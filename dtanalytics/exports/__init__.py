"""Files for ad platforms, with a preflight, and sheets for people that are safe to open.

Each ``google_*``, ``microsoft_*`` and ``sa360`` function writes one upload file and returns an
``Export``: what was written, what was refused and why, and the money at stake.
"""

from __future__ import annotations

from dtanalytics.exports.adjustments import google_adjustments
from dtanalytics.exports.google import google_clicks, google_leads
from dtanalytics.exports.microsoft import microsoft_bulk, microsoft_clicks
from dtanalytics.exports.phone import e164, hash_phone
from dtanalytics.exports.preflight import rules
from dtanalytics.exports.result import Export
from dtanalytics.exports.search_ads import sa360
from dtanalytics.exports.sheets import to_csv, to_excel
from dtanalytics.exports.upload_log import forget, sent

__all__ = [
    "Export",
    "e164",
    "forget",
    "google_adjustments",
    "google_clicks",
    "google_leads",
    "hash_phone",
    "microsoft_bulk",
    "microsoft_clicks",
    "rules",
    "sa360",
    "sent",
    "to_csv",
    "to_excel",
]


def __dir__() -> list[str]:
    """List the public names."""
    return __all__
