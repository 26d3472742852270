"""Limits of a sum that few callers make up: wider on the side where a large amount has not come yet."""

from __future__ import annotations

import numpy as np

from dtanalytics.stats.callers import Callers
from dtanalytics.stats.intervals import Floats


def skewed_limits(
    estimate: Floats, free: Floats, confidence: float, *parts: tuple[Callers, Floats]
) -> tuple[Floats, Floats]:
    """Limits of an estimate that is a sum over callers, by Student's t corrected for their skewness.

    Parameters
    ----------
    estimate : numpy.ndarray [unit]
        One a group.
    free : numpy.ndarray
        Degrees of freedom of its variance.
    confidence : float [ratio]
        Coverage of the interval.
    *parts : (Callers, numpy.ndarray)
        Callers of the same groups, and how far one caller of each kind moves the estimate, with its sign
        (negative for what is subtracted).

    Returns
    -------
    (low, high) : numpy.ndarray [unit]
        Null with fewer than two callers.

    Notes
    -----
    Of amounts of which single ones make up most of the sum, the largest has mostly not been seen: sum and
    variance are then too small together, and an interval that is as wide below as above misses above. The
    monotone cubic transformation of the t statistic takes that out to the second order.

    References
    ----------
    Hall (1992), "On the removal of skewness by transformation", Journal of the Royal Statistical Society
    B 54(1), doi:10.1111/j.2517-6161.1992.tb01876.x.

    Examples
    --------
    >>> callers = Callers(np.zeros(2, int), np.array([0.0, 50]), np.ones(2), np.array([95.0, 5]), 1)
    >>> moves = (callers.value - 2.5) / 100
    >>> low, high = skewed_limits(np.array([2.5]), np.array([90.0]), 0.95, (callers, moves))
    >>> low.round(2), high.round(2)
    (array([0.79]), array([6.22]))
    """
    from scipy.special import stdtrit

    number, square, cube = (
        np.sum([callers.per_group(moves**power) for callers, moves in parts], axis=0) for power in (0, 2, 3)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.where(number > 1, square * number / (number - 1), np.nan)
        skew = np.where(square > 0, cube / square**1.5, 0.0)
        skew = np.where(np.abs(skew) < 1e-6, 1e-6, skew)  # the limit of what follows is Student's interval

        def limit(quantile: Floats) -> Floats:
            moved = (np.cbrt(1 + skew * (quantile - skew / 6)) - 1) * 3 / skew
            return np.asarray(estimate - np.sqrt(variance) * moved)

        quantile = stdtrit(free, (1 + confidence) / 2)
        return limit(quantile), limit(-quantile)
