"""Analyses that stand on rollup give the same table whatever holds the calls."""

import dask.dataframe
import duckdb
import pandas as pd
import polars as pl
import pytest

from dtanalytics.analysis.money.audit import audit
from dtanalytics.analysis.money.bridge import bridge
from dtanalytics.analysis.money.compare import compare
from dtanalytics.analysis.money.matrix import matrix
from dtanalytics.analysis.money.pacing import pacing
from dtanalytics.analysis.money.state_map import state_map
from dtanalytics.analysis.partners.cohorts import cohort_grid, cohorts
from dtanalytics.analysis.partners.quality import quality
from dtanalytics.analysis.partners.scorecard import scorecard
from dtanalytics.analysis.supply.capacity import cap_hours, concurrency
from dtanalytics.analysis.supply.talk import durations
from dtanalytics.analysis.supply.unsold import unsold
from dtanalytics.emulator.world.calls import generate
from dtanalytics.frames import to_pandas
from dtanalytics.schema import LEADFLOW

TABLE = generate(1500, 20, "2026-09-01", "2026-10-01", seed=2).leadflow
ENGINES = {
    "arrow": lambda table: table,
    "polars": pl.from_arrow,
    "lazy polars": lambda table: pl.from_arrow(table).lazy(),
    "duckdb": duckdb.from_arrow,
}
ANALYSES = {
    "bridge": lambda calls: bridge(calls, calls, "affiliate"),
    "matrix": lambda calls: matrix(calls, ["affiliate"]),
    "cap hours": lambda calls: cap_hours(calls, "offer"),
    "pacing": pacing,
    "state map": state_map,
    "unsold": unsold,
    "concurrency": concurrency,
    "durations": durations,
    "audit": audit,
    "scorecard": scorecard,
    "quality": quality,
    "compare": lambda calls: compare(calls, by="affiliate"),
    "cohorts": lambda calls: cohorts(calls, "affiliate"),
    "cohort grid": cohort_grid,
}


def plain(table: pd.DataFrame) -> pd.DataFrame:
    """The values of a table, without the types that an engine has of its own."""
    return table.astype({name: "object" for name in table.columns if table[name].dtype.kind not in "iufbM"})


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("analysis", ANALYSES)
def test_every_engine_gives_the_table_that_pandas_gives(analysis, engine):
    ask = ANALYSES[analysis]

    found = ask(ENGINES[engine](TABLE))

    expected = ask(to_pandas(TABLE, LEADFLOW))
    pd.testing.assert_frame_equal(plain(found), plain(expected), check_dtype=False)


@pytest.mark.parametrize("analysis", [matrix, unsold, state_map, scorecard, cohorts])
def test_a_dask_frame_is_brought_in_by_its_own_engine(analysis):
    calls = to_pandas(TABLE, LEADFLOW)

    found = analysis(dask.dataframe.from_pandas(calls, npartitions=3))

    pd.testing.assert_frame_equal(plain(found), plain(analysis(calls)), check_dtype=False)
