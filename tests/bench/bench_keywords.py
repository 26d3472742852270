"""How near to the truth keyword values are, how sure their intervals, and what they cost."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pandas as pd

from dtanalytics.analysis.keywords import keyword_value
from dtanalytics.analysis.matching.join import join_calls
from dtanalytics.emulator.world.calls import generate
from dtanalytics.frames import to_pandas
from dtanalytics.schema import BIDS, LEADFLOW
from tests.bench.harness import Bench, timed
from tests.keyword_truth import simulate

REPLICATIONS = 2000
SEEDS = 100
ESTIMATES = ("qualification_rate", "value_per_qualified", "value_per_call")
SHAPES = {"sparse (1 call and more)": 1.0, "mixed (6 and more)": 6.0, "dense (60 and more)": 60.0}
NEAR = {"low": 0.93, "high": 0.97}


def run(bench: Bench) -> None:
    """Replicate known trees of keywords, then measure the emulator's keywords and the time."""
    for shape, size in SHAPES.items():
        if bench.wants(f"keyword value, {shape}"):
            _replicate(bench, shape, size)
    if bench.wants("keyword value, emulated"):
        _emulated(bench)


def _replicate(bench: Bench, shape: str, size: float) -> None:
    with ProcessPoolExecutor() as pool:
        rows = pool.map(_outcome, range(REPLICATIONS), [size] * REPLICATIONS, chunksize=20)
        outcomes = np.array(list(rows))
    covered, nearer = outcomes[:, 0].mean(axis=0), outcomes[:, 1].mean(axis=0)
    for place, name in enumerate(ESTIMATES):
        bench.figure(f"keyword value, {shape}: {name} covered", float(covered[place]), **NEAR)
        bench.figure(f"keyword value, {shape}: {name} nearer", float(nearer[place]), low=0.95)


def _outcome(seed: int, size: float) -> list[list[float]]:
    calls, truth = simulate(seed, size)
    values = keyword_value(calls).set_index("adwords_keyword_id")
    truth = truth.loc[values.index]
    covered, nearer = [], []
    for name in ESTIMATES:
        covered.append(float(truth[name].between(values[f"{name}_low"], values[f"{name}_high"]).mean()))
        raw, shrunken = values[name] - truth[name], values[f"{name}_shrunken"] - truth[name]
        nearer.append(float((shrunken[raw.notna()] ** 2).mean() < (raw**2).mean()))
    return [covered, nearer]


def _emulated(bench: Bench) -> None:
    """Every keyword with a call, against what the emulator says a call of it is worth."""
    with ProcessPoolExecutor() as pool:
        covered, nearer = np.mean(list(pool.map(_emulated_outcome, range(1, SEEDS + 1))), axis=0)
    bench.figure("keyword value, emulated: value_per_call covered", covered, **NEAR)
    bench.figure("keyword value, emulated: value_per_call nearer", nearer, low=0.95)
    joined = _connected(SEEDS)[0]
    bench.figure("keyword value, emulated: seconds", timed(lambda: keyword_value(joined)), high=2.0, unit="s")


def _emulated_outcome(seed: int) -> tuple[float, float]:
    joined, truth = _connected(seed)
    values = keyword_value(joined, value="revenue")
    values = values[values["adwords_keyword_id"].isin(truth.index)].set_index("adwords_keyword_id")
    known = truth.loc[values.index]
    raw, shrunken = ((values[f"value_per_call{kind}"] - known) ** 2 for kind in ("", "_shrunken"))
    covered = known.between(values["value_per_call_low"], values["value_per_call_high"])
    return float(covered.mean()), float(shrunken[raw.notna()].mean() < raw.mean())


def _connected(seed: int) -> tuple[pd.DataFrame, pd.Series[float]]:
    """Connected calls of one month with their keywords, and what a call of each keyword is worth."""
    made = generate(leadflow=20_000, bids=20_000, seed=seed, disputes=False)
    joined = join_calls(to_pandas(made.leadflow, LEADFLOW), to_pandas(made.bids, BIDS), how="inner")
    truth = made.truth.keywords.to_pandas().set_index("keyword_id")["value"]
    return joined[joined["lead_status"] == "Connected"], truth
