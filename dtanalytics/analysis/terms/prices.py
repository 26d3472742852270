"""What calls bring and cost under proposed terms, also those that were not priced before."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from dtanalytics import columns
from dtanalytics.analysis.tables import Bools, Floats, Ints, clock_of
from dtanalytics.analysis.terms.sides import Side, disputed
from dtanalytics.analysis.terms.terms import SHARE
from dtanalytics.columns.numbering import in_order
from dtanalytics.errors import InputError


def payments(calls: pd.DataFrame, sides: Mapping[str, Side]) -> tuple[dict[str, Ints], dict[str, Ints]]:
    """What each call brings and costs, before and after."""
    before, after = {}, {}
    offer, affiliate = sides["offer"], sides["affiliate"]
    payout = np.where(np.isnan(affiliate.term("payout")), offer.term("payout"), affiliate.term("payout"))
    share = affiliate.term("revenue_share")
    own = ~np.isnan(affiliate.term("payout")) | ~np.isnan(share)  # an affiliate's own terms go first
    share = np.where(own, share, offer.term("revenue_share"))
    payout = np.where(own, affiliate.term("payout"), payout)
    for side, proposed in ((offer, offer.term("price")), (affiliate, payout)):
        price = columns.money(calls[f"{side.name}_price"]).filled
        before[side.name] = price * side.before
        paid_by_share = ~np.isnan(share) if side is affiliate else np.zeros(len(calls), dtype=bool)
        after[side.name] = _prices(calls, side, price, proposed, paid_by_share) * side.after
    shared = (after["offer"] * np.nan_to_num(share).astype(np.int64) + SHARE // 2) // SHARE
    after["affiliate"] = np.where(np.isnan(share), after["affiliate"], shared * affiliate.after)
    return before, after


def _prices(calls: pd.DataFrame, side: Side, price: Ints, proposed: Floats, otherwise: Bools) -> Ints:
    """Price of each call after; `otherwise` are those whose price is worked out in another way."""
    asked = ~np.isnan(proposed)
    prices = np.where(asked, np.nan_to_num(proposed).astype(np.int64), price) if asked.any() else price
    lacking = side.after & ~side.before & (price == 0) & ~asked & ~otherwise
    contested = disputed(calls)
    reduced = contested & side.before & asked & (price > 0) if side.name == "offer" else np.zeros_like(asked)
    if not (lacking | reduced).any():
        return prices
    timed = "call_date" in calls and bool(calls["call_date"].notna().all())
    concerned = np.zeros(len(side.keys) + 1, dtype=bool)
    concerned[side.code[lacking | reduced]] = True
    rows = np.flatnonzero(concerned[side.code])
    order = np.arange(rows.size)
    if timed:
        order = np.argsort(clock_of(calls[["call_date"]].take(rows)), kind="stable")
    known = side.before & (price > 0) & ~contested
    usual = np.full(len(price), -1, dtype=np.int64)
    usual[rows] = usual_prices(side.code[rows], order, price[rows], known[rows])
    unknown = lacking & (usual < 0)
    if unknown.any():
        names = ", ".join(map(repr, calls.loc[unknown, side.name].astype("str").unique()[:3]))
        word = "price" if side.name == "offer" else "payout"
        raise InputError(
            f"{unknown.sum():,} calls of {names} would qualify, and no call says what they are worth: give a "
            f"{word} beside the buffer"
        )
    prices = np.where(lacking, usual, prices)
    # A dispute that ended in part of the price ends in the same part of the proposed one.
    part = np.flatnonzero(reduced & (usual > 0) & (usual != price))
    whole = usual[part]
    prices[part] = (2 * prices[part] * price[part] + whole) // (2 * whole)
    return prices


def usual_prices(code: Ints, order: Ints, price: Ints, known: Bools) -> Ints:
    """Price that applied to calls of the same kind when a call was made [1/10,000 currency].

    Parameters
    ----------
    code : numpy.ndarray
        Number of each call's kind, -1 for none.
    order : numpy.ndarray
        The calls by time.
    price : numpy.ndarray [1/10,000 currency]
        Price of each call.
    known : numpy.ndarray of bool
        Calls whose price tells what was usual.

    Returns
    -------
    numpy.ndarray
        The price of the call's last predecessor of its kind that is `known`, or its own where it is; of
        the first successor where there is no predecessor; -1 where no call of its kind has a price.

    Examples
    --------
    >>> code, price = np.array([0, 0, 0, 1]), np.array([0, 200_000, 0, 0])
    >>> usual_prices(code, np.arange(4), price, price > 0).tolist()
    [200000, 200000, 200000, -1]
    """
    order = order[in_order(code[order])[0]]
    kind, usable, amount = code[order], known[order] & (code[order] >= 0), price[order]
    size = len(order)
    place = np.arange(size)
    before = np.maximum.accumulate(np.where(usable, place, -1))
    after = np.minimum.accumulate(np.where(usable, place, size)[::-1])[::-1]
    found = np.full(size, -1, dtype=np.int64)
    for near in (after, before):
        at = np.clip(near, 0, max(size - 1, 0))
        fits = (near >= 0) & (near < size) & (kind[at] == kind)
        found[fits] = amount[at[fits]]
    prices = np.empty(size, dtype=np.int64)
    prices[order] = found
    return prices
