"""Shrinkage: what a small group's rate or mean is worth once its siblings have been seen.

A group with few calls is pulled towards the others, as far as the groups resemble each other and
as far as its own calls are few. How much they resemble each other is itself uncertain, so it is
integrated over (a grid of weighted points) and not just plugged in: with few groups a plugged-in
value makes intervals that are too short (Laird and Louis 1987, doi:10.1080/01621459.1987.10478490).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from dtanalytics.analysis.quadrature import posterior_points
from dtanalytics.analysis.stats import Floats, as_floats, checked_confidence, normal_quantile

_POOLED_DEGREES = (
    10.0  # weight of the pooled variance: 3 calls of equal margin do not prove that it is constant
)
_FARTHEST = 10.0  # e**10: beyond it groups are equal, or unrelated, for all that data can say


class ShrunkenRates(NamedTuple):
    """Rates pulled towards each other: mean, low, high [ratio] and effective sample [calls]."""

    mean: Floats
    low: Floats
    high: Floats
    effective_sample: Floats


class ShrunkenMeans(NamedTuple):
    """Means pulled towards each other: mean, low, high [unit], weight of the own mean [ratio]."""

    mean: Floats
    low: Floats
    high: Floats
    weight: Floats


@dataclass(frozen=True)
class BetaPrior:
    """How rates differ between groups: beta distributions, each with the weight it deserves.

    Attributes
    ----------
    alpha, beta : numpy.ndarray [calls]
        Parameters of the beta distributions.
    weight : numpy.ndarray [ratio]
        Posterior weights, which add up to 1. No weights: nothing is known.
    """

    alpha: Floats
    beta: Floats
    weight: Floats

    @classmethod
    def known(cls, alpha: float, beta: float) -> BetaPrior:
        """One beta distribution that is taken as certain."""
        return cls(np.array([float(alpha)]), np.array([float(beta)]), np.ones(1))

    @property
    def mean(self) -> float:
        """Rate of a group of which nothing is known [ratio]."""
        if not self.weight.size:
            return np.nan
        return float(self.weight @ (self.alpha / (self.alpha + self.beta)))

    @property
    def strength(self) -> float:
        """Calls that the prior is worth (geometric mean): many when the groups are alike [calls]."""
        if not self.weight.size:
            return np.nan
        return float(np.exp(self.weight @ np.log(self.alpha + self.beta)))


@dataclass(frozen=True)
class NormalPrior:
    """How means differ between groups: normal distributions, each with the weight it deserves.

    Attributes
    ----------
    centre : numpy.ndarray [unit]
        Mean of the groups' means.
    centre_variance : numpy.ndarray [unit squared]
        Its sampling variance.
    between : numpy.ndarray [unit squared]
        Variance of the groups' true means.
    weight : numpy.ndarray [ratio]
        Posterior weights, which add up to 1. No weights: nothing is known.
    within : float [unit squared]
        Variance of one call within a group, pooled over the groups.
    """

    centre: Floats
    centre_variance: Floats
    between: Floats
    weight: Floats
    within: float

    @property
    def mean(self) -> float:
        """Mean of a group of which nothing is known [unit]."""
        return float(self.weight @ self.centre) if self.weight.size else np.nan


def fit_beta_binomial(successes: Any, trials: Any) -> BetaPrior:
    """Learn from all groups how much their rates differ (beta-binomial model).

    Parameters
    ----------
    successes, trials : array-like [calls]
        Counts, one pair a group. Groups without a proportion (null, no trials, more successes than
        trials) are passed over.

    Returns
    -------
    BetaPrior
        Posterior of the two parameters. Beforehand the mean rate is uniform, and so is the
        shrinkage M / (M + typical trials), where M is the prior's strength [calls].

    References
    ----------
    Christiansen and Morris (1997), "Hierarchical Poisson regression modeling", JASA 92,
    doi:10.1080/01621459.1997.10474013 (uniform shrinkage prior).

    Examples
    --------
    >>> prior = fit_beta_binomial([2, 30, 25, 61], [10, 100, 100, 200])
    >>> round(prior.mean, 2)
    0.29
    """
    from scipy.special import expit, gammaln, log_expit

    hits, n = _proportions(successes, trials)
    hits, n = hits[n > 0], n[n > 0]
    if not n.size:
        nothing = np.empty(0)
        return BetaPrior(nothing, nothing, nothing)
    pairs, copies = np.unique(np.stack([hits, n]), axis=1, return_counts=True)
    hits, n = pairs
    typical = np.exp(np.average(np.log(n), weights=copies))

    def log_posterior(point: Floats) -> float:
        logit, relative = point
        strength = typical * np.exp(np.clip(relative, -_FARTHEST, _FARTHEST))
        alpha, beta = strength * expit(logit), strength * expit(-logit)
        inside = gammaln(hits + alpha) + gammaln(n - hits + beta) - gammaln(n + strength)
        outside = gammaln(alpha) + gammaln(beta) - gammaln(strength)
        # Uniform mean and uniform shrinkage are logistic densities on these two axes.
        beforehand = sum(log_expit(axis) + log_expit(-axis) for axis in point)
        return float(copies @ (inside - outside) + beforehand)

    pooled = (copies @ hits + 0.5) / (copies @ n + 1)
    start = np.array([np.log(pooled / (1 - pooled)), 0.0])
    (logit, relative), weight = posterior_points(log_posterior, start)
    strength = typical * np.exp(np.clip(relative, -_FARTHEST, _FARTHEST))
    return BetaPrior(strength * expit(logit), strength * expit(-logit), weight)


def shrink_rates(
    successes: Any,
    trials: Any,
    prior: BetaPrior | None = None,
    confidence: float = 0.95,
) -> ShrunkenRates:
    """Pull the rates of groups towards each other, the small ones most.

    Parameters
    ----------
    successes, trials : array-like [calls]
        Counts, one pair a group.
    prior : BetaPrior, optional
        What is known of such groups; learnt from these very groups when left out. A parent's prior
        makes a hierarchy.
    confidence : float, default 0.95 [ratio]
        Coverage of the interval, over groups.

    Returns
    -------
    ShrunkenRates
        ``mean, low, high`` [ratio] and ``effective_sample`` [calls]: how many calls would tell as
        much as the group's own and its siblings' together. A group with no trials gets what its
        siblings say; counts that are null or no proportion stay null.

    Notes
    -----
    Over the points of the prior, mean and variance are exact; the interval is that of the beta
    distribution with this mean and variance.

    Examples
    --------
    >>> shrunken = shrink_rates([3, 40], [3, 100], BetaPrior.known(4, 6))
    >>> shrunken.mean.round(3), shrunken.effective_sample.round(1)
    (array([0.538, 0.4  ]), array([ 13., 110.]))
    """
    from scipy.special import betaincinv

    hits, n = _proportions(successes, trials)
    prior = fit_beta_binomial(hits, n) if prior is None else prior
    if not prior.weight.size:
        nothing = np.full(hits.shape, np.nan)
        return ShrunkenRates(nothing, nothing, nothing, nothing)
    mean, square = np.zeros(hits.shape), np.zeros(hits.shape)
    for alpha, beta, weight in zip(prior.alpha, prior.beta, prior.weight, strict=True):
        total = n + alpha + beta
        first = (hits + alpha) / total
        mean += weight * first
        square += weight * first * (hits + alpha + 1) / (total + 1)
    sample = mean * (1 - mean) / (square - mean**2) - 1
    shape = mean * sample, (1 - mean) * sample
    tail = (1 - checked_confidence(confidence)) / 2
    return ShrunkenRates(mean, betaincinv(*shape, tail), betaincinv(*shape, 1 - tail), sample)


def fit_normal(mean: Any, variance: Any, n: Any) -> NormalPrior:
    """Learn from all groups how much their means differ (normal model).

    Parameters
    ----------
    mean : array-like [unit]
        Mean of each group, money per call for instance.
    variance : array-like [unit squared]
        Variance of one call within each group; null where unknown, as with one call.
    n : array-like [calls]
        Calls of each group.

    Returns
    -------
    NormalPrior
        Posterior of the two parameters. Beforehand the mean is flat, and the shrinkage towards it
        is uniform. Groups without calls or without a mean are passed over.

    References
    ----------
    Daniels (1999), "A prior for the variance in hierarchical models", Canadian Journal of
    Statistics 27(3), doi:10.2307/3316112.

    Examples
    --------
    >>> prior = fit_normal([1.0, 2.0, 3.0], [25.0, 25.0, 25.0], [100, 100, 100])
    >>> round(prior.mean, 2)
    2.0
    """
    from scipy.special import log_expit

    y, v, calls = np.broadcast_arrays(as_floats(mean), as_floats(variance), as_floats(n))
    used = np.isfinite(y) & (calls > 0)
    within = _pooled_variance(y[used], v[used], calls[used])
    y, noise = y[used], _sampling_variance(v[used], calls[used], within)
    if not y.size or not noise.sum() > 0:
        nothing = np.empty(0)
        return NormalPrior(nothing, nothing, nothing, nothing, within)
    typical = 1 / np.mean(1 / noise)

    def centre(between: float) -> tuple[float, float, Floats]:
        precision = 1 / (noise + between)
        return float(precision @ y / precision.sum()), float(1 / precision.sum()), precision

    def log_posterior(point: Floats) -> float:
        relative = float(point[0])
        middle, middle_variance, precision = centre(typical * np.exp(relative))
        spread = precision @ (y - middle) ** 2
        likelihood = (np.log(precision).sum() + np.log(middle_variance) - spread) / 2
        return float(likelihood + log_expit(relative) + log_expit(-relative))

    (relative,), weight = posterior_points(log_posterior, np.zeros(1))
    between = typical * np.exp(relative)
    centres = np.array([centre(value)[:2] for value in between])
    return NormalPrior(centres[:, 0], centres[:, 1], between, weight, within)


def shrink_means(
    mean: Any,
    variance: Any,
    n: Any,
    prior: NormalPrior | None = None,
    confidence: float = 0.95,
) -> ShrunkenMeans:
    """Pull the means of groups towards each other, the small and the noisy ones most.

    Parameters
    ----------
    mean : array-like [unit]
        Mean of each group, money per call for instance.
    variance : array-like [unit squared]
        Variance of one call within each group; null where unknown, as with one call. It is moved
        towards the pooled variance, which counts as ten calls.
    n : array-like [calls]
        Calls of each group.
    prior : NormalPrior, optional
        What is known of such groups; learnt from these very groups when left out.
    confidence : float, default 0.95 [ratio]
        Coverage of the interval, over groups.

    Returns
    -------
    ShrunkenMeans
        ``mean, low, high`` [unit] and ``weight`` [ratio], the part that the group's own mean has in
        it. A group without calls gets what its siblings say, with weight 0.

    Notes
    -----
    Over the points of the prior, mean and variance are exact; the interval is that of the normal
    distribution with this mean and variance.

    Examples
    --------
    >>> shrunken = shrink_means([0.0, 10.0, 5.0, 5.0], [100.0] * 4, [1000, 1000, 1000, 2])
    >>> shrunken.mean.round(1), shrunken.weight.round(1)
    (array([ 0., 10.,  5.,  5.]), array([1. , 1. , 1. , 0.2]))
    """
    y, v, calls = np.broadcast_arrays(as_floats(mean), as_floats(variance), as_floats(n))
    prior = fit_normal(y, v, calls) if prior is None else prior
    half = normal_quantile(confidence)
    if not prior.weight.size:
        # No call differs from its group (within is 0): nothing to doubt. Or nobody knows (null).
        limit = y + prior.within
        return ShrunkenMeans(y.copy(), limit, limit, np.where(np.isfinite(y), 1.0, np.nan))
    own = np.isfinite(y) & (calls > 0)
    y = np.where(own, y, 0.0)
    precision = np.where(own, 1 / _sampling_variance(v, calls, prior.within), 0.0)
    middle, square, weight = np.zeros(y.shape), np.zeros(y.shape), np.zeros(y.shape)
    points = zip(prior.centre, prior.centre_variance, prior.between, prior.weight, strict=True)
    for centre, centre_variance, between, share in points:
        pull = 1 / (1 + between * precision)
        estimate = pull * centre + (1 - pull) * y
        middle += share * estimate
        weight += share * (1 - pull)
        square += share * (estimate**2 + between * pull + pull**2 * centre_variance)
    spread = half * np.sqrt(np.maximum(square - middle**2, 0.0))
    return ShrunkenMeans(middle, middle - spread, middle + spread, weight)


def _proportions(successes: Any, trials: Any) -> tuple[Floats, Floats]:
    """Counts as floats, null on both sides where they are no proportion (no trials are fine)."""
    hits, n = np.broadcast_arrays(as_floats(successes), as_floats(trials))
    usable = (hits >= 0) & (hits <= n)
    return np.where(usable, hits, np.nan), np.where(usable, n, np.nan)


def _pooled_variance(mean: Floats, variance: Floats, calls: Floats) -> float:
    """Variance of one call within its group; of the groups' means when no group can tell."""
    degrees = np.where(np.isfinite(variance), calls - 1, 0.0)
    if degrees.sum() > 0:
        return float(degrees @ np.nan_to_num(variance) / degrees.sum())
    return float(np.var(mean, ddof=1)) if mean.size > 1 else np.nan


def _sampling_variance(variance: Floats, calls: Floats, within: float) -> Floats:
    """Variance of a group's mean, its own variance moved towards the pooled one."""
    degrees = np.where(np.isfinite(variance), np.maximum(calls - 1, 0.0), 0.0)
    moderated = (degrees * np.nan_to_num(variance) + _POOLED_DEGREES * within) / (degrees + _POOLED_DEGREES)
    return np.asarray(moderated / np.where(calls > 0, calls, np.nan))
