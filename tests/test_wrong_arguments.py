"""A wrong argument, name or type is answered with the right one, and the traceback shows the user's line."""

import os
import pickle
import subprocess
import sys

import pandas as pd
import pytest

import dtanalytics as dta
from dtanalytics import exports, plots
from dtanalytics.errors import ArgumentError, DtError, InputError, SchemaError

CALLS = pd.DataFrame(
    {
        "sid": ["1", "2", "3"],
        "affiliate": ["North", "South", "North"],
        "offer": ["Auto", None, "Auto"],
        "advertiser": "Brightpath",
        "lead_status": "Connected",
        "caller_id": ["2125550101", "2125550102", "2125550101"],
        "lf_state": ["NY", "TX", "NY"],
        "offer_qualified": [True, True, False],
        "offer_price": [20.0, 10.0, 20.0],
        "affiliate_qualified": [True, False, False],
        "affiliate_price": [12.5, 5.0, 12.5],
        "talk_seconds": pd.array([120, 90, 20], dtype="Int32"),
        "call_date": pd.to_datetime(["2026-10-05 09:10", "2026-10-06 10:00", "2026-10-12 09:30"]),
        "call_day": pd.to_datetime(["2026-10-05", "2026-10-06", "2026-10-12"]),
        "call_hour": pd.array([9, 10, 9], dtype="Int8"),
    }
)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            lambda: CALLS.calls.margin(totals=True),
            r"margin\(\) has no argument 'totals'; did you mean 'total'\?",
        ),
        (
            lambda: CALLS.calls.rollup(metric="margin"),
            r"rollup\(\) has no argument 'metric'; did you mean 'metrics'",
        ),
        (lambda: CALLS.calls.plot.margin(tpo=5), r"margin\(\) has no argument 'tpo'; did you mean 'top'\?"),
        (lambda: dta.rollup(CALLS, groupby="offer"), r"rollup\(\) has no argument 'groupby'; .*by"),
        (
            lambda: dta.load_leadflow("2026-10", setid=12),
            r"load_leadflow\(\) has no argument 'setid'.*'set_id'",
        ),
        (lambda: exports.to_csv(CALLS, pth="x"), r"to_csv\(\) has no argument 'pth'; did you mean 'path'\?"),
        (
            lambda: dta.cache.clear(reports="leadflow"),
            r"clear\(\) has no argument 'reports'; did you mean 'report'",
        ),
        (
            lambda: plots.margin_bars(CALLS, tops=1),
            r"margin_bars\(\) has no argument 'tops'; did you mean 'top'\?",
        ),
        (CALLS.calls.bridge, r"bridge\(\) needs 'other'"),
        (
            lambda: CALLS.calls.mask("secret"),
            r"mask\(\) takes none by position, not 1; give the others by name: key=",
        ),
        (lambda: CALLS.calls.margin("offer", by="offer"), r"margin\(\) was given 'by' twice"),
    ],
)
def test_a_wrong_keyword_is_answered_with_the_nearest(call, said):
    with pytest.raises(ArgumentError, match=said) as caught:
        call()

    assert isinstance(caught.value, TypeError)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("look", "said"),
    [
        (lambda: CALLS.calls.marign, "'margin'"),
        (lambda: CALLS.calls.plot.heat_map, "'heatmap'"),
        (lambda: dta.load_leadflw, "'load_leadflow'"),
        (lambda: plots.waterfal, "'waterfall'"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(look, said):
    with pytest.raises(AttributeError, match=said) as caught:
        look()

    assert isinstance(caught.value, DtError)


def test_completion_lists_public_names_only():
    assert {name for name in dir(dta) if not name.startswith("__")} == set(dta.__all__) - {"__version__"}
    for module in (dta.exports, dta.cache, dta.errors, plots):
        assert set(dir(module)) == set(module.__all__)
    assert "margin" in dir(CALLS.calls)
    assert all(not name.startswith("_") for name in [*dir(CALLS.calls), *dir(CALLS.calls.plot)])


def test_public_functions_are_pickled_by_name():
    for function in (dta.rollup, dta.load_bids, exports.google_clicks, dta.cache.clear):
        assert pickle.loads(pickle.dumps(function)) is function  # noqa: S301 - our own


@pytest.mark.parametrize(
    "call",
    [
        lambda: dta.metric("mine", where="offer_qualified", unit="calls"),
        lambda: dta.metric("mine", needs=5, unit="calls"),
        lambda: dta.metric(5, unit="calls"),
        lambda: dta.metric("mine", 5, unit="calls"),
        lambda: dta.metric("mine", unit=5),
        lambda: CALLS.calls.reconcile(CALLS, tolerance="five"),
        lambda: CALLS.calls.margin("affiliate", top="five"),
        lambda: CALLS.calls.margin(3),
        lambda: CALLS.calls.qualification(confidence=95),
        lambda: CALLS.calls.qualification(confidence="95 %"),
        lambda: CALLS.calls.trend(7),
        lambda: CALLS.calls.rollup("affiliate", [5]),
        lambda: CALLS.calls.rollup("affiliate", {"margin": 1, 2: 3}),
        lambda: CALLS.calls.heatmap(["margin"]),
        lambda: dta.rollup("calls"),
        lambda: dta.rollup(None, "affiliate"),
        lambda: dta.join_calls("a", "b"),
        lambda: dta.match_report(CALLS, None),
        lambda: dta.concat(5),
        lambda: dta.fields(5),
        lambda: dta.read_leadflow(5),
        lambda: dta.read_ledger(5),
        lambda: dta.load_leadflow(5),
        lambda: dta.load_leadflow("2026-10", set_id="twelve"),
        lambda: dta.load_leadflow("2026-10", columns=5),
        lambda: dta.load_leadflow("2026-10", money="dollars"),
        lambda: dta.load_leadflow("2026-10", settings="x"),
        lambda: dta.load_bids("2026-10", where=5),
        lambda: dta.count_bids("2026-10", where=5),
        lambda: dta.get_leadflow_call(None),
        lambda: dta.get_bid_call([]),
        lambda: dta.scan("leadflow", 5),
        lambda: dta.scan(5, "2026-10"),
        lambda: dta.scan("leadflow", "2026-10", engine=5),
        lambda: dta.restatements(5, 6),
        lambda: dta.calls(5),
    ],
)
def test_no_wrong_argument_of_a_function_ends_in_a_bare_error(call, service):
    with pytest.raises(DtError):
        call()


@pytest.mark.parametrize(
    ("word", "metrics"),
    [
        ("RPC", "RPC: revenue_per_call, revenue_per_connected or revenue_per_qualified"),
        ("rpc", "revenue_per_call, revenue_per_connected or revenue_per_qualified"),
        ("profit", "profit: margin"),
        ("EPC", "EPC: payout_per_call"),
        ("billable rate", "offer_qualification_rate"),
        ("conversion", "offer_conversion_rate"),
        ("conversion rate", "offer_conversion_rate or affiliate_conversion_rate"),
        ("CR", "offer_conversion_rate"),
    ],
)
def test_the_words_of_others_name_our_metrics(word, metrics):
    with pytest.raises(InputError, match="no metric is called") as caught:
        CALLS.calls.rollup("affiliate", [word])

    assert metrics in str(caught.value)


@pytest.mark.parametrize(
    ("words", "column"),
    [
        (("day", "D", "d", "call_day"), "call_day"),
        (("week", "W"), "week"),
        (("month", "MS", "M", "ME"), "month"),
        (("quarter", "QS", "Q", "QE"), "quarter"),
        (("year", "YS", "Y", "YE"), "year"),
        (("hour", "h", "H"), "hour"),
    ],
)
def test_a_frequency_has_the_same_words_everywhere(words, column):
    bids = CALLS[["sid", "call_date"]].rename(columns={"call_date": "date_added"})
    bids = bids.assign(rank=1, pool_id=7, domain_set_id=9)
    for word in words:
        assert CALLS.calls.rollup(word, "call_count").columns[0] == column
        assert CALLS.calls.trend(word, metrics="call_count").columns[0] == column
        assert bids.calls.pool_health(word).columns[0] == column


def test_keywords_of_leadflow_alone_name_the_join():
    for ask in ("keywords", "keyword_value", "rank_weights"):
        with pytest.raises(SchemaError, match=r"dta\.join_calls\(leadflow, bids\)"):
            getattr(CALLS.calls, ask)()


def test_compare_shows_the_measures_that_are_asked_for():
    table = CALLS.calls.compare(CALLS, "affiliate", metrics="margin", repeats=100)
    other = CALLS.calls.compare(CALLS, "affiliate", metrics=["connect_rate", "call_count"], repeats=100)
    whole = CALLS.calls.compare(CALLS, "affiliate", repeats=100)
    parts = ["", "_before", "_change", "_change_low", "_change_high"]

    assert list(table) == ["affiliate", *(f"margin{part}" for part in parts), "p_value", "q_value"]
    assert list(other) == [
        "affiliate",
        *(f"{name}{part}" for name in ("connect_rate", "call_count") for part in parts),
    ]
    pd.testing.assert_frame_equal(table, whole[list(table)])
    with pytest.raises(InputError, match="compare has no 'profit'"):
        CALLS.calls.compare(CALLS, metrics="profit")


FRAME = "df = pd.DataFrame({'affiliate': ['North'], 'lead_status': ['Connected']})\n"
TYPO = "df.calls.rollup('affilate')"


LINES = (TYPO, "df.calls.rollup(totals=True)", "dta.rollup(df, 'affilate')", "df.calls.marign")
CHILD = """
child = os.fork()
if not child:
    os.environ["DTANALYTICS_DEBUG"] = "{debug}"
    os.dup2(os.open("said-{at}-{debug}", os.O_WRONLY | os.O_CREAT), 2)
    {line}
os.waitpid(child, 0)
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What Python says of each line with a typo, without and with DTANALYTICS_DEBUG: of one script that forks."""
    folder = tmp_path_factory.mktemp("typos")
    code = "import os, pandas as pd, dtanalytics as dta\n" + FRAME
    for at, line in enumerate(LINES):
        code += "".join(CHILD.format(at=at, line=line, debug=debug) for debug in ("", "1"))
    subprocess.run([sys.executable, "-c", code], check=True, cwd=folder)
    return lambda line, debug: (folder / f"said-{LINES.index(line)}-{debug}").read_text(encoding="utf-8")


@pytest.mark.parametrize("line", LINES)
def test_a_typo_in_a_script_shows_few_frames(line, said):
    few, every = said(line, ""), said(line, "1")

    assert "did you mean" in few
    assert few.count('  File "') <= 3
    assert len(few.splitlines()) < 12
    assert "During handling" not in few
    assert every.count('  File "') >= few.count('  File "')


IPYTHON = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_line_magic("colors", "nocolor")
shell.run_cell("import pandas as pd, dtanalytics as dta\\n" + {frame!r})
{before}
shell.run_cell({typo!r})
import sys, traceback
print("FRAMES", len(traceback.extract_tb(sys.last_traceback)))
"""


def _in_ipython(before="", typo=TYPO, **environment):
    code = IPYTHON.format(frame=FRAME, before=before, typo=typo)
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | environment,
        encoding="utf-8",
    )
    return done.stdout


def test_a_typo_in_ipython_shows_the_users_line_and_the_message():
    """And ``%debug`` has every frame."""
    shown = _in_ipython()

    assert f"----> 1 {TYPO}" in shown
    assert "did you mean 'affiliate'" in shown
    assert "keys.py" not in shown
    assert len(shown.splitlines()) < 12
    assert int(shown.split("FRAMES ")[1]) > 4


@pytest.mark.parametrize(
    ("before", "environment"),
    [('shell.run_line_magic("xmode", "Verbose")', {}), ("", {"DTANALYTICS_DEBUG": "1"})],
)
def test_every_frame_is_shown_in_ipython_when_wanted(before, environment):
    assert "keys.py" in _in_ipython(before, **environment)


def test_an_expression_of_a_metric_is_held_against_its_type():
    with pytest.raises(ArgumentError, match="rows"):
        dta.metric("long_calls", rows="talk_seconds > 600", unit="calls", needs=["talk_seconds"])
