"""The engine matrix: every metric on every engine gives the numbers of literals and of DuckDB's own SQL."""

import datetime as dt
from decimal import Decimal

import duckdb
import narwhals as nw
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from engine_calls import ENGINES, KINDS, call, dask_frame, leadflow, make, rows, sample, to_pandas
from hypothesis import given, settings
from hypothesis import strategies as st

import dtanalytics as dta
from dtanalytics.errors import InputError, SchemaError
from dtanalytics.schema import BIDS, TIMEZONE

HOSTILE = ["<script>alert(1)</script>", "$x$", "x" * 500, "漢字", "=cmd()", "(none)", "nan", 'quo"te', "it's"]
LEADFLOW_METRICS = list(dta.metrics().query("report.str.contains('leadflow')", engine="python")["name"])
BID_METRICS = list(dta.metrics().query("report.str.contains('bids')", engine="python")["name"])


@pytest.fixture(params=ENGINES)
def engine(request):
    """Makes a frame of one engine out of an Arrow table at rest."""
    return request.param


SAMPLE_VALUES = {
    "call_count": 9, "connected_count": 4, "affiliate_cap_count": 1, "no_buyer_count": 1, "hang_up_count": 1,
    "other_status_count": 1, "offer_qualified_count": 3, "affiliate_qualified_count": 3, "both_qualified_count": 1,
    "paid_not_billed_count": 1, "billed_not_paid_count": 1, "contested_count": 2, "repeat_count": 1, "reroute_count": 1,
    "revenue": 50.3001, "payout": 36.15, "contested_revenue": 30.2001, "leakage": 12.05, "windfall": 30.2,
    "reported_margin": 26.2, "talk_time": 163, "total_time": 245, "caller_count": 4, "margin": 14.1501,
    "margin_rate": 141501 / 503001, "connect_rate": 4 / 9, "offer_qualification_rate": 3 / 4,
    "affiliate_qualification_rate": 3 / 4, "offer_conversion_rate": 3 / 9, "affiliate_conversion_rate": 3 / 9,
    "revenue_per_call": 503001 / 90000, "revenue_per_connected": 503001 / 40000, "revenue_per_qualified": 503001 / 30000,
    "payout_per_call": 361500 / 90000, "margin_per_call": 141501 / 90000, "average_talk_time": 163 / 4,
    "contest_rate": 2 / 3, "repeat_rate": 1 / 9, "effective_revenue": 20.1,
}  # fmt: skip


def test_every_leadflow_metric_is_the_same_on_every_engine(engine):
    result = dta.rollup(make(engine, sample()), None, LEADFLOW_METRICS)

    assert rows(result) == [tuple(SAMPLE_VALUES[name] for name in LEADFLOW_METRICS)]


def test_the_same_kind_comes_out(engine):
    result = dta.rollup(make(engine, sample()), "affiliate", "call_count")

    assert isinstance(result, KINDS.get(engine, type(dask_frame(sample()))))


def test_groups_are_in_the_same_order_with_the_unknown_one_last(engine):
    result = dta.rollup(
        make(engine, sample()),
        "affiliate",
        ["call_count", "margin", "margin_rate", "caller_count"],
        total=True,
    )

    assert rows(result) == [
        ("North", 2, -24.1, None, 1, False),
        ("South", 3, 38.25, 382500 / 503000, 2, False),
        ("West", 2, 0.0001, 1.0, 1, False),
        (None, 2, 0.0, None, 2, False),
        (None, 9, 14.1501, 141501 / 503001, 4, True),
    ]


def test_subtotals_and_distinct_callers_are_made_of_rows(engine):
    result = dta.rollup(make(engine, sample()), ["affiliate", "MS"], ["caller_count"], total="all")

    october, december, january = dt.date(2026, 10, 1), dt.date(2026, 12, 1), dt.date(2027, 1, 1)
    assert rows(result) == [
        ("North", october, 0, False, 2),
        ("North", december, 1, False, 2),
        ("North", None, 1, True, 1),
        ("South", october, 2, False, 2),
        ("South", None, 2, True, 1),
        ("West", october, 1, False, 2),
        ("West", None, 1, True, 1),
        (None, october, 1, False, 2),
        (None, january, 1, False, 2),
        (None, None, 2, True, 1),
        (None, None, 4, True, 0),
    ]


def test_top_and_having_work_on_every_engine(engine):
    frame = make(engine, sample())

    best = dta.rollup(frame, "affiliate", ["margin", "caller_count"], top=1, total=True)
    many = dta.rollup(frame, "affiliate", "payout", having="caller_count > 1", total=True)

    assert rows(best) == [
        ("South", 38.25, 2, False, False),
        (None, -24.0999, 4, True, False),
        (None, 14.1501, 4, False, True),
    ]
    assert rows(many) == [("South", 12.05, False), (None, 0.0, False), (None, 12.05, True)]


def test_wide_columns_work_on_every_engine(engine):
    table = sample().filter(pa.compute.is_in(sample()["lead_status"], pa.array(["Connected", "Hang Up"])))

    result = dta.rollup(make(engine, table), "affiliate", "call_count", columns="lead_status")

    assert rows(result) == [("North", 2, 0), ("South", 2, 1)]
    assert names(result) == ["affiliate", "call_count: Connected", "call_count: Hang Up"]


def names(result):
    if hasattr(result, "dask"):
        return list(result.columns)
    return nw.from_native(result).collect_schema().names()


@pytest.mark.parametrize(
    ("freq", "expected"),
    [
        ("D", [(2026, 10, 5), (2026, 10, 11), (2026, 12, 31), (2027, 1, 1)]),
        ("W", [(2026, 10, 5), (2026, 12, 28)]),
        ("MS", [(2026, 10, 1), (2026, 12, 1), (2027, 1, 1)]),
        ("QS", [(2026, 10, 1), (2027, 1, 1)]),
        ("YS", [(2026, 1, 1), (2027, 1, 1)]),
    ],
)
def test_periods_begin_on_the_same_day_on_every_engine(engine, freq, expected):
    result = dta.rollup(make(engine, sample()), freq, "call_count")

    assert [row[0] for row in rows(result)] == [dt.date(*day) for day in expected]


def test_hours_are_instants_on_every_engine(engine):
    """Both hours called one o'clock on the night the clocks go back are there."""
    instants = [dt.datetime(2026, 11, 1, hour, 30, tzinfo=dt.UTC) for hour in (5, 6)]
    table = leadflow([call(str(at)) | {"call_date": when} for at, when in enumerate(instants)])

    result = dta.rollup(make(engine, table), "h", "call_count")

    assert rows(result) == [("2026-11-01T05:00:00+00:00", 1), ("2026-11-01T06:00:00+00:00", 1)]


def test_days_are_eastern_when_only_the_time_is_there(engine):
    when = pa.array([dt.datetime(2026, 10, 5, 3, 30, tzinfo=dt.UTC)], pa.timestamp("us", tz=TIMEZONE))
    table = pa.table({"sid": ["1"], "call_date": when})

    result = dta.rollup(make(engine, table), ["call_day", "call_hour"], "call_count")

    assert rows(result) == [(dt.date(2026, 10, 4), 23, 1)]


def test_every_bid_metric_is_the_same_on_every_engine(engine):
    ranks, minutes = [1, 1, 2, 3, 4, 5, None], ["0.1", "0.2", "1.1", None, "0", "12.3", "0.7"]
    callers = ["1", "1", "2", None, "3", "3", "4"]
    clicks, keywords = ["Cj0", None, None, None, "", None, None], [None, "roof", None, None, None, None, ""]
    table = pa.Table.from_pylist(
        [
            {"sid": str(at), "rank": rank, "talk_minutes": minute and Decimal(minute), "ani": caller, "click_id": click, "vt_keyword": keyword}
            for at, (rank, minute, caller, click, keyword) in enumerate(zip(ranks, minutes, callers, clicks, keywords, strict=True))
        ],
        schema=BIDS.schema,
    )  # fmt: skip
    expected = {
        "call_count": 7, "talk_time": 864.0, "caller_count": 4, "attributed_count": 2,
        "rank_1_count": 2, "rank_2_count": 1, "rank_3_count": 1, "rank_4_count": 1, "rank_5_count": 1,
    }  # fmt: skip

    result = dta.rollup(make(engine, table), None, list(expected))

    assert rows(result) == [tuple(expected.values())]
    assert set(expected) <= set(BID_METRICS)


def test_no_calls_keep_columns_and_types(engine):
    by, metrics = ["affiliate", "W"], ["call_count", "revenue", "margin_rate", "caller_count"]

    full = dta.rollup(make(engine, sample()), by, metrics)
    empty = dta.rollup(make(engine, sample().slice(0, 0)), by, metrics)
    total = dta.rollup(make(engine, sample().slice(0, 0)), by, metrics, total=True)

    assert rows(empty) == []
    assert schema(empty) == schema(full)
    assert rows(total) == [(None, None, 0, 0.0, None, 0, True)]


def schema(result):
    if isinstance(result, pl.LazyFrame):
        result = result.collect()
    if isinstance(result, duckdb.DuckDBPyRelation):
        return list(zip(result.columns, map(str, result.types), strict=True))
    kinds = result.dtypes if hasattr(result, "dtypes") else result.schema.types
    return [str(kind) for kind in kinds]


def test_a_single_call_is_a_group_on_every_engine(engine):
    result = dta.rollup(make(engine, sample().slice(0, 1)), "affiliate", ["call_count", "margin"], total=True)

    assert rows(result) == [("South", 1, 8.05, False), (None, 1, 8.05, True)]


def test_columns_of_nulls_give_zeros_and_no_rates(engine):
    table = leadflow([{"sid": str(at)} for at in range(4)])

    result = dta.rollup(
        make(engine, table),
        "affiliate",
        ["connected_count", "revenue", "caller_count", "margin_rate", "talk_time"],
    )

    assert rows(result) == [(None, 0, 0.0, 0, None, 0)]


def test_hostile_names_come_back_as_they_are_from_every_engine(engine):
    table = leadflow([call(str(at), affiliate=name, offer=name) for at, name in enumerate(HOSTILE)])

    result = dta.rollup(make(engine, table), ["affiliate", "offer"], "call_count")

    assert rows(result) == [(name, name, 1) for name in sorted(HOSTILE)]


def test_hostile_column_names_group_on_every_engine(engine):
    """A column of the user's own may be called anything."""
    names = ['quo"te', "it's; DROP TABLE calls", "k0", "m0", "rows", "漢字"]
    table = pa.table({name: ["a", "b"] for name in names} | {"sid": ["1", "2"]})

    result = dta.rollup(make(engine, table), names, "call_count", total=True)

    assert rows(result) == [("a",) * 6 + (1, False), ("b",) * 6 + (1, False), (None,) * 6 + (2, True)]


def test_labels_of_any_type_keep_their_values(engine):
    table = pa.table(
        {
            "set_id": pa.array([2**60 + 1, 2**60, None], pa.int64()),
            "flag": [True, False, None],
            "score": [0.5, float("nan"), 0.25],
            "name": pa.array(["b", "a", None]).dictionary_encode(),
        }
    )

    assert rows(dta.rollup(make(engine, table), "name", "call_count")) == [("a", 1), ("b", 1), (None, 1)]
    assert rows(dta.rollup(make(engine, table), "flag", "call_count")) == [(False, 1), (True, 1), (None, 1)]
    assert rows(dta.rollup(make(engine, table), "score", "call_count")) == [(0.25, 1), (0.5, 1), (None, 1)]
    assert rows(dta.rollup(make(engine, table), "set_id", "call_count", total=True)) == [
        (2**60, 1, False),
        (2**60 + 1, 1, False),
        (None, 1, False),
        (None, 3, True),
    ]


def test_float_money_ties_to_the_cent_on_every_engine(engine):
    """A hundred thousand dimes are ten thousand, and not 10000.000000018848."""
    table = pa.table({"offer_price": [0.1] * 100_000, "offer_qualified": [True] * 100_000})

    assert rows(dta.rollup(make(engine, table), None, "revenue")) == [(10_000.0,)]


def test_own_metrics_work_on_every_engine(engine, monkeypatch):
    import sys

    monkeypatch.setattr(sys.modules["dtanalytics.metrics.dictionary"], "_own", {})
    dta.metric("long_count", where={"talk_seconds": pd.Interval(60, 600, closed="left")}, unit="calls")
    dta.metric("voiced_count", where={"lead_status": ["Connected", "Voicemail"]}, unit="calls")
    dta.metric(
        "waiting",
        rows=nw.col("total_seconds") - nw.col("talk_seconds"),
        needs=["total_seconds", "talk_seconds"],
        unit="s",
    )
    dta.metric("waiting_rate", "waiting / total_time", unit="ratio")

    result = dta.rollup(
        make(engine, sample()), None, ["long_count", "voiced_count", "waiting", "waiting_rate"]
    )

    assert rows(result) == [(2, 5, 65.0, 65 / 245)]


def test_what_is_missing_or_unknown_is_said_on_every_engine(engine):
    frame = make(engine, sample().select(["sid", "affiliate"]))

    with pytest.raises(SchemaError, match="offer_price"):
        dta.rollup(frame, "affiliate", "revenue")
    with pytest.raises(InputError, match="did you mean 'affiliate'"):
        dta.rollup(frame, "affilate", "call_count")


MONEY = st.integers(-(10**8), 10**8).map(lambda units: Decimal(units) / 10_000)
FLAG = st.sampled_from([True, False, None])
RECORD = st.fixed_dictionaries(
    {
        "affiliate": st.sampled_from(["a", "B", "É", None]),
        "lead_status": st.sampled_from(["Connected", "No Buyer", "Voicemail", None]),
        "offer_qualified": FLAG,
        "affiliate_qualified": FLAG,
        "contest_qualification": FLAG,
        "offer_price": st.none() | MONEY,
        "affiliate_price": st.none() | MONEY,
        "talk_seconds": st.none() | st.integers(0, 2**31 - 1),
        "caller_id": st.sampled_from(["1", "2", "3", None]),
        "call_day": st.none() | st.dates(dt.date(2026, 1, 1), dt.date(2026, 2, 1)),
    }
)
SQL = """
SELECT affiliate, date_trunc('week', call_day)::DATE AS week,
       count(*), count(*) FILTER (lead_status = 'Connected'),
       coalesce(sum(offer_price) FILTER (offer_qualified), 0)::DOUBLE,
       coalesce(sum(affiliate_price) FILTER (affiliate_qualified AND NOT offer_qualified), 0)::DOUBLE,
       (coalesce(sum(offer_price) FILTER (offer_qualified), 0)
        - coalesce(sum(affiliate_price) FILTER (affiliate_qualified), 0))::DOUBLE,
       coalesce(sum(talk_seconds), 0)::BIGINT, count(DISTINCT caller_id)
FROM calls GROUP BY ALL ORDER BY affiliate NULLS LAST, week NULLS LAST
"""
ASKED = ["call_count", "connected_count", "revenue", "leakage", "margin", "talk_time", "caller_count"]


@settings(max_examples=12)  # each asks six engines
@given(st.lists(RECORD, max_size=25))
def test_any_calls_give_what_sql_over_decimals_gives(records):
    """Every engine agrees with SQL written by hand, on frames that nobody chose."""
    table = leadflow([record | {"sid": str(at)} for at, record in enumerate(records)])
    con = duckdb.connect()
    con.register("calls", table)
    expected = con.execute(SQL).fetchall()

    for engine in ENGINES:
        found = rows(dta.rollup(make(engine, table), ["affiliate", "W"], ASKED))

        assert found == expected, engine


@pytest.mark.cluster
def test_a_cluster_of_processes_gives_the_same_table():
    """Partial sums travel between worker processes; callers in several partitions count once."""
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        Client(cluster),
    ):
        result = dta.rollup(dask_frame(sample(), 4), "affiliate", LEADFLOW_METRICS, total=True)
        found = rows(result)

    assert found == rows(dta.rollup(to_pandas(sample()), "affiliate", LEADFLOW_METRICS, total=True))
    assert found[-1][1:-1] == tuple(SAMPLE_VALUES[name] for name in LEADFLOW_METRICS)
