"""Eastern wall clock for arrays of seconds, and the rhythm of a day and a week."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dtanalytics.schema import EASTERN

DAY = 86_400
_EPOCH = dt.datetime(1970, 1, 1)

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_HOURS = np.array(
    [1, 0.7, 0.5, 0.4, 0.5, 1, 2.5, 5, 9, 12.5, 14, 14, 13, 13.5, 13.5, 13, 12, 11, 9.5, 8, 6, 4.5, 3, 1.8]
)
_WEEKDAYS = np.array([1.16, 1.1, 1.06, 1.04, 1.0, 0.56, 0.42])  # Monday first


def parse(moment: str | dt.date) -> int:
    """Seconds on the wall clock since 1970, from a date, a datetime or their ISO text."""
    if isinstance(moment, str):
        moment = dt.datetime.fromisoformat(moment)
    if not isinstance(moment, dt.datetime):
        moment = dt.datetime(moment.year, moment.month, moment.day)
    if moment.tzinfo is not None:
        moment = moment.astimezone(EASTERN).replace(tzinfo=None)
    return int((moment - _EPOCH).total_seconds())


def moment(wall: int) -> dt.datetime:
    """Read seconds on the wall clock as a naive datetime."""
    return _EPOCH + dt.timedelta(seconds=wall)


def to_wall(utc: Ints) -> Ints:
    """Wall clock [s] of instants [s]."""
    hours, where = np.unique(utc // 3600, return_inverse=True)
    offsets = [_offset(dt.datetime.fromtimestamp(hour * 3600, EASTERN)) for hour in hours.tolist()]
    return utc + np.array(offsets, dtype=np.int64)[where]


def to_utc(wall: Ints) -> tuple[Ints, Bools]:
    """Instants [s] of a wall clock [s], read as its first occurrence, and whether that was a choice."""
    hours, where = np.unique(wall // 3600, return_inverse=True)
    local = [moment(hour * 3600).replace(tzinfo=EASTERN) for hour in hours.tolist()]
    first = np.array([_offset(hour) for hour in local], dtype=np.int64)
    second = np.array([_offset(hour.replace(fold=1)) for hour in local], dtype=np.int64)
    return wall - first[where], (first != second)[where]


def _offset(moment: dt.datetime) -> int:
    offset = moment.utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


@dataclass(frozen=True)
class Span:
    """When calls are made: from `start` to before `end` [s, wall clock], at multiples of `tick` [s]."""

    start: int
    end: int
    tick: int = 1


def draw_times(count: int, span: Span, rng: np.random.Generator) -> Ints:
    """Wall clocks [s] of `count` calls in the order in which they happened.

    Hours are hours of real time, so that an hour that occurs twice gets calls twice and one that
    never occurs gets none.
    """
    first, _ = to_utc(np.array([span.start, span.end]))
    hours = np.arange(first[0], first[1], 3600)
    wall = to_wall(hours)
    weight = _HOURS[(wall % DAY) // 3600] * _WEEKDAYS[(wall // DAY + 3) % 7]
    chosen = rng.choice(len(hours), size=count, p=weight / weight.sum())
    instants = np.sort(hours[chosen] + rng.integers(0, 3600, size=count))
    return to_wall(instants - instants % span.tick)


def session_ids(when: Ints, first: int) -> list[str]:
    """Sixteen digits as the vendor prints them: the day, then a number that no other call has."""
    days = np.datetime_as_string((when // DAY).astype("datetime64[D]"))
    numbers = (np.arange(first, first + len(when), dtype=np.int64) * 6_180_339_887) % 10**10
    return [
        f"{day[2:4]}{day[5:7]}{day[8:]}{number:010d}"
        for day, number in zip(days.tolist(), numbers.tolist(), strict=True)
    ]
