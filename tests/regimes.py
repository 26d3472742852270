"""Calls drawn from known truths, independent of the package's emulator: what intervals are checked against."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

START = pd.Timestamp("2026-09-01", tz="America/New_York")
TIME = pd.DatetimeTZDtype("us", "America/New_York")


def counts(rng: np.random.Generator, callers: int, repeat: str) -> Any:
    """Calls of each caller: one; geometric (2 on average); heavy (most call once, a few up to 40 times)."""
    if repeat == "once":
        return np.ones(callers, dtype=np.int64)
    if repeat == "geometric":
        return rng.geometric(0.5, callers)
    return np.minimum(1 + rng.pareto(1.2, callers), 40).astype(np.int64)


def amounts(rng: np.random.Generator, prices: str, size: int) -> Any:
    """Amounts of mean 1: fixed, lognormal, or heavy (lognormal with a variance of 7)."""
    if prices == "fixed":
        return np.ones(size)
    spread = {"lognormal": 0.6, "heavy": 1.44}[prices]
    return np.exp(rng.normal(-spread * spread / 2, spread, size))


def calls(
    rng: np.random.Generator,
    segments: int,
    callers: int,
    rate: Any,
    *,
    repeat: str = "once",
    strength: float = np.inf,
    price: Any = 30.0,
    prices: str = "fixed",
    paid: Any = 0.0,
    payout: float = 12.5,
    days: int = 28,
    shocks: float = 0.0,
    **columns: Any,
) -> pd.DataFrame:
    """Connected calls of segments A0000, A0001, ..., each of so many callers.

    `rate` is the chance that a call is billed, a number or one a segment; a caller's own chance is beta
    with that mean, worth `strength` calls: all the callers alike when infinite. The true margin per call
    is ``rate * price - paid * payout``. With `shocks`, the calls of a day are alike too: its chance is
    larger or smaller by a factor of that spread (of its logarithm), which lasts with an autocorrelation of
    0.5.
    """
    number = counts(rng, segments * callers, repeat)
    segment = np.repeat(np.arange(segments), callers)
    chance = np.broadcast_to(np.asarray(rate, dtype=float), segments)[segment]
    if np.isfinite(strength):
        chance = rng.beta(strength * chance, strength * (1 - chance))
    caller = np.repeat(np.arange(number.size), number)
    segment = segment[caller]
    chance, seconds = chance[caller], None
    if shocks:
        seconds = rng.integers(0, days * 86_400, caller.size)
        chance = np.minimum(chance * shocked(rng, segments, days, shocks)[segment, seconds // 86_400], 0.95)
    billed = rng.random(caller.size) < chance
    cost = rng.random(caller.size) < np.broadcast_to(np.asarray(paid, dtype=float), segments)[segment]
    worth = np.broadcast_to(np.asarray(price, dtype=float), segments)[segment]
    if seconds is None:
        seconds, order = np.sort(rng.integers(0, days * 86_400, caller.size)), rng.permutation(caller.size)
    else:
        order = np.argsort(seconds)
        seconds = seconds[order]
    when = pd.Series(START + pd.to_timedelta(seconds, unit="s")).astype(TIME)
    names = np.array([f"A{place:04d}" for place in range(segments)])
    frame = pd.DataFrame(
        {
            "call_date": when,
            "call_day": when.dt.tz_localize(None).dt.normalize(),
            "affiliate": pd.Categorical.from_codes(segment[order], dtype=pd.CategoricalDtype(list(names))),
            "caller_id": pd.Series(2_120_000_000 + caller[order]).astype("str"),
            "lead_status": pd.Categorical(["Connected"] * caller.size),
            "offer_qualified": pd.array(billed[order], dtype="boolean"),
            "offer_price": (worth * amounts(rng, prices, caller.size)).round(4)[order],
            "affiliate_qualified": pd.array(cost[order], dtype="boolean"),
            "affiliate_price": payout,
            "contest_qualification": pd.array(np.zeros(caller.size, dtype=bool), dtype="boolean"),
            "repeat_affiliate_caller": pd.array(np.zeros(caller.size, dtype=bool), dtype="boolean"),
        }
    )
    return frame.assign(**columns)


def shocked(rng: np.random.Generator, segments: int, days: int, spread: float) -> Any:
    """Factors of mean 1 by segment and day, whose logarithms are autocorrelated by 0.5."""
    state = rng.normal(0, 1, (segments, days))
    for day in range(1, days):
        state[:, day] = 0.5 * state[:, day - 1] + np.sqrt(0.75) * state[:, day]
    return np.exp(spread * state - spread * spread / 2)


def days(rng: np.random.Generator, length: int, memory: float) -> Any:
    """Calls a day about 200, by weekday, with first-order autocorrelation of that size."""
    weekday = np.tile([1.2, 1.1, 1.1, 1.0, 1.0, 0.7, 0.6], length // 7 + 1)[:length]
    noise = rng.normal(0, 1, length)
    state = np.empty(length)
    state[0] = noise[0]
    for day in range(1, length):
        state[day] = memory * state[day - 1] + np.sqrt(1 - memory**2) * noise[day]
    return np.maximum(np.rint(200 * weekday + 25 * state), 0).astype(np.int64)


def market(
    rng: np.random.Generator, rows: int, rate: float, *, price: float = 30.0, interaction: float = 0.0
) -> tuple[pd.DataFrame, pd.Series]:
    """Calls of 12 states by 24 hours of which a fifth found no buyer, more of them at night.

    The chance to be billed differs by state and by hour (by the factor e to 0.4 and to 0.3, one standard
    deviation), and by both together (to `interaction`). Returned with the true loss by state.
    """
    states = np.array([f"S{place:02d}" for place in range(12)])
    factor = np.exp(
        rng.normal(0, 0.4, (12, 1)) + rng.normal(0, 0.3, 24) + rng.normal(0, interaction, (12, 24))
    )
    share = rng.dirichlet(np.full(12, 3.0))
    state = rng.choice(12, rows, p=share)
    hour = np.minimum(rng.normal(14, 4, rows).clip(0, 23.9), 23).astype(int)
    chance = np.minimum(rate * factor / factor.mean(), 0.95)
    night = np.where((hour < 8) | (hour > 19), 0.5, 0.12)
    lost = rng.random(rows) < night
    billed = (rng.random(rows) < chance[state, hour]) & ~lost
    day = START + pd.to_timedelta(np.sort(rng.integers(0, 28, rows)), unit="D")
    when = pd.Series(day + pd.to_timedelta(hour, unit="h")).astype(TIME)
    frame = pd.DataFrame(
        {
            "call_date": when,
            "call_hour": pd.array(hour, dtype="Int8"),
            "lf_state": pd.Categorical.from_codes(state, dtype=pd.CategoricalDtype(list(states))),
            "set_name": pd.Categorical(["Auto"] * rows),
            "caller_id": pd.Series(2_120_000_000 + np.arange(rows)).astype("str"),
            "lead_status": pd.Categorical(np.where(lost, "No Buyer", "Connected")),
            "offer_qualified": pd.array(billed, dtype="boolean"),
            "offer_price": price,
            "affiliate_qualified": pd.array(np.zeros(rows, dtype=bool), dtype="boolean"),
            "affiliate_price": 0.0,
        }
    )
    truth = pd.Series(np.bincount(state[lost], (chance * price)[state, hour][lost], 12), index=states)
    return frame, truth
