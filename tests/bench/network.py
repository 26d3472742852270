"""Calls of a large network's year: every column that an analysis reads, made a column at a time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from dtanalytics.duplicates import mark
from dtanalytics.schema import TIMEZONE

AFFILIATES, OFFERS, ADVERTISERS, LABELS = 40, 60, 25, 300
CALLS_A_CALLER = 1.6
DAYS = 280  # of 2026: from January on, both ends of daylight saving time among them
STATES = ["AZ", "CA", "CO", "FL", "GA", "IL", "NY", "OH", "PA", "TX", "WA"]
AREA_CODES = np.array([480, 213, 303, 305, 404, 312, 212, 216, 215, 214, 206])
ZIPS = np.array([85001, 90001, 80201, 33101, 30301, 60601, 10001, 43201, 19101, 75201, 98101])
STATUSES = ["Affiliate Cap", "Connected", "Hang Up", "No Buyer"]
KEYWORDS, GROUPS, CAMPAIGNS = 5000, 500, 40


def make(rows: int, seed: int = 0) -> pd.DataFrame:
    """Make joined calls of both reports in the dtypes of a load, by time, each once; about 180 bytes a call."""
    draw = np.random.default_rng(seed)
    second = np.sort(draw.integers(0, DAYS * 86_400, rows))
    utc = pd.Series((second + 1_767_243_600) * 1_000_000).astype("datetime64[us]")  # 2026-01-01, Eastern
    time = utc.dt.tz_localize("UTC").dt.tz_convert(TIMEZONE)
    caller = draw.integers(0, max(int(rows / CALLS_A_CALLER), 1), rows)
    home = caller % len(STATES)
    affiliate = (caller // 7 + draw.integers(0, 2, rows)) % AFFILIATES
    status = draw.choice(len(STATUSES), rows, p=[0.05, 0.7, 0.1, 0.15]).astype(np.int8)
    taken = status == 1
    offer = np.where(taken, draw.integers(0, OFFERS, rows), -1).astype(np.int8)
    talk = np.where(taken, draw.exponential(150, rows), 0).astype(np.int32)
    billed = taken & (talk >= 60 + offer % 3 * 30)
    paid = taken & (talk >= 60)
    number = AREA_CODES[home] * 10_000_000 + 2_000_000 + caller % 8_000_000
    zips = ZIPS[home] + caller % 50
    asked = draw.random(rows) < 0.6
    lf_state = np.where(draw.random(rows) < 0.9, home, draw.integers(0, len(STATES), rows))
    return mark(
        pd.DataFrame(
            {
                "call_date": time,
                "call_day": time.dt.tz_localize(None).dt.normalize(),
                "call_hour": time.dt.hour.astype("Int8"),
                "affiliate": _named("Affiliate", affiliate, AFFILIATES),
                "phone_label": _named("Number", (affiliate * 7 + caller % 8) % LABELS, LABELS),
                "advertiser": _named("Advertiser", np.where(taken, offer % ADVERTISERS, -1), ADVERTISERS),
                "offer": _named("Offer", offer, OFFERS),
                "caller_id": _texts(number),
                "lead_status": pd.Categorical.from_codes(status, STATUSES),
                "entered_zip": _texts(zips, asked),
                "zipcode": _texts(zips),
                "lf_state": pd.Categorical.from_codes(lf_state.astype(np.int8), STATES),
                "reroute": _flags(draw.random(rows) < 0.05),
                "repeat_affiliate_caller": _flags(draw.random(rows) < 0.05),
                "affiliate_cap": _flags(status == 0),
                "offer_qualified": _flags(billed),
                "offer_price": np.where(taken, 20.0 + offer % 20, np.nan),
                "affiliate_qualified": _flags(paid),
                "affiliate_price": np.where(taken, 12.5 + affiliate % 8, np.nan),
                "margin": np.where(taken, 7.5 + offer % 20 - affiliate % 8, np.nan),
                "talk_minutes": talk // 6 / 10,
                "talk_seconds": pd.array(talk, dtype="Int32"),
                "total_seconds": pd.array(talk + 25, dtype="Int32"),
                "contest_qualification": _flags(billed & (draw.random(rows) < 0.02)),
                "sid": _texts(4_000_000_000 + np.arange(rows)),
                **_visits(draw, rows),
            },
            copy=False,
        )
    )


def _visits(draw: np.random.Generator, rows: int) -> dict[str, object]:
    """What Bid Management says of a call: keywords of a tree, four calls of five with one."""
    keyword, known = draw.integers(0, KEYWORDS, rows), draw.random(rows) < 0.8
    group = keyword % GROUPS
    return {
        "adwords_account_id": _texts(np.full(rows, 1_234_567_890), known),
        "adwords_campaign_id": _texts(7_000_000 + group % CAMPAIGNS, known),
        "adwords_adgroup_id": _texts(8_000_000 + group, known),
        "adwords_keyword_id": _texts(9_000_000 + keyword, known),
        "rank": pd.array(draw.integers(1, 6, rows).astype(np.int8), dtype="Int8"),
        "pool_id": pd.array(draw.integers(1, 9, rows), dtype="Int64"),
        "domain_set_id": pd.array(np.ones(rows, np.int64), dtype="Int64"),
        "channel": pd.Categorical.from_codes(np.zeros(rows, np.int8), ["SourceTrak"]),
    }


def _named(word: str, codes: np.ndarray, count: int) -> pd.Categorical:
    dtype = np.int8 if count < 128 else np.int16
    return pd.Categorical.from_codes(codes.astype(dtype), [f"{word} {at:03}" for at in range(count)])


def _texts(numbers: np.ndarray, known: np.ndarray | None = None) -> pd.Series:
    texts = pa.array(numbers, mask=None if known is None else ~known).cast(pa.large_string())
    return pd.Series(pd.array(texts, dtype="str"))


def _flags(values: np.ndarray) -> pd.api.extensions.ExtensionArray:
    return pd.array(values, dtype="boolean")
