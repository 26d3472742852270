"""What each partner is owed: opening balance, calls, corrections, adjustments; what of it is paid now."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from dtanalytics.money import SCALE
from dtanalytics.statements.document import due
from dtanalytics.texts.currencies import PLACES

_MICROSECONDS_A_DAY = 86_400_000_000


def of_partners(
    lines: pd.DataFrame,
    opening: pd.DataFrame,
    adjustments: pd.DataFrame,
    partners: Mapping[str, str],
    here: pd.Series[str],
) -> pd.DataFrame:
    """Add up by partner.

    Parameters
    ----------
    lines : DataFrame
        The statement's lines.
    opening : DataFrame
        ``key, opening`` of earlier statements [1/10,000].
    adjustments : DataFrame
        ``key, units`` [1/10,000].
    partners : mapping
        Key -> name.
    here : Series
        Keys of all calls of the period, whether they count or not.

    Returns
    -------
    DataFrame
        ``key, partner, call_count`` and money [1/10,000], in the order of the names, nobody last.
    """
    is_call = lines["kind"] == "call"
    columns = {
        "call_count": lines[is_call].groupby("key").size(),
        "opening": opening.set_index("key")["opening"],
        "calls": lines[is_call].groupby("key")["units"].sum(),
        "corrections": lines[~is_call].groupby("key")["units"].sum(),
        "adjustments": adjustments.groupby("key")["units"].sum(),
    }
    index = set(here) - {""}
    for name, column in columns.items():
        index |= set(column.index if name == "call_count" else column.index[column != 0])
    index |= set(lines["key"])
    order = sorted(index, key=lambda key: (key == "", partners.get(key, key), key))
    table = pd.DataFrame({name: column.reindex(order) for name, column in columns.items()}, index=order)
    table = table.fillna(0).astype("Int64").rename_axis("key").reset_index()
    names = [partners.get(key) for key in table["key"]]
    table.insert(1, "partner", pd.Series(names, dtype="str"))
    return table.astype({"key": "str"})


def held_back(booked: pd.DataFrame, lines: pd.DataFrame, now: int, hold_days: int) -> pd.Series[int]:
    """Return by partner what is owed for calls that are younger than the days for which they are held.

    Returns
    -------
    Series
        Key -> amount [1/10,000], never below 0.
    """
    names = ["sid", "key", "time", "units"]
    both = pd.concat([booked[names], lines[names]], ignore_index=True)
    calls = both.groupby(["sid", "key"], as_index=False).agg({"time": "last", "units": "sum"})
    young = calls[calls["time"] > now - hold_days * _MICROSECONDS_A_DAY]
    return young.groupby("key")["units"].sum().clip(lower=0)


def payment(balances: pd.DataFrame, held: pd.Series[int], minimum: int, currency: str) -> pd.DataFrame:
    """Add what is held back and what is paid now [1/10,000]: ``held``, ``payable``.

    An amount below the minimum, or below 0, is not paid, and neither is what belongs to nobody known; a
    payment is rounded to what the currency can pay. The rest is the next statement's opening balance.
    """
    owed = due(balances)
    kept = balances["key"].map(held).fillna(0).astype("Int64")
    kept = pd.Series(np.minimum(kept, owed.clip(lower=0)), dtype="Int64")
    finest = SCALE // 10 ** PLACES[currency]
    free = _rounded((owed - kept).clip(lower=0), finest)
    paid = (free >= max(minimum, 1)) & (balances["key"] != "")
    return balances.assign(held=kept, payable=free.where(paid, 0))


def _rounded(units: pd.Series[int], finest: int) -> pd.Series[int]:
    """Round amounts of nothing or more to multiples of the finest; a half to the even one."""
    count, rest = units // finest, units % finest
    up = (2 * rest > finest) | ((2 * rest == finest) & (count % 2 == 1))
    return (count + up.astype("Int64")) * finest
