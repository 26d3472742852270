"""Test a margin per call against a target where few calls bring most of the money.

A segment whose rare sale has not come yet looks poor and sure: its calls hardly differ. So its callers are
not asked how much they vary, but how they would vary if the target were true: their own amounts, and a few
of the other segments', are weighted anew (tilted exponentially) until the mean is the target. Below that
distribution lies what the segment earned, and how often that happens is the p-value.
"""

from __future__ import annotations

import numpy as np

from dtanalytics.stats.callers import Callers
from dtanalytics.stats.intervals import Floats
from dtanalytics.stats.shrink_means import POOLED_DEGREES

_AMOUNTS = 64  # different amounts that stand for those of all segments
_STEEPEST = 30.0  # exponent of the largest amount; what needs more has no amount on the target's other side
_HALVINGS = 36


def tilted_test(callers: Callers, target: float, price: float = np.nan) -> tuple[Floats, Floats]:
    """Test each group's ratio of sums against a target.

    Parameters
    ----------
    callers : Callers
        Margin and calls of each caller, by group.
    target : float [currency]
        Margin per call that is asked for.
    price : float, optional [currency]
        What a sale brings, used where no caller of any group is above the target.

    Returns
    -------
    (p_value, variance) : numpy.ndarray
        Two-sided p-value [ratio], and the variance of one caller's distance to the target, were the target
        true [currency squared]. The p-value is 1 where not one amount above the target is known: how rare
        and how large a sale is, nothing tells. Both are null where no amount is below the target, and
        where a group has no callers.

    Notes
    -----
    All segments together count as ten callers. The chance is that of a gamma distribution with the mean,
    variance and skewness of the tilted sum (Pearson's type III), taken through Student's t.

    It is weaker where the amounts of a segment are unlike those of all others: it learns from them how
    large the sale may be that a segment has not had yet.

    References
    ----------
    Efron (1981), "Nonparametric standard errors and confidence intervals", section 11, Canadian Journal
    of Statistics 9(2), doi:10.2307/3314608 (tilting). DiCiccio and Romano (1990), "Nonparametric
    confidence limits by resampling methods and least favorable families", International Statistical
    Review 58(1), doi:10.2307/1403474.

    Examples
    --------
    Two hundred calls that cost 5.00 each, where one in a hundred callers elsewhere brings 700.00:

    >>> group, value, count = np.array([0, 1, 1]), np.array([-5.0, -5, 695]), np.array([200.0, 990, 10])
    >>> p_value, _ = tilted_test(Callers(group, value, np.ones(3), count, 2), 0.0)
    >>> p_value.round(2)
    array([0.18, 0.28])
    """
    from scipy.special import gammainc, gammaincc, ndtri, stdtr

    group, groups = callers.group, callers.groups
    distance = callers.value - target * callers.denominator
    number, total = callers.per_group(np.ones(distance.size)), callers.per_group(distance)
    amounts, weight = _amounts(distance, callers.count)
    if amounts.size and not amounts[-1] > 0 and price > target:
        amounts, weight = np.append(amounts, price - target), np.append(weight, 1 / POOLED_DEGREES)
    nothing = np.full(groups, np.nan)
    if not amounts.size or amounts[0] >= 0:
        return nothing, nothing
    largest = float(np.abs(amounts).max())

    def moments(tilt: Floats, *powers: int) -> list[Floats]:
        own = callers.count * np.exp(tilt[group] * distance / largest)
        shared = weight * np.exp(np.outer(tilt, amounts / largest))
        return [np.bincount(group, own * distance**p, groups) + shared @ amounts**p for p in powers]

    low, high = np.full(groups, -_STEEPEST), np.full(groups, _STEEPEST)
    for _ in range(_HALVINGS):
        tilt = (low + high) / 2
        above = moments(tilt, 1)[0] > 0
        low, high = np.where(above, low, tilt), np.where(above, tilt, high)
    mass, square, cube = moments(tilt, 0, 2, 3)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.where(number > 0, square / mass, np.nan)
        score = total / np.sqrt(number * variance)
        skew = cube / mass / variance**1.5 / np.sqrt(number)
        shape = 4 / np.maximum(np.abs(skew), 1e-3) ** 2
        place = np.maximum(shape + np.where(skew >= 0, score, -score) * np.sqrt(shape), 0.0)
        ends = gammainc(shape, place), gammaincc(shape, place)
        one_sided = np.maximum(np.minimum(*ends), 1e-300)
        p_value = 2 * stdtr(np.maximum(number - 1, 0) + POOLED_DEGREES, ndtri(one_sided))
    p_value = np.where(tilt > 0.99 * _STEEPEST, 1.0, p_value)
    return np.where(number > 0, np.minimum(p_value, 1.0), np.nan), variance


def _amounts(distance: Floats, count: Floats) -> tuple[Floats, Floats]:
    """A few sorted amounts that represent those of all callers, and their weights, ten callers in total."""
    order = np.argsort(distance, kind="stable")
    value, many = distance[order], count[order]

    def share(measure: Floats) -> Floats:
        return measure / (measure.sum() or 1.0)

    # Bins that hold as much of the callers, of their money and of its square: rare sales keep one to
    # themselves.
    mass = share(many) + share(many * np.abs(value)) + share(many * value**2)
    bins = np.minimum((np.cumsum(mass) - mass / 2) / 3 * _AMOUNTS, _AMOUNTS - 1).astype(np.int64)
    weight = np.bincount(bins, many).astype(np.float64)
    used = weight > 0
    middle = np.bincount(bins, many * value)[used] / weight[used]
    return middle, POOLED_DEGREES * share(weight[used])
