"""Who paid whom: calls on which the advertiser and the affiliate agree, and those on which they do not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.analysis.tables import Ints, as_list, group_codes, measured, true
from dtanalytics.errors import InputError
from dtanalytics.money import currency, sums, units

SIDES = ("offer_qualified", "affiliate_qualified")
CELLS = {
    "both": (True, True),
    "paid_not_billed": (False, True),
    "billed_not_paid": (True, False),
    "neither": (False, False),
}
"""Cell -> (offer qualified, affiliate qualified)."""


def matrix(calls: Any, by: str | Sequence[str] | None = None) -> pd.DataFrame:
    """Cross what the advertiser pays for with what the affiliate is paid for.

    Parameters
    ----------
    calls : frame
        LeadFlow calls; any engine that `rollup` takes.
    by : str or sequence of str, optional
        Columns, or frequencies of time as in `rollup`, to group by; None gives one row.

    Returns
    -------
    pandas.DataFrame
        One row a group, sorted: the `by` columns, then

        - [calls] ``call_count``, and of them ``both_count, paid_not_billed_count,
          billed_not_paid_count, neither_count, unknown_count``, which add up to it;
        - [currency] ``both_revenue, both_payout, both_margin`` of the calls on which both sides
          qualified; ``leakage``, paid and not billed; ``windfall``, billed and not paid;
          ``unknown_margin`` of calls with an unknown flag; and ``margin``, which is
          ``both_margin - leakage + windfall + unknown_margin`` exactly.

        No null values.

    Raises
    ------
    SchemaError
        A column is missing.

    Notes
    -----
    A call with an unknown flag stands in none of the four cells. What its known side earns or costs
    is ``unknown_margin``. Calls that nobody qualified include those that were never connected.

    Examples
    --------
    >>> import pandas as pd
    >>> calls = pd.DataFrame({
    ...     "offer_qualified": [True, True, False, False],
    ...     "offer_price": [20.0, 20.0, 20.0, 20.0],
    ...     "affiliate_qualified": [True, False, True, False],
    ...     "affiliate_price": [12.5, 12.5, 12.5, 12.5],
    ... })
    >>> matrix(calls)[["call_count", "both_margin", "leakage", "windfall", "margin"]]
       call_count  both_margin  leakage  windfall  margin
    0           4          7.5     12.5      20.0    15.0
    """
    keys = as_list(by)
    for name in keys:
        if name in SIDES:
            raise InputError(f"{name!r} is a side of the matrix already: group by something else")
    cells = measured(calls, [*keys, *SIDES], ["call_count", "revenue", "payout"])
    keys = list(cells.columns[: len(keys)])  # a frequency such as "W" has made the column "week"
    codes, table = group_codes(cells, keys)
    if not keys:
        table = pd.DataFrame(index=range(1))
    counts = cells["call_count"].to_numpy(dtype=np.int64)
    revenue, payout = units(cells["revenue"]), units(cells["payout"])
    known = np.asarray(cells[list(SIDES)].notna().all(axis=1))
    offer, affiliate = (true(cells[side]) for side in SIDES)

    def added(values: Ints, chosen: Any) -> Ints:
        return sums(codes, len(table), np.where(chosen, values, 0))

    where = {name: known & (offer == yes) & (affiliate == paid) for name, (yes, paid) in CELLS.items()}
    everything = np.ones(len(cells), dtype=bool)
    table["call_count"] = added(counts, everything)
    for name, chosen in [*where.items(), ("unknown", ~known)]:
        table[f"{name}_count"] = added(counts, chosen)
    for name, values in {
        "both_revenue": added(revenue, where["both"]),
        "both_payout": added(payout, where["both"]),
        "both_margin": added(revenue - payout, where["both"]),
        "leakage": added(payout, where["paid_not_billed"]),
        "windfall": added(revenue, where["billed_not_paid"]),
        "unknown_margin": added(revenue - payout, ~known),
        "margin": added(revenue - payout, everything),
    }.items():
        table[name] = currency(values)
    return table
