"""What people read: tables that are laid out, and notebooks run on parameters and written as pages.

The only place that multiplies by 100.
"""

from __future__ import annotations

from dtanalytics.reports.runs import Written, names, write, write_index
from dtanalytics.reports.tables import Table, table

__all__ = ["Table", "Written", "names", "table", "write", "write_index"]
