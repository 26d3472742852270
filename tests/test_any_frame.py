"""Frames of calls of any origin and dtype give the answers that loaded ones give, or say what they hold."""

import io

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from spelled_calls import (
    ENGINE_ASKS,
    FRAMES,
    READS,
    asked,
    expected,
    loaded,
    pairs,
    plain,
    records,
    same,
    same_values,
    spelled,
)

import dtanalytics as dta
from dtanalytics.errors import DtError, DuplicateCallsWarning, InputError, SchemaError

CALLS = {
    "sid": ["1", "2", "3"],
    "call_date": ["2026-10-05 09:30:00", "2026-10-05 10:00:00", "2026-10-06 23:59:00"],
    "affiliate": ["North", "North", "South"],
    "lead_status": ["Connected", "Hang Up", "Connected"],
    "caller_id": ["2125550101", "2125550102", "2125550101"],
    "offer_qualified": ["Y", "N", "Y"],
    "offer_price": ["20.00", "", "1,250.50"],
    "affiliate_qualified": ["Y", "N", "N"],
    "affiliate_price": ["12.50", "", "12.50"],
    "talk_seconds": ["205", "", "61"],
}


@pytest.fixture
def text():
    """Three calls as text, by hand: 1,270.50 are earned, 12.50 paid out."""
    return pd.DataFrame(CALLS)


@pytest.mark.parametrize(("name", "spelling"), pairs())
def test_however_a_frame_is_spelled_the_answer_is_that_of_a_load(name, spelling):
    kinds = READS.get(name, "") if spelling.startswith("mixture") else ""

    same_values(plain(asked(name, spelled(spelling, kinds))), expected(name))


@pytest.mark.parametrize("name", ENGINE_ASKS)
@pytest.mark.parametrize("engine", ["arrow", "polars", "duckdb"])
def test_raw_records_give_the_figures_of_a_load_on_every_engine(name, engine):
    arrow = pa.Table.from_pylist(records().leadflow)
    frame = {
        "arrow": lambda: arrow,
        "polars": lambda: pl.from_arrow(arrow),
        "duckdb": lambda: duckdb.from_arrow(arrow),
    }

    same(_pandas(ENGINE_ASKS[name](frame[engine]())), ENGINE_ASKS[name](loaded().leadflow))


def _pandas(table):
    """A table as pandas, whatever engine holds it."""
    for way in ("to_pandas", "df"):
        if hasattr(table, way):
            return getattr(table, way)()
    return table


WRONG = {
    "offer_qualified": (["Y", "maybe", "N"], "maybe"),
    "affiliate_qualified": ([1, 2, 0], "2"),
    "offer_price": (["20.00", "twenty", ""], "twenty"),
    "affiliate_price": ([12.5, np.inf, 0.0], "inf"),
    "call_date": ([1790878380, 1790878381, 1790878382], "int64"),
    "talk_seconds": (["205", "long", ""], "long"),
}


@pytest.mark.parametrize("column", WRONG)
@pytest.mark.parametrize("analysis", ["unsold", "cohorts", "audit", "concurrency", "quality"])
def test_what_a_column_cannot_hold_is_refused_by_its_name_and_value(text, column, analysis):
    values, shown = WRONG[column]
    frame = text.assign(
        **{column: values}, contest_qualification="N", repeat_affiliate_caller="N", advertiser="A"
    )

    try:
        getattr(frame.drop(columns=column).calls, analysis)()
    except SchemaError:  # it reads the column
        with pytest.raises(SchemaError, match=column) as raised:
            getattr(frame.calls, analysis)()
        assert shown in str(raised.value)


def test_money_of_text_is_counted_to_the_cent(text):
    table = text.calls.cohorts()

    assert table[["caller_count", "call_count", "margin"]].to_numpy().tolist() == [[2, 3, 1258.0]]
    assert text.calls.heatmap().loc["Monday", [9, 10]].tolist() == [1, 1]
    assert text.calls.durations()["seconds_from"].tolist() == [60, 200]


@pytest.mark.parametrize(
    ("analysis", "lacking"),
    [
        ("unsold", ["caller_id", "call_date", "offer_qualified", "affiliate_price"]),
        ("scorecard", ["lead_status", "contest_qualification", "caller_id"]),
        ("concurrency", ["call_date", "talk_seconds", "advertiser"]),
        ("margin", ["lead_status", "offer_qualified", "offer_price", "affiliate_price"]),
    ],
)
def test_all_columns_that_are_lacking_are_named_at_once(analysis, lacking):
    with pytest.raises(SchemaError, match=r"load (it|them) too") as raised:
        getattr(pd.DataFrame({"affiliate": ["North"]}).calls, analysis)()

    assert all(repr(name) in str(raised.value) for name in lacking)


def test_a_column_that_is_a_level_of_the_index_is_told(text):
    with pytest.raises(SchemaError, match=r"level of the index.*reset_index\('sid'\)"):
        text.set_index("sid").calls.audit()


def test_two_columns_of_one_name_are_told(text):
    twice = pd.concat([text, text[["caller_id"]]], axis="columns")

    with pytest.raises(SchemaError, match="2 columns are called 'caller_id'"):
        twice.calls.cohorts()
    assert "calls    3" in repr(twice.calls)


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame(columns=list(CALLS)),
        pd.DataFrame(CALLS).head(0),
        pd.DataFrame(CALLS).head(1),
        pd.DataFrame(CALLS)[["sid"]],
        pd.DataFrame(dict.fromkeys(CALLS, None), index=range(3)),
        pd.DataFrame(CALLS)[["affiliate", "affiliate"]],
        pd.DataFrame(CALLS).assign(call_date="yesterday", offer_qualified="perhaps"),
        pd.DataFrame(CALLS).assign(sid=[["a"]] * 3),
        pd.DataFrame(CALLS).set_index(["sid", "call_date"]),
    ],
    ids=[
        "no rows",
        "no rows of text",
        "one",
        "nothing but sids",
        "all null",
        "one name",
        "unreadable",
        "lists",
        "index",
    ],
)
def test_whatever_has_a_column_of_calls_is_shown(frame):
    assert f"{len(frame):,}" in repr(frame.calls).splitlines()[0]
    assert f"<b>{len(frame):,} calls</b>" in frame.calls._repr_html_()


def test_the_summary_says_why_a_column_cannot_be_read(text):
    said = repr(text.assign(offer_qualified="perhaps").calls)

    assert "offer_qualified" in said
    assert "perhaps" in said
    assert "2026-10-05 to 2026-10-06, Eastern" in said


EMPTY = {
    "no rows": lambda frame: frame.head(0),
    "no rows, objects": lambda frame: frame.head(0).astype(object),
    "one call": lambda frame: frame.head(1),
    "nothing known but who": lambda frame: frame.assign(**dict.fromkeys(set(frame) - {"sid", "affiliate"})),
}


@pytest.mark.parametrize("spelling", EMPTY)
@pytest.mark.parametrize("name", ENGINE_ASKS)
def test_few_or_unknown_calls_give_an_answer_or_an_error_of_ours(name, spelling):
    frame = EMPTY[spelling](loaded().leadflow)

    try:
        assert isinstance(ENGINE_ASKS[name](frame), pd.DataFrame)
    except DtError as error:
        assert len(str(error)) > 20  # noqa: PT017 (an answer is as good)


@pytest.mark.parametrize(
    "rows",
    [
        lambda frame: frame[frame["lead_status"] != "Connected"].head(50),
        lambda frame: frame.assign(call_hour=frame["call_hour"].where(np.arange(len(frame)) % 3 > 0)),
    ],
    ids=["nothing connected", "hours null"],
)
def test_capacity_to_buy_is_drawn_where_little_is_known(rows):
    rows(loaded().leadflow).calls.plot.capacity_to_buy().figure.canvas.draw()


# -- keys of a join --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spell",
    [
        lambda sid: sid.astype("int64"),
        lambda sid: sid.astype("float64"),
        lambda sid: sid.astype("category"),
        lambda sid: sid + ".0",
        lambda sid: sid.astype(object),
        lambda sid: sid.astype(pd.ArrowDtype(pa.string())),
    ],
    ids=["int", "float", "category", "text of floats", "objects", "Arrow"],
)
def test_sids_of_any_dtype_match(spell):
    leadflow, bids = loaded()
    matched = dta.join_calls(leadflow, bids).attrs["dtanalytics"]["match"]["leadflow_matched"]

    for pair in (
        (leadflow, bids.assign(sid=spell(bids["sid"]))),
        (leadflow.assign(sid=spell(leadflow["sid"])), bids),
    ):
        assert dta.join_calls(*pair).attrs["dtanalytics"]["match"]["leadflow_matched"] == matched > 100


def test_sids_that_lost_digits_are_refused():
    leadflow = pd.DataFrame({"sid": [2.61e17, 2.62e17]})

    with pytest.raises(SchemaError, match=r"'sid'.*too large to be exact"):
        dta.join_calls(leadflow, pd.DataFrame({"sid": ["1"]}))


@pytest.mark.parametrize(
    "store",
    [
        lambda texts: texts.cast(pa.string_view()),
        lambda texts: texts.dictionary_encode(),
        lambda texts: texts.cast(pa.binary()),
    ],
    ids=["view", "dictionary", "binary"],
)
def test_text_that_pandas_can_hardly_take_rows_from_is_joined(store):
    leadflow, bids = (frame.head(40) for frame in loaded())
    stored = {name: store(pa.array(bids[name].astype(object), from_pandas=True)) for name in ("sid", "dnis")}
    odd = {name: pd.array(texts, dtype=pd.ArrowDtype(texts.type)) for name, texts in stored.items()}

    same(dta.join_calls(leadflow, bids.assign(**odd)), dta.join_calls(leadflow, bids))


def test_two_columns_of_one_name_are_not_joined():
    leadflow, bids = (frame.head(40) for frame in loaded())

    with pytest.raises(SchemaError, match="two columns are called 'city'"):
        dta.join_calls(leadflow, pd.concat([bids, bids[["city"]]], axis="columns"))


def test_a_call_that_stands_there_as_text_and_as_a_number_is_told():
    calls = pd.DataFrame({"sid": ["26101", 26101], "offer_qualified": "Y", "offer_price": 20.0})

    with pytest.warns(DuplicateCallsWarning, match=r"1 row repeats a call.*revenue 20.00"):
        calls.calls.rollup(None, "revenue")


def test_numbers_and_nothing_as_names_of_columns_break_no_message():
    for name in (7, None, float("nan"), ("a", "b")):
        table = loaded().bids.assign(own=1).rename(columns={"own": name}).calls.trend("D")
        assert len(table) == len(loaded().bids.calls.trend("D"))


@pytest.mark.parametrize("engine", [pl.from_pandas, pa.Table.from_pandas])
def test_frames_of_other_engines_are_joined(engine):
    leadflow, bids = (frame.head(40) for frame in loaded())

    joined = dta.join_calls(engine(leadflow), engine(bids))

    same(joined, dta.join_calls(leadflow, bids))


# -- calls that stand in a frame twice -------------------------------------------------------------


@pytest.fixture
def loads(service):
    """Two loads that overlap, and one of both windows."""
    windows = ("2026-10-01", "2026-10-08"), ("2026-10-05", "2026-10-12"), ("2026-10-01", "2026-10-12")
    return [dta.load_leadflow(*window) for window in windows]


def test_overlapping_loads_are_told_once_with_the_money(loads):
    first, second, whole = loads
    both = pd.concat([first, second])
    again = first[first["call_day"] >= "2026-10-05"]
    revenue = duckdb.sql("select sum(offer_price) from again where offer_qualified").fetchall()[0][0]

    with pytest.warns(
        DuplicateCallsWarning, match=f"{len(again):,} rows repeat.*revenue {revenue:,.2f}"
    ) as told:
        (both.calls.margin(), both.calls.trend("W"), both.calls.unsold())

    assert len(told) == 1
    assert told[0].filename == __file__
    assert f"{len(again):,} rows repeat calls" in repr(both.calls)
    assert (both.calls.audit()["rule"] == "duplicate_sid").sum() == len(again)
    assert len(both) - len(again) == len(whole)


@pytest.mark.parametrize(
    "put_together",
    [
        lambda part: pd.concat([part, part], ignore_index=True),
        lambda part: pd.concat([part, part.copy()]),
        lambda part: pd.concat([part.head(20), part.head(10)]),
        lambda part: part.merge(
            pd.DataFrame({"affiliate": part["affiliate"].unique().astype("str")}).loc[[0, 0]]
        ),
    ],
    ids=["itself", "a copy", "two parts", "merge"],
)
def test_parts_of_a_load_that_repeat_calls_are_told(loads, put_together):
    with pytest.warns(DuplicateCallsWarning):
        put_together(loads[0].head(100)).calls.rollup(None, "call_count")


def test_filtered_and_sorted_loads_are_not_told(loads):
    """Warnings are errors here."""
    load = loads[0]

    for frame in (
        load,
        load[load["lead_status"] == "Connected"],
        load.sort_values("affiliate"),
        load.assign(x=1),
    ):
        frame.calls.margin("affiliate")


def test_concat_is_the_load_of_both_windows(loads):
    first, second, whole = loads

    together = dta.concat([second, first])

    pd.testing.assert_frame_equal(together, whole)
    said = together.attrs["dtanalytics"]["concat"]
    assert said == {"frames": 2, "dropped": len(first) + len(second) - len(whole), "differed": 0}
    assert "from 2026-10-01 until before 2026-10-12" in repr(together.calls)
    assert f"{said['dropped']:,} older versions dropped" in repr(together.calls)


def test_concat_keeps_the_version_that_was_asked_for_last(loads):
    older, newer = loads[0].head(10), loads[0].head(10).copy()
    newer["offer_price"] = 99.0
    older.attrs["dtanalytics"] |= {"asked": "2026-10-20T00:00:00+00:00"}
    newer.attrs["dtanalytics"] |= {"asked": "2026-10-21T00:00:00+00:00"}

    for frames in ([older, newer], [newer, older]):
        together = dta.concat(frames)
        assert together["offer_price"].tolist() == [99.0] * 10
        assert together.attrs["dtanalytics"]["concat"]["differed"] == 10


def test_concat_gives_frames_of_any_dtype_those_of_a_load():
    first, second = loaded().leadflow.head(200), loaded().leadflow.tail(350)

    together = dta.concat([FRAMES["CSV as text"](first), second])

    same(together, loaded().leadflow)
    assert together.dtypes.astype(str).to_dict() == loaded().leadflow.dtypes.astype(str).to_dict()


def test_concat_keeps_exact_decimals(loads, service):
    exact = dta.load_leadflow("2026-10-05", "2026-10-07", money="decimal")

    assert dta.concat([exact.head(5), exact])["offer_price"].tolist() == exact["offer_price"].tolist()


@pytest.mark.parametrize(
    ("frames", "error", "words"),
    [
        ([], InputError, "there are none"),
        (
            [pd.DataFrame(CALLS), pd.DataFrame({"sid": ["1"], "date_added": "2026-10-05"})],
            InputError,
            "another report",
        ),
        (
            [pd.DataFrame(CALLS), pd.DataFrame(CALLS).drop(columns="affiliate")],
            SchemaError,
            "lacks 'affiliate'",
        ),
        ([pd.DataFrame(CALLS).drop(columns="sid")], SchemaError, "no column 'sid'"),
        ([pd.DataFrame(CALLS).assign(offer_qualified="perhaps")], SchemaError, "perhaps"),
    ],
    ids=["nothing", "both reports", "a column less", "no sid", "no flag"],
)
def test_concat_says_what_cannot_be_put_together(frames, error, words):
    with pytest.raises(error, match=words):
        dta.concat(frames)


def test_a_load_can_be_written_to_parquet_with_its_mark(loads):
    """Pandas writes the attributes as JSON."""
    file = io.BytesIO()
    loads[0].to_parquet(file)

    assert len(pd.read_parquet(file)) == len(loads[0])
