"""Talk times that bunch just over the buffer from which a call is paid for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.analysis.partners.signals import Signal, binomial_tail
from dtanalytics.analysis.supply.talk import thresholds
from dtanalytics.analysis.tables import Bools, Floats, Ints, numbers, true
from dtanalytics.analysis.traffic import Traffic
from dtanalytics.money import SCALE

WINDOW = 10.0
"""Width of the window above the buffer, and of those beside it [s]."""
_GRID = 5.0  # buffers are set in such steps; the estimate starts at one, not at a call [s]
_ENOUGH = 30  # qualified calls from which a buffer shows


def apparent_buffers(
    names: pd.Series, talk: Floats, qualified: Bools, declared: Mapping[Any, float] | None = None
) -> Floats:
    """Talk time from which calls of the same name qualify, for each call [s].

    The threshold that puts the fewest calls on the wrong side: qualified calls below it, calls that
    were not qualified from it on (a repeat, say). Null where under 30 calls qualified; a declared
    buffer goes first.
    """
    codes, found = pd.factorize(names)
    asked = np.flatnonzero(np.isfinite(talk) & (talk > 0) & (codes >= 0))
    code, paying = codes[asked], qualified[asked]
    least = thresholds(code, talk[asked], paying, len(found))
    paid = np.bincount(code[paying], minlength=len(found))
    buffers = np.where(paid >= _ENOUGH, np.floor(least / _GRID) * _GRID, np.nan)
    for number, name in enumerate(found):
        if declared is not None and name in declared:
            buffers[number] = float(declared[name])
    return np.append(buffers, np.nan)[codes]  # the last one is for no name


def bunching(
    traffic: Traffic, ratio: float, *, side: str, declared: Mapping[Any, float] | None = None
) -> Signal:
    """Compare calls that end just over the buffer with what the windows on both sides suggest.

    Parameters
    ----------
    traffic : Traffic
        With ``talk_seconds``, and the side's name, flag and price.
    ratio : float
        Multiple of the expected number that passes for natural.
    side : {"offer", "affiliate"}
        Whose rule it is.
    declared : mapping, optional
        Buffers that are known: name -> seconds.
    """
    talk = numbers(traffic.calls["talk_seconds"])
    qualified = true(traffic.calls[f"{side}_qualified"])
    beyond = talk - apparent_buffers(traffic.calls[side], talk, qualified, declared)
    near = np.flatnonzero((beyond >= -WINDOW) & (beyond < 2 * WINDOW) & (talk > 0))
    middle = (beyond[near] >= 0) & (beyond[near] < WINDOW)
    inside = near[middle]

    def in_segments(rows: Ints, money: Ints | None = None) -> Floats:
        return np.bincount(traffic.segment[rows], money, traffic.segments).astype(np.float64)

    observed, around = in_segments(inside), in_segments(near[~middle])
    expected = around / 2  # the middle of a line between both windows
    share = ratio / (ratio + 2)
    price = traffic.revenue if side == "offer" else traffic.payout
    paid = in_segments(inside, price[inside]) / SCALE
    return Signal(
        name=f"{side}_buffer",
        observed=observed,
        expected=expected,
        p_value=np.where(observed + around > 0, binomial_tail(observed, observed + around, share), np.nan),
        money=paid,
        note=f"calls that end within {WINDOW:.0f} s over the {side}'s buffer",
    )
