"""The scorecard: estimates with intervals, shrunken forms, and verdicts that are seldom wrong."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
import regimes
import statsmodels.api as sm
from segment_calls import make_calls
from statsmodels.stats.proportion import proportion_confint

import dtanalytics as dta
from dtanalytics.analysis.partners.scorecard import scorecard
from dtanalytics.analysis.partners.verdict import decide
from dtanalytics.errors import InputError, SchemaError

SIZES = {"North": 900, "South": 600, "East": 300, "West": 40}


@pytest.fixture(scope="module")
def calls():
    return make_calls(SIZES, qualified={"North": 0.7, "South": 0.5, "East": 0.2, "West": 0.5}, seed=2)


@pytest.fixture(scope="module")
def card(calls):
    return scorecard(calls, "affiliate", target=4.0)


def test_the_estimates_are_those_of_the_rollup(calls, card):
    metrics = [
        "call_count",
        "connected_count",
        "margin",
        "connect_rate",
        "offer_qualification_rate",
        "repeat_rate",
    ]
    expected = dta.rollup(calls, "affiliate", [*metrics, "contest_rate", "margin_per_call"])

    found = card.set_index("affiliate").loc[expected["affiliate"]]
    for name in expected.columns[1:]:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-12)


def test_rates_have_wilson_intervals_and_every_estimate_its_companions(calls, card):
    row = card.set_index("affiliate").loc["South"]
    south = calls[calls["affiliate"] == "South"]
    expected = proportion_confint((south["lead_status"] == "Connected").sum(), 600, method="wilson")

    assert (row["connect_rate_low"], row["connect_rate_high"]) == pytest.approx(expected, abs=1e-9)
    for name in (
        "connect_rate",
        "offer_qualification_rate",
        "affiliate_qualification_rate",
        "contest_rate",
        "repeat_rate",
        "margin_per_call",
        "trend",
    ):
        assert (card[f"{name}_low"] <= card[name]).all()
        assert (card[name] <= card[f"{name}_high"]).all()
        assert card[f"{name}_shrunken"].notna().all()


def test_a_small_segment_is_pulled_towards_the_others_and_large_ones_hardly():
    rates = {"North": 0.3, "South": 0.5, "East": 0.7, "New": 1.0}
    calls = make_calls({"North": 1500, "South": 1500, "East": 1500, "New": 15}, qualified=rates, seed=1)

    card = scorecard(calls, "affiliate", flags=False).set_index("affiliate")

    moved = card["margin_per_call_shrunken"] - card["margin_per_call"]
    assert moved["New"] < -1
    assert moved.drop("New").abs().max() < 0.2


def test_verdicts_follow_the_truth_and_say_how_many_calls_are_missing(card):
    """True margin per call: North 0.7 * 20 - 5 = 9, South 5, East -1, West 5, against 4."""
    verdict = card.set_index("affiliate")["verdict"]
    needed = card.set_index("affiliate")["calls_needed"]

    assert verdict[["North", "East", "West"]].tolist() == ["keep", "cut", "wait"]
    assert needed[["North", "East"]].tolist() == [0, 0]
    assert needed["West"] > 100


def test_the_table_states_its_target(calls, card):
    overall = scorecard(calls, "affiliate", target="overall", flags=False)

    assert card.attrs["target"]["value"] == 4.0
    assert overall.attrs["target"]["value"] == pytest.approx(card["margin"].sum() / card["call_count"].sum())
    assert scorecard(calls, flags=False).attrs["target"]["meaning"] == "margin per call of 0.00 or more"


def test_shares_of_margin_add_up_to_one_and_the_largest_stands_first(card):
    assert card["margin_share"].abs().sum() == pytest.approx(1.0)
    assert card["margin"].is_monotonic_decreasing


def test_at_the_target_exactly_few_segments_are_decided_about():
    """Two hundred segments whose true margin per call is the target: at most one in twenty runs decides."""
    sizes = {f"A{number:03d}": 60 for number in range(200)}
    wrong = 0
    for seed in range(5):
        calls = make_calls(sizes, qualified=0.5, paid=0.4, seed=100 + seed)
        card = scorecard(calls, "affiliate", target=5.0, flags=False, repeats=200)
        wrong += (card["verdict"] != "wait").sum()

    assert wrong <= 1


def test_the_calls_said_to_be_needed_settle_the_question_about_as_often_as_promised():
    """Power 0.8 by simulation of the test itself: a mean 1 above the target, variance 25 a call."""
    alone = decide(*(np.array([value]) for value in (1.0, 1.0, 25.0, 50.0, 50.0)), 0.0, 0.95)
    total = 50 + int(alone.calls_needed[0])
    rng = np.random.default_rng(5)
    samples = rng.normal(1.0, 5.0, (2000, total))
    error = samples.std(axis=1, ddof=1) / np.sqrt(total)

    settled = np.abs(samples.mean(axis=1) / error) > 1.97

    assert alone.verdict[0] == "wait"
    assert settled.mean() == pytest.approx(0.8, abs=0.04)


def test_three_calls_of_no_margin_are_no_reason_to_cut():
    calls = make_calls(SIZES, seed=3)
    few = make_calls({"New": 3}, qualified=0.0, paid=0.0, seed=4)

    card = scorecard(pd.concat([calls, few], ignore_index=True), "affiliate", target=4.0, flags=False)

    assert card.set_index("affiliate").loc["New", "verdict"] == "wait"


@pytest.mark.parametrize(
    ("segments", "chance", "price"), [(12, 0.01, 700.0), (6, 0.02, 400.0), (1, 0.01, 800.0)]
)
def test_an_affiliate_whose_rare_sale_has_not_come_yet_is_not_cut(segments, chance, price):
    """Each pays its way: at 1 % of 700.00 a call is worth 7.00, and costs 0.4 times 12.50."""
    rng = np.random.default_rng(8)
    cut = 0
    for _ in range(6):
        calls = regimes.calls(rng, segments, 200, chance, price=price, paid=0.4)
        card = scorecard(calls, "affiliate", flags=False, repeats=100)
        cut += int((card["verdict"] == "cut").sum())
        without = card[card["margin"] < 0]
        assert (without["calls_needed"].isna() | (without["calls_needed"] > 50)).all()

    assert cut <= 1


def test_an_affiliate_that_loses_money_on_enough_calls_is_cut_though_sales_are_rare():
    """One sale of 400.00 in 50 calls elsewhere; 1,500 calls that cost 5.00 each would have had some 20."""
    rng = np.random.default_rng(9)
    calls = regimes.calls(rng, 5, 1500, [0.0, 0.02, 0.02, 0.02, 0.02], price=400.0, paid=0.4)

    card = scorecard(calls, "affiliate", flags=False, repeats=100).set_index("affiliate")

    assert card.loc["A0000", "verdict"] == "cut"


def test_where_no_amount_is_known_to_be_above_the_target_nobody_is_cut():
    calls = regimes.calls(np.random.default_rng(9), 2, 300, 0.0, price=0.0, paid=0.4)

    card = scorecard(calls, "affiliate", flags=False, repeats=100)

    assert card["verdict"].tolist() == ["wait", "wait"]


def test_a_drop_over_time_shows_in_the_trend():
    calls = make_calls(SIZES, qualified=0.6, seed=6)
    late = (calls["call_day"] >= "2026-09-15") & (calls["affiliate"] == "North")
    calls.loc[late, "offer_qualified"] = False

    row = scorecard(calls, "affiliate", flags=False).set_index("affiliate").loc["North"]

    assert row["trend_high"] < -2
    assert row["trend_shrunken"] < 0


def test_the_trend_is_the_slope_of_least_squares_with_errors_clustered_by_caller():
    calls = make_calls({"North": 500}, seed=9)
    calls["caller_id"] = (np.arange(500) % 120).astype(str)
    weeks = (calls["call_date"] - calls["call_date"].min()).dt.total_seconds().to_numpy() / (7 * 86_400)
    money = (calls["offer_qualified"] * 20.0 - calls["affiliate_qualified"] * 12.5).to_numpy(dtype=float)

    row = scorecard(calls, "affiliate", flags=False).iloc[0]

    options = {"groups": calls["caller_id"].astype(int).to_numpy(), "use_correction": False}
    fit = sm.OLS(money, sm.add_constant(weeks)).fit(cov_type="cluster", cov_kwds=options)
    assert row["trend"] == pytest.approx(fit.params[1], abs=1e-9)
    half = 1.959963984540054 * fit.bse[1] * np.sqrt(120 / 118)
    assert row["trend_high"] - row["trend"] == pytest.approx(half, rel=1e-9)


def test_signals_worth_a_look_are_named():
    calls = make_calls(SIZES, seed=7)
    at = calls.index[calls["affiliate"] == "East"][100:200]
    calls.loc[at, "call_date"] = pd.Timestamp("2026-09-10 12:01", tz="America/New_York")

    card = scorecard(calls, "affiliate").set_index("affiliate")

    assert "bursts" in card.loc["East", "quality_flags"]
    assert card.loc["North", "quality_flags"] == ""


def test_the_frame_stays_as_it_was_and_the_order_of_rows_does_not_matter(calls, card):
    before = calls.copy(deep=True)
    shuffled = scorecard(calls.sample(frac=1, random_state=1), "affiliate", target=4.0)

    pd.testing.assert_frame_equal(calls, before)
    pd.testing.assert_frame_equal(card, shuffled, rtol=1e-9)


def test_plain_columns_give_the_same_card(calls, card):
    """Plain bool flags, Decimal money, names as text."""
    plain = calls.assign(
        affiliate=calls["affiliate"].astype("str"),
        offer_qualified=calls["offer_qualified"].astype(bool),
        offer_price=[Decimal("20.0000")] * len(calls),
        affiliate_price=[Decimal("12.5000")] * len(calls),
    )

    found = scorecard(plain, "affiliate", target=4.0)

    pd.testing.assert_frame_equal(found, card, check_dtype=False, check_categorical=False)


def test_no_calls_give_an_empty_card_of_the_same_columns(calls, card):
    empty = scorecard(calls.iloc[:0], "affiliate", target=4.0)

    assert empty.columns.tolist() == card.columns.tolist()
    assert len(empty) == 0


def test_one_segment_alone_is_judged_by_itself():
    card = scorecard(make_calls({"Only": 400}, seed=8), "affiliate", target=2.0)

    assert card["verdict"].tolist() == ["keep"]


def test_what_cannot_be_is_refused(calls):
    with pytest.raises(InputError, match="target is 'ovrall'"):
        scorecard(calls, target="ovrall")
    with pytest.raises(InputError, match="name at least one column"):
        scorecard(calls, [])
    with pytest.raises(SchemaError, match="offer_price"):
        scorecard(calls.drop(columns="offer_price"))
