"""Pictures of the scorecard, of comparisons, signals and cohorts: what they show, and what cannot hurt them."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from segment_calls import make_calls

from dtanalytics import plots
from dtanalytics.analysis.money.compare import compare
from dtanalytics.analysis.partners.cohorts import cohort_grid, cohorts
from dtanalytics.analysis.partners.quality import quality
from dtanalytics.analysis.partners.scorecard import scorecard
from dtanalytics.errors import InputError

SIZES = {"North": 700, "South": 500, "East": 300}
HOSTILE = ["$x$ 50 %", "<script>alert(1)</script>", "=cmd()", "非常に長い" * 100, "x" * 500, "a\x00\nb"]


def table_of(picture, calls):
    makers = {
        "verdicts": lambda: scorecard(calls, target="overall", repeats=200),
        "control_funnel": lambda: scorecard(calls, repeats=200),
        "changes": lambda: compare(calls, calls.iloc[::2], "affiliate", repeats=200),
        "quality_signals": lambda: quality(calls),
        "retention": lambda: cohort_grid(calls),
    }
    return makers[picture]()


PICTURES = ["verdicts", "control_funnel", "changes", "quality_signals", "retention"]


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def calls():
    return make_calls(SIZES, qualified={"North": 0.7, "South": 0.5, "East": 0.2}, seed=1)


def texts(ax):
    ticks = [*ax.get_xticklabels(), *ax.get_yticklabels()]
    return [text.get_text() for text in [*ax.texts, *ticks, ax.xaxis.label, ax.yaxis.label]]


@pytest.mark.parametrize("picture", PICTURES)
def test_a_picture_is_drawn_on_the_axes_given_and_leaves_the_table_as_it_was(picture, calls):
    table = table_of(picture, calls)
    before = table.copy(deep=True)
    _, ax = plt.subplots()

    drawn = getattr(plots, picture)(table, ax)

    assert drawn is ax
    assert drawn.get_title(loc="left")
    pd.testing.assert_frame_equal(table, before)


@pytest.mark.parametrize("picture", PICTURES)
def test_hostile_names_are_drawn_as_harmless_text(picture):
    calls = make_calls(dict.fromkeys(HOSTILE, 60), seed=2)
    calls.loc[::9, "affiliate"] = None

    ax = getattr(plots, picture)(table_of(picture, calls))
    ax.figure.canvas.draw()

    labels = [text.get_text() for text in [*ax.get_xticklabels(), *ax.get_yticklabels()]]
    assert max(map(len, labels)) <= 28
    assert not any("\x00" in text for text in texts(ax))


@pytest.mark.parametrize("picture", PICTURES)
def test_no_calls_make_a_picture_that_says_so(picture, calls):
    ax = getattr(plots, picture)(table_of(picture, calls.iloc[:0]))

    assert [text.get_text() for text in ax.texts] == ["no calls in this selection"]


@pytest.mark.parametrize("name", ["compare", "scorecard", "control_funnel", "quality", "retention"])
def test_each_picture_is_a_method_of_the_calls(name, calls):
    _, ax = plt.subplots()

    assert getattr(calls.calls.plot, name)(ax=ax) is ax


def test_cohorts_are_methods_of_the_calls(calls):
    pd.testing.assert_frame_equal(calls.calls.cohorts("affiliate"), cohorts(calls, "affiliate"))
    pd.testing.assert_frame_equal(calls.calls.cohort_grid(), cohort_grid(calls))


def test_verdicts_are_written_beside_their_intervals(calls):
    card = scorecard(calls, target="overall", repeats=200)
    ax = plots.verdicts(card)

    written = [text.get_text().split(":")[0] for text in ax.texts]
    assert sorted(text for text in written if text in {"keep", "cut", "wait"}) == sorted(card["verdict"])
    assert "[USD]" in ax.get_xlabel()


def test_only_what_lies_beyond_the_limits_is_named_in_the_funnel():
    """Half of 1000 calls: the 99.8 % limits are 0.5 +- 3.09 * 0.0158, so 0.56 is out and 0.54 is in."""
    card = pd.DataFrame(
        {
            "affiliate": ["in", "out", "big"],
            "call_count": [1000, 1000, 98000],
            "connect_rate": [0.54, 0.56, 0.499],
        }
    )

    ax = plots.control_funnel(card, rate="connect_rate")

    assert "out" in texts(ax)
    assert not {"in", "big"} & set(texts(ax))
    with pytest.raises(InputError, match="did you mean 'connect_rate'"):
        plots.control_funnel(card, rate="conect_rate")


def test_changes_carry_their_sign_and_unit(calls):
    table = compare(calls.iloc[::3], calls, "affiliate", repeats=200)
    money, rate = plots.changes(table), plots.changes(table, metric="connect_rate")

    signs = [text.get_text()[0] for text in money.texts if "$" in text.get_text()]
    assert signs == ["+" if change > 0 else "\N{MINUS SIGN}" for change in table["margin_change"][::-1]]
    assert "[USD]" in money.get_xlabel()
    assert "[percentage points]" in rate.get_xlabel()
    with pytest.raises(InputError, match="no change of 'talk_time'"):
        plots.changes(table, metric="talk_time")


def test_a_change_of_margin_that_the_number_of_segments_explains_is_grey():
    table = pd.DataFrame(
        {
            "affiliate": ["A", "B"],
            "call_count": 9,
            "margin_change": [-40.0, -90.0],
            "margin_change_low": [-79.0, -120.0],
            "margin_change_high": [-1.0, -60.0],
            "q_value": [0.09, 0.001],
        }
    )

    assert plots.changes(table).get_title(loc="left") == "1 of 2 changes of margin is beyond chance"


def test_without_segments_the_one_row_stands_for_all_calls(calls):
    change = plots.changes(compare(calls, calls.iloc[::2], repeats=200))
    signals = plots.quality_signals(quality(calls, None))

    assert [label.get_text() for label in change.get_yticklabels()] == ["all calls"]
    assert [label.get_text() for label in signals.get_yticklabels()] == ["all calls"]


def test_signals_worth_a_look_show_their_money():
    table = pd.DataFrame(
        {
            "affiliate": ["A", "A", "B", "B"],
            "signal": ["bursts", "off_hours"] * 2,
            "statistic": [30.0, 1.1, 0.9, np.nan],
            "p_value": [1e-9, 0.4, 0.9, np.nan],
            "effect": [480.0, 5.0, 0.0, 0.0],
            "flagged": [True, False, False, False],
        }
    )

    ax = plots.quality_signals(table)

    shown = [text.get_text() for text in ax.texts]
    assert shown.count("$480") == 1
    assert sum("$" in text for text in shown) == 1
    assert "\N{EN DASH}" in shown


def test_the_grid_of_cohorts_writes_each_share():
    weeks = pd.to_datetime(["2026-10-05", "2026-10-05", "2026-10-12"])
    table = pd.DataFrame(
        {
            "first_week": weeks,
            "age": [0, 1, 0],
            "caller_count": [200, 200, 50],
            "active_caller_count": [200, 18, 50],
            "margin": [900.0, 80.0, 100.0],
        }
    )

    share, money = plots.retention(table), plots.retention(table, metric="margin")

    assert "9.0 %" in texts(share)
    assert "$80.00" in texts(money)
    with pytest.raises(InputError, match="metric is 'calls'"):
        plots.retention(table, metric="calls")
