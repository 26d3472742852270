"""Money per call with its interval agrees with plain resampling of callers and with sandwich errors."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats as scipy_stats

from dtanalytics.errors import InputError
from dtanalytics.stats.bootstrap import clustered_bootstrap, degrees, influence
from dtanalytics.stats.callers import gather_callers


def calls_of_callers(callers, seed, pays=0.3, price=30.0):
    """Callers who call once or more; each has a propensity of their own to convert."""
    rng = np.random.default_rng(seed)
    number = rng.geometric(0.6, callers)
    chance = np.repeat(rng.beta(3 * pays, 3 * (1 - pays), callers), number)
    money = np.where(rng.random(chance.size) < chance, price, 0.0)
    return money - np.where(rng.random(chance.size) < 0.2, 12.25, 0.0), np.repeat(np.arange(callers), number)


def plain_bootstrap(money, caller, repeats, seed):
    """Ratios of whole callers drawn with replacement, the slow way."""
    rng = np.random.default_rng(seed)
    value, calls = np.bincount(caller, money), np.bincount(caller)
    picks = rng.integers(0, calls.size, (repeats, calls.size))
    return value[picks].sum(axis=1) / calls[picks].sum(axis=1)


@pytest.mark.parametrize("price", ["fixed", "continuous"])
def test_the_interval_is_that_of_resampling_whole_callers(price):
    """Fixed prices make few kinds of callers, continuous ones more than are drawn one by one."""
    money, caller = calls_of_callers(900, seed=1)
    if price == "continuous":
        money = money * np.random.default_rng(2).gamma(2, 0.5, money.size)

    table = clustered_bootstrap(money, clusters=caller, repeats=20_000)

    plain = plain_bootstrap(money, caller, 20_000, seed=3)
    row = table.iloc[0]
    assert row["estimate"] == pytest.approx(money.mean())
    assert row["standard_error"] == pytest.approx(plain.std(), rel=0.03)
    low, high = np.quantile(plain, [0.025, 0.975])
    assert row["low"] == pytest.approx(low, abs=0.1 * plain.std())
    # Where prices differ the upper end lies higher: the largest amounts have mostly not come yet.
    assert high - 0.1 * plain.std() < row["high"] < high + 0.25 * plain.std()


def test_the_standard_error_is_the_cluster_robust_one_of_statsmodels():
    money, caller = calls_of_callers(3000, seed=4)

    table = clustered_bootstrap(money, clusters=caller, repeats=10_000)

    options = {"groups": caller, "use_correction": False}
    fit = sm.OLS(money, np.ones(money.size)).fit(cov_type="cluster", cov_kwds=options)
    assert table["standard_error"].iloc[0] == pytest.approx(fit.bse[0], rel=0.03)


def test_calls_of_one_caller_that_are_alike_count_as_one_observation():
    """Each caller's calls repeated four times: the same interval by caller, half of it by call."""
    money, _ = calls_of_callers(300, seed=5)
    once = clustered_bootstrap(money)
    caller = np.tile(np.arange(money.size), 4)

    by_caller = clustered_bootstrap(np.tile(money, 4), clusters=caller)
    by_call = clustered_bootstrap(np.tile(money, 4))

    assert by_caller["standard_error"].iloc[0] == pytest.approx(once["standard_error"].iloc[0], rel=0.1)
    assert by_call["standard_error"].iloc[0] == pytest.approx(once["standard_error"].iloc[0] / 2, rel=0.1)
    assert by_caller["clusters"].iloc[0] == money.size


def test_the_order_of_the_rows_changes_nothing_and_neither_does_a_second_run():
    money, caller = calls_of_callers(400, seed=6)
    group = np.random.default_rng(7).choice(["b", "a", "c"], money.size)
    order = np.random.default_rng(8).permutation(money.size)

    table = clustered_bootstrap(money, clusters=caller, groups=group)
    shuffled = clustered_bootstrap(money[order], clusters=caller[order], groups=group[order])

    pd.testing.assert_frame_equal(table, shuffled, rtol=1e-9)
    assert table.index.tolist() == ["a", "b", "c"]


def test_groups_have_the_intervals_that_they_have_alone():
    first, caller = calls_of_callers(500, seed=9)
    second, other = calls_of_callers(80, seed=10, pays=0.6)
    group = np.repeat(["x", "y"], [first.size, second.size])

    both = clustered_bootstrap(
        np.r_[first, second], clusters=np.r_[caller, other + 1000], groups=group, repeats=10_000
    )

    for label, money, who in (("x", first, caller), ("y", second, other)):
        alone = clustered_bootstrap(money, clusters=who, repeats=10_000, seed=1).iloc[0]
        width = alone["standard_error"]
        assert both.loc[label, "estimate"] == pytest.approx(alone["estimate"])
        assert both.loc[label, ["low", "high"]].tolist() == pytest.approx(
            alone[["low", "high"]].tolist(), abs=width / 8
        )


def test_unknown_callers_stand_alone():
    money = [10.0, 0.0, 10.0, 0.0, 5.0]
    unknown = pd.Series([None, None, None, "x", "x"], dtype="str")

    table = clustered_bootstrap(pd.Series(money), clusters=unknown)

    assert table["clusters"].iloc[0] == 4


def test_without_a_second_caller_there_is_no_interval_and_without_calls_no_ratio():
    table = clustered_bootstrap(
        [5.0, 7.0, 1.0], [1, 1, 0], clusters=["a", "a", "b"], groups=["one", "one", "none"]
    )

    assert table.loc["one", "estimate"] == 6.0
    assert table.loc["one", ["low", "high", "standard_error"]].isna().all()
    assert table.loc["none", ["estimate", "low", "high"]].isna().all()


def test_equal_callers_leave_no_spread_and_a_null_group_is_kept():
    table = clustered_bootstrap(
        [2.5] * 6, groups=pd.Series(["a", "a", "a", None, None, None], dtype="category")
    )

    assert len(table) == 2
    assert table.index.isna().tolist() == [False, True]
    assert (table[["estimate", "low", "high"]] == 2.5).all(axis=None)


def test_no_rows_make_an_empty_table():
    table = clustered_bootstrap([], clusters=[], groups=[])

    assert table.shape == (0, 5)


def test_arguments_that_cannot_be_are_refused():
    with pytest.raises(InputError, match="2 values, 2 denominators, 1 clusters"):
        clustered_bootstrap([1.0, 2.0], clusters=["a"])
    with pytest.raises(InputError, match="repeats is 10"):
        clustered_bootstrap([1.0, 2.0], repeats=10)
    with pytest.raises(InputError, match="confidence is 95"):
        clustered_bootstrap([1.0, 2.0], confidence=95)


def test_the_interval_covers_the_true_margin_per_call_about_as_often_as_it_says():
    """Five hundred groups of fifty callers, each group with the same truth: 30 x 0.3 - 12.25 x 0.2."""
    money, caller = calls_of_callers(25_000, seed=12)

    table = clustered_bootstrap(money, clusters=caller, groups=caller // 50)

    covered = (table["low"] <= 6.55) & (table["high"] >= 6.55)
    assert covered.mean() == pytest.approx(0.95, abs=0.025)


@pytest.mark.parametrize(("gain", "loss"), [(12.0, 0.0), (5.0, 60.0)])
def test_the_interval_covers_the_true_margin_where_hardly_any_caller_pays(gain, loss):
    """A thousand groups of thirty callers, of whom about three pay, or cost what all others bring in."""
    rng = np.random.default_rng(13)
    number = rng.geometric(0.7, 30_000)
    rare = rng.random(number.sum()) < np.repeat(rng.beta(0.3, 2.7, 30_000), number)
    money = 5.0 - loss * rare if loss else gain * rare
    truth = 5.0 - loss / 10 if loss else gain / 10
    caller = np.repeat(np.arange(30_000), number)

    table = clustered_bootstrap(money, clusters=caller, groups=caller // 30)

    covered = (table["low"] <= truth) & (table["high"] >= truth)
    assert covered.mean() == pytest.approx(0.95, abs=0.03)


def test_the_interval_covers_where_single_amounts_make_up_most_of_the_money():
    """Five hundred groups of a hundred callers, 30 % of whom pay a lognormal amount of variance 7 and mean 1."""
    rng = np.random.default_rng(14)
    caller = np.arange(50_000)
    money = (rng.random(50_000) < 0.3) * np.exp(rng.normal(-(1.44**2) / 2, 1.44, 50_000))

    table = clustered_bootstrap(money, clusters=caller, groups=caller // 100, repeats=400)

    covered = (table["low"] <= 0.3) & (table["high"] >= 0.3)
    assert covered.mean() > 0.91


def test_few_payers_have_the_degrees_of_freedom_that_the_kurtosis_of_their_money_gives():
    """2 n / (kurtosis - 1) after scipy: 8.4 for three payers of thirty; each caller called once."""
    money = np.repeat([1.0, 0.0], [3, 27])
    groups = np.zeros(30, dtype=np.int64)

    callers = gather_callers(money, None, None, groups, 1)

    expected = 60 / (scipy_stats.kurtosis(money, fisher=False) - 1)
    assert degrees((callers, influence(callers))) == pytest.approx([expected], rel=1e-12)
