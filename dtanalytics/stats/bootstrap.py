"""Money per call with its interval: a bootstrap that resamples callers, not calls.

Calls of one caller are alike, so callers are what is drawn, after Field and Welsh (2007,
doi:10.1111/j.1467-9868.2007.00593.x). Each caller's number of copies is Poisson with mean 1
(Chamandy et al. 2012, "Estimating uncertainty for massive data streams"). Callers of a group with the
same money and calls are interchangeable: their copies are drawn at once, Poisson with their number as
mean. So a million calls cost what their few thousand different callers cost.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dtanalytics.errors import InputError
from dtanalytics.stats.callers import Callers, Ints, gather_callers, number_groups
from dtanalytics.stats.intervals import Floats, as_floats, checked_confidence
from dtanalytics.stats.skewed import skewed_limits
from dtanalytics.stats.two_values import two_valued_limits, unvaried_limits

_FEW = 64  # from so many alike on, their Poisson sum is drawn as the normal it nearly is
_KINDS = 256  # kinds of callers drawn one by one in a group, those that skew it most
_BLOCK = 2_000_000  # draws held at once


def clustered_bootstrap(
    values: Any,
    denominators: Any = None,
    clusters: Any = None,
    groups: Any = None,
    *,
    repeats: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Bootstrap a ratio of sums by group, such as margin per call, resampling whole clusters.

    Parameters
    ----------
    values : array-like [unit]
        What is added up in the numerator, money for instance; null adds nothing.
    denominators : array-like, optional
        What is added up in the denominator; 1 for every row when left out. Null adds nothing.
    clusters : array-like, optional
        Whom a row belongs to, the caller for instance. Rows whose cluster is null, and all rows when
        left out, stand alone.
    groups : array-like, optional
        One label a row; null is a group of its own. One group of all rows when left out.
    repeats : int, default 1000
        Bootstrap samples.
    seed : int, default 0
        The same seed gives the same numbers.
    confidence : float, default 0.95 [ratio]
        Coverage of the interval.

    Returns
    -------
    pandas.DataFrame
        A row a group, indexed by its label and sorted: ``estimate, low, high, standard_error`` [unit]
        and ``clusters`` (their number). The ratio is null without a denominator; interval and error
        are null with fewer than two clusters.

    Raises
    ------
    InputError
        Lengths that differ, a confidence that is no ratio, fewer than 100 repeats.

    Notes
    -----
    The interval is that of the percentiles, widened by Student's t (Hesterberg 2015,
    doi:10.1080/00031305.2015.1089789). Its degrees of freedom are what the callers can tell of their own
    variance: fewer than their number where few of them make up all the money (`degrees`). An end is
    moved outwards where Student's interval, corrected for skewness, reaches further (`skewed_limits`). No
    order of the rows changes it. With 50 degrees of freedom or more it covers 94 to 97 % at 95 %, with fewer
    92 to 99 %: less where single prices make up most of the sum (what it misses then lies above it), more
    where few callers bring fixed prices. Where each caller has one call and brings one of two amounts, such
    as a fixed price or nothing, it is the interval of a rate instead (`two_valued_limits`). Where all callers
    of a group bring the same, it allows for callers who bring what those of other groups do
    (`unvaried_limits`).
    Where 64 callers or more are alike, and beyond the 256 kinds that skew a group most, the draws
    are normal with the same mean and covariance; the other kinds are drawn from their Poisson
    distributions.

    Examples
    --------
    >>> table = clustered_bootstrap([30, 0, 0, -5] * 25, clusters=list(range(50)) * 2)
    >>> float(table["estimate"].iloc[0])
    6.25
    >>> bool(2 < table["low"].iloc[0] < 5 < 8 < table["high"].iloc[0] < 11)
    True
    """
    checked_confidence(confidence)
    money = as_floats(values)
    codes, labels = number_groups(groups, len(money))
    callers = gather_callers(money, denominators, clusters, codes, len(labels))
    table = bootstrap_ratio(callers, repeats=repeats, seed=seed, confidence=confidence)
    return table.drop(columns="degrees").set_axis(labels, axis=0)


def bootstrap_ratio(
    callers: Callers, *, repeats: int = 1000, seed: int = 0, confidence: float = 0.95
) -> pd.DataFrame:
    """Bootstrap sums that are given by caller: the table of `clustered_bootstrap`, a row a group number.

    Its column ``degrees`` holds the degrees of freedom of the interval, infinite where it is that of a rate.
    """
    rng = np.random.default_rng(seed)
    at_once = max(1, _BLOCK // checked_repeats(repeats))
    parts = [
        ratio_interval(part, *draw_sums(part, repeats, rng), confidence) for part in _slices(callers, at_once)
    ]
    estimate, low, high, error, free = np.concatenate(parts, axis=1) if parts else np.empty((5, 0))
    other = unvaried_limits(callers, confidence)
    same = np.isfinite(other[0])
    low, high = np.where(same, other[0], low), np.where(same, other[1], high)
    return pd.DataFrame(
        {
            "estimate": estimate,
            "low": low,
            "high": high,
            "standard_error": error,
            "degrees": free,
            "clusters": callers.per_group(np.ones(callers.count.size)).astype(np.int64),
        }
    )


def checked_repeats(repeats: int) -> int:
    """Raise InputError for so few repeats that the interval's ends would be noise."""
    if repeats < 100:
        raise InputError(f"repeats is {repeats!r}: an interval needs at least 100, 1000 are usual")
    return repeats


def draw_sums(callers: Callers, repeats: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Draw both sums of each group, every caller with a Poisson number of copies.

    Returns
    -------
    (values, denominators) : numpy.ndarray, groups x repeats
    """
    from scipy.sparse import csr_array

    single = _drawn_singly(callers)
    values, denominators = _normal_sums(callers, ~single, repeats, rng)
    picked = np.flatnonzero(single)
    picked = picked[np.argsort(callers.count[picked], kind="stable")]
    step = max(1, _BLOCK // repeats)
    for start in range(0, picked.size, step):
        block = picked[start : start + step]
        copies = np.empty((block.size, repeats))
        counts, edges = np.unique(callers.count[block].astype(int), return_index=True)
        for count, lines in zip(counts, np.split(np.arange(block.size), edges[1:]), strict=True):
            dice = rng.integers(0, 1 << 16, size=(lines.size, repeats), dtype=np.uint16)
            copies[lines] = _poisson_table(int(count))[dice]
        where = (callers.group[block], np.arange(block.size))
        shape = (callers.groups, block.size)
        values += csr_array((callers.value[block], where), shape=shape) @ copies
        denominators += csr_array((callers.denominator[block], where), shape=shape) @ copies
    return values, denominators


def ratio_interval(callers: Callers, values: Floats, denominators: Floats, confidence: float) -> Floats:
    """Turn draws into estimate, low, high, standard error and degrees of freedom, one column a group."""
    total = callers.per_group(callers.denominator)
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate = np.where(total != 0, callers.per_group(callers.value) / total, np.nan)
        ratios = np.where(denominators > 0, values / denominators, np.nan)
    number = callers.per_group(np.ones(callers.count.size))
    moves = influence(callers) / np.where(total > 0, total, np.nan)[callers.group]
    free = degrees((callers, moves))
    low, high, error = interval(ratios, number, free, confidence)
    limits = skewed_limits(estimate, free, confidence, (callers, moves))
    low, high = np.minimum(low, limits[0]), np.maximum(high, limits[1])
    rate = two_valued_limits(callers, confidence)
    fixed = np.isfinite(rate[0])
    low, high = np.where(fixed, rate[0], low), np.where(fixed, rate[1], high)
    return np.stack([estimate, low, high, error, np.where(fixed, np.inf, free)])


def influence(callers: Callers) -> Floats:
    """Influence of one caller of each kind on the group's ratio, times the group's denominator."""
    total = callers.per_group(callers.denominator)
    mean = callers.per_group(callers.value) / np.where(total > 0, total, 1.0)
    return np.asarray(callers.value - mean[callers.group] * callers.denominator)


def degrees(*parts: tuple[Callers, Floats]) -> Floats:
    """Degrees of freedom of each group's variance, which is the sum of squares of all influences.

    The fourth moment says how well the sum is known (Satterthwaite 1946, doi:10.2307/3002019): to a
    normal sample it gives the number of clusters, to three payers of thirty about eight.

    Parameters
    ----------
    *parts : (Callers, numpy.ndarray)
        Callers of the same groups, and the influence of one caller of each kind.
    """
    number, square, fourth = (
        np.sum([callers.per_group(moves**power) for callers, moves in parts], axis=0) for power in (0, 2, 4)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        kurtosis = np.where(square > 0, number * fourth / square**2, 3.0)
        return np.asarray(np.clip(2 * number / (kurtosis - 1), 1, np.maximum(number - 1, 1)))


def interval(
    draws: Floats, clusters: Floats, free: Floats, confidence: float
) -> tuple[Floats, Floats, Floats]:
    """Low, high and standard error of draws, one row a group; null where draws are undefined.

    Parameters
    ----------
    draws : numpy.ndarray, groups x repeats
        Null draws are passed over.
    clusters, free : numpy.ndarray
        Number of clusters of each group, and its degrees of freedom; few of them widen the interval.
    confidence : float [ratio]
    """
    from scipy.special import ndtr, stdtrit

    ordered = np.sort(draws, axis=1)  # null last
    drawn = np.isfinite(ordered).sum(axis=1)
    enough = (clusters > 1) & (drawn > 1)
    number = np.where(enough, clusters, np.nan)
    widened = stdtrit(free, (1 + confidence) / 2) * np.sqrt(number / (number - 1))
    low, high = (_quantile(ordered, drawn, ndtr(z)) for z in (-widened, widened))
    return low, high, np.where(enough, _deviation(ordered, drawn), np.nan)


def _slices(callers: Callers, at_once: int) -> list[Callers]:
    """Cut callers, sorted by group, into so many groups at once, numbered from 0 in each slice."""
    starts = np.arange(0, callers.groups, at_once)
    edges = np.searchsorted(callers.group, np.append(starts, callers.groups))
    return [
        Callers(
            callers.group[low:high] - start,
            callers.value[low:high],
            callers.denominator[low:high],
            callers.count[low:high],
            min(at_once, callers.groups - int(start)),
        )
        for start, low, high in zip(starts, edges[:-1], edges[1:], strict=True)
    ]


def _drawn_singly(callers: Callers) -> npt.NDArray[np.bool_]:
    """Choose the kinds whose copies are drawn one by one: rare, and among those that skew most."""
    order = np.lexsort((-callers.count * np.abs(influence(callers)) ** 3, callers.group))
    starts = np.searchsorted(callers.group[order], np.arange(callers.groups))
    place = np.empty(order.size, dtype=np.int64)
    place[order] = np.arange(order.size) - starts[callers.group[order]]
    return (callers.count < _FEW) & (place < _KINDS)


def _normal_sums(
    callers: Callers, kinds: npt.NDArray[np.bool_], repeats: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Draw both sums over the given kinds from the normal distribution with the Poisson moments."""
    value, denominator = callers.value * kinds, callers.denominator * kinds
    spread = np.sqrt(callers.per_group(denominator**2))
    with np.errstate(invalid="ignore"):
        slope = np.where(spread > 0, callers.per_group(value * denominator) / spread, 0.0)
    rest = np.sqrt(np.maximum(callers.per_group(value**2) - slope**2, 0.0))
    common, own = rng.standard_normal((2, callers.groups, repeats))
    values = callers.per_group(value)[:, None] + slope[:, None] * common + rest[:, None] * own
    return values, callers.per_group(denominator)[:, None] + spread[:, None] * common


@lru_cache(maxsize=_FEW)
def _poisson_table(mean: int) -> npt.NDArray[np.uint8]:
    """Poisson quantiles at the middles of 65,536 equal shares: a draw is one look-up."""
    from scipy.special import pdtr

    cumulative = pdtr(np.arange(256), float(mean))
    return np.searchsorted(cumulative, (np.arange(1 << 16) + 0.5) / (1 << 16)).astype(np.uint8)


def _quantile(ordered: Floats, drawn: Ints, share: Floats) -> Floats:
    """Quantile of each sorted row by interpolation; nulls are last, `drawn` values are not null."""
    last = np.maximum(drawn - 1, 0)
    place = np.where(np.isfinite(share), share, 0.0) * last
    below = np.floor(place).astype(np.int64)
    rows = np.arange(len(ordered))
    start, end = ordered[rows, below], ordered[rows, np.minimum(below + 1, last)]
    return np.where(np.isfinite(share), start + (place - below) * (end - start), np.nan)


def _deviation(ratios: Floats, drawn: Ints) -> Floats:
    """Standard deviation of each row, null passed over."""
    known = np.isfinite(ratios)
    number = np.maximum(drawn, 1)
    mean = np.where(known, ratios, 0.0).sum(axis=1) / number
    square = np.where(known, ratios - mean[:, None], 0.0) ** 2
    return np.asarray(np.sqrt(square.sum(axis=1) / np.maximum(drawn - 1, 1)))
