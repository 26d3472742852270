"""How near to the truth keyword values are, how sure their intervals, and what they cost."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor

import numpy as np
import numpy.typing as npt

from dtanalytics.analysis.join import join_calls
from dtanalytics.analysis.keywords import keyword_value
from dtanalytics.emulator.calls import generate
from dtanalytics.frames import to_pandas
from dtanalytics.schema import BIDS, LEADFLOW
from tests.bench.harness import Bench, timed
from tests.keyword_truth import simulate

REPLICATIONS = 2000
ESTIMATES = ("qualification_rate", "value_per_qualified", "value_per_call")
SHAPES = {"sparse (3 calls)": 1.0, "mixed (6 and more)": 6.0, "dense (60)": 60.0}


def run(bench: Bench) -> None:
    """Replicate known trees of keywords, then measure the emulator's keywords and the time."""
    for shape, size in SHAPES.items():
        if bench.wants(f"keyword value, {shape}"):
            _replicate(bench, shape, size, REPLICATIONS if size == 6.0 else REPLICATIONS // 10)
    if bench.wants("keyword value, emulated"):
        _emulated(bench)


def _replicate(bench: Bench, shape: str, size: float, replications: int) -> None:
    with ProcessPoolExecutor() as pool:
        rows = pool.map(_outcome, range(replications), [size] * replications, chunksize=20)
        outcomes = np.array(list(rows))
    covered, nearer = outcomes[:, 0].mean(axis=0), outcomes[:, 1].mean(axis=0)
    # With a handful of calls nobody can tell how alike keywords are: intervals may be too wide, never too short.
    high = 0.99 if size < 6 else 0.97
    for place, name in enumerate(ESTIMATES):
        bench.figure(f"keyword value, {shape}: {name} covered", float(covered[place]), low=0.93, high=high)
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
    """Against what the emulator says the connected calls of each keyword had the chance to bring in.

    That is a fact of these calls, not of the keyword: which offers a handful of calls happened to reach
    moves it far more than keywords differ. From eight calls on the two are near to each other.
    """
    covered, nearer = [], []
    for seed in range(1, 11):
        made = generate(leadflow=20_000, bids=20_000, seed=seed)
        joined = join_calls(to_pandas(made.leadflow, LEADFLOW), to_pandas(made.bids, BIDS), how="inner")
        values = keyword_value(joined[joined["lead_status"] == "Connected"], value="revenue")
        truth = made.truth.keywords.to_pandas().set_index("keyword_id")["value"]
        enough = values["adwords_keyword_id"].isin(truth.index) & (values["call_count"] >= 8)
        values = values[enough].set_index("adwords_keyword_id")
        known: npt.NDArray[np.float64] = truth.loc[values.index].to_numpy()
        covered.append(
            ((values["value_per_call_low"] <= known) & (known <= values["value_per_call_high"])).mean()
        )
        raw = ((values["value_per_call"] - known) ** 2).mean()
        nearer.append(((values["value_per_call_shrunken"] - known) ** 2).mean() < raw)
    bench.figure(
        "keyword value, emulated: value_per_call covered", float(np.mean(covered)), low=0.93, high=0.97
    )
    bench.figure("keyword value, emulated: value_per_call nearer", float(np.mean(nearer)), low=0.95)
    bench.figure("keyword value, emulated: seconds", timed(lambda: keyword_value(joined)), high=5.0, unit="s")
