"""Calls of keywords whose true value is known: a tree of rates (beta) and of values (normal)."""

from __future__ import annotations

import numpy as np
import pandas as pd

CAMPAIGNS, GROUPS, KEYWORDS = 3, 9, 45


def simulate(seed: int, calls_per_keyword: float = 6.0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw calls, and the truth by keyword: ``rate``, ``value`` (of a qualified call) and their product.

    Most keywords have few calls, a few have hundreds.
    """
    rng = np.random.default_rng(seed)
    group, campaign = np.arange(KEYWORDS) % GROUPS, np.arange(GROUPS) % CAMPAIGNS
    rate, value = 0.35, 30.0
    for strength, spread, parents in ((80, 4, np.zeros(CAMPAIGNS, int)), (50, 3, campaign), (20, 6, group)):
        middle, worth = (
            np.broadcast_to(rate, parents.max() + 1)[parents],
            np.broadcast_to(value, parents.max() + 1)[parents],
        )
        rate = rng.beta(strength * middle, strength * (1 - middle))
        value = rng.normal(worth, spread)
    number = 1 + np.minimum(rng.pareto(1.2, KEYWORDS) * calls_per_keyword, 600).astype(int)
    keyword = np.repeat(np.arange(KEYWORDS), number)
    calls = pd.DataFrame(
        {
            "adwords_account_id": "1",
            "adwords_campaign_id": campaign[group][keyword].astype(str),
            "adwords_adgroup_id": group[keyword].astype(str),
            "adwords_keyword_id": keyword.astype(str),
            "offer_qualified": rng.random(keyword.size) < rate[keyword],
            "offer_price": np.round(rng.normal(value[keyword], 12.0), 4),
            "affiliate_qualified": False,
            "affiliate_price": 0.0,
        }
    )
    truth = pd.DataFrame(
        {"qualification_rate": rate, "value_per_qualified": value, "value_per_call": rate * value}
    )
    return calls, truth.set_axis(pd.Index([str(number) for number in range(KEYWORDS)]))
