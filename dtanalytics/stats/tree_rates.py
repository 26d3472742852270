"""Rates in a tree: beta at every level, the means of inner nodes on a grid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dtanalytics.stats.callers import Ints
from dtanalytics.stats.intervals import Floats
from dtanalytics.stats.rate_posterior import RatePosterior
from dtanalytics.stats.shrink_tree import UpwardPass, average_over_scales, combine, log_sum, summed

_GRID = 64  # values that the mean of an inner node may take
_THREE = np.array([1, 4, 1]) / 6  # weights of a normal distribution's mean, and 3**0.5 deviations off it

# The mean at the top is beta with these parameters beforehand: in between as many calls that count as calls
# that do not, and a third of one of each. A uniform mean adds a whole one: 8 % where 13 calls count in all.
_NEUTRAL = 1 / 3

# Calls that a parent counts for at least: siblings' rates then differ by 0.12. With one or two calls
# a keyword the calls themselves would suggest that most keywords always or never qualify.
_LEAST = 15.0


def nested_rates(
    successes: Floats, trials: Floats, parents: Sequence[Ints], tilt: float = 0.0
) -> RatePosterior:
    """Shrink the rates of leaves towards those of their parents, these towards theirs, and so on.

    Parameters
    ----------
    successes, trials : numpy.ndarray [calls]
        Counts of each leaf; weighted counts need not be whole.
    parents : sequence of numpy.ndarray
        For each level from the leaves up, the number of every node's parent (from 0, without gaps).
        The mean rate at the top is beta with parameters 1/3 and 1/3 beforehand (Kerman 2011).

    tilt : float, default 0
        Moves the prior of how alike leaves of one parent are: towards alike ones above 0, towards ones that
        differ below.

    Returns
    -------
    RatePosterior
        Of each leaf.

    References
    ----------
    Kerman (2011), "Neutral noninformative and informative conjugate beta and gamma prior distributions",
    Electronic Journal of Statistics 5, doi:10.1214/11-EJS648.

    Examples
    --------
    >>> one_group = [np.array([0, 0, 0])]
    >>> nested_rates(np.array([0.0, 30, 40]), np.array([2.0, 100, 100]), one_group).mean.round(2)
    array([0.31, 0.31, 0.38])
    """
    from scipy.sparse import csr_array

    if not trials.size:
        return RatePosterior(np.ones(1), *np.empty((2, 1, 0)))
    pairs, member = np.unique(np.stack([successes, trials]), axis=1, return_inverse=True)
    sizes = [int(above.max()) + 1 for above in parents]
    typical = _typical(trials, parents, sizes)
    ones = np.ones(len(trials))
    counts = csr_array((ones, (parents[0], member.ravel())), shape=(sizes[0], pairs.shape[1]))
    limits = [1e-6, np.pi / 2 - 1e-6]

    def upward_pass(grids: Sequence[Floats]) -> UpwardPass:
        m, log_width = _grid(*limits)
        top = log_width + (_NEUTRAL - 1) * (np.log(m) + np.log1p(-m))
        kernels = [
            [_kernel(m, log_width, size * np.exp(scale)) for scale in grid]
            for size, grid in zip(typical, grids, strict=True)
        ]

        def leaves() -> UpwardPass:
            parts = []
            for scale in grids[0]:
                strength = typical[0] * np.exp(scale)
                found = posterior_of_level(1, counts @ _log_beta_binomial(pairs, strength, m))
                parts.append(found._replace(nodes=(leaf(strength, found.nodes), found.nodes)))
            return combine(
                parts,
                grids[0],
                lambda weight, nodes: (
                    RatePosterior.mixed(
                        np.outer(weight, _THREE).ravel(), np.concatenate([leaf for leaf, _ in nodes], axis=1)
                    ),
                    sum(share * node for share, (_, node) in zip(weight, nodes, strict=True)),
                ),
                tilt,
            )

        def leaf(strength: float, nodes: Floats) -> Floats:
            """Parameters of the leaves (alpha or beta, part, leaf), one part for each mean of the parent."""
            parent = _three_means(m, nodes)[:, parents[0]]
            return np.stack([successes + strength * parent, trials - successes + strength * (1 - parent)])

        def posterior_of_level(level: int, log_like: Floats) -> UpwardPass:
            """Posterior on the grid of nodes whose own data say `log_like`."""
            if level == len(parents):
                joint = log_like + top
                evidence = float(log_sum(joint).sum())
                return UpwardPass(evidence, _normal(joint), np.empty((0, 2)))
            return combine(
                [posterior_at_scale(level, log_like, kernel) for kernel in kernels[level]],
                grids[level],
                lambda weight, nodes: np.tensordot(weight, np.array(nodes), axes=1),
            )

        def posterior_at_scale(level: int, log_like: Floats, kernel: Floats) -> UpwardPass:
            peak = log_like.max(axis=1, keepdims=True)
            message = _log(np.exp(log_like - peak) @ kernel.T)
            found = posterior_of_level(level + 1, summed(message + peak, parents[level], sizes[level]))
            others = _log(found.nodes[parents[level]]) - message
            joint = log_like - peak + _log(_normal(others) @ kernel)
            return found._replace(nodes=_normal(joint))

        found = leaves()
        limits[:] = _narrowed(m, found.nodes[1], limits)
        return found._replace(nodes=found.nodes[0])

    posterior: RatePosterior = average_over_scales(len(parents), upward_pass).nodes
    return posterior


def _grid(low: float, high: float) -> tuple[Floats, Floats]:
    """Grid of rates, evenly spaced in the arcsine of the square root, and the logs of its widths."""
    edges = np.sin(np.linspace(low, high, _GRID + 1)) ** 2
    return (edges[1:] + edges[:-1]) / 2, np.log(np.diff(edges))


def _log(values: Floats) -> Floats:
    return np.asarray(np.log(np.maximum(values, 1e-300)))


def _normal(log_values: Floats) -> Floats:
    """Probabilities from their logarithms, row by row."""
    values = np.exp(log_values - log_values.max(axis=1, keepdims=True))
    return np.asarray(values / values.sum(axis=1, keepdims=True))


def _three_means(m: Floats, nodes: Floats) -> Floats:
    """Three means, weighed by `_THREE`, that stand for the posterior of each inner node."""
    angle = np.arcsin(np.sqrt(m))
    centre = nodes @ angle
    spread = np.sqrt(3 * np.maximum(nodes @ angle**2 - centre**2, 0.0))
    angles = np.clip([centre - spread, centre, centre + spread], angle[0], angle[-1])
    return np.asarray(np.sin(angles) ** 2)


def _narrowed(m: Floats, nodes: Floats, limits: Sequence[float]) -> list[float]:
    """Ends of the grid within which all inner nodes surely lie."""
    angle = np.arcsin(np.sqrt(m))
    mean = nodes @ angle
    spread = np.sqrt(np.maximum(nodes @ angle**2 - mean**2, 0.0)) + (limits[1] - limits[0]) / _GRID
    return [
        max(limits[0], float((mean - 5 * spread).min())),
        min(limits[1], float((mean + 5 * spread).max())),
    ]


def _log_beta_binomial(pairs: Floats, strength: float, m: Floats) -> Floats:
    """Log probability of counts (rows) under each mean (columns), up to a constant."""
    from scipy.special import gammaln

    hits, n = pairs[0][:, None], pairs[1][:, None]
    alpha, beta = strength * m, strength * (1 - m)
    inside = gammaln(hits + alpha) + gammaln(n - hits + beta) - gammaln(n + strength)
    return np.asarray(inside - gammaln(alpha) - gammaln(beta) + gammaln(strength))


def _kernel(m: Floats, log_width: Floats, strength: float) -> Floats:
    """Probability of each mean of a child (columns) given the mean of its parent (rows)."""
    alpha, beta = strength * m[:, None], strength * (1 - m[:, None])
    log_chance = (alpha - 1) * np.log(m) + (beta - 1) * np.log1p(-m) + log_width
    chance = np.exp(log_chance - log_chance.max(axis=1, keepdims=True))
    return np.asarray(chance / chance.sum(axis=1, keepdims=True))


def _typical(trials: Floats, parents: Sequence[Ints], sizes: Sequence[int]) -> list[float]:
    """For each level the prior strength that would shrink a typical node by half, or more [calls]."""
    typical = []
    for above, size in zip(parents, sizes, strict=True):
        used = trials[trials > 0]
        typical.append(max(float(np.exp(np.log(used).mean())) if used.size else 1.0, _LEAST))
        trials = summed(trials * typical[-1] / (trials + typical[-1]), above, size)
    return typical
