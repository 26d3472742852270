"""Statements: what is owed to each affiliate, or by each advertiser, and never twice.

`statement` holds the calls of a period, and of those settled before, against what issued statements
owe; `Statement.issue` remembers it.
"""

from __future__ import annotations

from dtanalytics.statements.listing import issued_statement, statements
from dtanalytics.statements.result import Statement
from dtanalytics.statements.statement import statement

__all__ = ["Statement", "issued_statement", "statement", "statements"]
