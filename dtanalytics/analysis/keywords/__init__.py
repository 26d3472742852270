"""What keywords bring in: their calls and money, how sure that is, and what to bid for them."""

from dtanalytics.analysis.keywords.bidding import suggest_bids
from dtanalytics.analysis.keywords.confidence import pool_health, rank_weights
from dtanalytics.analysis.keywords.table import keywords
from dtanalytics.analysis.keywords.value import keyword_value
from dtanalytics.analysis.keywords.valuetrack import valuetrack

__all__ = ["keyword_value", "keywords", "pool_health", "rank_weights", "suggest_bids", "valuetrack"]
