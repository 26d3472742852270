"""What a call of a keyword is worth, also of one that has few calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from dtanalytics.analysis.clustering import shared_effects
from dtanalytics.analysis.keywords.confidence import weigh
from dtanalytics.analysis.keywords.levels import PATHS, check_attributed, groups, reads
from dtanalytics.analysis.keywords.table import Weights, used_weights
from dtanalytics.analysis.tables import Ints, local, ratio
from dtanalytics.columns import flags
from dtanalytics.errors import InputError, nearest
from dtanalytics.money import SCALE, Side, earned
from dtanalytics.stats.intervals import Floats, checked_confidence, normal_quantile
from dtanalytics.stats.shrink_means import moderated_variance
from dtanalytics.stats.tree_means import nested_means
from dtanalytics.stats.tree_rates import nested_rates

Value = Literal["margin", "revenue"]

_SIDES: dict[str, tuple[Side, ...]] = {"margin": ("offer", "affiliate"), "revenue": ("offer",)}


def keyword_value(
    calls: pd.DataFrame,
    level: str = "keyword",
    *,
    value: Value = "margin",
    weights: Weights = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Estimate what a call of each keyword is worth, each pulled towards its ad group, campaign, account.

    A keyword with three calls says little of itself, its siblings say more. How much each is believed
    follows from how much keywords differ within ad groups, ad groups within campaigns, campaigns within
    accounts.

    Parameters
    ----------
    calls : pandas.DataFrame
        A joined frame (`dtanalytics.join_calls`); not changed.
    level : {"keyword", "ad_group", "campaign", "account"}
        Whose value.
    value : {"margin", "revenue"}
        A call qualifies, and has a value, when money moves: for "margin" when the offer or the affiliate
        qualified (then revenue less payout), for "revenue" when the offer did.
    weights : mapping, "estimate" or None
        How far each ``rank`` is believed, see `keywords`.
    confidence : float, default 0.95 [ratio]
        Coverage of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row a keyword, sorted by ids, null last, with the keys of `keywords`; then ``call_count`` (calls
        whose qualification is known) and ``qualified_count`` [calls]; then ``qualification_rate`` [ratio],
        ``value_per_qualified`` and ``value_per_call`` [currency], each raw, and ``..._shrunken`` between
        ``..._low`` and ``..._high``; and ``effective_sample`` [calls], the calls that the shrunken rate is
        worth, its own and those lent by siblings. Raw values are null without calls, values of qualified
        calls without any; shrunken ones only where no call of the whole account qualified.

    Raises
    ------
    InputError
        An unknown level or value, or weights that are none.
    SchemaError
        A column is missing.

    Notes
    -----
    Rates are beta, values per qualified call normal, at every level; the interval of a value per call is
    that of the product. How closely keywords keep to their ad groups and so on is integrated over. Calls of
    one caller are alike: where ``caller_id`` is there, a rate weighs as many calls as independent ones would
    tell the same (`dtanalytics.stats.design_effect`). Values per qualified call take calls as independent.

    Intervals cover their share of an account's keywords, few calls or many, not each keyword's own
    share. With fewer than some 100 calls in all nothing tells how alike keywords are: 95 % intervals then
    cover 99 % where keywords hardly differ, and 90 % where their rates differ by 0.18 (one standard
    deviation) within an ad group.

    References
    ----------
    Adobe, AdKDD 2018, arXiv 1809.02213.

    Examples
    --------
    >>> ids = {"adwords_account_id": "1", "adwords_campaign_id": "2", "adwords_adgroup_id": "3"}
    >>> calls = pd.DataFrame({**ids, "adwords_keyword_id": ["8"] * 40 + ["9"] * 2,
    ...     "offer_qualified": [True, False] * 20 + [True] * 2, "offer_price": [40.0, 44.0, 48.0] * 14,
    ...     "affiliate_qualified": False, "affiliate_price": 0.0})
    >>> values = keyword_value(calls)
    >>> values[["adwords_keyword_id", "call_count", "value_per_call", "value_per_call_shrunken"]].round(0)
      adwords_keyword_id  call_count  value_per_call  value_per_call_shrunken
    0                  8          40            22.0                     23.0
    1                  9           2            46.0                     29.0
    """
    if level not in PATHS:
        raise InputError(f"level is {level!r}: {nearest(level, PATHS)}")
    if value not in _SIDES:
        raise InputError(f"value is {value!r}: {nearest(value, _SIDES)}")
    checked_confidence(confidence)
    needed, named = reads(level)
    money = [f"{side}_{what}" for side in _SIDES[value] for what in ("qualified", "price")]
    ranks = [] if weights is None else ["rank"] if weights != "estimate" else ["rank", "offer_qualified"]
    check_attributed(calls, needed)
    whole = calls  # weights are estimated by keyword, whatever the level
    calls = local(calls, [*needed, *money, *ranks], [*named, "caller_id"])
    known, qualified, amount = _outcomes(calls, value)
    found = groups(calls, level)
    share = np.ones(len(calls))
    if weights is not None:
        share = weigh(calls["rank"], used_weights(whole if isinstance(weights, str) else calls, weights))
    size = len(found.keys)

    def add(what: Floats) -> Floats:
        return np.asarray(np.bincount(found.codes, weights=what, minlength=size), dtype=np.float64)

    n, hits = add(share * known), add(share * qualified)
    mean = ratio(add(share * qualified * amount), hits)
    scatter = add(share * qualified * (amount - np.nan_to_num(mean)[found.codes]) ** 2)
    variance = ratio(scatter, np.where(hits > 1, hits - 1, 0))
    parents = _parents(found.keys, level)
    worth = np.ones(size)
    if "caller_id" in calls:
        worth = shared_effects(calls["caller_id"], found.codes, qualified, known, size)
    rates = nested_rates(hits / worth, n / worth, parents)
    one_call = _variance_of_one_call(mean, variance, hits)
    noise = np.divide(one_call, hits, out=np.full(size, np.inf), where=hits > 0)
    pooled = float(ratio(hits @ one_call, hits.sum()))
    values = nested_means(mean, noise, parents, pooled if pooled > 0 else np.inf)
    table = found.keys.reset_index(drop=True)
    table["call_count"] = add(known).astype(np.int64)
    table["qualified_count"] = add(qualified).astype(np.int64)
    _add(table, "qualification_rate", ratio(hits, n), rates.mean, rates.interval(confidence))
    half = normal_quantile(confidence) * np.sqrt(values.variance)
    _add(table, "value_per_qualified", mean, values.mean, (values.mean - half, values.mean + half))
    ends = rates.product_interval(values, confidence)
    _add(table, "value_per_call", ratio(hits * np.nan_to_num(mean), n), rates.mean * values.mean, ends)
    table["effective_sample"] = rates.effective_sample
    return table


def _outcomes(calls: pd.DataFrame, value: str) -> tuple[Floats, Floats, Floats]:
    """For each call: whether its qualification is known, whether it qualified, and the money that moved."""
    known, qualified = np.ones(len(calls), dtype=bool), np.zeros(len(calls), dtype=bool)
    amount = np.zeros(len(calls), dtype=np.int64)
    for side, sign in zip(_SIDES[value], (1, -1), strict=False):
        yes, told = flags(calls[f"{side}_qualified"])
        known &= told
        qualified |= yes
        amount += sign * earned(calls, side)
    return known.astype(float), (qualified & known).astype(float), amount / SCALE


def _parents(keys: pd.DataFrame, level: str) -> list[Ints]:
    """For each level from the groups up, the number of each node's parent."""
    ids = PATHS[level]
    if len(ids) == 1:
        return [np.zeros(len(keys), dtype=np.int64)]
    parents: list[Ints] = []
    nodes = keys
    for depth in range(len(ids) - 1, 0, -1):
        grouped = nodes.groupby(list(ids[:depth]), dropna=False, sort=False)
        parents.append(np.asarray(grouped.ngroup(), dtype=np.int64))
        nodes = grouped.head(1)
    return parents


def _variance_of_one_call(mean: Floats, variance: Floats, hits: Floats) -> Floats:
    """Variance of one qualified call of each group, never quite zero; 0 without such a call."""
    used = hits > 0
    own = np.zeros(mean.shape)
    if used.any():
        # Where all offers have one price the variance is zero: a small one keeps the estimate finite.
        floor = 1e-8 * max(float(np.mean(mean[used] ** 2)), 1e-8)
        own[used] = np.maximum(
            np.nan_to_num(moderated_variance(mean[used], variance[used], hits[used])), floor
        )
    return own


def _add(table: pd.DataFrame, name: str, raw: Floats, shrunken: Floats, ends: Sequence[Floats]) -> None:
    table[name], table[f"{name}_shrunken"] = raw, shrunken
    table[f"{name}_low"], table[f"{name}_high"] = ends
