"""Talk times that bunch just over the buffer from which a call is paid for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dtanalytics.analysis.partners.signals import Signal, binomial_tail
from dtanalytics.analysis.supply.talk import thresholds
from dtanalytics.analysis.tables import Bools, Floats, Ints, numbers, true
from dtanalytics.analysis.traffic import Traffic
from dtanalytics.columns.slices import slices
from dtanalytics.money import SCALE

WINDOW = 10.0
"""Width of the window above the buffer, and of those beside it [s]."""
_GRID = 5.0  # buffers are set in such steps; the estimate starts at one, not at a call [s]
_ENOUGH = 30  # qualified calls from which a buffer shows


def apparent_buffers(
    names: pd.Series[Any], talk: Floats, qualified: Bools, declared: Mapping[Any, float] | None = None
) -> tuple[npt.NDArray[np.integer[Any]], Floats]:
    """Find the talk time from which calls of the same name qualify [s].

    The threshold that puts the fewest calls on the wrong side: qualified calls below it, calls that
    were not qualified from it on (a repeat, say). Null where under 30 calls qualified; a declared
    buffer goes first.

    Returns
    -------
    (codes, buffers)
        Number of each call's name, -1 where there is none, and the buffer of each name; the last one
        is null, for no name.
    """
    if isinstance(names.dtype, pd.CategoricalDtype):
        codes, found = names.cat.codes.to_numpy(), names.cat.categories
    else:
        codes, found = pd.factorize(names)
    asked = np.isfinite(talk)
    asked &= talk > 0
    asked &= codes >= 0
    least = thresholds(codes, talk, qualified, len(found), asked=asked)
    paid = np.bincount(codes[asked & qualified], minlength=len(found))
    buffers = np.where(paid >= _ENOUGH, np.floor(least / _GRID) * _GRID, np.nan)
    for number, name in enumerate(found):
        if declared is not None and name in declared:
            buffers[number] = float(declared[name])
    return codes, np.append(buffers, np.nan)


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
    codes, buffers = apparent_buffers(traffic.calls[side], talk, qualified, declared)
    within, beside = np.zeros((2, talk.size), dtype=bool)
    for part in slices(talk.size):
        beyond = talk[part] - buffers[codes[part]]
        near = (beyond >= -WINDOW) & (beyond < 2 * WINDOW) & (talk[part] > 0)
        within[part] = near & (beyond >= 0) & (beyond < WINDOW)
        beside[part] = near & ~within[part]

    def in_segments(rows: Ints, money: Ints | None = None) -> Floats:
        return np.bincount(traffic.segment[rows], money, traffic.segments).astype(np.float64)

    inside = np.flatnonzero(within)
    observed, around = in_segments(inside), in_segments(np.flatnonzero(beside))
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
