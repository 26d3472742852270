"""Raw records and other dtypes on every engine: the figures of loaded calls, or an error that says what they hold."""

import datetime as dt
import io
from decimal import Decimal

import dask.dataframe as dd
import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import dtanalytics as dta
from dtanalytics.errors import InputError, SchemaError

RECORDS = [
    {
        "call_date": f"2026-10-{day} 14:13:05", "affiliate": affiliate, "advertiser": "Acme" if offer else "",
        "lead_status": status, "offer_qualified": offer, "offer_price": price, "affiliate_qualified": paid,
        "affiliate_price": "10.00" if price else "", "talk_seconds": talk, "caller_id": caller,
    }
    for day, affiliate, status, offer, price, paid, talk, caller in [
        ("05", "North", "Connected", "Y", "20.00", "Y", "205", "2605550100"),
        ("05", "South", "Connected", "N", "1250.50", "Y", "15", "2605550101"),
        ("06", "South", "Connected", "Y", "18.5001", "N", "60", "2605550101"),
        ("06", "South", "No Buyer", "N", "", "N", "0", ""),
        ("07", "North", "", "", "20.00", "", "", ""),
    ]
]  # fmt: skip
VALUES = {
    "call_count": 5, "connected_count": 3, "other_status_count": 0, "offer_qualified_count": 2,
    "affiliate_qualified_count": 2, "paid_not_billed_count": 1, "billed_not_paid_count": 1,
    "revenue": 38.5001, "payout": 20.0, "margin": 18.5001, "leakage": 10.0, "windfall": 18.5001,
    "talk_time": 280, "caller_count": 2,
}  # fmt: skip
BY_DAY = [(dt.date(2026, 10, 5), 2, 20.0), (dt.date(2026, 10, 6), 2, 18.5001), (dt.date(2026, 10, 7), 1, 0.0)]


def text():
    return pa.Table.from_pylist(RECORDS)


def typed():
    frame = pd.DataFrame(RECORDS).replace("", None)
    flags = {
        name: frame[name].map({"Y": True, "N": False}) for name in ("offer_qualified", "affiliate_qualified")
    }
    prices = {name: frame[name].astype(float) for name in ("offer_price", "affiliate_price")}
    return frame.assign(**flags, **prices, call_date=pd.to_datetime(frame["call_date"])).astype(
        {"offer_qualified": "boolean", "affiliate_qualified": "boolean"}
    )


def arrow_of(kind):
    return pa.table({name: text()[name].cast(kind) for name in text().column_names})


def duck(table):
    connection = duckdb.connect()
    return connection.from_arrow(table)


FRAMES = {
    "pandas": lambda: pd.DataFrame(RECORDS),
    "pandas objects": lambda: pd.DataFrame(RECORDS).astype(object),
    "pandas categories": lambda: pd.DataFrame(RECORDS).astype("category"),
    "pandas Arrow": lambda: text().to_pandas(types_mapper=pd.ArrowDtype),
    "pandas Arrow dictionaries": lambda: arrow_of(pa.dictionary(pa.int32(), pa.string())).to_pandas(
        types_mapper=pd.ArrowDtype
    ),
    "CSV as text": lambda: pd.read_csv(io.StringIO(pd.DataFrame(RECORDS).to_csv(index=False)), dtype=str),
    "CSV": lambda: pd.read_csv(io.StringIO(pd.DataFrame(RECORDS).to_csv(index=False))),
    "typed": typed,
    "decimals": lambda: typed().assign(offer_price=[None if r["offer_price"] == "" else Decimal(r["offer_price"]) for r in RECORDS]),
    "typed, Arrow": lambda: typed().convert_dtypes(dtype_backend="pyarrow"),
    "typed, nullable": lambda: typed().convert_dtypes(),
    "Arrow": text,
    "Arrow large text": lambda: arrow_of(pa.large_string()),
    "Arrow dictionaries": lambda: arrow_of(pa.dictionary(pa.int32(), pa.string())),
    "Arrow floats": lambda: pa.Table.from_pandas(typed()),
    "Polars": lambda: pl.DataFrame(RECORDS),
    "Polars lazy": lambda: pl.DataFrame(RECORDS).lazy(),
    "Polars categories": lambda: pl.DataFrame(RECORDS).with_columns(pl.col(pl.String).cast(pl.Categorical)),
    "Polars floats": lambda: pl.from_pandas(typed()),
    "DuckDB": lambda: duck(text()),
    "DuckDB floats": lambda: duck(pa.Table.from_pandas(typed())),
    "Dask": lambda: dd.from_pandas(pd.DataFrame(RECORDS), npartitions=3),
    "Dask floats": lambda: dd.from_pandas(typed(), npartitions=2),
}  # fmt: skip


def to_pandas(result):
    if hasattr(result, "compute"):
        return result.compute()
    if isinstance(result, duckdb.DuckDBPyRelation):
        result = result.to_arrow_table()
    if isinstance(result, pl.LazyFrame):
        result = result.collect()
    return result if isinstance(result, pd.DataFrame) else result.to_pandas()


def rows(result):
    found = to_pandas(result)
    return [
        tuple(one.date() if isinstance(one, pd.Timestamp) else None if pd.isna(one) else one for one in row)
        for row in found.itertuples(index=False)
    ]


@pytest.mark.parametrize("make", FRAMES.values(), ids=FRAMES)
def test_raw_records_have_the_figures_of_loaded_calls(make):
    found = to_pandas(dta.rollup(make(), None, list(VALUES)))

    assert found.iloc[0].to_dict() == VALUES


@pytest.mark.parametrize("make", FRAMES.values(), ids=FRAMES)
def test_raw_times_are_grouped_by_their_days(make):
    assert rows(dta.rollup(make(), "D", ["call_count", "revenue"])) == BY_DAY


@pytest.mark.parametrize("make", FRAMES.values(), ids=FRAMES)
def test_raw_names_are_grouped_and_the_kind_of_frame_comes_back(make):
    frame = make()

    result = dta.rollup(frame, "affiliate", ["call_count", "payout"])

    assert rows(result) == [("North", 2, 10.0), ("South", 3, 10.0)]
    assert type(result) is type(frame)


WRONG = {
    "offer_qualified": ["maybe", "Y", "Y", "Y", "Y"],
    "offer_price": ["1.250,50", "1", "1", "1", "1"],
    "call_date": [20261005, 20261006, 20261006, 20261006, 20261007],
}
ENGINES = {
    "pandas": lambda frame: frame,
    "Arrow": pa.Table.from_pandas,
    "Polars": pl.from_pandas,
    "DuckDB": lambda frame: duck(pa.Table.from_pandas(frame)),
    "Dask": lambda frame: dd.from_pandas(frame, npartitions=1),
}


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
@pytest.mark.parametrize("column", WRONG)
def test_what_cannot_be_read_is_refused_on_every_engine(engine, column):
    frame = engine(pd.DataFrame(RECORDS).assign(**{column: WRONG[column]}))

    with pytest.raises(SchemaError, match=column):
        dta.rollup(frame, "D", "revenue")


@pytest.mark.parametrize(
    "values",
    [
        [20261005] * 2,
        pd.array([1790878380] * 2, dtype="Int64"),
        [46296.59] * 2,
        ["2:13 PM"] * 2,
        ["05/10/2026", "06/10/2026"],
        [True, False],
    ],
)
@pytest.mark.parametrize("by", ["D", "W", "MS", "h", "call_hour"])
def test_numbers_and_unclear_dates_are_never_taken_for_times(values, by):
    with pytest.raises(SchemaError, match="call_date"):
        dta.rollup(pd.DataFrame({"call_date": values}), by, "call_count")


def test_mixed_offsets_are_grouped_as_instants():
    """As pandas reads its own CSV of the night on which the clocks go back."""
    calls = pd.DataFrame({"call_date": ["2026-11-01 01:30:00-04:00", "2026-11-01 01:30:00-05:00"]})

    table = dta.rollup(calls, "h", "call_count")

    assert [str(hour) for hour in table["hour"]] == ["2026-11-01 01:00:00-04:00", "2026-11-01 01:00:00-05:00"]


def test_two_columns_of_one_name_are_refused():
    frame = pd.DataFrame([["North", "North"]], columns=["affiliate", "affiliate"])

    with pytest.raises(SchemaError, match="2 columns called 'affiliate'"):
        dta.rollup(frame, "affiliate", "call_count")


@pytest.mark.parametrize("top", [np.int64(1), np.uint8(1), 1])
def test_whole_numbers_of_any_type_say_how_many_are_on_top(top):
    assert len(dta.rollup(pd.DataFrame(RECORDS), "affiliate", "call_count", top=top)) == 2


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
@pytest.mark.parametrize(
    "name", ["*", "^.*$", 'a"b', "a'b", "COLUMNS(*)", "a.b", "k0", "m0", "rows", "m0_size"]
)
def test_a_column_is_grouped_by_whatever_its_name_looks_like(engine, name):
    """An engine's own syntax for all columns is a name like any other."""
    frame = pd.DataFrame({"other": ["p", "q", "r"], name: ["x", "y", "y"]})

    assert rows(dta.rollup(engine(frame), [name], "call_count")) == [("x", 1), ("y", 2)]


CALLS = pd.DataFrame(
    {
        "offer_qualified": pd.array([True, True, False, None], dtype="boolean"),
        "call_day": pd.to_datetime(["2026-10-05", "2026-10-05", "2026-10-06", "2026-11-01"]),
        "call_date": pd.to_datetime(
            ["2026-10-05 13:00", "2026-10-05 23:30", "2026-10-06 00:30", "2026-11-01 09:00"]
        ).tz_localize("America/New_York"),
        "call_hour": pd.array([13, 23, 0, 9], dtype="Int8"),
        "offer_price": [20.0, 18.5, None, 20.1],
        "advertiser": pd.Categorical(["Acme", "Best", None, "Acme"]),
        "talk_seconds": pd.array([10, 60, 600, None], dtype="Int32"),
        "weight": [1, 2, 3, 4],
    }
).astype({"call_day": "datetime64[us]", "call_date": "datetime64[us, America/New_York]"})
CONDITIONS = [
    ({"offer_qualified": "Y"}, 2), ({"offer_qualified": 1}, 2), ({"offer_qualified": np.bool_(0)}, 1),
    ({"offer_qualified": "no"}, 1), ({"offer_qualified": [True]}, 2), ({"offer_qualified": ["Y", "N"]}, 3),
    ({"call_day": "2026-10-05"}, 2), ({"call_day": dt.date(2026, 10, 5)}, 2), ({"call_day": "2026-10"}, 3),
    ({"call_day": pd.Timestamp("2026-10-05")}, 2), ({"call_day": np.datetime64("2026-10-06")}, 1),
    ({"call_day": ["2026-10-05", dt.date(2026, 11, 1)]}, 3), ({"call_day": pd.Period("2026-10", "M")}, 3),
    ({"call_day": pd.Interval(pd.Timestamp("2026-10-05"), pd.Timestamp("2026-10-06"), closed="right")}, 1),
    ({"call_date": "2026-10-05"}, 2), ({"call_date": pd.Timestamp("2026-10-06 04:30", tz="UTC")}, 1),
    ({"call_date": pd.Interval(pd.Timestamp("2026-10-05 14:00"), pd.Timestamp("2026-10-06 12:00"))}, 2),
    ({"call_hour": range(9, 17)}, 2), ({"call_hour": "9"}, 1), ({"call_hour": {13, 23}}, 2), ({"call_hour": 300}, 0),
    ({"call_hour": np.int64(9)}, 1), ({"call_hour": np.array([0, 9])}, 2), ({"call_hour": Decimal(9)}, 1),
    ({"offer_price": Decimal("20.10")}, 1), ({"offer_price": "18.50"}, 1), ({"offer_price": 20}, 1),
    ({"offer_price": np.float64(20.1)}, 1), ({"offer_price": pd.Interval(18, 20.05)}, 2),
    ({"advertiser": "Acme"}, 2), ({"advertiser": frozenset({"Best", "Acme"})}, 3), ({"advertiser": pd.Index(["Best"])}, 1),
    ({"talk_seconds": pd.Interval(60, np.inf, closed="left")}, 2), ({"weight": pd.Interval(1, 3)}, 2), ({"weight": 4.0}, 1),
]  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
@pytest.mark.parametrize(("where", "count"), CONDITIONS)
def test_conditions_count_whatever_type_says_the_same_value(engine, where, count, own_metrics):
    dta.metric("mine", unit="calls", where=where, needs=["weight"])

    assert to_pandas(dta.rollup(engine(CALLS), None, "mine"))["mine"].tolist() == [count]


@pytest.mark.parametrize(
    "where",
    [
        {"offer_qualified": "maybe"}, {"offer_qualified": 2}, {"offer_qualified": None}, {"offer_qualified": 1.5},
        {"offer_qualified": pd.Interval(0, 1)}, {"advertiser": None}, {"advertiser": 7}, {"advertiser": ""},
        {"advertiser": ["Acme", None]}, {"advertiser": True}, {"advertiser": pd.Interval(0, 1)}, {"advertiser": []},
        {"call_hour": "nine"}, {"call_hour": True}, {"call_hour": np.nan}, {"call_hour": None}, {"call_hour": pd.NA},
        {"call_hour": dt.time(9)}, {"call_hour": slice(1, 2)}, {"call_hour": {"a": 1}}, {"call_hour": lambda x: x},
        {"call_hour": pd.Interval(pd.Timestamp("2026-10-05"), pd.Timestamp("2026-10-06"))},
        {"call_day": 20261005}, {"call_day": "soon"}, {"call_day": pd.NaT}, {"call_day": True},
        {"call_day": pd.Interval(1, 2)}, {"call_day": pd.Timestamp("2026-10-05 13:00")}, {"call_date": ["2026-10-05"]},
        {"offer_price": "1.250,50"}, {"offer_price": 1j}, {"weight": [1, "a"]}, {3: True}, ["offer_qualified"],
    ],
)  # fmt: skip
def test_conditions_of_another_type_are_refused_when_the_metric_is_defined(where, own_metrics):
    with pytest.raises(InputError):
        dta.metric("mine", unit="calls", where=where, needs=["weight"])


def test_values_other_than_those_named_do_not_include_unknown_ones():
    """Of a status that is null or empty nothing is known, so it is none of the others."""
    calls = pd.DataFrame({"lead_status": ["Voicemail", "Connected", None, ""]})

    assert dta.rollup(calls, None, "other_status_count")["other_status_count"].tolist() == [1]


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
@pytest.mark.parametrize(
    ("cost", "total"), [(0.00085, 0.85), (0.00004, 0.04), (0.00667, 6.67), (-1e-9, -1e-6), (0.25, 250.0)]
)
def test_costs_in_any_unit_are_summed_exactly(engine, cost, total, own_metrics):
    dta.metric("costs", sum="cost", unit="currency", needs=["cost"])
    frame = engine(pd.DataFrame({"cost": [cost] * 1000}))

    assert to_pandas(dta.rollup(frame, None, "costs"))["costs"].tolist() == [total]


@pytest.mark.parametrize(
    "values", [["0.00085", "1"], [Decimal("0.00085"), Decimal(1)], pd.Categorical(["0.00085", "1"])]
)
def test_costs_of_any_dtype_are_summed_exactly(values, own_metrics):
    dta.metric("costs", sum="cost", unit="currency", needs=["cost"])

    assert dta.rollup(pd.DataFrame({"cost": values}), None, "costs")["costs"].tolist() == [1.00085]


def test_prices_that_are_finer_in_one_partition_are_summed_exactly():
    calls = pd.DataFrame({"offer_price": [20.0] * 4 + [0.00085] * 4, "offer_qualified": True})

    found = dta.rollup(dd.from_pandas(calls, npartitions=2), None, "revenue").compute()

    assert found["revenue"].tolist() == [80.0034]


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
@pytest.mark.parametrize(
    "values", [[2**62, 2**62], [9e14, 9e14], [np.inf, 1.0], [1e300, 1.0], ["900000000000000"] * 2]
)
def test_sums_that_cannot_be_counted_are_refused_on_every_engine(engine, values, own_metrics):
    dta.metric("costs", sum="cost", unit="currency", needs=["cost"])

    with pytest.raises(SchemaError, match=r"cost|counted"):
        dta.rollup(engine(pd.DataFrame({"cost": values, "affiliate": ["a", "a"]})), "affiliate", "costs")


def test_sums_of_groups_that_fit_are_refused_when_their_total_does_not():
    calls = pd.DataFrame({"talk_seconds": [2**62, 2**62], "affiliate": ["a", "b"]})

    assert dta.rollup(calls, "affiliate", "talk_time")["talk_time"].tolist() == [2**62, 2**62]
    with pytest.raises(SchemaError, match="counted"):
        dta.rollup(calls, "affiliate", "talk_time", total=True)
