"""The table of a level: calls and money by keyword, ad group, campaign, words, device or hour."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd

from dtanalytics.analysis.keywords.confidence import rank_weights, weigh
from dtanalytics.analysis.keywords.levels import Groups, check_attributed, groups, reads
from dtanalytics.analysis.tables import local, measured, native_columns, ratio
from dtanalytics.columns.unsaid import unsaid
from dtanalytics.errors import InputError

Weights = Mapping[int | None, float] | Literal["estimate"] | None

_COLUMNS = ("lead_status", "offer_qualified", "offer_price", "affiliate_qualified", "affiliate_price", "rank")
_MONEY = ("revenue", "payout", "margin")
_SUMS = ("call_count", "connected_count", "offer_qualified_count", *_MONEY)
_OF_SIDE = {"offer": ("offer_qualified_count", "revenue", "margin"), "affiliate": ("payout", "margin")}
_RANKS = tuple(f"rank_{rank}_count" for rank in range(1, 6))


def keywords(calls: pd.DataFrame, level: str = "keyword", *, weights: Weights = None) -> pd.DataFrame:
    """Say what keywords, ad groups, campaigns, words, devices or hours bring in.

    Parameters
    ----------
    calls : pandas.DataFrame
        A joined frame (`dtanalytics.join_calls`), or Bid Management calls alone, which know calls and
        ranks but no money. Not changed.
    level : str
        "keyword", "ad_group", "campaign", "account" (ids of the ads), "1gram", "2gram", "3gram" (runs of
        words of the search terms), "device", "hour" (Eastern).
    weights : mapping, "estimate" or None
        How far each ``rank`` is believed, from 0 to 1: ``{1: 1, 2: 0.9, 3: 0.7, 4: 0.6, 5: 0.5}`` (key
        None for calls without a rank, which count fully otherwise), or estimated from these very calls by
        `rank_weights`. The weights used are in ``.attrs["dtanalytics"]["rank_weights"]``.

    Returns
    -------
    pandas.DataFrame
        One row a group, sorted by its ids or its name, null last: calls that came by no keyword are a row
        of their own. ``path`` joins the ids, ``?`` for one that is unknown; ``keyword`` is its text.
        Then ``call_count, connected_count, offer_qualified_count`` [calls], ``revenue, payout, margin``
        [currency], and each of these three per call and per (offer-)qualified call. Bids alone:
        ``call_count`` and the calls of each rank. With weights also ``weighted_calls`` and, of joined
        frames, ``weighted_revenue, weighted_payout, weighted_margin, weighted_margin_per_call``, all
        between the ends of a band: ``..._rank_1`` (the surest calls alone), and all calls.

    Raises
    ------
    InputError
        An unknown level, or weights that are none.
    SchemaError
        A column is missing.

    Notes
    -----
    Money is summed exactly, as integers of 1/10,000. A call stands under each different run of words of
    its search term, so the rows of "2gram" do not add up to all calls. Templates that were never expanded
    (``{keyword}``) count as null.

    Examples
    --------
    >>> calls = pd.DataFrame({
    ...     "vt_device": ["m", "m", None], "lead_status": "Connected", "rank": [1, 2, 1],
    ...     "offer_qualified": [True, False, True], "offer_price": [40.0, 40.0, 30.0],
    ...     "affiliate_qualified": [True, False, False], "affiliate_price": [25.0, 25.0, 20.0]})
    >>> keywords(calls, "device")[["device", "call_count", "margin", "margin_per_call"]]
       device  call_count  margin  margin_per_call
    0  mobile           2    15.0              7.5
    1     NaN           1    30.0             30.0
    """
    needed, named = reads(level)
    check_attributed(calls, needed)
    whole = calls  # weights are estimated by keyword, whatever the level
    calls = local(calls, [*needed, *(["rank"] if weights is not None else [])], [*named, *_COLUMNS])
    found = groups(calls, level)
    columns = [name for name in _COLUMNS if name in calls]
    rows = calls[columns].take(found.rows).assign(group=found.codes)
    joined = "lead_status" in calls
    table = found.keys.reset_index(drop=True)
    sums = _by_group(rows, [*_SUMS] if joined else ["call_count", *_ranks(calls)], len(table))
    table[sums.columns] = sums
    if joined:
        _without_unsaid(table, whole)
        for money in _MONEY:
            table[f"{money}_per_call"] = ratio(table[money], table["call_count"])
            table[f"{money}_per_qualified"] = ratio(table[money], table["offer_qualified_count"])
    if weights is not None:
        used = used_weights(whole if isinstance(weights, str) else calls, weights)
        table = pd.concat([table, _weighted(rows, used, found, joined)], axis="columns")
        table.attrs["dtanalytics"] = {"rank_weights": {str(rank): value for rank, value in used.items()}}
    return table


def _without_unsaid(table: pd.DataFrame, calls: pd.DataFrame) -> None:
    """Make sums null of which a platform says nothing: CallRail knows no payout."""
    silent = {name for names in unsaid(calls, _COLUMNS, native_columns(calls)).values() for name in names}
    for side, sums in _OF_SIDE.items():
        if silent & {f"{side}_qualified", f"{side}_price"}:
            table[list(sums)] = np.nan


def _ranks(calls: pd.DataFrame) -> tuple[str, ...]:
    return _RANKS if "rank" in calls else ()


def _by_group(rows: pd.DataFrame, metrics: list[str], size: int) -> pd.DataFrame:
    """Sums of every group, in the order of their numbers."""
    return measured(rows, ["group"], metrics).set_index("group").reindex(range(size)).reset_index(drop=True)


def used_weights(calls: pd.DataFrame, weights: Weights) -> dict[int | None, float]:
    """Read weights, or estimate them; refuse those that are none."""
    if isinstance(weights, str):
        if weights != "estimate":
            raise InputError(f"weights is {weights!r}: give 'estimate', or a mapping of rank to weight")
        estimated = rank_weights(calls)
        return {None: 1.0, **dict(zip(estimated["rank"].tolist(), estimated["weight"].tolist(), strict=True))}
    given = {None: 1.0, **dict(weights or {})}
    known = pd.unique(calls["rank"].dropna())
    missing = sorted(int(rank) for rank in known if rank not in given)
    if missing:
        raise InputError(
            f"weights name no weight for rank {missing}: the calls have ranks {sorted(map(int, known))}"
        )
    for rank, weight in given.items():
        if not isinstance(weight, int | float) or not 0 <= weight <= 1:
            raise InputError(f"the weight of rank {rank} is {weight!r}: give a number from 0 to 1")
    return given


def _weighted(rows: pd.DataFrame, used: dict[int | None, float], found: Groups, joined: bool) -> pd.DataFrame:
    """Weighted sums beside those of rank 1 alone."""
    metrics = ["call_count", *(_MONEY if joined else ())]
    by_rank = measured(rows, ["group", "rank"], metrics)
    weight = weigh(by_rank["rank"], used)
    sure = (by_rank["rank"] == 1).fillna(value=False).to_numpy(dtype=bool)

    def total(name: str, share: Any) -> Any:
        sums = np.bincount(by_rank["group"], by_rank[name].to_numpy(float) * share, minlength=len(found.keys))
        return sums.round(10)  # less than any amount of money: removes rounding errors of binary fractions

    table = pd.DataFrame({"weighted_calls": total("call_count", weight)})
    for name in metrics[1:]:
        table[f"weighted_{name}"] = total(name, weight)
    table["call_count_rank_1"] = total("call_count", sure).astype("int64")
    for name in metrics[1:]:
        table[f"{name}_rank_1"] = total(name, sure)
    if joined:
        table["weighted_margin_per_call"] = ratio(table["weighted_margin"], table["weighted_calls"])
        table["margin_per_call_rank_1"] = ratio(table["margin_rank_1"], table["call_count_rank_1"])
    return table
