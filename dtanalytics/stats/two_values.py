"""Limits of a mean of two values, as of no sale or one at a fixed price, and of a mean that never varied."""

from __future__ import annotations

import numpy as np

from dtanalytics.stats.callers import Callers
from dtanalytics.stats.intervals import Floats, wilson

_TWICE = 2  # callers with each of the values: one sale does not tell that the next brings the same


def two_valued_limits(callers: Callers, confidence: float) -> tuple[Floats, Floats]:
    """Wilson's limits of a mean of two values, which says how often the larger one comes.

    Parameters
    ----------
    callers : Callers
        Sums by caller.
    confidence : float [ratio]
        Coverage of the interval.

    Returns
    -------
    (low, high) : numpy.ndarray [unit]
        One a group; null unless each of its callers has one call, and brings one of two amounts, each
        brought by at least two callers.

    Notes
    -----
    Such a mean is a rate, stretched. An interval that does not know that both amounts are fixed is too wide:
    of nominal 95 % intervals up to 99 % hold the truth.

    References
    ----------
    Brown, Cai and DasGupta (2001), "Interval estimation for a binomial proportion", Statistical
    Science 16(2), doi:10.1214/ss/1009213286.

    Examples
    --------
    Two of ten callers bring 30, which is Wilson's interval of 2 of 10, times 30:

    >>> callers = Callers(np.zeros(2, int), np.array([0.0, 30]), np.ones(2), np.array([8.0, 2]), 1)
    >>> low, high = two_valued_limits(callers, 0.95)
    >>> low.round(2), high.round(2)
    (array([1.7]), array([15.3]))
    """
    kinds = np.bincount(callers.group, minlength=callers.groups)
    low, high = np.full((2, callers.groups), np.nan)
    pairs = np.flatnonzero(kinds == 2)
    first = (np.cumsum(kinds) - kinds)[pairs]  # callers are sorted by group
    second = first + 1
    fixed = (callers.denominator[first] == 1) & (callers.denominator[second] == 1)
    fixed &= np.minimum(callers.count[first], callers.count[second]) >= _TWICE
    pairs, first, second = pairs[fixed], first[fixed], second[fixed]
    one, other = callers.value[first], callers.value[second]
    limits = wilson(callers.count[second], callers.count[first] + callers.count[second], confidence)
    ends = [one + (other - one) * limit for limit in limits]
    low[pairs], high[pairs] = np.minimum(*ends), np.maximum(*ends)
    return low, high


def unvaried_limits(callers: Callers, confidence: float) -> tuple[Floats, Floats]:
    """Limits of a mean of which all callers of a group bring the same, such as nothing at all.

    Parameters
    ----------
    callers : Callers
        Sums by caller, of all groups.
    confidence : float [ratio]
        Coverage of the interval.

    Returns
    -------
    (low, high) : numpy.ndarray [unit]
        One a group; null where callers differ, where there are fewer than two, and where no other group
        tells what else a caller may bring.

    Notes
    -----
    How often another amount may come follows from the number of callers who did not bring it (Wilson's upper
    limit of a rate of 0), how much it is from the callers of all groups: the mean of what is larger, or
    smaller.

    Examples
    --------
    Nobody of ten brings anything; of others, some bring 30:

    >>> value, count = np.array([0.0, 0, 30]), np.array([10.0, 8, 2])
    >>> low, high = unvaried_limits(Callers(np.array([0, 1, 1]), value, np.ones(3), count, 2), 0.95)
    >>> low.round(2), high.round(2)
    (array([ 0., nan]), array([8.33,  nan]))
    """
    low, high = np.full((2, callers.groups), np.nan)
    asked = callers.denominator > 0
    group, count = callers.group[asked], callers.count[asked]
    each = callers.value[asked] / callers.denominator[asked]
    if not each.size:
        return low, high
    least, most = np.full(callers.groups, np.inf), np.full(callers.groups, -np.inf)
    np.minimum.at(least, group, each)
    np.maximum.at(most, group, each)
    number = np.bincount(group, count, callers.groups)
    seldom = wilson(np.zeros(callers.groups), np.maximum(number, 1), confidence)[1]
    alike = (least == most) & (number > 1)
    for value in np.unique(least[alike]):
        mine = alike & (least == value)
        above, below = each > value, each < value
        if not (above | below).any():
            continue
        up, down = (
            np.average(each[side] - value, weights=count[side]) if side.any() else 0.0
            for side in (above, below)
        )
        low[mine], high[mine] = value + down * seldom[mine], value + up * seldom[mine]
    return low, high
