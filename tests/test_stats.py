"""Intervals, differences and q-values agree with statsmodels and scipy."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats as scipy_stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from dtanalytics.errors import InputError
from dtanalytics.stats.intervals import as_floats, benjamini_hochberg, newcombe, wilson

COUNTS = [(0, 1), (1, 1), (0, 50), (50, 50), (3, 7), (480, 1000), (1, 10**9), (123456, 1000000)]


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.999])
def test_wilson_agrees_with_statsmodels(confidence):
    hits, trials = np.array(COUNTS).T

    low, high = wilson(hits, trials, confidence)

    expected = proportion_confint(hits, trials, alpha=1 - confidence, method="wilson")
    np.testing.assert_allclose(low, expected[0], rtol=0, atol=1e-12)
    np.testing.assert_allclose(high, expected[1], rtol=0, atol=1e-12)


def test_wilson_ends_exactly_at_zero_and_one():
    low, high = wilson([0, 7], [7, 7])

    assert low[0] == 0.0
    assert high[1] == 1.0


def test_wilson_is_null_where_there_is_no_proportion():
    """No trials, a null count, more successes than trials: null on both sides, and no warning."""
    hits = pd.Series([0, None, 3, -1, 1], dtype="Int64")
    trials = pd.Series([0, 5, 2, 4, 2], dtype="Int32")

    low, high = wilson(hits, trials)

    assert np.isnan(low).tolist() == [True, True, True, True, False]
    assert np.isnan(high).tolist() == [True, True, True, True, False]


def test_wilson_of_numbers_is_a_number():
    low, high = wilson(8, 10)

    assert (low, high) == pytest.approx(
        scipy_stats.binomtest(8, 10).proportion_ci(method="wilson"), abs=1e-12
    )
    assert isinstance(low, float)


def test_a_confidence_that_is_no_ratio_is_refused():
    with pytest.raises(InputError, match="confidence is 95"):
        wilson(8, 10, confidence=95)


@pytest.mark.parametrize("first", COUNTS)
@pytest.mark.parametrize("second", COUNTS)
def test_newcombe_agrees_with_statsmodels(first, second):
    low, high = newcombe(*first, *second)

    expected = confint_proportions_2indep(*first, *second, method="newcomb", compare="diff")
    assert (low, high) == pytest.approx(expected, abs=1e-9)


def test_newcombe_is_null_when_one_side_has_no_trials():
    low, high = newcombe([1, 1], [2, 2], [0, 1], [0, 2])

    assert np.isnan(low).tolist() == [True, False]
    assert np.isnan(high).tolist() == [True, False]


def test_q_values_agree_with_statsmodels_and_scipy():
    p = np.random.default_rng(7).uniform(size=200) ** 3

    q = benjamini_hochberg(p)

    np.testing.assert_allclose(q, multipletests(p, method="fdr_bh")[1], rtol=0, atol=1e-12)
    np.testing.assert_allclose(q, scipy_stats.false_discovery_control(p), rtol=0, atol=1e-12)


def test_null_p_values_stay_null_and_do_not_count_as_tests():
    q = benjamini_hochberg([0.01, None, 0.04, 0.03, np.nan])

    expected = scipy_stats.false_discovery_control([0.01, 0.04, 0.03])
    np.testing.assert_allclose(q[[0, 2, 3]], expected, atol=1e-12)
    assert np.isnan(q[[1, 4]]).all()


@pytest.mark.parametrize("p", [[], [None, np.nan]])
def test_no_p_values_give_no_q_values(p):
    q = benjamini_hochberg(p)

    assert len(q) == len(p)
    assert np.isnan(q).all()


def test_numbers_are_read_from_any_kind_of_column():
    from decimal import Decimal

    assert as_floats(pd.Series([1, None], dtype="Int32"))[0] == 1.0
    assert np.isnan(as_floats(pd.Series([1, None], dtype="Int32"))[1])
    assert as_floats(pd.Series([Decimal("1.25"), None]))[0] == 1.25
    assert as_floats([True, False]).tolist() == [1.0, 0.0]
    assert np.isnan(as_floats(None))
