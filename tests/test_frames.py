"""Frames of calls: one shape for any rows, exact values, and exactly back again."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from frame_tables import to_arrow
from hypothesis import given, settings
from hypothesis import strategies as st

from dtanalytics import frames
from dtanalytics.errors import InputError, SchemaError
from dtanalytics.frames import to_pandas
from dtanalytics.schema import BIDS, LEADFLOW

EASTERN = ZoneInfo("America/New_York")
VALUES = {
    "name": st.sampled_from(["b", "a", "中", "<script>", "$x$", "=cmd()", "a" * 500]),
    "text": st.sampled_from(["00501", "9007199254740993", "x\x00y", " ", "NA", "nan", "None"]),
    "flag": st.booleans(),
    "money": st.decimals(Decimal(-(10**9)), Decimal(10**9), places=4),
    "minutes": st.decimals(Decimal(0), Decimal(10**6), places=2),
    "int8": st.integers(-128, 127),
    "int32": st.integers(-(2**31), 2**31 - 1),
    "int64": st.integers(-(2**63), 2**63 - 1),
    "time": st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1)).map(
        lambda time: time.replace(tzinfo=EASTERN)
    ),
    "day": st.dates(date(1990, 1, 1), date(2060, 1, 1)),
}


def dtypes(report, money="float64"):
    """The dtypes that a frame of a report must have."""
    return {field.name: money if field.kind == "money" else field.pandas for field in report.fields}


def shape(frame):
    return {name: str(dtype) for name, dtype in frame.dtypes.items()}


@st.composite
def tables(draw, report):
    """A few calls with anything in any column, cut into chunks."""
    rows = draw(
        st.lists(
            st.fixed_dictionaries({field.name: st.none() | VALUES[field.kind] for field in report.fields}),
            max_size=3,
        )
    )
    table = pa.Table.from_pylist(rows, schema=report.schema)
    cut = draw(st.integers(0, len(rows)))
    return pa.concat_tables([table[:cut], table[cut:], report.empty()])


def table(**columns):
    """LeadFlow calls with these columns, the rest null."""
    rows = len(next(iter(columns.values())))
    empty = {field.name: pa.nulls(rows, field.arrow) for field in LEADFLOW.fields}
    return pa.table(
        empty | {name: pa.array(values, LEADFLOW.by_name[name].arrow) for name, values in columns.items()},
        schema=LEADFLOW.schema,
    )


@pytest.mark.parametrize("report", [LEADFLOW, BIDS], ids=lambda report: report.name)
def test_the_shape_is_the_same_for_any_rows(report):
    """Columns, dtypes, order and index, with zero rows, nulls alone, or anything else; and back again."""

    @settings(max_examples=15)
    @given(tables(report))
    def check(calls):
        frame = to_pandas(calls, report)

        assert shape(frame) == dtypes(report)
        assert frame.index.equals(pd.RangeIndex(calls.num_rows))
        assert isinstance(frame.index, pd.RangeIndex)
        again = to_arrow(frame, report)
        assert again.schema.equals(report.schema, check_metadata=True)
        assert again.combine_chunks() == calls.combine_chunks()
        for name, values in calls.to_pydict().items():
            kind = report.by_name[name].kind
            expected = [
                float(value) if value is not None and kind in {"money", "minutes"} else value
                for value in values
            ]
            found = [None if pd.isna(value) else value for value in frame[name]]
            assert found == ([value and datetime(value.year, value.month, value.day) for value in expected] if kind == "day" else expected)  # fmt: skip

    check()


@pytest.mark.parametrize("report", [LEADFLOW, BIDS], ids=lambda report: report.name)
def test_a_frame_of_no_calls_has_the_shape_of_any_other(report):
    none = report.empty()

    assert shape(to_pandas(none, report)) == dtypes(report)
    assert shape(to_pandas(none, report, money="decimal")) == dtypes(report, "object")
    assert len(to_pandas(none, report)) == 0


def test_categories_are_sorted_and_all_in_use():
    """Whatever dictionaries the chunks bring, and whatever was filtered out before."""
    chunks = [pa.array(["b", "zz", "b"]).dictionary_encode(), pa.array(["a", None, "中"]).dictionary_encode()]
    calls = pa.table({"offer": pa.chunked_array(chunks)}).filter(
        pa.array([True, False, True, True, True, True])
    )
    offer = to_pandas(calls, LEADFLOW)["offer"]

    assert offer.cat.categories.tolist() == ["a", "b", "中"]
    assert offer.cat.categories.dtype == "str"
    assert offer.astype("object").where(offer.notna(), None).tolist() == ["b", "b", "a", None, "中"]


def test_a_dictionary_may_hold_the_null_itself():
    """Parquet writers differ in where they put it."""
    codes = pa.DictionaryArray.from_arrays(pa.array([0, 1, None], pa.int32()), pa.array(["x", None]))

    assert to_pandas(pa.table({"offer": codes}), LEADFLOW)["offer"].isna().tolist() == [False, True, True]


def test_columns_read_from_parquet_as_dictionaries_give_the_same_frame(tmp_path):
    """In many row groups, each with a dictionary of its own."""
    calls = table(
        offer=["b", "a", None, "c", "b"],
        sid=["1", "2", "3", "4", "5"],
        offer_price=[Decimal("0.1"), None, Decimal(2), Decimal(3), Decimal(-4)],
    )
    pq.write_table(calls, tmp_path / "calls.parquet", row_group_size=2, store_decimal_as_integer=True)
    read = pq.read_table(tmp_path / "calls.parquet", read_dictionary=["offer", "affiliate", "sid"])

    pd.testing.assert_frame_equal(to_pandas(read, LEADFLOW), to_pandas(calls, LEADFLOW))


def test_money_is_the_float_nearest_to_each_amount():
    """Arrow's own cast is a unit off in a third of these."""
    amounts = [Decimal(number).scaleb(-4) for number in range(1, 200_000, 7)]
    prices = to_pandas(table(offer_price=amounts), LEADFLOW)["offer_price"]

    assert prices.tolist() == [float(amount) for amount in amounts]


def test_money_may_stay_decimal():
    """For accountants: Python's Decimal, null as None; minutes stay floats."""
    calls = table(offer_price=[Decimal("0.1000"), None], talk_minutes=[Decimal("1.5"), None])
    frame = to_pandas(calls, LEADFLOW, money="decimal")

    assert frame["offer_price"].tolist() == [Decimal("0.1"), None]
    assert frame["talk_minutes"].dtype == np.float64
    assert to_arrow(frame, LEADFLOW) == calls


def test_sliced_tables_give_their_own_rows():
    """A slice shares its buffers with the rows before it."""
    calls = table(
        offer_price=[Decimal(n) for n in range(6)],
        sid=list("abcdef"),
        reroute=[True, None, False] * 2,
        offer=list("uvwxyz"),
    )
    frame = to_pandas(calls[2:5], LEADFLOW)

    assert frame["offer_price"].tolist() == [2.0, 3.0, 4.0]
    assert frame["offer"].cat.categories.tolist() == ["w", "x", "y"]
    assert frame["reroute"].tolist() == [False, True, pd.NA]


def test_every_column_of_a_frame_can_be_written_to_without_touching_the_table():
    """A frame is the user's own, although it shares memory where that cannot be seen."""
    calls = table(
        sid=["1", "2"], offer=["a", "b"], offer_price=[Decimal(1), Decimal(2)], reroute=[True, False], talk_seconds=[1, 2],
        call_date=[datetime(2026, 10, 5, tzinfo=EASTERN), datetime(2026, 10, 6, tzinfo=EASTERN)], call_day=[date(2026, 10, 5), date(2026, 10, 6)],
        call_hour=[0, 1], talk_minutes=[Decimal(1), Decimal(2)],
    )  # fmt: skip
    before = calls.to_pylist()
    frame = to_pandas(calls, LEADFLOW)
    for name in frame.columns[frame.notna().all()]:
        frame.loc[0, name] = frame.loc[1, name]

        assert frame.loc[0, name] == frame.loc[1, name]
    assert calls.to_pylist() == before


@pytest.mark.parametrize("rows", [19_999, 20_000])
def test_many_rows_are_converted_like_few(rows):
    """Side by side or one after another, each column is its own."""
    numbers = range(rows)
    calls = table(
        sid=[str(n) for n in numbers],
        offer=[f"o{n % 7}" for n in numbers],
        talk_seconds=list(numbers),
        offer_price=[Decimal(n) for n in numbers],
    )
    frame = to_pandas(calls, LEADFLOW)

    assert shape(frame) == dtypes(LEADFLOW)
    assert frame["sid"].tolist() == [str(n) for n in numbers]
    assert frame["offer"].astype("str").tolist() == [f"o{n % 7}" for n in numbers]
    assert frame["offer_price"].tolist() == [float(n) for n in numbers]


def test_columns_come_in_the_order_asked():
    calls = table(sid=["1"])

    assert list(to_pandas(calls, LEADFLOW, columns=["sid", "margin", "call_day"]).columns) == [
        "sid",
        "margin",
        "call_day",
    ]
    assert list(to_pandas(calls.select(["sid", "offer"]), LEADFLOW).columns) == ["sid", "offer"]
    assert to_pandas(calls, LEADFLOW, columns=[]).shape == (1, 0)


def test_bad_arguments_are_named():
    """A column that is not known (with the nearest), one that the table lacks, a kind of money."""
    calls = table(sid=["1"]).select(["sid"])

    with pytest.raises(InputError, match="did you mean 'affiliate'"):
        to_pandas(calls, LEADFLOW, columns=["affilate"])
    with pytest.raises(SchemaError, match="lacks the columns affiliate"):
        to_pandas(calls, LEADFLOW, columns=["affiliate"])
    with pytest.raises(InputError, match="'float' or 'decimal'"):
        to_pandas(calls, LEADFLOW, money="cents")


@pytest.mark.parametrize("start", [0, 1, 7, 8, 9])
def test_values_and_nulls_of_a_slice_are_those_of_its_rows(start):
    """Nulls and flags are bits: a slice begins anywhere in a byte."""
    words = ["02139", None, "10001", "02139", None] * 5
    flags = [True, None, False, False, True] * 5
    amounts = [Decimal("1.25"), None, Decimal("-3.50"), None, Decimal("0.10")] * 5
    table = pa.table(
        {
            "entered_zip": pa.chunked_array([pa.array(words).dictionary_encode()]),
            "offer_qualified": pa.array(flags),
            "offer_price": pa.array(amounts, pa.decimal128(18, 4)),
        }
    )

    frame = to_pandas(table.slice(start, 12), LEADFLOW).astype(object)

    rows = slice(start, start + 12)
    found = {name: [None if pd.isna(value) else value for value in frame[name]] for name in frame}
    assert found["entered_zip"] == words[rows]
    assert found["offer_qualified"] == flags[rows]
    assert found["offer_price"] == [None if amount is None else float(amount) for amount in amounts[rows]]


def test_much_text_in_many_pieces_is_the_same_text_in_one(monkeypatch):
    words = [pa.array(["a", None, "b"]), pa.array(["", "c"]), pa.array([], pa.string())]
    plain = pa.table({"sid": pa.chunked_array(words)})
    coded = pa.table({"sid": pa.chunked_array([piece.dictionary_encode() for piece in words])})
    monkeypatch.setattr(frames, "_LONG", 2)

    for table_of_it in (plain, coded):
        found = to_pandas(table_of_it, LEADFLOW)["sid"]
        assert found.dtype == "str"
        assert found.astype(object).where(found.notna(), None).tolist() == ["a", None, "b", "", "c"]
