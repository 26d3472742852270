"""Calls that no buyer took: how many, what they would have brought, and where to buy capacity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.analysis.supply.cell_values import CELL, cell_values, expected_loss
from dtanalytics.analysis.tables import (
    Bools,
    Ints,
    as_list,
    group_codes,
    local,
    microseconds_since_epoch,
    ratio,
)
from dtanalytics.columns.numbering import in_order, numbered
from dtanalytics.errors import InputError, nearest
from dtanalytics.money import currency, earned, sums
from dtanalytics.platforms.differences import check_states
from dtanalytics.schema import LEAD_STATUSES

UNKNOWN = "Unknown"
_MONEY = ("offer_qualified", "offer_price", "affiliate_qualified", "affiliate_price")
_NEEDED = ("lead_status", "caller_id", "call_date", *_MONEY)


def unsold(
    calls: Any, by: str | Sequence[str] | None = None, *, hours: float = 24.0, confidence: float = 0.95
) -> pd.DataFrame:
    """Count the calls that were not connected, and estimate the margin that went with them.

    Parameters
    ----------
    calls : frame
        LeadFlow calls, the connected ones too: they say what an unsold call is worth.
    by : str or sequence of str, optional
        Columns to group by besides ``lead_status``; with ``["lf_state", "call_hour"]`` the table
        says where and when to buy capacity.
    hours : float, default 24 [h]
        A caller who is connected within this time after an unsold call is recovered.
    confidence : float, default 0.95 [ratio]
        Coverage of the interval.

    Returns
    -------
    pandas.DataFrame
        One row for each group and status (Affiliate Cap, No Buyer, Hang Up, any newer word, and
        Unknown where there is none), the costliest first: the `by` columns, ``lead_status``, then

        - [calls] ``call_count``; ``group_call_count``, all calls of the group, connected ones too;
          ``recovered_count`` and ``lost_count``, which add up to ``call_count``;
        - [ratio] ``call_share``, call_count / group_call_count;
        - [currency] ``recovered_margin``, of the calls that recovered (each counted once);
          ``margin_per_lost_call``; ``expected_margin_lost`` with ``_low`` and ``_high``.

        Estimates are null where no call of the frame was connected.

    Raises
    ------
    SchemaError
        A column is missing. Of ``set_name, lf_state, call_hour`` those that are there are used.

    Notes
    -----
    A lost call is valued at the margin per connected call of its set, state and hour. What states, hours
    and single cells add is estimated in each set from all its cells together, shrunken by how much they
    differ (of all sets, where a set has fewer than 50 connected calls): see `dtanalytics.stats.crossed`.
    Cells are weighed by their calls, not by how their money varied, so that where few calls pay, the
    states without a sale do not count for more. The interval is that of this expectation; callers who call
    again widen it, and so do few states or hours, by Student's t. It assumes that a buyer, had there been
    one, would have bought as the others did.

    It is weaker for a set whose lost calls fall into hours or states in which it never sold: these are
    taken for average ones of the set.

    Examples
    --------
    >>> import pandas as pd
    >>> calls = pd.DataFrame({
    ...     "call_date": pd.to_datetime(["2026-10-05 09:00", "2026-10-05 09:10", "2026-10-05 09:20"]),
    ...     "caller_id": ["2125550101", "2125550101", "2125550102"],
    ...     "lead_status": ["No Buyer", "Connected", "No Buyer"],
    ...     "offer_qualified": [None, True, None], "offer_price": [None, 20.0, None],
    ...     "affiliate_qualified": [None, True, None], "affiliate_price": [None, 12.5, None],
    ... })
    >>> unsold(calls)[["lead_status", "call_count", "recovered_count", "recovered_margin", "lost_count"]]
      lead_status  call_count  recovered_count  recovered_margin  lost_count
    0    No Buyer           2                1               7.5           1
    """
    keys = as_list(by)
    if "lead_status" in keys:
        raise InputError("unsold groups by lead_status already: leave it out of by")
    calls = _read(calls, keys)
    rows = ~_connected(calls)
    codes, table = group_codes(calls.loc[rows], [*keys, "lead_status"])
    outcome = _outcome(calls, hours, codes)
    groups, sizes = group_codes(calls, keys)
    table["lead_status"] = table["lead_status"].astype("str")
    table["call_count"] = np.bincount(codes, minlength=len(table))
    whole = np.zeros(len(table), dtype=np.int64)
    whole[codes] = np.bincount(groups, minlength=len(sizes))[groups[rows]]
    recovered = outcome.recovered[rows].astype(np.int64)
    table["group_call_count"] = whole
    table["call_share"] = ratio(table["call_count"], whole)
    table["recovered_count"] = sums(codes, len(table), recovered)
    table["lost_count"] = table["call_count"] - table["recovered_count"]
    table["recovered_margin"] = currency(sums(codes, len(table), outcome.margin_back[rows]))
    values = cell_values(calls, outcome.margin, outcome.connected, outcome.caller)
    lost = ~outcome.recovered[rows]
    loss = expected_loss(values, codes[lost], values.cells[rows][lost], len(table), confidence)
    table["margin_per_lost_call"] = ratio(loss["expected_margin_lost"], table["lost_count"])
    table = table.assign(**loss)
    order = ["expected_margin_lost", "lost_count", *keys, "lead_status"]
    return table.sort_values(order, ascending=[False, False, *[True] * (len(order) - 2)], ignore_index=True)


def capacity_to_buy(
    calls: Any,
    by: str | Sequence[str] = ("lf_state", "call_hour"),
    *,
    statuses: Sequence[str] = ("No Buyer", "Affiliate Cap"),
    hours: float = 24.0,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Rank states and hours by the margin that more capacity there would keep.

    Parameters
    ----------
    calls : frame
        LeadFlow calls, the connected ones too.
    by : str or sequence of str, default ("lf_state", "call_hour")
        Columns that place the capacity.
    statuses : sequence of str, default ("No Buyer", "Affiliate Cap")
        Words of ``lead_status`` that more capacity would have helped.
    hours, confidence
        As for `unsold`.

    Returns
    -------
    pandas.DataFrame
        One row a group, the costliest first: the `by` columns, ``lost_count`` [calls],
        ``lost_per_day`` [calls per day that has calls at all], ``expected_margin_lost`` with ``_low``
        and ``_high`` [currency]. Groups that lost nothing are left out.

    Examples
    --------
    >>> import pandas as pd
    >>> calls = pd.DataFrame({
    ...     "call_date": pd.to_datetime(["2026-10-05 09:00", "2026-10-05 09:10", "2026-10-06 09:20"]),
    ...     "lf_state": ["NY", "NY", "NJ"], "call_hour": [9, 9, 9],
    ...     "caller_id": ["2125550101", "2125550103", "2125550102"],
    ...     "lead_status": ["No Buyer", "Connected", "No Buyer"],
    ...     "offer_qualified": [None, True, None], "offer_price": [None, 20.0, None],
    ...     "affiliate_qualified": [None, True, None], "affiliate_price": [None, 12.5, None],
    ... })
    >>> capacity_to_buy(calls)[["lf_state", "call_hour", "lost_count", "lost_per_day"]]
      lf_state  call_hour  lost_count  lost_per_day
    0       NJ          9           1           0.5
    1       NY          9           1           0.5
    """
    keys = as_list(by)
    check_states(calls, statuses, "capacity_to_buy")
    calls = _read(calls, keys)
    outcome = _outcome(calls, hours)
    wanted = np.asarray(calls["lead_status"].isin(_known_statuses(statuses, calls)))
    lost = outcome.unsold & ~outcome.recovered & wanted
    codes, table = group_codes(calls.loc[lost], keys)
    values = cell_values(calls, outcome.margin, outcome.connected, outcome.caller)
    days = calls["call_date"].dt.normalize().nunique()
    table["lost_count"] = np.bincount(codes, minlength=len(table))
    table["lost_per_day"] = ratio(table["lost_count"], days)
    table = table.assign(**expected_loss(values, codes, values.cells[lost], len(table), confidence))
    order = ["expected_margin_lost", "lost_count", *keys]
    return table.sort_values(order, ascending=[False, False, *[True] * len(keys)], ignore_index=True)


def _known_statuses(statuses: Sequence[str], calls: pd.DataFrame) -> list[str]:
    """Return the words; raise where neither the report nor the calls have one of them."""
    known = list(dict.fromkeys([*LEAD_STATUSES, *calls["lead_status"].unique()]))
    unknown = [word for word in statuses if word not in known]
    if unknown:
        raise InputError(f"statuses: no call has {unknown[0]!r}; {nearest(unknown[0], known)}")
    return list(statuses)


def _read(frame: Any, keys: Sequence[str]) -> pd.DataFrame:
    calls = local(frame, [*_NEEDED, *keys], CELL)
    status = calls["lead_status"].astype("category")
    words = pd.CategoricalDtype(sorted({*status.cat.categories, UNKNOWN}))
    return calls.assign(lead_status=status.astype(words).fillna(UNKNOWN))


@dataclass(frozen=True)
class _Outcome:
    """What became of each call."""

    margin: Ints
    connected: Bools
    recovered: Bools
    margin_back: Ints
    caller: Ints

    @property
    def unsold(self) -> Bools:
        return ~self.connected


def _connected(calls: pd.DataFrame) -> Bools:
    return np.asarray(calls["lead_status"] == "Connected")


def _outcome(calls: pd.DataFrame, hours: float, unsold_groups: Ints | None = None) -> _Outcome:
    """Find for each unsold call the next connected one of its caller, and the margin that it brought.

    Calls of one caller at one time are told apart by what they are, not by their order in the frame: of
    connected ones the dearest comes first, of unsold ones that of the last group is the last.
    """
    margin = earned(calls, "offer") - earned(calls, "affiliate")
    connected = _connected(calls)
    callers = numbered(calls["caller_id"])
    time = microseconds_since_epoch(calls["call_date"])
    ordered = len(time) < 2 or bool((time[1:] >= time[:-1]).all())
    order = in_order(callers)[0] if ordered else np.lexsort((time, callers))
    again = np.flatnonzero(
        (callers[order[1:]] == callers[order[:-1]]) & (time[order[1:]] == time[order[:-1]])
    )
    if again.size:
        places = np.union1d(again, again + 1)
        alike = order[places]
        group = np.zeros(len(order), dtype=np.int64)
        group[~connected] = 0 if unsold_groups is None else unsold_groups
        order[places] = alike[
            np.lexsort((group[alike], -margin[alike], ~connected[alike], time[alike], callers[alike]))
        ]
    caller, time, sold = callers[order], time[order], connected[order]
    nowhere = len(order)
    following = np.where(sold, np.arange(nowhere), nowhere)
    following = np.minimum.accumulate(following[::-1])[::-1]
    there = np.minimum(following, nowhere - 1)
    wait = time[there] - time
    back = (
        ~sold
        & (following < nowhere)
        & (caller >= 0)
        & (caller[there] == caller)
        & (wait > 0)
        & (wait <= hours * 3_600_000_000)
    )
    # Of several unsold calls before one connected call, the last one gets its margin.
    last = np.ones(nowhere, dtype=bool)
    last[:-1] = ~back[1:] | (there[1:] != there[:-1])
    recovered, margin_back = np.zeros(nowhere, dtype=bool), np.zeros(nowhere, dtype=np.int64)
    recovered[order] = back
    margin_back[order] = np.where(back & last, margin[order][there], 0)
    return _Outcome(margin, connected, recovered, margin_back, callers)
