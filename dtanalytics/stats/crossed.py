"""Means of cells that share states, hours and other factors: a linear mixed model with crossed effects.

A cell's mean is the sum of one effect of each factor (its state, its hour, ...) and of an effect of its own,
all normal, and of noise. How much each kind of effect varies is learnt from all cells; a weak prior (its
shrinkage is uniform beforehand) keeps few levels from passing for levels that do not differ at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dtanalytics.stats.callers import Ints
from dtanalytics.stats.intervals import Floats

_STEP = 0.5  # of the logarithm of a variance, to see what follows from its being another


@dataclass(frozen=True)
class Effects:
    """Posterior of the cells' means, given how much each kind of effect varies.

    Attributes
    ----------
    mean : numpy.ndarray [unit]
        Of each cell.
    expected : numpy.ndarray [unit]
        The sum of the effects of its factors.
    between : float [unit squared]
        Variance of the cells' own effects.
    pull : numpy.ndarray [ratio]
        How far a cell is pulled towards what its factors suggest.
    columns : numpy.ndarray
        Numbers of the effects that each cell has, one row a factor.
    covariance : numpy.ndarray [unit squared]
        Of the factors' effects, which cells have in common.
    weight : numpy.ndarray [1 / unit squared]
        Weight of each cell's mean in them.
    """

    mean: Floats
    expected: Floats
    between: float
    pull: Floats
    columns: Ints
    covariance: Floats
    weight: Floats

    def variance_of_sums(self, sums: Ints, cells: Ints, counts: Floats, many: int, excess: Floats) -> Floats:
        """Variance of sums over cells.

        Parameters
        ----------
        sums, cells, counts : numpy.ndarray
            Which sum takes which cell how often, one element a pair.
        many : int
            Number of sums.
        excess : numpy.ndarray [unit squared]
            By how much the sampling variance of a cell's mean exceeds that with which cells were weighed.
        """
        width = len(self.covariance)
        pulled = counts * self.pull[cells]
        places = sums * width + self.columns[:, cells]
        common = np.bincount(places.ravel(), np.tile(pulled, len(places)), many * width).reshape(many, width)
        moved = common @ self.covariance
        score = self.weight**2 * excess
        pairs = self.columns[:, None, :] * width + self.columns[None, :, :]
        meat = np.bincount(pairs.ravel(), np.tile(score, pairs.shape[0] ** 2), width**2).reshape(width, width)
        own = counts * (1 - self.pull[cells])
        both = moved.ravel()[places].sum(axis=0) * self.weight[cells]
        alone = counts**2 * self.between * self.pull[cells] + (own**2 + 2 * own * both) * excess[cells]
        shared = (moved * common).sum(axis=1) + ((moved @ meat) * moved).sum(axis=1)
        return np.asarray(np.bincount(sums, alone, many) + shared)


@dataclass(frozen=True)
class Fit:
    """Most likely variances of the effects, their posterior, and its sensitivity to the variances.

    Attributes
    ----------
    best : Effects
        With the most likely variances.
    others : list of (Effects, Effects, float)
        With the logarithm of each variance lower and higher by half, and the curvature of the likelihood.
    """

    best: Effects
    others: list[tuple[Effects, Effects, float]]

    def doubt(self, *sums: Any) -> Floats:
        """Variance of the variance of sums (see `Effects`): large where it rests on few levels."""
        doubt: Floats = np.zeros(1)
        for lower, higher, curvature in self.others:
            slope = (higher.variance_of_sums(*sums) - lower.variance_of_sums(*sums)) / (2 * _STEP)
            doubt = doubt + slope**2 / curvature
        return doubt


def fit_crossed(mean: Floats, noise: Floats, factors: Sequence[Ints]) -> Fit:
    """Learn the effects of factors and cells from the cells' means.

    Parameters
    ----------
    mean : numpy.ndarray [unit]
        Mean of each cell; anything where there is none.
    noise : numpy.ndarray [unit squared]
        Its sampling variance, which must not depend on the cell's own mean; infinite without a mean.
    factors : sequence of numpy.ndarray
        For each factor the level of every cell, numbered from 0.

    References
    ----------
    Searle, Casella and McCulloch (1992), "Variance Components", chapter 7 (Henderson's equations,
    restricted likelihood). Chung et al. (2013), "A nondegenerate penalized likelihood estimator for variance
    parameters in multilevel models", Psychometrika 78(4), doi:10.1007/s11336-013-9328-2.

    Examples
    --------
    >>> state, hour = np.divmod(np.arange(6), 3)
    >>> found = fit_crossed(np.array([1.0, 2, 3, 5, 6, 7]), np.full(6, 0.01), [state, hour])
    >>> found.best.mean.round(1)
    array([1., 2., 3., 5., 6., 7.])
    """
    from scipy.optimize import minimize
    from scipy.special import log_expit

    model = _Model(mean, noise, factors)
    start = np.zeros(len(factors) + 1)

    def penalised(relative: Floats) -> float:
        prior = (log_expit(relative) + log_expit(-relative)).sum()
        return -float(model.likelihood(relative) + prior)

    best = minimize(
        penalised, start, method="L-BFGS-B", bounds=[(-8.0, 8.0)] * len(start), options={"ftol": 1e-5}
    ).x
    middle = penalised(best)
    others = []
    for step in np.eye(len(start)) * _STEP:
        curvature = (penalised(best + step) + penalised(best - step) - 2 * middle) / _STEP**2
        others.append((model.effects(best - step), model.effects(best + step), max(curvature, 0.1)))
    return Fit(model.effects(best), others)


class _Model:
    """The restricted likelihood of the variances, and the posterior that they imply."""

    def __init__(self, mean: Floats, noise: Floats, factors: Sequence[Ints]) -> None:
        self.known = np.isfinite(noise) & np.isfinite(mean)
        self.mean, self.noise = np.where(self.known, mean, 0.0), noise
        self.sizes = [int(levels.max(initial=0)) + 1 for levels in factors]
        starts = 1 + np.cumsum([0, *self.sizes])
        self.width = int(starts[-1])
        cells = len(mean)
        columns = [np.zeros(cells, dtype=np.int64)]
        columns += [levels + start for levels, start in zip(factors, starts[:-1], strict=True)]
        self.columns = np.stack(columns)
        # Every pair of effects that meet in a cell: the normal equations are one count over them.
        seen = self.columns[:, self.known]
        low, high = np.tril_indices(len(seen))[::-1]  # they are symmetric: a triangle of them is enough
        self.pairs = (seen[low] * self.width + seen[high]).ravel()
        self.seen = seen.ravel()
        self.diagonal = np.diag_indices(self.width)
        self.weights = np.empty((len(low), seen.shape[1]))  # of all pairs, written anew for each variance
        self.y, self.noise_known = self.mean[self.known], noise[self.known]
        # The variance that would shrink a typical level, or cell, by half.
        precision = 1 / noise[self.known]
        self.typical = [1 / precision.mean()]
        self.typical += [
            float(1 / np.bincount(levels, precision).mean())
            for levels in (row - start for row, start in zip(seen[1:], starts[:-1], strict=True))
        ]

    def _solved(self, relative: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        variances = np.array(self.typical) * np.exp(relative)
        weight = 1 / (variances[0] + self.noise_known)
        self.weights[:] = weight
        matrix = np.bincount(self.pairs, self.weights.ravel(), self.width**2).astype(np.float64, copy=False)
        lower = matrix.reshape(self.width, self.width).T
        prior = np.concatenate(
            [[0.0], *(np.full(size, 1 / v) for size, v in zip(self.sizes, variances[1:], strict=True))]
        )
        lower[self.diagonal] += prior
        weights = self.weights[: len(self.columns)]
        weights[:] = weight * self.y
        right = np.bincount(self.seen, weights.ravel(), self.width)
        return variances, weight, lower, np.asarray(right, dtype=np.float64)

    def likelihood(self, relative: Floats) -> float:
        """Logarithm of the restricted likelihood, up to a constant."""
        from scipy.linalg import LinAlgError
        from scipy.linalg.lapack import dpotrf, dpotrs  # without the checks that take longer than the work

        variances, weight, lower, right = self._solved(relative)
        factor, failed = dpotrf(lower, lower=1, clean=0, overwrite_a=1)
        if failed:
            raise LinAlgError("the normal equations are not positive definite")
        solved, _ = dpotrs(factor, right, lower=1)
        quadratic = float(weight @ self.y**2 - right @ solved)
        logs = np.log(weight).sum() - 2 * np.log(np.diag(factor)).sum()
        logs -= sum(size * np.log(v) for size, v in zip(self.sizes, variances[1:], strict=True))
        return float(logs - quadratic) / 2

    def effects(self, relative: Floats) -> Effects:
        """Posterior of the cells, given the variances."""
        variances, _, lower, right = self._solved(relative)
        matrix = lower + np.tril(lower, -1).T
        covariance: Floats = np.asarray(np.linalg.inv(matrix), dtype=np.float64)
        expected = (covariance @ right)[self.columns].sum(axis=0)
        weight = 1 / (variances[0] + self.noise)
        pull = 1 - variances[0] * weight
        mean = pull * expected + (1 - pull) * self.mean
        return Effects(mean, expected, float(variances[0]), pull, self.columns, covariance, weight)
