"""Which row of a ledger is which call of ours: by sid, or by the caller and the time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dtanalytics.analysis.matching.differences import CALLER, KEY, TIME, wall
from dtanalytics.analysis.tables import Bools, Ints
from dtanalytics.columns.numbering import in_order, numbered, repeats, runs
from dtanalytics.texts.phones import spelled


def same_sids(here: pd.DataFrame, there: pd.DataFrame) -> tuple[Ints, Ints]:
    """Pair equal sids, the first with the first, the second with the second."""
    rows, code = repeats(pd.concat([here[KEY], there[KEY]], ignore_index=True))
    # Rows of a sid stand together, ours before theirs, each in order of appearance.
    again = np.arange(len(rows)) - np.repeat(*runs(code * 2 + (rows >= len(here))))
    place = code * (len(rows) + 1) + again
    ours = rows < len(here)
    _, mine, theirs = np.intersect1d(place[ours], place[~ours], assume_unique=True, return_indices=True)
    mine, theirs = rows[ours][mine], rows[~ours][theirs] - len(here)
    order = np.argsort(mine)
    return mine[order], theirs[order]


def nearest_calls(here: pd.DataFrame, there: pd.DataFrame, tolerance: pd.Timedelta) -> tuple[Ints, Ints]:
    """Pair calls of one number within the tolerance, the closest first, each at most once."""
    callers = [spelled(side[CALLER]) for side in (here, there)]
    times = [wall(side[TIME]) for side in (here, there)]
    code = numbered(pd.concat(callers, ignore_index=True))
    micro = [time.to_numpy(dtype="datetime64[us]").astype(np.int64) for time in times]
    known = [np.asarray(time.notna()) for time in times]
    codes = [np.where(known[0], code[: len(here)], -1), np.where(known[1], code[len(here) :], -1)]
    rows = [np.flatnonzero(side >= 0) for side in codes]
    order = [side[_by_caller(c[side], m[side])] for side, m, c in zip(rows, micro, codes, strict=True)]
    # One sorted axis: callers are spaced so far apart that a time window never reaches the next caller.
    reach = round(tolerance.total_seconds() * 1e6)
    every = np.concatenate([m[o] for m, o in zip(micro, order, strict=True)])
    base = every.min() if len(every) else 0
    room = int(every.max() - base + 2 * reach + 2) if len(every) else 1
    axis = [c[o].astype(np.int64) * room + (m[o] - base) for c, m, o in zip(codes, micro, order, strict=True)]
    low = np.searchsorted(axis[1], axis[0] - reach, side="left")
    high = np.searchsorted(axis[1], axis[0] + reach, side="right")
    many = high - low
    mine = np.repeat(np.arange(len(axis[0])), many)
    theirs = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many) + np.repeat(low, many)
    closest = np.lexsort((theirs, mine, np.abs(axis[0][mine] - axis[1][theirs])))
    mine, theirs = _one_to_one(mine[closest], theirs[closest])
    mine, theirs = order[0][mine], order[1][theirs]
    first = np.argsort(mine, kind="stable")
    return mine[first], theirs[first]


def _by_caller(callers: Ints, times: Ints) -> Ints:
    """Rows by caller, and by time of each."""
    if (times[1:] >= times[:-1]).all():
        return in_order(callers)[0]
    order = np.argsort(times, kind="stable")
    return order[in_order(callers[order])[0]]


def _one_to_one(mine: Ints, theirs: Ints) -> tuple[Ints, Ints]:
    """Take candidates in order of distance; a pair that is taken rules out all others of its call and row."""
    taken: list[tuple[Ints, Ints]] = []
    while len(mine):
        best = _first(mine) & _first(theirs)
        taken.append((mine[best], theirs[best]))
        free = ~(_holds(mine, best) | _holds(theirs, best))
        mine, theirs = mine[free], theirs[free]
    nothing = np.empty(0, dtype=np.int64)
    return (
        np.concatenate([nothing, *(pair[0] for pair in taken)]),
        np.concatenate([nothing, *(pair[1] for pair in taken)]),
    )


def _first(numbers: Ints) -> Bools:
    """Where each number stands for the first time."""
    place = np.arange(len(numbers))
    first = np.empty(numbers.max() + 1, dtype=np.int64)
    first[numbers[::-1]] = place[::-1]
    return np.asarray(first[numbers] == place)


def _holds(numbers: Ints, chosen: Bools) -> Bools:
    """Where a number stands that is chosen anywhere."""
    held = np.zeros(numbers.max() + 1, dtype=bool)
    held[numbers[chosen]] = True
    return np.asarray(held[numbers])
