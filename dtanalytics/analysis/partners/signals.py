"""Signs that traffic is not what it seems, each as observed against expected by segment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from dtanalytics.analysis.geography import Places, state_of_names, state_of_numbers, state_of_zips
from dtanalytics.analysis.tables import Bools, Floats, Ints, known, true
from dtanalytics.analysis.traffic import Traffic
from dtanalytics.columns.numbering import counted, runs
from dtanalytics.columns.slices import by_slices, slices
from dtanalytics.money import SCALE

_DAY_US, _HOUR_US = 86_400_000_000, 3_600_000_000
_SLOT_US = 300_000_000
_SLOTS = 288  # slots of five minutes in a day
_DIGITS = 10**10  # numbers have ten digits
_NEIGHBOURS = 5  # numbers so far apart count as consecutive
_BORROWED = 50.0  # calls that the hours of all segments count for in those of one
_CHANCE = 0.001  # consecutive numbers that happen anyway, as a share of calls: families, offices


@dataclass(frozen=True)
class Signal:
    """One sign, an array value a segment.

    Attributes
    ----------
    name : str
        Name of the sign.
    observed, expected : numpy.ndarray
        What was counted, and what its own surroundings or the other segments suggest.
    p_value : numpy.ndarray [ratio]
        Chance of such a count where nothing is out of the ordinary; null where there is no test.
    money : numpy.ndarray [currency]
        What was paid for the calls that were counted.
    note : str
        What was counted, in words.
    """

    name: str
    observed: Floats
    expected: Floats
    p_value: Floats
    money: Floats
    note: str


def binomial_tail(observed: Floats, trials: Floats, share: Any) -> Floats:
    """Chance of so many successes or more; 1 where there are none."""
    from scipy.special import betainc

    return np.asarray(np.where(observed > 0, betainc(observed, trials - observed + 1, share), 1.0))


def poisson_tail(observed: Floats, mean: Floats) -> Floats:
    """Chance of so many events or more; 1 where there are none."""
    from scipy.special import pdtrc

    return np.asarray(np.where(observed > 0, pdtrc(observed - 1, mean), 1.0))


def caller_share(traffic: Traffic, name: str, trait: Bools, asked: Bools, ratio: float, note: str) -> Signal:
    """Compare the share of callers with a trait with that of all other segments.

    Parameters
    ----------
    trait, asked : numpy.ndarray of bool
        Calls that show it, and calls of which it is known whether they do.
    ratio : float
        Multiple of the others' share that passes for natural.
    """
    showing = np.flatnonzero(asked & trait)
    counted, shown = np.zeros((2, traffic.pair_segment.size), dtype=bool)
    counted[traffic.pair if asked.all() else traffic.pair[asked]] = True
    shown[traffic.pair[showing]] = True
    callers, hits = traffic.callers_with(counted), traffic.callers_with(shown)
    others, other_hits = callers.sum() - callers, hits.sum() - hits
    comparable = (callers > 0) & (others > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = np.where(comparable, callers * other_hits / others, np.nan)
        # Both counts are Poisson; given their sum the first one is binomial.
        share = ratio * callers / (ratio * callers + others)
    return Signal(
        name,
        hits,
        expected,
        np.where(comparable, binomial_tail(hits, hits + other_hits, share), np.nan),
        np.bincount(traffic.segment[showing], traffic.payout[showing], traffic.segments) / SCALE,
        note,
    )


def repeats(traffic: Traffic, ratio: float) -> Signal:
    """Callers who came back within the affiliate's unique-caller time."""
    flag = traffic.calls["repeat_affiliate_caller"]
    note = "callers who come back too soon"
    return caller_share(traffic, "repeat_callers", true(flag), known(flag), ratio, note)


def off_hours(traffic: Traffic, ratio: float, hours: tuple[int, int]) -> Signal:
    """Callers in the night; hours [start, end) are Eastern and may pass midnight."""
    start, end = hours

    def in_the_night(clock: Ints) -> Bools:
        hour = clock // _HOUR_US % 24
        return (hour >= start) & (hour < end) if start <= end else (hour >= start) | (hour < end)

    night = by_slices(in_the_night, traffic.wall_clock, dtype=bool)
    everybody = np.ones(night.size, dtype=bool)
    note = f"callers between {start}:00 and {end}:00 Eastern"
    return caller_share(traffic, "off_hours", night, everybody, ratio, note)


def area_codes(traffic: Traffic, ratio: float) -> Signal:
    """Callers whose area code lies in another state than the one that offers were matched by."""
    place = state_of_numbers(traffic.number)
    return _elsewhere(traffic, "area_code_state", place, ratio, "callers whose area code is of another state")


def zip_codes(traffic: Traffic, ratio: float) -> Signal:
    """Callers whose ZIP code, typed or else looked up, lies in another state."""
    place = state_of_zips(traffic.calls["entered_zip"])
    if "zipcode" in traffic.calls:
        looked_up = state_of_zips(traffic.calls["zipcode"])
        place = np.where(known(traffic.calls["entered_zip"]), place, looked_up)
    return _elsewhere(traffic, "zip_code_state", place, ratio, "callers whose ZIP code is of another state")


def _elsewhere(traffic: Traffic, name: str, place: Places, ratio: float, note: str) -> Signal:
    state = state_of_names(traffic.calls["lf_state"])
    return caller_share(traffic, name, place != state, (place >= 0) & (state >= 0), ratio, note)


def consecutive(traffic: Traffic, ratio: float) -> Signal:
    """Calls whose number follows that of the call before, against the same numbers in random order."""
    order, number = traffic.in_order, traffic.number
    many, observed, paid = np.zeros((3, traffic.segments))
    keys = np.empty(order.size, dtype=np.int64)
    size, last = 0, -_DIGITS  # calls with a number so far, and the last of them
    for part in slices(order.size):
        rows = order[part]
        rows = rows[number[rows] >= 0]
        segment = traffic.segment[rows]
        dialled = segment * _DIGITS + number[rows]
        before = np.concatenate([[last], dialled[:-1]])
        apart = np.abs(dialled - before)
        follows = np.flatnonzero((apart >= 1) & (apart <= _NEIGHBOURS) & (before // _DIGITS == segment))
        keys[size : size + rows.size] = dialled
        many += np.bincount(segment, minlength=traffic.segments)
        observed += np.bincount(segment[follows], minlength=traffic.segments)
        paid += np.bincount(segment[follows], traffic.payout[rows[follows]], traffic.segments)
        size, last = size + rows.size, dialled[-1] if rows.size else last
    place, times = counted(keys[:size])
    pairs = np.zeros(traffic.segments)
    for part in slices(place.size):
        for step in range(1, _NEIGHBOURS + 1):
            other = place[part.start + step : part.stop + step]
            close = np.flatnonzero(other - place[part][: other.size] <= _NEIGHBOURS) + part.start
            both = times[close] * times[close + step]
            pairs += np.bincount(place[close] // _DIGITS, both, traffic.segments)
    with np.errstate(invalid="ignore"):
        expected = np.where(many > 1, 2 * pairs / many, np.nan)
    p_value = np.where(many > 1, poisson_tail(observed, ratio * expected + _CHANCE * many), np.nan)
    note = f"calls whose number is at most {_NEIGHBOURS} from that of the call before"
    return Signal("sequential_callers", observed, expected, p_value, paid / SCALE, note)


def bursts(traffic: Traffic, ratio: float) -> Signal:
    """Fullest five minutes, against the segment's calls of that day and its usual hours.

    A caller counts once in them. The p-value allows for the number of five minutes looked at.
    """
    from scipy.special import pdtrik

    clock = traffic.wall_clock
    first = int(clock.min(initial=clock.max(initial=0))) // _DAY_US * _SLOTS  # the midnight before
    slots = int(clock.max(initial=0)) // _SLOT_US - first + 1
    callers, boxes = np.empty((2, clock.size), dtype=np.int64)
    for part in slices(clock.size):
        callers[part] = traffic.pair[part] * slots + (clock[part] // _SLOT_US - first)
    callers.sort()
    many = 0  # a caller counts once
    for part in slices(clock.size):
        others = callers[part][np.diff(callers[part], prepend=callers[part.start - 1] if many else -1) != 0]
        pair, at = np.divmod(others, slots)
        boxes[many : many + others.size] = traffic.pair_segment[pair] * slots + at
        many += others.size
    boxes, count = counted(boxes[:many])
    where, at = np.divmod(boxes, slots)
    day, hour = at // _SLOTS, at % _SLOTS // (_SLOTS // 24)
    hours = np.bincount(where * 24 + hour, count, traffic.segments * 24).reshape(-1, 24)
    usual = hours.sum(axis=0) / max(hours.sum(), 1)
    profile = (hours + _BORROWED * usual) / (hours.sum(axis=1, keepdims=True) + _BORROWED)
    days = int(day.max(initial=0)) + 1
    of_day = np.bincount(where * days + day, count, traffic.segments * days)
    mean = of_day[where * days + day] * profile[where, hour] / 12
    tail = poisson_tail(count.astype(np.float64), ratio * mean)
    looked_at = _SLOTS * (of_day.reshape(-1, days) > 0).sum(axis=1)
    observed, busiest, p_value = np.zeros((3, traffic.segments))
    starts, sizes = runs(where)  # boxes are in the order of the segments
    if starts.size:
        busiest[where[starts]] = np.maximum.reduceat(mean, starts)
    least = (
        np.flatnonzero(tail == np.repeat(np.minimum.reduceat(tail, starts), sizes)) if starts.size else starts
    )
    fullest = least[runs(where[least])[0]]
    observed[where[fullest]] = count[fullest]
    p_value[where[fullest]] = np.minimum(tail[fullest] * looked_at[where[fullest]], 1.0)
    # Median of the largest of so many Poisson counts, if all windows were as busy as the busiest.
    with np.errstate(divide="ignore"):
        expected = np.maximum(np.ceil(pdtrik(0.5 ** (1 / looked_at), busiest)), 1.0)
    mean_payout = traffic.per_segment(traffic.payout) / np.maximum(traffic.per_segment(None), 1) / SCALE
    money = observed * mean_payout
    return Signal("bursts", observed, expected, p_value, money, "callers in the fullest five minutes")
