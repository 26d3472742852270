"""Posterior of rates, and of rates times values: means, intervals, effective samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dtanalytics.stats.intervals import Floats
from dtanalytics.stats.shrink_tree import Moments

Some = slice | npt.NDArray[np.int64]
Chance = Callable[[Floats, Some], Floats]
ALL = slice(None)
_NEAR = 1e-10  # of the span in which a quantile is looked for
_MOST_STEPS = 60
_REACH = 8.0  # standard deviations from the mean, where a quantile is looked for first
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
        # Groups with the same few calls share a posterior, as most keywords do: each is worked out once.
        shape = np.concatenate([self.alpha, self.beta])
        _, first, which = np.unique(shape, axis=1, return_index=True, return_inverse=True)
        different = RatePosterior(self.weight, self.alpha[:, first], self.beta[:, first])
        low, high = different._each_interval(confidence)
        return low[which], high[which]

    def _each_interval(self, confidence: float) -> tuple[Floats, Floats]:
        from scipy.special import betainc

        def chance(x: Floats, some: Some = ALL) -> Floats:
            return np.asarray(self.weight @ betainc(self.alpha[:, some], self.beta[:, some], x))

        mean, reach = self.mean, _REACH * np.sqrt(np.maximum(self.variance, 0))
        ends = np.maximum(mean - reach, 0.0), np.minimum(mean + reach, 1.0)
        ends = (
            np.where(chance(ends[0]) < (1 - confidence) / 2, ends[0], 0.0),
            np.where(chance(ends[1]) > (1 + confidence) / 2, ends[1], 1.0),
        )
        return _quantile(chance, *ends, (1 - confidence) / 2), _quantile(chance, *ends, (1 + confidence) / 2)

    def product_interval(self, values: Moments, confidence: float) -> tuple[Floats, Floats]:
        """Central interval of the rate times a normal value: the rate in small steps, the value exactly."""
        from scipy.special import ndtr

        rate, step, mass = self._steps()
        middle = rate * values.mean[:, None]
        # A step is as wide as the product is uncertain within it, so that no stairs are left.
        variance = rate**2 * values.variance[:, None] + (step * values.mean[:, None]) ** 2 / 12
        spread = np.sqrt(np.maximum(variance, 1e-300))

        def chance(x: Floats, some: Some = ALL) -> Floats:
            return np.asarray((mass[some] * ndtr((x[:, None] - middle[some]) / spread[some])).sum(axis=1))

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


def _quantile(chance: Chance, low: Floats, high: Floats, wanted: float) -> Floats:
    """Quantile of a distribution function between two bounds.

    Inverse quadratic interpolation where it converges, else bisection (Chandrupatla 1997,
    doi:10.1016/S0965-9978(96)00051-8).

    Parameters
    ----------
    chance : callable
        Distribution functions at points, of some of them.
    low, high : numpy.ndarray
        Bounds of each.
    wanted : float [ratio]
    """
    found = (low + high) / 2
    some = np.flatnonzero(high > low)
    ends = np.stack([low, high])[:, some]
    values = np.stack([chance(end, some) - wanted for end in ends])
    near, share = _NEAR * (ends[1] - ends[0]), np.full(some.size, 0.5)
    for _ in range(_MOST_STEPS):
        if not some.size:
            break
        point = ends[0] + share * (ends[1] - ends[0])
        value = chance(point, some) - wanted
        same = (value < 0) == (values[0] < 0)
        third, at_third = np.where(same, ends[0], ends[1]), np.where(same, values[0], values[1])
        ends = np.stack([point, np.where(same, ends[1], ends[0])])
        values = np.stack([value, np.where(same, values[1], values[0])])
        found[some] = point
        width = np.abs(ends[1] - ends[0])
        left = (width > near) & (value != 0)
        share = _next_share(ends, values, third, at_third, near)[left]
        some, ends, values, near = some[left], ends[:, left], values[:, left], near[left]
    return np.asarray(found)


def _next_share(ends: Floats, values: Floats, third: Floats, at_third: Floats, near: Floats) -> Floats:
    """Where to look next, from the last point to the other end [ratio]."""
    (here, there), (at_here, at_there) = ends, values
    with np.errstate(divide="ignore", invalid="ignore"):
        place = (here - there) / (third - there)
        height = (at_here - at_there) / (at_third - at_there)
        first = at_here / (at_there - at_here) * at_third / (at_there - at_third)
        second = at_here / (at_third - at_here) * at_there / (at_third - at_there)
        curved = first + (third - here) / (there - here) * second
        converges = (height**2 < place) & ((1 - height) ** 2 < 1 - place) & np.isfinite(curved)
        least = np.minimum(near / (2 * np.abs(there - here)), 0.5)
    return np.asarray(np.clip(np.where(converges, curved, 0.5), least, 1 - least))
