"""The two-sided matrix, against Decimal arithmetic done here."""

from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtanalytics.analysis.money.matrix import matrix
from dtanalytics.errors import InputError, SchemaError

COUNTS = ["both_count", "paid_not_billed_count", "billed_not_paid_count", "neither_count", "unknown_count"]


def frame(rows) -> pd.DataFrame:
    """Calls from (affiliate, offer qualified, offer price, affiliate qualified, affiliate price)."""
    names = ["affiliate", "offer_qualified", "offer_price", "affiliate_qualified", "affiliate_price"]
    types = ["category", "boolean", "float64", "boolean", "float64"]
    return pd.DataFrame(rows, columns=names).astype(dict(zip(names, types, strict=True)))


def cents(value) -> Decimal:
    return Decimal(repr(float(value))).quantize(Decimal("0.0001"))


flags = st.sampled_from([True, False, None])
prices = st.one_of(st.none(), st.integers(0, 900_000).map(lambda n: n / 10_000))
calls = st.lists(st.tuples(st.sampled_from(["A", "B", None]), flags, prices, flags, prices), max_size=30)


@given(calls)
def test_cells_add_up_to_the_calls_and_their_money_to_the_margin(rows):
    table = matrix(frame(rows), "affiliate")

    assert table[COUNTS].sum(axis=1).tolist() == table["call_count"].tolist()
    for _, row in table.iterrows():
        parts = cents(row["both_margin"]) - cents(row["leakage"]) + cents(row["windfall"])
        assert parts + cents(row["unknown_margin"]) == cents(row["margin"])


@given(calls)
def test_every_cell_is_the_sum_of_its_calls(rows):
    table = matrix(frame(rows)).iloc[0]
    known = [row for row in rows if row[1] is not None and row[3] is not None]

    def money(chosen, column) -> Decimal:
        return sum((Decimal(str(row[column])) for row in chosen if row[column] is not None), Decimal())

    leaked = [row for row in known if row[3] and not row[1]]
    given_free = [row for row in known if row[1] and not row[3]]
    both = [row for row in known if row[1] and row[3]]
    assert table["paid_not_billed_count"] == len(leaked)
    assert table["billed_not_paid_count"] == len(given_free)
    assert table["both_count"] == len(both)
    assert table["unknown_count"] == len(rows) - len(known)
    assert cents(table["leakage"]) == money(leaked, 4)
    assert cents(table["windfall"]) == money(given_free, 2)
    assert cents(table["both_revenue"]) == money(both, 2)
    assert cents(table["both_payout"]) == money(both, 4)


def test_a_leak_of_4210_dollars_at_one_affiliate_is_found_to_the_cent():
    leak = [("Harbor", False, 40.0, True, 21.05)] * 200
    sound = [("Meridian", True, 40.0, True, 21.05), ("Meridian", False, 40.0, False, 21.05)] * 50

    table = matrix(frame(leak + sound), "affiliate").set_index("affiliate")

    assert table["leakage"].to_dict() == {"Harbor": 4210.0, "Meridian": 0.0}


def test_an_unknown_flag_counts_in_no_cell_and_its_known_side_is_kept_apart():
    table = matrix(frame([("A", None, 20.0, True, 12.5), ("A", True, 20.0, None, 12.5)])).iloc[0]

    assert table[COUNTS].tolist() == [0, 0, 0, 0, 2]
    assert table[["leakage", "windfall", "unknown_margin"]].tolist() == [0.0, 0.0, 7.5]


def test_a_frequency_of_time_groups_too():
    table = frame([("A", True, 20.0, True, 12.5), ("A", False, 20.0, True, 12.5)])
    table["call_day"] = pd.to_datetime(["2026-10-05", "2026-10-14"])

    assert matrix(table, "W")[["week", "leakage"]].to_numpy().tolist() == [
        [pd.Timestamp("2026-10-05"), 0.0],
        [pd.Timestamp("2026-10-12"), 12.5],
    ]


def test_no_calls_give_one_row_of_zeros_in_all_and_no_row_by_group():
    empty = frame([])

    assert matrix(empty).iloc[0].tolist() == [0.0] * 13
    assert matrix(empty, "affiliate").empty
    assert list(matrix(empty, "affiliate")) == ["affiliate", *matrix(empty)]


def test_plain_bools_and_decimals_give_the_same_matrix():
    declared = frame([("A", True, 20.0, False, 12.5), ("A", True, 0.3, True, 0.1)])
    plain = declared.astype({"offer_qualified": bool, "affiliate_qualified": bool, "affiliate": "str"})
    plain["offer_price"] = [Decimal("20.0"), Decimal("0.3")]

    pd.testing.assert_frame_equal(matrix(plain), matrix(declared))


def test_a_side_cannot_be_a_group_and_a_missing_column_is_named():
    table = frame([("A", True, 20.0, False, 12.5)])

    with pytest.raises(InputError, match="side of the matrix"):
        matrix(table, "offer_qualified")
    with pytest.raises((SchemaError, InputError), match="affiliate_price"):
        matrix(table.drop(columns="affiliate_price"))
