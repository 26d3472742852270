"""How often a quiet month has an alarm, looked at in each hour, and in which hour troubles are found."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from dtanalytics.analysis.watch.watch import look, watch
from dtanalytics.emulator.world.calls import generate
from dtanalytics.emulator.world.market import Facts
from dtanalytics.frames import to_pandas
from dtanalytics.schema import LEADFLOW
from tests.bench.harness import Bench
from tests.watched_calls import quiet

STATED = 0.05
TROUBLE = pd.Timestamp("2026-03-12 14:00", tz="America/New_York")


def run(bench: Bench) -> None:
    """Measure quiet months of the emulator and of a generator of the tests' own, then five troubles."""
    for calls_a_month in (8_000, 30_000):
        for by in ("affiliate", "offer"):
            name = f"watch: quiet months of {calls_a_month:,} emulated calls, by {by}"
            if bench.wants(name):
                bench.figure(name, _emulated(calls_a_month, by), high=STATED)
    for busy_days, memory in ((0.0, 0.0), (0.3, 0.0), (0.15, 0.7)):
        name = f"watch: quiet months whose days vary by {busy_days:.0%} and remember {memory:.0%}"
        if bench.wants(name):
            bench.figure(name, _own(busy_days, memory), high=STATED)
    if bench.wants("watch: troubles"):
        _troubles(bench)


def _emulated(calls_a_month: int, by: str, worlds: int = 3) -> float:
    """Share of 12 months of each world that have an alarm in any hour."""
    alarmed = []
    for seed in range(worlds):
        made = generate(14 * calls_a_month, 0, "2025-11-01", "2027-01-01", seed=seed)
        calls = to_pandas(made.leadflow, LEADFLOW)
        for month in pd.date_range("2026-02-01", "2027-01-01", freq="MS"):
            part = calls[(calls["call_day"] < month) & (calls["call_day"] >= month - pd.Timedelta(days=92))]
            alarmed.append((look(part, [by], now=month).q_values <= STATED).any())
    return float(np.mean(alarmed))


def _own(busy_days: float, memory: float) -> float:
    """The same of 100 months of Poisson calls, about a mean that differs from day to day."""
    alarmed = []
    for seed in range(50):
        calls = quiet(seed, days=120, busy_days=busy_days, memory=memory)
        months = (look(calls, ["affiliate"], now=month) for month in ("2026-04-01", "2026-05-01"))
        alarmed.extend((month.q_values <= STATED).any() for month in months)
    return float(np.mean(alarmed))


def _world(seed: int, **facts: object) -> pd.DataFrame:
    made = generate(24_000, 0, "2026-01-01", "2026-04-01", seed=seed, facts=Facts(**facts))
    return to_pandas(made.leadflow, LEADFLOW)


def _troubles(bench: Bench) -> None:
    """Hours from the trouble until it is found, the median of five worlds."""
    waits: dict[str, list[float]] = {}
    for seed in range(5):
        calls = _world(seed)
        late = calls["call_date"] >= TROUBLE
        for name, (made, by, segment, start) in _planted(calls, late, seed).items():
            table = watch(made, by, now="2026-04-01")
            rows = table.index[table[by] == segment]
            found = [pd.Timestamp(table.attrs["found"][row]) for row in rows]
            hours = [(moment - start) / pd.Timedelta(hours=1) for moment in found]
            waits.setdefault(name, []).append(min(hours, default=np.inf))
    for name, hours in waits.items():
        bench.figure(f"watch: troubles, hours until {name} is found", float(np.median(hours)), high=120)


def _planted(
    calls: pd.DataFrame, late: pd.Series, seed: int
) -> dict[str, tuple[pd.DataFrame, str, str, pd.Timestamp]]:
    """Five troubles of 8,000 calls a month, and where and since when each is."""
    midnight = TROUBLE.normalize()
    junk = _world(seed, drop="Juniper Digital", drop_factor=0.2, since=dt.date(2026, 3, 12))
    closed, cut, doubled = calls.copy(), calls.copy(), calls.copy()
    rows = late & (calls["offer"] == "Roof Repair")
    closed.loc[rows, "lead_status"] = "No Buyer"
    closed.loc[rows, ["offer_qualified", "affiliate_qualified"]] = False
    closed.loc[rows, ["offer", "advertiser"]] = None
    rows = late & (calls["offer"] == "Auto Prime")
    cut.loc[rows, "offer_price"] = (cut.loc[rows, "offer_price"] * 0.75).round(4)
    number = "Harbor Leads Auto Insurance A"
    broken = calls[~(late & (calls["phone_label"] == number))]
    doubled.loc[late & (calls["affiliate"] == "Redwood Referrals"), "affiliate_price"] *= 2
    return {
        "an affiliate turned to junk": (junk, "affiliate", "Juniper Digital", midnight),
        "a closed offer": (closed, "offer", "Roof Repair", TROUBLE),
        "a price cut": (cut, "offer", "Auto Prime", TROUBLE),
        "a broken number": (broken, "phone_label", number, TROUBLE),
        "a doubled payout": (doubled, "affiliate", "Redwood Referrals", TROUBLE),
    }
