"""Engines that hold the same calls, results of any of them as plain values, and nine calls to ask about."""

import datetime as dt
from decimal import Decimal

import duckdb
import narwhals as nw
import pandas as pd
import polars as pl
import pyarrow as pa

from dtanalytics.schema import BIDS, LEADFLOW


def to_pandas(table):
    from dtanalytics.frames import to_pandas as typed

    report = BIDS if "date_added" in table.column_names else LEADFLOW
    nullable = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    if table.schema.equals(report.schema):
        return typed(table, report)
    return table.to_pandas(types_mapper=nullable.get)


def dask_frame(table, partitions=3):
    import dask.dataframe as dd

    return dd.from_pandas(to_pandas(table), npartitions=partitions, sort=False)


ENGINES = {
    "pandas": to_pandas,
    "pyarrow": lambda table: table,
    "polars": pl.from_arrow,
    "polars lazy": lambda table: pl.from_arrow(table).lazy(),
    "duckdb": lambda table: duckdb.connect().from_arrow(table),
    "dask": dask_frame,
}
KINDS = {
    "pandas": pd.DataFrame,
    "pyarrow": pa.Table,
    "polars": pl.DataFrame,
    "polars lazy": pl.LazyFrame,
    "duckdb": duckdb.DuckDBPyRelation,
}


def make(engine, table):
    return ENGINES[engine](table)


def rows(result):
    """Return a result of any engine as tuples of plain Python values, nulls as None."""
    if hasattr(result, "dask"):
        result = result.compute()
    if isinstance(result, pd.DataFrame):
        days = result.select_dtypes("datetime64").columns
        frame = result.astype(dict.fromkeys(days, object))
        return [tuple(plain(one) for one in row) for row in frame.itertuples(index=False)]
    table = nw.from_native(result).lazy().collect("pyarrow").to_native()
    return [tuple(plain(one) for one in row.values()) for row in table.to_pylist()]


def plain(value):
    if pd.isna(value):
        return None
    if isinstance(value, dt.datetime) and value.tzinfo is None:
        return value.date()
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat()
    return value.item() if hasattr(value, "item") else value


def leadflow(records):
    """Return calls at rest: the report's schema, what a record does not say is null."""
    return pa.Table.from_pylist(records, schema=LEADFLOW.schema)


def call(sid, **fields):
    day = fields.pop("day", dt.date(2026, 10, 5))
    when = dt.datetime.combine(day, dt.time(12))
    known = {"sid": sid, "call_date": when, "call_day": day, "call_hour": 12, "extra": None}
    money = {
        name: Decimal(fields[name]).quantize(Decimal("0.0001"))
        for name in ("offer_price", "affiliate_price", "margin")
        if fields.get(name) is not None
    }
    return known | fields | money


COLUMNS = (
    "sid", "day", "affiliate", "lead_status", "offer_qualified", "offer_price", "affiliate_qualified", "affiliate_price",
    "margin", "contest_qualification", "talk_seconds", "total_seconds", "caller_id", "repeat_affiliate_caller", "reroute",
)  # fmt: skip
OCTOBER, ELEVENTH, DECEMBER, JANUARY = (
    dt.date(2026, 10, 5), dt.date(2026, 10, 11), dt.date(2026, 12, 31), dt.date(2027, 1, 1),
)  # fmt: skip
Y, N = True, False
SAMPLE = [
    ("1", OCTOBER, "South", "Connected", Y, "20.10", Y, "12.05", "8.05", N, 90, 120, "1", N, N),
    ("2", ELEVENTH, "South", "Connected", Y, "30.20", N, "15", "30.2", Y, 60, 75, "1", N, N),
    ("3", DECEMBER, "North", "Connected", N, "20.10", Y, "12.05", "-12.05", N, 10, 30, "2", Y, Y),
    ("4", OCTOBER, "North", "Connected", None, "20.10", Y, "12.05", None, None, None, 20, None, None, None),
    ("5", OCTOBER, None, "Affiliate Cap", N, "20.10", N, None, None, None, 0, None, "1", None, None),
    ("6", JANUARY, None, "No Buyer", N, None, N, None, None, None, 0, None, "4", None, None),
    ("7", OCTOBER, "South", "Hang Up", N, None, N, None, None, None, 0, None, "4", None, None),
    ("8", OCTOBER, "West", "Voicemail", Y, "0.0001", None, None, None, Y, 2, None, "5", None, None),
    ("9", OCTOBER, "West", None, N, None, N, "12.05", None, None, 1, None, None, None, None),
]


def sample():
    """Return nine calls with every status, every combination of flags and every kind of null."""
    return leadflow([call(**dict(zip(COLUMNS, row, strict=True))) for row in SAMPLE])
