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
    since : numpy.ndarray
        Step in which each stream most likely left its past, as seen after the last one.
    """

    log_e: Floats
    since: npt.NDArray[np.int64]


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
    >>> (found.log_e[0, [3, 13]] > np.log(20)).tolist(), found.since.tolist()
    ([False, True], [4])
    """

    def gain(tilt: Floats) -> Floats:
        steps = (tilt[:, None] * sums - log_mean(tilt)) / dispersion[:, None]
        return np.asarray(np.cumsum(steps, axis=1))

    nodes, weights = np.polynomial.hermite.hermgauss(_NODES)
    null = np.full(sums.shape, -np.inf)
    for node, share in zip(nodes * np.sqrt(2), weights / np.sqrt(np.pi), strict=True):
        null = np.logaddexp(null, gain(node * spread) + np.log(share))
    mixed, begun = np.full((2, *sums.shape), -np.inf)
    for move in moves.T:
        gained = gain(move) - null
        before = np.concatenate([np.zeros((len(gained), 1)), gained[:, :-1]], axis=1)
        mixed = np.logaddexp(mixed, gained + np.logaddexp.accumulate(-before, axis=1))
        begun = np.logaddexp(begun, gained[:, -1:] - before)
    waiting = np.maximum(1 - np.arange(1, sums.shape[1] + 1) / horizon, 0.0)
    with np.errstate(divide="ignore"):
        log_e = np.logaddexp(mixed - np.log(moves.shape[1] * horizon), np.log(waiting))
    return Evidence(log_e, np.argmax(begun, axis=1))


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
