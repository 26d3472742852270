"""What a call would be priced at that was not priced: the price that last applied to calls of its kind."""

from __future__ import annotations

import numpy as np

from dtanalytics.analysis.tables import Bools, Ints


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
    order = order[np.argsort(code[order], kind="stable")]
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
