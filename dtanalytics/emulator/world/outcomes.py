"""How long two parties talk, who pays for it, and which calls are disputed later."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dtanalytics.emulator.world.market import Facts, Market
from dtanalytics.emulator.world.routing import position
from dtanalytics.errors import InputError

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

_SHAPE = 2.0  # of the log-logistic talk time: one caller in a hundred stays ten medians
_HUNG_UP_WITHIN = 20  # s; shorter than any buffer, so that rates have a closed form


@dataclass(frozen=True)
class Outcome:
    """What came of each call. `*_rate` is the true chance that it qualified, known when it was made."""

    talk: Ints
    offer_qualified: Bools
    affiliate_qualified: Bools
    offer_rate: Floats
    affiliate_rate: Floats


def decide(
    *,
    affiliate: Ints,
    offer: Ints,
    connected: Bools,
    billed_before: Bools,
    paid_before: Bools,
    late: Bools,
    keyword_rate: Floats,
    market: Market,
    facts: Facts,
    rng: np.random.Generator,
) -> Outcome:
    """Draw talk times and both sides' verdicts.

    `keyword_rate` replaces the rate that affiliate and offer imply, where it is not NaN. A caller
    who returns too soon qualifies on neither side that has paid for the caller before.
    """
    affiliates, offers = market.affiliates, market.offers
    hang_up = np.array([item.hang_up for item in affiliates])[affiliate]
    quality = np.array([item.quality for item in affiliates])[affiliate]
    staying = np.ones(len(offer))
    if facts.drop is not None:
        staying[late & (affiliate == position(affiliates, facts.drop))] = facts.drop_factor
        hang_up = 1 - (1 - hang_up) * staying
    median = np.array([item.median_talk for item in offers])[offer] * quality
    offer_buffer = np.array([item.buffer for item in offers])[offer]
    affiliate_buffer = np.array([item.buffer for item in affiliates])[affiliate]

    stay = _survival(offer_buffer, median)
    paid_stay = _survival(affiliate_buffer, median)
    rate = np.where(np.isnan(keyword_rate), (1 - hang_up) * stay, keyword_rate * staying)
    enough = rng.random(len(offer)) < rate
    chance = rng.random(len(offer))
    hang_up_among_rest = hang_up / (1 - (1 - hang_up) * stay)
    left_at_once = ~enough & (rng.random(len(offer)) < hang_up_among_rest)
    survived = np.where(enough, chance * stay, stay + chance * (1 - stay))
    talk = _quantile(survived, median).astype(np.int64)
    talk = np.where(enough, np.clip(talk, offer_buffer, 7200), np.minimum(talk, offer_buffer - 1))
    talk = np.where(left_at_once, (chance * _HUNG_UP_WITHIN).astype(np.int64), talk)

    between = (1 - hang_up_among_rest) * np.clip(paid_stay - stay, 0, None) / (1 - stay)
    paid_rate = np.where(
        affiliate_buffer >= offer_buffer,
        rate * np.minimum(paid_stay / stay, 1),
        rate + (1 - rate) * between,
    )
    if facts.bunching is not None:
        here = affiliate == position(affiliates, facts.bunching)
        share = facts.bunching_share
        bunched = here & (rng.random(len(offer)) < share)
        talk = np.where(bunched, affiliate_buffer + rng.integers(0, 8, size=len(offer)), talk)
        reached = affiliate_buffer >= offer_buffer
        rate = np.where(here, (1 - share) * rate + share * reached, rate)
        paid_rate = np.where(here, (1 - share) * paid_rate + share, paid_rate)
    talk = np.where(connected, talk, 0)
    return Outcome(
        talk=talk,
        offer_qualified=connected & (talk >= offer_buffer) & ~billed_before,
        affiliate_qualified=connected & (talk >= affiliate_buffer) & ~paid_before,
        offer_rate=np.where(connected & ~billed_before, rate, 0.0),
        affiliate_rate=np.where(connected & ~paid_before, paid_rate, 0.0),
    )


def _survival(seconds: Ints, median: Floats) -> Floats:
    """Share of the callers who stay at least so long."""
    return 1.0 / (1.0 + (seconds / median) ** _SHAPE)


def _quantile(survived: Floats, median: Floats) -> Floats:
    """Talk time [s] that this share of the callers exceeds."""
    return median * (1.0 / np.maximum(survived, 1e-9) - 1.0) ** (1.0 / _SHAPE)


def plant_leak(
    affiliate_price: Ints, offer_qualified: Bools, affiliate_qualified: Bools, here: Bools, amount: int
) -> None:
    """Make the paid and not billed calls of one affiliate come to exactly `amount` (in place).

    Calls that were so by nature lose their payout; then as many that both sides honoured as the
    amount needs lose their bill, and the payout of the last is what is left.
    """
    affiliate_qualified[here & affiliate_qualified & ~offer_qualified] = False
    both = np.flatnonzero(here & affiliate_qualified & offer_qualified)
    both = np.random.default_rng(4210).permutation(both)
    reached = np.cumsum(affiliate_price[both])
    needed = int(np.searchsorted(reached, amount)) + 1
    if needed > len(both):
        raise InputError(f"too few calls for a leak of {amount / 10_000:.2f}: ask for more calls")
    leaking = both[:needed]
    offer_qualified[leaking] = False
    affiliate_price[leaking[-1]] -= reached[needed - 1] - amount
