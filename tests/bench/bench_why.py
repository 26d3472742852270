"""What the analyses of margin, capacity, patterns and errors cost on a million calls."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from dtanalytics.analysis.matching.reconcile import reconcile
from dtanalytics.analysis.money import heatmap, overview, state_map, trend
from dtanalytics.analysis.money.audit import audit
from dtanalytics.analysis.money.bridge import bridge
from dtanalytics.analysis.money.matrix import matrix
from dtanalytics.analysis.money.pacing import pacing
from dtanalytics.analysis.supply import capacity, talk
from dtanalytics.analysis.supply.unsold import capacity_to_buy, unsold
from dtanalytics.emulator.world.calls import generate
from dtanalytics.frames import to_pandas
from dtanalytics.schema import LEADFLOW
from tests.bench.harness import Bench


def run(bench: Bench) -> None:
    """Time each analysis on a million calls of three months."""
    for rows in bench.sizes():
        if bench.wants(f"analysis of {rows:,}"):
            _times(bench, rows)


def _times(bench: Bench, rows: int) -> None:
    calls = to_pandas(generate(rows, 100, "2026-07-01", "2026-10-01").leadflow, LEADFLOW)
    now = calls[calls["call_day"] >= "2026-09-01"]
    before = calls[calls["call_day"].between("2026-08-01", "2026-08-31")]
    billed = calls[calls["offer_qualified"].to_numpy(dtype=bool, na_value=False)]
    ledger = pd.DataFrame({"sid": billed["sid"], "revenue": billed["offer_price"]}).reset_index(drop=True)
    by_caller = ledger.assign(
        caller_id=billed["caller_id"].to_numpy(),
        call_date=billed["call_date"].dt.tz_localize(None).to_numpy() + np.timedelta64(40, "s"),
    ).drop(columns="sid")
    by_caller = by_caller.drop_duplicates(["caller_id", "call_date"])  # of two calls at once a warning tells
    cases: dict[str, Callable[[], object]] = {
        "margin": lambda: overview.margin(calls, ["affiliate", "offer"]),
        "qualification": lambda: overview.qualification(calls, "affiliate"),
        "funnel": lambda: overview.funnel(calls, "affiliate"),
        "bridge": lambda: bridge(now, before, ["affiliate", "offer"]),
        "symmetric bridge": lambda: bridge(now, before, "affiliate", symmetric=True),
        "matrix": lambda: matrix(calls, ["affiliate", "call_hour"]),
        "unsold": lambda: unsold(calls),
        "capacity to buy": lambda: capacity_to_buy(calls),
        "concurrency": lambda: capacity.concurrency(calls, "offer"),
        "cap hours": lambda: capacity.cap_hours(calls, "offer"),
        "pacing": lambda: pacing(calls),
        "heatmap": lambda: heatmap.heatmap(calls, "margin"),
        "trend": lambda: trend.trend(calls, "D", "affiliate"),
        "state map": lambda: state_map.state_map(calls),
        "durations": lambda: talk.durations(calls, "offer"),
        "survival": lambda: talk.survival(calls, "affiliate"),
        "buffers": lambda: talk.buffers(calls),
        "audit": lambda: audit(calls),
        "reconcile by sid": lambda: reconcile(calls, ledger),
        "reconcile by caller": lambda: reconcile(calls, by_caller, on="caller_id"),
    }
    for name, case in cases.items():
        bench.within(f"analysis of {rows:,} calls: {name}", case, 2.0 * rows / 1e6)
