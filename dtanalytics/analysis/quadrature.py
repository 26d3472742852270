"""A smooth density in one or two dimensions as a grid of weighted points."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dtanalytics.analysis.stats import Floats

_NODES = 13  # along each axis, 5 standard deviations to both sides


def posterior_points(log_density: Callable[[Floats], float], start: Floats) -> tuple[Floats, Floats]:
    """Lay a grid over the bulk of a smooth density and weigh its points by it.

    The grid is centred on the mode and scaled by the curvature there (adaptive quadrature).
    """
    from scipy.optimize import minimize

    size = start.size
    simplex = np.vstack([start, start + np.eye(size)])
    options = {"initial_simplex": simplex, "xatol": 1e-4, "fatol": 1e-6}
    mode = minimize(lambda x: -log_density(x), start, method="Nelder-Mead", options=options).x
    scale = np.full(size, 0.5)
    for _ in range(2):  # the second pass measures the curvature at the width that the first found
        scale_matrix = np.diag(scale)
        curvature = np.empty((size, size))
        for i in range(size):
            for j in range(size):
                corners = [
                    log_density(mode + a * scale_matrix[i] + b * scale_matrix[j])
                    for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1))
                ]
                step = 4 * scale[i] * scale[j]
                curvature[i, j] = -(corners[0] - corners[1] - corners[2] + corners[3]) / step
        values, vectors = np.linalg.eigh((curvature + curvature.T) / 2)
        axes = vectors / np.sqrt(np.maximum(values, 0.1))
        scale = np.sqrt((axes**2).sum(axis=1))
    steps = np.linspace(-5, 5, _NODES)
    grid = np.stack(np.meshgrid(*[steps] * size, indexing="ij")).reshape(size, -1)
    points = mode[:, None] + axes @ grid
    density = np.array([log_density(point) for point in points.T])
    weight = np.exp(density - density.max())
    kept = weight > 1e-8 * weight.max()
    return points[:, kept], weight[kept] / weight[kept].sum()
