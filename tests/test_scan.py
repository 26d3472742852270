"""Scanning: the cache's and published files, asked lazily, give what the loaded frames give."""

import datetime as dt

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import dtanalytics as dta
from dtanalytics.cache.compacting import compact_entry
from dtanalytics.demo import demo
from dtanalytics.errors import CacheError, InputError, WindowWarning
from dtanalytics.loading.sources import leadflow_source
from dtanalytics.scan.opening import scan
from dtanalytics.scan.publishing import publish
from dtanalytics.schema import LEADFLOW
from dtanalytics.settings import current, using

METRICS = ["call_count", "connected_count", "revenue", "margin", "margin_rate", "talk_time", "caller_count"]
WEEK = ("2026-10-05", "2026-10-12")


@pytest.fixture(scope="module")
def served():
    """The sample month behind an emulator, with a cache of its own."""
    with demo():
        dta.load_leadflow("2026-10-01", "2026-10-15", columns=["sid"])
        yield


@pytest.mark.parametrize("engine", ["duckdb", "dask"])
@pytest.mark.parametrize("by", [None, "affiliate", ["affiliate", "W"], ["call_day", "lead_status"], "h"])
def test_a_scan_gives_what_the_loaded_frame_gives(served, engine, by):
    """Same numbers, same order, same dtypes, whoever reads."""
    expected = dta.rollup(dta.load_leadflow(*WEEK), by, METRICS, total=True)

    found = scan("leadflow", *WEEK, engine=engine).rollup(by, METRICS, total=True)

    pd.testing.assert_frame_equal(expected, found, check_categorical=False, check_dtype=False)
    assert [str(one) for one in found.dtypes] == [str(one) for one in expected.dtypes]


@pytest.mark.parametrize("engine", ["duckdb", "dask"])
def test_hours_of_a_window_are_cut(served, engine):
    window = ("2026-10-05 09:30", "2026-10-06 17:00")

    found = scan("leadflow", *window, engine=engine).rollup("call_day", "call_count")

    expected = dta.load_leadflow(*window).calls.rollup("call_day", "call_count")
    assert found["call_count"].tolist() == expected["call_count"].tolist()


@pytest.mark.parametrize("engine", ["duckdb", "dask"])
def test_bids_can_be_scanned_too(served, engine):
    found = scan("bids", *WEEK, engine=engine).rollup(
        ["channel"], ["call_count", "attributed_count", "talk_time"]
    )

    expected = dta.load_bids(*WEEK).calls.rollup("channel", ["call_count", "attributed_count", "talk_time"])
    assert found.astype({"channel": "str"}).equals(expected.astype({"channel": "str"}))


def test_only_the_days_of_the_window_are_read(served):
    week = scan("leadflow", *WEEK)

    assert len(week.file_days) == 7
    assert all("2026-10" in file.path for file in week.file_days)


@pytest.mark.parametrize("engine", ["duckdb", "dask"])
def test_days_inside_a_compacted_month_are_found(tmp_path, engine):
    """A month in one file holds other days too; only those of the window count."""
    with demo():
        dta.load_leadflow("2026-10")
        entry = leadflow_source(current()).entry
        compact_entry(entry)
        found = scan("leadflow", *WEEK, engine=engine)
        table = found.rollup("call_day", "call_count")
        expected = dta.load_leadflow(*WEEK).calls.rollup("call_day", "call_count")

    assert len(found.file_days) == 1
    assert table["call_count"].tolist() == expected["call_count"].tolist()


def test_explain_shows_sql_that_gives_the_sums(served):
    week = scan("leadflow", *WEEK)

    sql = week.rollup("affiliate", "revenue", explain=True)

    assert "offer_price" in sql
    assert "sum(" in sql.lower()
    rows = duckdb.connect().sql(sql).fetchall()
    assert sorted(row[0] or "" for row in rows) == sorted(
        week.rollup("affiliate", "revenue")["affiliate"].astype(object).fillna("")
    )


def test_a_memory_limit_is_handed_to_duckdb(served):
    week = scan("leadflow", *WEEK, memory_limit="200MB")

    limit = week.relation.query("calls", "SELECT current_setting('memory_limit')").fetchall()[0][0]

    assert limit.startswith("190")


def test_the_relation_answers_sql(served):
    count = scan("leadflow", *WEEK).relation.query("calls", "SELECT count(*) FROM calls").fetchall()[0][0]

    assert count == len(dta.load_leadflow(*WEEK))


def test_a_window_without_calls_is_an_empty_table(served):
    with pytest.warns(WindowWarning, match="none of 2020-01-01"):
        calls = scan("leadflow", "2020-01-01", "2020-01-02")
    found = calls.rollup("affiliate", ["call_count", "revenue"], total=True)

    assert found["call_count"].tolist() == [0]


def test_offline_days_that_are_missing_are_said(served):
    with pytest.raises(CacheError, match="2019-05-01"):
        scan("leadflow", "2019-05-01", "2019-05-03", offline=True)


def test_published_days_are_read_back_by_anyone(served, tmp_path):
    """One file a day, metadata of every column kept; DuckDB and scan read the same calls."""
    days = publish("leadflow", *WEEK, url=str(tmp_path / "shared"))

    again = scan("leadflow", *WEEK, source=str(tmp_path / "shared"))
    other = scan("leadflow", *WEEK, source=str(tmp_path / "shared"), engine="dask")
    expected = dta.load_leadflow(*WEEK).calls.rollup("affiliate", METRICS, total=True)
    for found in (again, other):
        pd.testing.assert_frame_equal(
            expected, found.rollup("affiliate", METRICS, total=True), check_categorical=False
        )
    glob = f"{tmp_path}/shared/leadflow/*/*.parquet"
    assert duckdb.connect().read_parquet(glob).count("*").fetchall()[0][0] == days["rows"].sum()
    schema = pq.read_schema(days["path"].dropna().iloc[0])
    assert schema.field("offer_price").metadata == LEADFLOW.schema.field("offer_price").metadata
    assert schema.metadata[b"dtanalytics.report"] == b"leadflow"


def test_publishing_through_fsspec_to_any_store(served):
    days = publish("leadflow", "2026-10-05", "2026-10-06", url="memory://bucket/calls")

    found = scan("leadflow", "2026-10-05", source="memory://bucket/calls")

    assert found.rollup(None, "call_count")["call_count"].item() == days["rows"].sum()


def test_days_that_were_not_published_are_said(served, tmp_path):
    publish("leadflow", "2026-10-05", "2026-10-06", url=str(tmp_path))

    with pytest.raises(CacheError, match="2026-10-06"):
        scan("leadflow", "2026-10-05", "2026-10-08", source=str(tmp_path))


def test_publishing_again_replaces_a_day(served, tmp_path):
    first = publish("leadflow", "2026-10-05", url=str(tmp_path))
    second = publish("leadflow", "2026-10-05", url=str(tmp_path))

    assert first["rows"].tolist() == second["rows"].tolist()
    assert len(list(tmp_path.rglob("*.parquet"))) == 1
    assert not list(tmp_path.rglob("*.tmp"))


@pytest.mark.parametrize(
    ("arguments", "message"), [(("calls", "2026-10"), "leadflow"), (("leadflow", "2026-13"), "2026-13")]
)
def test_bad_questions_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        scan(*arguments)


def test_an_unknown_engine_is_refused():
    with pytest.raises(InputError, match="'duckdb' or 'dask'"):
        scan("leadflow", dt.date(2026, 10, 5), engine="spark")


@pytest.fixture
def restated(tmp_path):
    """A day in the cache that had one call on the 9th and has two since the 20th."""
    noon = dt.datetime(2026, 10, 5, 12)
    calls = [{"sid": sid, "call_date": noon, "call_day": noon.date()} for sid in ("1", "2")]
    with demo(), using(current().model_copy(update={"cache_dir": tmp_path, "offline": True})):
        entry = leadflow_source(current()).entry
        entry.prepare()
        for rows, asked in ((1, 9), (2, 20)):
            table = pa.Table.from_pylist(calls[:rows], schema=LEADFLOW.schema)
            when = dt.datetime(2026, 10, asked, 12, tzinfo=dt.UTC)
            entry.publish({"2026-10-05": entry.write(noon.date(), table, when)})
        yield


@pytest.mark.parametrize("engine", ["duckdb", "dask"])
def test_a_scan_as_of_a_moment_reads_what_was_known_then(restated, engine):
    def counted(**options):
        return int(
            scan("leadflow", "2026-10-05", engine=engine, **options).rollup(None, "call_count").iloc[0, 0]
        )

    assert counted(as_of="2026-10-10") == 1
    assert counted(as_of="2026-10-20 07:59") == 1
    assert counted(as_of="2026-10-20 08:00") == 2
    assert counted() == 2


def test_a_scan_as_of_a_moment_before_anything_was_known_is_an_error(restated):
    with pytest.raises(CacheError, match="nothing was known of 2026-10-05"):
        scan("leadflow", "2026-10-05", as_of="2026-10-08")


def test_published_calls_have_one_state_only(tmp_path):
    with pytest.raises(InputError, match="source="):
        scan("leadflow", "2026-10-05", as_of="2026-10-08", source=str(tmp_path))


def test_a_scan_and_the_pictures_say_what_they_are_in_a_line_or_two(service):
    """A scan of a month is not a page of file names; the pictures of a frame are named, not an address."""
    shown = repr(dta.scan("leadflow", "2026-10-05", "2026-10-07"))

    assert shown.startswith("<scan of LeadFlow History, 2026-10-05 up to 2026-10-07: 2 files")
    assert len(shown) < 250
    pictures = repr(dta.load_leadflow("2026-10-05").calls.plot)
    assert "margin" in pictures
    assert "0x" not in pictures
