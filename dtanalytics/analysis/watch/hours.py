"""Calls of segments by the hour, and what weekday and hour usually say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from dtanalytics.analysis.tables import Floats, Ints, ratio

HOUR = 3_600_000_000  # us
DAY = 24
WEEK = 168
_BORROWED = 200.0  # calls that the rhythm of all segments counts for in that of one
_PARTS = 6  # parts of a day
_LENT = 28.0  # days, or weeks, that all segments count for in the dispersion of one
_CAUTION = 1.25  # what some weeks tell of a dispersion may be a quarter too little
_CELL = 40.0  # calls that a segment's own rate counts for in that of a weekday or weekend hour


@dataclass(frozen=True)
class Hours:
    """Hours of the past, and after them those that are watched.

    Attributes
    ----------
    start : int [us]
        Eastern wall clock at which the past begins: midnight.
    past, watched : int [h]
        Number of hours of each.
    segments : int
        Number of segments.
    """

    start: int
    past: int
    watched: int
    segments: int

    @property
    def count(self) -> int:
        """All hours."""
        return self.past + self.watched

    @property
    def of_week(self) -> Ints:
        """Hour of the week of each hour, 0 for Monday's first."""
        return (self.start // HOUR + np.arange(self.count) + 3 * DAY) % WEEK  # 1970 began on a Thursday

    @property
    def cell(self) -> Ints:
        """Hour of the day, apart for weekdays and weekends: 0 to 47."""
        return self.of_week % DAY + DAY * (self.of_week >= 5 * DAY)

    def sums(self, segment: Ints, hour: Ints, values: Any = None) -> Floats:
        """Add up by segment and hour."""
        place = segment * self.count + hour
        found = np.bincount(place, values, self.segments * self.count)
        return found.astype(np.float64).reshape(self.segments, self.count)

    def rhythm(self, counts: Floats) -> Floats:
        """Share of a week's calls that each hour has, by segment: of its own past, few calls borrowed."""
        past, of_week = counts[:, : self.past], self.of_week[: self.past]
        weekday, kind = np.arange(WEEK) // DAY, (np.arange(WEEK) >= 5 * DAY).astype(int)
        seen = np.maximum(np.bincount(of_week, minlength=WEEK), 1)
        by_week = np.zeros((self.segments, WEEK))
        np.add.at(by_week.T, of_week, past.T)
        by_week = by_week / seen
        total = by_week.sum(axis=0)
        days, hours = _parts(total[None], weekday, kind)
        own_days, own_hours = _parts(by_week, weekday, kind)
        size = past.sum(axis=1)[:, None]
        days = (size * own_days + _BORROWED * days) / (size + _BORROWED)
        of_kind = np.stack([own_days[:, :5].sum(axis=1), own_days[:, 5:].sum(axis=1)], axis=1)
        weight = (size * of_kind)[:, :, None]
        hours = (weight * own_hours + _BORROWED * hours) / (weight + _BORROWED)
        hours = hours.reshape(self.segments, 2 * DAY)
        shares = days[:, weekday] * hours[:, kind * DAY + np.arange(WEEK) % DAY]
        return np.asarray(shares[:, self.of_week])

    def usual(self, sums: Floats, trials: Floats) -> Floats:
        """Mean per trial that the past has for each hour's cell, moved towards the segment's own mean."""
        past, cell = slice(0, self.past), self.cell
        overall = ratio(sums[:, past].sum(axis=1), trials[:, past].sum(axis=1))[:, None]
        found = []
        for values in (sums, trials):
            by_cell = np.zeros((2 * DAY, self.segments))
            np.add.at(by_cell, cell[past], values[:, past].T)
            found.append(by_cell.T)
        cells = (found[0] + _CELL * np.nan_to_num(overall)) / (found[1] + _CELL)
        return np.asarray(cells[:, cell])


def _parts(by_week: Floats, weekday: Ints, kind: Ints) -> tuple[Floats, Floats]:
    """Shares of the weekdays, and of the hours of a weekday and of a weekend day; even without a call."""
    days = np.stack([by_week[:, weekday == day].sum(axis=1) for day in range(7)], axis=1)
    hours = np.stack(
        [by_week[:, kind == one].reshape(len(by_week), -1, DAY).sum(axis=1) for one in (0, 1)], axis=1
    )
    return _shares(days), _shares(hours)


def _shares(values: Floats) -> Floats:
    total = values.sum(axis=-1, keepdims=True)
    return np.where(total > 0, values / np.where(total > 0, total, 1.0), 1 / values.shape[-1])


def dispersion(residual: Floats, variance: Floats, hours: Hours) -> Floats:
    """How much more sums vary than single calls explain: over weeks, days, and parts of the day; at least 1.

    Parameters
    ----------
    residual, variance : numpy.ndarray, segments x hours
        Of the past: what was observed less what was expected, and the variance of single calls.
    hours : Hours

    Notes
    -----
    A cap that closes an affiliate in the evening of busy days makes evenings vary more than days, so that
    the part of the day that varies most counts. What few days tell of a segment is moved towards what all
    segments have.
    """
    found = np.ones(hours.segments)
    for length, parts, lost in ((WEEK, 1, 1), (DAY, 1, 2), (DAY // _PARTS, _PARTS, 2)):
        count = hours.past // (length * parts)
        if count <= lost:
            continue
        shape = (hours.segments, count, parts, length)
        last = slice(hours.past - count * parts * length, hours.past)
        square = (residual[:, last].reshape(shape).sum(axis=3) ** 2).sum(axis=1)
        expected = variance[:, last].reshape(shape).sum(axis=(1, 3))
        own = ratio(square, expected) * count / (count - lost)
        pooled = ratio(square.sum(), expected.sum()) * count / (count - lost)
        mixed = (count * np.where(np.isnan(own), pooled, own) + _LENT * pooled) / (count + _LENT)
        found = np.fmax(found, mixed.max(axis=1))
    return 1 + _CAUTION * (found - 1)
