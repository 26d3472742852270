"""Calls for benchmarks: many, quickly, and the same ones every time."""

from __future__ import annotations

import numpy as np
import pandas as pd

AFFILIATES, DAYS = 500, 365
STATUSES = np.array(["Affiliate Cap", "Connected", "Hang Up", "No Buyer"])
METRICS = [
    "call_count",
    "connected_count",
    "offer_qualified_count",
    "affiliate_qualified_count",
    "paid_not_billed_count",
    "revenue",
    "payout",
    "margin",
    "margin_rate",
    "talk_time",
    "average_talk_time",
    "connect_rate",
]


def make(rows: int, seed: int = 0) -> pd.DataFrame:
    """Make LeadFlow calls of 500 affiliates in a year, typed as the loaders type them."""
    draw = np.random.default_rng(seed)
    affiliates = np.array([f"Affiliate {number:03}" for number in range(AFFILIATES)])
    status = draw.choice(len(STATUSES), rows, p=[0.05, 0.7, 0.1, 0.15]).astype(np.int8)
    connected = status == 1
    day = draw.integers(0, DAYS, rows) * np.timedelta64(1, "D").astype("timedelta64[us]")
    return pd.DataFrame(
        {
            "affiliate": pd.Categorical.from_codes(
                draw.integers(0, AFFILIATES, rows).astype(np.int16), affiliates
            ),
            "lead_status": pd.Categorical.from_codes(status, STATUSES),
            "offer_qualified": pd.array(connected & (draw.random(rows) < 0.5), dtype="boolean"),
            "affiliate_qualified": pd.array(connected & (draw.random(rows) < 0.45), dtype="boolean"),
            "offer_price": draw.integers(500, 9000, rows) / 100,
            "affiliate_price": draw.integers(300, 6000, rows) / 100,
            "talk_seconds": pd.array(draw.integers(0, 900, rows).astype(np.int32), dtype="Int32"),
            "call_day": np.datetime64("2026-01-01", "us") + day,
        },
        copy=False,
    )
