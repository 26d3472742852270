"""Every field of both reports, once: name, type, unit, personal or not, spelling on the wire, meaning.

Whatever depends on a field (decoding, empty frames, the data dictionary, masks, the emulator's
rows, the cache's fingerprint) is derived from here. To add a field, add a line to `leadflow` or `bids`.
"""

from dtanalytics.schema.bids import BIDS
from dtanalytics.schema.dictionary import ALL_REPORTS, REPORTS, fields
from dtanalytics.schema.leadflow import LEAD_STATUSES, LEADFLOW
from dtanalytics.schema.platforms import ATTRIBUTION, PLATFORM_REPORTS, PLATFORM_TITLES
from dtanalytics.schema.report import (
    ARROW_TYPES,
    EASTERN,
    PANDAS_TYPES,
    TIMEZONE,
    Field,
    Kind,
    Personal,
    Report,
    Version,
)

__all__ = [
    "ALL_REPORTS",
    "ARROW_TYPES",
    "ATTRIBUTION",
    "BIDS",
    "EASTERN",
    "LEADFLOW",
    "LEAD_STATUSES",
    "PANDAS_TYPES",
    "PLATFORM_REPORTS",
    "PLATFORM_TITLES",
    "REPORTS",
    "TIMEZONE",
    "Field",
    "Kind",
    "Personal",
    "Report",
    "Version",
    "fields",
]
