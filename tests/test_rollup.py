"""Rolling up pandas frames: shape, order, totals, remainders, and exact money."""

from decimal import Decimal

import dask.dataframe as dd
import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dtanalytics as dta
from dtanalytics.errors import InputError, SchemaError
from dtanalytics.schema import TIMEZONE

HOSTILE = [
    "<script>alert(1)</script>",
    "$x$",
    "x" * 500,
    "漢字",
    "=cmd()",
    "(none)",
    "nan",
    "is_total",
    "Ω",
]


@pytest.fixture
def calls():
    """Six calls of three affiliates, one of them unknown."""
    return pd.DataFrame(
        {
            "affiliate": pd.Categorical(["South", "North", None, "North", "South", "South"]),
            "lead_status": ["Connected", "Connected", "No Buyer", "Hang Up", None, "Connected"],
            "offer_qualified": pd.array([True, True, False, None, True, False], dtype="boolean"),
            "offer_price": [10.1, 20.2, 30.3, 40.4, 0.2, 60.6],
            "affiliate_qualified": [True, False, False, True, False, True],
            "affiliate_price": [5.0, 6.0, 7.0, 8.0, 9.0, 10.0],
            "caller_id": ["1", "2", "1", None, "1", "3"],
            "call_day": pd.to_datetime(
                ["2026-10-04", "2026-10-05", "2026-10-11", "2026-12-31", "2027-01-01", None]
            ).astype("datetime64[us]"),
        }
    )


def rows(table):
    """Return the rows of a table as tuples, nulls as None."""
    return [tuple(None if pd.isna(one) else one for one in row) for row in table.itertuples(index=False)]


def test_groups_are_sorted_and_the_unknown_one_is_last(calls):
    table = dta.rollup(calls, "affiliate", ["call_count", "revenue", "payout"])

    assert list(table.columns) == ["affiliate", "call_count", "revenue", "payout"]
    assert rows(table) == [("North", 2, 20.2, 8.0), ("South", 3, 10.3, 15.0), (None, 1, 0.0, 0.0)]


@pytest.mark.parametrize("engine", ["pandas", "category", "arrow", "polars", "duckdb", "dask"])
def test_empty_text_is_no_name_as_in_the_records(engine):
    calls = pd.DataFrame({"offer": ["b", "", "a", None, "a"], "own": ["", "x", None, "", "x"]})
    table = pa.Table.from_pandas(calls, preserve_index=False)
    made = {
        "pandas": lambda: calls,
        "category": lambda: calls.astype("category"),
        "arrow": lambda: table,
        "polars": lambda: pl.from_arrow(table),
        "duckdb": lambda: duckdb.from_arrow(table),
        "dask": lambda: dd.from_pandas(calls, npartitions=2),
    }[engine]()

    def grouped(by):
        found = dta.rollup(made, by, "call_count")
        found = found.compute() if hasattr(found, "compute") else found
        return rows(found if isinstance(found, pd.DataFrame) else measured_in_pandas(found))

    assert grouped("offer") == [("a", 2), ("b", 1), (None, 2)]
    assert grouped("own") == [("", 2), ("x", 2), (None, 1)]


def measured_in_pandas(found):
    return found.df() if hasattr(found, "df") else found.to_pandas()


def test_a_level_of_the_index_is_named_as_one(calls):
    with pytest.raises(
        SchemaError, match=r"'affiliate' is a level of the index, not a column: call \.reset_index"
    ):
        dta.rollup(calls.set_index("affiliate"), "affiliate", "call_count")


def test_total_is_one_last_marked_row_made_of_the_calls(calls):
    """Distinct callers of the total are not the sum of the groups' callers."""
    table = dta.rollup(
        calls, "affiliate", ["call_count", "margin", "caller_count", "margin_rate"], total=True
    )

    assert rows(table)[-1] == (None, 6, 7.5, 3, 7.5 / 30.5, True)
    assert table["is_total"].tolist() == [False, False, False, True]
    assert table["caller_count"].tolist() == [1, 2, 1, 3]


def test_without_total_no_mark_is_there(calls):
    assert "is_total" not in dta.rollup(calls, "affiliate", "call_count")


def test_an_affiliate_called_total_is_not_taken_for_the_total():
    """Totals are told by a boolean column, not by a label that an affiliate could have."""
    calls = pd.DataFrame({"affiliate": ["is_total", "Total", None]})

    table = dta.rollup(calls, "affiliate", "call_count", total=True)

    assert rows(table) == [("Total", 1, False), ("is_total", 1, False), (None, 1, False), (None, 3, True)]


def test_nested_subtotals_follow_their_groups(calls):
    table = dta.rollup(calls, ["affiliate", "lead_status"], ["call_count", "caller_count"], total="all")

    assert rows(table) == [
        ("North", "Connected", 1, 1, False, 2),
        ("North", "Hang Up", 1, 0, False, 2),
        ("North", None, 2, 1, True, 1),
        ("South", "Connected", 2, 2, False, 2),
        ("South", None, 1, 1, False, 2),
        ("South", None, 3, 2, True, 1),
        (None, "No Buyer", 1, 1, False, 2),
        (None, None, 1, 1, True, 1),
        (None, None, 6, 3, True, 0),
    ]


def test_top_puts_all_others_into_one_marked_row_that_ties_to_the_total(calls):
    table = dta.rollup(calls, "affiliate", ["revenue", "call_count", "caller_count"], top=1, total=True)

    assert rows(table) == [
        ("North", 20.2, 2, 1, False, False),
        (None, 10.3, 4, 2, True, False),
        (None, 30.5, 6, 3, False, True),
    ]


def test_top_of_more_than_there_are_leaves_no_remainder(calls):
    table = dta.rollup(calls, "affiliate", "call_count", top=9)

    assert rows(table) == [("South", 3, False), ("North", 2, False), (None, 1, False)]


def test_top_puts_a_rate_without_a_value_last():
    calls = pd.DataFrame(
        {
            "affiliate": ["A", "B", "C"],
            "offer_qualified": [True, False, True],
            "offer_price": [1.0, 2.0, 3.0],
            "affiliate_qualified": True,
            "affiliate_price": [2.0, 1.0, 1.0],
        }
    )

    assert dta.rollup(calls, "affiliate", "margin_rate", top=2)["affiliate"].tolist()[:2] == ["C", "A"]


@pytest.mark.parametrize("having", ["call_count >= 2 and payout > 10", lambda table: table["payout"] > 10])
def test_having_keeps_groups_and_totals_are_of_those_kept(calls, having):
    table = dta.rollup(calls, "affiliate", ["payout", "caller_count"], having=having, total=True)

    assert rows(table) == [("South", 15.0, 2, False), (None, 15.0, 2, True)]


def test_having_that_nothing_passes_leaves_an_empty_table(calls):
    table = dta.rollup(
        calls, ["affiliate", "lead_status"], "call_count", having="call_count > 99", total="all"
    )

    assert rows(table) == [(None, None, 0, True, 0)]


def test_wide_columns_hold_each_value_the_unknown_one_too(calls):
    table = dta.rollup(calls, "affiliate", ["call_count", "caller_count"], columns="lead_status", total=True)

    assert list(table.columns) == [
        "affiliate",
        *(f"call_count: {status}" for status in ("Connected", "Hang Up", "No Buyer", "(none)")),
        *(f"caller_count: {status}" for status in ("Connected", "Hang Up", "No Buyer", "(none)")),
        "call_count",
        "caller_count",
        "is_total",
    ]
    assert rows(table) == [
        ("North", 1, 1, 0, 0, 1, 0, 0, 0, 2, 1, False),
        ("South", 2, 0, 0, 1, 2, 0, 0, 1, 3, 2, False),
        (None, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1, False),
        (None, 3, 1, 1, 1, 3, 0, 1, 1, 6, 3, True),
    ]


def test_wide_headings_never_collide():
    calls = pd.DataFrame({"affiliate": "A", "lead_status": ["(none)", None]})

    table = dta.rollup(calls, "affiliate", "call_count", columns="lead_status")

    assert list(table.columns) == ["affiliate", "call_count: (none)", "call_count: (none)'"]


@pytest.mark.parametrize(
    ("freq", "column", "expected"),
    [
        ("D", "call_day", ["2026-10-04", "2026-10-05", "2026-10-11", "2026-12-31", "2027-01-01"]),
        ("W", "week", ["2026-09-28", "2026-10-05", "2026-12-28"]),
        ("MS", "month", ["2026-10-01", "2026-12-01", "2027-01-01"]),
        ("QS", "quarter", ["2026-10-01", "2027-01-01"]),
        ("YS", "year", ["2026-01-01", "2027-01-01"]),
    ],
)
def test_frequencies_label_periods_by_their_first_day(calls, freq, column, expected):
    """Weeks begin on Monday: Sunday the 4th belongs to the week of the 28th of September."""
    table = dta.rollup(calls, freq, "call_count")

    assert table[column].dtype == "datetime64[us]"
    assert table[column].dt.strftime("%Y-%m-%d").tolist()[:-1] == expected
    assert pd.isna(table[column].iloc[-1])
    assert table["call_count"].sum() == 6
    pd.testing.assert_frame_equal(table, dta.rollup(calls, column, "call_count"))


def test_the_hour_that_occurs_twice_in_autumn_is_two_hours():
    instants = pd.to_datetime(["2026-11-01 05:30", "2026-11-01 06:30", "2026-11-01 07:30"], utc=True)
    calls = pd.DataFrame({"call_date": instants.tz_convert(TIMEZONE).as_unit("us"), "sid": ["1", "2", "3"]})

    table = dta.rollup(calls, "h", "call_count")
    by_clock = dta.rollup(calls, "call_hour", "call_count")

    assert [str(hour) for hour in table["hour"]] == [
        "2026-11-01 01:00:00-04:00",
        "2026-11-01 01:00:00-05:00",
        "2026-11-01 02:00:00-05:00",
    ]
    assert rows(by_clock) == [(1, 2), (2, 1)]


def test_days_are_eastern_days_whatever_the_zone_of_the_frame():
    calls = pd.DataFrame({"call_date": pd.to_datetime(["2026-10-05 03:30"], utc=True), "sid": ["1"]})

    assert dta.rollup(calls, "D", "call_count")["call_day"].dt.day.tolist() == [4]


def test_no_calls_give_the_same_columns_and_dtypes(calls):
    by = ["affiliate", "W", "lead_status"]

    full, empty = dta.rollup(calls, by), dta.rollup(calls.head(0), by)

    assert len(empty) == 0
    assert full.dtypes.to_dict() == empty.dtypes.to_dict()


def test_no_calls_have_a_total_of_zeros(calls):
    table = dta.rollup(
        calls.head(0), "affiliate", ["call_count", "revenue", "caller_count", "margin_rate"], total=True
    )

    assert rows(table) == [(None, 0, 0.0, 0, None, True)]


def test_by_nothing_is_one_row(calls):
    assert rows(dta.rollup(calls, None, "call_count")) == [(6,)]
    assert rows(dta.rollup(calls.head(0), [], "call_count")) == [(0,)]


def test_a_single_call_is_a_group(calls):
    assert rows(dta.rollup(calls.head(1), "affiliate", ["call_count", "margin"])) == [("South", 1, 5.1)]


def test_counts_are_integers_and_money_and_rates_floats(calls):
    table = dta.rollup(calls, "affiliate", ["call_count", "caller_count", "revenue", "margin", "margin_rate"])

    assert [str(dtype) for dtype in table.dtypes[1:]] == ["int64", "int64", "float64", "float64", "float64"]


def test_no_rate_is_ever_infinite(calls):
    table = dta.rollup(calls.assign(offer_qualified=False), "affiliate", "margin_rate")

    assert table["margin_rate"].isna().all()


def test_the_frame_is_not_changed(calls):
    before = calls.copy(deep=True)

    dta.rollup(calls, ["affiliate", "W"], ["margin", "caller_count"], total="all", columns="lead_status")

    pd.testing.assert_frame_equal(before, calls)


def test_hostile_names_come_back_as_they_are():
    calls = pd.DataFrame({"affiliate": HOSTILE * 2, "offer": pd.Categorical(HOSTILE * 2)})

    table = dta.rollup(calls, ["affiliate", "offer"], "call_count")

    assert table["affiliate"].tolist() == sorted(HOSTILE)
    assert table["offer"].tolist() == sorted(HOSTILE)
    assert table["call_count"].tolist() == [2] * len(HOSTILE)


def test_ordered_categories_keep_their_order():
    sizes = pd.Categorical(["small", "large"], categories=["small", "large"], ordered=True)

    assert dta.rollup(pd.DataFrame({"size": sizes, "sid": ["1", "2"]}), "size", "call_count")[
        "size"
    ].tolist() == [
        "small",
        "large",
    ]


def test_categories_that_do_not_occur_are_no_groups():
    calls = pd.DataFrame({"affiliate": pd.Categorical(["b"], categories=["c", "b", "a"])})

    assert rows(dta.rollup(calls, "affiliate", "call_count", total=True)) == [
        ("b", 1, False),
        (None, 1, True),
    ]


def test_whole_number_labels_stay_whole_beside_a_total():
    calls = pd.DataFrame({"set_id": [7, 12, 7], "big": [2**60, 2**60 + 1, 2**60]})

    table = dta.rollup(calls, ["set_id", "big"], "call_count", total=True)

    assert rows(table) == [(7, 2**60, 2, False), (12, 2**60 + 1, 1, False), (None, None, 3, True)]


def test_many_keys_with_many_values_do_not_overflow():
    """Seven keys of a thousand values each have more combinations than fit into 64 bits."""
    values = np.arange(1000)
    calls = pd.DataFrame({f"key_{at}": [f"{value:04}" for value in np.roll(values, at)] for at in range(7)})

    table = dta.rollup(calls, list(calls.columns), "call_count")

    pd.testing.assert_frame_equal(
        table.drop(columns="call_count"), calls.sort_values("key_0"), check_index_type=False
    )


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["A", "B", None]),
            st.integers(-(10**9), 10**9),
            st.sampled_from([True, False, None]),
            st.sampled_from(["1", "2", "3", None]),
        ),
        max_size=30,
    ),
    st.randoms(use_true_random=False),
)
def test_money_ties_to_the_cent_in_any_order(records, random):
    """Revenue is the sum in Decimal over the records, whatever the order of the rows."""
    frame = pd.DataFrame(
        {
            "affiliate": pd.Series([one[0] for one in records], dtype="str"),
            "offer_price": [one[1] / 10_000 for one in records],
            "offer_qualified": pd.array([one[2] for one in records], dtype="boolean"),
            "caller_id": pd.Series([one[3] for one in records], dtype="str"),
        }
    )
    shuffled = frame.sample(frac=1, random_state=random.randrange(1000))
    expected = sum((Decimal(one[1]) / 10_000 for one in records if one[2]), Decimal(0))

    table = dta.rollup(shuffled, "affiliate", ["revenue", "caller_count"], total=True)

    assert table["revenue"].iloc[-1] == float(expected)
    assert sum(Decimal(str(one)) for one in table["revenue"].iloc[:-1]) == expected
    assert table["caller_count"].iloc[-1] == len({one[3] for one in records} - {None})


def test_sums_beyond_what_floats_hold_are_exact():
    """2**53 ten-thousandths and one more: a float sum would lose the one."""
    calls = pd.DataFrame({"talk_seconds": [2**53, 1, 1], "affiliate": "A"})

    assert dta.rollup(calls, "affiliate", "talk_time")["talk_time"].tolist() == [2**53 + 2]


def test_infinite_money_is_refused():
    calls = pd.DataFrame({"offer_price": [np.inf], "offer_qualified": True})

    with pytest.raises(SchemaError, match="offer_price holds an infinite amount"):
        dta.rollup(calls, None, "revenue")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "affilate"}, "did you mean 'affiliate'"),
        ({"by": ["affiliate", "affiliate"]}, "'affiliate' twice"),
        ({"by": 3}, "by is text or a list"),
        ({"metrics": ["margin", "margin"]}, "'margin' twice"),
        ({"metrics": []}, "at least one"),
        ({"metrics": "marginn"}, "did you mean 'margin'"),
        ({"total": "yes"}, "True, False or 'all'"),
        ({"top": 0}, "1 or more"),
        ({"top": 1, "total": "all"}, "exclude each other"),
        ({"columns": "affiliate"}, "not in by"),
        ({"having": "call_count >"}, "cannot be read"),
        ({"having": "nothing > 1"}, "cannot be worked out"),
        ({"having": lambda _: [True]}, "for each row"),
    ],
)
def test_bad_questions_say_what_is_wrong(calls, options, message):
    with pytest.raises(InputError, match=message):
        dta.rollup(calls, **({"by": "affiliate", "metrics": "call_count"} | options))


def test_a_label_may_not_share_its_name_with_a_metric(calls):
    with pytest.raises(InputError, match="rename the column"):
        dta.rollup(calls.assign(margin=1.0), "margin", "margin")


@pytest.mark.parametrize("freq", ["call_day", "W"])
def test_calls_without_any_day_are_one_unknown_group(freq):
    calls = pd.DataFrame(
        {"call_day": pd.to_datetime([None, None]).astype("datetime64[us]"), "affiliate": ["a", "b"]}
    )

    assert rows(dta.rollup(calls, freq, "call_count")) == [(None, 2)]
    assert len(dta.rollup(calls, ["affiliate", freq], "call_count")) == 2


def test_frequencies_need_a_time():
    with pytest.raises(SchemaError, match="call_day, call_date, date_added"):
        dta.rollup(pd.DataFrame({"sid": ["1"]}), "W", "call_count")


def test_what_is_no_frame_is_refused():
    with pytest.raises(InputError, match="Polars"):
        dta.rollup([1, 2, 3], None, "call_count")


def test_the_function_stays_reachable_after_its_module_was_imported():
    """``dtanalytics.rollup`` is a module too; the public name is the function."""
    import dtanalytics.rollup  # noqa: F401 - the import is what is tested

    assert callable(dta.rollup)
    assert callable(dta.metrics)


@pytest.mark.parametrize("price", [1e11, 1e12, "1,000,000,000,000.50"])
def test_rates_of_large_amounts_are_rates(price):
    calls = pd.DataFrame({"offer_price": [price] * 60, "affiliate_price": 0.0}).assign(
        offer_qualified=True, affiliate_qualified=False, lead_status="Connected"
    )
    found = calls.calls.margin()
    whole = 60 * Decimal(str(price).replace(",", ""))
    assert found["revenue"].tolist() == [float(whole)]
    assert found["margin_rate"].tolist() == [1.0]
