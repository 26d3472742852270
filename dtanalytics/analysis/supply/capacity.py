"""Caps and capacity: how many calls at once, and from which hour on calls are turned away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.analysis.tables import (
    Bools,
    Floats,
    Ints,
    as_list,
    columns_of,
    group_codes,
    local,
    measured,
    microseconds_since_epoch,
    numbers,
    ratio,
)
from dtanalytics.columns.unsaid import check_said
from dtanalytics.errors import InputError
from dtanalytics.platforms.differences import check_states
from dtanalytics.stats.intervals import benjamini_hochberg

SECOND = 1_000_000
HOURS = 24
BUYERS = ("offer", "advertiser", "transfer_number")
"""Columns that only sold calls have: an unsold call went to nobody."""


def concurrency(calls: Any, by: str | Sequence[str] | None = "advertiser") -> pd.DataFrame:
    """Find the most calls that talked at the same time, exactly.

    Parameters
    ----------
    calls : frame
        LeadFlow calls.
    by : str or sequence of str or None, default "advertiser"
        Columns to group by, such as ``"offer"`` or ``"affiliate"``; None: all calls together.

    Returns
    -------
    pandas.DataFrame
        One row a group, sorted: the `by` columns, ``call_count`` [calls that talked], ``peak`` [calls
        at once], ``peak_at`` (the first moment of it, Eastern), ``peak_time`` [s, in total, during
        which there were as many], ``busy_time`` [s with at least one call], ``talk_time`` [s] and
        ``mean_when_busy`` [calls], talk_time / busy_time. Groups without talk are left out, and so
        is the group of calls that went to nobody.

    Raises
    ------
    SchemaError
        A column is missing, or calls of a platform have none of what they are grouped by.

    Notes
    -----
    A call occupies its line from ``call_date`` for ``talk_seconds``. The service does not say when
    in a call the talk began, so peaks are exact as far as the time before it is alike for all calls.
    A call that ends in the second in which another begins is not simultaneous with it. Calls
    without a time or talk are left out.

    Examples
    --------
    >>> import pandas as pd
    >>> calls = pd.DataFrame({
    ...     "advertiser": ["Acme", "Acme", "Acme"],
    ...     "call_date": pd.to_datetime("2026-10-05 09:00") + pd.to_timedelta([0, 30, 60], unit="s"),
    ...     "talk_seconds": [60, 45, 10],
    ... })
    >>> concurrency(calls)[["advertiser", "call_count", "peak", "peak_time", "busy_time"]]
      advertiser  call_count  peak  peak_time  busy_time
    0       Acme           3     2       40.0       75.0
    """
    keys = as_list(by)
    check_said(calls, (), columns_of(calls), keys=keys)
    calls = local(calls, ["call_date", "talk_seconds", *keys])
    talk = np.nan_to_num(numbers(calls["talk_seconds"]))
    calls = calls[(talk > 0) & calls["call_date"].notna() & calls[keys].notna().all(axis=1)]
    talk = numbers(calls["talk_seconds"])
    codes, table = group_codes(calls, keys)
    start = microseconds_since_epoch(calls["call_date"])
    end = start + (talk * SECOND).astype(np.int64)
    time = np.concatenate([start, end])
    step = np.concatenate([np.ones(len(start), dtype=np.int64), np.full(len(end), -1)])
    group = np.concatenate([codes, codes])
    order = np.lexsort((step, time, group))  # ends before starts of the same moment
    time, group = time[order], group[order]
    level = np.cumsum(step[order])  # each group begins and ends at zero
    length = np.append(np.diff(time), 0)
    length[np.append(group[1:] != group[:-1], True)[: len(length)]] = 0
    many = len(table)
    peak = np.zeros(many, dtype=np.int64)
    np.maximum.at(peak, group, level)
    at_peak = level == peak[group]
    first = np.full(many, np.iinfo(np.int64).max)
    np.minimum.at(first, group[at_peak], time[at_peak])
    table["call_count"] = np.bincount(codes, minlength=many)
    table["peak"] = peak
    table["peak_at"] = _eastern(first, calls["call_date"])
    table["peak_time"] = np.bincount(group, length * at_peak, minlength=many) / SECOND
    table["busy_time"] = np.bincount(group, length * (level > 0), minlength=many) / SECOND
    table["talk_time"] = np.bincount(codes, talk, minlength=many)
    table["mean_when_busy"] = ratio(table["talk_time"], table["busy_time"])
    return table


def _eastern(microseconds: Ints, like: pd.Series) -> pd.Series:
    """Moments as times of the kind that a frame has."""
    times = pd.Series(microseconds.astype("datetime64[us]"))
    if isinstance(like.dtype, pd.DatetimeTZDtype):
        return times.dt.tz_localize("UTC").dt.tz_convert(like.dtype.tz)
    return times


def cap_profile(calls: Any, by: str | Sequence[str] = "affiliate") -> pd.DataFrame:
    """Show by hour of the day what share of the calls was turned away, or of a set's calls was taken.

    Parameters
    ----------
    calls : frame
        LeadFlow calls; any engine that `rollup` takes.
    by : str or sequence of str, default "affiliate"
        Who may be capped. For who brings calls (affiliate, phone_label, set_name, lf_state) a cap
        turns calls away; for who buys them (offer, advertiser, transfer_number) calls stay away.

    Returns
    -------
    pandas.DataFrame
        One row a group and hour from 0 to 23: the `by` columns, ``call_hour`` [h, Eastern],
        ``call_count`` [calls that could have been taken: the group's own, or all of the sets that
        the buyer buys from, in hours in which more than half of the other buyers of the set buy],
        ``event_count`` [calls: of affiliates those with status Affiliate Cap, of buyers those that
        they took] and ``rate`` [ratio], event_count / call_count, null where there were no calls.

    Raises
    ------
    SchemaError
        A column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> calls = pd.DataFrame({
    ...     "affiliate": "North", "call_hour": [9, 9, 17, 17],
    ...     "lead_status": ["Connected", "Connected", "Connected", "Affiliate Cap"],
    ... })
    >>> profile = cap_profile(calls)
    >>> profile[profile["call_count"] > 0]
       affiliate  call_hour  call_count  event_count  rate
    9      North          9           2            0   0.0
    17     North         17           2            1   0.5
    """
    keys = as_list(by)
    if not keys:
        raise InputError("name at least one column whose values may be capped, such as by='affiliate'")
    groups, called, events = _by_hour(calls, keys)
    table = groups.loc[groups.index.repeat(HOURS)].reset_index(drop=True)
    table["call_hour"] = np.tile(np.arange(HOURS), len(groups))
    table["call_count"] = called.ravel()
    table["event_count"] = events.ravel()
    table["rate"] = ratio(events.ravel(), called.ravel())
    return table


def cap_hours(
    calls: Any, by: str | Sequence[str] = "affiliate", *, false_discovery_rate: float = 0.05
) -> pd.DataFrame:
    """Find the hour of the day from which a cap bites.

    Parameters
    ----------
    calls, by
        As for `cap_profile`.
    false_discovery_rate : float, default 0.05 [ratio]
        Highest false-discovery rate among the groups that are given an hour.

    Returns
    -------
    pandas.DataFrame
        One row a group, sorted: the `by` columns, ``call_count`` and ``event_count`` [calls] as in
        `cap_profile`, ``bite_hour`` [h, Eastern; null where nothing says that a cap bites],
        ``rate_before`` and ``rate_after`` [ratio] that hour, ``p_value`` and ``q_value`` [ratio].

    Raises
    ------
    SchemaError
        A column is missing.

    Notes
    -----
    The hour is the change point of the likelihood: the split of the day at which two constant rates
    fit best, where the later one is worse (more turned away, less taken). Its p-value is that of the
    likelihood ratio, corrected for the number of splits tried and for hours of a day that vary more
    than chance does: the ratio is divided by the dispersion of the hours about the two rates. Over
    groups q-values are Benjamini and Hochberg's. A signal, not a proof: a buyer who closes before the
    others do looks the same as one who is full.

    Examples
    --------
    >>> import pandas as pd
    >>> calls = pd.DataFrame({"affiliate": "North", "call_hour": [9, 10, 11, 12, 15, 16, 17, 18] * 50})
    >>> late = calls["call_hour"] >= 15
    >>> calls["lead_status"] = late.map({True: "Affiliate Cap", False: "Connected"})
    >>> cap_hours(calls)[["affiliate", "bite_hour", "rate_before", "rate_after"]]
      affiliate  bite_hour  rate_before  rate_after
    0     North         15          0.0         1.0
    """
    keys = as_list(by)
    if not keys:
        raise InputError("name at least one column whose values may be capped, such as by='affiliate'")
    table, called, events = _by_hour(calls, keys)
    worse_is_more = not set(keys) & set(BUYERS)
    hour, before, after, p = _change_points(called, events, worse_is_more=worse_is_more)
    q = benjamini_hochberg(p)
    bites = np.nan_to_num(q, nan=1.0) <= false_discovery_rate
    table["call_count"] = called.sum(axis=1)
    table["event_count"] = events.sum(axis=1)
    table["bite_hour"] = pd.array(np.where(bites, hour, -1), dtype="Int64")
    table.loc[~bites, "bite_hour"] = pd.NA
    table["rate_before"], table["rate_after"] = before, after
    table["p_value"], table["q_value"] = p, q
    return table


def _by_hour(frame: Any, keys: list[str]) -> tuple[pd.DataFrame, Ints, Ints]:
    """Groups, and by group and hour the calls that could have been taken and those that count."""
    buyer = bool(set(keys) & set(BUYERS))
    split = (
        [*keys, "set_name"] if buyer and "set_name" in columns_of(frame) and "set_name" not in keys else keys
    )
    check_states(frame, ["Affiliate Cap"], "A table of caps")
    cells = measured(frame, [*split, "call_hour"], ["call_count", "affiliate_cap_count"])
    cells = cells[cells["call_hour"].notna()]
    keys = list(cells.columns[: len(keys)])  # a frequency such as "W" has made a column of another name
    named = cells[cells[keys].notna().all(axis=1)] if buyer else cells
    codes, groups = group_codes(named, keys)
    own = _spread(codes, len(groups), named, "call_count")
    if not buyer:
        return groups, own, _spread(codes, len(groups), named, "affiliate_cap_count")
    sets, names = group_codes(cells, split[len(keys) :])
    many = max(len(names), 1)
    offered = _spread(sets, many, cells, "call_count")
    at = pd.Series(sets, index=cells.index).loc[named.index].to_numpy() if len(names) else codes * 0
    taken = _spread(codes * many + at, len(groups) * many, named, "call_count").reshape(-1, many, HOURS)
    counts = _peers_open(taken, offered) & (taken.sum(axis=2, keepdims=True) > 0)
    return groups, (counts * offered).sum(axis=1), (counts * taken).sum(axis=1)


def _peers_open(taken: Ints, offered: Ints) -> Bools:
    """Hours in which more than half of the other buyers of a set buy; in other hours business is closed."""
    rate = np.nan_to_num(ratio(taken, offered))
    most = rate.max(axis=2, keepdims=True)
    is_open = (rate > 0) & (rate >= most / 10)
    peers = (most > 0).sum(axis=0, keepdims=True) - (most > 0)
    return np.asarray(is_open.sum(axis=0, keepdims=True) - is_open > np.where(peers > 0, peers / 2, -1))


def _spread(codes: Ints, groups: int, cells: pd.DataFrame, name: str) -> Ints:
    table = np.zeros((groups, HOURS), dtype=np.int64)
    np.add.at(table, (codes, cells["call_hour"].to_numpy(dtype=np.int64)), cells[name].to_numpy())
    return table


def _change_points(called: Ints, events: Ints, *, worse_is_more: bool) -> tuple[Ints, Floats, Floats, Floats]:
    """Best split of each day into two constant rates, the later one worse, and how sure it is."""
    from scipy.special import chdtrc, xlogy

    def fit(hits: Any, n: Any) -> Any:
        return xlogy(hits, ratio(hits, n)) + xlogy(n - hits, ratio(n - hits, n))

    groups = len(called)
    n, k = (np.cumsum(counts, axis=1)[:, :-1].astype(np.float64) for counts in (called, events))
    all_n, all_k = (counts.sum(axis=1, keepdims=True).astype(np.float64) for counts in (called, events))
    before, after = ratio(k, n), ratio(all_k - k, all_n - n)
    gain = (
        np.nan_to_num(fit(k, n)) + np.nan_to_num(fit(all_k - k, all_n - n)) - np.nan_to_num(fit(all_k, all_n))
    )
    worse = after > before if worse_is_more else after < before
    gain = np.where(worse & (n > 0) & (all_n > n), gain, 0.0)
    split = gain.argmax(axis=1)
    rows = np.arange(groups)
    low, high = before[rows, split], after[rows, split]
    found = gain[rows, split] > 0
    hours = np.arange(HOURS)[None, :]
    expected = np.where(hours <= split[:, None], low[:, None], high[:, None])
    spread = called * expected * (1 - expected)
    misfit = np.where(spread > 0, ratio((events - called * expected) ** 2, spread), 0.0).sum(axis=1)
    used = (spread > 0).sum(axis=1)
    dispersion = np.maximum(ratio(misfit, np.maximum(used - 2, 1)), 1.0)
    tried = np.maximum((called > 0).sum(axis=1) - 1, 1)
    one_sided = chdtrc(1, 2 * gain[rows, split] / dispersion) / 2
    p = np.where(found, np.minimum(one_sided * tried, 1.0), np.where(all_n[:, 0] > 0, 1.0, np.nan))
    ahead = np.where(called > 0, hours, HOURS)
    hour = np.minimum.accumulate(ahead[:, ::-1], axis=1)[:, ::-1][rows, split + 1]  # the next with calls
    return hour, np.where(found, low, np.nan), np.where(found, high, np.nan), p
