"""What a connected call brings in where an unsold one was: by set, state and hour, shrunken."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dtanalytics.analysis.shrinkage import NormalPrior, fit_normal, shrink_means
from dtanalytics.analysis.stats import normal_quantile
from dtanalytics.analysis.tables import Bools, Floats, Ints, currency, group_codes, ratio

CELL = ("set_name", "lf_state", "call_hour")
"""What an unsold call shares with connected ones: it has no offer, but a set, a state and an hour."""
_ENOUGH = 50  # connected calls of a set, to be learnt from alone


@dataclass(frozen=True)
class CellValues:
    """What a connected call brings in each cell, and how sure that is.

    Own variance and pull are apart, because cells of one family err together by what they are
    pulled towards.
    """

    cells: Ints
    family: Ints
    mean: Floats
    own_variance: Floats
    pull: Floats
    centre_variance: Floats
    freedom: Floats


def cell_values(calls: pd.DataFrame, margins: Ints, connected: Bools) -> CellValues:
    """Estimate the margin per connected call of each cell, shrunken towards its set or all sets."""
    cells, keys = group_codes(calls, [name for name in CELL if name in calls])
    many = max(len(keys), 1)
    margin = currency(margins[connected])
    n = np.bincount(cells[connected], minlength=many).astype(np.float64)
    mean = ratio(np.bincount(cells[connected], margin, minlength=many), n)
    square = np.bincount(cells[connected], (margin - mean[cells[connected]]) ** 2, minlength=many)
    variance = np.where(n > 1, ratio(square, n - 1), np.nan)
    everywhere = fit_normal(mean, variance, n)
    family = np.zeros(many, dtype=np.int64)
    if "set_name" in keys and len(keys):
        family = group_codes(keys, ["set_name"])[0]
    value, own, pull = (np.full(many, np.nan) for _ in range(3))
    centre = np.full(int(family.max()) + 1, np.nan)
    freedom = np.ones(centre.size)
    z = normal_quantile(0.95)
    for number in range(centre.size):
        mine = family == number
        enough = n[mine].sum() >= _ENOUGH
        prior = fit_normal(mean[mine], variance[mine], n[mine]) if enough else everywhere
        shrunken = shrink_means(mean[mine], variance[mine], n[mine], prior, 0.95)
        value[mine] = shrunken.mean
        pull[mine] = 1 - shrunken.weight
        centre[number] = _centre_variance(prior)
        freedom[number] = max(int((n[mine] if enough else n).astype(bool).sum()) - 1, 1)
        spread = ((shrunken.high - shrunken.low) / (2 * z)) ** 2
        own[mine] = np.maximum(spread - pull[mine] ** 2 * centre[number], 0)
    if connected.any():  # too few cells to learn from: the mean of all connected calls, its error unknown
        value = np.where(np.isnan(value), margin.mean(), value)
    return CellValues(cells, family, value, own, pull, centre, freedom)


def _centre_variance(prior: NormalPrior) -> float:
    if not prior.weight.size:
        return 0.0
    return float(prior.weight @ (prior.centre_variance + (prior.centre - prior.mean) ** 2))


def expected_loss(
    value: CellValues, codes: Ints, cells: Ints, groups: int, confidence: float
) -> dict[str, Floats]:
    """Add up the expected margin of lost calls by group, with an interval."""
    from scipy.special import stdtrit

    many = len(value.mean)
    pairs, counts = np.unique(codes * many + cells, return_counts=True)
    group, cell = pairs // many, pairs % many
    expected: Floats = np.bincount(group, counts * value.mean[cell], minlength=groups).astype(np.float64)
    own: Floats = np.bincount(group, counts**2 * value.own_variance[cell], minlength=groups).astype(
        np.float64
    )
    families = len(value.centre_variance)
    shared = np.bincount(
        group * families + value.family[cell], counts * value.pull[cell], minlength=groups * families
    )
    common = shared.reshape(groups, families) ** 2 @ value.centre_variance
    there = np.zeros((groups, families), dtype=bool)
    there[group, value.family[cell]] = True
    fewest = np.where(there, value.freedom, np.inf).min(axis=1, initial=len(value.mean))
    quantile = stdtrit(fewest, 0.5 + confidence / 2)
    half = quantile * np.sqrt(own + common)
    return {
        "expected_margin_lost": expected.round(4),
        "expected_margin_lost_low": (expected - half).round(4),
        "expected_margin_lost_high": (expected + half).round(4),
    }
