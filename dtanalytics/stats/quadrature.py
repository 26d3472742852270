"""A smooth density in one or two dimensions as a lattice of weighted points."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np

from dtanalytics.stats.intervals import Floats

# The trapezoidal rule on a whole axis is as good as exact where a step is short beside what the density
# changes within: its width, and the distance of pi to the poles of the logistic priors (Trefethen and
# Weideman 2014, doi:10.1137/130932132). These leave errors below 1e-10 of moments of skew densities too.
_STEP = 0.5  # standard deviations
_WIDEST = 0.6
_FAINTEST = -29.0  # points with a density below e**-29 of the highest are left out


def posterior_points(log_density: Callable[[Floats], Floats], start: Floats) -> tuple[Floats, Floats]:
    """Cover a smooth density by a lattice, as far as it matters, and weigh the points by it.

    Parameters
    ----------
    log_density : callable
        From points (one column each) to the logarithm of the density there. Its tails must fall at least
        exponentially, and it must have one hill.
    start : numpy.ndarray
        A point on that hill.

    Returns
    -------
    (points, weight) : numpy.ndarray
        One column a point; the weights add up to 1.
    """
    origin, steps = _lattice(log_density, start)
    neighbours = np.array([move for move in product((-1, 0, 1), repeat=start.size) if any(move)])
    seen = {(0,) * start.size}
    reached, edge, highest = [], np.zeros((1, start.size), dtype=np.int64), -np.inf
    while edge.size:
        density = log_density(origin[:, None] + steps @ edge.T)
        highest = max(highest, float(density.max()))
        reached.append((edge, density))
        bright = edge[density > highest + _FAINTEST]
        around = {tuple(place) for place in (bright[:, None] + neighbours).reshape(-1, start.size).tolist()}
        edge = np.array(sorted(around - seen), dtype=np.int64).reshape(-1, start.size)
        seen |= around
    places, densities = (np.concatenate(part) for part in zip(*reached, strict=True))
    kept = densities > highest + _FAINTEST
    weight = np.exp(densities[kept] - highest)
    return origin[:, None] + steps @ places[kept].T, weight / weight.sum()


def _lattice(log_density: Callable[[Floats], Floats], start: Floats) -> tuple[Floats, Floats]:
    """Mode of the density, and a step along each principal axis (columns)."""
    from scipy.optimize import minimize

    def at(point: Floats) -> float:
        return float(log_density(point[:, None])[0])

    size = start.size
    options = {"initial_simplex": np.vstack([start, start + np.eye(size)]), "xatol": 1e-3, "fatol": 1e-4}
    top = minimize(lambda x: -at(x), start, method="Nelder-Mead", options=options).x
    scale = np.full(size, 0.5)
    for _ in range(2):  # the second pass measures the curvature at the width that the first found
        moves = np.diag(scale)
        curvature = np.empty((size, size))
        for i, j in product(range(size), repeat=2):
            corners = [a * b * at(top + a * moves[i] + b * moves[j]) for a, b in product((1, -1), repeat=2)]
            curvature[i, j] = -sum(corners) / (4 * scale[i] * scale[j])
        values, vectors = np.linalg.eigh((curvature + curvature.T) / 2)
        axes = vectors / np.sqrt(np.maximum(values, 0.1))
        scale = np.sqrt((axes**2).sum(axis=1))
    length = np.sqrt((axes**2).sum(axis=0))
    return top, axes * (np.minimum(_STEP * length, _WIDEST) / length)
