"""The dictionary: every measure and metric against numbers worked out by hand."""

import datetime as dt
import math
from decimal import Decimal

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pytest

import dtanalytics as dta
from dtanalytics.errors import InputError, SchemaError
from dtanalytics.metrics import formulas
from dtanalytics.metrics.definitions import MEASURES, METRICS
from dtanalytics.metrics.dictionary import is_additive
from dtanalytics.metrics.measures import RowCondition
from dtanalytics.schema import BIDS, LEADFLOW

YES, NO, UNKNOWN = True, False, None
LEADFLOW_CALLS = [
    # status, offer_q, offer_price, affiliate_q, affiliate_price, margin, contest, repeat, reroute, talk, total, caller
    ("Connected", YES, 20.10, YES, 12.05, 8.05, NO, NO, NO, 90, 120, "2125550100"),
    ("Connected", YES, 30.20, NO, 15.00, 30.20, YES, NO, NO, 60, 75, "2125550100"),
    ("Connected", NO, 20.10, YES, 12.05, -12.05, NO, YES, YES, 10, 30, "2125550101"),
    ("Connected", UNKNOWN, 20.10, YES, 12.05, None, UNKNOWN, UNKNOWN, NO, None, 20, None),
    ("Affiliate Cap", NO, 20.10, NO, 12.05, 0.0, NO, YES, NO, 0, 5, "2125550102"),
    ("No Buyer", NO, None, NO, None, 0.0, NO, NO, NO, 0, 9, "2125550103"),
    ("Hang Up", NO, 20.10, NO, 12.05, 0.0, NO, NO, NO, 0, 3, "2125550104"),
    ("Voicemail", YES, 0.0001, UNKNOWN, 12.05, 0.0001, YES, NO, NO, 2, 4, "2125550104"),
    (None, NO, 20.10, NO, 12.05, 0.0, NO, NO, NO, 1, 2, "2125550105"),
]
COLUMNS = [
    "lead_status",
    "offer_qualified",
    "offer_price",
    "affiliate_qualified",
    "affiliate_price",
    "margin",
    "contest_qualification",
    "repeat_affiliate_caller",
    "reroute",
    "talk_seconds",
    "total_seconds",
    "caller_id",
]
LEADFLOW_VALUES = {
    "call_count": 9,
    "connected_count": 4,
    "affiliate_cap_count": 1,
    "no_buyer_count": 1,
    "hang_up_count": 1,
    "other_status_count": 1,
    "offer_qualified_count": 3,
    "affiliate_qualified_count": 3,
    "both_qualified_count": 1,
    "paid_not_billed_count": 1,
    "billed_not_paid_count": 1,
    "contested_count": 2,
    "repeat_count": 2,
    "reroute_count": 1,
    "revenue": 50.3001,
    "payout": 36.15,
    "contested_revenue": 30.2001,
    "leakage": 12.05,
    "windfall": 30.2,
    "reported_margin": 26.2001,
    "talk_time": 163,
    "total_time": 268,
    "caller_count": 6,
    "margin": 14.1501,
    "margin_rate": 14.1501 / 50.3001,
    "connect_rate": 4 / 9,
    "offer_qualification_rate": 3 / 4,
    "affiliate_qualification_rate": 3 / 4,
    "offer_conversion_rate": 3 / 9,
    "affiliate_conversion_rate": 3 / 9,
    "revenue_per_call": 50.3001 / 9,
    "revenue_per_connected": 50.3001 / 4,
    "revenue_per_qualified": 50.3001 / 3,
    "payout_per_call": 36.15 / 9,
    "margin_per_call": 14.1501 / 9,
    "average_talk_time": 163 / 4,
    "contest_rate": 2 / 3,
    "repeat_rate": 2 / 9,
    "effective_revenue": 20.1,
}
BID_CALLS = pd.DataFrame(
    {
        "rank": pd.array([1, 1, 2, 3, 4, 5, None], dtype="Int8"),
        "talk_minutes": [0.1, 0.2, 1.1, None, 0.0, 12.3, 0.7],
        "ani": ["1", "1", "2", None, "3", "3", "4"],
        "click_id": ["Cj0", None, None, None, "", None, None],
        "vt_keyword": [None, "roof repair", None, None, None, None, ""],
        "adwords_keyword_id": [None, None, "kwd-7", None, None, None, None],
    }
)
BID_VALUES = {
    "call_count": 7,
    "attributed_count": 3,
    "talk_time": 864.0,
    "caller_count": 4,
    "rank_1_count": 2,
    "rank_2_count": 1,
    "rank_3_count": 1,
    "rank_4_count": 1,
    "rank_5_count": 1,
}


@pytest.fixture
def calls():
    frame = pd.DataFrame(LEADFLOW_CALLS, columns=COLUMNS)
    flags = [
        "offer_qualified",
        "affiliate_qualified",
        "contest_qualification",
        "repeat_affiliate_caller",
        "reroute",
    ]
    return frame.astype(
        dict.fromkeys(flags, "boolean") | {"talk_seconds": "Int32", "lead_status": "category"}
    )


@pytest.mark.parametrize("name", LEADFLOW_VALUES)
def test_leadflow_metric_is_what_one_counts_by_hand(calls, name):
    found = dta.rollup(calls, None, name)[name].item()

    assert found == pytest.approx(LEADFLOW_VALUES[name], rel=1e-15)


@pytest.mark.parametrize("name", BID_VALUES)
def test_bid_metric_is_what_one_counts_by_hand(name):
    found = dta.rollup(BID_CALLS, None, name)[name].item()

    assert found == BID_VALUES[name]


def test_every_definition_is_checked_above():
    """No measure or metric of the dictionary is without a number worked out by hand."""
    assert {*LEADFLOW_VALUES, *BID_VALUES} == {*MEASURES, *METRICS}


def test_flags_may_come_as_plain_bools_as_objects_or_nullable(calls):
    """The kind of column that holds a flag changes no number."""
    flags = calls.select_dtypes("boolean").columns
    expected = dta.rollup(calls, "lead_status", list(LEADFLOW_VALUES))

    as_objects = calls.assign(
        **{flag: calls[flag].astype(object).where(calls[flag].notna(), None) for flag in flags}
    )

    pd.testing.assert_frame_equal(expected, dta.rollup(as_objects, "lead_status", list(LEADFLOW_VALUES)))


def test_money_as_decimals_gives_what_floats_give(calls):
    """Frames of accountants and of everybody else agree to the last digit."""
    money = ["offer_price", "affiliate_price", "margin"]
    exact = calls.assign(
        **{name: [None if pd.isna(one) else Decimal(str(one)) for one in calls[name]] for name in money}
    )

    pd.testing.assert_frame_equal(
        dta.rollup(calls, "lead_status", list(LEADFLOW_VALUES)),
        dta.rollup(exact, "lead_status", list(LEADFLOW_VALUES)),
    )


def test_unknown_flags_count_in_neither_side():
    calls = pd.DataFrame(
        {"offer_qualified": pd.array([None, None], dtype="boolean"), "affiliate_qualified": [True, True]}
    )

    found = dta.rollup(
        calls, None, ["offer_qualified_count", "paid_not_billed_count", "both_qualified_count"]
    )

    assert found.iloc[0].tolist() == [0, 0, 0]


def test_talk_time_takes_seconds_before_minutes():
    """Seconds are exact, tenths of minutes are rounded: a frame with both is summed in seconds."""
    calls = pd.DataFrame({"talk_seconds": [91], "talk_minutes": [1.5]})

    assert dta.rollup(calls, None, "talk_time")["talk_time"].tolist() == [91]
    assert dta.rollup(calls[["talk_minutes"]], None, "talk_time")["talk_time"].tolist() == [90.0]


def test_missing_columns_are_named():
    with pytest.raises(SchemaError, match="revenue needs the column 'offer_price', 'offer_qualified'"):
        dta.rollup(pd.DataFrame({"sid": ["1"]}), None, "margin_rate")


def test_a_missing_column_that_is_spelled_otherwise_is_named(calls):
    """A typo in the header of one's own file is found."""
    with pytest.raises(SchemaError, match="rename 'affilate_price' to 'affiliate_price'"):
        dta.rollup(calls.rename(columns={"affiliate_price": "affilate_price"}), None, "payout")


def test_unknown_metric_suggests_the_nearest():
    with pytest.raises(InputError, match="did you mean 'revenue'"):
        dta.rollup(pd.DataFrame({"sid": ["1"]}), None, "revenu")


def test_dictionary_lists_each_name_once_with_all_that_defines_it():
    table = dta.metrics()

    assert table["name"].is_unique
    assert list(table.columns[:4]) == ["name", "kind", "unit", "formula"]
    assert {"needs", "null_rule", "also_called", "source", "report"} <= set(table.columns)
    assert not (table[["name", "kind", "unit", "formula", "needs", "null_rule"]].drop(index=0) == "").any(
        axis=None
    )
    assert set(table["kind"]) == {"measure", "metric"}


def test_needed_columns_exist_in_a_report():
    """A measure that asks for a column which no report has could never be worked out."""
    columns = {*LEADFLOW.columns, *BIDS.columns}
    measures = dta.metrics().query("kind == 'measure'")["needs"]

    needed = {name for text in measures for part in text.split(" or ") for name in part.split(", ") if name}

    assert needed <= columns
    assert (dta.metrics()["report"] != "").all()


@pytest.mark.parametrize(
    ("name", "additive"),
    [
        ("call_count", True),
        ("margin", True),
        ("effective_revenue", True),
        ("caller_count", False),
        ("margin_rate", False),
    ],
)
def test_only_sums_of_sums_are_additive(name, additive):
    assert is_additive(name) is additive


ROWS = pl.DataFrame(
    {
        "text": ["a", "b", "", None],
        "number": [1, 2, 3, None],
        "flag": [True, False, None, True],
        "day": [dt.date(2026, 10, 1), dt.date(2026, 10, 2), dt.date(2026, 10, 3), None],
        "wall": [dt.datetime(2026, 10, 1, hour) for hour in (0, 1, 2)] + [None],
    }
).with_columns(
    pl.col("text").cast(pl.Categorical).alias("category"),
    pl.col("wall").dt.replace_time_zone("America/New_York").alias("instant"),
    pl.int_range(4).alias("row"),
)
ONE_O_CLOCK = pd.Timestamp("2026-10-01 05:00", tz="UTC")  # in New York


@pytest.mark.parametrize(
    ("column", "test", "negate", "passing"),
    [
        *((name, ("a",), False, [0]) for name in ("text", "category")),
        *((name, ("a", "b"), False, [0, 1]) for name in ("text", "category")),
        *((name, ("a",), True, [1]) for name in ("text", "category")),
        *((name, ("a", "b"), True, []) for name in ("text", "category")),
        *((name, None, False, [0, 1]) for name in ("text", "category")),
        ("number", (1,), False, [0]),
        ("number", (1,), True, [1, 2]),
        ("number", (1, 2), False, [0, 1]),
        ("number", (1, 2), True, [2]),
        ("number", None, False, [0, 1, 2]),
        ("number", pd.Interval(1, 3, closed="left"), False, [0, 1]),
        ("number", pd.Interval(1, 3, closed="right"), False, [1, 2]),
        ("number", pd.Interval(1, 3, closed="both"), False, [0, 1, 2]),
        ("number", pd.Interval(1, 3, closed="neither"), False, [1]),
        ("flag", True, False, [0, 3]),
        ("flag", False, False, [1]),
        ("day", (pd.Timestamp("2026-10-02"),), False, [1]),
        ("wall", (pd.Timestamp("2026-10-01 01:00"),), False, [1]),
        ("wall", (ONE_O_CLOCK,), False, [1]),
        ("instant", (pd.Timestamp("2026-10-01 01:00"),), False, [1]),
        ("instant", (ONE_O_CLOCK,), False, [1]),
        ("instant", pd.Interval(ONE_O_CLOCK, ONE_O_CLOCK, closed="both"), False, [1]),
    ],
)
def test_a_condition_passes_the_known_values_that_meet_it(column, test, negate, passing):
    condition = RowCondition((column,), test, negate)
    frame = nw.from_native(ROWS)

    assert frame.filter(condition.expr(frame.schema))["row"].to_list() == passing


def test_a_condition_on_several_columns_passes_where_one_of_them_holds_a_value():
    condition = RowCondition(("text", "number"), None)
    frame = nw.from_native(ROWS)

    assert frame.filter(condition.expr(frame.schema))["row"].to_list() == [0, 1, 2]


def test_own_metric_by_column_and_condition(own_metrics):
    """A user's measure sums exactly and counts no row in which the tested value is null."""
    dta.metric("billable_minutes", sum="talk_minutes", where={"offer_qualified": True}, unit="min")
    calls = pd.DataFrame(
        {
            "talk_minutes": [0.1, 0.2, 5.0, None],
            "offer_qualified": pd.array([True, True, None, True], dtype="boolean"),
        }
    )

    assert dta.rollup(calls, None, "billable_minutes")["billable_minutes"].tolist() == [0.3]
    assert "billable_minutes" in set(dta.metrics()["name"])


def test_own_metric_by_formula_and_interval(own_metrics):
    dta.metric("long_count", where={"talk_seconds": pd.Interval(60, math.inf, closed="left")}, unit="calls")
    dta.metric("long_rate", "long_count / call_count", unit="ratio")
    calls = pd.DataFrame({"talk_seconds": [59, 60, 61, 600]})

    assert dta.rollup(calls, None, ["long_rate", "long_count"]).iloc[0].tolist() == [0.75, 3]


def test_own_metric_by_narwhals_expression(own_metrics):
    dta.metric(
        "spread",
        rows=nw.col("offer_price") - nw.col("affiliate_price"),
        needs=["offer_price", "affiliate_price"],
        unit="currency",
    )
    calls = pd.DataFrame({"offer_price": [10.1, 1.0, None], "affiliate_price": [0.2, 3.0, 4.0]})

    assert dta.rollup(calls, None, "spread")["spread"].tolist() == [7.9]


def test_own_metric_on_own_column(own_metrics):
    dta.metric("telephony", sum="cost", unit="currency", needs=["cost"])
    dta.metric("gross_profit", "revenue - payout - telephony", unit="currency")
    calls = pd.DataFrame(
        {
            "cost": [1, 2],
            "offer_price": 10.0,
            "offer_qualified": True,
            "affiliate_price": 5.0,
            "affiliate_qualified": True,
        }
    )

    assert dta.rollup(calls, None, "gross_profit")["gross_profit"].tolist() == [7.0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "margin", "formula": "revenue", "unit": "currency"}, "already defined by the package"),
        ({"name": "not a name", "formula": "revenue", "unit": "currency"}, "cannot be a metric's name"),
        ({"name": "x", "formula": "revenue", "unit": ""}, "say the unit"),
        ({"name": "x", "formula": "revenu * 2", "unit": "currency"}, "did you mean 'revenue'"),
        ({"name": "x", "formula": "__import__('os')", "unit": "currency"}, "use names of measures"),
        ({"name": "x", "formula": "revenue ** 2", "unit": "currency"}, "operator other than"),
        ({"name": "x", "formula": "revenue +", "unit": "currency"}, "cannot be read"),
        ({"name": "x", "sum": "talk_second", "unit": "s"}, "did you mean 'talk_seconds'"),
        ({"name": "x", "formula": "revenue", "sum": "talk_seconds", "unit": "s"}, "stands alone"),
        ({"name": "x", "rows": nw.col("talk_seconds"), "unit": "s"}, "needs="),
        ({"name": "x", "formula": "x + 1", "unit": "s"}, "uses itself"),
    ],
)
def test_own_metric_is_checked_when_it_is_defined(own_metrics, arguments, message):
    with pytest.raises(InputError, match=message):
        dta.metric(**arguments)


def test_own_metric_is_replaced_only_when_told(own_metrics):
    dta.metric("double", "revenue * 2", unit="currency")
    with pytest.raises(InputError, match="replace=True"):
        dta.metric("double", "revenue * 3", unit="currency")

    dta.metric("double", "revenue * 4", unit="currency", replace=True)

    assert dta.metrics().set_index("name").loc["double", "formula"] == "revenue * 4"


def test_formula_divides_once():
    """A quotient of exact sums is rounded once, so that it equals the quotient of the integers."""
    thirds = formulas.evaluate(
        "a / b", {"a": formulas.Amount(np.array([14_1501]), 10_000), "b": formulas.Amount(np.array([9]))}
    )

    assert thirds.result().tolist() == [141501 / 90000]
