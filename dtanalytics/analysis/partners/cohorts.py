"""Callers by the week of their first call: who comes back, and what first and later calls earn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.analysis.tables import Bools, Ints, as_list, local, ratio
from dtanalytics.analysis.traffic import MONEY, read_traffic
from dtanalytics.columns.numbering import counted
from dtanalytics.money import currency, sums
from dtanalytics.stats.intervals import wilson

NEEDED = (*MONEY, "caller_id", "call_date")
_DAY_US = 86_400_000_000
_MONDAY = 4  # 1970-01-05, in days after the epoch


def cohorts(calls: Any, by: str | Sequence[str] | None = None, *, confidence: float = 0.95) -> pd.DataFrame:
    """Group callers by the week of their first call, and say what became of them.

    Parameters
    ----------
    calls : frame
        LeadFlow calls; any engine that `rollup` takes.
    by : str or sequence of str, optional
        Columns to group by too; a caller belongs to the value of the first call.
    confidence : float, default 0.95 [ratio]
        Coverage of the interval.

    Returns
    -------
    pandas.DataFrame
        A row a group and week, sorted: the `by` columns, ``first_week`` (its Monday), then
        ``caller_count`` [callers], ``repeat_caller_count`` (callers with a later call), ``repeat_share``
        [ratio] with ``_low`` and ``_high`` (Wilson), ``call_count`` [calls], ``first_margin``,
        ``later_margin``, ``margin`` [currency], ``first_margin_per_call``, ``later_margin_per_call``
        [currency; null without such calls], ``weeks_observed`` (whole weeks from the end of that week to
        the last call of the frame: young cohorts had less time to come back).
        ``.attrs["unknown_caller_count"]`` tells the calls left out since their caller is unknown.

    Raises
    ------
    SchemaError
        A column is missing.

    Notes
    -----
    First means first in this frame: who called before it counts as new in the first weeks.

    Examples
    --------
    >>> calls = pd.DataFrame({
    ...     "call_date": pd.to_datetime(["2026-10-05 09:00", "2026-10-06 10:00", "2026-10-14 11:00"]),
    ...     "caller_id": ["2125550101", "2125550102", "2125550101"],
    ...     "offer_qualified": True, "offer_price": [20.0, 20.0, 18.0],
    ...     "affiliate_qualified": True, "affiliate_price": 12.5})
    >>> cohorts(calls)[["first_week", "caller_count", "repeat_share", "first_margin", "later_margin"]]
      first_week  caller_count  repeat_share  first_margin  later_margin
    0 2026-10-05             2           0.5          15.0           5.5
    """
    cohort = _cohorts(calls, as_list(by))
    first_margin = cohort.added(cohort.money, cohort.is_first)
    margin = cohort.added(cohort.money)
    call_count, callers, again = cohort.added(), cohort.callers(), cohort.callers(again=True)
    low, high = wilson(again, callers, confidence)
    table = cohort.keys.assign(
        caller_count=callers,
        repeat_caller_count=again,
        repeat_share=ratio(again, callers),
        repeat_share_low=low,
        repeat_share_high=high,
        call_count=call_count,
        first_margin=currency(first_margin),
        later_margin=currency(margin - first_margin),
        margin=currency(margin),
        first_margin_per_call=ratio(currency(first_margin), callers),
        later_margin_per_call=ratio(currency(margin - first_margin), call_count - callers),
        weeks_observed=cohort.weeks,
    )
    table.attrs["unknown_caller_count"] = cohort.unknown
    return table


def cohort_grid(calls: Any, by: str | Sequence[str] | None = None) -> pd.DataFrame:
    """Follow each week's new callers from week to week.

    Parameters
    ----------
    calls : frame
        LeadFlow calls; any engine that `rollup` takes.
    by : str or sequence of str, optional
        Columns to group by too; a caller belongs to the value of the first call.

    Returns
    -------
    pandas.DataFrame
        A row a group, week and age, sorted: the `by` columns, ``first_week``, ``age`` [weeks since the
        week of the first call; 0 is that week], ``caller_count`` (of the cohort), ``active_caller_count``
        (who called at that age) [callers], ``active_share`` [ratio], ``call_count`` [calls], ``margin``
        [currency]. Ages that the frame covers whole are all there, also those without a call; at age 0
        every caller is active.

    Raises
    ------
    SchemaError
        A column is missing.

    Examples
    --------
    >>> calls = pd.DataFrame({
    ...     "call_date": pd.to_datetime(["2026-10-05 09:00", "2026-10-06 10:00", "2026-10-18 11:00"]),
    ...     "caller_id": ["2125550101", "2125550102", "2125550101"],
    ...     "offer_qualified": True, "offer_price": [20.0, 20.0, 18.0],
    ...     "affiliate_qualified": True, "affiliate_price": 12.5})
    >>> cohort_grid(calls)[["first_week", "age", "caller_count", "active_caller_count", "margin"]]
      first_week  age  caller_count  active_caller_count  margin
    0 2026-10-05    0             2                    2    15.0
    1 2026-10-05    1             2                    1     5.5
    """
    cohort = _cohorts(calls, as_list(by))
    ages = cohort.weeks + 1
    starts = np.cumsum(ages) - ages
    row = np.repeat(np.arange(len(ages)), ages)
    table = cohort.keys.iloc[row].reset_index(drop=True)
    covered = (
        cohort.age < ages[cohort.code]
    )  # the last week may be incomplete, and would look as if callers had stayed away
    cell = (starts[cohort.code] + cohort.age)[covered]
    visits = counted(cohort.caller[covered] * (len(table) + 1) + cell)[0] % (len(table) + 1)
    callers = cohort.callers()[row]
    active = np.bincount(visits, minlength=len(table))
    return table.assign(
        age=np.arange(len(table)) - starts[row],
        caller_count=callers,
        active_caller_count=active,
        active_share=ratio(active, callers),
        call_count=np.bincount(cell, minlength=len(table)),
        margin=currency(sums(cell, len(table), cohort.money[covered])),
    )


@dataclass(frozen=True)
class _Cohorts:
    """Calls of known callers, and the cohort of each: its group and the week of its first call."""

    keys: pd.DataFrame
    weeks: Ints
    unknown: int
    code: Ints
    caller: Ints
    age: Ints
    money: Ints
    is_first: Bools

    def added(self, values: Ints | None = None, chosen: Bools | None = None) -> Ints:
        """Add up by cohort; count calls when there is nothing to add."""
        amounts = np.ones(self.code.size, dtype=np.int64) if values is None else values
        return sums(self.code, len(self.keys), amounts if chosen is None else np.where(chosen, amounts, 0))

    def callers(self, *, again: bool = False) -> Ints:
        """Count callers by cohort, or those who called again."""
        calls = np.bincount(self.caller)
        counted = self.is_first & (calls[self.caller] > 1) if again else self.is_first
        return self.added(chosen=counted)


def _cohorts(frame: Any, keys: list[str]) -> _Cohorts:
    calls = local(frame, [*keys, *NEEDED])
    identified = calls["caller_id"].notna() & calls["call_date"].notna()
    traffic = read_traffic(calls[identified], keys, NEEDED)
    day = traffic.wall_clock // _DAY_US
    monday = day - (day - _MONDAY) % 7
    order = np.argsort(traffic.instant, kind="stable")[::-1]
    first = np.empty(int(traffic.caller.max(initial=-1)) + 1, dtype=np.int64)
    first[traffic.caller[order]] = order  # the earliest call is assigned last, and so is the one that stays
    tied = np.flatnonzero(traffic.instant == traffic.instant[first][traffic.caller])
    if tied.size > first.size:  # of calls of one caller at one time the dearest is the first, in any order
        what = traffic.segment[tied], -traffic.margin_units[tied], traffic.caller[tied]
        tied = tied[np.lexsort(what)]
        first = tied[np.unique(traffic.caller[tied], return_index=True)[1]]
    started = monday[first]
    base = int(monday.min(initial=0))
    span = int(monday.max(initial=0)) - base + 1
    found, code = np.unique(traffic.segment[first] * span + started - base, return_inverse=True)
    begin = found % span + base
    table = traffic.keys.iloc[found // span].reset_index(drop=True)
    table["first_week"] = begin.astype("datetime64[D]").astype("datetime64[us]")
    is_first = np.zeros(day.size, dtype=bool)
    is_first[first] = True
    return _Cohorts(
        keys=table,
        weeks=np.maximum((int(day.max(initial=0)) + 1 - begin) // 7 - 1, 0),
        unknown=int((~identified).sum()),
        code=code[traffic.caller],
        caller=traffic.caller,
        age=(monday - started[traffic.caller]) // 7,
        money=traffic.margin_units,
        is_first=is_first,
    )
