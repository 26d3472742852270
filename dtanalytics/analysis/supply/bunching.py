"""Talk times that bunch just over the buffer from which a call is paid for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.analysis.partners.signals import Signal, binomial_tail
from dtanalytics.analysis.partners.traffic import Traffic
from dtanalytics.analysis.supply.talk import thresholds
from dtanalytics.analysis.tables import Bools, Floats, numbers, true
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
    asked = np.isfinite(talk) & (talk > 0) & (codes >= 0)
    least = thresholds(codes[asked], talk[asked], qualified[asked], len(found))
    paid = np.bincount(codes[asked], qualified[asked], len(found))
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

    def within(low: float, high: float) -> Bools:
        return np.asarray((beyond >= low) & (beyond < high) & (talk > 0))

    inside = within(0, WINDOW)
    beside = within(-WINDOW, 0) | within(WINDOW, 2 * WINDOW)
    observed, around = traffic.per_segment(inside), traffic.per_segment(beside)
    expected = around / 2  # the middle of a line between both windows
    share = ratio / (ratio + 2)
    price = traffic.revenue if side == "offer" else traffic.payout
    paid = traffic.per_segment(np.where(inside, price, 0)) / SCALE
    return Signal(
        name=f"{side}_buffer",
        observed=observed,
        expected=expected,
        p_value=np.where(observed + around > 0, binomial_tail(observed, observed + around, share), np.nan),
        money=paid,
        note=f"calls that end within {WINDOW:.0f} s over the {side}'s buffer",
    )
