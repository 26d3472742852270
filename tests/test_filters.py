"""Conditions: written as the vendor's q= text, read back, and applied to frames."""

from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dtanalytics.emulator.service import query as emulator_query
from dtanalytics.errors import InputError, SchemaError
from dtanalytics.filters import Condition, apply, conditions, from_query, to_query
from dtanalytics.schema import BIDS, LEADFLOW
from dtanalytics.window import parse_window

VENDOR = "date_added:[2017-01-01 06:30:00 TO 2017-01-01 18:00:00},talk_minutes:[0.5 TO *]"


def test_the_vendors_own_example_is_written_and_read():
    where = {
        "talk_minutes": pd.Interval(0.5, np.inf, closed="left"),
        "date_added": ("2017-01-01 06:30", "2017-01-01 18:00"),
    }

    assert to_query(where) == VENDOR
    assert from_query(VENDOR) == {
        "date_added": Condition(datetime(2017, 1, 1, 6, 30), datetime(2017, 1, 1, 18), high_closed=False),
        "talk_minutes": Condition(Decimal("0.5")),
    }
    assert to_query(VENDOR) == VENDOR


@pytest.mark.parametrize(
    ("where", "text"),
    [
        ({"rank": pd.Interval(1, 3, closed="both")}, "rank:[1 TO 3]"),
        ({"rank": pd.Interval(1, 3, closed="left")}, "rank:[1 TO 3}"),
        ({"rank": pd.Interval(1, 3, closed="right")}, "rank:{1 TO 3]"),
        ({"rank": pd.Interval(1, 3, closed="neither")}, "rank:{1 TO 3}"),
        ({"rank": pd.Interval(-np.inf, 3, closed="neither")}, "rank:[* TO 3}"),
        ({"rank": pd.Interval(-np.inf, np.inf)}, "rank:[* TO *]"),
        ({"rank": 1}, "rank:[1 TO 1]"),
        ({"rank": np.int8(1)}, "rank:[1 TO 1]"),
        ({"talk_minutes": 5e-7}, "talk_minutes:[0.0000005 TO 0.0000005]"),
        ({"talk_minutes": 1e20}, "talk_minutes:[100000000000000000000 TO 100000000000000000000]"),
        ({"talk_minutes": Decimal("0.50")}, "talk_minutes:[0.5 TO 0.5]"),
        ({"talk_minutes": "100"}, "talk_minutes:[100 TO 100]"),
        ({"talk_minutes": -0.0}, "talk_minutes:[0 TO 0]"),
        ({"channel": "Call Extension"}, "channel:[Call Extension TO Call Extension]"),
        ({"channel": "*"}, "channel:[* TO *]"),
        ({"acct_id": "00012"}, "acct_id:[00012 TO 00012]"),
        ({"date_added": "2026-10"}, "date_added:[2026-10-01 00:00:00 TO 2026-11-01 00:00:00}"),
        ({"date_added": date(2026, 10, 5)}, "date_added:[2026-10-05 00:00:00 TO 2026-10-06 00:00:00}"),
        ({"date_added": slice("2026-10", None)}, "date_added:[2026-10-01 00:00:00 TO *]"),
        (
            {"date_added": datetime(2026, 10, 5, 18, 0, tzinfo=UTC)},
            "date_added:[2026-10-05 14:00:00 TO 2026-10-05 14:00:00]",
        ),
        (
            {"talk_start": pd.Interval(pd.Timestamp("2026-10-05 14:00"), pd.Timestamp("2026-10-05 14:01"))},
            "talk_start:{2026-10-05 14:00:00 TO 2026-10-05 14:01:00]",
        ),
        ({"url_tag": "a,b"}, r"url_tag:[a\,b TO a\,b]"),
        ({"url_tag": 'x "y" [z]'}, r"url_tag:[x \"y\" \[z\] TO x \"y\" \[z\]]"),
        ({"url_tag": "gclid=*"}, r"url_tag:[gclid=\* TO gclid=\*]"),
        ({"url_tag": "go TO it"}, r"url_tag:[go\ TO it TO go\ TO it]"),
        (
            {"rank": 1, "date_added": "2026-10-05", "acct_id": "7"},
            "date_added:[2026-10-05 00:00:00 TO 2026-10-06 00:00:00},acct_id:[7 TO 7],rank:[1 TO 1]",
        ),
        (None, ""),
        ({}, ""),
        ("", ""),
        ("  ", ""),
        (" rank : { 1 TO 3 ] , channel:[A TO A] ", "rank:{1 TO 3],channel:[A TO A]"),
        ("rank:{* TO 3}", "rank:[* TO 3}"),
        ("first_touch:[x TO x]", "baseuri:[x TO x]"),
    ],
)
def test_conditions_are_written_plainly(where, text):
    assert to_query(where) == text


def test_the_window_comes_first_and_narrows_a_condition_on_the_time():
    window = parse_window("2026-10-05")

    assert to_query({"rank": 1}, window=window) == (
        "date_added:[2026-10-05 00:00:00 TO 2026-10-06 00:00:00},rank:[1 TO 1]"
    )
    assert to_query({"date_added": slice("2026-10-05 12:00", None)}, window=window) == (
        "date_added:[2026-10-05 12:00:00 TO 2026-10-06 00:00:00}"
    )


def test_a_window_outside_the_condition_asks_for_nothing_rather_than_for_too_much():
    text = to_query({"date_added": "2026-10-09"}, window=parse_window("2026-10-05"))
    frame = pd.DataFrame({"date_added": pd.to_datetime(["2026-10-05", "2026-10-09"])})

    assert text == "date_added:[2026-10-09 00:00:00 TO 2026-10-09 00:00:00}"
    assert apply(frame, text).empty


def test_fractions_of_a_second_become_bounds_with_the_same_meaning_in_whole_seconds():
    start, end = datetime(2026, 10, 5, 6, 30, 0, 500_000), datetime(2026, 10, 5, 18, 0, 0, 1)

    assert to_query({"date_added": (start, end)}) == "date_added:{2026-10-05 06:30:00 TO 2026-10-05 18:00:00]"


def test_v3_spells_its_own_names():
    assert to_query({"adwords_keyword_id": "7"}, version="v3") == "ppc_keyword_id:[7 TO 7]"
    with pytest.raises(InputError, match="v3 of the service does not know super_id"):
        to_query({"super_id": "7"}, version="v3")


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ({"chanel": "SourceTrak"}, "did you mean 'channel'"),
        ({"call_day": "2026-10-05"}, "made at load.*use date_added"),
        ({"click_id": "x"}, "made at load"),
        ({"call_logging_id": "x"}, "deprecated by the vendor"),
        ("phone_number:[1 TO 1]", "deprecated by the vendor"),
        ({"channel": pd.Interval(0, 1)}, "is text"),
        ({"channel": 5}, "channel is text, and 5 is not"),
        ({"channel": ["A", "B"]}, "one value or one range"),
        ({"channel": ""}, "empty text"),
        ({"channel": "\ud800"}, "surrogates"),
        ("channel:[A TO B]", "order the vendor does not define"),
        ({"rank": "high"}, "rank is a number"),
        ({"rank": True}, "rank is a number"),
        ({"rank": float("nan")}, "null matches no condition"),
        ({"rank": float("inf")}, "give a finite value"),
        ({"rank": (1, 3)}, "pandas.Interval"),
        ({"rank": None}, "rank is a number"),
        ({"rank": "1e999999999"}, "too many digits"),
        ("rank:[3 TO 1]", "starts at 3 and ends at 1"),
        ({"date_added": ("2026-10-05", "2026-10-01")}, "before it"),
        ({"date_added": "someday"}, "accepted are"),
        ({"date_added": 5}, "accepted are"),
        ({"date_added": pd.Interval(0, 1)}, "date_added is a time"),
        ("rank", "not understood from 'rank'"),
        ("rank:one", "rank is a number"),
        ("rank:", "not understood"),
        ("channel:SourceTrak AND rank:1", "AND, OR and NOT"),
        ("channel:A OR channel:B", "AND, OR and NOT"),
        ("channel:Source*", "no value"),
        ('channel:"unfinished', "not understood"),
        ('channel:""', "cannot be asked"),
        ('channel:"*"', "cannot be asked"),
        ("channel:SourceTrak,", "not understood"),
        ("rank:[1 TO 3],", "not understood"),
        ("rank:[1 TO 3] channel:[A TO A]", "not understood"),
        ("rank:[1,3]", "not understood"),
        ("rank:[ TO 3]", "not understood"),
        ("rank:[  TO 3]", "no value"),
        ("url_tag:[gclid=* TO gclid=*]", "no value"),
        ('channel:["A" TO "A"]', "no value"),
        ("url_tag:[a TO b TO c]", "no value"),
        (["rank"], "give a mapping"),
    ],
)
def test_what_the_service_cannot_be_asked_is_refused(where, message):
    with pytest.raises(InputError, match=message):
        to_query(where)


TEXTS = [name for name, field in BIDS.by_name.items() if field.kind in {"name", "text"} and field.v2]
NUMBERS = ["rank", "talk_minutes", "pool_id", "activity_type_id"]
TIMES = ["date_added", "talk_start"]
hostile = st.text(min_size=1, max_size=12) | st.text(r' TO\,:[]{}*"' + "\n", min_size=1, max_size=12)
numbers = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=6)
moments = st.datetimes(datetime(1, 1, 1), datetime(9000, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0)
)


@st.composite
def ranges(draw, values):
    low, high = sorted([draw(values), draw(values)])
    low_open, high_open = draw(st.booleans()), draw(st.booleans())
    return Condition(
        None if low_open else low,
        None if high_open else high,
        low_open or draw(st.booleans()),
        high_open or draw(st.booleans()),
    )


wheres = st.fixed_dictionaries(
    {},
    optional={
        **{name: hostile.map(lambda text: Condition(text, text)) for name in TEXTS},
        **{name: ranges(numbers) for name in NUMBERS},
        **{name: ranges(moments) for name in TIMES},
    },
)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(wheres)
def test_what_is_written_reads_back_as_it_was(where):
    assert from_query(to_query(where)) == where


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.sampled_from(["url_tag", "channel"]), hostile)
def test_another_reader_of_the_language_finds_the_same_name(field, name):
    [read] = emulator_query.parse_query(to_query({field: Condition(name, name)}))

    assert (read.field.name, read.low, read.high) == (field, name, name)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(ranges(numbers), ranges(numbers), st.lists(numbers, max_size=20))
def test_two_conditions_on_a_field_hold_together(one, other, values):
    frame = pd.DataFrame({"talk_minutes": pd.Series(values, dtype=object)})
    both = apply(frame, f"talk_minutes:{one},talk_minutes:{other}")

    pd.testing.assert_frame_equal(both, apply(apply(frame, {"talk_minutes": one}), {"talk_minutes": other}))


def typed():
    """Three calls and one of nulls, in the dtypes of a loaded frame."""
    return pd.DataFrame(
        {
            "sid": pd.Series(["a", "b", "c", None], dtype="str"),
            "channel": pd.Series(["SourceTrak", "Call Extension", "SourceTrak", None], dtype="category"),
            "rank": pd.Series([1, 2, 3, None], dtype="Int8"),
            "pool_id": pd.Series([2**53 + 1, 2**53, 0, None], dtype="Int64"),
            "talk_minutes": [0.3, 0.5, 2.0, np.nan],
            "date_added": pd.to_datetime(
                ["2026-10-05 03:59:59", "2026-10-05 04:00:00", "2026-10-06 04:00:00", None], utc=True
            ).tz_convert("America/New_York"),
        }
    )


@pytest.mark.parametrize(
    ("where", "sids"),
    [
        (None, ["a", "b", "c", "null"]),
        ({"channel": "SourceTrak"}, ["a", "c"]),
        ({"channel": "*"}, ["a", "b", "c"]),
        ({"channel": "Nobody"}, []),
        ({"rank": pd.Interval(1, 3, closed="left")}, ["a", "b"]),
        ({"rank": pd.Interval(1, 3, closed="right")}, ["b", "c"]),
        ({"rank": pd.Interval(1, 1, closed="left")}, []),
        ({"rank": 1000}, []),
        ({"rank": pd.Interval(1.5, 10**25)}, ["b", "c"]),
        ({"pool_id": 2**53 + 1}, ["a"]),
        ({"talk_minutes": 0.3}, ["a"]),
        ({"talk_minutes": Decimal("0.30")}, ["a"]),
        ({"talk_minutes": pd.Interval(0.3, 2, closed="neither")}, ["b"]),
        ({"date_added": "2026-10-05"}, ["b"]),
        ({"date_added": pd.Timestamp("2026-10-05 03:59:59", tz="UTC")}, ["a"]),
        ({"date_added": slice(None, "2026-10-06"), "rank": "*"}, ["a", "b"]),
        ("talk_minutes:[0.5 TO *],channel:[SourceTrak TO SourceTrak]", ["c"]),
    ],
)
def test_a_frame_keeps_the_rows_that_the_service_would_give(where, sids):
    frame = typed()
    before = frame.copy()
    kept = apply(frame, where)

    assert kept["sid"].fillna("null").tolist() == sids
    pd.testing.assert_frame_equal(frame, before)
    pd.testing.assert_series_equal(kept.dtypes, frame.dtypes)


def test_decimals_plain_text_and_naive_times_are_compared_as_well():
    frame = pd.DataFrame(
        {
            "sid": pd.Series(["a", "b"], dtype=object),
            "talk_minutes": pd.Series([Decimal("0.30"), None], dtype=object),
            "date_added": pd.to_datetime(["2026-10-05 12:00", "2026-10-05 13:00"]),
        }
    )

    assert apply(frame, {"talk_minutes": 0.3, "sid": "a", "date_added": "2026-10-05"})["sid"].tolist() == [
        "a"
    ]


def test_conditions_apply_to_the_other_report_and_to_no_rows():
    empty = LEADFLOW.empty().to_pandas()

    assert apply(empty, {"affiliate": "A", "offer_price": pd.Interval(1, 2)}, LEADFLOW).empty
    assert list(conditions({"affiliate": "A"}, LEADFLOW)) == ["affiliate"]


def test_a_column_that_the_frame_lacks_is_named():
    with pytest.raises(SchemaError, match="the frame has no rank"):
        apply(pd.DataFrame({"sid": ["a"]}), {"rank": 1})


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("channel:SourceTrak", {"channel": "SourceTrak"}),
        ("channel: Call Extension , rank:1", {"channel": "Call Extension", "rank": 1}),
        ('channel:"Call Extension"', {"channel": "Call Extension"}),
        ('city:"New York, NY \\"x\\""', {"city": 'New York, NY "x"'}),
        ("talk_minutes:0.5", {"talk_minutes": 0.5}),
        ("channel:*", {"channel": "*"}),
        ("date_added:2026-10-05", {"date_added": "2026-10-05"}),
        (
            "rank:[1 TO 3],channel:SourceTrak",
            {"rank": pd.Interval(1, 3, closed="both"), "channel": "SourceTrak"},
        ),
        ("referrer:https://a.example/x", {"referrer": "https://a.example/x"}),
    ],
)
def test_one_value_alone_means_equality(text, asked):
    assert conditions(text) == conditions(asked)
