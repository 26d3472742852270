"""How often the intervals of `what_if` and `break_even` hold the truth, over 2,000 replications."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dtanalytics.analysis.terms.break_even import break_even
from dtanalytics.analysis.terms.what_if import what_if
from tests.bench.harness import Bench

NEAR = {"low": 0.93, "high": 0.97}  # a nominal 95 %
REPLICATIONS = 2000
AFFILIATES = 6
TERMS = {
    "a buffer of 90 s": {"buffer": 90},
    "a price of 24.00": {"price": 24.0},
    "both": {"price": 24.0, "buffer": 90},
    "a buffer of 45 s": {"buffer": 45},
}


def run(bench: Bench) -> None:
    """Measure coverage by affiliate and of all calls together."""
    for name, terms in TERMS.items():
        if bench.wants(f"what_if: {name}"):
            _changes(bench, name, terms)
    if bench.wants("break_even"):
        _prices(bench)


def draw(rng: np.random.Generator, callers: int = 900) -> pd.DataFrame:
    """Calls of callers who call once or more and talk alike, each to one of the affiliates; 60 s qualify."""
    caller = np.repeat(np.arange(callers), rng.geometric(0.6, callers))
    talk = rng.exponential(120, callers)[caller] * rng.uniform(0.5, 1.5, caller.size)
    billed = talk >= 60
    names = np.array([f"A{number}" for number in range(AFFILIATES)])
    return pd.DataFrame(
        {
            "affiliate": pd.Categorical.from_codes(rng.integers(0, AFFILIATES, callers)[caller], names),
            "offer": pd.Categorical.from_codes(np.zeros(caller.size, np.int8), ["Plan"]),
            "caller_id": pd.Series(2_120_000_000 + caller).astype("str"),
            "lead_status": pd.Categorical.from_codes(np.zeros(caller.size, np.int8), ["Connected"]),
            "talk_seconds": pd.array(np.floor(talk).astype(np.int32), dtype="Int32"),
            "offer_qualified": pd.array(billed, dtype="boolean"),
            "offer_price": np.where(billed, 20.0, np.nan),
            "affiliate_qualified": pd.array(np.zeros(caller.size, bool), dtype="boolean"),
            "affiliate_price": np.nan,
        }
    )


def _changes(bench: Bench, name: str, terms: dict[str, float]) -> None:
    rng = np.random.default_rng(1)
    found = [
        what_if(draw(rng), {"Plan": terms}, total=True, repeats=400, seed=number)
        for number in range(REPLICATIONS)
    ]
    change, low, high = (
        np.array([table[f"margin_change{end}"] for table in found]) for end in ("", "_low", "_high")
    )
    truth = np.r_[np.full(AFFILIATES, change[:, :-1].mean()), change[:, -1].mean()]  # affiliates are alike
    covered = (low <= truth) & (truth <= high)
    bench.figure(f"what_if: {name}, by affiliate", float(covered[:, :-1].mean()), **NEAR)
    bench.figure(f"what_if: {name}, all calls", float(covered[:, -1].mean()), **NEAR)


def _prices(bench: Bench) -> None:
    """The truth from 300,000 callers: E[paid calls] / E[calls of 90 s and more] times 20.00."""
    big = draw(np.random.default_rng(2), 300_000)
    truth = 20.0 * (big["talk_seconds"] >= 60).sum() / (big["talk_seconds"] >= 90).sum()
    rng = np.random.default_rng(3)
    found = pd.concat(
        break_even(draw(rng), {"Plan": 90}, repeats=400, seed=number) for number in range(REPLICATIONS)
    )
    covered = (found["price_low"] <= truth) & (truth <= found["price_high"])
    bench.figure("break_even: a buffer of 90 s", float(covered.mean()), **NEAR)
