"""A sequential test of whether a stream of sums has left its past, which may be looked at after every step.

The evidence is a likelihood ratio that is mixed over how far the stream has moved and over the step in which
it did. Where nothing has moved its expectation never exceeds 1, so that the chance that it ever reaches 1 / a
is at most a, however often one looks (Ville's inequality): an e-process.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dtanalytics.stats.intervals import Floats

_NODES = 15  # of the quadrature over the level that the past leaves open


@dataclass(frozen=True)
class Evidence:
    """Evidence that streams have left their past.

    Attributes
    ----------
    log_e : numpy.ndarray, streams x steps
        Logarithm of the evidence after each step.
    gains : numpy.ndarray, moves x streams x steps
        Logarithm of the likelihood ratio of each move, from the first step on.
    """

    log_e: Floats
    gains: Floats

    def since(self, stream: int, step: int) -> int:
        """Step in which the stream most likely left its past, as seen after `step`."""
        gains = self.gains[:, stream, : step + 1]
        before = np.concatenate([np.zeros((len(gains), 1)), gains[:, :-1]], axis=1)
        return int(np.argmax(np.logaddexp.reduce(gains[:, -1:] - before, axis=0)))


def evidence(
    sums: Floats,
    log_mean: Callable[[Floats], Floats],
    moves: Floats,
    spread: Floats,
    dispersion: Floats,
    horizon: int,
) -> Evidence:
    """Work out the evidence of streams, step by step.

    Parameters
    ----------
    sums : numpy.ndarray, streams x steps
        What was observed in each step: a sum over its events, or their number.
    log_mean : callable
        Given a tilt a stream, the logarithm of the expectation of ``exp(tilt * sum)`` of each step where
        nothing has moved, streams x steps.
    moves : numpy.ndarray, streams x moves
        Tilts that stand for streams that have moved.
    spread : numpy.ndarray
        Standard deviation of the tilt that the past leaves open, a value a stream.
    dispersion : numpy.ndarray
        Variance of the sums over what `log_mean` says, 1 or more, a value a stream.
    horizon : int
        Steps within which the chance of a false alarm is meant.

    Returns
    -------
    Evidence

    Notes
    -----
    What has not moved is itself a mixture: normal with `spread`, as uncertain as the past leaves the level.
    A likelihood with dispersion is the power 1 / dispersion of the one without it.

    References
    ----------
    Ramdas, Gruenwald, Vovk and Shafer (2023), "Game-theoretic statistics and safe anytime-valid inference",
    Statistical Science 38(4), doi:10.1214/23-STS894. Shin, Ramdas and Rinaldo (2024), "E-detectors: a
    nonparametric framework for sequential change detection", New England J. Statist. Data Sci. 2(2).

    Examples
    --------
    Four events an hour were usual, and then came none for ten hours:

    >>> sums = np.array([[4.0, 3, 5, 4] + [0.0] * 10])
    >>> usual = lambda tilt: np.full((1, 14), 4.0) * np.expm1(tilt)[:, None]
    >>> found = evidence(sums, usual, np.log([[0.1, 0.5, 2.0]]), np.array([0.02]), np.ones(1), 720)
    >>> (found.log_e[0, [3, 13]] > np.log(20)).tolist(), found.since(0, 13)
    ([False, True], 4)
    """

    def gain(tilt: Floats) -> Floats:
        steps = (tilt[:, None] * sums - log_mean(tilt)) / dispersion[:, None]
        return np.asarray(np.cumsum(steps, axis=1))

    nodes, weights = np.polynomial.hermite.hermgauss(_NODES)
    null = np.full(sums.shape, -np.inf)
    for node, share in zip(nodes * np.sqrt(2), weights / np.sqrt(np.pi), strict=True):
        null = np.logaddexp(null, gain(node * spread) + np.log(share))
    gains = np.stack([gain(moves[:, place]) - null for place in range(moves.shape[1])])
    before = np.concatenate([np.zeros((*gains.shape[:2], 1)), gains[:, :, :-1]], axis=2)
    started = np.logaddexp.accumulate(-before, axis=2)
    mixed = np.logaddexp.reduce(gains + started, axis=0) - np.log(len(gains)) - np.log(horizon)
    waiting = np.maximum(1 - np.arange(1, sums.shape[1] + 1) / horizon, 0.0)
    with np.errstate(divide="ignore"):
        return Evidence(np.logaddexp(mixed, np.log(waiting)), gains)


def average(parts: list[Floats]) -> Floats:
    """Logarithm of the mean of several pieces of evidence for the same question: evidence itself."""
    return np.asarray(np.logaddexp.reduce(np.stack(parts), axis=0) - np.log(len(parts)))


def q_values(log_e: Floats) -> Floats:
    """q-values of streams after each step, by Benjamini and Hochberg over the streams of 1 / evidence."""
    count = len(log_e)
    p_values = np.exp(-np.maximum(log_e, 0.0))
    order: npt.NDArray[np.int64] = np.argsort(p_values, axis=0, kind="stable")
    ranked = np.take_along_axis(p_values, order, axis=0) * count / np.arange(1, count + 1)[:, None]
    ranked = np.minimum(np.minimum.accumulate(ranked[::-1], axis=0)[::-1], 1.0)
    q = np.empty_like(p_values)
    np.put_along_axis(q, order, ranked, axis=0)
    return q
