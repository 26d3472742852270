"""Calls with a known truth for the tests of judgements: who earns what, by construction."""

import numpy as np
import pandas as pd


def make_calls(
    sizes, qualified=0.5, price=20.0, payout=12.5, paid=0.4, seed=0, start="2026-09-01", days=28, **columns
):
    """Calls of affiliates: name -> number; `qualified` and `paid` are rates, or name -> rate."""
    rng = np.random.default_rng(seed)
    names = np.repeat(list(sizes), list(sizes.values()))
    rng.shuffle(names)
    calls = names.size

    def chance(rate):
        return np.array([rate[name] for name in names]) if isinstance(rate, dict) else np.full(calls, rate)

    offset = np.sort(rng.integers(0, days * 86_400, calls))
    when = pd.Timestamp(start, tz="America/New_York") + pd.to_timedelta(offset, unit="s")
    frame = pd.DataFrame(
        {
            "call_date": pd.Series(when).astype("datetime64[us, America/New_York]"),
            "affiliate": pd.Series(names, dtype="str").astype("category"),
            "offer": "Plan",
            "caller_id": pd.Series(
                rng.integers(2_000_000_000, 9_999_999_999, calls).astype(str), dtype="str"
            ),
            "lead_status": np.where(rng.random(calls) < 0.9, "Connected", "Hang Up"),
            "offer_qualified": pd.array(rng.random(calls) < chance(qualified), dtype="boolean"),
            "offer_price": price,
            "affiliate_qualified": pd.array(rng.random(calls) < chance(paid), dtype="boolean"),
            "affiliate_price": payout,
            "contest_qualification": pd.array(rng.random(calls) < 0.03, dtype="boolean"),
            "repeat_affiliate_caller": pd.array(rng.random(calls) < 0.1, dtype="boolean"),
            "talk_seconds": pd.array(rng.integers(1, 600, calls), dtype="Int32"),
            "call_day": pd.Series(when).dt.tz_localize(None).dt.normalize().astype("datetime64[us]"),
        }
    )
    return frame.assign(**columns)
