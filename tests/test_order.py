"""Which groups ``top`` keeps, and in which order tables come: by the answer's own money, or by name."""

import pandas as pd
import pytest

import dtanalytics as dta
from dtanalytics.errors import InputError

# affiliate: calls, revenue, payout, margin | North 3, 40, 30, 10 | South 1, 90, 20, 70 | West 2, 100, 99, 1
#            nobody (null) 1, 50, 0, 50     | East 1, 0, 5, -5
CALLS = pd.DataFrame(
    {
        "sid": list("12345678"),
        "affiliate": ["North", "North", "North", "South", "West", "West", None, "East"],
        "lead_status": "Connected",
        "offer_qualified": [True, True, False, True, True, True, True, False],
        "offer_price": [20.0, 20.0, 9.0, 90.0, 50.0, 50.0, 50.0, 9.0],
        "affiliate_qualified": [True, True, True, True, True, True, False, True],
        "affiliate_price": [10.0, 10.0, 10.0, 20.0, 49.0, 50.0, 9.0, 5.0],
        "call_day": pd.to_datetime(["2026-10-05"] * 3 + ["2026-10-12"] * 5),
        "call_hour": pd.array([9, 9, 9, 10, 10, 11, 11, 11], dtype="Int8"),
    }
)
BY_MARGIN = ["South", None, "North", "West", "East"]
BY_NAME = ["East", "North", "South", "West", None]


def named(table, column="affiliate"):
    return [None if pd.isna(value) else value for value in table[column]]


def test_margins_come_largest_first():
    table = CALLS.calls.margin("affiliate")

    assert named(table) == BY_MARGIN
    assert table["margin"].tolist() == [70.0, 50.0, 10.0, 1.0, -5.0]


def test_margins_come_by_name_when_asked():
    assert named(CALLS.calls.margin("affiliate", sort="name")) == BY_NAME


def test_top_margins_are_those_of_the_largest_margin():
    """Not those with the most calls or revenue; the group without a name is one of them, the rest is marked."""
    table = CALLS.calls.margin("affiliate", top=3, total=True)

    assert named(table) == ["South", None, "North", None, None]
    assert table["is_other"].tolist() == [False, False, False, True, False]
    assert table["is_total"].tolist() == [False, False, False, False, True]
    assert table["margin"].tolist() == [70.0, 50.0, 10.0, -4.0, 126.0]


def test_top_margins_come_by_name_when_asked():
    table = CALLS.calls.margin("affiliate", top=3, sort="name")

    assert named(table) == ["North", "South", None, None]
    assert table["is_other"].tolist() == [False, False, False, True]


@pytest.mark.parametrize("method", ["qualification", "funnel"])
def test_counts_come_by_name_and_their_top_has_the_most_calls(method):
    ask = getattr(CALLS.calls, method)

    assert named(ask("affiliate")) == BY_NAME
    assert named(ask("affiliate", sort="value")) == ["North", "West", "East", "South", None]
    assert named(ask("affiliate", top=2)) == ["North", "West", None]


@pytest.mark.parametrize(
    ("by", "column"), [("week", "week"), ("call_day", "call_day"), ("call_hour", "call_hour")]
)
def test_margins_over_time_come_in_its_order_unless_asked(by, column):
    """The later period earns more."""
    table = CALLS.calls.margin(by)

    assert table[column].is_monotonic_increasing
    assert not CALLS.calls.margin(by, sort="value")[column].is_monotonic_increasing
    assert CALLS.calls.margin(by, sort="value")["margin"].is_monotonic_decreasing


def test_a_rollup_comes_by_name_and_by_value_when_asked():
    assert named(dta.rollup(CALLS, "affiliate", "revenue")) == BY_NAME
    assert named(dta.rollup(CALLS, "affiliate", "revenue", sort="value")) == [
        "West",
        "South",
        None,
        "North",
        "East",
    ]
    assert named(dta.rollup(CALLS, "affiliate", "revenue", top=2)) == ["West", "South", None]
    assert named(dta.rollup(CALLS, "affiliate", "revenue", top=2, sort="name")) == ["South", "West", None]


@pytest.mark.parametrize("sort", ["largest", 1, True, ["name"], b"value"])
def test_an_unknown_order_is_refused(sort):
    with pytest.raises(InputError, match="sort is 'name' or 'value'"):
        CALLS.calls.margin("affiliate", sort=sort)


def test_subtotals_stay_under_their_groups():
    table = CALLS.calls.margin(["affiliate", "call_hour"], total="all")

    assert named(table)[:2] == ["East", "East"]
    assert table["level"].tolist()[-1] == 0
