"""The bridge between two periods, against Decimal and Fraction arithmetic done here."""

from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtanalytics.analysis.money.bridge import PARTS, SIDES, bridge
from dtanalytics.errors import InputError, SchemaError

UNIT = Decimal("0.0001")


def frame(rows) -> pd.DataFrame:
    """Calls from (affiliate, offer qualified, offer price, affiliate qualified, affiliate price)."""
    table = pd.DataFrame(
        rows,
        columns=["affiliate", "offer_qualified", "offer_price", "affiliate_qualified", "affiliate_price"],
    )
    return table.astype(
        {
            "affiliate": "category",
            "offer_qualified": "boolean",
            "offer_price": "float64",
            "affiliate_qualified": "boolean",
            "affiliate_price": "float64",
        }
    ).assign(lead_status=pd.Categorical(["Connected"] * len(table)))


def exact(values) -> list[Decimal]:
    """Money of a table as the whole units that it stands for."""
    return [Decimal(repr(float(value))).quantize(UNIT) for value in values]


def margin_of(rows) -> Decimal:
    """Margin by Decimal: prices of qualified calls, what is unknown left out."""
    return sum(
        (Decimal(str(op)) if oq and op is not None else Decimal(0))
        - (Decimal(str(ap)) if aq and ap is not None else Decimal(0))
        for _, oq, op, aq, ap in rows
    ) + Decimal(0)


def calls(step: int):
    """Up to 25 calls of few affiliates, prices in whole `step` of 1/10,000."""
    price = st.one_of(st.none(), st.integers(0, 700_000 // step).map(lambda n: n * step / 10_000))
    flag = st.sampled_from([True, False, None])
    return st.lists(
        st.tuples(st.sampled_from(["A", "B", "C", "D", None]), flag, price, flag, price), max_size=25
    )


@given(calls(1), calls(1), st.booleans())
def test_parts_add_up_to_the_change_of_every_row_and_rows_to_the_change_of_margin(now, before, symmetric):
    table = bridge(frame(now), frame(before), "affiliate", symmetric=symmetric, sides=True)

    rows = [exact(row) for row in table[list(PARTS)].to_numpy()]
    assert [sum(row) for row in rows] == exact(table["change"])
    assert sum(exact(table["change"])) == margin_of(now) - margin_of(before)
    for name in ("qualification", "price"):
        sides = [exact(table[side]) for side in SIDES if side.endswith(name)]
        assert [a + b for a, b in zip(*sides, strict=True)] == exact(table[name])


@given(calls(100), calls(100))
def test_where_all_money_is_in_cents_all_parts_are(now, before):
    table = bridge(frame(now), frame(before), "affiliate", sides=True)

    money = [value for name in (*PARTS, *SIDES, "change") for value in exact(table[name])]
    assert all(value == value.quantize(Decimal("0.01")) for value in money)


@given(calls(1), calls(1))
def test_the_symmetric_form_negates_when_the_periods_are_exchanged(now, before):
    there = bridge(frame(now), frame(before), "affiliate", symmetric=True, sides=True)
    back = bridge(frame(before), frame(now), "affiliate", symmetric=True, sides=True)

    for name in ("volume", "mix", "qualification", "price", "change", *SIDES):
        assert exact(there[name]) == [-value for value in exact(back[name])]
    assert exact(there["new"]) == [-value for value in exact(back["lost"])]


def by_hand(now, before):
    """Each part by its definition, in Fractions, for segments that are in both periods."""
    segments = sorted({r[0] for r in now} & {r[0] for r in before})

    def period(rows):
        rows = [r for r in rows if r[0] in segments]
        out = {}
        for s in segments:
            mine = [r for r in rows if r[0] == s]
            billed = [Fraction(str(r[2] or 0)) for r in mine if r[1]]
            paid = [Fraction(str(r[4] or 0)) for r in mine if r[3]]
            out[s] = (len(mine), len(billed), sum(billed, Fraction()), len(paid), sum(paid, Fraction()))
        return out, len(rows)

    (old, size0), (new, size1) = period(before), period(now)
    mean0 = sum((v[2] - v[4] for v in old.values()), Fraction()) / size0 if size0 else Fraction()
    parts = {}
    for s in segments:
        n0, yes0, billed0, ok0, paid0 = old[s]
        n1, yes1, billed1, ok1, paid1 = new[s]
        w0, w1 = Fraction(n0, size0), Fraction(n1, size1)
        m0 = (billed0 - paid0) / n0

        def effects(n0, n1, yes0, yes1, sum0, sum1):
            q0, q1 = Fraction(yes0, n0), Fraction(yes1, n1)
            p0 = sum0 / yes0 if yes0 else (sum1 / yes1 if yes1 else Fraction())
            p1 = sum1 / yes1 if yes1 else p0
            return n1 * (q1 - q0) * (p0 + p1) / 2, n1 * (p1 - p0) * (q0 + q1) / 2

        offer = effects(n0, n1, yes0, yes1, billed0, billed1)
        affiliate = effects(n0, n1, ok0, ok1, paid0, paid1)
        parts[s] = {
            "volume": (size1 - size0) * w0 * m0 + size1 * (w1 - w0) * mean0,
            "mix": size1 * (w1 - w0) * (m0 - mean0),
            "offer_qualification": offer[0],
            "offer_price": offer[1],
            "affiliate_qualification": -affiliate[0],
            "affiliate_price": -affiliate[1],
        }
    total_volume = (size1 - size0) * mean0
    return parts, total_volume


@given(calls(1), calls(1))
def test_every_part_is_its_definition_within_a_rounding_unit(now, before):
    now, before = ([row for row in rows if row[0]] for rows in (now, before))
    expected, total_volume = by_hand(now, before)
    table = bridge(frame(now), frame(before), "affiliate", sides=True).set_index("affiliate")

    for segment, parts in expected.items():
        for name, value in parts.items():
            assert abs(Fraction(str(table.loc[segment, name])) - value) < Fraction(101, 10_000)
    rows = len(expected)
    assert abs(Fraction(str(round(table["volume"].sum(), 4))) - total_volume) <= rows * Fraction(101, 10_000)


def test_a_segment_in_one_period_only_is_new_or_lost_with_all_of_its_margin():
    now = frame([("A", True, 10.0, True, 4.0), ("N", True, 9.0, False, 5.0)])
    before = frame([("A", True, 10.0, True, 4.0), ("L", True, 7.5, True, 2.25)])

    table = bridge(now, before, "affiliate").set_index("affiliate")

    assert table.loc["N", "new"] == 9.0
    assert table.loc["L", "lost"] == -5.25
    assert table["change"].tolist() == [0.0, -5.25, 9.0]


def test_mix_is_zero_in_every_row_when_no_share_changed():
    before = frame([("A", True, 10.0, True, 4.0)] * 2 + [("B", True, 30.0, True, 4.0)])
    now = pd.concat([before, before, before], ignore_index=True)

    table = bridge(now, before, "affiliate")

    assert table["mix"].tolist() == [0.0, 0.0]
    assert table["volume"].tolist() == [24.0, 52.0]


def test_a_price_that_was_never_seen_before_counts_as_qualification():
    before = frame([("A", False, 10.0, False, 4.0)])
    now = frame([("A", True, 12.0, False, 4.0)])

    table = bridge(now, before, "affiliate", sides=True)

    assert table.loc[0, ["offer_qualification", "offer_price"]].tolist() == [12.0, 0.0]


def test_the_total_row_is_marked_and_adds_up():
    before = frame([("A", True, 10.0, True, 4.0), ("B", True, 8.0, True, 4.0)])
    now = frame([("A", True, 10.1, True, 4.0)] * 3 + [("C", True, 8.0, True, 4.3333)])

    table = bridge(now, before, "affiliate", total=True)

    assert table["is_total"].tolist() == [False, False, False, True]
    for name in (*PARTS, "change"):
        assert exact(table[name])[-1] == sum(exact(table[name])[:-1])
    assert table["change"].iloc[-1] == pytest.approx(3 * 6.1 + 3.6667 - 10.0, abs=1e-9)


def test_frames_without_rows_give_the_columns_and_no_row():
    table = bridge(frame([]), frame([]), "affiliate")

    assert list(table.columns) == ["affiliate", *PARTS, "change"]
    assert table.empty


def test_frames_are_left_as_they_were():
    now, before = frame([("A", True, 10.0, True, 4.0)]), frame([("B", True, 10.0, True, 4.0)])
    copies = now.copy(), before.copy()

    bridge(now, before, "affiliate")

    pd.testing.assert_frame_equal(now, copies[0])
    pd.testing.assert_frame_equal(before, copies[1])


def test_plain_types_give_the_same_bridge_as_declared_types():
    now = frame([("A", True, 10.0, True, 4.0), ("B", True, 3.5, False, 4.0)])
    before = frame([("A", True, 9.0, True, 4.0)])
    plain = now.astype({"affiliate": "str", "offer_qualified": bool, "affiliate_qualified": bool})
    plain["offer_price"] = [Decimal("10.0"), Decimal("3.5")]

    table = bridge(plain, before, "affiliate")

    pd.testing.assert_frame_equal(
        table.astype({"affiliate": "object"}),
        bridge(now, before, "affiliate").astype({"affiliate": "object"}),
    )


def test_no_segment_and_a_column_that_is_not_there_are_refused_by_name():
    calls_now = frame([("A", True, 10.0, True, 4.0)])

    with pytest.raises(InputError, match="name at least one column"):
        bridge(calls_now, calls_now, [])
    with pytest.raises((SchemaError, InputError), match="affilate"):
        bridge(calls_now, calls_now, "affilate")


def test_names_that_are_a_category_in_one_period_only_come_as_text():
    rows = [("B", True, 20.0, True, 12.5), ("A", True, 10.0, True, 5.0)]

    table = bridge(frame(rows), frame(rows).astype({"affiliate": "str"}), "affiliate")

    assert table["affiliate"].dtype == "str"
