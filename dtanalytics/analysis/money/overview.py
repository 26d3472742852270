"""The first three questions about calls: margin, qualification, the funnel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import pandas as pd

from dtanalytics.analysis.clustering import design_effects_of_table
from dtanalytics.analysis.coverage import of_rates
from dtanalytics.analysis.tables import Floats, as_list, columns_of, in_pandas, local
from dtanalytics.metrics.dictionary import measures_for
from dtanalytics.rollup import ranked
from dtanalytics.rollup.keys import resolve
from dtanalytics.rollup.table import Having, Sort, Total
from dtanalytics.stats.intervals import wilson

By = str | Sequence[str] | None
MARGIN = ("call_count", "connected_count", "revenue", "payout", "margin", "margin_rate", "margin_per_call")


def margin(
    calls: pd.DataFrame,
    by: By = None,
    *,
    total: Total = False,
    having: Having | None = None,
    top: int | None = None,
    sort: Sort | None = None,
    columns: str | None = None,
) -> pd.DataFrame:
    """Calls, revenue, payout and what is left of it, by group.

    Parameters
    ----------
    calls : pandas.DataFrame
        LeadFlow calls.
    by : str, sequence of str or None
        As for `rollup`.
    total, having, columns
        As for `rollup`.
    top : int, optional
        Keeps the groups with the largest margin; all others are one last row, marked in ``is_other``.
    sort : {"value", "name"}, optional
        The largest margin first, or in the order of ``by``. Left out: the largest first, but periods of
        time (``by="week"``) in their order.

    Returns
    -------
    pandas.DataFrame
        ``by``, ``call_count, connected_count`` [calls], ``revenue, payout, margin`` [currency],
        ``margin_rate`` [ratio], ``margin_per_call`` [currency].

    Raises
    ------
    SchemaError
        The calls lack the flags or prices.

    Examples
    --------
    >>> calls = pd.DataFrame(
    ...     {
    ...         "affiliate": ["North", "South"],
    ...         "lead_status": "Connected",
    ...         "offer_qualified": [True, False],
    ...         "offer_price": 20.0,
    ...         "affiliate_qualified": [True, True],
    ...         "affiliate_price": 12.5,
    ...     }
    ... )
    >>> margin(calls, "affiliate")[["affiliate", "revenue", "payout", "margin", "margin_rate"]]
      affiliate  revenue  payout  margin  margin_rate
    0     North     20.0    12.5     7.5        0.375
    1     South      0.0    12.5   -12.5          NaN
    """
    table = ranked(
        calls,
        by,
        list(MARGIN),
        ranking="margin",
        total=total,
        having=having,
        top=top,
        sort=sort,
        columns=columns,
    )
    return cast("pd.DataFrame", table)


def qualification(
    calls: pd.DataFrame,
    by: By = None,
    *,
    confidence: float = 0.95,
    total: Total = False,
    having: Having | None = None,
    top: int | None = None,
    sort: Sort = "name",
) -> pd.DataFrame:
    """How many connected calls each side pays for or is paid for, with Wilson's interval.

    Parameters
    ----------
    calls : pandas.DataFrame
        LeadFlow calls.
    by : str, sequence of str or None
        As for `rollup`.
    confidence : float, default 0.95 [ratio]
        Coverage of the intervals.
    total, having
        As for `rollup`.
    top : int, optional
        Keeps the groups with the most calls; all others are one last row, marked in ``is_other``.
    sort : {"name", "value"}, default "name"
        In the order of ``by``, or the most calls first.

    Returns
    -------
    pandas.DataFrame
        ``by``, ``call_count, connected_count, offer_qualified_count, affiliate_qualified_count`` [calls],
        then ``offer_qualification_rate`` and ``affiliate_qualification_rate``, each followed by its
        ``_low`` and ``_high`` [ratio]. Null where no call was connected. ``.attrs["assumptions"]`` says
        where the intervals hold the truth more often than asked.

    Notes
    -----
    Where ``caller_id`` is there the interval knows that calls of one caller are alike: it is that of as
    many independent calls as tell the same (`dtanalytics.analysis.clustering`), and exactly Wilson's
    where nobody calls twice. Calls of unknown callers are taken as independent.

    A call may qualify without being connected by the vendor's own words; the interval then treats
    the rate as 1.

    Examples
    --------
    >>> calls = pd.DataFrame(
    ...     {
    ...         "lead_status": ["Connected"] * 4,
    ...         "offer_qualified": [True, True, False, None],
    ...         "affiliate_qualified": False,
    ...     }
    ... )
    >>> qualification(calls)[["offer_qualification_rate", "offer_qualification_rate_low"]].round(3)
       offer_qualification_rate  offer_qualification_rate_low
    0                       0.5                          0.15
    """
    sides = ("offer", "affiliate")
    counts = ["call_count", "connected_count", *(f"{side}_qualified_count" for side in sides)]
    rates = [f"{side}_qualification_rate" for side in sides]
    table = in_pandas(ranked(calls, by, [*counts, *rates], total=total, having=having, top=top, sort=sort))
    needed = {
        rate: (f"{side}_qualified_count", "connected_count") for side, rate in zip(sides, rates, strict=True)
    }
    names = columns_of(calls)
    keys = resolve(by, names)
    columns = [key.column for key in keys]
    columns += [need for one in measures_for(counts, names).values() for need in one.needs]
    part = local(calls, columns, ["caller_id"])
    effects = design_effects_of_table(part, table, as_list(by), needed, confidence)
    alike: dict[str, tuple[Floats, Floats]] = {}
    shown: dict[str, Any] = {}
    for name, column in table.items():
        shown[str(name)] = column.array
        if name in rates:
            hits, trials = (table[count].to_numpy() for count in needed[str(name)])
            effect, hits = effects[str(name)], np.minimum(hits, trials)
            shown[f"{name}_low"], shown[f"{name}_high"] = wilson(hits, trials, confidence, effect)
            alike[str(name)] = hits, np.where(effect > 1, trials, 0)
    table = pd.DataFrame(shown, index=table.index, copy=False)
    table.attrs["assumptions"] = of_rates(table.iloc[:, : len(keys)], alike, "94 to 99 %")
    return table


def funnel(
    calls: pd.DataFrame,
    by: By = None,
    *,
    total: Total = False,
    having: Having | None = None,
    top: int | None = None,
    sort: Sort = "name",
    columns: str | None = None,
) -> pd.DataFrame:
    """Follow calls step by step: all, connected, paid for by the advertiser, paid to the affiliate.

    Parameters
    ----------
    calls : pandas.DataFrame
        LeadFlow calls.
    by : str, sequence of str or None
        As for `rollup`.
    total, having, columns
        As for `rollup`.
    top : int, optional
        Keeps the groups with the most calls; all others are one last row, marked in ``is_other``.
    sort : {"name", "value"}, default "name"
        In the order of ``by``, or the most calls first.

    Returns
    -------
    pandas.DataFrame
        ``by``, ``call_count, connected_count, offer_qualified_count, affiliate_qualified_count`` [calls],
        ``connect_rate`` (of calls), ``offer_qualification_rate`` and ``affiliate_qualification_rate`` (of
        connected calls), ``offer_conversion_rate`` (of calls) [ratio], null without a denominator.

    Examples
    --------
    >>> calls = pd.DataFrame(
    ...     {
    ...         "lead_status": ["Connected", "Connected", "Hang Up", "Connected"],
    ...         "offer_qualified": [True, False, False, False],
    ...         "affiliate_qualified": [True, False, False, False],
    ...     }
    ... )
    >>> funnel(calls)[["call_count", "connected_count", "offer_qualified_count", "connect_rate"]]
       call_count  connected_count  offer_qualified_count  connect_rate
    0           4                3                      1          0.75
    """
    steps = ["call_count", "connected_count", "offer_qualified_count", "affiliate_qualified_count"]
    rates = [
        "connect_rate",
        "offer_qualification_rate",
        "affiliate_qualification_rate",
        "offer_conversion_rate",
    ]
    table = ranked(
        calls, by, [*steps, *rates], total=total, having=having, top=top, sort=sort, columns=columns
    )
    return cast("pd.DataFrame", table)
