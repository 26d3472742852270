"""Sums that share one whole number come apart exactly, whatever their size and sign."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dtanalytics as dta
from dtanalytics.rollup.packed import blocks, readers

METRICS = ["call_count", "connected_count", "offer_qualified_count", "billed_not_paid_count", "revenue", "payout", "talk_time"]  # fmt: skip


def make_blocks_small(patch):
    """Blocks and slices of a few rows, so that a small frame has many of both."""
    patch.setattr(blocks, "BLOCK", 8)
    patch.setattr(blocks, "GROUP_ROWS", 2)
    for module in (blocks, readers):
        patch.setattr(module, "SLICE", 3)


def frame(rows):
    names = ["affiliate", "lead_status", "offer_qualified", "affiliate_qualified", "offer_price", "affiliate_price", "talk_seconds"]  # fmt: skip
    made = pd.DataFrame(rows, columns=names)
    kinds = {"affiliate": "category", "lead_status": "category", "offer_qualified": "boolean", "affiliate_qualified": "boolean", "talk_seconds": "Int64"}  # fmt: skip
    return made.astype(kinds | {"offer_price": "float64", "affiliate_price": "float64"})


def by_hand(rows, affiliate):
    """Sum one row at a time, in fractions."""
    mine = [row for row in rows if row[0] == affiliate]
    return [
        len(mine),
        sum(row[1] == "Connected" for row in mine),
        sum(row[2] is True for row in mine),
        sum(row[2] is True and row[3] is False for row in mine),
        float(sum(Fraction(str(row[4])) for row in mine if row[2] is True and row[4] is not None)),
        float(sum(Fraction(str(row[5])) for row in mine if row[3] is True and row[5] is not None)),
        sum(row[6] for row in mine if row[6] is not None),
    ]


FLAG = st.sampled_from([True, False, None])
CENTS = st.integers(-(10**9), 10**11).map(lambda cents: cents / 100) | st.sampled_from([0.01, 20.1, None])
ROW = st.tuples(
    st.sampled_from(["North", "South", "West"]),
    st.sampled_from(["Connected", "Hang Up", None]),
    FLAG,
    FLAG,
    CENTS,
    CENTS,
    st.integers(-(2**40), 2**40) | st.integers(0, 900) | st.none(),
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(ROW, min_size=1, max_size=40))
def test_sums_over_many_blocks_are_those_of_one_row_after_the_other(rows):
    with pytest.MonkeyPatch.context() as patch:
        make_blocks_small(patch)
        table = dta.rollup(frame(rows), "affiliate", METRICS)

    expected = [[name, *by_hand(rows, name)] for name in sorted({row[0] for row in rows})]
    assert table.to_numpy(dtype=object).tolist() == expected


def test_a_sum_that_needs_all_bits_has_a_word_of_its_own():
    calls = pd.DataFrame({"affiliate": ["North"] * 3, "talk_seconds": [2**61, 2**61 - 1, -1]})

    table = dta.rollup(calls, "affiliate", ["call_count", "talk_time"])

    assert table["talk_time"].tolist() == [2**62 - 2]
    assert table["call_count"].tolist() == [3]


def test_more_conditions_than_one_byte_holds_are_counted_apart(monkeypatch):
    make_blocks_small(monkeypatch)
    rank = np.tile(np.arange(1, 6), 4)
    calls = pd.DataFrame({"rank": rank, "lead_status": ["Connected", "No Buyer", "Hang Up", "Voicemail"] * 5})
    counts = [f"rank_{number}_count" for number in range(1, 6)] + [
        "connected_count", "no_buyer_count", "hang_up_count", "other_status_count", "affiliate_cap_count",
    ]  # fmt: skip

    table = dta.rollup(calls, None, counts)

    assert table.iloc[0].tolist() == [4, 4, 4, 4, 4, 5, 5, 5, 5, 0]


@pytest.mark.parametrize("rest", [[], [np.nan], [-5.0], [0.0]])
def test_a_zero_with_a_minus_changes_no_sum(rest):
    calls = pd.DataFrame({"offer_qualified": True, "offer_price": [-0.0, 50.25, 19.99, *rest]})

    expected = 70.24 + sum(price for price in rest if price < 0)
    assert dta.rollup(calls, None, ["call_count", "revenue"]).iloc[0].tolist() == [3 + len(rest), expected]


@pytest.mark.parametrize("price", [214748.3645, 0.0001, 89.99, 1.1])
def test_amounts_of_four_decimals_add_up_to_the_last_one(price):
    calls = pd.DataFrame({"offer_qualified": True, "offer_price": [price] * 7})

    assert dta.rollup(calls, None, "revenue")["revenue"].tolist() == [float(Fraction(str(price)) * 7)]


@pytest.mark.parametrize("price", [0.00005, 20.00001, 214748.36449])
def test_amounts_of_five_decimals_are_not_rounded_to_four(price):
    calls = pd.DataFrame({"offer_qualified": True, "offer_price": [20.0, price, price]})

    expected = float(20 + Fraction(str(price)) * 2)
    assert dta.rollup(calls, None, "revenue")["revenue"].tolist() == [expected]


def test_an_infinite_amount_is_refused_and_a_missing_one_adds_nothing():
    calls = pd.DataFrame({"offer_qualified": [True, True], "offer_price": [12.5, np.nan]})

    assert dta.rollup(calls, None, "revenue")["revenue"].tolist() == [12.5]
    with pytest.raises(dta.errors.SchemaError, match="infinite"):
        dta.rollup(calls.assign(offer_price=[12.5, np.inf]), None, "revenue")
