"""``df.calls``: every method is the function behind it, and only calls have it."""

import importlib
import inspect
import re

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

import dtanalytics as dta
from dtanalytics.accessor import CallsAccessor, Plots
from dtanalytics.accessor.methods.base import method_names
from dtanalytics.errors import InputError, SchemaError
from dtanalytics.scan.lazy import Scan

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def calls():
    return pd.DataFrame(
        {
            "sid": ["1", "2", "3", "4"],
            "affiliate": pd.Categorical(["North", HOSTILE, "North", "North"]),
            "lead_status": ["Connected", "Connected", "Hang Up", "Connected"],
            "offer_qualified": pd.array([True, True, False, None], dtype="boolean"),
            "offer_price": [20.0, 10.0, 20.0, 20.0],
            "affiliate_qualified": [True, False, False, True],
            "affiliate_price": [12.5, 5.0, 12.5, 12.5],
            "call_day": pd.to_datetime(["2026-10-05", "2026-10-05", "2026-10-07", "2026-10-12"]),
            "call_hour": pd.array([9, 10, 9, 9], dtype="Int8"),
        }
    )


def test_margin_has_the_promised_columns_and_numbers(calls):
    table = calls.calls.margin("affiliate", total=True)

    assert list(table.columns) == [
        "affiliate",
        "call_count",
        "connected_count",
        "revenue",
        "payout",
        "margin",
        "margin_rate",
        "margin_per_call",
        "is_total",
    ]
    assert table["margin"].tolist() == [10.0, -5.0, 5.0]
    assert table["margin_per_call"].tolist() == [10.0, -5.0 / 3, 1.25]


def test_qualification_has_wilson_intervals(calls):
    """Bounds are scipy's; an unknown flag counts in neither side."""
    table = calls.calls.qualification()

    oracle = binomtest(2, 3).proportion_ci(0.95, method="wilson")
    assert table["offer_qualification_rate"].tolist() == [2 / 3]
    assert table.loc[0, "offer_qualification_rate_low"] == pytest.approx(oracle.low)
    assert table.loc[0, "offer_qualification_rate_high"] == pytest.approx(oracle.high)
    assert list(table.columns)[-3:] == [
        "affiliate_qualification_rate",
        "affiliate_qualification_rate_low",
        "affiliate_qualification_rate_high",
    ]


def test_qualification_without_connected_calls_is_null(calls):
    table = calls.assign(lead_status="Hang Up").calls.qualification("affiliate")

    assert table.filter(like="_rate").isna().all(axis=None)


def test_funnel_counts_each_step_and_its_rate(calls):
    row = calls.calls.funnel().iloc[0]

    assert row.iloc[:4].tolist() == [4, 3, 2, 2]
    assert row[["connect_rate", "offer_qualification_rate", "offer_conversion_rate"]].tolist() == [
        0.75,
        2 / 3,
        0.5,
    ]


def test_trend_shows_days_without_calls(calls):
    table = calls.calls.trend("D", metrics=["call_count", "revenue", "margin_rate"])

    assert table["call_count"].tolist() == [2, 0, 1, 0, 0, 0, 0, 1]
    assert table["revenue"].tolist() == [30.0, 0, 0, 0, 0, 0, 0, 0]
    assert table["margin_rate"].notna().tolist() == [True] + [False] * 7
    assert [str(dtype) for dtype in table.dtypes[:4]] == ["datetime64[us]", "int64", "float64", "float64"]
    assert table.columns[4:].tolist() == ["is_complete", "is_mature", "maturity"]


@pytest.mark.parametrize("freq", ["D", "W", "MS", "QS", "YS"])
def test_trend_by_group_loses_no_call(calls, freq):
    table = calls.calls.trend(freq, "affiliate", "call_count")

    assert table["call_count"].sum() == 4
    assert len(table) == table.iloc[:, 0].nunique() * 2


def test_trend_of_no_calls_has_the_same_shape(calls):
    empty, full = calls.head(0).calls.trend("W"), calls.calls.trend("W")

    assert len(empty) == 0
    assert empty.dtypes.to_dict() == full.dtypes.to_dict()


def test_heatmap_is_a_week_by_a_day(calls):
    square = calls.calls.heatmap()

    assert square.shape == (7, 24)
    assert square.loc["Monday", [9, 10]].tolist() == [2, 1]
    assert square.to_numpy().sum() == 4
    assert np.isnan(calls.calls.heatmap("margin_rate").loc["Sunday", 0])


def test_columns_in_capitals_are_answered_with_how_to_rename_them():
    frame = pd.DataFrame({"AFFILIATE": ["North"], "Lead_Status": ["Connected"]})

    with pytest.raises(AttributeError, match=r"another case: frame\.rename\(columns=str\.lower\)"):
        frame.calls  # noqa: B018  # asked for, it is made
    assert frame.rename(columns=str.lower).calls.rollup("affiliate")["call_count"].tolist() == [1]


def test_other_frames_have_no_calls():
    """A frame that does not hold calls has no accessor, so that ``hasattr`` tells."""
    frame = pd.DataFrame({"a": [1]})

    assert not hasattr(frame, "calls")
    with pytest.raises(AttributeError, match="load_leadflow"):
        frame.calls  # noqa: B018 - the access is what is tested


def test_calls_that_lack_a_column_say_which(calls):
    with pytest.raises(SchemaError, match="offer_price"):
        calls[["sid", "affiliate", "lead_status"]].calls.margin("affiliate")


def test_the_typed_function_is_the_accessor(calls):
    pd.testing.assert_frame_equal(dta.calls(calls).margin("affiliate"), calls.calls.margin("affiliate"))


def test_no_method_changes_the_frame(calls):
    before = calls.copy(deep=True)

    for ask in ("margin", "qualification", "funnel", "trend", "heatmap", "mask", "_repr_html_"):
        getattr(calls.calls, ask)()

    pd.testing.assert_frame_equal(before, calls)


def _behind(method):
    """The function that a method hands on to, imported as the method imports it."""
    line = re.findall(r"from (dtanalytics[.\w]*) import (\w+)", inspect.getsource(method))[-1]
    return getattr(importlib.import_module(line[0]), line[1])


@pytest.mark.parametrize("name", [name for name in method_names(CallsAccessor) if name != "plot"])
def test_a_method_has_the_arguments_of_its_function(name):
    """Names, kinds and defaults are the same, less the frame: completion and help show each of them."""
    method = getattr(CallsAccessor, name)
    shown, meant = (list(inspect.signature(one).parameters.values())[1:] for one in (method, _behind(method)))

    assert [(one.name, one.kind, one.default) for one in shown] == [
        (one.name, one.kind, one.default) for one in meant
    ]


def test_a_scan_is_rolled_up_with_the_arguments_of_rollup():
    shown, meant = (inspect.signature(one).parameters for one in (Scan.rollup, dta.rollup))

    assert [(one.name, one.kind, one.default) for one in shown.values()][1:] == [
        (one.name, one.kind, one.default) for one in meant.values()
    ][1:]


@pytest.mark.parametrize("name", method_names(Plots))
def test_a_picture_shows_each_argument_of_its_plot(name):
    """Nothing hides behind ``**options``; what the plot alone knows has the plot's own default."""
    shown = inspect.signature(getattr(Plots, name)).parameters
    meant = inspect.signature(_behind(getattr(Plots, name))).parameters
    own = {one.name: one.default for one in meant.values() if one.kind is one.KEYWORD_ONLY} | {"ax": None}
    own.pop("buffers", None)  # of durations: the method asks for them

    assert own.items() <= {one.name: one.default for one in shown.values()}.items()
    assert all(one.kind is not one.VAR_KEYWORD for one in shown.values())


def test_the_summary_is_escaped_and_says_what_to_try(calls):
    html = calls.rename(columns={"affiliate": "offer"}).calls._repr_html_()

    assert "4 calls" in html
    assert "2026-10-05 to 2026-10-12" in html
    assert HOSTILE not in html


def test_the_summary_tells_where_calls_came_from(service):
    """Window, moment and completeness of the load stand in it, in a notebook and in text; a part is called one."""
    calls = dta.load_leadflow("2026-10-05", "2026-10-07")
    moment = pd.Timestamp(calls.attrs["dtanalytics"]["asked"])
    asked = f"calls of LeadFlow History from 2026-10-05 until before 2026-10-07, as of {moment:%Y-%m-%d %H:%M} UTC"

    for text in (repr(calls.calls), calls.calls._repr_html_()):
        assert f"all {asked}" in text
        assert f"{calls.calls.margin()['margin'][0]:,.2f}" in text
    assert f"3 of {len(calls)} {asked}" in repr(calls.head(3).calls)


@pytest.mark.parametrize("report", ["leadflow", "bids"])
def test_what_the_summary_says_to_try_works(service, report):
    """Each line that it offers runs, on either report."""
    df = getattr(dta, f"load_{report}")("2026-10-05")
    offered = repr(df.calls).splitlines()[-1].removeprefix("try").strip().split(", ")

    assert len(offered) == 2
    assert all(len(eval(line, {"df": df})) > 0 for line in offered)  # noqa: S307 - what a reader would type


@pytest.mark.parametrize(
    "method",
    [getattr(home, name) for home in (CallsAccessor, Plots) for name in method_names(home) if name != "plot"],
    ids=lambda method: method.__qualname__,
)
def test_help_in_ipython_is_that_of_the_function(method):
    """Shift+Tab on a method or a picture shows what comes back and examples, not just where they stand."""
    from IPython.core.oinspect import getdoc

    shown = getdoc(method)

    assert shown.startswith(inspect.getdoc(method))
    assert "Returns" in shown
    assert ">>>" in shown


@pytest.mark.parametrize("rows", [0, 1])
def test_the_summary_of_few_calls_works(calls, rows):
    assert f"{rows} call" in calls.head(rows).calls._repr_html_()


def test_an_unknown_frequency_is_refused(calls):
    with pytest.raises(InputError, match="freq is one of"):
        calls.calls.trend("fortnight")


def test_a_million_calls_say_how_much_memory_they_take_and_how_to_do_with_less():
    many = pd.DataFrame({"talk_seconds": np.zeros(1_000_000, dtype=np.int64)})

    assert "8 MB of memory; columns=[...] of a load reads fewer, dta.scan(...) none" in repr(many.calls)
    assert "memory" not in repr(many[:-1].calls)
