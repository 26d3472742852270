"""Scorecard, comparison, signals and cohorts give the same tables from frames of every engine."""

import dask.dataframe
import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from segment_calls import make_calls

from dtanalytics.analysis.money.compare import compare
from dtanalytics.analysis.partners.cohorts import cohort_grid, cohorts
from dtanalytics.analysis.partners.quality import quality
from dtanalytics.analysis.partners.scorecard import scorecard

ANALYSES = {
    "scorecard": scorecard,
    "quality": quality,
    "compare": lambda calls: compare(calls, by="affiliate"),
    "compare frames": lambda calls: compare(calls, calls, ["affiliate", "lead_status"]),
    "cohorts": lambda calls: cohorts(calls, "affiliate"),
    "cohort grid": cohort_grid,
}


@pytest.fixture(scope="module")
def calls():
    """Unknown affiliates and callers among them; the categories come in no order."""
    frame = make_calls({"South": 200, "North": 300}, seed=1)
    frame.loc[:20, "affiliate"] = None
    frame.loc[5:9, "caller_id"] = None
    return frame.assign(lf_state="NY", entered_zip=pd.Series(["10001", None] * 250, dtype="str"))


@pytest.fixture(scope="module")
def engines(calls):
    arrow = pa.Table.from_pandas(calls, preserve_index=False)
    return {
        "arrow": arrow,
        "polars": pl.from_arrow(arrow),
        "lazy polars": pl.from_arrow(arrow).lazy(),
        "duckdb": duckdb.from_arrow(arrow),
        "dask": dask.dataframe.from_pandas(calls, npartitions=2),
        "text": calls.assign(affiliate=calls["affiliate"].astype("str")),
        "naive times": calls.assign(call_date=calls["call_date"].dt.tz_localize(None)),
        "other index": calls.set_axis([7] * len(calls), axis=0),
    }


@pytest.mark.parametrize("name", ANALYSES)
def test_every_engine_gives_the_same_table(name, calls, engines):
    expected = ANALYSES[name](calls)

    for frame in engines.values():
        found = ANALYSES[name](frame)
        pd.testing.assert_frame_equal(found, expected, check_dtype=False, check_categorical=False, rtol=1e-9)
