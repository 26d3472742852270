"""What happens to a call before anybody talks: repeats, hang-ups, caps, and the offer that takes it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dtanalytics.emulator.world.clock import DAY
from dtanalytics.emulator.world.market import Facts, Market
from dtanalytics.emulator.world.people import STATES
from dtanalytics.errors import InputError

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

CONNECTED, AFFILIATE_CAP, NO_BUYER, HANG_UP = range(4)


@dataclass(frozen=True)
class Routed:
    """The status of each call (index into LEAD_STATUSES), and its offer (-1: nobody)."""

    status: Ints
    offer: Ints


def running_number(key: Ints) -> Ints:
    """Count how many earlier positions hold the same key."""
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    sizes = np.diff(np.r_[starts, len(key)])
    number = np.empty(len(key), dtype=np.int64)
    number[order] = np.arange(len(key)) - np.repeat(starts, sizes)
    return number


def returned_within(key: Ints, when: Ints, limit: Ints) -> Bools:
    """Say which positions follow another one with the same key by less than the limit [s]."""
    order = np.lexsort((when, key))
    same = key[order][1:] == key[order][:-1]
    near = np.diff(when[order]) < limit[order][1:]
    result = np.zeros(len(key), dtype=bool)
    result[order[1:]] = same & near
    return result


def choose_affiliates(when: Ints, since: int, market: Market, facts: Facts, rng: np.random.Generator) -> Ints:
    """Draw who generated each call; a planted shift changes the shares from its day on."""
    shares = np.array([affiliate.share for affiliate in market.affiliates])
    later = shares.copy()
    if facts.shift is not None:
        later[position(market.affiliates, facts.shift)] *= facts.shift_factor
    draw = rng.random(len(when))
    before, after = (np.cumsum(part) / part.sum() for part in (shares, later))
    chosen = np.where(when < since, np.searchsorted(before, draw), np.searchsorted(after, draw))
    return np.minimum(chosen, len(shares) - 1)


def choose_callers(affiliate: Ints, market: Market, rng: np.random.Generator) -> Ints:
    """Number the callers; some calls come from whoever called the same affiliate shortly before."""
    count = len(affiliate)
    repeat = np.array([item.repeat for item in market.affiliates])[affiliate]
    order = np.argsort(affiliate, kind="stable")
    back = rng.geometric(0.08, size=count)
    parent = np.arange(count) - back
    starts = np.searchsorted(affiliate[order], affiliate[order])
    own = (rng.random(count) >= repeat[order]) | (parent < starts)
    parent = np.where(own, np.arange(count), parent)
    while True:  # a repeat of a repeat leads to the first call
        further = parent[parent]
        if np.array_equal(further, parent):
            break
        parent = further
    caller = np.empty(count, dtype=np.int64)
    caller[order] = order[parent]
    return np.unique(caller, return_inverse=True)[1]


def route(
    when: Ints,
    affiliate: Ints,
    lf_set: Ints,
    state: Ints,
    market: Market,
    facts: Facts,
    rng: np.random.Generator,
) -> Routed:
    """Send each call to the offer of its set that wants it most, while daily caps last."""
    days = when // DAY
    days -= days.min(initial=days[0] if len(days) else 0)
    span = int(days.max(initial=0)) + 1
    status = np.full(len(when), CONNECTED)
    abandon = np.array([item.abandon for item in market.affiliates])[affiliate]
    status[rng.random(len(when)) < abandon] = HANG_UP

    affiliate_caps = np.array([item.cap for item in market.affiliates])
    usual = np.bincount(affiliate, minlength=len(affiliate_caps)) / span
    key = affiliate * span + days
    waiting = np.flatnonzero(status == CONNECTED)
    full = running_number(key[waiting]) >= np.ceil(affiliate_caps * usual)[affiliate[waiting]]
    status[waiting[full]] = AFFILIATE_CAP

    waiting = np.flatnonzero(status == CONNECTED)
    offer = np.full(len(when), -1)
    preferred = _preferences(lf_set[waiting], state[waiting], market, rng)
    opening, closing_time = np.array([offer.hours for offer in market.offers]).T
    hour = ((when[waiting] % DAY) // 3600)[:, None]
    preferred[(hour < opening[preferred]) | (hour >= closing_time[preferred])] = -1
    if facts.cap is not None:
        closing = position(market.offers, facts.cap)
        late = hour[:, 0] >= facts.cap_hour
        turned_away = late & (preferred[:, 0] == closing)
        preferred[late[:, None] & (preferred == closing)] = -1
        preferred[turned_away] = -1
    capacity = _capacity(lf_set, span, market)
    used = np.zeros(len(market.offers) * span, dtype=np.int64)
    for choice in range(preferred.shape[1]):
        wanted = preferred[:, choice]
        open_ = np.flatnonzero((wanted >= 0) & (offer[waiting] < 0))
        key = wanted[open_] * span + days[waiting[open_]]
        taken = used[key] + running_number(key) < capacity[wanted[open_]]
        offer[waiting[open_[taken]]] = wanted[open_[taken]]
        used += np.bincount(key[taken], minlength=len(used))
    status[waiting[offer[waiting] < 0]] = NO_BUYER
    return Routed(status, offer)


def _preferences(lf_set: Ints, state: Ints, market: Market, rng: np.random.Generator) -> Ints:
    """Order the offers that would take each call by a weighted draw; -1 where none is left."""
    sets = list(market.sets)
    offer_set = np.array([sets.index(offer.set_name) for offer in market.offers])
    fixed = np.random.default_rng(20)  # which states an offer buys is the market's, not the sample's
    buys = np.stack([fixed.random(len(STATES.codes)) < offer.share for offer in market.offers])
    priority = np.log([offer.priority for offer in market.offers])
    score = priority + rng.gumbel(size=(len(lf_set), len(market.offers)))
    score[(offer_set[None, :] != lf_set[:, None]) | ~buys[:, state].T] = -np.inf
    depth = max(int((offer_set == index).sum()) for index in range(len(sets)))
    order = np.argsort(-score, axis=1)[:, :depth]
    wanted: Ints = np.where(np.isfinite(np.take_along_axis(score, order, axis=1)), order, -1)
    return wanted


def _capacity(lf_set: Ints, span: int, market: Market) -> Ints:
    """Calls a day that each offer accepts."""
    sets = list(market.sets)
    calls_a_day = np.bincount(lf_set, minlength=len(sets)) / span
    total = {name: sum(o.priority for o in market.offers if o.set_name == name) for name in sets}
    even = [calls_a_day[sets.index(o.set_name)] * o.priority / total[o.set_name] for o in market.offers]
    capacity: Ints = (
        np.ceil(np.array(even) * [offer.daily_cap for offer in market.offers]).astype(np.int64) + 1
    )
    return capacity


def position(parties: tuple[object, ...], name: str) -> int:
    """Find a party by name."""
    names = [getattr(party, "name", "") for party in parties]
    if name not in names:
        raise InputError(f"nobody is called {name!r}; known are {', '.join(names)}")
    return names.index(name)
