"""The metrics that are watched, as sums by segment and hour with what their past says about them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dtanalytics.analysis.tables import Bools, Floats, Ints, ratio
from dtanalytics.analysis.watch.hours import Hours, dispersion
from dtanalytics.stats.sequential import Evidence, evidence

HORIZON = 31 * 24
"""Hours of a month, to which the rate of false alarms refers."""
_FACTORS = np.log([0.02, 0.25, 0.5, 0.7, 0.85, 1.2, 1.5, 2.0, 3.0, 6.0])  # of volume
_ODDS = np.array([-4.0, -2.0, -1.0, -0.5, -0.25, 0.25, 0.5, 1.0, 2.0, 4.0])  # logarithms of odds ratios
_SHIFTS = np.array([-1.0, -0.5, -0.25, -0.1, 0.1, 0.25, 0.5, 1.0])  # in standard deviations
_BORROWED = 30.0  # calls of all segments that count among those of one
_POINTS = 200  # values that stand for the calls of all segments


_LARGEST = 500.0  # exponents beyond overflow


@dataclass(frozen=True)
class Stream:
    """One metric of every segment.

    Attributes
    ----------
    trials, sums, expected : numpy.ndarray, segments x hours
        Calls that the metric is about, their sum or count, and what the past leads to expect of it. The hours
        are all hours, the past first.
    evidence : Evidence
        That the watched hours differ.
    """

    trials: Floats
    sums: Floats
    expected: Floats
    evidence: Evidence


def volume(hours: Hours, calls: Floats) -> Stream:
    """Calls by the hour: Poisson about the segment's own rhythm, with its own dispersion."""
    shares = hours.rhythm(calls)
    past = slice(0, hours.past)
    total = calls[:, past].sum(axis=1)
    expected = shares * ratio(total, shares[:, past].sum(axis=1))[:, None]

    def log_mean(tilt: Floats) -> Floats:
        return np.asarray(expected[:, hours.past :] * np.expm1(tilt)[:, None])

    residual, variance = (calls - expected)[:, past], expected[:, past]
    found = _evidence(hours, calls, log_mean, _FACTORS, residual, variance)
    return Stream(np.ones_like(calls), calls, expected, found)


def share(hours: Hours, hits: Floats, trials: Floats) -> Stream:
    """Calls that count out of those asked: binomial about the usual share of the hour."""
    past = slice(0, hours.past)
    least = (0.5 / (trials[:, past].sum(axis=1) + 1))[:, None]  # what never happened may happen
    rate = np.clip(hours.usual(hits, trials), least, 1 - least)
    now = rate[:, hours.past :]

    def log_mean(tilt: Floats) -> Floats:
        return np.asarray(trials[:, hours.past :] * np.log1p(now * np.expm1(tilt)[:, None]))

    variance = (trials * rate * (1 - rate))[:, past]
    residual = (hits - trials * rate)[:, past]
    found = _evidence(hours, hits, log_mean, _ODDS, residual, variance)
    return Stream(trials, hits, trials * rate, found)


def value(hours: Hours, segment: Ints, hour: Ints, values: Floats, extra: Floats | None = None) -> Stream:
    """Something that each call brings: its past distribution about the usual mean of the hour.

    Parameters
    ----------
    hours : Hours
    segment, hour : numpy.ndarray
        Of each call.
    values : numpy.ndarray
        What each call brings.
    extra : numpy.ndarray, optional
        Values that may occur though the past has none of them, counted as one call each.
    """
    trials, sums = hours.sums(segment, hour), hours.sums(segment, hour, values)
    usual = hours.usual(sums, trials)
    residual = values - usual[segment, hour]
    before = hour < hours.past
    number = np.bincount(segment[before], minlength=hours.segments).astype(np.float64)
    pool = _points(residual[before], extra)
    square = np.bincount(segment[before], residual[before] ** 2, hours.segments)
    variance = (square + _BORROWED * (pool**2).mean()) / (number + _BORROWED)
    scale = np.sqrt(np.where(variance > 0, variance, 1.0))
    mine, theirs = segment[before], residual[before]

    def log_mean(tilt: Floats) -> Floats:
        own = np.bincount(mine, np.exp(np.minimum(tilt[mine] * theirs, _LARGEST)), hours.segments)
        lent = _BORROWED * np.exp(np.minimum(tilt[:, None] * pool, _LARGEST)).mean(axis=1)
        each = np.log((own + lent) / (number + _BORROWED))
        return np.asarray(trials[:, hours.past :] * each[:, None])

    past = slice(0, hours.past)
    by_hour = trials[:, past] * (scale**2)[:, None]
    apart = hours.sums(segment, hour, residual)
    found = _evidence(hours, apart, log_mean, _SHIFTS / scale[:, None], apart[:, past], by_hour)
    return Stream(trials, sums, trials * usual, found)


def _points(residual: Floats, extra: Floats | None) -> Floats:
    """Values that stand for the residuals of all segments, with mean 0, and those that may occur."""
    if not residual.size:
        return np.zeros(1)
    ordered = np.sort(residual)
    points = ordered[np.linspace(0, ordered.size - 1, _POINTS).round().astype(np.int64)]
    points = points if extra is None else np.r_[points, extra]
    return np.asarray(points - points.mean())


def _evidence(
    hours: Hours,
    sums: Floats,
    log_mean: Callable[[Floats], Floats],
    moves: Floats,
    residual: Floats,
    variance: Floats,
) -> Evidence:
    """Evidence of the watched hours; none for a segment without a past."""
    spread_out = dispersion(residual, variance, hours)
    known = variance.sum(axis=1)
    spread = np.sqrt(np.where(known > 0, spread_out / np.where(known > 0, known, 1.0), 0.0))
    tilts = np.broadcast_to(moves, (hours.segments, moves.shape[-1]))
    found = evidence(sums[:, hours.past :], log_mean, tilts, np.minimum(spread, 1.0), spread_out, HORIZON)
    found.log_e[known <= 0] = 0.0
    return found


def repriced(kind: Ints, price: Ints, qualified: Bools, telling: Bools, order: Ints) -> tuple[Bools, Bools]:
    """Tell which qualified calls are priced otherwise than calls of their kind were at the end of the past.

    Parameters
    ----------
    kind : numpy.ndarray
        Number of each call's kind: offer, affiliate and set.
    price : numpy.ndarray [1/10,000 currency]
    qualified : numpy.ndarray of bool
    telling : numpy.ndarray of bool
        Calls of the past whose price tells what is usual.
    order : numpy.ndarray
        The calls by time.

    Returns
    -------
    (asked, otherwise)
        Qualified calls whose kind has a usual price, and those of them that have another one.
    """
    usual = np.full(int(kind.max(initial=-1)) + 1, -1, dtype=np.int64)
    known = order[(qualified & telling)[order]]
    usual[kind[known]] = price[known]  # the last one stays
    asked = qualified & (usual[kind] >= 0)
    return asked, asked & (price != usual[kind])
