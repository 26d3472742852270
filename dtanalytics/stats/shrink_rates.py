"""Shrink rates of groups towards each other: the beta-binomial model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from dtanalytics.stats.intervals import Floats, as_floats, checked_confidence
from dtanalytics.stats.quadrature import posterior_points
from dtanalytics.stats.shrink_means import PRIOR_TILT


class ShrunkenRates(NamedTuple):
    """Shrunken rates: mean, low, high [ratio] and effective sample [calls]."""

    mean: Floats
    low: Floats
    high: Floats
    effective_sample: Floats


@dataclass(frozen=True)
class BetaPrior:
    """Distribution of the groups' rates: a weighted mixture of beta distributions.

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
        Posterior of the two parameters. Beforehand the mean rate is uniform; the shrinkage
        M / (M + typical trials), where M is the prior's strength [calls], has the beta distribution with
        parameters 1/2 and 3/2, which leans towards groups that differ.

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
    from scipy.special import expit, log_expit

    hits, n = _proportions(successes, trials)
    hits, n = hits[n > 0], n[n > 0]
    if not n.size:
        nothing = np.empty(0)
        return BetaPrior(nothing, nothing, nothing)
    pairs, copies = np.unique(np.stack([hits, n]), axis=1, return_counts=True)
    hits, n = pairs[:, :, None]
    typical = np.exp(np.average(np.log(pairs[1]), weights=copies))

    def parameters(points: Floats) -> tuple[Floats, Floats]:
        logit, relative = points
        strength = typical * np.exp(relative)
        return strength * expit(logit), strength * expit(-logit)

    def log_posterior(points: Floats) -> Floats:
        alpha, beta = parameters(points)
        chance = _log_rising(alpha, hits) + _log_rising(beta, n - hits) - _log_rising(alpha + beta, n)
        # Uniform mean and uniform shrinkage are logistic densities on these two axes; it leans as means do.
        beforehand = (log_expit(points) + log_expit(-points)).sum(axis=0) - PRIOR_TILT * points[1]
        return np.asarray(copies @ chance + beforehand)

    pooled = (copies @ pairs[0] + 0.5) / (copies @ pairs[1] + 1)
    points, weight = posterior_points(log_posterior, np.array([np.log(pooled / (1 - pooled)), 0.0]))
    return BetaPrior(*parameters(points), weight)


def shrink_rates(
    successes: Any,
    trials: Any,
    prior: BetaPrior | None = None,
    confidence: float = 0.95,
) -> ShrunkenRates:
    """Shrink the rates of groups towards each other, the small ones most.

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


def _proportions(successes: Any, trials: Any) -> tuple[Floats, Floats]:
    """Counts as floats, null on both sides where they are no proportion (no trials are fine)."""
    hits, n = np.broadcast_arrays(as_floats(successes), as_floats(trials))
    usable = (hits >= 0) & (hits <= n)
    return np.where(usable, hits, np.nan), np.where(usable, n, np.nan)


def _log_rising(x: Floats, steps: Floats) -> Floats:
    """Logarithm of x (x + 1) ... (x + steps - 1); exact also where x is so large that gammas cancel."""
    from scipy.special import gammaln

    large = (x - 0.5) * np.log1p(steps / x) + steps * (np.log(x + steps) - 1) + (1 / (x + steps) - 1 / x) / 12
    return np.asarray(np.where(x > 1e4, large, gammaln(x + steps) - gammaln(x)))
