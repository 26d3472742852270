"""Analyses take calls that have not been read, and read no more of them than they need."""

import pandas as pd
import pytest

import dtanalytics as dta
from dtanalytics.analysis.matching.overlap import overlap
from dtanalytics.analysis.money.audit import audit
from dtanalytics.analysis.money.bridge import bridge
from dtanalytics.analysis.money.compare import compare
from dtanalytics.analysis.money.heatmap import heatmap
from dtanalytics.analysis.money.matrix import matrix
from dtanalytics.analysis.money.overview import funnel, margin, qualification
from dtanalytics.analysis.money.pacing import pacing
from dtanalytics.analysis.money.state_map import state_map
from dtanalytics.analysis.money.trend import trend
from dtanalytics.analysis.partners.cohorts import cohort_grid, cohorts
from dtanalytics.analysis.partners.quality import quality
from dtanalytics.analysis.partners.scorecard import scorecard
from dtanalytics.analysis.supply.capacity import cap_hours, concurrency
from dtanalytics.analysis.supply.talk import buffers, durations, survival
from dtanalytics.analysis.supply.unsold import capacity_to_buy, unsold
from dtanalytics.analysis.terms.break_even import break_even
from dtanalytics.analysis.terms.what_if import flipped_calls, what_if
from dtanalytics.demo import demo
from dtanalytics.errors import InputError
from dtanalytics.scan import pieces
from dtanalytics.scan.opening import scan

WEEK = ("2026-10-05", "2026-10-12")
ANALYSES = {
    "margin": lambda calls: margin(calls, "affiliate", total=True),
    "qualification": lambda calls: qualification(calls, "affiliate"),
    "funnel": lambda calls: funnel(calls, "affiliate"),
    "trend": lambda calls: trend(calls, "D", as_of="2026-11-01"),
    "heatmap": heatmap,
    "state map": state_map,
    "matrix": lambda calls: matrix(calls, "affiliate"),
    "bridge": lambda calls: bridge(calls, calls, "affiliate"),
    "compare": lambda calls: compare(calls, by="affiliate"),
    "pacing": pacing,
    "audit": audit,
    "unsold": lambda calls: unsold(calls, "affiliate"),
    "capacity to buy": capacity_to_buy,
    "concurrency": concurrency,
    "cap hours": lambda calls: cap_hours(calls, "offer"),
    "durations": durations,
    "survival": survival,
    "buffers": buffers,
    "scorecard": scorecard,
    "quality": quality,
    "cohorts": lambda calls: cohorts(calls, "affiliate"),
    "cohort grid": cohort_grid,
    "what if": lambda calls: what_if(calls, {"Auto Prime": {"price": 30.0, "buffer": 90}}),
    "flipped calls": lambda calls: flipped_calls(calls, {"Auto Prime": {"buffer": 90}}),
    "break even": lambda calls: break_even(calls, {"Auto Prime": 90}),
    "overlap": lambda calls: overlap(calls, calls),
}
SUMS = ("margin", "funnel", "trend", "heatmap", "state map", "matrix", "bridge", "pacing", "cap hours")
"""Analyses of sums alone: no call is brought into pandas."""


@pytest.fixture(scope="module")
def calls():
    """A week of the sample, loaded; its days are in the cache then."""
    with demo():
        yield dta.load_leadflow(*WEEK)


def plain(table):
    """Values of a table in an order of its rows that does not depend on that of the calls."""
    names = list(table.columns)
    return table.astype(object).where(table.notna(), None).sort_values(names, key=str_of, ignore_index=True)


def str_of(column):
    return column.map(lambda value: f"{value:.6g}" if isinstance(value, float) else str(value))


@pytest.mark.parametrize("name", ANALYSES)
def test_an_analysis_of_a_scan_is_that_of_the_loaded_frame(calls, name):
    found = ANALYSES[name](scan("leadflow", *WEEK))

    expected = ANALYSES[name](calls)
    pd.testing.assert_frame_equal(plain(found), plain(expected), check_dtype=False)


@pytest.mark.parametrize("name", ["margin", "state map", "scorecard", "unsold"])
def test_dask_reads_for_an_analysis_what_duckdb_reads(calls, name):
    found = ANALYSES[name](scan("leadflow", *WEEK, engine="dask"))

    pd.testing.assert_frame_equal(plain(found), plain(ANALYSES[name](calls)), check_dtype=False)


@pytest.mark.parametrize("name", SUMS)
def test_sums_of_a_scan_bring_no_call_into_pandas(calls, name, monkeypatch):
    monkeypatch.setattr(pieces, "_taken_over", lambda *_: pytest.fail("calls were read"))

    assert len(ANALYSES[name](scan("leadflow", *WEEK)))


def test_only_the_columns_that_an_analysis_needs_are_read(calls, monkeypatch):
    read, take_over = [], pieces._taken_over

    def noted(batch, report):
        read.append(batch.schema.names)
        return take_over(batch, report)

    monkeypatch.setattr(pieces, "_taken_over", noted)

    cohorts(scan("leadflow", *WEEK), "affiliate")

    assert {name for names in read for name in names} == {
        "affiliate", "caller_id", "call_date",
        "offer_qualified", "offer_price", "affiliate_qualified", "affiliate_price",
    }  # fmt: skip


def test_columns_of_a_scan_have_the_dtypes_and_values_of_a_load(calls):
    wanted = ["sid", *(name for name in calls.columns if name != "sid")]

    found = scan("leadflow", *WEEK).to_pandas(wanted)

    found = found.sort_values(["call_date", "sid"], ignore_index=True)
    pd.testing.assert_frame_equal(found, calls[wanted])
    assert len(scan("leadflow", *WEEK).to_pandas([])) == len(calls)
    with pytest.raises(InputError, match="did you mean 'affiliate'"):
        scan("leadflow", *WEEK).to_pandas(["affiliat"])
