"""Metrics over time, with a mark on the periods that may still change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.analysis.money.by_period import by_period
from dtanalytics.analysis.money.development import SETTLE_DAYS, development
from dtanalytics.analysis.tables import Floats, measured
from dtanalytics.errors import InputError
from dtanalytics.rollup.keys import frequency
from dtanalytics.schema import TIMEZONE
from dtanalytics.texts.instants import read_moment

_PANDAS_PERIODS = {"D": "D", "W": "W", "MS": "M", "QS": "Q", "YS": "Y", "h": "h"}
_ROWS = "rows"


def trend(
    calls: pd.DataFrame,
    freq: str = "D",
    by: str | Sequence[str] | None = None,
    metrics: str | Sequence[str] | None = None,
    *,
    as_of: Any = None,
    settle_days: int = SETTLE_DAYS,
    vintages: pd.DataFrame | None = None,
    value: str = _ROWS,
) -> pd.DataFrame:
    """Metrics over time, with a mark on the periods that may still change.

    Parameters
    ----------
    calls, freq, by, metrics
        As for `dtanalytics.analysis.money.by_period.by_period`.
    as_of : date-like, optional
        Day on which the calls were asked for, Eastern; by default what a load says of its calls, else
        the day after the last call.
    settle_days : int, default 7 [d]
        Age from which a day is expected to stay as it is.
    vintages : pandas.DataFrame, optional
        Restatements to learn from, as `development` takes them; ``dta.cache.vintages`` has them.
    value : str, default "rows"
        Column of `vintages` that says how complete a day was.

    Returns
    -------
    pandas.DataFrame
        The trend, and at its end ``is_complete`` (the period is over and wholly within the calls'
        days), ``is_mature`` (complete, and all of its days are at least `settle_days` old) and
        ``maturity`` [ratio], the share of its final value that such a period has shown by that age:
        1 when mature; learnt from `vintages` else, null without them.

    Examples
    --------
    >>> import pandas as pd
    >>> calls = pd.DataFrame({"call_day": pd.date_range("2026-10-01", "2026-10-10", unit="us")})
    >>> trend(calls, "D", metrics="call_count")["is_mature"].tolist()[:5]
    [True, True, True, True, False]
    """
    if vintages is None and value != _ROWS:
        raise InputError(
            f"value={value!r} is a column of vintages: give these too, from dta.cache.vintages(...)"
        )
    freq = frequency(freq)
    table = by_period(calls, freq, by, metrics)
    period = str(table.columns[0])
    length = _PANDAS_PERIODS[freq]
    starts = table[period]
    if isinstance(starts.dtype, pd.DatetimeTZDtype):
        starts = starts.dt.tz_localize(None)
    spans = starts.dt.to_period(length)
    begin = spans.dt.start_time.dt.normalize().to_numpy().astype("datetime64[D]")
    last = spans.dt.end_time.dt.normalize().to_numpy().astype("datetime64[D]")
    if table.empty:
        return table.assign(is_complete=np.zeros(0, bool), is_mature=np.zeros(0, bool), maturity=np.zeros(0))
    first_day, last_day = _span(table if period == "call_day" else measured(calls, ["D"], ["call_count"]))
    asked = (
        _load_day(calls, last_day)
        if as_of is None
        else np.datetime64(pd.Timestamp(read_moment(as_of, "as_of", None)[0]), "D")
    )
    complete = (begin >= first_day) & (last < asked) & (last <= last_day)
    mature = complete & ((asked - last).astype(np.int64) >= settle_days)
    learnt = None if vintages is None else development(vintages, value, settle_days=settle_days)
    maturity = np.where(mature, 1.0, _expected(begin, last, asked, learnt))
    return table.assign(is_complete=complete, is_mature=mature, maturity=maturity)


def _span(days_of_calls: pd.DataFrame) -> tuple[Any, Any]:
    """First and last of the days that have calls."""
    days = days_of_calls["call_day"].dropna()
    if days.empty:  # the days are null, and only the times are known
        return np.datetime64("NaT", "D"), np.datetime64("NaT", "D")
    return np.datetime64(days.min(), "D"), np.datetime64(days.max(), "D")


def _load_day(frame: Any, last_day: Any) -> Any:
    """Day on which a load asked for its calls, Eastern; the day after the last one where nothing says."""
    loaded = getattr(frame, "attrs", {}).get("dtanalytics", {}).get("asked")
    if loaded is None:
        return last_day + 1
    return np.datetime64(pd.Timestamp(loaded).tz_convert(TIMEZONE).tz_localize(None), "D")


def _expected(begin: Any, last: Any, asked: Any, learnt: pd.DataFrame | None) -> Floats:
    """Mean share of its final value that the days of each period, up to the day of asking, have shown."""
    if learnt is None or learnt.empty:
        return np.full(len(begin), np.nan)
    top = int(learnt["age"].max())
    share = np.interp(np.arange(top + 1), learnt["age"], learnt["share"])
    out = np.full(len(begin), np.nan)
    for row, (one, other) in enumerate(zip(begin, np.minimum(last, asked - 1), strict=True)):
        ages = (asked - np.arange(one, other + 1)).astype(np.int64)
        if len(ages):
            out[row] = share[np.clip(ages, 0, top)].mean()
    return out
