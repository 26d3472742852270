"""Keyword tables: labels, paths, money to the cent, words, weights by rank, pools, bids."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from scipy import stats as scipy_stats

from dtanalytics.analysis.keywords import (
    keyword_value,
    keywords,
    pool_health,
    rank_weights,
    suggest_bids,
    valuetrack,
)
from dtanalytics.analysis.keywords.ngrams import words
from dtanalytics.errors import InputError, SchemaError


def calls():
    """Six joined calls: two of keyword 11, one of 12, one template, one of no keyword, one only in LeadFlow."""
    return pd.DataFrame(
        {
            "sid": pd.Series(list("abcdef"), dtype="str"),
            "lead_status": pd.Categorical(
                ["Connected", "Connected", "Hang Up", "Connected", "Connected", "Connected"]
            ),
            "offer_qualified": pd.array([True, False, False, True, True, None], dtype="boolean"),
            "offer_price": [0.1, 40.0, 40.0, 0.2, 30.0, 9.0],
            "affiliate_qualified": pd.array([True, True, False, False, True, None], dtype="boolean"),
            "affiliate_price": [0.3, 25.0, 25.0, 25.0, 20.0, 9.0],
            "call_hour": pd.array([9, 9, 10, 23, 0, None], dtype="Int8"),
            "rank": pd.array([1, 2, 1, 5, 3, None], dtype="Int8"),
            "adwords_account_id": pd.Series(["1", "1", "1", "1", None, None], dtype="str"),
            "adwords_campaign_id": pd.Series(["2", "2", "2", "2", None, None], dtype="str"),
            "adwords_adgroup_id": pd.Series(["3", "3", "3", "3", None, None], dtype="str"),
            "adwords_keyword_id": pd.Series(["011", "011", "12", None, None, None], dtype="str"),
            "vt_keyword": pd.Series(["roof", "{keyword}", "<script>", "{keyword}", "", None], dtype="str"),
            "vt_device": pd.Categorical(["m", "m", "c", "tv", "{device}", None]),
            "search_term": pd.Series(
                ["roof repair", "Roof Repair near me", "roof", None, "", None], dtype="str"
            ),
        }
    )


def test_a_keyword_table_has_a_row_for_each_path_and_one_for_calls_by_no_keyword():
    table = keywords(calls())

    assert table["path"].fillna("null").tolist() == [
        "1 > 2 > 3 > 011",
        "1 > 2 > 3 > 12",
        "1 > 2 > 3 > ?",
        "null",
    ]
    assert table["keyword"].fillna("null").tolist() == ["roof", "<script>", "null", "null"]
    assert table["call_count"].tolist() == [2, 1, 1, 2]
    assert table["connected_count"].tolist() == [2, 0, 1, 2]
    assert table["offer_qualified_count"].tolist() == [1, 0, 1, 1]


def test_money_of_keywords_is_what_decimal_arithmetic_says():
    table = keywords(calls()).set_index("path")
    margin = [Decimal("0.1") - Decimal("0.3") - 25, Decimal(0), Decimal("0.2"), Decimal(10)]

    assert table["margin"].tolist() == [float(amount) for amount in margin]
    assert table["revenue"].sum() == 30.3
    assert table.loc["1 > 2 > 3 > 011", "margin_per_call"] == -12.6
    assert table.loc["1 > 2 > 3 > 011", "margin_per_qualified"] == -25.2
    assert np.isnan(table.loc["1 > 2 > 3 > 12", "revenue_per_qualified"])


@pytest.mark.parametrize(
    ("level", "names", "counts"),
    [
        ("ad_group", ["1 > 2 > 3", "null"], [4, 2]),
        ("campaign", ["1 > 2", "null"], [4, 2]),
        ("account", ["1", "null"], [4, 2]),
        ("device", ["computer", "mobile", "tv", "null"], [1, 2, 1, 2]),
        ("hour", ["0", "9", "10", "23", "null"], [1, 2, 1, 1, 1]),
        ("1gram", ["me", "near", "repair", "roof", "null"], [1, 1, 2, 3, 3]),
        ("2gram", ["near me", "repair near", "roof repair", "null"], [1, 1, 2, 4]),
    ],
)
def test_every_level_keeps_what_is_unknown_as_a_row(level, names, counts):
    table = keywords(calls(), level)
    name = {"hour": "call_hour"}.get(level, "path" if "path" in table else level)

    assert table[name].astype("str").fillna("null").tolist() == names
    assert table["call_count"].tolist() == counts


def test_tables_of_paths_devices_and_hours_tie_to_the_same_totals():
    totals = [keywords(calls(), level)[["call_count", "revenue", "payout", "margin"]].sum().tolist() for level in (
        "keyword", "ad_group", "campaign", "account", "device", "hour")]  # fmt: skip

    assert all(total == pytest.approx([6, 30.3, 45.3, -15.0], abs=1e-9) for total in totals)


def test_plain_dtypes_give_the_same_table_and_the_frame_is_not_changed():
    frame = calls()
    plain = frame.astype(
        {"lead_status": object, "vt_device": object, "adwords_keyword_id": object, "vt_keyword": "category"}
    )
    plain["offer_price"] = [Decimal(str(value)) for value in frame["offer_price"]]
    before = plain.copy()

    pd.testing.assert_frame_equal(keywords(plain), keywords(frame))
    pd.testing.assert_frame_equal(plain, before)


@pytest.mark.parametrize("level", ["keyword", "account", "2gram", "device", "hour"])
def test_no_calls_make_a_table_of_the_same_columns(level):
    empty = keywords(calls()[:0], level, weights=dict.fromkeys(range(1, 6), 1))

    assert len(empty) == 0
    assert list(empty.columns) == list(
        keywords(calls(), level, weights=dict.fromkeys(range(1, 6), 1)).columns
    )


def test_bids_alone_know_calls_and_ranks_but_no_money():
    bids = calls().drop(
        columns=["lead_status", "offer_qualified", "offer_price", "affiliate_qualified", "affiliate_price"]
    )
    table = keywords(bids, "account")

    assert table.drop(columns=["adwords_account_id", "path"]).to_numpy().tolist() == [
        [4, 2, 1, 0, 0, 1],
        [2, 0, 0, 1, 0, 0],
    ]


def test_keywords_without_an_id_are_told_apart_by_their_words():
    frame = calls().assign(adwords_keyword_id=None, vt_keyword=["a", "b", "a", None, None, None])

    assert keywords(frame)["keyword"].fillna("null").tolist() == ["a", "b", "null", "null"]


def test_an_unknown_level_and_a_missing_column_are_named():
    with pytest.raises(InputError, match="did you mean 'keyword'"):
        keywords(calls(), "keywrd")
    with pytest.raises(SchemaError, match="search_term"):
        keywords(calls().drop(columns="search_term"), "2gram")


def test_valuetrack_codes_are_labelled_and_broken_templates_flagged():
    frame = calls().assign(
        vt_matchtype=["e", "p", "b", "q", None, None], vt_network=["g", "s", "d", "x", "ytv", None]
    )
    labels = valuetrack(frame)

    assert labels["match_type"].astype("str").fillna("null").tolist() == [
        "exact",
        "phrase",
        "broad",
        "q",
        "null",
        "null",
    ]
    assert labels["network"].astype("str").fillna("null").tolist() == [
        "search",
        "partner",
        "display",
        "Performance Max",
        "ytv",
        "null",
    ]
    assert labels["unexpanded"].tolist() == [False, True, False, True, True, False]
    with pytest.raises(SchemaError, match="ValueTrack"):
        valuetrack(pd.DataFrame({"sid": ["a"]}))


def test_words_of_any_script_are_found_once_each():
    assert words("屋顶 维修 — 屋顶 维修", 2) == ["屋顶 维修", "维修 屋顶"]
    assert words("Straße's 24-hour", 1) == ["strasse's", "24-hour"]
    assert words("one", 2) == []


def test_weights_lie_between_the_surest_calls_and_all_calls():
    table = keywords(calls(), "account", weights={1: 1, 2: 0.5, 3: 0.25, 5: 0}).iloc[0]

    assert (table["weighted_calls"], table["call_count_rank_1"], table["call_count"]) == (2.5, 2, 4)
    assert table["weighted_margin"] == pytest.approx(-0.2 + 0.5 * -25)
    assert (table["margin_rank_1"], table["margin"]) == (pytest.approx(-0.2), -25.0)
    assert table["weighted_margin_per_call"] == pytest.approx(-12.7 / 2.5)


def test_the_weights_that_were_used_are_shown_and_nonsense_is_refused():
    table = keywords(calls(), weights={1: 1, 2: 0.5, 3: 0.25, 5: 0, None: 0.75})

    assert table.attrs["dtanalytics"]["rank_weights"] == {"1": 1, "2": 0.5, "3": 0.25, "5": 0, "None": 0.75}
    assert table["weighted_calls"].iloc[-1] == 1.0
    with pytest.raises(InputError, match=r"no weight for rank \[5\]"):
        keywords(calls(), weights={1: 1, 2: 1, 3: 1})
    with pytest.raises(InputError, match="from 0 to 1"):
        keywords(calls(), weights={1: 1, 2: 7, 3: 1, 5: 1})
    with pytest.raises(InputError, match="estimate"):
        keywords(calls(), weights="guess")


def ranked_calls(seed, wrong):
    """Calls of 60 keywords of known rates; at each rank a known share bears the keyword of another call."""
    rng = np.random.default_rng(seed)
    size = 40_000
    truth, keyword, rank = rng.beta(4, 6, 60), rng.integers(0, 60, size), rng.integers(1, 6, size)
    qualified = rng.random(size) < truth[keyword]
    shown = np.where(rng.random(size) < np.array(wrong)[rank - 1], rng.integers(0, 60, size), keyword)
    ids = dict.fromkeys(("adwords_account_id", "adwords_campaign_id", "adwords_adgroup_id"), "1")
    return pd.DataFrame(
        {**ids, "adwords_keyword_id": shown.astype(str), "rank": rank, "offer_qualified": qualified}
    )


def test_estimated_weights_find_the_share_of_calls_with_the_right_keyword():
    weights = rank_weights(ranked_calls(1, (0, 0.1, 0.3, 0.6, 1)))

    assert weights["weight"].tolist() == pytest.approx([1, 0.9, 0.7, 0.4, 0], abs=0.1)
    assert weights["estimated"].all()
    assert (weights["weight"].diff()[1:] <= 0).all()


def test_intervals_of_estimated_weights_cover_the_truth():
    covered = []
    for seed in range(25):
        weights = rank_weights(ranked_calls(seed, (0, 0.1, 0.3, 0.5, 0.6))[:8000])[1:]
        covered += (
            (weights["low"] <= [0.9, 0.7, 0.5, 0.4]) & (weights["high"] >= [0.9, 0.7, 0.5, 0.4])
        ).tolist()

    assert np.mean(covered) == pytest.approx(0.95, abs=0.05)


def test_weights_that_nothing_tells_of_are_one_and_say_so():
    weights = rank_weights(ranked_calls(1, (0,) * 5).query("rank == 1"))

    assert weights["weight"].tolist() == [1] * 5
    assert weights["estimated"].tolist() == [True, False, False, False, False]
    assert weights[["low", "high"]].to_numpy()[1:].tolist() == [[0, 1]] * 4


def test_pool_health_shows_the_mix_of_ranks_over_time():
    bids = pd.DataFrame(
        {
            "date_added": pd.to_datetime(
                ["2026-10-05", "2026-10-11 23:59", "2026-10-12", "2026-10-12"], format="ISO8601"
            ),
            "rank": pd.array([1, 4, 2, None], dtype="Int8"),
            "pool_id": [7, 7, 7, 8],
            "domain_set_id": [9, 9, 9, 9],
        }
    )
    health = pool_health(bids)

    assert health["week"].dt.strftime("%m-%d").tolist() == ["10-05", "10-12", "10-12"]
    assert health["rank_1_share"].fillna(-1).tolist() == [0.5, 0, -1]
    assert health["mean_rank"].fillna(-1).tolist() == [2.5, 2, -1]
    interval = scipy_stats.binomtest(1, 2).proportion_ci(method="wilson")
    assert health.loc[0, ["rank_1_share_low", "rank_1_share_high"]].tolist() == pytest.approx(list(interval))


def test_values_are_raw_and_shrunken_side_by_side():
    values = keyword_value(calls().dropna(subset="offer_qualified"))

    assert values["call_count"].tolist() == [2, 1, 1, 1]
    assert values["qualified_count"].tolist() == [2, 0, 1, 1]
    assert values["value_per_call"].tolist() == pytest.approx([-12.6, 0, 0.2, 10])
    assert values["value_per_qualified"].fillna(-1).tolist() == pytest.approx([-12.6, -1, 0.2, 10])
    assert values["qualification_rate_shrunken"].between(0, 1).all()
    assert (values["value_per_call_low"] <= values["value_per_call_high"]).all()


def test_revenue_counts_calls_that_the_advertiser_pays_for_and_null_flags_nowhere():
    values = keyword_value(calls(), "account", value="revenue")

    assert values["call_count"].tolist() == [4, 1]
    assert values["qualified_count"].tolist() == [2, 1]
    assert values["value_per_call"].tolist() == pytest.approx([0.3 / 4, 30])


def test_a_keyword_of_few_calls_borrows_from_its_ad_group_and_not_from_another():
    rng = np.random.default_rng(5)
    size = 4000
    group = rng.integers(0, 2, size)
    keyword = group * 100 + rng.integers(0, 20, size)
    frame = pd.DataFrame(
        {
            "adwords_account_id": "1",
            "adwords_campaign_id": "2",
            "adwords_adgroup_id": group.astype(str),
            "adwords_keyword_id": keyword.astype(str),
            "offer_qualified": rng.random(size) < np.where(group == 0, 0.2, 0.7),
            "offer_price": 10.0,
            "affiliate_qualified": False,
            "affiliate_price": 0.0,
        }
    )
    odd = frame.iloc[[0, 0]].assign(
        adwords_adgroup_id=["0", "1"], adwords_keyword_id=["900", "901"], offer_qualified=True
    )
    values = keyword_value(pd.concat([frame, odd])).set_index("adwords_keyword_id")

    assert values.loc["900", "value_per_call_shrunken"] == pytest.approx(2, abs=0.5)
    assert values.loc["901", "value_per_call_shrunken"] == pytest.approx(7, abs=0.5)
    assert values.loc["900", "effective_sample"] > 30


@pytest.mark.parametrize(
    "frame", [calls()[:0], calls().assign(offer_qualified=False, affiliate_qualified=False)]
)
def test_nothing_sold_has_no_value_and_no_calls_no_rows(frame):
    values = keyword_value(frame)

    assert len(values) == frame["adwords_keyword_id"].nunique() + (2 if len(frame) else 0)
    assert values["value_per_call_shrunken"].isna().all()


def test_values_can_be_weighted_by_rank():
    weighted = keyword_value(calls(), "account", weights={1: 1, 2: 0, 3: 1, 5: 0})

    assert weighted["value_per_call"].tolist() == pytest.approx([-0.2 / 2, 10])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"level": "device"}, "known are|did you mean"),
        ({"value": "profit"}, "value is"),
        ({"confidence": 95}, "confidence"),
    ],
)
def test_unknown_values_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        keyword_value(calls(), **arguments)


def values():
    return pd.DataFrame(
        {
            "call_count": [100, 100, 100, 5, 100, 100],
            "value_per_call_shrunken": [20.0, 40.0, 4.0, 20.0, -3.0, np.nan],
            "value_per_call_low": [16.0, 30.0, 2.0, 1.0, -9.0, np.nan],
            "value_per_call_high": [24.0, 50.0, 6.0, 39.0, 3.0, np.nan],
            "qualification_rate_shrunken": [0.5, 0.5, 0.1, 0.5, 0.2, 0.3],
            "qualification_rate_low": [0.4] * 6,
            "qualification_rate_high": [0.6] * 6,
        }
    )


def test_bids_keep_to_the_target_within_the_guard_rails():
    bids = suggest_bids(values(), target_margin_rate=0.5, current_bid=10, max_step=0.25)

    assert bids["target_bid"].fillna(-1).tolist() == [10, 20, 2, 10, 0, -1]
    assert bids["suggested_bid"].tolist() == [10, 12.5, 7.5, 10, 7.5, 10]
    assert bids["bid_multiplier"].tolist() == [1, 1.25, 0.75, 1, 0.75, 1]
    assert bids["guard"].fillna("none").tolist() == [
        "none", "largest step up", "largest step down", "too few calls", "largest step down", "no value known"]  # fmt: skip
    assert bids.loc[0, ["target_bid_low", "target_bid_high"]].tolist() == [8, 12]


def test_without_a_current_bid_the_multiplier_is_over_the_average_call():
    bids = suggest_bids(values()[:4], target_margin_rate=0, min_sample=10)

    average = (100 * 20 + 100 * 40 + 100 * 4 + 5 * 20) / 305
    assert bids["bid_multiplier"].fillna(-1).tolist() == pytest.approx(
        [20 / average, 40 / average, 4 / average, -1]
    )


def test_a_target_cost_pays_for_the_rate_of_qualified_calls_and_clicks_cost_their_share():
    bids = suggest_bids(values().assign(ratio=0.1), target_cost_per_qualified=30, calls_per_click="ratio")

    assert bids["target_bid"].tolist() == pytest.approx([1.5, 1.5, 0.3, 1.5, 0.6, 0.9])


def test_calls_by_no_keyword_get_no_bid():
    named = values()[:3].assign(path=["1 > 2", None, None], keyword=[None, "roof repair", None])
    bids = suggest_bids(named, target_margin_rate=0.5)

    assert bids["suggested_bid"].fillna(-1).tolist() == [10, 20, -1]
    assert bids["guard"].fillna("none").tolist() == ["none", "none", "no value known"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "give one target"),
        ({"target_margin_rate": 0.1, "target_cost_per_qualified": 5}, "give one target"),
        ({"target_margin_rate": 1.5}, "ratio from 0"),
        ({"target_cost_per_qualified": 0}, "positive amount"),
        ({"target_margin_rate": 0.1, "current_bid": -1}, "current_bid must be positive"),
        ({"target_margin_rate": 0.1, "current_bid": [1, 2]}, "2 numbers for 6 rows"),
        ({"target_margin_rate": 0.1, "max_step": 0}, "max_step"),
    ],
)
def test_bids_of_no_sense_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        suggest_bids(values(), **arguments)


def test_the_doubt_about_a_value_is_that_of_the_amounts_about_their_own_mean():
    """Amounts of 100 and a little more: 400 calls tell their mean to 2 * 1.96 / sqrt(400) at most."""
    amounts = 100.0 + np.tile([-2.0, 2.0], 200)
    calls = pd.DataFrame(
        {
            "adwords_account_id": "1",
            "adwords_campaign_id": "2",
            "adwords_adgroup_id": "3",
            "adwords_keyword_id": np.repeat(["8", "9"], 200),
            "offer_qualified": True,
            "offer_price": amounts,
            "affiliate_qualified": False,
            "affiliate_price": 0.0,
        }
    )

    values = keyword_value(calls)

    width = values["value_per_qualified_high"] - values["value_per_qualified_low"]
    assert width.tolist() == pytest.approx([2 * 1.96 * 2 / np.sqrt(250)] * 2, rel=0.25)
