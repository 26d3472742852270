"""The month so far beside earlier months to the same day, with a forecast of its end."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.analysis.tables import Floats, Ints, measured, numbers, ratio
from dtanalytics.errors import InputError
from dtanalytics.metrics.dictionary import is_additive
from dtanalytics.texts.instants import read_moment

_WEEK = 7
_GRID = np.linspace(0.0, 0.95, 20)  # correlations of a day with the day before
_FAINT = 0.01  # correlations of a smaller relative likelihood are left out
_HELD = (
    "Days to come are taken to be like the same weekdays before, and to follow each other as these did. "
    "Of 90 % bands 87 to 95 % hold the month's sum: the most where days do not follow each other, the "
    "least where they do and few weeks are known."
)
_NOTHING = 1e-12  # a smaller variance counts as none: the days do not differ


def pacing(
    calls: Any,
    metric: str = "margin",
    *,
    last_day: Any = None,
    weeks: int = 8,
    confidence: float = 0.9,
) -> pd.DataFrame:
    """Compare a month so far with the same days of earlier months, and forecast how it will end.

    Parameters
    ----------
    calls : frame
        LeadFlow calls of the month and of months before it; any engine that `rollup` takes.
    metric : str, default "margin"
        A measure or metric that adds up over days: ``revenue``, ``call_count``, ...
    last_day : date-like, optional
        Last finished day; the month that it is in is forecast. By default the last day of the calls.
    weeks : int, default 8
        How far back daily values are learnt from [weeks].
    confidence : float, default 0.9 [ratio]
        Coverage of the band.

    Returns
    -------
    pandas.DataFrame
        One row a day of the month, all sums from the first day of the month, in the metric's unit:
        ``day`` (1 to 31), ``call_day``, ``to_date`` (null after `last_day`), ``earlier_mean``,
        ``earlier_low`` and ``earlier_high`` (mean, least and most of the complete earlier months;
        after their last day, their total; null where there are none), ``forecast`` (what is there,
        then what is expected) with ``forecast_low`` and ``forecast_high``. The forecast is null
        where fewer than 7 days are known. A day without calls counts as 0. No rows for no calls.
        ``.attrs["assumptions"]`` says what the forecast rests on.

    Raises
    ------
    InputError
        The metric does not add up over days, or `last_day` is not within the calls' days.

    Notes
    -----
    The days to come are expected to be like the same weekdays of the last `weeks` weeks (like all
    days, where fewer than two weeks are known). The band is that of the sum of days to come, by
    Student's t: days in a row are correlated (first-order autoregression), how much is learnt from the
    days and averaged over (restricted likelihood), and the error of the means is part of it. It knows
    nothing of holidays or of a new affiliate, nor that the last days may still be restated. It is weaker
    with five weeks or fewer: a nominal 90 % is then about 87 %.

    References
    ----------
    Box, Jenkins, Reinsel and Ljung (2015), "Time Series Analysis", 5th ed., chapter 5 (variance of
    forecasts under autoregression). Cheang and Reinsel (2000), "Bias reduction of autoregressive estimates
    in time series regression model through restricted maximum likelihood", J. Am. Stat. Assoc. 95,
    doi:10.1080/01621459.2000.10474318.

    Examples
    --------
    >>> import pandas as pd
    >>> days = pd.date_range("2026-09-01", "2026-10-10", unit="us")
    >>> calls = pd.DataFrame({"call_day": days.repeat(10)})
    >>> table = pacing(calls, "call_count")
    >>> table.loc[[9, 30], ["day", "to_date", "earlier_mean", "forecast"]]
        day  to_date  earlier_mean  forecast
    9    10    100.0         100.0     100.0
    30   31      NaN         300.0     310.0
    """
    if not is_additive(metric):
        raise InputError(f"{metric!r} does not add up over days: pace a measure or money, such as 'margin'")
    table = measured(calls, ["call_day"], [metric])
    table = table[table["call_day"].notna()]
    if table.empty:
        return _Month(np.empty(0, dtype="datetime64[D]"), np.empty(0), np.datetime64("NaT"), {}).table()
    first, last = (np.datetime64(day, "D") for day in (table["call_day"].min(), table["call_day"].max()))
    end = (
        last
        if last_day is None
        else np.datetime64(pd.Timestamp(read_moment(last_day, "last_day", None)[0]), "D")
    )
    if not first <= end <= last + 1:
        raise InputError(f"last_day={last_day!r} is outside the calls, which span {first} to {last}")
    days = np.arange(first, end + 1)
    values = np.zeros(len(days))
    at = (table["call_day"].to_numpy().astype("datetime64[D]") - first).astype(np.int64)
    known = at < len(days)
    values[at[known]] = numbers(table[metric])[known]
    start = end.astype("datetime64[M]")
    month = np.arange(start.astype("datetime64[D]"), (start + 1).astype("datetime64[D]"))
    earlier = _earlier(days, values, start, len(month))
    so_far = np.cumsum(values[days >= month[0]])
    ahead = _forecast(days, values, month[len(so_far) :], weeks, confidence)
    table = _Month(month, so_far, end, {**earlier, **ahead}).table()
    table.attrs["assumptions"] = [_HELD] if ahead else []
    return table


class _Month:
    """The columns of a month, put together in order."""

    def __init__(self, days: Any, so_far: Floats, end: np.datetime64, columns: dict[str, Floats]) -> None:
        self.days, self.so_far, self.end, self.columns = days, so_far, end, columns

    def table(self) -> pd.DataFrame:
        many, known = len(self.days), len(self.so_far)
        ahead = {name: np.full(many, np.nan) for name in ("forecast", "forecast_low", "forecast_high")}
        for name, values in ahead.items():
            values[:known] = self.so_far
            if name in self.columns and known < many:
                values[known:] = (self.so_far[-1] if known else 0.0) + self.columns[name]
        nothing = np.full(many, np.nan)
        return pd.DataFrame(
            {
                "day": np.arange(1, many + 1),
                "call_day": self.days.astype("datetime64[us]"),
                "to_date": np.concatenate([self.so_far, np.full(many - known, np.nan)]).round(4),
                **{f"earlier_{name}": self.columns.get(name, nothing) for name in ("mean", "low", "high")},
                **{name: values.round(4) for name, values in ahead.items()},
            }
        )


def _earlier(days: Any, values: Floats, start: Any, length: int) -> dict[str, Floats]:
    """Sums to each day of the month, over the earlier months that are there from their first day on."""
    months = days.astype("datetime64[M]")
    rows = []
    for month in np.unique(months[months < start]):
        mine = months == month
        if days[mine][0] != month.astype("datetime64[D]"):
            continue
        total = np.cumsum(values[mine])
        rows.append(np.concatenate([total, np.full(max(length - len(total), 0), total[-1])])[:length])
    if not rows:
        return {}
    sums = np.vstack(rows)
    return {"mean": sums.mean(axis=0), "low": sums.min(axis=0), "high": sums.max(axis=0)}


def _forecast(days: Any, values: Floats, ahead: Any, weeks: int, confidence: float) -> dict[str, Floats]:
    """Sums of the days to come, with a band."""
    from scipy.special import stdtrit

    learnt = values[-weeks * _WEEK :]
    if len(learnt) < _WEEK or not len(ahead):
        return {}
    by_weekday = len(learnt) >= 2 * _WEEK
    weekday = _weekdays(days[-len(learnt) :]) if by_weekday else np.zeros(len(learnt), dtype=np.int64)
    coming = _weekdays(ahead) if by_weekday else np.zeros(len(ahead), dtype=np.int64)
    n = np.bincount(weekday, minlength=_WEEK)
    mean = np.nan_to_num(ratio(np.bincount(weekday, learnt, minlength=_WEEK), n))
    residual = learnt - mean[weekday]
    freedom = len(learnt) - int((n > 0).sum())
    weight = _autocorrelation_likelihood(residual, weekday)
    shape = weekday[:, None] == np.arange(_WEEK)
    # What is ahead less what is expected of it, summed up, as a sum over all days.
    times = -np.cumsum(np.eye(_WEEK)[coming], axis=0) @ (shape / np.maximum(n, 1)).T
    sums = np.hstack([times, np.tril(np.ones((len(ahead), len(ahead))))])
    apart = np.abs(np.subtract.outer(np.arange(sums.shape[1]), np.arange(sums.shape[1])))
    total, tell = np.zeros(len(ahead)), 0.0
    for memory, share in zip(_GRID[weight > _FAINT], weight[weight > _FAINT], strict=True):
        alike = memory**apart
        past = alike[: len(learnt), : len(learnt)]
        # The expected sum of squares about the weekdays' means, were the variance 1.
        squares = len(learnt) - float(((shape.T @ past @ shape).diagonal() / np.maximum(n, 1)).sum())
        total += share * float(residual @ residual) / max(squares, 1.0) * ((sums @ alike) * sums).sum(axis=1)
        tell += share * freedom * (1 - memory**2) / (1 + memory**2)  # as many independent days
    half = float(stdtrit(max(tell, 3.0), 0.5 + confidence / 2)) * np.sqrt(
        total / weight[weight > _FAINT].sum()
    )
    expected = np.cumsum(mean[coming])
    return {"forecast": expected, "forecast_low": expected - half, "forecast_high": expected + half}


def _autocorrelation_likelihood(residual: Floats, weekday: Ints) -> Floats:
    """How likely each value of `_GRID` is to be the correlation of a day with the day before.

    Each is judged by the restricted likelihood of the days, the means of the weekdays and the variance
    integrated out. The mere ratio of sums of products falls short of the truth with few days, since the
    weekdays' means take a part of what lasts.
    """
    if not residual @ residual > _NOTHING * len(residual):
        return np.asarray(_GRID == 0, dtype=np.float64)
    known = (weekday[:, None] == np.unique(weekday)).astype(np.float64)
    apart = np.abs(np.subtract.outer(np.arange(len(residual)), np.arange(len(residual))))
    likelihood = np.empty(_GRID.size)
    for place, memory in enumerate(_GRID):
        root = np.linalg.cholesky(memory**apart)
        white = np.linalg.solve(root, np.column_stack([known, residual]))
        means, rest = white[:, :-1], white[:, -1]
        inner = means.T @ means
        left = float(rest @ rest - (means.T @ rest) @ np.linalg.solve(inner, means.T @ rest))
        logs = np.log(np.diag(root)).sum() + np.linalg.slogdet(inner)[1] / 2
        likelihood[place] = -logs - (len(residual) - means.shape[1]) / 2 * np.log(left)
    weight = np.exp(likelihood - likelihood.max())
    return np.asarray(weight / weight.sum())


def _weekdays(days: Any) -> Ints:
    return np.asarray((days.astype(np.int64) + 3) % _WEEK)  # 1970-01-01 was a Thursday
