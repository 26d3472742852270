"""Shrunken values of keywords are nearer to the truth, and their intervals as sure as they say."""

from collections import defaultdict
from decimal import Decimal

import keyword_truth
import numpy as np
import pandas as pd
import pytest
from scipy import integrate
from scipy import stats as scipy_stats

from dtanalytics.analysis.keywords import keyword_value, keywords
from dtanalytics.analysis.matching.join import join_calls
from dtanalytics.emulator.world.calls import generate
from dtanalytics.frames import to_pandas
from dtanalytics.schema import BIDS, LEADFLOW
from dtanalytics.stats.shrink_rates import shrink_rates
from dtanalytics.stats.tree_means import nested_means
from dtanalytics.stats.tree_rates import nested_rates

ESTIMATES = ("qualification_rate", "value_per_qualified", "value_per_call")


@pytest.mark.parametrize(("calls_per_keyword", "seeds"), [(1.0, 30), (6.0, 60)])
def test_shrunken_values_are_nearer_to_the_truth_and_their_intervals_as_sure_as_they_say(
    calls_per_keyword, seeds
):
    """On at least 93 % of seeds the squared error is lower; 95 % intervals cover 93 to 97 %."""
    nearer, covered = [], []
    for seed in range(seeds):
        calls, truth = keyword_truth.simulate(seed, calls_per_keyword)
        values = keyword_value(calls).set_index("adwords_keyword_id")
        truth = truth.loc[values.index]
        raw = values[list(ESTIMATES)] - truth
        shrunken = values[[f"{name}_shrunken" for name in ESTIMATES]].to_numpy() - truth
        nearer.append((shrunken.where(raw.notna()) ** 2).mean() < (raw**2).mean())
        covered.append(
            [truth[name].between(values[f"{name}_low"], values[f"{name}_high"]).mean() for name in ESTIMATES]
        )

    assert pd.DataFrame(nearer).mean().min() >= 0.93
    assert np.mean(covered, axis=0).tolist() == pytest.approx([0.95] * 3, abs=0.02)


def test_the_margin_of_each_emulated_keyword_is_that_of_the_ledger_to_the_cent():
    """The ledger: rows of both services, joined and added up in plain Python, in Decimal."""
    made = generate(leadflow=6000, bids=6000, seed=3)
    keyword = {row["sid"]: row["adwords_keyword_id"] for row in made.bids.to_pylist()}
    ledger = defaultdict(Decimal)
    for row in made.leadflow.to_pylist():
        revenue = row["offer_price"] if row["offer_qualified"] else 0
        payout = row["affiliate_price"] if row["affiliate_qualified"] else 0
        ledger[keyword.get(row["sid"])] += Decimal(revenue or 0) - Decimal(payout or 0)

    table = keywords(join_calls(to_pandas(made.leadflow, LEADFLOW), to_pandas(made.bids, BIDS)))

    known = table[table["adwords_keyword_id"].notna()]
    found = dict(zip(known["adwords_keyword_id"], map(repr, known["margin"].tolist()), strict=True))
    nameless = sum(map(Decimal, map(repr, table["margin"][table["adwords_keyword_id"].isna()].tolist())))
    assert len(found) > 200
    assert {name: Decimal(margin) for name, margin in found.items()} == {
        name: margin for name, margin in ledger.items() if name is not None
    }
    assert nameless == ledger[None]


def test_emulated_keywords_of_any_number_of_calls_are_worth_what_their_intervals_say():
    made = generate(leadflow=20_000, bids=20_000, seed=5, disputes=False)
    calls = join_calls(to_pandas(made.leadflow, LEADFLOW), to_pandas(made.bids, BIDS), how="inner")
    values = keyword_value(calls[calls["lead_status"] == "Connected"], value="revenue")
    truth = made.truth.keywords.to_pandas().set_index("keyword_id")["value"]
    values = values[values["adwords_keyword_id"].isin(truth.index)].set_index("adwords_keyword_id")
    known = truth.loc[values.index]

    raw, shrunken = ((values[name] - known) ** 2 for name in ("value_per_call", "value_per_call_shrunken"))
    assert len(values) > 400
    assert known.between(values["value_per_call_low"], values["value_per_call_high"]).mean() == pytest.approx(
        0.95, abs=0.02
    )
    assert shrunken.mean() < raw.mean() / 2


def test_rates_in_one_group_agree_with_shrinkage_without_a_tree():
    hits, trials = np.array([2.0, 30, 25, 61, 0]), np.array([10.0, 100, 100, 200, 4])
    nested = nested_rates(hits, trials, [np.zeros(5, dtype=int)])

    # The priors differ a little: without a tree it leans towards groups that differ.
    np.testing.assert_allclose(nested.mean, shrink_rates(hits, trials).mean, atol=0.02)


def test_rates_in_a_tree_agree_with_integrating_over_everything():
    """Two groups of two keywords under one mean: the oracle sums over grids of both ties and three means."""
    hits, trials, group = np.array([1.0, 9, 20, 3]), np.array([10.0, 30, 40, 5]), np.array([0, 0, 1, 1])
    typical = np.exp(np.log(trials).mean())
    effective = trials * typical / (trials + typical)
    upper = np.exp(np.log([effective[:2].sum(), effective[2:].sum()]).mean())
    mean = (np.arange(100) + 0.5) / 100
    relative = np.linspace(-6, 6, 17)
    tie = scipy_stats.logistic.pdf(relative)
    total, expected = 0.0, np.zeros(4)
    for lower_tie, lower_weight in zip(typical * np.exp(relative), tie, strict=True):
        chance = np.array([
            scipy_stats.betabinom(n, lower_tie * mean, lower_tie * (1 - mean)).pmf(s)
            for s, n in zip(hits, trials, strict=True)])  # fmt: skip
        like = np.array([chance[:2].prod(axis=0), chance[2:].prod(axis=0)])
        for upper_tie, upper_weight in zip(upper * np.exp(relative), tie, strict=True):
            kernel = scipy_stats.beta(upper_tie * mean[:, None], upper_tie * (1 - mean[:, None])).pdf(mean)
            kernel /= kernel.sum(axis=1, keepdims=True)
            messages = kernel @ like.T
            weight = lower_weight * upper_weight
            total += weight * messages.prod(axis=1).sum()
            for leaf in range(4):
                own, other = group[leaf], 1 - group[leaf]
                node = like[own] * (messages[:, other] @ kernel)
                expected[leaf] += (
                    weight * (node * (hits[leaf] + lower_tie * mean) / (trials[leaf] + lower_tie)).sum()
                )

    nested = nested_rates(hits, trials, [group, np.zeros(2, dtype=int)])

    np.testing.assert_allclose(nested.mean, expected / total, atol=0.005)


def test_means_in_a_tree_are_the_conditional_normal_of_the_whole_tree():
    """With ties that the data leave no doubt of: 400 groups of 5; the oracle inverts the joint covariance."""
    rng = np.random.default_rng(2)
    group = np.repeat(np.arange(400), 5)
    truth = 10 + rng.normal(0, 3, 400)[group] + rng.normal(0, 2, 2000)
    noise = rng.uniform(0.5, 4, 2000)
    seen = truth + rng.normal(0, np.sqrt(noise))
    nested = nested_means(seen, noise, [group, np.zeros(400, dtype=int)])

    between = 4 * np.eye(5) + 9
    own = slice(0, 5)
    gain = between @ np.linalg.inv(between + np.diag(noise[own]))
    np.testing.assert_allclose(nested.mean[own], 10 + gain @ (seen[own] - 10), atol=0.15)
    np.testing.assert_allclose(nested.variance[own], np.diag(between - gain @ between), rtol=0.05)


def test_the_product_of_a_sure_value_and_a_rate_has_the_interval_of_the_rate():
    calls, _ = keyword_truth.simulate(1)
    values = keyword_value(calls.assign(offer_price=20.0))

    for end in ("low", "high"):
        np.testing.assert_allclose(
            values[f"value_per_call_{end}"], 20 * values[f"qualification_rate_{end}"], rtol=0.02, atol=0.02
        )


def test_an_interval_of_a_value_per_call_holds_its_share_of_the_product():
    """The oracle integrates the product of the beta and the normal density numerically."""
    from dtanalytics.stats.rate_posterior import RatePosterior
    from dtanalytics.stats.shrink_tree import Moments

    rate = RatePosterior(np.ones(1), np.array([[3.0]]), np.array([[7.0]]))
    low, high = rate.product_interval(Moments(np.array([20.0]), np.array([36.0])), 0.95)

    def below(limit):
        return integrate.quad(
            lambda x: scipy_stats.beta(3, 7).pdf(x) * scipy_stats.norm(20 * x, 6 * x).cdf(limit), 0, 1
        )[0]

    assert below(low[0]) == pytest.approx(0.025, abs=5e-4)
    assert below(high[0]) == pytest.approx(0.975, abs=5e-4)
