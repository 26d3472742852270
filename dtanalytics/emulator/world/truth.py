"""True rates and values of the generated calls, by party and by keyword."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dtanalytics.emulator.world.columns import labels, texts
from dtanalytics.emulator.world.market import Facts
from dtanalytics.emulator.world.model import BaseCalls, Truth
from dtanalytics.emulator.world.routing import CONNECTED, Bools, Floats, Ints


def truth_tables(calls: BaseCalls, final_rate: Floats, facts: Facts) -> Truth:
    """Tables of the probabilities from which the calls were drawn."""
    market, outcome, keywords = calls.market, calls.outcome, calls.keywords
    affiliates = [item.name for item in market.affiliates]
    offers = [item.name for item in market.offers]
    connected = calls.status == CONNECTED
    by_call = pa.table(
        {
            "sid": texts(calls.sid),
            "affiliate": labels(calls.affiliate, affiliates),
            "offer": labels(calls.offer, offers),
            "offer_rate": outcome.offer_rate,
            "affiliate_rate": outcome.affiliate_rate,
            "final_offer_rate": final_rate,
            "keyword_id": labels(calls.keyword, keywords.keyword_id.tolist()),
        }
    )
    clicked = np.flatnonzero(connected & (calls.keyword >= 0))
    at = calls.keyword[clicked]
    # A keyword decides who calls, its set which offers there are: so a keyword is worth its own rate
    # times what all the set's calls bring in for each point of rate.
    worth = outcome.offer_rate[clicked] / keywords.rate[at] * calls.offer_price[clicked] / 10_000
    sets = len(market.sets)
    of_set = calls.lf_set[clicked]
    by_set = _ratio(np.bincount(of_set, weights=worth, minlength=sets), np.bincount(of_set, minlength=sets))
    by_keyword = pa.table(
        {
            "account_id": texts(keywords.account_id),
            "campaign_id": texts(keywords.campaign_id),
            "campaign": texts(keywords.campaign),
            "adgroup_id": texts(keywords.adgroup_id),
            "adgroup": texts(keywords.adgroup),
            "keyword_id": texts(keywords.keyword_id),
            "keyword": texts(keywords.text),
            "rate": keywords.rate,
            "calls": np.bincount(at, minlength=len(keywords.text)),
            "value": keywords.rate * by_set[keywords.set_index],
        }
    )
    return Truth(
        calls=by_call,
        keywords=by_keyword,
        affiliates=_by_party("affiliate", affiliates, calls.affiliate, connected, calls),
        offers=_by_party("offer", offers, calls.offer, connected, calls),
        facts=facts,
    )


def _by_party(name: str, names: Sequence[str], codes: Ints, connected: Bools, calls: BaseCalls) -> pa.Table:
    at = codes[connected]
    count = np.bincount(at, minlength=len(names))
    billed = np.bincount(at, weights=calls.outcome.offer_rate[connected], minlength=len(names))
    paid = np.bincount(at, weights=calls.outcome.affiliate_rate[connected], minlength=len(names))
    return pa.table(
        {
            name: list(names),
            "connected": count,
            "offer_rate": _ratio(billed, count),
            "affiliate_rate": _ratio(paid, count),
        }
    )


def _ratio(total: NDArray[Any], count: Ints) -> Floats:
    ratio: Floats = np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)
    return ratio
