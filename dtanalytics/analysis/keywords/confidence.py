"""How far the match of a call to a web session can be believed: weights by rank, health of number pools."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.analysis.keywords.levels import check_attributed, groups, reads
from dtanalytics.analysis.tables import columns_of, local, measured, ratio, require
from dtanalytics.rollup.keys import frequency
from dtanalytics.stats.intervals import Floats, normal_quantile, wilson
from dtanalytics.stats.shrink_rates import shrink_rates

_RANKS = range(1, 6)


def weigh(ranks: pd.Series[Any], weights: Mapping[int | None, float]) -> Floats:
    """Weight of each rank; a null one has that of None, 1 when there is none."""
    known = ranks.map({rank: weight for rank, weight in weights.items() if rank is not None}).astype(
        "Float64"
    )
    return np.asarray(known.fillna(weights.get(None, 1.0)).to_numpy(dtype=float))


def rank_weights(calls: pd.DataFrame, level: str = "keyword", *, confidence: float = 0.95) -> pd.DataFrame:
    """Estimate from the calls themselves how far each rank's keywords can be believed.

    Where a call is matched to the wrong session its keyword is somebody else's, and says nothing of
    whether the call qualifies. So the weight of a rank is the slope of its keywords' qualification rates
    over what rank 1 says of the same keywords: 1 when they differ as much, 0 when not at all.

    Parameters
    ----------
    calls : pandas.DataFrame
        A joined frame with ``rank`` and ``offer_qualified``.
    level : str
        What is compared: "keyword", or "ad_group" when keywords have few calls.
    confidence : float, default 0.95 [ratio]
        Coverage of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row a rank from 1 to 5: ``rank, call_count, weight, low, high`` [ratio], ``estimated``. Rank 1
        is the measure, with weight 1; a rank that too few calls can tell anything of has weight 1, with
        the interval 0 to 1, and ``estimated`` False. Weights never rise with the rank.

    Notes
    -----
    What rank 1 says is its shrunken rate (beta-binomial), on which a regression has the right slope
    although it is itself uncertain. The interval is that of a sandwich estimator over keywords.

    Examples
    --------
    >>> calls = pd.DataFrame({"vt_device": ["m", "c"] * 50, "offer_qualified": [True, False] * 50,
    ...                       "rank": [1] * 60 + [2] * 40})
    >>> rank_weights(calls, "device")["weight"].round(2).tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0]
    """
    needed, useful = reads(level)
    check_attributed(calls, needed)
    calls = local(calls, [*needed, "rank", "offer_qualified"], useful)
    found = groups(calls, level)
    counts = _counts(calls.take(found.rows), found.codes, len(found.keys))
    named = found.keys.iloc[:, 0].notna().to_numpy()
    trials = {rank: np.where(named, counts[rank][0], 0) for rank in _RANKS}
    surest = shrink_rates(counts[1][1], counts[1][0]).mean
    slopes = [_slope(surest, counts[rank][1], trials[rank], confidence) for rank in _RANKS if rank > 1]
    table = pd.DataFrame([(1.0, 1.0, 1.0), *slopes], columns=["weight", "low", "high"])
    table.insert(0, "rank", list(_RANKS))
    total = calls["rank"].value_counts()
    table.insert(1, "call_count", [int(total.get(rank, 0)) for rank in _RANKS])
    table["estimated"] = np.array([counts[1][0].sum() > 0, *table["weight"].notna()[1:]])
    table["weight"] = _non_increasing(
        table["weight"].fillna(1.0).to_numpy(), table["high"].sub(table["low"]).to_numpy()
    )
    table[["low", "high"]] = table[["low", "high"]].fillna({"low": 0.0, "high": 1.0}).clip(0, 1)
    return table


def pool_health(bids: pd.DataFrame, freq: str = "W", *, confidence: float = 0.95) -> pd.DataFrame:
    """Show how sure the matches of each number pool are over time.

    A pool with too few numbers for its visitors hands the same number to several of them, and its calls
    drift from rank 1 to lower ranks.

    Parameters
    ----------
    bids : pandas.DataFrame
        Bid Management calls, or a joined frame.
    freq : str
        "day", "week", "month" or pandas' letters D, W, MS and the like, see `dtanalytics.rollup`.
    confidence : float, default 0.95 [ratio]
        Coverage of the interval.

    Returns
    -------
    pandas.DataFrame
        One row a period, ``pool_id`` and ``domain_set_id``: ``call_count``, ``rank_1_count`` to
        ``rank_5_count`` [calls], ``rank_1_share`` of the calls with a rank, ``rank_1_share_low`` and
        ``rank_1_share_high`` (Wilson) [ratio], and ``mean_rank``. Null where no call has a rank.

    Examples
    --------
    >>> bids = pd.DataFrame({
    ...     "date_added": pd.to_datetime(["2026-10-05", "2026-10-06", "2026-10-13"]),
    ...     "rank": [1, 3, 2], "pool_id": 7, "domain_set_id": 9})
    >>> pool_health(bids)[["week", "rank_1_share", "mean_rank"]]
            week  rank_1_share  mean_rank
    0 2026-10-05           0.5        2.0
    1 2026-10-12           0.0        2.0
    """
    require(columns_of(bids), ["rank", "pool_id", "domain_set_id"])
    names = [f"rank_{rank}_count" for rank in _RANKS]
    health = measured(bids, [frequency(freq), "pool_id", "domain_set_id"], ["call_count", *names])
    counts = health[names].to_numpy()
    ranked = counts.sum(axis=1)
    health["rank_1_share"] = ratio(counts[:, 0], ranked)
    low, high = wilson(counts[:, 0], ranked, confidence)
    health["rank_1_share_low"], health["rank_1_share_high"] = low, high
    health["mean_rank"] = ratio(counts @ np.array(_RANKS), ranked)
    return health


def _counts(calls: pd.DataFrame, codes: Any, size: int) -> dict[int, tuple[Floats, Floats]]:
    """Calls and qualified calls of each rank by group."""
    rows = calls[["rank", "offer_qualified"]].assign(group=codes).dropna(subset=["offer_qualified"])
    table = measured(rows, ["rank", "group"], ["call_count", "offer_qualified_count"])
    counts = {}
    for rank in _RANKS:
        own = table[(table["rank"] == rank).fillna(value=False).to_numpy(dtype=bool)]
        counts[rank] = tuple(
            np.bincount(own["group"], weights=own[name], minlength=size)
            for name in ("call_count", "offer_qualified_count")
        )
    return counts  # type: ignore[return-value]  # a tuple of the two columns named


def _slope(expected: Floats, hits: Floats, trials: Floats, confidence: float) -> tuple[float, float, float]:
    """Slope of rates over expected ones, with its interval; null when they tell nothing."""
    used = (trials > 0) & np.isfinite(expected)
    n, x, y = trials[used], expected[used], hits[used] / trials[used]
    if used.sum() < 3:
        return np.nan, np.nan, np.nan
    x, y = x - np.average(x, weights=n), y - np.average(y, weights=n)
    spread = n @ x**2
    if not spread > 1e-9 * n.sum():
        return np.nan, np.nan, np.nan
    slope = n @ (x * y) / spread
    error = np.sqrt(((n * x * (y - slope * x)) ** 2).sum()) / spread * np.sqrt(used.sum() / (used.sum() - 2))
    half = normal_quantile(confidence) * error
    return float(slope), float(slope - half), float(slope + half)


def _non_increasing(weights: Floats, widths: Floats) -> Floats:
    """The nearest weights within 0 and 1 that never rise, the surer ones moved least."""
    from scipy.optimize import isotonic_regression

    precision = 1 / np.maximum(np.nan_to_num(widths, nan=1e3), 1e-3) ** 2
    fitted = isotonic_regression(weights, weights=precision, increasing=False).x
    return np.asarray(np.clip(fitted, 0, 1))
