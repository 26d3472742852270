"""Amounts kept as floats of 16 or 32 bits are the decimal numbers that they were, or are refused."""

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from dtanalytics import rollup
from dtanalytics.columns import money, numbers
from dtanalytics.errors import SchemaError

PRICES = [1234.57, 20.1, 0.05, 99_999.99, 12.25, 0.1234]  # 101267.0834 in all


def calls(prices: object) -> pd.DataFrame:
    return pd.DataFrame({"offer_price": prices, "offer_qualified": True})


@pytest.mark.parametrize("dtype", ["float32", "Float32", pd.ArrowDtype(pa.float32())])
def test_prices_of_32_bits_add_up_to_the_cent(dtype):
    table = rollup(calls(pd.Series(PRICES, dtype=dtype)), None, "revenue")
    assert table["revenue"].tolist() == [101_267.0834]


@pytest.mark.parametrize(
    "engine",
    [
        lambda table: table,
        pl.from_arrow,
        lambda table: pl.from_arrow(table).lazy(),
        lambda table: duckdb.connect().from_arrow(table),
    ],
    ids=["Arrow", "Polars", "lazy Polars", "DuckDB"],
)
def test_prices_of_32_bits_add_up_on_every_engine(engine):
    found = rollup(engine(pa.table(calls(np.array(PRICES, dtype="float32")))), None, "revenue")
    found = found.collect() if isinstance(found, pl.LazyFrame) else found
    frame = found.df() if hasattr(found, "df") else found.to_pandas()
    assert frame["revenue"].tolist() == [101_267.0834]


def test_gaps_and_negative_amounts_stay_as_they_are():
    read = money(pd.Series([1234.57, np.nan, -0.35], dtype="float32"))
    assert read.filled.tolist() == [12_345_700, 0, -3_500]
    assert read.known.tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("dtype", "amount"), [("float32", 131_072.37), ("float16", 35.1), (pd.ArrowDtype(pa.float16()), 35.1)]
)
def test_an_amount_whose_cents_such_a_float_does_not_keep_is_refused(dtype, amount):
    column = pd.Series([amount]).astype("float32" if dtype == "float32" else "float16").astype(dtype)
    with pytest.raises(SchemaError, match=r"offer_price.*does not keep its cents; read it anew as float64"):
        rollup(calls(column), None, "revenue")


def test_whole_seconds_of_16_bits_are_no_amounts_and_are_read():
    assert numbers(pd.Series([205, 1801], dtype="float16")).tolist() == [205, 1801]


@pytest.mark.parametrize(
    ("freq", "long"), [("W", "period.W-SUN."), ("M", "period.M."), ("Q", "period.Q-DEC.")]
)
def test_periods_longer_than_a_day_are_no_days(freq, long):
    frame = pd.DataFrame({"call_day": pd.PeriodIndex(["2026-10-05"], freq=freq)})
    with pytest.raises(SchemaError, match=f"call_day.*{long}, longer than a day"):
        rollup(frame, "D", "call_count")


@pytest.mark.parametrize("freq", ["D", "h", "s"])
def test_periods_of_a_day_or_less_are_days(freq):
    frame = pd.DataFrame({"call_day": pd.PeriodIndex(["2026-10-05 00:00"] * 2, freq=freq)})
    assert rollup(frame, "D", "call_count").to_numpy().tolist() == [[pd.Timestamp("2026-10-05"), 2]]
