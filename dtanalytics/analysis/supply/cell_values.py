"""What a connected call brings in where an unsold one was: by set, state and hour, shrunken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dtanalytics.analysis.tables import Bools, Floats, Ints, group_codes, ratio
from dtanalytics.columns.units import SCALE
from dtanalytics.money import currency, spread, squares, sums
from dtanalytics.stats.crossed import Fit, fit_crossed
from dtanalytics.stats.intervals import normal_quantile

CELL = ("set_name", "lf_state", "call_hour")
"""What an unsold call shares with connected ones: it has no offer, but a set, a state and an hour."""


_ENOUGH = 50  # connected calls of a set, to be learnt from alone


@dataclass(frozen=True)
class Family:
    """Cells that were learnt from together.

    Attributes
    ----------
    place : numpy.ndarray
        Number of each cell among those of the part; -1 for the cells of other parts.
    fit : Fit
        What was learnt.
    excess : numpy.ndarray [currency squared]
        By how much the sampling variance of the cell's mean exceeds that with which it was weighed.
    """

    place: Ints
    fit: Fit
    excess: Floats


@dataclass(frozen=True)
class CellValues:
    """The cell of each call, and what a connected call brings in each cell.

    Without parts there is one value for all cells, its error unknown (one call) or zero (all alike).
    """

    cells: Ints
    mean: Floats
    parts: list[Family]
    error: float = np.nan


def cell_values(calls: pd.DataFrame, margins: Ints, connected: Bools, caller: Ints) -> CellValues:
    """Estimate the margin per connected call of each cell, shrunken towards its state and hour in its set."""
    names = [name for name in CELL if name in calls]
    cells, keys = group_codes(calls, names)
    many = max(len(keys), 1)
    own, margin = cells[connected], margins[connected]
    if not margin.size:
        return CellValues(cells, np.full(many, np.nan), [])
    levels = {name: group_codes(keys, [name])[0] for name in names}
    n = np.bincount(own, minlength=many).astype(np.float64)
    if margin.size <= np.count_nonzero(n) or np.ptp(margin) == 0 or many == 1:
        alone = spread(margin, np.zeros_like(own), 1)
        error = float(np.sqrt(alone / (margin.size - 1) / margin.size)) if margin.size > 1 else np.nan
        return CellValues(cells, np.full(many, float(currency(int(margin.sum()))) / margin.size), [], error)
    mean = ratio(currency(sums(own, many, margin)), n)
    who = caller[connected]
    sets = levels.get("set_name", np.zeros(many, dtype=np.int64))
    learnt = np.bincount(sets, n) >= _ENOUGH
    value, parts = np.empty(many), []
    for members, learnt_from in _families(sets, learnt):
        factors = [_renumbered(level[learnt_from]) for level in levels.values()]
        mine = learnt_from[own]
        noise = _noise(margin[mine], own[mine], np.where(learnt_from, n, 0.0), who[mine])[learnt_from]
        fit = fit_crossed(mean[learnt_from], noise, [f for f in factors if f.max(initial=0) > 0])
        relative = _relative_noise(margin[mine], fit.best.expected, n[learnt_from])
        finite = np.where(np.isfinite(noise), noise, 0.0)
        place = np.full(many, -1)
        place[learnt_from] = np.arange(len(relative))
        value[members] = fit.best.mean[place[members]]
        parts.append(Family(np.where(members, place, -1), fit, finite * (relative - 1)))
    return CellValues(cells, value, parts)


def expected_loss(
    value: CellValues, codes: Ints, cells: Ints, groups: int, confidence: float
) -> dict[str, Floats]:
    """Add up the expected margin of lost calls by group, with an interval."""
    from scipy.special import stdtrit

    many = len(value.mean)
    pairs, number = np.unique(codes * many + cells, return_counts=True)
    group, cell = pairs // many, pairs % many
    expected = np.bincount(group, number * value.mean[cell], groups).astype(np.float64)
    if value.parts:
        variance, doubt = np.zeros((2, groups))
        for part in value.parts:
            place = part.place[cell]
            mine = place >= 0
            sums = group[mine], place[mine], number[mine].astype(np.float64), groups, part.excess
            variance += part.fit.best.variance_of_sums(*sums)
            doubt += part.fit.doubt(*sums)
        with np.errstate(divide="ignore", invalid="ignore"):
            free = np.clip(np.nan_to_num(2 * variance**2 / doubt, nan=1e6, posinf=1e6), 2.0, 1e6)
        half = stdtrit(free, 0.5 + confidence / 2) * np.sqrt(variance)
    else:
        half = normal_quantile(confidence) * value.error * np.bincount(group, number, groups)
    return {
        "expected_margin_lost": expected.round(4),
        "expected_margin_lost_low": (expected - half).round(4),
        "expected_margin_lost_high": (expected + half).round(4),
    }


def _families(sets: Ints, learnt: Bools) -> Iterator[tuple[Bools, Bools]]:
    """The cells of each set, and those that they are learnt from: its own, or all where calls are few."""
    everything = np.ones(sets.size, dtype=bool)
    for number in np.flatnonzero(learnt):
        yield sets == number, sets == number
    if not learnt.all():
        yield ~learnt[sets], everything


def _renumbered(levels: Ints) -> Ints:
    return np.asarray(np.unique(levels, return_inverse=True)[1], dtype=np.int64)


def _noise(margin: Ints, own: Ints, n: Floats, caller: Ints) -> Floats:
    """Sampling variance of each cell's mean, as that of a mean cell."""
    freedom = margin.size - np.count_nonzero(n)
    alone = np.zeros_like(own)
    within = (
        spread(margin, own, len(n)) / freedom if freedom else spread(margin, alone, 1) / (margin.size - 1)
    )
    largest = float(currency(np.abs(margin).max()))
    within = max(within, 1e-12 * largest**2, 1e-12) * _cluster_factor(margin, caller)
    return np.asarray(np.divide(within, n, out=np.full(n.shape, np.inf), where=n > 0))


def _cluster_factor(margin: Ints, caller: Ints) -> float:
    """How much more the sum varies than that of independent calls, because callers call again."""
    residual = margin - round(int(margin.sum()) / margin.size)
    numbered = caller >= 0
    together = sums(caller[numbered], int(caller.max(initial=-1)) + 1, residual[numbered])
    square = squares(together) + squares(residual[~numbered])
    return max(square / (squares(residual) or 1), 1.0)


def _relative_noise(margin: Ints, expected: Floats, n: Floats) -> Floats:
    """Variance of one call of each cell over that of a mean one, from what its set, state and hour suggest.

    Where money is mostly zero, and of one sign, the variance grows with the mean; where gains and losses
    mix it does not. A cell's own money must not say it: without a sale a cell would pass for sure.
    """
    whole = int(margin.sum())
    middle, square = whole / SCALE / margin.size, squares(margin) / SCALE**2 / margin.size
    if not middle:
        return np.ones(len(n))
    one_sided = abs(whole) / int(np.abs(margin).sum())
    powers = square * np.clip(expected / middle, 0.2, 5.0) ** one_sided
    variance = powers - np.minimum(expected**2, 0.9 * powers)
    return np.asarray(variance / float(np.average(variance, weights=n)))
