"""Calls that come too soon after another, and calls beyond a cap, under proposed limits."""

from __future__ import annotations

import numpy as np

from dtanalytics.analysis.tables import Bools, Floats, Ints
from dtanalytics.columns.numbering import runs

_DAY = 86_400_000_000  # us


def repeats_within(
    caller: Ints, party: Ints, clock: Ints, counted: Bools, days: Floats, reported: Bools, start: int
) -> tuple[Bools, Bools]:
    """Tell which calls follow another one of the same caller and party by less than so many days.

    Parameters
    ----------
    caller, party : numpy.ndarray
        Numbers of each call's caller and party, -1 where unknown.
    clock : numpy.ndarray [us]
        Eastern wall clock of each call.
    counted : numpy.ndarray of bool
        Calls that can be repeats, and can be repeated.
    days : numpy.ndarray [days]
        Limit that is proposed for each call's party; null for none.
    reported : numpy.ndarray of bool
        The flag that each call has.
    start : int [us]
        When the first call of all was, on Eastern wall clock.

    Returns
    -------
    (repeat, unknown)
        Flags under the limits, as reported where there is none; and the calls that keep their reported
        flag because the calls before the first day, which are not there, may be what they repeat.

    Examples
    --------
    >>> day = 86_400_000_000
    >>> same, yes = np.zeros(3, np.int64), np.ones(3, bool)
    >>> clock = np.array([40, 45, 60]) * day
    >>> repeats_within(same, same, clock, yes, np.full(3, 7.0), ~yes, start=0)[0].tolist()
    [False, True, False]
    """
    asked = ~np.isnan(days)
    rows = np.flatnonzero(counted & (caller >= 0) & (party >= 0))
    rows = rows[np.lexsort((clock[rows], party[rows], caller[rows]))]
    follows = np.zeros(len(clock), dtype=bool)
    gap = np.zeros(len(clock), dtype=np.int64)
    later, earlier = rows[1:], rows[:-1]
    same = (caller[later] == caller[earlier]) & (party[later] == party[earlier])
    follows[later[same]] = True
    gap[later] = clock[later] - clock[earlier]
    limit = np.where(asked, days, 0.0) * _DAY
    unknown = asked & counted & ~follows & (clock - start < limit)
    repeat = np.where(asked & ~unknown, follows & (gap < limit), reported)
    return repeat, unknown & (caller >= 0)


def beyond_cap(party: Ints, clock: Ints, counted: Bools, cap: Floats) -> Bools:
    """Tell which calls come after as many of the same party and Eastern day as the cap allows.

    Parameters
    ----------
    party, clock, counted
        As for `repeats_within`.
    cap : numpy.ndarray [calls per day]
        Limit that is proposed for each call's party; null for none.

    Examples
    --------
    >>> beyond_cap(np.zeros(3, np.int64), np.array([3, 1, 2]), np.ones(3, bool), np.full(3, 2.0)).tolist()
    [True, False, False]
    """
    rows = np.flatnonzero(counted & ~np.isnan(cap))
    rows = rows[np.lexsort((clock[rows], party[rows]))]
    day = clock[rows] // _DAY
    day -= day.min(initial=0)
    number = np.arange(rows.size) - np.repeat(*runs(party[rows] * (day.max(initial=0) + 1) + day))
    beyond = np.zeros(len(party), dtype=bool)
    beyond[rows] = number >= cap[rows]
    return beyond
