"""The first questions about calls: margin, qualification, the funnel, trends, the week."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import narwhals as nw
import numpy as np
import pandas as pd

from dtanalytics.analysis.clustering import design_effects_of_table
from dtanalytics.analysis.tables import as_list, columns_of, in_pandas, local, measured
from dtanalytics.metrics.dictionary import measures_for
from dtanalytics.rollup import ranked
from dtanalytics.rollup.keys import frequency, resolve
from dtanalytics.rollup.table import Having, Sort, Total
from dtanalytics.stats.intervals import wilson

By = str | Sequence[str] | None
MARGIN = ("call_count", "connected_count", "revenue", "payout", "margin", "margin_rate", "margin_per_call")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


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
        ``_low`` and ``_high`` [ratio]. Null where no call was connected.

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
    connected = table["connected_count"].to_numpy()
    needed = {
        rate: (f"{side}_qualified_count", "connected_count") for side, rate in zip(sides, rates, strict=True)
    }
    names = columns_of(calls)
    columns = [key.column for key in resolve(by, names)]
    columns += [need for one in measures_for(counts, names).values() for need in one.needs]
    part = local(calls, columns, ["caller_id"])
    effects = design_effects_of_table(part, table, as_list(by), needed, confidence)
    for side, rate in zip(sides, rates, strict=True):
        qualified = np.minimum(table[f"{side}_qualified_count"].to_numpy(), connected)
        low, high = wilson(qualified, connected, confidence, effects[rate])
        at = list(table.columns).index(rate)
        table.insert(at + 1, f"{rate}_low", low)
        table.insert(at + 2, f"{rate}_high", high)
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


def trend(
    calls: pd.DataFrame, freq: str = "D", by: By = None, metrics: str | Sequence[str] | None = None
) -> pd.DataFrame:
    """Metrics over time: every period from the first to the last, those without calls too.

    Parameters
    ----------
    calls : pandas.DataFrame
        Calls of either report.
    freq : {"day", "week", "month", "quarter", "year", "hour"}
        Length of a period, or pandas' letters for it (D, W, MS or M, QS or Q, YS or Y, h or H); weeks begin
        on Monday.
    by : str, sequence of str or None
        Draws a line for each group.
    metrics : str, sequence of str or None
        As for `rollup`.

    Returns
    -------
    pandas.DataFrame
        The period (``call_day``, ``week``, ``month``, ``quarter``, ``year`` or ``hour``), ``by``, the
        metrics. A period without calls has counts and money of 0 and rates of null. Calls without a
        time are not in it.

    Examples
    --------
    >>> calls = pd.DataFrame({"call_day": pd.to_datetime(["2026-10-01", "2026-10-03", "2026-10-03"])})
    >>> trend(calls, "D", metrics="call_count")
        call_day  call_count
    0 2026-10-01           1
    1 2026-10-02           0
    2 2026-10-03           2
    """
    freq = frequency(freq)
    groups = [by] if isinstance(by, str) else list(by or [])
    table = measured(calls, [freq, *groups], metrics)
    period = str(table.columns[0])
    table = table[table[period].notna()].reset_index(drop=True)
    if table.empty:
        return table
    step = {"W": "W-MON", "h": "h"}.get(freq, freq)
    periods = pd.date_range(table[period].min(), table[period].max(), freq=step).as_unit("us")
    wanted = pd.DataFrame({period: periods})
    if groups:
        wanted = wanted.merge(table[groups].drop_duplicates().sort_values(groups), how="cross")
    filled = wanted.merge(table, on=[period, *groups], how="left", indicator=True)
    nothing = _nothing(calls, list(table.columns[1 + len(groups) :]))
    gaps = filled.pop("_merge") == "left_only"
    for name, value in nothing.items():
        filled.loc[gaps, name] = value
    return filled.astype(table.dtypes.to_dict())


def _nothing(calls: Any, metrics: Sequence[str]) -> pd.Series[Any]:
    """The metrics of no calls."""
    none = nw.from_native(calls).head(0).to_native()
    return measured(none, [], metrics).iloc[0]


def heatmap(calls: pd.DataFrame, metric: str = "call_count") -> pd.DataFrame:
    """Show one metric by weekday and hour of the day, in Eastern time.

    Parameters
    ----------
    calls : pandas.DataFrame
        Calls with ``call_day`` and ``call_hour``, or with a time.
    metric : str
        Any measure or metric.

    Returns
    -------
    pandas.DataFrame
        Seven rows, Monday to Sunday (index ``weekday``), and 24 columns, 0 to 23 (``call_hour``) [h];
        null where a rate has no denominator.

    Examples
    --------
    >>> calls = pd.DataFrame({"call_date": pd.to_datetime(["2026-10-05 09:30", "2026-10-12 09:45"])})
    >>> heatmap(calls).loc["Monday", [8, 9]].tolist()
    [0, 2]
    """
    measures = measures_for([metric], columns_of(calls)).values()
    part = local(calls, ["call_day", "call_hour"], (need for one in measures for need in one.needs))
    part = part.assign(weekday=part["call_day"].dt.day_of_week.astype("Int8"))
    table = measured(part, ["weekday", "call_hour"], [metric])
    table = table.dropna(subset=["weekday", "call_hour"])
    nothing = _nothing(part, [metric])[metric]
    square = np.full((7, 24), nothing, dtype=table[metric].to_numpy().dtype)
    at = table["weekday"].to_numpy(dtype=np.int64), table["call_hour"].to_numpy(dtype=np.int64)
    square[at] = table[metric].to_numpy()
    return pd.DataFrame(
        square, index=pd.Index(WEEKDAYS, name="weekday"), columns=pd.RangeIndex(24, name="call_hour")
    )
