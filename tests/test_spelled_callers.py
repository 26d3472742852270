"""One telephone number is one caller, however the rows of a frame spell it, in every engine."""

import dask.dataframe as dd
import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import dtanalytics as dta
from dtanalytics.columns.callers import one_spelling

CALLS = pd.DataFrame({
    "affiliate": ["North", "North", "North", "South", "South", "South", "South"],
    "caller_id": ["2125550101", "+12125550101", "(305) 555-0102", "212-555-0101", "anonymous", None, "1 305 555 0102"],
    "lead_status": "Connected",
    "offer_qualified": [True, True, False, True, False, False, True],
    "affiliate_qualified": False,
}).astype({"affiliate": "str", "caller_id": "str", "lead_status": "str"})  # fmt: skip
ENGINES = {
    "pandas": lambda: CALLS,
    "objects": lambda: CALLS.astype(object),
    "category": lambda: CALLS.astype({"caller_id": "category"}),
    "arrow text": lambda: CALLS.convert_dtypes(dtype_backend="pyarrow"),
    "arrow": lambda: pa.Table.from_pandas(CALLS, preserve_index=False),
    "polars": lambda: pl.from_pandas(CALLS),
    "polars lazy": lambda: pl.from_pandas(CALLS).lazy(),
    "duckdb": lambda: duckdb.from_arrow(pa.Table.from_pandas(CALLS, preserve_index=False)),
    "dask": lambda: dd.from_pandas(CALLS, npartitions=3),
}


def in_pandas(found):
    if isinstance(found, pl.LazyFrame):
        found = found.collect()
    if isinstance(found, duckdb.DuckDBPyRelation):
        return found.df()
    if isinstance(found, dd.DataFrame):
        return found.compute()
    return found if isinstance(found, pd.DataFrame) else found.to_pandas()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_number_in_several_spellings_is_one_caller(engine):
    by_affiliate = in_pandas(dta.rollup(ENGINES[engine](), "affiliate", "caller_count", total=True))
    assert by_affiliate["caller_count"].tolist() == [2, 3, 3]  # anonymous is a caller, null is none


def test_intervals_know_a_caller_in_several_spellings():
    alike = CALLS.assign(caller_id=["a", "a", "b", "a", "c", None, "b"])
    pd.testing.assert_frame_equal(CALLS.calls.qualification(), alike.calls.qualification())


def test_numbers_that_are_spelled_once_are_left_as_they_are():
    callers = pd.Series(
        ["(212) 555-0101", "(305) 555-0102", "(212) 555-0101", None, "RESTRICTED"], dtype="str"
    )
    assert one_spelling(callers) is callers
