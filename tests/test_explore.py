"""The board: each choice filters the rest, its figures are those of rollup, and it hands the choice back."""

import base64
import datetime as dt
import sys

import nbformat
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from nbconvert import HTMLExporter

import dtanalytics as dta
from dtanalytics.analysis.supply.talk import buffers
from dtanalytics.errors import ConfigError, DtError, InputError, SchemaError
from dtanalytics.explore import rows

HOSTILE = "<img src=x onerror='window.ran = 1'><script>window.ran = 2</script>`@calls` \"'\\"
MONEY = ["call_count", "connected_count", "revenue", "payout", "margin", "margin_rate"]


@pytest.fixture
def calls():
    """Eight calls of two affiliates, by hand; 5 October 2026 is a Monday."""
    return pd.DataFrame(
        {
            "sid": list("abcdefgh"),
            "call_day": pd.to_datetime(
                ["2026-10-05"] * 3 + ["2026-10-06", "2026-10-10", "2026-10-12", "2026-10-12", None]
            ).astype("datetime64[us]"),
            "call_hour": pd.array([9, 9, 17, 9, 23, 0, 9, None], dtype="Int8"),
            "affiliate": pd.Categorical(
                ["North", "South", "North", "North", HOSTILE, "South", None, "North"]
            ),
            "offer": pd.Categorical(["Auto", "Auto", "Home", "Auto", "Auto", "Home", "Home", None]),
            "lf_state": pd.Categorical(["TX", "texas", "NY", "TX", "ON", None, "NY", "TX"]),
            "lead_status": pd.Categorical(["Connected"] * 6 + ["Hang Up", "No Buyer"]),
            "talk_seconds": pd.array([95, 30, 200, 5, 59, 700, 0, None], dtype="Int32"),
            "offer_qualified": pd.array(
                [True, False, True, False, False, True, False, None], dtype="boolean"
            ),
            "offer_price": [20.01, 10.0, 30.0, 20.01, 20.01, 45.1, 30.0, np.nan],
            "affiliate_qualified": pd.array(
                [True, True, True, False, False, True, False, None], dtype="boolean"
            ),
            "affiliate_price": [12.5, 7.25, 12.5, 12.5, 12.5, 7.25, 0.0, np.nan],
            "caller_id": ["2125550101", "2125550102", "2125550101", "2125550103", "2125550104", "2125550102"]
            + ["2125550109"] * 2,
        }
    )


@pytest.fixture(scope="module")
def october():
    """A month of the sample, loaded and scanned."""
    with dta.demo():
        yield dta.load_leadflow("2026-10", progress=False), dta.scan("leadflow", "2026-10", progress=False)


CHOICES = {
    "a week of an affiliate": (
        {"window": ("2026-10-05", "2026-10-12"), "affiliate": "Brightpath Search"},
        "call_day >= '2026-10-05' and call_day < '2026-10-12' and affiliate == 'Brightpath Search'",
    ),
    "working hours of two offers": (
        {"offer": ["Auto Prime", "Roof Repair"], "weekday": ["Monday", "Friday"], "hour": (9, 17)},
        (
            "offer in ['Auto Prime', 'Roof Repair'] and call_day.dt.day_name() in ['Monday', 'Friday'] "
            "and call_hour >= 9 and call_hour <= 16"
        ),
    ),
    "long talks of two states without an offer's money": (
        {"state": ["TX", "CA"], "talk": (120, None), "affiliate": ["Harbor Leads", "Juniper Digital"]},
        (
            "lf_state in ['TX', 'CA'] and talk_seconds >= 120 "
            "and (affiliate == 'Harbor Leads' or affiliate == 'Juniper Digital')"
        ),
    ),
}


@pytest.mark.parametrize("name", CHOICES)
@pytest.mark.parametrize("kind", ["frame", "scan", "arrow"])
def test_what_is_chosen_ties_with_rollup_to_the_cent(october, name, kind):
    chosen, query = CHOICES[name]
    frame, scan = october
    given = {"frame": frame, "scan": scan, "arrow": pa.Table.from_pandas(frame, preserve_index=False)}[kind]
    meant = frame.query(query)
    expected = dta.rollup(meant, ["affiliate", "offer"], MONEY)

    board = dta.explore(given).select(**chosen)

    assert len(meant) > 40
    found = board.headline.set_index("metric")
    whole = dta.rollup(meant, None, MONEY).iloc[0]
    assert found["selected"].tolist() == whole.tolist()
    assert found["all"].tolist() == dta.rollup(frame, None, MONEY).iloc[0].tolist()
    groups = board.rollup().astype({"affiliate": "str", "offer": "str"}).sort_values(["affiliate", "offer"])
    expected = expected.astype({"affiliate": "str", "offer": "str"}).sort_values(["affiliate", "offer"])
    pd.testing.assert_frame_equal(groups.reset_index(drop=True), expected.reset_index(drop=True))
    assert dta.rollup(board.calls, None, "margin") is not None
    margin = board.calls.rollup(None, "margin") if kind == "scan" else dta.rollup(board.calls, None, "margin")
    assert (
        float(pa.table(margin)["margin"][0].as_py() if kind == "arrow" else margin["margin"][0])
        == whole["margin"]
    )


@pytest.mark.parametrize("name", CHOICES)
def test_the_condition_and_the_code_choose_the_same_frame(october, name):
    frame, scan = october
    board, lazy = (dta.explore(given).select(**CHOICES[name][0]) for given in (frame, scan))

    pd.testing.assert_frame_equal(frame.query(board.where), board.calls)
    pd.testing.assert_frame_equal(eval(board.code(), {"calls": frame}), board.calls)  # noqa: S307 - the line itself is tested
    again = eval(lazy.code(), {"calls": scan, "pd": pd})  # noqa: S307 - the line itself is tested
    sids = set(board.calls["sid"])
    assert set(again.relation.project("sid").df()["sid"]) == sids
    assert set(lazy.calls.relation.project("sid").df()["sid"]) == sids


def test_what_is_chosen_of_a_scan_is_a_dask_frame_of_these_calls(october):
    frame, scan = october
    chosen, query = CHOICES["working hours of two offers"]

    assert set(dta.explore(scan).select(**chosen).calls.dask.compute()["sid"]) == set(
        frame.query(query)["sid"]
    )


@pytest.mark.parametrize(
    ("chosen", "sids"),
    [
        ({}, "abcdefgh"),
        ({"window": "2026-10-05"}, "abc"),
        ({"window": ("2026-10-06", "2026-10-12")}, "de"),
        ({"affiliate": ["South", None]}, "bfg"),
        ({"affiliate": HOSTILE}, "e"),
        ({"offer": None, "affiliate": "North"}, "acdh"),
        ({"weekday": "Monday"}, "abcfg"),
        ({"hour": [9]}, "abdg"),
        ({"weekday": ["Mon"], "hour": (0, 10)}, "abfg"),
        ({"talk": (30, 60)}, "be"),
        ({"talk": (600, None)}, "f"),
        ({"state": ["Texas"]}, "abdh"),
        ({"state": "elsewhere"}, "ef"),
    ],
)
def test_each_mark_chooses_its_calls(calls, chosen, sids):
    board = dta.explore(calls).select(**chosen)

    assert "".join(board.calls["sid"]) == sids
    assert "".join((calls.query(board.where) if board.where else calls)["sid"]) == sids
    assert board.headline.set_index("metric").loc["call_count", "selected"] == len(sids)


def test_every_mark_filters_every_other_and_not_itself(calls):
    board = dta.explore(calls).select(affiliate="North", talk=(0, 100))
    marks = {one["name"]: one for one in board.page()["marks"]}

    assert sum(marks["window"]["values"]) == pytest.approx(7.51)  # a: 20.01 - 12.50; d: nothing
    assert {row["name"]: row["value"] for row in marks["affiliate"]["rows"]} == {
        "North": 7.51,
        "South": -7.25,
        HOSTILE: 0,
        "(none)": 0,
    }
    assert [row["name"] for row in marks["affiliate"]["rows"] if row["chosen"]] == ["North"]
    assert sum(marks["talk"]["values"]) == 3  # connected calls of North: a, c, d
    assert marks["state"]["values"][[code for code, *_ in marks["state"]["tiles"]].index("TX")] == 7.51


def test_the_lines_in_the_talk_times_are_the_offers_buffers(october):
    frame, _ = october
    (talk,) = (one for one in dta.explore(frame).page()["marks"] if one["name"] == "talk")

    found = buffers(frame).sort_values("connected_count", ascending=False).head(6)
    assert [(one["name"], one["at"]) for one in talk["buffers"]] == list(
        zip(found["offer"], found["buffer"], strict=True)
    )


@pytest.mark.parametrize("metric", ["margin_rate", "caller_count", "average_talk_time"])
def test_a_metric_that_does_not_add_up_is_worked_out_for_each_bar(calls, metric):
    board = dta.explore(calls, "offer", metric).select(window=("2026-10-05", "2026-10-11"))
    board.select(window=("2026-10-05", "2026-10-12"))
    (bars,) = (one for one in board.page()["marks"] if one["name"] == "offer")

    expected = dta.rollup(calls[calls["sid"].isin(list("abcde"))], "offer", metric).set_index("offer")[metric]
    assert {row["name"]: row["value"] for row in bars["rows"]} == pytest.approx(expected.to_dict())


def test_dragging_gives_what_asking_anew_gives(october):
    frame, _ = october
    dragged = dta.explore(frame).select(affiliate="Brightpath Search")
    for end in range(6, 20):
        dragged.select(window=("2026-10-05", f"2026-10-{end:02}")).page()
    dragged.select(window=("2026-10-05", "2026-10-12"))
    fresh = dta.explore(frame).select(window=("2026-10-05", "2026-10-12"), affiliate="Brightpath Search")

    assert dragged.page() == fresh.page()


def test_the_rest_is_compared_with(calls):
    row = dta.explore(calls).select(affiliate="North").compare(metrics=["call_count", "margin"]).iloc[0]

    # chosen: a 7.51, c 17.50; rest: b -7.25, f 37.85
    assert row[["call_count", "call_count_before", "margin", "margin_before"]].tolist() == [4, 4, 25.01, 30.6]
    with pytest.raises(InputError, match="no rest"):
        dta.explore(calls).compare()


def test_a_page_cannot_choose_what_is_no_place(calls):
    board = dta.explore(calls)
    for message in (
        {"mark": "affiliate", "value": [99]},
        {"mark": "affiliate", "value": ["1) OR 1=1 --"]},
        {"mark": "window", "value": [5, 2]},
        {"mark": "calls; DROP TABLE calls", "value": [1]},
        {"mark": "week", "value": {"days": [9], "hours": [1]}},
        {"mark": "talk", "value": [True, 3]},
        "DROP TABLE calls",
    ):
        with pytest.raises(InputError, match="no choice"):
            board.hear(message)
    with pytest.raises(InputError, match="no metric"):
        board.hear({"metric": "1; DROP TABLE calls"})
    board.hear({"table": {"sort": "sid; --", "descending": True, "text": "%' OR 1=1"}})

    assert board.page()["table"]["matching"] == 0
    assert len(board.calls) == 8


def test_the_table_sorts_and_filters(calls):
    board = dta.explore(calls)
    board.hear({"table": {"sort": "revenue", "descending": False, "text": "SOUTH"}})

    found = board.page()["table"]
    assert [row[:2] for row in found["rows"]] == [["South", "Auto"], ["South", "Home"]]
    assert (found["matching"], found["every"]) == (2, 7)


def test_a_board_shows_nobody_unless_asked_by_name(calls):
    with pytest.raises(InputError, match="include='caller_id'"):
        dta.explore(calls, "caller_id")
    with pytest.raises(InputError, match="identifies people"):
        dta.explore(calls.rename(columns={"caller_id": "who"}), "who")

    assert dta.explore(calls, "caller_id", include="caller_id").select(caller_id="2125550103").calls[
        "sid"
    ].tolist() == ["d"]
    assert "2125550101" not in str(dta.explore(calls, "offer", "caller_count").page())


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"by": "afiliate"}, SchemaError, "affiliate"),
        ({"by": ()}, InputError, "names no column"),
        ({"by": ["offer", "offer"]}, InputError, "twice"),
        ({"metric": "profit"}, InputError, "margin"),
        ({"metrics": "margin"}, InputError, "did you mean 'metric'"),
    ],
)
def test_a_wrong_question_is_answered_with_the_right_one(calls, arguments, error, said):
    with pytest.raises(error, match=said):
        calls.calls.explore(**arguments)


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"afiliate": "North"}, "affiliate"),
        ({"affiliate": "Nroth"}, "North"),
        ({"window": ("2026-10-05 09:00", "2026-10-06")}, "whole days"),
        ({"talk": (60, 30)}, "empty"),
        ({"hour": 24}, "0 to 23"),
        ({"state": "Texsa"}, "Texas"),
        ({"offer": "Auto", "weekday": "Funday"}, "Sunday"),
    ],
)
def test_a_wrong_choice_changes_nothing(calls, chosen, said):
    board = dta.explore(calls)

    with pytest.raises(InputError, match=said):
        board.select(**chosen)
    assert len(board.calls) == 8


def test_frames_of_other_dtypes_give_the_same_figures(calls):
    told = calls.assign(
        call_day=calls["call_day"].dt.strftime("%Y-%m-%d"),
        offer_price=calls["offer_price"].map(lambda value: None if pd.isna(value) else f"${value:,.2f}"),
        offer_qualified=calls["offer_qualified"].map({True: "Y", False: "N"}),
        talk_seconds=calls["talk_seconds"].astype("str"),
        affiliate=calls["affiliate"].astype(object),
    )
    chosen = {"window": ("2026-10-05", "2026-10-12"), "talk": (30, None)}
    plain, other = (dta.explore(frame).select(**chosen) for frame in (calls, told))

    pd.testing.assert_frame_equal(plain.headline, other.headline)
    assert other.calls["sid"].tolist() == plain.calls["sid"].tolist()
    with pytest.raises(InputError, match=r"board\.calls"):
        other.where  # noqa: B018 - query would compare text with days


def test_calls_that_are_read_in_pieces_give_the_figures_of_the_whole(calls, monkeypatch):
    """Names, widths and decimals of later pieces are others: 0.00085 is finer than the prices before it."""
    finer = calls.assign(affiliate_price=calls["affiliate_price"].where(calls["sid"] != "f", 0.00085))
    whole = dta.explore(finer).select(affiliate=["North", "South"])
    monkeypatch.setattr(rows, "_BATCH", 3)
    pieces = dta.explore(finer).select(affiliate=["North", "South"])

    assert pieces.headline["selected"].tolist() == whole.headline["selected"].tolist()
    assert pieces.headline.set_index("metric").loc["payout", "all"] == 12.5 + 7.25 + 12.5 + 0.00085
    pd.testing.assert_frame_equal(pieces.calls, whole.calls)
    pd.testing.assert_frame_equal(pieces.rollup(), whole.rollup())


def test_polars_comes_back_as_polars(calls):
    board = dta.explore(pl.from_pandas(calls)).select(affiliate="South")

    assert isinstance(board.calls, pl.DataFrame)
    assert board.calls["sid"].to_list() == ["b", "f"]


@pytest.mark.parametrize("frame", [1, "calls", {"affiliate": ["North"]}])
def test_what_is_no_frame_is_refused(frame):
    with pytest.raises(DtError, match="explore takes calls"):
        dta.explore(frame)


def test_no_calls_make_an_empty_board(calls):
    board = dta.explore(calls.head(0))

    assert board.headline["all"].tolist()[:5] == [0, 0, 0, 0, 0]
    assert board.page()["table"]["rows"] == []
    assert len(board._repr_mimebundle_()[0]["image/png"]) > 1000


def test_bids_alone_have_a_board(october):
    with dta.demo():
        bids = dta.load_bids("2026-10-05", "2026-10-07", progress=False)
        board = dta.explore(bids, ["channel", "vt_device"], "call_count")
        board.select(channel="SourceTrak", window="2026-10-05")
        again = dta.load_bids("2026-10-05", "2026-10-07", where=board.where, progress=False)
    assert sorted(again["sid"]) == sorted(board.calls["sid"])
    assert 0 < len(again) < len(bids)


def test_a_joined_frame_has_keywords_on_its_board(october):
    frame, _ = october
    with dta.demo():
        joined = dta.join_calls(frame, dta.load_bids("2026-10", progress=False))
    board = joined.calls.explore("vt_keyword").select(vt_keyword=joined["vt_keyword"].dropna().iloc[0])

    expected = dta.rollup(joined[joined["vt_keyword"] == joined["vt_keyword"].dropna().iloc[0]], None, MONEY)
    assert board.headline["selected"].tolist() == expected.iloc[0].tolist()


def test_without_the_extra_a_sentence_says_what_to_install(calls, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda *_: None)

    for ask in (calls.calls.explore, lambda: dta.show(calls)):
        with pytest.raises(ConfigError, match=r"pip install 'dtanalytics\[explore\]'"):
            ask()


def test_the_fallback_is_a_picture_and_names_in_it_are_text(calls):
    bundle, about = dta.explore(calls).select(affiliate=HOSTILE)._repr_mimebundle_()

    assert set(bundle) == {"text/plain", "image/png"}
    assert bundle["image/png"].startswith(b"\x89PNG")
    assert "calls 1 of 8" in about["image/png"]["alt"]
    data = {**bundle, "image/png": base64.b64encode(bundle["image/png"]).decode()}
    data["application/vnd.jupyter.widget-view+json"] = {"model_id": "gone", "version_major": 2}
    output = nbformat.v4.new_output("display_data", data, metadata=about)
    cell = nbformat.v4.new_code_cell("board", execution_count=1, outputs=[output])
    page, _ = HTMLExporter(template_name="basic").from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
    assert "data:image/png;base64" in page
    assert "widget-view" not in page
    assert HOSTILE not in page


def test_a_shown_table_is_text_and_holds_nobody(calls):
    shown = dta.show(calls, HOSTILE)
    live = shown.live()

    assert "caller_id" not in shown.frame
    assert "caller_id" in shown.note
    for page in (live, shown._repr_html_()):
        assert "<img" not in page.replace("<img src=x onerror='window.ran = 1'>", "") or "&lt;img" in page
        assert HOSTILE not in page
    assert "2125550101" not in live
    assert "2125550101" in dta.show(calls, include="caller_id").live()


def test_times_keep_their_clock_in_a_shown_table():
    when = pd.Series([dt.datetime(2026, 10, 5, 9, 30)], dtype="datetime64[us]").dt.tz_localize(
        "America/New_York"
    )

    assert "2026-10-05 09:30:00" in dta.show(pd.DataFrame({"call_date": when})).live()


@pytest.mark.parametrize("unit", ["s", "us", "ns"])
def test_times_without_a_zone_are_asked_for_in_eastern_clock_time(calls, unit):
    moments = (calls["call_day"] + pd.Timedelta(hours=23, minutes=59)).dt.as_unit(unit)
    naive = calls.assign(call_date=moments).drop(columns="call_day")
    board = dta.explore(naive).select(window="2026-10-05")

    assert board.where == "'2026-10-05' <= call_date < '2026-10-06'"
    assert naive.query(board.where)["sid"].tolist() == board.calls["sid"].tolist() != []
    assert dta.explore(pl.from_pandas(naive)).select(window="2026-10-05").where == board.where


def test_dates_among_the_values_are_found_by_the_condition(calls):
    dated = calls.assign(started=calls["call_day"])
    chosen = [pd.Timestamp("2026-10-05"), None]
    board = dta.explore(dated, "started").select(started=chosen)

    assert dated.query(board.where)["sid"].tolist() == board.calls["sid"].tolist() == list("abch")


STEPS = (
    {"window": ("2026-10-05", "2026-10-07")},
    {"window": ("2026-10-05", "2026-10-11")},
    {"window": ("2026-10-05", "2026-10-13")},
    {"affiliate": "North"},
    {"affiliate": ["North", "South"]},
    {"offer": ["Auto", None]},
    {"talk": (0, 100)},
    {"state": ["TX", "elsewhere"]},
    {"talk": (0, 300)},
    {"weekday": ["Monday"]},
    {"window": None},
    {"affiliate": None, "talk": (10, None)},
    {"offer": "Home"},
)


@pytest.mark.parametrize("largest", [0, 20, 4_000, 150_000])
def test_after_any_clicks_a_board_shows_what_a_new_one_with_the_same_choices_shows(
    calls, monkeypatch, largest
):
    monkeypatch.setattr(sys.modules["dtanalytics.explore.cubes"], "LARGEST", largest)
    board = dta.explore(calls)
    for step in STEPS:
        board.select(**step)
        new = dta.explore(calls)
        for name, mark in new._marks.items():
            mark.chosen = board._marks[name].chosen
        assert board.page() == new.page()
        meant = dta.rollup(board.calls, ["affiliate", "offer"], MONEY).astype(
            {"affiliate": "str", "offer": "str"}
        )
        table = board.rollup()[["affiliate", "offer", *MONEY]].astype({"affiliate": "str", "offer": "str"})
        both = [one.sort_values(["affiliate", "offer"], ignore_index=True) for one in (table, meant)]
        pd.testing.assert_frame_equal(*both, check_dtype=False)


def test_what_a_platform_does_not_say_is_no_sum_of_nothing(calls):
    silent = dict.fromkeys(["offer_qualified", "affiliate_qualified", "affiliate_price"])
    told = calls.assign(platform="callrail", **silent)
    both = pd.concat([calls.assign(platform="dialogtech"), told.assign(sid=told["sid"] + "x")])

    for frame in (told, both):
        with pytest.raises(SchemaError, match="calls of CallRail have no"):
            dta.explore(frame)
        board = dta.explore(frame, metric="call_count")
        assert board.headline["metric"].tolist() == ["call_count", "connected_count"]
    assert dta.explore(told, "offer_qualified", "call_count").rollup()["call_count"].tolist() == [8]
