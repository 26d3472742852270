"""Posterior of rates, and of rates times values: means, intervals, effective samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dtanalytics.stats.intervals import Floats
from dtanalytics.stats.shrink_tree import Moments

_HALVINGS = 34  # of the span at first: 1e-10 of it is left
_STEPS = 64


@dataclass(frozen=True)
class RatePosterior:
    """A mixture of beta distributions for each rate.

    Attributes
    ----------
    weight : numpy.ndarray [ratio]
        Weight of each part of the mixture, the same for all rates.
    alpha, beta : numpy.ndarray [calls]
        Parameters, a row a part, a column a rate.
    """

    weight: Floats
    alpha: Floats
    beta: Floats

    @classmethod
    def mixed(cls, weight: Floats, shape: Floats) -> RatePosterior:
        """Mix betas of these parameters (alpha or beta, part, rate), without the parts of no weight."""
        kept = weight > 1e-3 * weight.max(initial=0.0)
        return cls(weight[kept] / weight[kept].sum(), *np.maximum(shape[:, kept], 1e-9))

    @property
    def mean(self) -> Floats:
        """Expected rate [ratio]."""
        return np.asarray(self.weight @ (self.alpha / (self.alpha + self.beta)))

    @property
    def variance(self) -> Floats:
        """Variance of the rate."""
        total = self.alpha + self.beta
        square = self.weight @ (self.alpha * (self.alpha + 1) / (total * (total + 1)))
        return np.asarray(square - self.mean**2)

    @property
    def effective_sample(self) -> Floats:
        """Independent calls that would give the same variance [calls]."""
        return np.asarray(self.mean * (1 - self.mean) / self.variance - 1)

    def interval(self, confidence: float) -> tuple[Floats, Floats]:
        """Central interval of the rate [ratio]."""
        from scipy.special import betainc

        def chance(x: Floats) -> Floats:
            return np.asarray(self.weight @ betainc(self.alpha, self.beta, x))

        ends = np.zeros(self.alpha.shape[1]), np.ones(self.alpha.shape[1])
        return _quantile(chance, *ends, (1 - confidence) / 2), _quantile(chance, *ends, (1 + confidence) / 2)

    def product_interval(self, values: Moments, confidence: float) -> tuple[Floats, Floats]:
        """Central interval of the rate times a normal value: the rate in small steps, the value exactly."""
        from scipy.special import ndtr

        rate, step, mass = self._steps()
        middle = rate * values.mean[:, None]
        # A step is as wide as the product is uncertain within it, so that no stairs are left.
        variance = rate**2 * values.variance[:, None] + (step * values.mean[:, None]) ** 2 / 12
        spread = np.sqrt(np.maximum(variance, 1e-300))

        def chance(x: Floats) -> Floats:
            return np.asarray((mass * ndtr((x[:, None] - middle) / spread)).sum(axis=1))

        ends = (middle - 9 * spread).min(axis=1, initial=0), (middle + 9 * spread).max(axis=1, initial=0)
        return _quantile(chance, *ends, (1 - confidence) / 2), _quantile(chance, *ends, (1 + confidence) / 2)

    def _steps(self) -> tuple[Floats, Floats, Floats]:
        """Each rate's distribution in steps: where they are, how wide, and how likely."""
        from scipy.special import betaln, xlog1py, xlogy

        centre = np.arcsin(np.sqrt(self.mean))
        spread = np.sqrt(self.variance / (4 * self.mean * (1 - self.mean)))
        low, high = np.maximum(centre - 6 * spread, 1e-4), np.minimum(centre + 6 * spread, np.pi / 2 - 1e-4)
        edges = low + (high - low) * np.linspace(0, 1, _STEPS + 1)[:, None]
        rate = np.sin((edges[1:] + edges[:-1]) / 2) ** 2
        step = np.diff(np.sin(edges) ** 2, axis=0)
        mass = np.zeros(rate.shape)
        for weight, alpha, beta in zip(self.weight, self.alpha, self.beta, strict=True):
            mass += weight * np.exp(xlogy(alpha - 1, rate) + xlog1py(beta - 1, -rate) - betaln(alpha, beta))
        mass *= step
        mass[0] += np.maximum(1 - mass.sum(axis=0), 0)  # what lies below the lowest step, next to a rate of 0
        return rate.T, step.T, (mass / mass.sum(axis=0)).T


def _quantile(chance: Callable[[Floats], Floats], low: Floats, high: Floats, wanted: float) -> Floats:
    """Quantile of a distribution function, by bisection."""
    for _ in range(_HALVINGS):
        half = (low + high) / 2
        below = chance(half) < wanted
        low, high = np.where(below, half, low), np.where(below, high, half)
    return np.asarray((low + high) / 2)
