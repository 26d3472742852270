"""Paid search keywords with known truth: account > campaign > ad group > keyword.

A keyword's rate of qualified calls is drawn about its ad group's, that about its campaign's (normal
on the log-odds scale); how often it is searched follows Zipf's law, so that most have few calls.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dtanalytics.emulator.world.market import ADS_ACCOUNTS, Market

_THEMES = {
    "Auto Insurance": ("car insurance", "auto insurance", "insurance quote", "sr22 insurance"),
    "Home Warranty": ("home warranty", "appliance warranty", "ac repair cover", "home protection plan"),
    "Roofing": ("roof repair", "roof replacement", "storm damage roof", "metal roofing"),
}
_MODIFIERS = (
    "", "cheap", "best", "near me", "phone number", "cost", "quotes", "same day", "reviews", "24 hour",
    "companies", "how much is", "for seniors", "online", "call now", "local", "emergency", "affordable",
)  # fmt: skip
_AFTER = frozenset(
    ["near me", "phone number", "cost", "quotes", "reviews", "companies", "for seniors", "online"]
)
_CAMPAIGNS = ("Search Exact", "Search Broad", "Competitor")


@dataclass(frozen=True)
class Keywords:
    """One keyword a position. `rate` is the true share of its first-time calls that qualify."""

    text: NDArray[np.object_]
    keyword_id: NDArray[np.object_]
    adgroup: NDArray[np.object_]
    adgroup_id: NDArray[np.object_]
    campaign: NDArray[np.object_]
    campaign_id: NDArray[np.object_]
    account_id: NDArray[np.object_]
    set_index: NDArray[np.int64]
    matchtype: NDArray[np.object_]
    weight: NDArray[np.float64]
    rate: NDArray[np.float64]


def make_keywords(market: Market, per_group: int, rng: np.random.Generator) -> Keywords:
    """Draw the hierarchy: three campaigns a LeadFlow set, an ad group a theme."""
    rows: list[tuple[str, str, str, str, str, str, str, int, str, float]] = []
    for set_index, set_name in enumerate(market.sets):
        themes = _THEMES.get(set_name, (set_name.lower(),))
        for kind, campaign in enumerate(_CAMPAIGNS):
            campaign_id = f"{7_100_000_000 + 100 * set_index + kind}"
            campaign_effect = rng.normal(0.0, 0.25)
            for group, theme in enumerate(themes):
                adgroup_id = f"{61_000_000_000 + 10_000 * set_index + 100 * kind + group}"
                group_effect = rng.normal(0.0, 0.3)
                for number in range(per_group):
                    rows.append(
                        (
                            _phrase(theme, number),
                            f"{300_000_000_000 + len(rows):d}",
                            theme.title(),
                            adgroup_id,
                            f"{set_name} - {campaign}",
                            campaign_id,
                            ADS_ACCOUNTS[set_index % len(ADS_ACCOUNTS)],
                            set_index,
                            "epb"[kind],
                            -0.1 + campaign_effect + group_effect + rng.normal(0.0, 0.5),
                        )
                    )
    column = [np.array(values, dtype=object) for values in zip(*rows, strict=True)]
    return Keywords(
        text=column[0],
        keyword_id=column[1],
        adgroup=column[2],
        adgroup_id=column[3],
        campaign=column[4],
        campaign_id=column[5],
        account_id=column[6],
        set_index=column[7].astype(np.int64),
        matchtype=column[8],
        weight=(1.0 / (1.0 + rng.permutation(len(rows))) ** 0.9).astype(np.float64),
        rate=1.0 / (1.0 + np.exp(-column[9].astype(np.float64))),
    )


def _phrase(theme: str, number: int) -> str:
    modifier = _MODIFIERS[number % len(_MODIFIERS)]
    words = f"{theme} {modifier}" if modifier in _AFTER else f"{modifier} {theme}"
    repeat = number // len(_MODIFIERS)
    return f"{words} {repeat + 1}".strip() if repeat else words.strip()
