"""The audit: each rule finds its violation, with its money, and nothing else."""

from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtanalytics.analysis.money.audit import audit
from dtanalytics.errors import SchemaError

COLUMNS = ["rule", "sid", "field", "value", "expected", "amount"]
SOUND = {
    "sid": ["1712010011223301", "1712010011223302", "1712010011223303"],
    "call_day": pd.to_datetime(["2017-12-01"] * 3).as_unit("us"),
    "lead_status": ["Connected", "Connected", "No Buyer"],
    "advertiser": ["Acme", "Acme", None],
    "offer": ["Auto", "Auto", None],
    "affiliate": ["North", "North", "North"],
    "offer_qualified": [True, False, False],
    "offer_price": [20.0, None, None],
    "affiliate_qualified": [True, False, False],
    "affiliate_price": [12.5, None, None],
    "margin": [7.5, 0.0, None],
    "talk_seconds": [125, 20, 0],
    "talk_minutes": [2.1, 0.3, 0.0],
    "total_seconds": [140, 60, 9],
    "total_minutes": [2.3, 1.0, 0.2],
    "call_duration": [3, 1, 1],
}
TYPES = {
    "lead_status": "category",
    "advertiser": "category",
    "offer": "category",
    "affiliate": "category",
    "offer_qualified": "boolean",
    "affiliate_qualified": "boolean",
    "offer_price": "float64",
    "affiliate_price": "float64",
    "margin": "float64",
    "talk_seconds": "Int32",
    "total_seconds": "Int32",
    "call_duration": "Int32",
}


def frame(**changes) -> pd.DataFrame:
    """Three sound calls, with some columns replaced."""
    return pd.DataFrame({**SOUND, **changes}).astype(TYPES)


def test_sound_calls_break_no_rule():
    table = audit(frame())

    assert table.empty
    assert list(table) == COLUMNS


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"margin": [7.5, 2.25, None]},
            ("margin", "1712010011223302", "margin", "2.25", "0.0", 2.25),
        ),
        (
            {"offer_price": [None, None, None], "margin": [-12.5, 0.0, None]},
            ("qualified_without_price", "1712010011223301", "offer_price", "null", "0.0", 0.0),
        ),
        (
            {"affiliate_qualified": [None, False, False]},
            ("price_without_flag", "1712010011223301", "affiliate_qualified", "null", "Y or N", 12.5),
        ),
        (
            {"lead_status": ["Connected", "Connected", "Hang Up"], "offer_qualified": [True, False, True],
             "offer_price": [20.0, None, 19.0], "margin": [7.5, 0.0, 19.0]},
            ("qualified_not_connected", "1712010011223303", "offer_qualified", "True", "N", 19.0),
        ),
        (
            {"offer": [None, "Auto", None]},
            ("connected_to_nobody", "1712010011223301", "offer", "null", "a name", 7.5),
        ),
        (
            {"advertiser": ["Acme", "Acme", "Acme"]},
            ("unsold_to_somebody", "1712010011223303", "advertiser", "Acme", "null", 0.0),
        ),
        (
            {"affiliate_price": [12.5, -1.0, None], "margin": [7.5, 1.0, None]},
            ("negative", "1712010011223302", "affiliate_price", "-1.0", "0 or more", 1.0),
        ),
        (
            {"talk_minutes": [2.1, 0.5, 0.0]},
            ("minutes", "1712010011223302", "talk_minutes", "0.5", "0.33", 0.0),
        ),
        (
            {"call_duration": [3, 1, 0]},
            ("call_duration", "1712010011223303", "call_duration", "0", "1", 0.0),
        ),
        (
            {"talk_seconds": [125, 61, 0], "talk_minutes": [2.1, 1.0, 0.0]},
            ("talk_longer_than_call", "1712010011223302", "talk_seconds", "61", "at most 60", 0.0),
        ),
        (
            {"sid": ["1712010011223301", "1712020011223302", "1712010011223303"]},
            ("sid_day", "1712020011223302", "sid", "1712020011223302", "171201...", 0.0),
        ),
        (
            {"sid": ["1712010011223301", "1712010011223301", "1712010011223303"]},
            ("duplicate_sid", "1712010011223301", "sid", "1712010011223301", "once", 0.0),
        ),
    ],
)  # fmt: skip
def test_each_rule_finds_its_violation_and_no_other_rule_does(changes, expected):
    table = audit(frame(**changes))

    assert list(table.itertuples(index=False, name=None)) == [expected]


def test_a_missing_price_is_expected_to_be_the_one_that_the_offer_usually_has():
    calls = pd.DataFrame(
        {
            "sid": list("abcde"),
            "offer": ["Auto", "Auto", "Auto", "Home", "Auto"],
            "offer_qualified": [True] * 5,
            "offer_price": [20.0, 20.0, 18.0, 42.0, None],
        }
    )

    table = audit(calls)

    assert table[["sid", "expected", "amount"]].to_numpy().tolist() == [["e", "20.0", 20.0]]


def test_sids_that_never_follow_the_day_are_not_held_to_it():
    assert audit(frame(sid=["a", "b", "c"])).empty


def test_violations_with_the_most_money_come_first():
    table = audit(frame(margin=[7.0, 3.0, None], call_duration=[9, 1, 1]))

    assert table["amount"].tolist() == [3.0, 0.5, 0.0]


money = st.integers(-500_000, 900_000).map(lambda n: n / 10_000)


@given(st.lists(st.tuples(money, money, st.one_of(st.none(), money)), max_size=20))
def test_differences_of_margin_are_exact(rows):
    calls = pd.DataFrame(rows, columns=["offer_price", "affiliate_price", "margin"]).astype("float64")
    calls["sid"] = [str(number) for number in range(len(calls))]

    table = audit(calls)
    table = table[table["rule"] == "margin"].set_index("sid")

    expected = {}
    for number, (offer, affiliate, margin) in enumerate(rows):
        off = (
            Decimal(0)
            if margin is None
            else Decimal(str(margin)) - Decimal(str(offer)) + Decimal(str(affiliate))
        )
        if off:
            expected[str(number)] = abs(off)
    found = {
        sid: Decimal(repr(float(value))).quantize(Decimal("0.0001")) for sid, value in table["amount"].items()
    }
    assert found == expected


def test_frames_with_few_columns_plain_types_and_no_rows_are_audited_too():
    assert audit(frame().head(0)).empty
    assert audit(pd.DataFrame({"sid": ["1", "2"]})).empty
    plain = frame().astype({"offer_qualified": bool, "affiliate_qualified": bool, "affiliate": "str"})
    assert audit(plain.assign(offer_price=[Decimal("20.0"), None, None])).empty


def test_a_frame_without_sid_is_refused_and_a_frame_is_left_as_it_was():
    calls = frame(margin=[7.0, 3.0, None])
    copy = calls.copy()

    audit(calls)

    pd.testing.assert_frame_equal(calls, copy)
    with pytest.raises(SchemaError, match="sid"):
        audit(calls.drop(columns="sid"))
