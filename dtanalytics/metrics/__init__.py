"""Each measure and metric once: definitions, formulas over measures, the dictionary, units."""

from dtanalytics.metrics.dictionary import metric, metrics

__all__ = ["metric", "metrics"]
