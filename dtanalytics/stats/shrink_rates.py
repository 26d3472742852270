"""Shrink rates of groups towards each other."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from dtanalytics.stats.intervals import Floats, as_floats, checked_confidence
from dtanalytics.stats.tree_rates import nested_rates

# Towards groups that differ: with three groups 95 % intervals cover 93 % with it, and 91 % without.
_TILT = -0.5


class ShrunkenRates(NamedTuple):
    """Shrunken rates: mean, low, high [ratio] and effective sample [calls]."""

    mean: Floats
    low: Floats
    high: Floats
    effective_sample: Floats


def shrink_rates(successes: Any, trials: Any, confidence: float = 0.95) -> ShrunkenRates:
    """Shrink the rates of groups towards each other, the small ones most.

    Parameters
    ----------
    successes, trials : array-like [calls]
        Counts, one pair a group.
    confidence : float, default 0.95 [ratio]
        Coverage of the interval, over groups.

    Returns
    -------
    ShrunkenRates
        ``mean, low, high`` [ratio] and ``effective_sample`` [calls]: how many calls would tell as
        much as the group's own and its siblings' together. A group with no trials gets the
        estimate of its siblings; counts that are null or no proportion stay null.

    Notes
    -----
    The beta-binomial model, a tree of one level (`dtanalytics.stats.tree_rates`): how much groups differ is
    learnt from them and averaged over. It is weaker where hardly any call counts: with a dozen that count in
    all groups together, the rates add up to 3 to 5 % more than the calls do.

    Examples
    --------
    >>> shrunken = shrink_rates([3, 40, 30, 50], [3, 100, 100, 100])
    >>> shrunken.mean.round(2)
    array([0.56, 0.4 , 0.32, 0.49])
    """
    checked_confidence(confidence)
    hits, n = np.broadcast_arrays(as_floats(successes), as_floats(trials))
    usable = np.flatnonzero((hits >= 0) & (hits <= n))
    found = np.full((4, hits.size), np.nan)
    if usable.size and n[usable].sum() > 0:
        rates = nested_rates(hits[usable], n[usable], [np.zeros(usable.size, dtype=np.int64)], _TILT)
        low, high = rates.interval(confidence)
        if not hits[usable].any():
            low = np.zeros(usable.size)
        if np.array_equal(hits[usable], n[usable]):
            high = np.ones(usable.size)
        found[:, usable] = [rates.mean, low, high, rates.effective_sample]
    return ShrunkenRates(*found)
