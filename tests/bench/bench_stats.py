"""How often intervals, verdicts and signals are right, and what a million calls cost."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from dtanalytics.analysis.money.compare import compare
from dtanalytics.analysis.partners.cohorts import cohort_grid, cohorts
from dtanalytics.analysis.partners.quality import quality
from dtanalytics.analysis.partners.scorecard import scorecard
from dtanalytics.emulator.world.calls import generate
from dtanalytics.frames import to_pandas
from dtanalytics.schema import LEADFLOW
from dtanalytics.stats.bootstrap import clustered_bootstrap
from dtanalytics.stats.intervals import newcombe, wilson
from dtanalytics.stats.shrink_means import shrink_means
from dtanalytics.stats.shrink_rates import shrink_rates
from tests.bench.harness import Bench
from tests.segment_calls import make_calls

SEEDS = range(1, 11)
NEAR = {"low": 0.93, "high": 0.975}  # a nominal 95 %


def run(bench: Bench) -> None:
    """Measure coverage and error rates, then times."""
    for part in (_rates, _money, _shrunken, _verdicts, _emulated):
        if bench.wants("coverage"):
            part(bench)
    for rows in bench.sizes():
        if bench.wants(f"analysis of {rows:,}"):
            _times(bench, rows)


def _covers(truth: object, low: object, high: object) -> float:
    return float(np.mean((np.asarray(low) <= truth) & (truth <= np.asarray(high))))


def _rates(bench: Bench) -> None:
    rng = np.random.default_rng(1)
    for trials, rate in ((20, 0.1), (100, 0.3), (1000, 0.02)):
        hits = rng.binomial(trials, rate, 20_000)
        bench.figure(
            f"coverage: Wilson, {trials} calls at {rate}", _covers(rate, *wilson(hits, trials)), **NEAR
        )
    first, second = rng.binomial(80, 0.4, 20_000), rng.binomial(150, 0.3, 20_000)
    bench.figure(
        "coverage: Newcombe, 80 and 150 calls", _covers(0.1, *newcombe(first, 80, second, 150)), **NEAR
    )


def _money(bench: Bench) -> None:
    """Callers call once or more, and differ in how often they convert; 30 in, 20 out."""
    rng = np.random.default_rng(2)
    groups = 2000
    for callers, pays in ((10, 0.3), (30, 0.3), (30, 0.1), (100, 0.3), (100, 0.03), (1000, 0.2)):
        number = rng.geometric(0.7, groups * callers)
        chance = np.repeat(rng.beta(3 * pays, 3 * (1 - pays), number.size), number)
        won, lost = rng.random((2, chance.size)) < chance
        caller = np.repeat(np.arange(number.size), number)
        for what, money, truth in (
            ("30 in, 20 out", 30.0 * won - 20.0 * lost, 10 * pays),
            ("12 kept", 12.0 * won, 12 * pays),
            ("5 kept, 60 lost", 5.0 - 60.0 * lost, 5 - 60 * pays),
        ):
            table = clustered_bootstrap(money, clusters=caller, groups=caller // callers)
            covered = _covers(truth, table["low"], table["high"])
            name = f"coverage: bootstrap, {callers} callers, {pays} pay, {what}"
            bench.figure(name, covered, low=0.93, high=0.98)


def _shrunken(bench: Bench) -> None:
    rng = np.random.default_rng(3)
    for groups, strength in ((5, 20), (30, 20), (100, 100), (30, 10_000)):
        rates, means, gain = [], [], []
        for _ in range(200):
            truth = rng.beta(0.3 * strength, 0.7 * strength, groups)
            trials = rng.integers(1, 100, groups)
            hits = rng.binomial(trials, truth)
            own = hits / trials
            found = shrink_rates(hits, trials)
            rates.append(_covers(truth, found.low, found.high))
            gain.append([((own - truth) ** 2).mean(), ((found.mean - truth) ** 2).mean()])
            variance = np.where(trials > 1, own * (1 - own) * trials / np.maximum(trials - 1, 1), np.nan)
            found_means = shrink_means(own, variance, trials)
            means.append(_covers(truth, found_means.low, found_means.high))
        title = f"{groups} groups, prior worth {strength} calls"
        bench.figure(f"coverage: shrunken rates, {title}", float(np.mean(rates)), low=0.9)
        bench.figure(f"coverage: shrunken means, {title}", float(np.mean(means)), low=0.9)
        before, after = np.mean(gain, axis=0)
        bench.figure(f"squared error left by shrinking, {title}", after / before, high=1.0)


def _verdicts(bench: Bench) -> None:
    """Half of the segments earn the target exactly, 5.00 a call, the others 10.00: 80 calls each."""
    wrong = decided = 0
    names = [f"A{number:02d}" for number in range(40)]
    rates = {name: 0.5 if number < 20 else 0.75 for number, name in enumerate(names)}
    for seed in range(20):
        calls = make_calls(dict.fromkeys(names, 80), qualified=rates, paid=0.4, seed=seed)
        card = scorecard(calls, "affiliate", target=5.0, flags=False, repeats=200).set_index("affiliate")
        judged = card["verdict"] != "wait"
        decided += int(judged.sum())
        wrong += int(judged[names[:20]].sum())
    bench.note(f"verdicts on 20 lists of 40 segments: {decided - wrong} of the 400 that differ are decided")
    bench.figure("coverage: wrong verdicts among those decided", wrong / decided, high=0.05)
    false = 0
    for seed in SEEDS:
        calls = to_pandas(generate(leadflow=6000, bids=10, seed=seed).leadflow, LEADFLOW)
        table = compare(calls, by="affiliate", days=14, against="same_weekdays", repeats=500)
        false += int((table["q_value"] <= 0.05).any())
    bench.figure("coverage: months with a false change of margin", false / len(SEEDS), high=0.1)


def _emulated(bench: Bench) -> None:
    """The emulator's truth: the chance of each call to qualify once disputes are over."""
    covered, shrunken, alarms, tests = [], [], 0, 0
    for seed in SEEDS:
        made = generate(leadflow=8000, bids=10, seed=seed)
        calls = to_pandas(made.leadflow, LEADFLOW)
        truth = made.truth.calls.to_pandas().set_index("sid").loc[calls["sid"], "final_offer_rate"]
        connected = (calls["lead_status"] == "Connected").to_numpy()
        expected = truth[connected].groupby(calls["affiliate"].to_numpy()[connected]).mean()
        card = scorecard(calls, "affiliate", flags=False).set_index("affiliate").loc[expected.index]
        name = "offer_qualification_rate"
        covered.append(_covers(expected.to_numpy(), card[f"{name}_low"], card[f"{name}_high"]))
        shrunken.append(
            np.mean((card[f"{name}_shrunken"] - expected) ** 2) / np.mean((card[name] - expected) ** 2)
        )
        signals = quality(calls)
        real = {("Quickdial Network", "repeat_callers"), ("Summit Broadcast", "repeat_callers")}
        flagged = signals[signals["flagged"]]
        alarms += len(set(zip(flagged["affiliate"], flagged["signal"], strict=True)) - real)
        tests += int(signals["p_value"].notna().sum())
    # Given each call's own chance the count varies less than a binomial one: above 95 % is right.
    bench.figure("coverage: emulated qualification rates", float(np.mean(covered)), low=0.93)
    bench.figure("squared error left by shrinking, emulated", float(np.mean(shrunken)), high=1.0)
    bench.note(f"quality on {len(SEEDS)} emulated months without planted facts: {tests} tests")
    bench.figure("false alarms of quality, coverage run", float(alarms), high=0.05 * tests)


def _times(bench: Bench, rows: int) -> None:
    calls = to_pandas(generate(leadflow=rows, bids=10, start="2026-08-01").leadflow, LEADFLOW)
    half = calls["call_day"] < pd.Timestamp("2026-09-01")
    analyses = {
        "scorecard": partial(scorecard, calls, "affiliate"),
        "quality": partial(quality, calls, "affiliate"),
        "compare": partial(compare, calls[~half], calls[half], "affiliate"),
        "cohorts": partial(cohorts, calls),
        "cohort grid": partial(cohort_grid, calls),
    }
    for name, function in analyses.items():
        bench.within(f"analysis of {rows:,} calls: {name}", function, 2.0 * rows / 1e6)
