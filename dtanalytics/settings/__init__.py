"""What the user configured: arguments first, then the environment, then ``.env``; secrets stay wrapped.

Each value is read when it is set: right, or a ``ConfigError`` that names its variable. A credential goes
to the vendor, or to an address that was set in the same place as the credential.
"""

from __future__ import annotations

from dtanalytics.settings.force import current, in_force, process_wide, using
from dtanalytics.settings.model import Settings, problems_outside
from dtanalytics.settings.origins import LOOPBACK, origin_of
from dtanalytics.settings.outside import SECRETS, VARIABLES

__all__ = [
    "LOOPBACK",
    "SECRETS",
    "VARIABLES",
    "Settings",
    "current",
    "in_force",
    "origin_of",
    "problems_outside",
    "process_wide",
    "using",
]
