"""The same calls under other terms: what the rules give, to the cent, and what chance does to it."""

from dataclasses import replace
from decimal import Decimal
from functools import cache

import numpy as np
import pandas as pd
import pytest

from dtanalytics.analysis.terms.break_even import break_even
from dtanalytics.analysis.terms.what_if import flipped_calls, what_if
from dtanalytics.emulator.world.calls import generate
from dtanalytics.emulator.world.market import MARKET
from dtanalytics.errors import InputError, SchemaError
from dtanalytics.frames import to_pandas
from dtanalytics.schema import LEADFLOW

REPEATS = {"offer": "reroute", "affiliate": "repeat_affiliate_caller"}


@cache
def emulated(rows=4000, seed=3, disputes=True, **terms):
    """A month of the emulator; `terms` are new terms of one party, named by `party`."""
    party = terms.pop("party", None)
    offers, affiliates = (
        tuple(replace(one, **terms) if one.name == party else one for one in side)
        for side in (MARKET.offers, MARKET.affiliates)
    )
    market = replace(MARKET, offers=offers, affiliates=affiliates)
    made = generate(rows, 0, "2026-09-01", "2026-10-01", seed=seed, market=market, disputes=disputes)
    return to_pandas(made.leadflow, LEADFLOW)


def cents(calls):
    """Revenue, payout and margin of each affiliate, added up in Decimal."""
    found = {}
    for call in calls[["affiliate", "offer_price", "affiliate_price"]].itertuples(index=False):
        one = found.setdefault(call.affiliate, [Decimal(0)] * 3)
        revenue, payout = (
            Decimal(0) if pd.isna(value) else Decimal(str(value))
            for value in (call.offer_price, call.affiliate_price)
        )
        one[0], one[1], one[2] = one[0] + revenue, one[1] + payout, one[2] + revenue - payout
    return found


@pytest.mark.parametrize("disputes", [True, False])
@pytest.mark.parametrize(
    ("side", "party", "world", "terms"),
    [
        ("affiliates", "Harbor Leads", {"buffer": 60}, {"buffer": 60}),
        ("affiliates", "Harbor Leads", {"buffer": 180}, {"buffer": 180}),
        ("affiliates", "Summit Broadcast", {"unique_days": 2}, {"repeat_days": 2}),
        ("offers", "Auto Prime", {"reroute_days": 1}, {"repeat_days": 1}),
        ("offers", "Roof Repair", {"reroute_days": 25}, {"repeat_days": 25}),
    ],
)
def test_the_answer_is_what_the_emulator_decides_under_those_terms(side, party, world, terms, disputes):
    """Nothing else of the emulator's market depends on these terms, so the same seed draws the same calls."""
    table = what_if(emulated(disputes=disputes), **{side: {party: terms}}, repeats=100)
    other = emulated(disputes=disputes, party=party, **world)

    expected = cents(other)
    found = table.set_index("affiliate")[["revenue_after", "payout_after", "margin_after"]]
    assert {
        name: [Decimal(str(value)) for value in row]
        for name, row in zip(found.index, found.to_numpy(), strict=True)
    } == expected
    flags = [f"{one}_qualified" for one in REPEATS]
    changed = (emulated(disputes=disputes)[flags] != other[flags]).any(axis=1)
    assert table["flipped_count"].sum() == changed.sum()


@pytest.mark.parametrize("buffer", [30, 75, 90, 150, 400])
def test_an_offers_new_buffer_and_price_follow_its_true_rule_call_by_call(buffer):
    """The true rule: so much talk, and no repeat; Auto Prime's true buffer is 90 s at 37.25."""
    calls = emulated(disputes=False)
    mine = (calls["offer"] == "Auto Prime") & (calls["lead_status"] == "Connected") & ~calls["reroute"]
    qualifies = mine & (calls["talk_seconds"] >= buffer)

    table = what_if(
        calls, offers={"Auto Prime": {"buffer": buffer, "price": "41.0001"}}, by=None, repeats=100
    )
    kept = what_if(calls, offers={"Auto Prime": {"buffer": buffer}}, by=None, repeats=100)

    others = calls.loc[calls["offer"] != "Auto Prime", "offer_price"]
    rest = sum((Decimal(str(price)) for price in others.dropna()), Decimal(0))
    assert Decimal(str(table["revenue_after"][0])) == rest + int(qualifies.sum()) * Decimal("41.0001")
    assert Decimal(str(kept["revenue_after"][0])) == rest + int(qualifies.sum()) * Decimal("37.25")
    assert (
        table["flipped_count"][0]
        == (qualifies != (calls["offer_qualified"] & (calls["offer"] == "Auto Prime"))).sum()
    )
    assert table["payout_change"][0] == 0


def test_a_dispute_keeps_what_it_took_and_halves_the_new_price_too():
    calls = emulated(12_000)
    mine = calls["offer"] == "Auto Prime"
    halved = mine & (calls["offer_price"] == 18.625)
    whole = mine & (calls["offer_price"] == 37.25)

    table = what_if(calls, offers={"Auto Prime": {"price": 30, "buffer": 10}}, by="offer", repeats=100)

    row = table.set_index("offer").loc["Auto Prime"]
    short = (
        mine
        & (calls["lead_status"] == "Connected")
        & ~calls["reroute"]
        & calls["talk_seconds"].between(10, 89)
    )
    assert halved.sum() > 0
    assert row["revenue_after"] == 30 * (whole.sum() + short.sum()) + 15 * halved.sum()


def hand(**columns):
    """Six calls of one offer and affiliate, by hand: 60 s qualify, 20.00 come, 12.50 go."""
    return pd.DataFrame(
        {
            "sid": list("123456"),
            "affiliate": "North",
            "offer": "Plan",
            "caller_id": ["1", "2", "3", "4", "5", None],
            "call_date": pd.to_datetime([f"2026-10-0{day} 10:00" for day in (5, 5, 5, 6, 6, 6)]),
            "lead_status": ["Connected"] * 5 + ["Hang Up"],
            "talk_seconds": [30, 60, 90, 120, 300, None],
            "offer_qualified": [False, True, True, True, False, None],
            "offer_price": [None, 20.0, 20.0, 20.0, None, None],
            "affiliate_qualified": [False, True, True, True, True, None],
            "affiliate_price": [None, 12.5, 12.5, 12.5, 12.5, None],
        }
        | columns
    )


@pytest.mark.parametrize(
    ("offers", "affiliates", "revenue", "payout", "flipped"),
    [
        ({"Plan": {"price": 30}}, None, 90.0, 50.0, 0),
        ({"Plan": {"buffer": 100}}, None, 20.0, 50.0, 2),
        ({"Plan": {"buffer": 20}}, None, 80.0, 50.0, 1),
        ({"Plan": {"payout": 10}}, None, 60.0, 40.0, 0),
        ({"Plan": {"payout": 10}}, {"North": {"payout": 1}}, 60.0, 4.0, 0),
        ({"Plan": {"payout": 10}}, {"North": {"revenue_share": 0.3}}, 60.0, 18.0, 0),
        (None, {"North": {"revenue_share": 0.333333}}, 60.0, 20.0001, 0),
        ({"Plan": {"revenue_share": 1}}, None, 60.0, 60.0, 0),
        (None, {"North": {"buffer": 100}}, 60.0, 25.0, 2),
        ({"Plan": {"cap": 2}}, None, 40.0, 37.5, 1),
        (None, {"North": {"cap": 0}}, 0.0, 0.0, 4),
    ],
)
def test_each_term_does_what_it_says(offers, affiliates, revenue, payout, flipped):
    """The fifth call was not billed though it was long: an exception, which stays one."""
    row = what_if(hand(), offers, affiliates, repeats=100).iloc[0]

    if affiliates == {"North": {"revenue_share": 0.333333}}:
        payout = 3 * 6.6667  # 6.66666 rounded to the finest unit, call by call
    assert row["revenue_after"] == revenue
    assert row["payout_after"] == pytest.approx(payout, abs=1e-9)
    assert row["flipped_count"] == flipped
    assert row[["revenue_before", "payout_before", "margin_before"]].tolist() == [60.0, 50.0, 10.0]
    assert row["margin_change"] == pytest.approx(revenue - payout - 10.0, abs=1e-9)


def test_calls_that_were_not_connected_take_nothing_of_a_cap():
    """On the 5th the offer's cap of one goes to the first call that was connected, the second of the day."""
    calls = hand(lead_status=["Hang Up", *["Connected"] * 4, "Hang Up"])

    row = what_if(calls, {"Plan": {"cap": 1}}, repeats=100).iloc[0]

    assert row["revenue_after"] == 40.0  # sids 2 and 4
    assert flipped_calls(calls, {"Plan": {"cap": 1}})["sid"].tolist() == ["3", "5"]


def test_calls_near_the_first_day_keep_a_flag_that_older_calls_may_have_caused():
    calls = hand(
        caller_id=["1", "2", "3", "1", "5", None],
        repeat_affiliate_caller=[False, False, True, False, False, False],
        affiliate_qualified=[False, True, False, True, True, None],
    )

    table = what_if(calls, affiliates={"North": {"repeat_days": 1.5}}, repeats=100)

    assert flipped_calls(calls, affiliates={"North": {"repeat_days": 1.5}})["sid"].tolist() == ["4"]
    assert any("near the first day keep" in note for note in table.attrs["assumptions"])


def test_the_shape_is_as_promised_with_a_total_and_for_no_calls():
    table = what_if(hand(), {"Plan": {"buffer": 100}}, total=True, repeats=100)
    money = [
        f"{name}_{part}" for name in ("revenue", "payout", "margin") for part in ("before", "after", "change")
    ]

    assert table.columns.tolist() == [
        "affiliate", "call_count", "flipped_count", *money, "margin_change_low", "margin_change_high", "is_total",
    ]  # fmt: skip
    assert table["is_total"].tolist() == [False, True]
    assert table["margin_change"].tolist() == [-40.0, -40.0]
    empty = what_if(hand().head(0), {"Plan": {"buffer": 100}}, repeats=100)
    assert empty.columns.tolist() == table.columns.tolist()[:-1]
    assert empty.empty
    assert what_if(hand(), {"Plan": {"buffer": 100}}, by=None, repeats=100)["call_count"].tolist() == [6]


def test_the_answer_says_what_it_assumes_and_how_well_the_rules_explain_the_flags():
    table = what_if(hand(), {"Plan": {"buffer": 100}}, repeats=100)
    given = what_if(hand(), {"Plan": {"buffer": 100}}, offer_buffers={"Plan": 100}, repeats=100)

    assert table.attrs["rules"] == [
        {
            "side": "offer",
            "offer": "Plan",
            "buffer": 60.0,
            "is_given": False,
            "refuses_repeats": True,
            "decided_count": 5,
            "explained_share": 0.8,
        }
    ]
    assert "behave as before" in table.attrs["assumptions"][0]
    assert "80.0% of 5 flags" in table.attrs["assumptions"][1]
    assert given["margin_change"][0] == 0
    assert given.attrs["rules"][0]["explained_share"] == 0.4


def test_where_repeats_qualify_too_a_longer_buffer_takes_them_as_well():
    calls = hand(reroute=[False, True, True, False, False, False])

    flipped = flipped_calls(calls, {"Plan": {"buffer": 100}})

    assert flipped["sid"].tolist() == ["2", "3"]
    assert flipped["margin_change"].tolist() == [-20.0, -20.0]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "nothing is proposed"),
        ({"offers": {"Plam": {"price": 1}}}, "did you mean 'Plan'"),
        ({"offers": {"Plan": {"prize": 1}}}, "did you mean 'price'"),
        ({"offers": {"Plan": 30.0}}, "maps names to terms"),
        ({"offers": {"Plan": {}}}, "has no term"),
        ({"offers": {"Plan": {"price": -1}}}, "price of 'Plan' is -1"),
        ({"offers": {"Plan": {"price": 0.00001}}}, "steps of 0.0001"),
        ({"offers": {"Plan": {"price": None}}}, "amount of money"),
        ({"offers": {"Plan": {"buffer": "long"}}}, "seconds of talk"),
        ({"offers": {"Plan": {"cap": 1.5}}}, "whole number of calls"),
        ({"affiliates": {"North": {"revenue_share": 70}}}, "0.7 for 70 %"),
        ({"affiliates": {"North": {"payout": 1, "revenue_share": 0.1}}}, "give one of them"),
        ({"affiliates": {"North": {"price": 1}}}, "has no term 'price'"),
    ],
)
def test_terms_that_cannot_be_meant_are_refused_with_what_to_give(given, words):
    with pytest.raises(InputError, match=words):
        what_if(hand(), **given)


def test_a_price_that_nobody_knows_is_asked_for():
    calls = hand(offer_qualified=False, offer_price=None)

    with pytest.raises(InputError, match="give a price beside the buffer"):
        what_if(calls, {"Plan": {"buffer": 60}}, offer_buffers={"Plan": 400})
    assert "its rule is not known" in what_if(calls, {"Plan": {"buffer": 60}}).attrs["assumptions"][1]


def test_a_column_that_decides_is_asked_for_by_name():
    with pytest.raises(SchemaError, match="talk_seconds"):
        what_if(hand().drop(columns="talk_seconds"), {"Plan": {"buffer": 60}})
    with pytest.raises(SchemaError, match="reroute"):
        what_if(hand(), {"Plan": {"repeat_days": 3}})


@pytest.mark.parametrize("buffer", [30, 120, 200])
@pytest.mark.parametrize(
    ("side", "name", "term"), [("offers", "Auto Prime", "price"), ("affiliates", "Harbor Leads", "payout")]
)
def test_at_the_break_even_price_margin_is_as_before_and_one_step_off_it_is_less(side, name, term, buffer):
    calls = emulated()
    price = Decimal(str(break_even(calls, **{side: {name: buffer}}, repeats=100)["price"][0]))
    worse = price - Decimal("0.0001") if term == "price" else price + Decimal("0.0001")

    at, beside = (
        what_if(calls, **{side: {name: {"buffer": buffer, term: amount}}}, by=None, repeats=100)[
            "margin_change"
        ][0]
        for amount in (price, worse)
    )

    assert 0 <= at < 0.1
    assert beside < 0


def draw(rng, affiliates=50, callers=8000):
    """Calls of callers who call once or more, of an affiliate each; 60 s qualify."""
    calls = rng.geometric(0.6, callers)
    caller = np.repeat(np.arange(callers), calls)
    talk = rng.exponential(120, callers)[caller] * rng.uniform(0.5, 1.5, caller.size)
    billed = talk >= 60
    return pd.DataFrame(
        {
            "affiliate": rng.integers(0, affiliates, callers)[caller].astype(str),
            "offer": "Plan",
            "caller_id": caller.astype(str),
            "lead_status": "Connected",
            "talk_seconds": np.floor(talk).astype(int),
            "offer_qualified": billed,
            "offer_price": np.where(billed, 20.0, np.nan),
            "affiliate_qualified": False,
            "affiliate_price": np.nan,
        }
    )


def test_intervals_cover_the_true_change_about_as_often_as_they_say():
    """All affiliates are alike, so the truth is their mean; a short form of the benchmark."""
    rng = np.random.default_rng(5)
    tables = [
        what_if(draw(rng), {"Plan": {"price": 24.0, "buffer": 90}}, repeats=200, seed=seed)
        for seed in range(12)
    ]
    change, low, high = (
        np.array([table[f"margin_change{end}"] for table in tables]) for end in ("", "_low", "_high")
    )

    covered = ((low <= change.mean()) & (change.mean() <= high)).mean()

    assert covered == pytest.approx(0.95, abs=0.03)


def test_the_frame_stays_as_it_was_and_the_order_of_rows_does_not_matter():
    calls = emulated(1500, disputes=False)
    before = calls.copy(deep=True)
    terms = {
        "offers": {"Auto Prime": {"buffer": 120, "cap": 9}},
        "affiliates": {"Harbor Leads": {"repeat_days": 3}},
    }

    table = what_if(calls, **terms, repeats=100)
    shuffled = what_if(calls.sample(frac=1, random_state=1), **terms, repeats=100)

    pd.testing.assert_frame_equal(calls, before)
    pd.testing.assert_frame_equal(table, shuffled, rtol=1e-9)


def test_a_name_that_is_null_is_not_the_name_none():
    calls = hand(offer="None", affiliate="nan")
    for name in (None, float("nan"), pd.NA):
        with pytest.raises(InputError, match="is no name"):
            what_if(calls, {name: {"price": 1}})
        with pytest.raises(InputError, match="is no name"):
            break_even(calls, affiliates={name: 60})


def test_a_present_buffer_is_a_number_of_seconds_of_somebody_who_calls():
    for buffer in ("long", -5, None):
        with pytest.raises(InputError, match="buffer of 'Plan' is"):
            what_if(hand(), {"Plan": {"buffer": 90}}, offer_buffers={"Plan": buffer})

    told = what_if(hand(), {"Plan": {"buffer": 90}}, offer_buffers={"Plam": 60}).attrs["assumptions"]
    prices = break_even(hand(), {"Plan": 90}, offer_buffers={"Plam": 60})
    note = "offer_buffers names 'Plam', which no call has as its offer: did you mean 'Plan'?"
    assert note in told
    assert prices.attrs["assumptions"] == [note]
