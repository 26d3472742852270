"""Different callers estimated by an engine: how far off, what is stated of it, and what is refused."""

from __future__ import annotations

from typing import Any

import dask.dataframe as dd
import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import dtanalytics as dta
from dtanalytics.errors import InputError

CALLERS = {"East": 20_000, "North": 3_000, "South": 1, "West": 0}
"""Affiliate -> its different callers; each calls twice, and once without saying who calls."""
METRICS = ["call_count", "caller_count"]


def calls() -> pd.DataFrame:
    """Calls of these callers, in any order; those of North call East, too."""
    parts = [
        pd.DataFrame({"affiliate": name, "caller_id": [*numbers, *numbers, None, ""]})
        for name, many in CALLERS.items()
        for numbers in [[f"212{5_550_000 + at:07}" for at in range(many)]]
    ]
    return pd.concat(parts).sample(frac=1, random_state=1).reset_index(drop=True).astype("str")


def arrow() -> pa.Table:
    """The same calls as an Arrow table."""
    return pa.Table.from_pandas(calls(), preserve_index=False)


ESTIMATING: dict[str, Any] = {
    "duckdb": lambda: duckdb.from_arrow(arrow()),
    "arrow": arrow,
    "polars": lambda: pl.from_arrow(arrow()),
    "polars lazy": lambda: pl.from_arrow(arrow()).lazy(),  # type: ignore[union-attr]  # a table gives a frame
}
COUNTING: dict[str, Any] = {"pandas": calls, "dask": lambda: dd.from_pandas(calls(), npartitions=3)}


def rolled(frame: Any, by: str | None = "affiliate", **options: Any) -> pd.DataFrame:
    """A rollup without exact counts, in pandas."""
    table = dta.rollup(frame, by, METRICS, exact=False, **options)
    if isinstance(table, pl.LazyFrame):
        table = table.collect()
    if hasattr(table, "compute"):
        return pd.DataFrame(table.compute())
    if isinstance(table, pd.DataFrame):
        return table
    return pd.DataFrame((table.df if hasattr(table, "df") else table.to_pandas)())


@pytest.mark.parametrize("engine", ESTIMATING)
def test_estimates_are_within_five_stated_standard_errors_and_calls_are_counted_exactly(engine: str) -> None:
    table = rolled(ESTIMATING[engine]())
    assert table["affiliate"].tolist() == list(CALLERS)
    assert table["call_count"].tolist() == [40_002, 6_002, 4, 2]
    many = table["caller_count"].to_numpy()
    most = 5 * {"polars": 0.01, "polars lazy": 0.06}.get(engine, 0.03)
    assert np.abs(many[:2] / [20_000, 3_000] - 1).max() < most
    assert many[2:].tolist() == [1, 0]
    assert abs(rolled(ESTIMATING[engine](), by=None)["caller_count"].iloc[0] / 20_000 - 1) < most


@pytest.mark.parametrize("engine", COUNTING)
def test_engines_that_cannot_estimate_count(engine: str) -> None:
    assert rolled(COUNTING[engine]())["caller_count"].tolist() == list(CALLERS.values())
    assert rolled(COUNTING[engine](), total=True)["caller_count"].tolist() == [*CALLERS.values(), 20_000]


@pytest.mark.parametrize("engine", ESTIMATING)
@pytest.mark.parametrize("option", [{"total": True}, {"top": 1}, {"columns": "affiliate"}])
def test_estimates_are_not_added_up(engine: str, option: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="estimates of 'caller_count' do not add up, since groups share"):
        rolled(ESTIMATING[engine](), by=None if "columns" in option else "affiliate", total=True, **{
            name: value for name, value in option.items() if name != "total"
        })  # fmt: skip


@pytest.mark.parametrize("engine", ESTIMATING)
def test_estimates_can_be_tested_and_sorted_by(engine: str) -> None:
    table = rolled(ESTIMATING[engine](), having="caller_count >= 1", sort="value")
    assert table["affiliate"].tolist() == ["East", "North", "South"]


def test_a_result_in_pandas_states_the_standard_error() -> None:
    with dta.demo():
        month = dta.scan("leadflow", "2026-10", progress=False)
        estimated = month.rollup("affiliate", METRICS, exact=False)
        counted = month.rollup("affiliate", METRICS)
    assert estimated.attrs["standard_error"] == {"caller_count": 0.03}
    assert "standard_error" not in counted.attrs
    assert np.abs(estimated["caller_count"] / counted["caller_count"] - 1).max() < 0.15
    assert rolled(calls()).attrs["standard_error"] == {"caller_count": 0.0}


@pytest.mark.parametrize("engine", ESTIMATING)
@pytest.mark.parametrize("exact", [True, False])
def test_different_callers_may_be_asked_for_alone(engine, exact):
    found = dta.rollup(ESTIMATING[engine](), None, "caller_count", exact=exact)
    found = found.collect() if isinstance(found, pl.LazyFrame) else found
    frame = found.df() if isinstance(found, duckdb.DuckDBPyRelation) else found.to_pandas()
    assert frame["caller_count"].tolist() == [pytest.approx(20_000, rel=0 if exact else 0.2)]
