"""Partners' files as they come: which cells are a table, and one grammar a column for what is in them."""

from dtanalytics.ledgers.kinds import Reading
from dtanalytics.ledgers.ledger import Ledger, read, read_ledger

__all__ = ["Ledger", "Reading", "read", "read_ledger"]
