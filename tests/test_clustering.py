"""Rates of callers who call again: what their calls are worth, and how often intervals hold the truth."""

import numpy as np
import pandas as pd
import pytest
import regimes
from scipy import stats as scipy_stats
from statsmodels.stats.proportion import proportion_confint

from dtanalytics.analysis.clustering import design_effect
from dtanalytics.analysis.money.compare import compare
from dtanalytics.analysis.money.overview import qualification
from dtanalytics.analysis.partners.scorecard import scorecard

RATE = "offer_qualification_rate"


def test_calls_of_callers_who_call_once_are_worth_themselves_exactly():
    calls = regimes.calls(np.random.default_rng(1), 3, 50, [0.1, 0.5, 0.9])

    table = qualification(calls, "affiliate")

    hits = calls["offer_qualified"].groupby(calls["affiliate"], observed=True).sum().to_numpy(int)
    low, high = proportion_confint(hits, np.full(3, 50), method="wilson")
    np.testing.assert_allclose(table[f"{RATE}_low"], low, rtol=0, atol=1e-15)
    np.testing.assert_allclose(table[f"{RATE}_high"], high, rtol=0, atol=1e-15)


def test_the_design_effect_is_the_jackknife_over_callers_relative_to_independent_calls():
    """The oracle leaves out one caller after the other; so much clustering takes Student's t in full."""
    hits, trials = np.array([8.0, 0, 1, 5, 0, 3, 9, 1, 1, 0]), np.array([9.0, 7, 2, 5, 6, 4, 10, 1, 3, 8])
    n, rate = trials.sum(), hits.sum() / trials.sum()
    left = (hits.sum() - hits) / (n - trials)

    # (N - 1)/N times the squares of leaving one out, as the binomial variance has (N - 1) below the line.
    variance = ((left - rate) ** 2).sum() * (n - 1) / n
    moved = left - rate
    free = 2 * 10 / (10 * (moved**4).sum() / (moved**2).sum() ** 2 - 1)
    student = scipy_stats.t(min(free, 9)).ppf(0.975) / scipy_stats.norm.ppf(0.975)
    expected = variance / (rate * (1 - rate) / (n - 1)) * student**2
    found = design_effect(np.zeros(10, dtype=int), hits, trials, np.ones(10), 1)
    assert found[0] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("hits", [0.0, 6.0])
def test_callers_who_never_or_always_count_are_worth_one_call_each(hits):
    alike = design_effect(np.zeros(1, dtype=int), np.array([hits]), np.array([6.0]), np.array([20.0]), 1)

    assert alike[0] >= 6.0


def test_calls_of_unknown_callers_are_independent_and_pseudonyms_count_as_callers():
    calls = regimes.calls(np.random.default_rng(2), 1, 60, 0.5, repeat="geometric", strength=1.0)
    unknown = calls.assign(caller_id=pd.Series([None] * len(calls), dtype="str"))
    pseudonyms = calls.assign(caller_id="caller-" + calls["caller_id"].str[::-1])

    own, alone, masked = (qualification(frame)[f"{RATE}_low"][0] for frame in (calls, unknown, pseudonyms))

    hits = int(calls["offer_qualified"].sum())
    assert alone == pytest.approx(proportion_confint(hits, len(calls), method="wilson")[0], abs=1e-12)
    assert masked == own < alone


def test_every_row_of_a_grouped_table_with_its_total_has_the_interval_of_its_own_callers():
    """Weeks, a null name, the total: each is what the calls of that row alone give."""
    calls = regimes.calls(np.random.default_rng(3), 3, 40, 0.4, repeat="heavy", strength=1.0)
    calls["affiliate"] = calls["affiliate"].astype("str").where(calls["affiliate"] != "A0001", None)

    table = qualification(calls, ["affiliate", "W"], total=True)

    week = calls["call_day"].dt.to_period("W").dt.start_time
    for row in table.itertuples():
        mine = np.ones(len(calls), dtype=bool)
        if not row.is_total:
            name = (
                calls["affiliate"].isna() if pd.isna(row.affiliate) else calls["affiliate"] == row.affiliate
            )
            mine = (name & (week == row.week)).to_numpy()
        alone = qualification(calls[mine])
        assert row.offer_qualification_rate_low == pytest.approx(alone[f"{RATE}_low"][0], abs=1e-12)
        assert row.offer_qualification_rate_high == pytest.approx(alone[f"{RATE}_high"][0], abs=1e-12)


@pytest.mark.parametrize(
    ("callers", "rate", "repeat", "strength"),
    [
        (300, 0.01, "once", np.inf),
        (100, 0.3, "geometric", np.inf),
        (100, 0.3, "geometric", 2.0),
        (100, 0.3, "heavy", 2.0),
        (30, 0.3, "heavy", 2.0),
    ],
)
def test_intervals_of_rates_and_of_their_differences_hold_the_truth_as_often_as_they_say(
    callers, rate, repeat, strength
):
    rng = np.random.default_rng(4)
    now, before = (regimes.calls(rng, 400, callers, rate, repeat=repeat, strength=strength) for _ in range(2))

    card = scorecard(now, "affiliate", flags=False, repeats=100)
    both = compare(now, before, "affiliate", repeats=100)

    held = (card[f"{RATE}_low"] <= rate) & (rate <= card[f"{RATE}_high"])
    same = (both[f"{RATE}_change_low"] <= 0) & (both[f"{RATE}_change_high"] >= 0)
    assert held.mean() == pytest.approx(0.95, abs=0.03)
    assert same.mean() == pytest.approx(0.955, abs=0.03)
