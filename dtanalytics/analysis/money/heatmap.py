"""One metric by weekday and hour of the day."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.analysis.tables import columns_of, is_scan, local, measured, measured_without_calls
from dtanalytics.metrics.dictionary import measures_for
from dtanalytics.rollup.codes import DAY_US
from dtanalytics.rollup.keys import WEEKDAYS


def heatmap(calls: Any, metric: str = "call_count") -> pd.DataFrame:
    """Show one metric by weekday and hour of the day, in Eastern time.

    Parameters
    ----------
    calls : frame
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
    part = _with_weekday(calls, metric)
    table = measured(part, ["weekday", "call_hour"], [metric])
    table = table.dropna(subset=["weekday", "call_hour"])
    square = np.empty((7, 24), dtype=table[metric].to_numpy().dtype)
    if len(table) < square.size:
        square[:] = measured_without_calls(part, [metric])[metric]
    at = table["weekday"].to_numpy(dtype=np.int64), table["call_hour"].to_numpy(dtype=np.int64)
    square[at] = table[metric].to_numpy()
    return pd.DataFrame(
        square, index=pd.Index(WEEKDAYS, name="weekday"), columns=pd.RangeIndex(24, name="call_hour")
    )


def _with_weekday(calls: Any, metric: str) -> Any:
    """What the metric needs of the calls, with the day of the week from Monday, 0; a scan is not read."""
    if is_scan(calls):
        return calls.relation.project("*, CAST(isodow(call_day) - 1 AS TINYINT) AS weekday")
    measures = measures_for([metric], columns_of(calls)).values()
    part = local(calls, ["call_day", "call_hour"], (need for one in measures for need in one.needs))
    days = part["call_day"].to_numpy()
    number = (days.view(np.int64) // DAY_US).astype(np.int32) + np.int32(3)  # 1970-01-01 was a Thursday
    weekday = number - number // 7 * 7  # in a third of the time of %
    return part.assign(weekday=pd.arrays.IntegerArray(weekday.astype(np.int8), np.isnat(days)))
