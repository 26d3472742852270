"""Seeded calls with known truth: both reports as tables, and what is true about them.

The vendor's page says that `offer_price` and `affiliate_price` are the price "if the call was
qualified" and `margin` is "price minus affiliate price". So a price is null on the side that did not
qualify, margin counts a missing price as zero, and margin is null when there is neither.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
import pyarrow as pa

from dtanalytics.emulator.world import clock
from dtanalytics.emulator.world.bid_rows import make_bid_rows
from dtanalytics.emulator.world.canonical import canonical_table
from dtanalytics.emulator.world.keywords import Keywords, make_keywords
from dtanalytics.emulator.world.leadflow_rows import make_leadflow_rows
from dtanalytics.emulator.world.market import MARKET, Facts, Market
from dtanalytics.emulator.world.model import BaseCalls, ReportRows, Truth
from dtanalytics.emulator.world.outcomes import decide, plant_leak
from dtanalytics.emulator.world.people import make_callers
from dtanalytics.emulator.world.routing import (
    CONNECTED,
    Bools,
    Ints,
    choose_affiliates,
    choose_callers,
    position,
    returned_within,
    route,
)
from dtanalytics.emulator.world.rows import snapshot_at
from dtanalytics.emulator.world.truth import truth_tables
from dtanalytics.errors import InputError


@dataclass(frozen=True)
class Calls:
    """Both reports and the truth about them.

    Attributes
    ----------
    stocks : dict
        Report name -> its rows and their later changes, as the emulator serves them.
    truth : Truth
        What is true by construction.
    """

    sources: dict[str, ReportRows] = field(repr=False)
    truth: Truth = field(repr=False)
    seed: int
    market: Market = field(default=MARKET, repr=False)

    @property
    def leadflow(self) -> pa.Table:
        """LeadFlow calls in the canonical schema, everything settled."""
        return self.table("leadflow")

    @property
    def bids(self) -> pa.Table:
        """Bid Management records in the canonical schema, v3's fields included, everything settled."""
        return self.table("bids")

    def table(self, report: str, now: dt.datetime | str | None = None) -> pa.Table:
        """One report in the canonical schema as it stood at `now` (None: once nothing changes any more)."""
        standing = snapshot_at(self.sources[report], None if now is None else clock.parse(now))
        return canonical_table(standing.table, report)


def generate(
    leadflow: int = 20_000,
    bids: int | None = None,
    start: str | dt.date = "2026-09-01",
    end: str | dt.date = "2026-10-01",
    *,
    seed: int = 1,
    shared: float = 0.6,
    keywords_per_group: int = 12,
    facts: Facts | None = None,
    market: Market = MARKET,
    disputes: bool = True,
    tick: int = 1,
) -> Calls:
    """Generate calls in [start, end), Eastern.

    Parameters
    ----------
    leadflow, bids : int
        Number of records of each report; `bids` defaults to three quarters of `leadflow`.
    start, end : str or date
        Half-open window of the calls.
    seed : int
        The same seed and arguments give the same calls.
    shared : float
        Part of the bid records whose call is in LeadFlow too, under the same `sid`.
    keywords_per_group : int
        Keywords in each of the 36 ad groups.
    facts : Facts
        What to plant; nothing by default.
    market : Market
        Who trades.
    disputes : bool
        Whether advertisers dispute calls days later.
    tick : int
        Calls begin at multiples of so many seconds [s]; 60 and more makes many begin at once.

    Returns
    -------
    Calls
        Both reports and their truth.

    Raises
    ------
    InputError
        When the window is empty, or a fact names nobody or needs more calls.

    Examples
    --------
    >>> calls = generate(leadflow=500, bids=300)
    >>> calls.leadflow.num_rows, calls.bids.num_rows
    (500, 300)
    """
    facts = facts or Facts()
    span = clock.Span(clock.parse(start), clock.parse(end), tick)
    if span.start >= span.end:
        raise InputError(f"start {start} must be before end {end}")
    bids = leadflow * 3 // 4 if bids is None else bids
    streams = [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(6)]
    wanted_shared = min(round(bids * shared), leadflow)
    base = _draw_calls(leadflow, wanted_shared, span, keywords_per_group, facts, market, streams, seed)
    lead_rows, final_rate = make_leadflow_rows(base, facts, streams[3], disputes=disputes)
    bid = make_bid_rows(base, bids, span, facts, streams[4])
    truth = truth_tables(base, final_rate, facts)
    return Calls({"leadflow": lead_rows, "bids": bid}, truth, seed, market)


def _draw_calls(
    count: int,
    wanted_shared: int,
    span: clock.Span,
    per_group: int,
    facts: Facts,
    market: Market,
    streams: list[np.random.Generator],
    seed: int,
) -> BaseCalls:
    rng = streams[0]
    keywords = make_keywords(market, per_group, streams[1])
    when = clock.draw_times(count, span, rng)
    since = clock.parse(facts.since) if facts.since is not None else (span.start + span.end) // 2
    affiliate = choose_affiliates(when, since, market, facts, rng)
    lf_set = _choose_sets(affiliate, market, rng)
    caller = choose_callers(affiliate, market, rng)
    callers = make_callers(int(caller.max(initial=-1)) + 1, rng)
    entered = rng.random(count) < 0.7
    state = np.where(entered, callers.state[caller], callers.area_state[caller])
    routed = route(when, affiliate, lf_set, state, market, facts, rng)
    connected = routed.status == CONNECTED

    parties = len(market.offers) + len(market.affiliates) + 1
    unique = np.array([item.unique_days for item in market.affiliates])[affiliate] * clock.DAY
    repeat = returned_within(caller * parties + affiliate, when, unique)
    reroute_days = np.array([item.reroute_days for item in market.offers])[routed.offer]
    served = caller * parties + routed.offer + 1
    reroute = returned_within(served, when, reroute_days * clock.DAY) & connected

    web = _choose_web(affiliate, ~repeat & ~reroute, wanted_shared, market, streams[2])
    keyword = _choose_keywords(lf_set, web, keywords, streams[2])
    later = when >= since
    outcome = decide(
        affiliate=affiliate,
        offer=np.maximum(routed.offer, 0),
        connected=connected,
        billed_before=reroute,
        paid_before=repeat,
        late=later,
        keyword_rate=np.where(keyword >= 0, keywords.rate[keyword], np.nan),
        market=market,
        facts=facts,
        rng=rng,
    )
    offer_price = np.array([_units(item.price) for item in market.offers])[routed.offer]
    affiliate_price = _payouts(market)[affiliate, lf_set]
    if facts.leak is not None:
        here = affiliate == position(market.affiliates, facts.leak)
        plant_leak(
            affiliate_price,
            outcome.offer_qualified,
            outcome.affiliate_qualified,
            here,
            _units(facts.leak_amount),
        )
    before = np.where(connected, rng.integers(6, 46, size=count), rng.integers(3, 61, size=count))
    total = before + outcome.talk
    slow = np.where(rng.random(count) < 0.003, rng.integers(1, 4, size=count) * clock.DAY, 30)
    return BaseCalls(
        seed=seed,
        market=market,
        keywords=keywords,
        callers=callers,
        when=when,
        total=total,
        visible=when + np.where(slow > 30, total + slow, 0),
        sid=clock.session_ids(when, 0),
        affiliate=affiliate,
        lf_set=lf_set,
        line=rng.integers(0, 2, size=count),
        caller=caller,
        status=routed.status,
        offer=routed.offer,
        repeat=repeat,
        reroute=reroute,
        outcome=outcome,
        offer_price=offer_price,
        affiliate_price=affiliate_price,
        entered=entered,
        keyword=keyword,
        web=web,
        later=later,
    )


def _choose_sets(affiliate: Ints, market: Market, rng: np.random.Generator) -> Ints:
    fixed = np.random.default_rng(7)  # what an affiliate is good at is the market's, not the sample's
    shares = np.array([share for _, share in market.sets.values()])
    table = shares * fixed.uniform(0.4, 1.6, size=(len(market.affiliates), len(shares)))
    edges = np.cumsum(table / table.sum(axis=1, keepdims=True), axis=1)[:, :-1]
    chosen: Ints = (rng.random(len(affiliate))[:, None] >= edges[affiliate]).sum(axis=1)
    return chosen


def _choose_web(affiliate: Ints, able: Bools, wanted: int, market: Market, rng: np.random.Generator) -> Bools:
    """Pick the calls that came from a tracked visit: first-time callers first, then anybody."""
    weight = np.array([item.web for item in market.affiliates])[affiliate]
    luck = rng.exponential(size=len(affiliate)) / weight + np.where(able, 0.0, 1e9)
    web = np.zeros(len(affiliate), dtype=bool)
    web[np.argsort(luck, kind="stable")[:wanted]] = True
    return web


def _choose_keywords(lf_set: Ints, web: Bools, keywords: Keywords, rng: np.random.Generator) -> Ints:
    """Give each visit a paid keyword of its set; one in eight came without a click on an ad."""
    chosen = np.full(len(lf_set), -1)
    for index in np.unique(lf_set):
        own = np.flatnonzero(keywords.set_index == index)
        here = np.flatnonzero(web & (lf_set == index))
        chosen[here] = rng.choice(own, size=len(here), p=keywords.weight[own] / keywords.weight[own].sum())
    chosen[rng.random(len(lf_set)) < 0.125] = -1
    return chosen


def _payouts(market: Market) -> Ints:
    """Payout of each affiliate for each set: its ratio of the set's mean price, in steps of 0.25."""
    prices = [
        np.mean([float(offer.price) for offer in market.offers if offer.set_name == name])
        for name in market.sets
    ]
    table = np.array([[float(item.payout) * price for price in prices] for item in market.affiliates])
    return np.round(table * 4).astype(np.int64) * 2500


def _units(amount: Decimal) -> int:
    """Money in 1/10,000."""
    return int(amount.scaleb(4).to_integral_exact())
