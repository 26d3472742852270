"""Columns that others made: each reader on each dtype and content, against values written by hand."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from dtanalytics import columns, money
from dtanalytics.decode.wall_clock import resolve
from dtanalytics.errors import SchemaError

EST = dt.timezone(dt.timedelta(hours=-5))


def arrow(values, kind):
    return pd.Series(pd.array(pa.array(values, kind), dtype=pd.ArrowDtype(kind)))


def decimals(*texts):
    return [None if text is None else Decimal(text) for text in texts]


YES_NO_UNKNOWN = {
    "Y and N": ["Y", "N", None],
    "any case, spaces": [" y ", "n", ""],
    "words": ["Yes", "no", None],
    "true and false": ["TRUE", "False", " "],
    "t and f": ["t", "F", None],
    "digits as text": ["1", "0", ""],
    "objects": pd.Series([True, False, None], dtype=object),
    "mixed objects": pd.Series([1, "N", None], dtype=object),
    "nullable": pd.array([True, False, None], dtype="boolean"),
    "ints": pd.array([1, 0, None], dtype="Int64"),
    "floats": [1.0, 0.0, np.nan],
    "decimals": pd.Series(decimals("1", "0", None), dtype=object),
    "category of text": pd.Categorical(["Y", "N", None]),
    "category of flags": pd.Categorical([True, False, None]),
    "Arrow bool": arrow([True, False, None], pa.bool_()),
    "Arrow text": arrow(["Y", "N", None], pa.string()),
    "Arrow large text": arrow(["Y", "N", None], pa.large_string()),
    "Arrow dictionary": arrow(["Y", "N", None], pa.dictionary(pa.int8(), pa.string())),
    "Arrow ints": arrow([1, 0, None], pa.int8()),
}


@pytest.mark.parametrize("values", YES_NO_UNKNOWN.values(), ids=YES_NO_UNKNOWN)
def test_flags_are_read_from_every_dtype(values):
    found = columns.flags(pd.Series(values))

    assert found.filled.tolist() == [True, False, False]
    assert found.known.tolist() == [True, True, False]


@pytest.mark.parametrize(
    ("values", "held"),
    [
        (["Y", "maybe"], "'maybe'"),
        ([1, 2], "2, which"),
        ([0.5], "0.5"),
        ([["Y"]], "no flags"),
        (pd.to_datetime(["2026-10-05"]), "datetime64"),
        (["212-555-0101"], "not shown"),
        (["a@b.example"], "not shown"),
    ],
)
def test_what_is_no_flag_is_refused_with_the_column_and_the_value(values, held):
    with pytest.raises(SchemaError, match=rf"'offer_qualified'.*{held}"):
        columns.flags(pd.Series(values, name="offer_qualified"))


def test_a_value_of_a_personal_column_is_in_no_message():
    with pytest.raises(SchemaError) as caught:
        columns.flags(pd.Series(["Miller"], name="last_name"))

    assert "Miller" not in str(caught.value)


AMOUNTS = {
    "floats": [1250.5, -0.0001, np.nan],
    "float32": pd.Series([1250.5, -0.0001, np.nan], dtype="float32"),
    "Float64": pd.array([1250.5, -0.0001, None], dtype="Float64"),
    "objects": pd.Series([1250.5, -0.0001, None], dtype=object),
    "decimals": pd.Series(decimals("1250.50", "-0.0001", None), dtype=object),
    "decimals, NaN": pd.Series(decimals("1250.50", "-0.0001", "NaN"), dtype=object),
    "text": ["1250.50", "-0.0001", None],
    "text, currency": ["$1,250.50", "($0.0001)", ""],
    "text, code and minus behind": ["1,250.50 USD", "0.0001-", " "],
    "mixed": pd.Series(["1250.50", -0.0001, None], dtype=object),
    "category": pd.Categorical(["1250.50", "-0.0001", None]),
    "Arrow floats": arrow([1250.5, -0.0001, None], pa.float64()),
    "Arrow decimals": arrow(decimals("1250.5", "-0.0001", None), pa.decimal128(18, 4)),
    "Arrow decimals of another scale": arrow(decimals("1250.5", "-0.0001", None), pa.decimal128(30, 9)),
    "Arrow short decimals": arrow(decimals("1250.5", "-0.0001", None), pa.decimal64(18, 4)),
    "Arrow shorter decimals": arrow(decimals("1250.5", "-0.0001", None), pa.decimal32(9, 4)),
    "Arrow wide decimals": arrow(decimals("1250.5", "-0.0001", None), pa.decimal256(50, 4)),
    "Arrow text": arrow(["1250.50", "-.0001", None], pa.large_string()),
    "Arrow dictionary": arrow(["1250.50", "-.0001", None], pa.dictionary(pa.int32(), pa.string())),
}


@pytest.mark.parametrize("values", AMOUNTS.values(), ids=AMOUNTS)
def test_money_is_read_exactly_from_every_dtype(values):
    found = columns.money(pd.Series(values))

    assert found.filled.tolist() == [12_505_000, -1, 0]
    assert found.known.tolist() == [True, True, False]


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int64", "uint64", "Int16", "UInt64", "int32[pyarrow]"])
def test_whole_amounts_are_read_exactly(dtype):
    assert columns.money(pd.Series([0, 7, 125], dtype=dtype)).filled.tolist() == [0, 70_000, 1_250_000]


@pytest.mark.parametrize(
    ("values", "held"),
    [
        ([np.inf], "inf"),
        ([1e300], "1e\\+300"),
        ([2**60], str(2**60)),
        (decimals("1e30"), "1E\\+30"),
        (decimals("Infinity"), "Infinity"),
        (arrow(decimals("1e30"), pa.decimal128(38, 0)), "0000000"),
        ([0.00085], "0.00085, finer"),
        (decimals("1.00005"), "1.00005, finer"),
        (arrow(decimals("1.00005"), pa.decimal128(18, 5)), "1.00005, finer"),
        (["1.00005"], "finer"),
        (["1.250,50"], "comma"),
        (["12,5"], "comma"),
        (["1,250", "980"], "thousands"),
        (["twelve"], "no amount"),
        ([True], "bool, not money"),
        (pd.Series([True, 1.5], dtype=object), "True"),
        (pd.to_timedelta(["1s"]), "timedelta"),
        (pd.to_datetime(["2026-10-05"]), "datetime64"),
    ],
)
def test_what_is_no_exact_money_is_refused(values, held):
    with pytest.raises(SchemaError, match=rf"'offer_price'.*{held}"):
        columns.money(pd.Series(values, name="offer_price"))


HALVES = ["0.00005", "0.00015", "0.00025", "-0.00005", "-0.00015", "-0.00025"]


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([float(text) for text in HALVES]),
        pd.Series(decimals(*HALVES)),
        pd.Series(HALVES),
        arrow(decimals(*HALVES), pa.decimal128(20, 5)),
    ],
    ids=["floats", "decimals", "text", "Arrow"],
)
def test_half_units_are_rounded_to_the_even_one_above_and_below_zero(values):
    assert columns.money(values, rounded=True).filled.tolist() == [0, 2, 2, 0, -2, -2]


@pytest.mark.parametrize("noisy", [0.1 + 0.2, 18.45 * 3, 1.1 * 1.1, 46.3333])
def test_what_computing_with_floats_leaves_behind_is_not_finer(noisy):
    assert columns.money(pd.Series([noisy])).filled.tolist() == [round(noisy * 10_000)]


AFTERNOON = {
    "naive": pd.to_datetime(["2026-10-05 14:13:05", None]),
    "nanoseconds": pd.to_datetime(["2026-10-05 14:13:05", None]).astype("datetime64[ns]"),
    "seconds": pd.to_datetime(["2026-10-05 14:13:05", None]).astype("datetime64[s]"),
    "UTC": pd.to_datetime(["2026-10-05 18:13:05", None], utc=True),
    "Los Angeles": pd.to_datetime(["2026-10-05 11:13:05", None]).tz_localize("America/Los_Angeles"),
    "ISO": ["2026-10-05 14:13:05", None],
    "ISO with T": ["2026-10-05T14:13:05.000", ""],
    "Z": ["2026-10-05T18:13:05Z", None],
    "offset": ["2026-10-05 14:13:05-04:00", " "],
    "offset without colon": ["2026-10-05T19:13:05+0100", None],
    "objects": pd.Series([dt.datetime(2026, 10, 5, 14, 13, 5), None], dtype=object),
    "objects with a zone": pd.Series([dt.datetime(2026, 10, 5, 13, 13, 5, tzinfo=EST), None], dtype=object),
    "timestamps": pd.Series([pd.Timestamp("2026-10-05 18:13:05", tz="UTC"), pd.NaT], dtype=object),
    "category": pd.Categorical(["2026-10-05 14:13:05", None]),
    "Arrow timestamp": arrow([dt.datetime(2026, 10, 5, 14, 13, 5), None], pa.timestamp("s")),
    "Arrow UTC": arrow([dt.datetime(2026, 10, 5, 18, 13, 5), None], pa.timestamp("ns", "UTC")),
    "Arrow text": arrow(["2026-10-05 14:13:05", None], pa.large_string()),
}


@pytest.mark.parametrize("values", AFTERNOON.values(), ids=AFTERNOON)
def test_times_are_read_from_every_dtype(values):
    found = columns.times(pd.Series(values))

    assert str(found.dtype) == "datetime64[us, America/New_York]"
    assert found.astype(str).tolist()[0] == "2026-10-05 14:13:05-04:00"
    assert found.isna().tolist() == [False, True]


def test_offsets_on_both_sides_of_a_change_of_clocks_are_instants():
    """As pandas writes November to CSV."""
    found = columns.times(pd.Series(["2026-11-01 01:30:00-04:00", "2026-11-01 01:30:00-05:00"]))

    assert found.dt.tz_convert("UTC").dt.hour.tolist() == [5, 6]


@pytest.mark.parametrize(
    "wall", ["2026-11-01 01:30:00", "2026-03-08 02:30:00", "2026-03-08 02:00:00", "2026-03-08 03:00:00"]
)
def test_wall_clocks_of_odd_nights_are_those_of_the_loader(wall):
    loader = resolve(pa.array([dt.datetime.fromisoformat(wall)], pa.timestamp("us")))[0].to_pylist()

    assert columns.times(pd.Series([wall])).tolist() == loader


@pytest.mark.parametrize(
    ("values", "days"),
    [
        (["05/10/2026 14:00", "20/10/2026 2:00 PM"], ["2026-10-05 14:00", "2026-10-20 14:00"]),
        (["10/05/2026", "10/20/2026 12:30 AM"], ["2026-10-05 00:00", "2026-10-20 00:30"]),
        (["20.10.2026 08:00", "5.10.2026"], ["2026-10-20 08:00", "2026-10-05 00:00"]),
        (["05/05/2026", ""], ["2026-05-05 00:00", "NaT"]),
    ],
)
def test_one_order_of_day_and_month_serves_the_whole_column(values, days):
    found = columns.times(pd.Series(values)).dt.tz_localize(None)

    assert found.map(lambda t: "NaT" if pd.isna(t) else f"{t:%Y-%m-%d %H:%M}").tolist() == days


@pytest.mark.parametrize(
    ("values", "held"),
    [
        ([20261005], "int64, not times"),
        ([46296.59], "float64, not times"),
        (pd.array([1790878380], dtype="Int64"), "Int64, not times"),
        (arrow([1790878380], pa.int64()), "not times"),
        (pd.Series([1790878380, None], dtype=object), "int"),
        ([True], "bool, not times"),
        (decimals("20261005"), "Decimal"),
        (["20261005"], "'20261005'"),
        (["2:13 PM"], "'2:13 PM'"),
        (["2026-13-45"], "'2026-13-45'"),
        (["soon"], "'soon'"),
        (["05/10/2026"], "no row tells apart"),
        (["31/31/2026"], "no time"),
        (["20/10/2026", "10/20/2026"], "no time"),
        (pd.to_timedelta(["1s"]), "timedelta"),
        (arrow([5], pa.time64("us")), "time"),
    ],
)
@pytest.mark.parametrize("reader", [columns.times, columns.days])
def test_what_is_no_time_is_refused(reader, values, held):
    with pytest.raises(SchemaError, match=rf"'call_date'.*{held}"):
        reader(pd.Series(values, name="call_date"))


OCTOBER_5 = {
    "midnight": pd.to_datetime(["2026-10-05", None]),
    "a time": pd.to_datetime(["2026-10-05 23:59", None]),
    "Eastern": pd.to_datetime(["2026-10-05 23:59", None]).tz_localize("America/New_York"),
    "UTC of an evening": pd.to_datetime(["2026-10-06 02:00", None], utc=True),
    "UTC midnight is a day": pd.to_datetime(["2026-10-05", None], utc=True),
    "text": ["2026-10-05", None],
    "text of UTC midnight": ["2026-10-05T00:00:00.000Z", None],
    "dates": pd.Series([dt.date(2026, 10, 5), None], dtype=object),
    "Arrow date32": arrow([dt.date(2026, 10, 5), None], pa.date32()),
    "Arrow date64": arrow([dt.date(2026, 10, 5), None], pa.date64()),
    "category": pd.Categorical(["2026-10-05", None]),
}


@pytest.mark.parametrize("values", OCTOBER_5.values(), ids=OCTOBER_5)
def test_days_are_read_from_every_dtype(values):
    found = columns.days(pd.Series(values))

    assert str(found.dtype) == "datetime64[us]"
    assert found.tolist() == [pd.Timestamp("2026-10-05"), pd.NaT]


DURATIONS = {
    "ints": pd.array([205, None], dtype="Int32"),
    "floats": [205.0, np.nan],
    "microseconds": pd.to_timedelta(["205s", None]).astype("timedelta64[us]"),
    "nanoseconds": pd.to_timedelta(["205s", None]).astype("timedelta64[ns]"),
    "objects": pd.Series([dt.timedelta(seconds=205), None], dtype=object),
    "Arrow duration": arrow([205_000, None], pa.duration("ms")),
    "Arrow ints": arrow([205, None], pa.int16()),
    "Arrow decimal": arrow(decimals("205", None), pa.decimal128(10, 2)),
    "minutes and seconds": ["3:25", None],
    "hours": ["0:03:25", ""],
    "text": ["205", None],
    "decimals": pd.Series(decimals("205.0", None), dtype=object),
    "category": pd.Categorical(["3:25", None]),
}


@pytest.mark.parametrize("values", DURATIONS.values(), ids=DURATIONS)
def test_seconds_are_read_from_every_dtype(values):
    assert columns.seconds(pd.Series(values)).tolist() == pytest.approx([205.0, np.nan], nan_ok=True)


@pytest.mark.parametrize(
    "values",
    [[np.inf], [True], ["long"], [dt.time(3, 25)], ["3:99"], ["-3:25"], ["3:25:00", "1:07:00", "0:45:00"]],
)
def test_what_is_no_duration_is_refused(values):
    with pytest.raises(SchemaError, match="talk_seconds"):
        columns.seconds(pd.Series(values, name="talk_seconds"))


COUNTS = {
    "ints": pd.array([3, None], dtype="Int8"),
    "unsigned": pd.array([3, None], dtype="UInt64"),
    "floats": [3.0, np.nan],
    "text": ["3", ""],
    "text with a fraction of zero": ["3.0", None],
    "decimals": pd.Series(decimals("3.00", None), dtype=object),
    "Arrow": arrow([3, None], pa.int64()),
    "category": pd.Categorical([3, None]),
}


@pytest.mark.parametrize("values", COUNTS.values(), ids=COUNTS)
def test_counts_are_read_from_every_dtype(values):
    found = columns.counts(pd.Series(values))

    assert (found.filled.tolist(), found.known.tolist()) == ([3, 0], [True, False])


@pytest.mark.parametrize("values", [[1.5], [np.inf], [True], ["three"], [2**63], decimals("1e40")])
def test_what_is_no_count_is_refused(values):
    with pytest.raises(SchemaError, match="rank"):
        columns.counts(pd.Series(values, name="rank"))


IDS = {
    "text": (["007", "", None], ["007", None, None]),
    "ints": ([2**62 + 1], [str(2**62 + 1)]),
    "nullable ints": (pd.array([7, None], dtype="Int64"), ["7", None]),
    "whole floats": ([2605550100.0, np.nan], ["2605550100", None]),
    "largest exact float": ([float(2**53 - 1)], [str(2**53 - 1)]),
    "mixed objects": (pd.Series(["007", 7, None], dtype=object), ["007", "7", None]),
    "decimals": (decimals("12345678901234567890"), ["12345678901234567890"]),
    "category of text": (pd.Categorical(["007", None]), ["007", None]),
    "category of ints": (pd.Categorical([7, None]), ["7", None]),
    "Arrow text": (arrow(["007", None], pa.string()), ["007", None]),
    "Arrow ints": (arrow([2**62 + 1, None], pa.int64()), [str(2**62 + 1), None]),
    "Arrow dictionary": (arrow(["007", None], pa.dictionary(pa.int8(), pa.string())), ["007", None]),
    "nothing": ([], []),
}


@pytest.mark.parametrize(("values", "expected"), IDS.values(), ids=IDS)
def test_ids_are_text_and_never_by_way_of_a_float(values, expected):
    found = columns.ids(pd.Series(values, dtype=None if len(values) else object))

    assert str(found.dtype) == "str"
    assert [None if pd.isna(one) else one for one in found] == expected


@pytest.mark.parametrize("values", [[float(2**53)], [1.5], [np.inf], [True], [["7"]]])
@pytest.mark.parametrize("reader", [columns.ids, columns.text])
def test_what_is_no_exact_id_is_refused(reader, values):
    with pytest.raises(SchemaError, match="sid"):
        reader(pd.Series(values, name="sid"))


def test_names_stay_categories_without_empty_text():
    found = columns.names(pd.Series(pd.Categorical(["North", "", None])))

    assert found.dtype == "category"
    assert found.isna().tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("reader", "dtype"),
    [
        (columns.times, "datetime64[us, America/New_York]"),
        (columns.days, "datetime64[us]"),
        (columns.text, "str"),
        (columns.ids, "str"),
        (columns.names, "category"),
    ],
)
def test_columns_as_the_loader_makes_them_are_handed_back_as_they_are(reader, dtype):
    column = pd.Series(["2026-10-05 00:00", None]).astype(dtype)

    assert reader(column) is column


@pytest.mark.parametrize(
    ("values", "units", "decimals_"),
    [
        ([0.00085, 1.5, np.nan], [85, 150_000, 0], 5),
        ([1.25], [12_500], 4),
        (decimals("0.000000001", "-2"), [1, -2_000_000_000], 9),
        (["0.00667"], [667], 5),
        (pd.array([3, None], dtype="Int64"), [30_000, 0], 4),
        (pd.Categorical([0.00085]), [85], 5),
    ],
)
def test_numbers_in_any_unit_are_whole_multiples_of_a_power_of_ten(values, units, decimals_):
    found, many = columns.exact(pd.Series(values))

    assert (found.tolist(), many) == (units, decimals_)


@pytest.mark.parametrize(
    ("side", "units"), [("offer", [200_000, 0, 0, 0]), ("affiliate", [0, 123_456, 0, 0])]
)
def test_a_call_earns_its_price_where_that_side_qualified(side, units):
    calls = pd.DataFrame(
        {
            "offer_price": ["20.00", "18.50", None, "3"],
            "offer_qualified": ["Y", "N", "Y", ""],
            "affiliate_price": decimals("12", "12.3456", "NaN", "1"),
            "affiliate_qualified": pd.array([False, True, True, None], dtype="boolean"),
        }
    )

    assert money.earned(calls, side).tolist() == units


@pytest.mark.parametrize(
    ("units", "expected"),
    [([2**62, 2**62 - 1], 2**63 - 1), ([-(2**62), 2**62], 0), ([2**53, 1], 2**53 + 1)],
)
def test_sums_of_money_are_exact_up_to_what_can_be_counted(units, expected):
    assert money.sums(np.zeros(2, dtype=int), 1, np.array(units)).tolist() == [expected]


def test_a_sum_of_money_never_wraps():
    with pytest.raises(SchemaError, match="922 trillion"):
        money.sums(np.zeros(2, dtype=int), 1, np.array([2**62, 2**62]))


def test_bytes_are_read_as_utf_8_or_refused():
    assert columns.ids(pd.Series([b"caf\xc3\xa9", None])).tolist()[0] == "caf\u00e9"
    with pytest.raises(SchemaError, match=r"'city' holds bytes that are no UTF-8.*decode"):
        columns.ids(pd.Series([b"caf\xe9"], name="city"))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0 days 00:03:25", 205),
        ("1 day, 1:00:00", 90_000),
        (dt.time(0, 3, 25), 205),
        ("2 days 00:00:00.500000", 172_800.5),
    ],
)
def test_durations_as_pandas_python_and_spreadsheets_write_them(value, seconds):
    assert columns.seconds(pd.Series([value, None], dtype=object)).tolist()[0] == seconds


def test_midnights_of_a_zone_are_its_days_and_other_times_are_instants():
    days = [pd.Timestamp("2026-10-05", tz="UTC"), None, pd.Timestamp("2026-10-06", tz="Asia/Tokyo")]
    instants = [pd.Timestamp("2026-10-05", tz="UTC"), pd.Timestamp("2026-10-06 12:00", tz="UTC")]

    assert columns.days(pd.Series(days, dtype=object)).astype(str).tolist()[::2] == [
        "2026-10-05",
        "2026-10-06",
    ]
    assert columns.days(pd.Series(instants, dtype=object)).astype(str).tolist() == [
        "2026-10-04",
        "2026-10-06",
    ]
