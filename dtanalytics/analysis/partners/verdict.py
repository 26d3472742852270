"""Keep, cut or wait: what a margin per call, and how sure it is, says about a target."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dtanalytics.stats.intervals import Floats, benjamini_hochberg
from dtanalytics.stats.shrink_means import POOLED_DEGREES

POWER = 0.8
"""Chance with which the calls still needed are to settle the question."""
_MOST = 10**9  # more calls than this are as good as never


class Verdicts(NamedTuple):
    """p- and q-value [ratio], the verdict in words, and the calls still needed (null: hopeless)."""

    p_value: Floats
    q_value: Floats
    verdict: npt.NDArray[np.object_]
    calls_needed: Floats


def decide(
    mean: Floats,
    shrunken: Floats,
    variance: Floats,
    callers: Floats,
    calls: Floats,
    target: float,
    confidence: float,
    p_value: Floats | None = None,
) -> Verdicts:
    """Test each segment's margin per call against a target, and judge.

    Parameters
    ----------
    mean, shrunken : numpy.ndarray [currency]
        Margin per call as it is, and pulled towards the other segments.
    variance : numpy.ndarray [currency squared]
        Of one caller's part.
    callers, calls : numpy.ndarray
        Their numbers.
    target : float [currency]
        Margin per call that is asked for.
    confidence : float [ratio]
        1 less the share of wrong verdicts among ``keep`` and ``cut``.
    p_value : numpy.ndarray, optional [ratio]
        From `tilted_test`; that of a t-test where it is null or left out.

    Returns
    -------
    Verdicts
        ``keep`` above the target, ``cut`` below it, where the q-value (Benjamini-Hochberg over the
        segments) is at most 1 - confidence; ``wait`` otherwise, with the calls that would settle the
        question with 80 % power if the shrunken margin were the true one, at the level that the next
        verdict of the list has to meet.
    """
    from scipy.special import ndtri, stdtr

    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.sqrt(variance / callers)
        distance = mean - target
        p = 2 * stdtr(callers - 1 + POOLED_DEGREES, -np.abs(distance) / error)
    p = np.where((callers > 0) & (error > 0), p, np.where(error == 0, (distance == 0) * 1.0, np.nan))
    if p_value is not None:
        p = np.where(np.isnan(p_value) & (callers > 0), p, p_value)
    q = benjamini_hochberg(p)
    level = 1 - confidence
    decided = q <= level
    verdict = np.where(decided, np.where(distance > 0, "keep", "cut"), "wait").astype(object)
    tested = max(int(np.isfinite(p).sum()), 1)
    next_level = level * min(int(decided.sum()) + 1, tested) / tested
    reach = ndtri(1 - next_level / 2) + ndtri(POWER)
    with np.errstate(invalid="ignore", divide="ignore"):
        callers_needed = variance * (reach / (shrunken - target)) ** 2
        more = np.ceil(callers_needed * calls / callers - calls)
    more = np.where(np.isfinite(more) & (more <= _MOST), np.maximum(more, 1), np.nan)
    return Verdicts(p, q, verdict, np.where(decided, 0.0, more))
