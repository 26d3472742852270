"""Calls of quiet affiliates, hour by hour, and troubles put into them: a generator of the tests' own."""

import numpy as np
import pandas as pd

START = pd.Timestamp("2026-01-01")
HOURS = np.array([1] * 7 + [3, 6, 9, 10, 10, 9, 9, 9, 9, 8, 7, 5, 4, 3, 2, 1, 1]) / 118
WEEK = np.array([1.2, 1.1, 1.1, 1.0, 1.0, 0.9, 0.7])


def quiet(seed, days=90, affiliates=6, a_day=60.0, rate=0.5, busy_days=0.0, memory=0.0):
    """Calls from `START` on.

    `busy_days` is the standard deviation of the logarithm of each day's volume, `memory` how much a day's is
    like that of the day before.
    """
    rng = np.random.default_rng(seed)
    day = START + pd.to_timedelta(np.arange(days), unit="D")
    noise = rng.normal(0, 1, (affiliates, days))
    for place in range(1, days):
        noise[:, place] = memory * noise[:, place - 1] + np.sqrt(1 - memory**2) * noise[:, place]
    luck = np.exp(busy_days * noise - busy_days**2 / 2)
    mean = a_day * luck[:, :, None] * WEEK[day.day_of_week][None, :, None] * HOURS[None, None, :]
    count = rng.poisson(mean)
    who, when, hour = (np.repeat(place, count.ravel()) for place in np.indices(count.shape).reshape(3, -1))
    seconds = when * 86_400 + hour * 3600 + rng.integers(0, 3600, who.size)
    order = np.argsort(seconds, kind="stable")
    who, seconds = who[order], seconds[order]
    connected = rng.random(who.size) < 0.85
    talk = np.where(connected, rng.lognormal(4.6, 0.9, who.size), 0).astype(int)
    billed = connected & (rng.random(who.size) < rate)
    paid = connected & np.where(billed, rng.random(who.size) < 0.8, rng.random(who.size) < 0.05)
    return pd.DataFrame(
        {
            "affiliate": pd.Categorical.from_codes(who, [f"A{number}" for number in range(affiliates)]),
            "offer": pd.Categorical.from_codes(rng.integers(0, 3, who.size), ["P", "Q", "R"]),
            "call_date": (START + pd.to_timedelta(seconds, unit="s")).as_unit("us"),
            "lead_status": np.where(connected, "Connected", "Hang Up"),
            "talk_seconds": talk,
            "offer_qualified": billed,
            "offer_price": np.where(billed, 30.0, np.nan),
            "affiliate_qualified": paid,
            "affiliate_price": np.where(paid, 15.0, np.nan),
        }
    )
