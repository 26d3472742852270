"""Shrunken rates and means agree with numerical integration, and cover what they estimate."""

import numpy as np
import pandas as pd
import pytest
from scipy import special as scipy_special
from scipy import stats as scipy_stats

from dtanalytics.errors import InputError
from dtanalytics.stats.intervals import wilson
from dtanalytics.stats.rate_posterior import RatePosterior
from dtanalytics.stats.shrink_means import NormalPrior, shrink_means
from dtanalytics.stats.shrink_rates import shrink_rates

HITS, TRIALS = np.array([2, 30, 25, 61, 0]), np.array([10, 100, 100, 200, 4])


def gauss_legendre(nodes):
    """Nodes and weights between 0 and 1, where a uniform prior needs no density."""
    at, weight = scipy_special.roots_legendre(nodes)
    return (at + 1) / 2, weight / 2


@pytest.mark.parametrize(
    ("hits", "trials"),
    [
        (HITS, TRIALS),
        ([30], [100]),
        ([0, 0, 0], [3, 30, 300]),
        ([30, 50], [30, 50]),
        ([10, 0, 5, 12, 20], [15, 16, 17, 18, 20]),
        ([300, 350, 20], [1000, 1000, 40]),
    ],
)
def test_the_fitted_rates_agree_with_integrating_over_both_parameters(hits, trials):
    """The oracle takes scipy's likelihood at 150 x 150 Gauss-Legendre nodes of mean and shrinkage."""
    hits, trials = np.asarray(hits), np.asarray(trials)
    typical = max(np.exp(np.mean(np.log(trials))), 15)
    (cut, share), (root, other) = gauss_legendre(150), gauss_legendre(150)
    shrinkage, other = root**2, other * np.sqrt(1 - root**2)  # beta with parameters 1/2 and 3/2
    cut, strength = cut[:, None], typical * shrinkage / (1 - shrinkage)
    rate = cut**3 / (cut**3 + (1 - cut) ** 3)  # so that the density of beta with 1/3 and 1/3 is smooth in it
    likelihood = share[:, None] * other / (cut**3 + (1 - cut) ** 3) ** (2 / 3)
    for hit, n in zip(hits, trials, strict=True):
        likelihood = likelihood * scipy_stats.betabinom(n, strength * rate, strength * (1 - rate)).pmf(hit)
    likelihood /= likelihood.sum()
    total = trials[:, None, None] + strength
    first = (hits[:, None, None] + strength * rate) / total
    second = first * (first * total + 1) / (total + 1)
    mean, square = ((likelihood * moment).sum(axis=(1, 2)) for moment in (first, second))

    shrunken = shrink_rates(hits, trials)

    np.testing.assert_allclose(shrunken.mean, mean, rtol=0, atol=2e-3)
    sample = mean * (1 - mean) / (square - mean**2) - 1
    some = 0 < hits.sum() < trials.sum()  # the grid of means is coarse next to 0 and 1
    np.testing.assert_allclose(shrunken.effective_sample, sample, rtol=0.03 if some else 0.2)
    alpha, beta = (
        hits[:, None, None] + strength * rate,
        (trials - hits)[:, None, None] + strength * (1 - rate),
    )
    for limit, share in ((shrunken.low, 0.025), (shrunken.high, 0.975)):
        below = (likelihood * scipy_stats.beta(alpha, beta).cdf(limit[:, None, None])).sum(axis=(1, 2))
        if some:
            np.testing.assert_allclose(below, share, rtol=0, atol=0.006)
    if not some:
        assert (shrunken.high == 1).all() if hits.any() else (shrunken.low == 0).all()


def test_groups_are_worth_the_calls_that_the_distribution_of_their_rates_is_worth():
    """Beta with parameters 6 and 14: 20 calls beside the group's own."""
    rng = np.random.default_rng(3)
    trials = rng.integers(20, 200, 2000)
    shrunken = shrink_rates(rng.binomial(trials, rng.beta(6, 14, 2000)), trials)

    assert shrunken.mean.mean() == pytest.approx(0.3, abs=0.01)
    assert np.median(shrunken.effective_sample - trials) == pytest.approx(20, rel=0.1)


def test_small_groups_move_most_and_every_group_moves_towards_the_others():
    shrunken = shrink_rates([0, 0, 30, 60, 45], [3, 300, 100, 200, 150])
    own = np.array([0, 0, 0.3, 0.3, 0.3])

    assert shrunken.mean[0] - own[0] > 0.05
    assert 0 < shrunken.mean[1] - own[1] < 0.01
    assert (shrunken.mean[2:] < own[2:]).all()


def test_a_group_without_trials_gets_what_its_siblings_say_and_null_stays_null():
    hits = pd.Series([30, 35, 0, None], dtype="Int64")
    trials = pd.Series([100, 100, 0, 5], dtype="Int64")

    shrunken = shrink_rates(hits, trials)

    assert shrunken.mean[2] == pytest.approx(0.325, abs=0.01)
    assert shrunken.low[2] < shrunken.low[0]
    assert np.isnan([column[3] for column in shrunken]).all()


@pytest.mark.parametrize(("hits", "trials"), [([], []), ([0], [0]), ([None], [None])])
def test_nothing_known_is_null(hits, trials):
    shrunken = shrink_rates(hits, trials)

    assert all(len(column) == len(hits) and np.isnan(column).all() for column in shrunken)


def test_the_interval_of_a_rate_does_not_depend_on_others_that_are_asked_with_it():
    """Each has its ends where scipy's mixture of betas has 2.5 and 97.5 %, whoever stands beside it."""
    weight = np.array([0.25, 0.75])
    alpha, beta = np.array([[2.0, 5, 2, 2], [4.0, 6, 4, 4.5]]), np.array([[3.0, 1, 3, 3], [6.0, 2, 6, 6]])

    low, high = RatePosterior(weight, alpha, beta).interval(0.95)

    ends = np.stack([low, high])
    np.testing.assert_allclose(
        weight @ scipy_stats.beta.cdf(ends[:, None], alpha, beta), [[0.025] * 4, [0.975] * 4], atol=1e-8
    )
    assert ends[:, 0].tolist() == ends[:, 2].tolist()
    assert len(set(low)) == 3


def test_one_group_alone_keeps_an_interval_about_as_wide_as_its_own():
    low, high = wilson(30, 100)

    shrunken = shrink_rates([30], [100])

    assert shrunken.high[0] - shrunken.low[0] == pytest.approx(high - low, rel=0.25)


def test_with_a_known_prior_the_mean_is_the_precision_weighted_one():
    """Mean 1 and variance 4 beforehand, a group's mean of 3 with variance 100/50: 7/3, 4/3."""
    prior = NormalPrior(np.array([1.0]), np.zeros(1), np.array([4.0]), np.ones(1), within=100.0)

    shrunken = shrink_means([3.0], [100.0], [50], prior)

    exact = scipy_stats.norm(7 / 3, np.sqrt(4 / 3))
    assert shrunken.mean[0] == pytest.approx(7 / 3, abs=1e-9)
    assert (shrunken.low[0], shrunken.high[0]) == pytest.approx(exact.interval(0.95), abs=1e-9)
    assert shrunken.weight[0] == pytest.approx(2 / 3, abs=1e-9)


@pytest.mark.parametrize(
    ("y", "noise"),
    [
        ([1.0, 2.0, 4.0, 3.0], [1.0, 0.5, 2.0, 0.25]),
        ([1.0, 2.0], [1.0, 1.0]),
        ([5.0, 5.01, 4.99, 5.0], [1.0, 1.0, 1.0, 1.0]),
        ([5.0, 50.0, -20.0, 10.0, 7.0], [1.0, 1.0, 1.0, 1.0, 0.01]),
    ],
)
def test_the_fitted_means_agree_with_integrating_over_the_variance_between_groups(y, noise):
    """The oracle takes scipy's likelihood at 2,000 Gauss-Legendre nodes of the shrinkage."""
    y, noise = 1e3 + np.array(y)[:, None], np.array(noise)[:, None]  # so that every call pays
    root, share = gauss_legendre(2000)
    shrinkage, share = 1 - root**2, share * np.sqrt(1 - root**2)  # beta with parameters 3/2 and 1/2
    between = 1 / np.mean(1 / noise) * shrinkage / (1 - shrinkage)
    centre_variance = 1 / (1 / (noise + between)).sum(axis=0)
    centre = centre_variance * (y / (noise + between)).sum(axis=0)
    likelihood = share * np.sqrt(centre_variance)
    likelihood *= scipy_stats.norm(centre, np.sqrt(noise + between)).pdf(y).prod(axis=0)
    likelihood /= likelihood.sum()
    pull = noise / (noise + between)
    estimate = pull * centre + (1 - pull) * y
    mean = (likelihood * estimate).sum(axis=1)
    square = (likelihood * (estimate**2 + between * pull + pull**2 * centre_variance)).sum(axis=1)
    half = scipy_stats.norm.ppf(0.975) * np.sqrt(square - mean**2)

    many = np.full(len(y), 10**13)  # so many calls that the pooled variance counts for nothing
    shrunken = shrink_means(y.ravel(), noise.ravel() * many, many)

    np.testing.assert_allclose(shrunken.mean, mean, rtol=0, atol=5e-4)
    np.testing.assert_allclose(shrunken.low, mean - half, rtol=0, atol=5e-4)
    np.testing.assert_allclose(shrunken.high, mean + half, rtol=0, atol=5e-4)


def test_three_calls_of_equal_margin_do_not_pass_for_a_certainty():
    shrunken = shrink_means([0.0, 5.0, 5.5, 4.5], [0.0, 100.0, 110.0, 90.0], [3, 500, 500, 500])

    assert shrunken.high[0] > 4.5
    assert shrunken.weight[0] < 0.2


def test_means_of_one_call_each_and_of_no_calls_are_understood():
    """Nobody can tell noise from difference then: the interval spans what the groups span."""
    shrunken = shrink_means([1.0, 2.0, 3.0, None], [None] * 4, [1, 1, 1, 0])

    assert (shrunken.low < 1.5).all()
    assert (shrunken.high > 2.5).all()
    assert shrunken.weight[3] == 0
    assert shrunken.mean[3] == pytest.approx(2.0)


def test_a_single_call_has_a_mean_and_no_interval():
    shrunken = shrink_means([5.0], [None], [1])

    assert shrunken.mean[0] == 5.0
    assert np.isnan([shrunken.low[0], shrunken.high[0]]).all()


def test_money_that_never_differs_leaves_no_doubt():
    shrunken = shrink_means([0.0, 0.0], [0.0, 0.0], [10, 20])

    assert shrunken.low.tolist() == shrunken.high.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("shrink", [shrink_rates, lambda a, b, **options: shrink_means(a, b, b, **options)])
def test_a_confidence_that_is_no_ratio_is_refused(shrink):
    with pytest.raises(InputError, match="confidence is 95"):
        shrink([1.0, 2.0], [3.0, 4.0], confidence=95)


def test_shrunken_intervals_cover_the_true_rates_and_means_about_as_often_as_they_say():
    rng = np.random.default_rng(11)
    covered, errors = [], []
    for _ in range(60):
        trials = rng.integers(1, 80, 25)
        rates = rng.beta(9, 21, 25)
        hits = rng.binomial(trials, rates)
        own = hits / trials
        by_rate = shrink_rates(hits, trials)
        variance = np.where(trials > 1, own * (1 - own) * trials / np.maximum(trials - 1, 1), np.nan)
        by_mean = shrink_means(own, variance, trials)
        covered.append([((s.low <= rates) & (rates <= s.high)).mean() for s in (by_rate, by_mean)])
        errors.append([((mean - rates) ** 2).sum() for mean in (own, by_rate.mean, by_mean.mean)])

    assert np.mean(covered, axis=0) == pytest.approx([0.95, 0.95], abs=0.025)
    own_error, *shrunken_errors = np.sum(errors, axis=0)
    assert max(shrunken_errors) < own_error / 2


@pytest.mark.parametrize(("groups", "chance"), [(30, 0.01), (12, 0.02), (6, 0.3), (30, 0.9)])
def test_means_of_money_that_few_calls_bring_are_unbiased_and_as_sure_as_they_say(groups, chance):
    """Chances differ by half (logit), 50 to 400 calls a group, 30.00 a call that pays."""
    rng = np.random.default_rng(13)
    covered, found, true = [], 0.0, 0.0
    for _ in range(40):
        odds = np.exp(np.log(chance / (1 - chance)) + rng.normal(0, 0.5, groups))
        truth = 30 * odds / (1 + odds)
        calls = rng.integers(50, 400, groups)
        hits = rng.binomial(calls, truth / 30)
        variance = 900 * hits / calls * (1 - hits / calls) * calls / (calls - 1)
        shrunken = shrink_means(30 * hits / calls, variance, calls)
        covered.append(((shrunken.low <= truth) & (truth <= shrunken.high)).mean())
        found, true = found + shrunken.mean @ calls, true + truth @ calls

    assert np.mean(covered) == pytest.approx(0.94, abs=0.03)
    assert found / true == pytest.approx(1.0, abs=0.05)
