"""Calls that two platforms saw, as in the weeks of a switch, when numbers of one forward to the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.analysis.matching.ledger_pairs import nearest_calls
from dtanalytics.analysis.tables import local
from dtanalytics.calling.public import public
from dtanalytics.columns import flags
from dtanalytics.errors import InputError
from dtanalytics.money import SCALE, Side, earned
from dtanalytics.texts.phones import spelled

_NEEDED = ("sid", "call_date", "caller_id")
_NUMBERS = ("affiliate_number", "transfer_number")
_USEFUL = (*_NUMBERS, "platform", "talk_seconds", "total_seconds", "lead_status", "offer_price",
           "offer_qualified", "affiliate_price", "affiliate_qualified")  # fmt: skip


@public
def overlap(calls: Any, other: Any, *, tolerance: Any = "2min") -> pd.DataFrame:
    """Find the calls that both of two platforms saw, so that nothing is counted twice.

    Parameters
    ----------
    calls, other : frame
        Calls of two platforms; any engine.
    tolerance : str or Timedelta, default "2min"
        How far apart two records of one call may begin.

    Returns
    -------
    pandas.DataFrame
        One row a call that both saw, by time: ``sid, other_sid``, ``platform, other_platform``,
        ``call_date, other_call_date``, ``seconds_apart`` [s] (of the other, after this), ``same_numbers``
        (numbers that both know and that agree: ``affiliate_number``, ``transfer_number``, or both),
        ``talk_seconds, other_talk_seconds`` [s], ``revenue, other_revenue, payout, other_payout``
        [currency] and ``reason``, in words. No number of a caller. Null where a platform does not say.
        ``.attrs["dtanalytics"]`` counts the calls ``matched``, and those that were ``refused`` because
        their transfer numbers differ.

    Raises
    ------
    InputError
        The tolerance is no span of time, or negative.
    SchemaError
        A column is missing, or holds what it cannot.

    Notes
    -----
    Two records are of one call when the caller is the same number, they begin within the tolerance, and
    the numbers to which they were transferred do not differ where both are known. Each call is in one
    pair at most, the closest first. Calls of callers who are not known are in none.

    Examples
    --------
    >>> def calls(sid, time, platform):
    ...     return pd.DataFrame({"sid": [sid], "call_date": pd.to_datetime([time]), "platform": platform,
    ...                          "caller_id": "2125550101", "transfer_number": "8005550199"})
    >>> ours = calls("26", "2026-10-05 09:30:00", "dialogtech")
    >>> both = overlap(ours, calls("C1", "2026-10-05 09:30:08", "invoca"))
    >>> both[["sid", "other_sid", "seconds_apart", "same_numbers"]]
      sid other_sid  seconds_apart     same_numbers
    0  26        C1            8.0  transfer_number
    """
    reach = _span(tolerance)
    here, there = (_in_order(local(frame, _NEEDED, _USEFUL, warn=False)) for frame in (calls, other))
    mine, theirs = nearest_calls(here, there, reach)
    left, right = (side.iloc[rows].reset_index(drop=True) for side, rows in ((here, mine), (there, theirs)))
    agree = {name: _agreement(left, right, name) for name in _NUMBERS}
    differ = np.asarray((~agree["transfer_number"]).fillna(value=False), dtype=bool)
    kept = np.flatnonzero(~differ)
    left, right = left.iloc[kept].reset_index(drop=True), right.iloc[kept].reset_index(drop=True)
    agree = {name: column.iloc[kept].reset_index(drop=True) for name, column in agree.items()}
    table = pd.DataFrame({"sid": left["sid"], "other_sid": right["sid"]})
    for name, side in (("platform", left), ("other_platform", right)):
        table[name] = (
            side["platform"].astype("str").fillna("dialogtech") if "platform" in side else "dialogtech"
        )
    table["call_date"], table["other_call_date"] = left["call_date"], right["call_date"]
    apart = right["call_date"] - left["call_date"]
    table["seconds_apart"] = apart.dt.total_seconds()
    table["same_numbers"] = _same(agree)
    for prefix, side in (("", left), ("other_", right)):
        talk = side["talk_seconds"] if "talk_seconds" in side else pd.Series(pd.NA, side.index)
        table[f"{prefix}talk_seconds"] = talk.astype("Int32")
    halves: tuple[tuple[str, Side], ...] = (("revenue", "offer"), ("payout", "affiliate"))
    for what, half in halves:
        table[what], table[f"other_{what}"] = _money(left, half), _money(right, half)
    table["reason"] = _reasons(table["seconds_apart"], table["same_numbers"])
    table = table.sort_values(["call_date", "sid"], kind="stable", ignore_index=True)
    table.attrs["dtanalytics"] = {"matched": len(table), "refused": int(differ.sum())}
    return table


def _reasons(seconds: pd.Series, numbers: pd.Series) -> pd.Series:
    """Why a pair is one call, in words; the same words for all pairs that are alike."""
    apart, spans = pd.factorize(seconds.abs().round())
    same, alike = pd.factorize(numbers.fillna(""))
    texts = [
        f"the same caller, {span:.0f} s apart" + (f", the same {one.replace(',', ' and')}" if one else "")
        for span in spans
        for one in alike
    ]
    return pd.Series(texts, dtype="str").take(apart * len(alike) + same).reset_index(drop=True)


def _in_order(calls: pd.DataFrame) -> pd.DataFrame:
    """Sort calls as a load does, so that which of two equal pairs is taken does not depend on their order."""
    if calls["call_date"].is_monotonic_increasing:
        return calls
    return calls.sort_values(["call_date", "sid"], ignore_index=True)


def _span(tolerance: Any) -> pd.Timedelta:
    try:
        reach = pd.Timedelta(tolerance)
    except (ValueError, TypeError):
        reach = pd.Timedelta(-1)
    if not reach >= pd.Timedelta(0):  # NaT, too
        raise InputError(f"tolerance={tolerance!r} is no span of time: write '2min' or '90s'")
    return reach


def _agreement(left: pd.DataFrame, right: pd.DataFrame, name: str) -> pd.Series:
    """Whether both know the number and it is the same; null where one does not."""
    if name not in left or name not in right:
        return pd.Series(pd.NA, range(len(left)), dtype="boolean")
    one, other = spelled(left[name]), spelled(right[name])
    same = pd.Series(np.asarray(one == other, dtype=bool), range(len(left)), dtype="boolean")
    return same.mask((one.isna() | other.isna()).to_numpy())


def _same(agree: dict[str, pd.Series]) -> pd.Series:
    which = np.zeros(len(next(iter(agree.values()))), dtype=np.int64)
    for place, column in enumerate(agree.values()):
        which |= column.fillna(value=False).to_numpy(dtype=np.int64) << place
    texts = [
        ", ".join(name for place, name in enumerate(agree) if number >> place & 1) or None
        for number in range(1 << len(agree))
    ]
    return pd.Series(texts, dtype="str").take(which).reset_index(drop=True)


def _money(side: pd.DataFrame, half: Side) -> pd.Series:
    """What one side of the trade earned; null where its flag is not known."""
    flag, price = f"{half}_qualified", f"{half}_price"
    if flag not in side or price not in side:
        return pd.Series(np.nan, side.index)
    known = flags(side[flag]).known
    return pd.Series(np.where(known, earned(side, half) / SCALE, np.nan), side.index)
