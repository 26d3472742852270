"""What people read: tables that are laid out, and notebooks run on parameters and written as pages.

The only place that multiplies by 100.
"""

from __future__ import annotations

from dtanalytics.reports.notebooks import declared, names
from dtanalytics.reports.page import write_index
from dtanalytics.reports.runs import write
from dtanalytics.reports.tables import Table, table
from dtanalytics.reports.written import Written

__all__ = ["Table", "Written", "declared", "names", "table", "write", "write_index"]
