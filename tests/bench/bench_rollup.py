"""Twelve metrics of calls in memory: rollup against pandas written well, and pandas as it is often written."""

from __future__ import annotations

import numpy as np
import pandas as pd

import dtanalytics as dta
from tests.bench.calls import METRICS, make
from tests.bench.harness import Bench

KEYS = {"affiliate": ["affiliate"], "affiliate x day": ["affiliate", "call_day"]}
SUMMED = ["calls", "connected", "billed", "paid", "leaked", "revenue", "payout", "talk"]
FRACTION = 20
"""Lambdas take minutes on all groups: they are given the calls of one affiliate in so many."""


def prepare(calls: pd.DataFrame) -> pd.DataFrame:
    """Make the columns that a careful analyst sums."""
    billed = calls["offer_qualified"].to_numpy(bool, na_value=False)
    paid = calls["affiliate_qualified"].to_numpy(bool, na_value=False)
    return pd.DataFrame(
        {
            "affiliate": calls["affiliate"],
            "call_day": calls["call_day"],
            "calls": np.ones(len(calls), dtype=np.int64),
            "connected": (calls["lead_status"] == "Connected").to_numpy().astype(np.int64),
            "billed": billed.astype(np.int64),
            "paid": paid.astype(np.int64),
            "leaked": (paid & ~billed).astype(np.int64),
            "revenue": np.where(billed, calls["offer_price"], 0.0),
            "payout": np.where(paid, calls["affiliate_price"], 0.0),
            "talk": calls["talk_seconds"].to_numpy(np.int64, na_value=0),
        },
        copy=False,
    )


def well_written(prepared: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Sum prepared columns the fast way, sort the groups, work out the rates."""
    table = prepared.groupby(by, sort=False, observed=True)[SUMMED].sum().sort_index()
    table["margin"] = table["revenue"] - table["payout"]
    table["margin_rate"] = table["margin"] / table["revenue"]
    table["average_talk"] = table["talk"] / table["connected"]
    table["connect_rate"] = table["connected"] / table["calls"]
    return table


def with_lambdas(calls: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Work out each metric by a function of the group, as many notebooks do."""
    groups = calls.assign(
        revenue=calls["offer_price"].where(calls["offer_qualified"]),
        payout=calls["affiliate_price"].where(calls["affiliate_qualified"]),
        leaked=calls["affiliate_qualified"] & ~calls["offer_qualified"],
    ).groupby(by, observed=True)
    table = groups.agg(
        calls=("lead_status", len),
        connected=("lead_status", lambda status: (status == "Connected").sum()),
        billed=("offer_qualified", lambda flag: flag.sum()),
        paid=("affiliate_qualified", lambda flag: flag.sum()),
        leaked=("leaked", lambda flag: flag.sum()),
        revenue=("revenue", lambda money: money.sum()),
        payout=("payout", lambda money: money.sum()),
        talk=("talk_seconds", lambda seconds: seconds.sum()),
    )
    table["margin"] = table["revenue"] - table["payout"]
    table["margin_rate"] = table["margin"] / table["revenue"]
    table["average_talk"] = table["talk"] / table["connected"]
    table["connect_rate"] = table["connected"] / table["calls"]
    return table


def run(bench: Bench) -> None:
    """Compare at 10 k, 1 M and 10 M calls."""
    for rows in bench.sizes((10_000, 1_000_000, 10_000_000)):
        calls = make(rows)
        for title, by in KEYS.items():
            _against_pandas(bench, calls, title, by)
        if rows >= 10_000_000:
            _against_lambdas(bench, calls)


def _against_pandas(bench: Bench, calls: pd.DataFrame, title: str, by: list[str]) -> None:
    rows, prepared = len(calls), prepare(calls)
    rounds, target = (5, 3.0) if rows >= 10_000_000 else (15, 2.0)

    def ours() -> object:
        return dta.rollup(calls, by, METRICS)

    whole = {"ours": ours, "pandas": lambda: well_written(prepare(calls), by)}
    bench.compare(f"rollup {rows:,} by {title}", whole, rounds=rounds, target=target)
    given = {"ours": ours, "pandas, columns given": lambda: well_written(prepared, by)}
    bench.compare(f"rollup {rows:,} by {title}, sums only", given, rounds=rounds, target=target)


def _against_lambdas(bench: Bench, calls: pd.DataFrame) -> None:
    by = KEYS["affiliate x day"]
    few = calls[calls["affiliate"].cat.codes % FRACTION == 0]
    bench.note(f"lambdas get one affiliate in {FRACTION}, with all its calls: the target is 150 / {FRACTION}")
    variants = {
        "ours": lambda: dta.rollup(calls, by, METRICS),
        "lambdas": lambda: with_lambdas(few, by),
    }
    bench.compare(
        f"rollup {len(calls):,} against lambdas on 1/{FRACTION}", variants, rounds=4, target=150 / FRACTION
    )
