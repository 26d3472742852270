"""Shrinkage: what a small group's rate or mean is worth once its siblings have been seen.

A group with few calls is pulled towards the others, as far as the groups resemble each other and
as far as its own calls are few. How much they resemble each other is itself uncertain, so it is
integrated over (a grid of weighted points) and not just plugged in: with few groups a plugged-in
value makes intervals that are too short (Laird and Louis 1987, doi:10.1080/01621459.1987.10478490).
"""

from dtanalytics.analysis.shrinkage.means import (
    POOLED_DEGREES,
    NormalPrior,
    ShrunkenMeans,
    fit_normal,
    moderated_variance,
    shrink_means,
)
from dtanalytics.analysis.shrinkage.rates import BetaPrior, ShrunkenRates, fit_beta_binomial, shrink_rates

__all__ = [
    "POOLED_DEGREES",
    "BetaPrior",
    "NormalPrior",
    "ShrunkenMeans",
    "ShrunkenRates",
    "fit_beta_binomial",
    "fit_normal",
    "moderated_variance",
    "shrink_means",
    "shrink_rates",
]
