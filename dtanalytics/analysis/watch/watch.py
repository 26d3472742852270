"""Segments that have left what their own past, weekday and hour say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.analysis.tables import Floats, Ints, as_list
from dtanalytics.analysis.watch.hours import HOUR
from dtanalytics.analysis.watch.metrics import METRICS, Metric
from dtanalytics.analysis.watch.watched import Watched, available, read_watched
from dtanalytics.errors import InputError, nearest
from dtanalytics.schema import TIMEZONE
from dtanalytics.stats.sequential import average, q_values
from dtanalytics.texts.numerals import Told

_COLUMNS = ("metric", "since", "expected", "observed", "amount", "q_value", "is_mature")


def watch(
    calls: Any,
    by: str | Sequence[str] | None = "affiliate",
    *,
    metrics: str | Sequence[str] | None = None,
    start: Any = None,
    now: Any = None,
    weeks: int = 8,
    false_alarm_rate: float = 0.05,
    settle_days: int = 7,
) -> pd.DataFrame:
    """List segments whose metrics have left what their own past, weekday and hour say.

    It may be asked every hour: the chance of a false alarm in a month stays what it is stated to be.

    Parameters
    ----------
    calls : frame
        LeadFlow calls: what is watched, and some weeks before it.
    by : str, sequence of str or None, default "affiliate"
        Columns whose values are the segments; None watches all calls as one.
    metrics : str or sequence of str, optional
        Which of ``call_count``, ``connect_rate``, ``offer_qualification_rate``,
        ``affiliate_qualification_rate``, ``margin_per_call``, ``leakage`` and ``average_talk_time`` are
        watched; all whose columns are there when left out.
    start : moment, optional
        Day from which calls are watched; by default the first of the month, or later where fewer than 28
        days lie before that.
    now : moment, optional
        As of when it is asked; by default when the calls were loaded, or the last call. Eastern without a
        zone. Hours that are not over are left out.
    weeks : int, default 8
        Longest past.
    false_alarm_rate : float, default 0.05 [ratio]
        Chance that a month in which nothing changes has any alarm, however often it is looked at.
    settle_days : int, default 7 [days]
        Calls are taken as final so many days after their day.

    Returns
    -------
    pandas.DataFrame
        No rows: calm. Otherwise a row a segment and metric, the most money first: the `by` columns,
        ``metric``; ``since``, the hour in which it most likely left its past; ``expected`` and ``observed``
        since then, sums for ``call_count`` [calls] and ``leakage`` [currency], else per call [ratio,
        currency, s]; ``amount``, what the difference brought, below zero what it cost [currency], null for
        talk time; ``q_value`` [ratio]; and ``is_mature``: false while the days that raised the alarm may
        still be restated. ``.attrs["found"]`` lists the hours in which the rows were first there,
        ``.attrs["assumptions"]`` says what was watched.

    Raises
    ------
    InputError
        There are fewer than 14 days before what is watched, or an argument cannot be meant.
    SchemaError
        A column is missing.

    Notes
    -----
    Each metric of each segment is a stream of hours. What is usual comes from the past: for calls the
    segment's own rhythm over weekdays and hours, for rates and means those of the hour of the day, apart for
    weekends, all moved towards the segment's mean as far as calls are few. Evidence against it is an
    e-process (`dtanalytics.stats.sequential`): a likelihood ratio, Poisson for calls, binomial for rates, and
    for money and talk time that of the past's own distribution, mixed over how far a stream has moved and
    over the hour in which it did. The past's uncertainty is part of it, and so is how much more than chance
    sums vary from day to day and from week to week. ``margin_per_call`` also looks at the prices of calls
    of the same offer, affiliate and set. 1 / evidence is a p-value at all times; q-values allow for the
    number of segments and metrics (Benjamini and Hochberg), so that an alarm, a q-value up to
    `false_alarm_rate`, is as rare as stated where nothing changes. Each month begins anew.

    What every year has and eight weeks have not, such as holidays, is no past of its own: expect alarms
    then. A segment without calls in the past is not watched. Days of the past without any call, where the
    same weekday has 20 or more otherwise, are taken as not loaded: their weeks are left out of the past.

    Examples
    --------
    An affiliate who brings a call an hour stops on the 5th at noon:

    >>> hours = pd.date_range("2026-09-01", "2026-10-07", freq="h", inclusive="left")
    >>> calls = pd.DataFrame({"affiliate": "North", "call_date": hours, "lead_status": "Connected",
    ...                       "offer_qualified": True, "offer_price": 20.0,
    ...                       "affiliate_qualified": True, "affiliate_price": 12.5})
    >>> calls = calls[calls["call_date"] < "2026-10-05 12:00"]
    >>> watch(calls, now="2026-10-07")[["affiliate", "metric", "since", "expected", "observed", "amount"]]
      affiliate      metric                     since  expected  observed  amount
    0     North  call_count 2026-10-05 12:00:00-04:00      36.0       0.0  -270.0
    """
    keys = as_list(by)
    _check(false_alarm_rate, settle_days)
    seen = look(calls, keys, metrics, start, now, weeks)
    if seen is None:
        table = _table(keys, [], None)
        table.attrs["assumptions"] = ["There are no calls: nothing is watched."]
        return table
    rows = []
    for place in np.flatnonzero(seen.q_values[:, -1] <= false_alarm_rate):
        number, segment = divmod(int(place), seen.watched.hours.segments)
        alarmed = seen.q_values[place] <= false_alarm_rate
        row = _row(seen.watched, seen.metrics[number], segment, settle_days, alarmed)
        names = {str(name): seen.watched.keys[name].iloc[segment] for name in keys}
        rows.append(
            {**names, "metric": seen.names[number], "q_value": float(seen.q_values[place, -1]), **row}
        )
    table = _table(keys, rows, seen.watched)
    table.attrs["assumptions"] = _said(seen.watched, seen.names, false_alarm_rate)
    return table


@dataclass(frozen=True)
class Seen:
    """What is seen of the watched hours, hour by hour.

    Attributes
    ----------
    watched : Watched
        The calls.
    names, metrics : list
        The metrics that are watched.
    q_values : numpy.ndarray, streams x hours
        After each hour; of each metric all segments, one after the other.
    """

    watched: Watched
    names: list[str]
    metrics: list[Metric]
    q_values: Floats


def look(
    calls: Any,
    by: Sequence[str],
    metrics: str | Sequence[str] | None = None,
    start: Any = None,
    now: Any = None,
    weeks: int = 8,
) -> Seen | None:
    """Work out the q-values of all streams after each hour, as `watch` takes them; None without calls."""
    chosen = _chosen(metrics, calls)
    needed = dict.fromkeys(column for name in chosen for column in METRICS[name][0])
    watched = read_watched(calls, by, needed, start, now, weeks)
    if watched is None:
        return None
    read = [METRICS[name][1](watched) for name in chosen]
    log_e = np.concatenate([average([one.evidence.log_e for one in metric.streams]) for metric in read])
    return Seen(watched, chosen, read, q_values(log_e))


def _chosen(metrics: str | Sequence[str] | None, calls: Any) -> list[str]:
    """Metrics that are watched."""
    if metrics is not None:
        wanted = as_list(metrics)
        for name in wanted:
            if name not in METRICS:
                raise InputError(f"watch has no metric {name!r}: {nearest(name, METRICS)}")
        if not wanted or len(set(wanted)) < len(wanted):
            raise InputError(f"metrics names each of these once: {', '.join(METRICS)}")
        return wanted
    there = set(available(calls))
    found = [name for name, (needed, _) in METRICS.items() if there >= set(needed)]
    return found or list(METRICS)  # whose columns are then asked for by name


def _check(false_alarm_rate: float, settle_days: int) -> None:
    if not 0 < false_alarm_rate < 1:
        raise InputError(
            f"false_alarm_rate is {false_alarm_rate!r}: give a ratio between 0 and 1, such as 0.05"
        )
    if isinstance(settle_days, bool) or not isinstance(settle_days, int | np.integer) or settle_days < 0:
        raise InputError(f"settle_days is {settle_days!r}: give a whole number of days")


def _row(watched: Watched, metric: Metric, segment: int, settle_days: int, alarmed: Any) -> dict[str, Any]:
    """What one alarm says."""
    hours = watched.hours
    last = hours.watched - 1
    best = max(metric.streams, key=lambda stream: stream.evidence.log_e[segment, last])
    since = int(best.evidence.since[segment])
    calm = np.flatnonzero(~alarmed)
    found = int(calm[-1]) + 1 if calm.size else 0
    shown = slice(hours.past + since, None)
    trials, sums, expected = (
        float(part[segment, shown].sum())
        for part in (metric.shown.trials, metric.shown.sums, metric.shown.expected)
    )
    days = (hours.watched - found - 1) / 24
    divisor = 1.0 if metric.is_sum else trials
    return {
        "since": since,
        "found": found + 1,
        "expected": expected / divisor if divisor else np.nan,
        "observed": sums / divisor if divisor else np.nan,
        "amount": round((sums - expected) * float(metric.worth[segment]), 2),
        "is_mature": days >= settle_days + 1,
    }


def _table(keys: list[str], rows: list[dict[str, Any]], watched: Watched | None) -> pd.DataFrame:
    """Lay the alarms out, the most money first."""
    table = pd.DataFrame(rows, columns=[*keys, *_COLUMNS, "found"])
    for name in keys:
        if watched is not None:
            table[name] = table[name].astype(watched.keys[name].dtype)
    types = {"metric": "str", "expected": "float64", "observed": "float64", "amount": "float64"}
    table = table.astype(types | {"q_value": "float64", "is_mature": "bool"})
    size = table["amount"].abs().fillna(-1.0).to_numpy()
    table = table.iloc[np.lexsort((table["q_value"], -size))].reset_index(drop=True)
    begin = 0 if watched is None else watched.hours.start + watched.hours.past * HOUR
    found, since = (_moments(table[name].to_numpy(dtype=np.int64), begin) for name in ("found", "since"))
    table["since"] = since
    table.attrs["found"] = [moment.isoformat() for moment in found]
    return table.drop(columns="found")


def _moments(hours: Ints, begin: int) -> pd.DatetimeIndex:
    """Eastern moments of hours that are counted from the first that is watched."""
    clock = pd.DatetimeIndex((hours * HOUR + begin).astype("datetime64[us]"))
    once = np.ones(len(clock), dtype=bool)  # of an hour that occurs twice the first
    return clock.tz_localize(TIMEZONE, ambiguous=once, nonexistent="shift_forward")


def _said(watched: Watched, chosen: Sequence[str], false_alarm_rate: float) -> list[str]:
    hours = watched.hours
    first, begin, stop = (
        pd.Timestamp(moment, unit="us")
        for moment in (watched.begins, hours.start + hours.past * HOUR, hours.start + hours.count * HOUR)
    )
    alone = int((watched.sums()[:, : hours.past].sum(axis=1) == 0).sum())
    watched_days = f"Watched from {begin:%Y-%m-%d} until {stop:%Y-%m-%d %H:%M}"
    past_days = f"{first:%Y-%m-%d} to {begin - pd.Timedelta(days=1):%Y-%m-%d}"
    said: list[str] = [
        Told(
            "{watched} against {past}, Eastern: {metrics} metrics, {segments:,} segments.",
            watched=watched_days,
            past=past_days,
            metrics=len(chosen),
            segments=hours.segments,
        ),
        Told(
            "A month in which nothing changes has an alarm with a chance of at most {chance:.0%}, however "
            "often it is looked at.",
            chance=false_alarm_rate,
        ),
    ]
    if watched.missing:
        said.append(
            f"Days without any call, as if they were not loaded: {watched.missing}. Their weeks are left out "
            "of the past."
        )
    if alone:
        have, are = ("segment has", "is") if alone == 1 else ("segments have", "are")
        words = f"{{count:,}} {have} no calls in the past and {are} not watched."
        said.append(Told(words, count=alone))
    return said
