"""Rates of callers who call again: what their calls are worth, and how often intervals hold the truth."""

import numpy as np
import pandas as pd
import pytest
import regimes
from scipy import stats as scipy_stats
from statsmodels.stats.proportion import proportion_confint

from dtanalytics.analysis.money.compare import compare
from dtanalytics.analysis.money.overview import qualification
from dtanalytics.analysis.partners.scorecard import scorecard
from dtanalytics.analysis.supply.talk import survival
from dtanalytics.stats.design_effect import design_effect, shared_effect

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
    own = variance / (rate * (1 - rate) / (n - 1)) * student**2
    # Seven callers have a call that counts, eight one that does not: seven tell, ten are the prior's.
    expected = (7 * own + 10 * max(own, 1 + ((trials**2).sum() / n - 1) * 0.2)) / (7 + 10)
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
    assert masked == pytest.approx(own, abs=1e-12)
    assert own < alone


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


def test_a_survival_curve_of_calls_that_all_came_twice_is_as_sure_as_that_of_half_of_them():
    """Each caller called twice and talked as long both times; once unknown, the calls are independent."""
    rng = np.random.default_rng(4)
    once = pd.DataFrame(
        {
            "affiliate": np.repeat(["North", "South"], [40, 25]),
            "lead_status": "Connected",
            "talk_seconds": rng.integers(1, 20, 65) * 10,
            "caller_id": pd.Series(np.arange(65) + 2_125_550_100).astype("str"),
        }
    )
    twice = pd.concat([once, once.iloc[::-1]], ignore_index=True)

    single, double = survival(once, "affiliate"), survival(twice, "affiliate")
    unknown = survival(twice.assign(caller_id=pd.Series([None] * 130, dtype="str")), "affiliate")

    assert double["ended"].tolist() == (2 * single["ended"]).tolist()
    for end in ("survival_low", "survival_high"):
        np.testing.assert_allclose(double[end], single[end], rtol=0, atol=1e-12)
    low, _ = proportion_confint(
        unknown["survival"] * unknown.groupby("affiliate")["ended"].transform("sum"),
        unknown.groupby("affiliate")["ended"].transform("sum"),
        method="wilson",
    )
    np.testing.assert_allclose(unknown["survival_low"], low, rtol=0, atol=1e-12)


def test_a_survival_curve_has_the_design_effect_of_each_of_its_shares():
    """The oracle adds up the squares over callers at each time; calls have no other correction here."""
    rng = np.random.default_rng(5)
    caller = rng.integers(0, 12, 60)
    talk = 10 * (caller % 5 + rng.integers(1, 4, 60))
    calls = pd.DataFrame(
        {
            "lead_status": "Connected",
            "talk_seconds": talk,
            "caller_id": pd.Series(caller + 2_125_550_100).astype("str"),
        }
    )

    table = survival(calls)

    for row in table[table["survival"] > 0].itertuples():
        n = np.bincount(caller)
        h = np.bincount(caller, talk > row.seconds)
        share = h.sum() / 60
        own = max(((h - share * n) ** 2).sum() / (60 * share * (1 - share)), 1)
        told = min((h > 0).sum(), (h < n).sum())
        prior = max(own, 1 + ((n**2).sum() / 60 - 1) * 0.2)
        effect = (told * own + 10 * prior) / (told + 10)
        low, _ = proportion_confint(h.sum() / effect, 60 / effect, method="wilson")
        assert row.survival_low == pytest.approx(low, abs=1e-12)


def test_groups_share_one_correlation_so_that_those_without_a_hit_weigh_as_much():
    """Four calls of each caller that all count or all do not: a correlation of 1, of which 20 callers tell.

    (8 * 4 * 12 / 20 * ... by the jackknife within the first group is a little above 1, and is cut at 1.)
    """
    group, calls = np.array([0, 0, 1]), np.array([4.0, 4, 4])
    effect = shared_effect(group, np.array([4.0, 0, 0]), calls, np.array([8.0, 12, 20]), 2)

    assert effect == pytest.approx(1 + 3 * (8 * 1 + 10 * 0.2) / 18)
