"""Metrics of every period from the first to the last, those without calls too."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from dtanalytics.analysis.tables import as_list, measured, measured_without_calls
from dtanalytics.rollup.keys import frequency


def by_period(
    calls: pd.DataFrame,
    freq: str = "D",
    by: str | Sequence[str] | None = None,
    metrics: str | Sequence[str] | None = None,
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
    >>> by_period(calls, "D", metrics="call_count")
        call_day  call_count
    0 2026-10-01           1
    1 2026-10-02           0
    2 2026-10-03           2
    """
    freq = frequency(freq)
    groups = as_list(by)
    table = measured(calls, [freq, *groups], metrics)
    period, *groups = (str(name) for name in table.columns[: 1 + len(groups)])  # as the rollup calls them
    table = table[table[period].notna()].reset_index(drop=True)
    if table.empty:
        return table
    step = {"W": "W-MON", "h": "h"}.get(freq, freq)
    periods = pd.date_range(table[period].min(), table[period].max(), freq=step).as_unit("us")
    wanted = pd.DataFrame({period: periods})
    if groups:
        wanted = wanted.merge(table[groups].drop_duplicates().sort_values(groups), how="cross")
    filled = wanted.merge(table, on=[period, *groups], how="left", indicator=True)
    nothing = measured_without_calls(calls, list(table.columns[1 + len(groups) :]))
    gaps = filled.pop("_merge") == "left_only"
    for name, value in nothing.items():
        filled.loc[gaps, name] = value
    return filled.astype(table.dtypes.to_dict())
