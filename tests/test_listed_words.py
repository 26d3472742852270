"""Words that a vendor lists are known in any case and spacing, by every engine and every analysis."""

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import dtanalytics as dta
from dtanalytics.analysis.geography import state_of_names
from dtanalytics.errors import DuplicateCallsWarning, SchemaError

STATUSES = ["Connected", "Connected", "No Buyer", "Affiliate Cap", "Hang Up", "Voicemail", None]
COUNTS = ["connected_count", "no_buyer_count", "affiliate_cap_count", "hang_up_count", "other_status_count"]
SPELLED = {
    "lower": str.lower,
    "upper": str.upper,
    "spaces around": lambda word: f" {word}\u00a0",
    "underscores": lambda word: word.replace(" ", "_"),
}


def spelled(how):
    return [word if word is None else SPELLED[how](word) for word in STATUSES]


ENGINES = {
    "str": lambda frame: frame.astype("str"),
    "object": lambda frame: frame.astype(object),
    "category": lambda frame: frame.astype("category"),
    "arrow text": lambda frame: frame.convert_dtypes(dtype_backend="pyarrow"),
    "arrow": lambda frame: pa.Table.from_pandas(frame, preserve_index=False),
    "polars": pl.from_pandas,
    "polars lazy": lambda frame: pl.from_pandas(frame).lazy(),
    "polars category": lambda frame: pl.from_pandas(frame).with_columns(pl.all().cast(pl.Categorical)),
    "duckdb": lambda frame: duckdb.from_arrow(pa.Table.from_pandas(frame, preserve_index=False)),
}


def one_row(found):
    if isinstance(found, pl.LazyFrame):
        found = found.collect()
    if isinstance(found, duckdb.DuckDBPyRelation):
        found = found.df()
    frame = found if isinstance(found, pd.DataFrame) else found.to_pandas()
    return frame.iloc[0].tolist()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("how", SPELLED)
def test_statuses_are_counted_alike_however_they_are_spelled(engine, how):
    calls = ENGINES[engine](pd.DataFrame({"lead_status": spelled(how)}))
    assert one_row(dta.rollup(calls, None, COUNTS)) == [2, 1, 1, 1, 1]


def test_a_metric_may_name_a_status_in_any_case():
    dta.metric("connected_here", unit="calls", where={"lead_status": "connected"}, replace=True)
    calls = pd.DataFrame({"lead_status": ["CONNECTED", "Connected", "Hang Up"]})
    assert dta.rollup(calls, None, "connected_here")["connected_here"].tolist() == [2]


def test_groups_by_status_keep_the_words_that_the_frame_has():
    calls = pd.DataFrame({"lead_status": ["connected", "Connected"]})
    assert dta.rollup(calls, "lead_status", "call_count")["lead_status"].tolist() == [
        "Connected",
        "connected",
    ]


def some_calls(**changed):
    talk = np.arange(60) * 5
    return pd.DataFrame({
        "sid": [f"S{at}" for at in range(60)], "affiliate": "North", "offer": "Auto", "caller_id": [f"212555{at:04}" for at in range(60)],
        "call_date": pd.date_range("2026-10-01", periods=60, freq="h"), "lead_status": "Connected", "talk_seconds": talk,
        "offer_qualified": talk >= 60, "offer_price": 20.0, "affiliate_qualified": talk >= 60, "affiliate_price": 12.5,
    }).assign(**changed)  # fmt: skip


@pytest.mark.parametrize("status", ["connected", " CONNECTED "])
def test_analyses_know_connected_calls_in_any_case(status):
    calls = some_calls(lead_status=status)

    # 48 calls of 60 s and more are billed; from a buffer of 90 s on it is 42, at 30 each.
    replayed = calls.calls.what_if({"Auto": {"price": 30.0, "buffer": 90}}, by=None)
    assert replayed["flipped_count"].tolist() == [6]
    assert replayed["revenue_after"].tolist() == [1260.0]
    assert calls.calls.buffers("offer")["buffer"].tolist() == [60]
    assert calls.calls.durations("offer")["call_count"].sum() == 60
    assert calls.calls.qualification("offer")["offer_qualification_rate"].tolist() == [0.8]


def test_a_talk_of_negative_length_is_refused_by_what_if_too():
    calls = some_calls(talk_seconds=-5)
    with pytest.raises(SchemaError, match="'talk_seconds' holds -5 s, which is no length of a talk"):
        calls.calls.what_if({"Auto": {"price": 30.0, "buffer": 90}})


def test_codes_of_states_are_known_in_any_case():
    assert state_of_names(["ma", " MA ", "MA", "Ontario"]).tolist() == [*[state_of_names(["MA"])[0]] * 3, -1]


def test_white_space_around_an_identifier_makes_no_other_call():
    leadflow = pd.DataFrame(
        {"sid": ["2610011 ", "\u00a02610012"], "offer_price": 20.0, "offer_qualified": True}
    )
    bids = pd.DataFrame({"sid": ["2610011", "2610012"], "rank": [1, 2]})
    assert dta.join_calls(leadflow, bids)["rank"].tolist() == [1, 2]

    twice = pd.concat([leadflow, leadflow.assign(sid=leadflow["sid"].str.strip())], ignore_index=True)
    with pytest.warns(
        DuplicateCallsWarning, match=r"2 rows repeat calls \(sid\), counted again: revenue 40.00"
    ):
        assert twice.calls.rollup(None, "revenue")["revenue"].tolist() == [80.0]
