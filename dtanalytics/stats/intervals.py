"""Intervals for rates and for their differences, and false-discovery control.

Everything takes numbers, arrays or Series and answers with floats or arrays of the same length;
null is NaN, and null in is null out. Shrinkage of small groups stands in ``shrinkage``, money per
call with its interval in ``bootstrap``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dtanalytics.errors import InputError

Floats = npt.NDArray[np.float64]


def as_floats(values: Any) -> Floats:
    """Read numbers, nullable or Decimal ones too, as floats; null becomes NaN."""
    if isinstance(values, np.ndarray) and values.ndim and values.dtype.kind in "iuf":
        return values.astype(np.float64, copy=False)
    if np.ndim(values) == 0:
        return np.asarray(np.nan if pd.isna(values) else float(values))
    return pd.Series(values).to_numpy(dtype=np.float64, na_value=np.nan)


def checked_confidence(confidence: float) -> float:
    """Return a confidence between 0 and 1, or raise InputError (95 instead of 0.95)."""
    if not 0 < confidence < 1:
        raise InputError(f"confidence is {confidence!r}: give a ratio between 0 and 1, such as 0.95")
    return confidence


def normal_quantile(confidence: float) -> float:
    """Half width, in standard deviations, of a central interval of that confidence.

    Examples
    --------
    >>> round(normal_quantile(0.95), 6)
    1.959964
    """
    from scipy.special import ndtri

    return float(ndtri(0.5 + checked_confidence(confidence) / 2))


def wilson(
    successes: Any, trials: Any, confidence: float = 0.95, design_effect: Any = 1.0
) -> tuple[Floats, Floats]:
    """Wilson's score interval of a rate.

    Parameters
    ----------
    successes, trials : number or array-like [calls]
        Counts; they broadcast against each other.
    confidence : float, default 0.95 [ratio]
        Coverage of the interval.
    design_effect : number or array-like, default 1 [ratio]
        Calls that tell as much as one independent call: above 1 where callers call again, see
        `dtanalytics.analysis.clustering`.

    Returns
    -------
    (low, high) : tuple of float or numpy.ndarray [ratio]
        Limits within 0 and 1. Null where there are no trials, where a count is null, and where the
        counts are no proportion (more successes than trials, or fewer than none).

    Raises
    ------
    InputError
        The confidence is not between 0 and 1.

    Notes
    -----
    With a design effect the interval is that of trials / design_effect independent calls. Its coverage
    goes up and down with the number of trials; at a rate of 90 % of 100 calls it is 93.5 %.

    References
    ----------
    Brown, Cai and DasGupta (2001), "Interval estimation for a binomial proportion", Statistical
    Science 16(2), doi:10.1214/ss/1009213286.

    Examples
    --------
    >>> low, high = wilson([8, 0], [10, 0])
    >>> low.round(4), high.round(4)
    (array([0.4902,    nan]), array([0.9433,    nan]))
    """
    hits, n, effect = np.broadcast_arrays(as_floats(successes), as_floats(trials), as_floats(design_effect))
    usable = (n > 0) & (hits >= 0) & (hits <= n)
    n = np.where(usable, n, np.nan)
    hits, n = hits / effect, n / effect
    z = normal_quantile(confidence)
    rate = hits / n
    centre = rate + z * z / (2 * n)
    half = z * np.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    # Exactly 0 and 1 at the ends: the formula leaves a rounding error there.
    low = np.where(usable & (hits == 0), 0.0, (centre - half) / scale)
    high = np.where(usable & (hits == n), 1.0, (centre + half) / scale)
    return low[()], high[()]


def newcombe(
    successes: Any,
    trials: Any,
    other_successes: Any,
    other_trials: Any,
    confidence: float = 0.95,
    design_effect: Any = 1.0,
    other_design_effect: Any = 1.0,
) -> tuple[Floats, Floats]:
    """Newcombe's hybrid score interval of the difference of two independent rates.

    Parameters
    ----------
    successes, trials : number or array-like [calls]
        Counts of the rate from which the other one is subtracted.
    other_successes, other_trials : number or array-like [calls]
        Counts of the rate that is subtracted.
    confidence : float, default 0.95 [ratio]
        Coverage of the interval.
    design_effect, other_design_effect : number or array-like, default 1 [ratio]
        As for `wilson`, of each rate.

    Returns
    -------
    (low, high) : tuple of float or numpy.ndarray [ratio]
        Limits within -1 and 1; null where one of the two rates has no interval of its own
        (see `wilson`).

    Raises
    ------
    InputError
        The confidence is not between 0 and 1.

    References
    ----------
    Newcombe (1998), "Interval estimation for the difference between independent proportions",
    method 10, Statistics in Medicine 17,
    doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I.

    Examples
    --------
    >>> low, high = newcombe(56, 70, 48, 80)
    >>> round(float(low), 4), round(float(high), 4)
    (0.0524, 0.3339)
    """
    hits, n = as_floats(successes), as_floats(trials)
    other_hits, other_n = as_floats(other_successes), as_floats(other_trials)
    low, high = wilson(hits, n, confidence, design_effect)
    other_low, other_high = wilson(other_hits, other_n, confidence, other_design_effect)
    rate = hits / np.where(n > 0, n, np.nan)
    other_rate = other_hits / np.where(other_n > 0, other_n, np.nan)
    difference = rate - other_rate
    below = np.hypot(rate - low, other_high - other_rate)
    above = np.hypot(high - rate, other_rate - other_low)
    return difference - below, difference + above


def benjamini_hochberg(p_values: Any) -> Floats:
    """Adjust p-values for their number: q-values after Benjamini and Hochberg.

    Whoever acts on each q-value up to 0.05 is wrong in at most 5 % of these acts on average.

    Parameters
    ----------
    p_values : array-like [ratio]
        One p-value a test; null where a test could not be made.

    Returns
    -------
    numpy.ndarray [ratio]
        q-values in the order given; null stays null and does not count as a test.

    References
    ----------
    Benjamini and Hochberg (1995), "Controlling the false discovery rate", J. R. Statist. Soc. B
    57(1), doi:10.1111/j.2517-6161.1995.tb02031.x.

    Examples
    --------
    >>> benjamini_hochberg([0.01, None, 0.04, 0.03])
    array([0.03,  nan, 0.04, 0.04])
    """
    p = np.atleast_1d(as_floats(p_values))
    q = np.full(p.shape, np.nan)
    order = np.argsort(p, kind="stable")[: int(np.isfinite(p).sum())]  # null sorts last
    if order.size:
        scaled = p[order] * order.size / np.arange(1, order.size + 1)
        q[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return q
