"""Shrink leaves of a tree (keyword, ad group, campaign, account) towards their parents.

One *scale* a level says how much the nodes of that level differ from their parents (a variance between
siblings, or the strength of a beta prior). The posterior is computed for every point of a grid of scales,
from the leaves up to the top, and averaged with the weights that the data give to each point (the grid is
refined twice), so that intervals include the uncertainty of the scales. Given the scales, means are exact
(normal at every level); rates are beta at every level, with the means of inner nodes on a second grid.

References
----------
Adobe, AdKDD 2018, arXiv 1809.02213. Christiansen and Morris
(1997), doi:10.1080/01621459.1997.10474013 (uniform shrinkage as the prior of a scale).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from dtanalytics.stats.callers import Ints
from dtanalytics.stats.intervals import Floats

_NODES = (5, 4, 3)  # points of each scale's grid; the higher the level, the less it matters to the leaves
_PASSES = 3


class Moments(NamedTuple):
    """Posterior mean and variance of each leaf."""

    mean: Floats
    variance: Floats


class UpwardPass(NamedTuple):
    """Result of one pass from a level to the top, averaged over the scales above.

    Attributes
    ----------
    evidence : float
        Logarithm of the probability of the data.
    nodes : object
        Posterior of the nodes of the level.
    scales : numpy.ndarray
        Posterior mean and mean square of the logarithm of each scale above, one row a scale.
    """

    evidence: float
    nodes: Any
    scales: Floats


def average_over_scales(levels: int, upward_pass: Callable[[Sequence[Floats]], UpwardPass]) -> UpwardPass:
    """Repeat the upward pass with finer grids of scales around the result before.

    Parameters
    ----------
    levels : int
        Number of levels, each with a scale.
    climb : callable
        From the grid of each scale (logarithms, relative to its typical size) to the result.
    """
    centres, widths = np.zeros(levels), np.full(levels, 6.0)
    steps = [np.linspace(-1, 1, nodes) for nodes in _NODES]
    for number in range(_PASSES):
        found = upward_pass([c + w * step for c, w, step in zip(centres, widths, steps, strict=False)])
        if number + 1 < _PASSES:
            spread = np.sqrt(np.maximum(found.scales[:, 1] - found.scales[:, 0] ** 2, 0.0))
            centres = found.scales[:, 0]
            widths = np.clip(2.2 * spread, widths / 4, widths)
    return found


def scale_prior(relative: Floats) -> Floats:
    """Log prior density of a scale: the shrinkage that it implies is uniform."""
    from scipy.special import log_expit

    return np.asarray(log_expit(relative) + log_expit(-relative))


def combine(
    parts: Sequence[UpwardPass], relative: Floats, mix: Callable[[Floats, list[Any]], Any], tilt: float = 0.0
) -> UpwardPass:
    """Average the results for each value of a scale, weighted by its posterior.

    `tilt` moves the prior of the scale towards larger values.
    """
    evidence = np.array([part.evidence for part in parts]) + scale_prior(relative) + tilt * relative
    total = float(log_sum(evidence))
    weight = np.exp(evidence - total)
    own = np.array([[weight @ relative, weight @ relative**2]])
    above = np.tensordot(weight, np.array([part.scales for part in parts]), axes=1).reshape(-1, 2)
    step = relative[1] - relative[0]
    return UpwardPass(
        total + float(np.log(step)), mix(weight, [part.nodes for part in parts]), np.vstack([own, above])
    )


def log_sum(log_values: Floats) -> Floats:
    """Logarithm of the sum along the last axis (scipy's own checks more, and costs ten times as much)."""
    peak = log_values.max(axis=-1, keepdims=True)
    return np.asarray(np.log(np.exp(log_values - peak).sum(axis=-1)) + peak[..., 0])


def summed(values: Floats, parents: Ints, size: int) -> Floats:
    """Add up the rows of children by parent."""
    total = np.zeros((size, *values.shape[1:]))
    np.add.at(total, parents, values)
    return total
