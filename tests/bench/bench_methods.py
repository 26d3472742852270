"""What each method of `df.calls` costs on loaded calls; a row a method, the limit grows with the calls.

The limits are those of ten seconds for ten million calls; what is quick is to stay so. Processor time is
measured, the least of three, so that other work on the machine hardly counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import pandas as pd

from dtanalytics.analysis.matching.join import join_calls
from dtanalytics.duplicates import mark
from dtanalytics.emulator.world.calls import generate
from dtanalytics.frames import to_pandas
from dtanalytics.schema import BIDS, LEADFLOW
from tests.bench.harness import Bench

Method = Callable[[], object]
FIXED = 0.25  # seconds of any call, whatever it has to read
QUICK, USUAL = 0.3, 1.0  # seconds for a million calls


def run(bench: Bench) -> None:
    """Time every method on calls as a load hands them over."""
    for rows in bench.sizes((300_000,)):
        if not bench.wants(f"df.calls of {rows:,}"):
            continue
        made = generate(leadflow=rows, bids=rows, start="2026-08-01")
        calls, bids = mark(to_pandas(made.leadflow, LEADFLOW)), mark(to_pandas(made.bids, BIDS))
        for name, (method, limit) in methods(calls, bids).items():
            title = f"df.calls of {rows:,}: {name}"
            if bench.wants(title):
                bench.figure(title, taken(method), high=FIXED + limit * rows / 1e6, unit="s")


def taken(method: Method, rounds: int = 3) -> float:
    """Least processor time of some calls [s]."""
    found = []
    for _ in range(rounds):
        started = time.process_time()
        method()
        found.append(time.process_time() - started)
    return min(found)


def methods(calls: pd.DataFrame, bids: pd.DataFrame) -> dict[str, tuple[Method, float]]:
    """Each method with its limit [s for a million calls]."""
    late = calls["call_day"] >= pd.Timestamp("2026-09-01")
    now, before, joined = calls[late], calls[~late], join_calls(calls, bids)
    billed = calls.loc[calls["offer_qualified"].fillna(value=False), ["sid", "offer_price"]]
    ledger = billed.rename(columns={"offer_price": "revenue"})
    ours, keyed = calls.calls, joined.calls
    return {
        "rollup": (partial(ours.rollup, ["affiliate", "offer"]), QUICK),
        "margin": (partial(ours.margin, "affiliate"), QUICK),
        "qualification": (partial(ours.qualification, "affiliate"), QUICK),
        "funnel": (partial(ours.funnel, "affiliate"), QUICK),
        "trend": (partial(ours.trend, "D"), QUICK),
        "heatmap": (ours.heatmap, QUICK),
        "matrix": (partial(ours.matrix, "affiliate"), QUICK),
        "bridge": (partial(now.calls.bridge, before, "affiliate"), QUICK),
        "compare": (partial(now.calls.compare, before, "affiliate"), USUAL),
        "unsold": (ours.unsold, USUAL),
        "capacity_to_buy": (ours.capacity_to_buy, USUAL),
        "concurrency": (ours.concurrency, USUAL),
        "cap_hours": (ours.cap_hours, QUICK),
        "pacing": (ours.pacing, QUICK),
        "state_map": (ours.state_map, QUICK),
        "durations": (ours.durations, QUICK),
        "survival": (ours.survival, QUICK),
        "buffers": (ours.buffers, QUICK),
        "scorecard": (partial(ours.scorecard, "affiliate"), 2 * USUAL),
        "quality": (partial(ours.quality, "affiliate"), USUAL),
        "audit": (ours.audit, USUAL),
        "reconcile": (partial(ours.reconcile, ledger, fields=["revenue"]), 4 * USUAL),
        "cohorts": (ours.cohorts, USUAL),
        "cohort_grid": (ours.cohort_grid, USUAL),
        "keywords": (bids.calls.keywords, USUAL),
        "keyword_value": (keyed.keyword_value, USUAL),
        "rank_weights": (keyed.rank_weights, USUAL),
        "pool_health": (bids.calls.pool_health, QUICK),
        "mask": (partial(ours.mask, key=b"k" * 32), 8 * USUAL),
        "summary": (partial(repr, ours), QUICK),
    }
