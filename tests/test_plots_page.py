"""Pictures as readers meet them: the whole in the heading, plain words, matplotlib's settings, pages of several."""

import inspect

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex, to_rgb
from matplotlib.text import Text

from dtanalytics import plots
from dtanalytics.errors import InputError
from dtanalytics.metrics.labels import label_of
from dtanalytics.plots import writing

MANY = 40
SIZE = np.arange(MANY, 0, -1)  # 40, 39, ... 1: 820 in all, 495 of the first 15


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def groups(**columns):
    return pd.DataFrame({"affiliate": [f"Affiliate {n:02}" for n in range(MANY)], **columns})


def margins():
    return groups(call_count=SIZE, revenue=SIZE * 2.0, payout=SIZE * 1.0, margin=SIZE * 1.0, margin_rate=0.5)


def ranks():
    return groups(
        call_count=SIZE,
        rank_1_count=SIZE // 2 * 0 + 1,
        rank_2_count=1,
        rank_3_count=0,
        rank_4_count=0,
        rank_5_count=0,
    )


def sides():
    cells = {f"{cell}_count": 0 for cell in ("both", "billed_not_paid", "neither", "unknown")}
    return groups(
        call_count=SIZE,
        paid_not_billed_count=SIZE,
        **cells,
        both_margin=0.0,
        leakage=SIZE * 1.0,
        windfall=0.0,
    )


def lost():
    money = {f"expected_margin_lost{end}": SIZE * 1.0 for end in ("", "_low", "_high")}
    return groups(lost_count=SIZE, lost_per_day=1.0, **money)


def bands():
    return pd.DataFrame({"campaign": margins()["affiliate"], "path": [f"1 > {n}" for n in range(MANY)], "call_count": 1,
                         "margin": SIZE * 1.0, "weighted_margin": SIZE * 1.0, "margin_rank_1": SIZE * 1.0})  # fmt: skip


def changed():
    ends = {f"margin_change{end}": SIZE * 1.0 for end in ("", "_low", "_high")}
    return groups(call_count=1, margin=SIZE * 1.0, **ends)


def qualified():
    rates = {
        f"{side}_qualification_rate{end}": 0.5
        for side in ("offer", "affiliate")
        for end in ("", "_low", "_high")
    }
    return groups(
        call_count=SIZE,
        connected_count=SIZE * 2,
        offer_qualified_count=SIZE,
        affiliate_qualified_count=SIZE,
        **rates,
    )


WHOLE = {
    "margin_bars": (margins, "$820 of revenue $1,640"),
    "rank_mix": (ranks, "50 % of the ranked calls"),
    "mosaic": (sides, "Leakage came to $820"),
    "capacity_to_buy": (lost, "$820"),
    "rank_bands": (bands, "$820 by all ranks"),
    "changes": (changed, "40 of 40 changes of margin are beyond chance"),
    "qualification_rates": (qualified, "50 % of connected calls are billed"),
}


def words(ax):
    return [label.get_text() for label in ax.get_yticklabels()]


def heading(ax):
    return ax.get_title(loc="left")


def note(ax):
    return next(text.get_text() for text in ax.texts if text.get_gid() == "note")


@pytest.mark.parametrize("name", WHOLE)
def test_a_heading_states_all_groups_and_the_picture_draws_those_left_over_as_one(name):
    """Of 40 groups that add up to 820 the picture shows 15, and says so."""
    table, said = WHOLE[name]

    ax = getattr(plots, name)(table(), top=15)

    assert said in heading(ax)
    assert "25 others" in words(ax)
    assert len(words(ax)) == 16
    assert "15 of 40 shown" in note(ax)


def test_the_bar_of_the_others_is_made_of_sums_and_its_rate_of_these():
    """The 25 smallest earn 1 + 2 + ... + 25 = 325 of a revenue of 650."""
    ax = plots.margin_bars(margins())

    assert [patch.get_width() for patch in ax.patches][15::16] == [650.0, 325.0]
    assert "$325   50 %" in [text.get_text() for text in ax.texts]


def test_totals_are_counted_once_and_a_row_of_others_is_no_group():
    table = margins().head(3).assign(is_other=[False, False, True], is_total=False)
    total = table.tail(1).assign(affiliate=None, revenue=238.0, margin=119.0, is_other=False, is_total=True)
    table.loc[2, "affiliate"] = None

    ax = plots.margin_bars(pd.concat([table, total], ignore_index=True))

    assert heading(ax) == "Margin came to $117 of revenue $234"  # 40 + 39 + 38
    assert words(ax) == ["Affiliate 00", "Affiliate 01", "all others"]


def test_calls_without_an_offer_are_called_so():
    table = pd.DataFrame(
        {
            "offer": ["Roofing", None],
            "call_count": 1,
            "revenue": [9.0, 0.0],
            "payout": 0.0,
            "margin": [9.0, 0.0],
        }
    )

    assert words(plots.margin_bars(table)) == ["Roofing", "no offer"]


def test_the_largest_are_those_with_most_margin():
    """B has more revenue, A more margin."""
    table = pd.DataFrame(
        {
            "affiliate": ["A", "B"],
            "call_count": 1,
            "revenue": [10.0, 90.0],
            "payout": [1.0, 89.0],
            "margin": [9.0, 1.0],
        }
    )

    assert words(plots.margin_bars(table, top=1)) == ["A", "1 other"]


@pytest.mark.parametrize("top", [0, -1, True, 2.5, "5"])
def test_a_number_of_groups_that_is_none_is_refused(top):
    with pytest.raises(
        InputError, match=r"top is (a whole number, not|-?\d+: give a number that is 1 or more)"
    ):
        plots.margin_bars(margins(), top=top)


def test_a_rate_that_fell_is_told_in_points_with_the_rates_before_and_now():
    rate = {"connect_rate": 0.324, "connect_rate_before": 0.603, "connect_rate_change": -0.279,
            "connect_rate_change_low": -0.3, "connect_rate_change_high": -0.2}  # fmt: skip
    table = pd.DataFrame(
        {"affiliate": ["A"], "call_count": [9], **{name: [value] for name, value in rate.items()}}
    )

    (text,) = [
        text.get_text()
        for text in plots.changes(table, metric="connect_rate").texts
        if "points" in text.get_text()
    ]

    assert text == "\N{MINUS SIGN}27.9 points   60.3 % \N{RIGHTWARDS ARROW} 32.4 %"


@pytest.mark.parametrize(
    ("needed", "said"),
    [
        (400, "wait: about 400 more calls needed"),
        (661_297, "wait: too near to the target to tell"),
        (None, "wait: too near to the target to tell"),
    ],
)
def test_nobody_is_told_to_wait_for_more_calls_than_can_come(needed, said):
    money = {f"margin_per_call{end}": [1.0] for end in ("", "_low", "_high", "_shrunken")}
    card = pd.DataFrame({"affiliate": ["A"], "call_count": [90], **money, "verdict": ["wait"],
                         "calls_needed": pd.array([needed], dtype="Int64")})  # fmt: skip

    assert said in [text.get_text() for text in plots.verdicts(card).texts]


def test_names_that_shortening_would_make_equal_are_told_apart():
    long = [f"Brightpath Search Auto Insurance {place}" for place in ("East", "West")]
    same_ends = [f"{'A' * 30}{place}{'B' * 30}" for place in ("x", "y")]

    assert len(set(writing.apart(long))) == 2
    assert len(set(writing.apart(same_ends))) == 2
    assert max(map(len, writing.apart([*long, *same_ends]))) <= 28
    assert writing.apart(["Roof", "Roof"]) == ["Roof", "Roof"]


def weeks():
    monday = pd.date_range("2026-09-28", periods=5, freq="7D", unit="us")
    return pd.DataFrame({"week": monday, "margin": [3.0, 10.0, 11.0, 12.0, 4.0], "is_complete": [False, True, True, True, False],
                         "is_mature": [False, True, True, False, False]})  # fmt: skip


def test_weeks_that_are_cut_off_are_hollow_and_ticks_stand_on_mondays():
    ax = plots.trend(weeks())
    ax.figure.canvas.draw()
    hollow = [
        line
        for line in ax.lines
        if line.get_marker() == "o" and to_hex(line.get_markerfacecolor()) == "#ffffff"
    ]

    assert [line.get_ydata().tolist() for line in hollow] == [[3.0, 4.0]]
    assert {mpl.dates.num2date(tick).weekday() for tick in ax.get_xticks()} == {0}
    assert "hollow: weeks of which only some days are in the calls" in note(ax)
    assert heading(ax) == "Margin came to $40.00, weekly"


def test_a_rate_over_time_says_between_what_values_it_moves():
    table = weeks().assign(margin_rate=[0.3, 0.42, None, 0.61, 0.5])

    assert (
        heading(plots.trend(table, metric="margin_rate")) == "Margin rate lay between 30 % and 61 %, weekly"
    )


@pytest.mark.parametrize(
    ("most", "currency", "labels"),
    [(10_000.0, "USD", ["$0", "$5k", "$10k"]), (900.0, "USD", ["$0", "$450", "$900"]), (1.0, "EUR", ["€0", "€0.50", "€1.00"]),
     (3e6, "JPY", ["¥0", "¥1.5M", "¥3.0M"]), (2.0, "CHF", ["CHF 0", "CHF 1", "CHF 2"])],
)  # fmt: skip
def test_one_axis_writes_money_in_one_way(most, currency, labels):
    ax = plots.trend(weeks().assign(margin=most), currency=currency)
    ax.set(ylim=(0, most), yticks=[0, most / 2, most])
    ax.figure.canvas.draw()

    assert words(ax) == labels


def test_yen_have_no_cents_and_the_axis_names_the_currency():
    table = margins().head(2)
    ax = plots.margin_bars(table, currency="JPY")

    assert "¥40   50 %" in [text.get_text() for text in ax.texts]
    assert ax.get_xlabel() == "revenue and margin [JPY]"
    with pytest.raises(InputError, match="three capital letters"):
        plots.margin_bars(table, currency="euro")


def test_size_and_heading_are_the_readers():
    ax = plots.margin_bars(margins(), figsize=(5, 3), title="My margin of $5 and $6")
    ax.figure.canvas.draw()

    assert ax.figure.get_size_inches().tolist() == [5, 3]
    assert heading(ax) == "My margin of $5 and $6"
    with pytest.raises(InputError, match="figsize"):
        plots.margin_bars(margins(), plt.figure().add_subplot(), figsize=(5, 3))
    with pytest.raises(InputError, match="ax is Axes"):
        plots.margin_bars(margins(), "here")


PICTURES = [name for name in plots.__all__ if name not in {"gallery", "describe"}]


@pytest.mark.parametrize("name", PICTURES)
def test_every_plot_shows_the_common_parameters_in_its_signature_and_its_help(name):
    plot = getattr(plots, name)

    assert {"ax", "figsize", "title", "currency"} <= set(inspect.signature(plot).parameters)
    assert all(f"    {word} : " in plot.__doc__ for word in ("ax", "figsize", "title", "currency"))


def luminance(colour):
    part = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("sheet", ["default", "dark_background", "ggplot"])
@pytest.mark.parametrize("older", [False, True])
@pytest.mark.parametrize("draw", [lambda ax: plots.margin_bars(margins(), ax), lambda ax: plots.trend(weeks(), ax),
                                  lambda ax: plots.changes(changed(), ax), lambda ax: plots.rank_mix(ranks(), ax)])  # fmt: skip
def test_text_stands_out_from_its_ground_in_every_style(sheet, older, draw):
    """4.5 to 1 is WCAG's least; the axes may have been made in the style before it was left."""
    with plt.style.context(sheet):
        ax = plt.figure().add_subplot() if older else draw(None)
    draw(ax) if older else None
    ax.figure.canvas.draw()
    around, inside = ax.figure.get_facecolor(), ax.get_facecolor()
    outer = [ax.xaxis.label, ax._left_title, *ax.get_xticklabels(), *ax.get_yticklabels()]
    inner = [text for text in ax.texts if text.get_bbox_patch() is not None]

    assert to_hex(around) == {"default": "#ffffff", "dark_background": "#000000", "ggplot": "#ffffff"}[sheet]
    assert min(contrast(text.get_color(), around) for text in outer if text.get_text()) >= 4.5
    assert min([21, *(contrast(text.get_color(), inside) for text in inner)]) >= 4.5


def test_settings_that_the_reader_made_are_kept():
    with mpl.rc_context(
        {"font.size": 14, "axes.grid": True, "axes.titlelocation": "right", "xtick.color": "#aa0000"}
    ):
        ax = plots.margin_bars(margins())

    assert ax.yaxis.get_gridlines()[0].get_visible()
    assert ax.get_title(loc="right")
    assert ax.texts[0].get_fontsize() == pytest.approx(9 * 1.4)
    assert ax.get_xticklabels()[0].get_color() == "#aa0000"


def test_the_house_style_is_given_to_the_axes_passed_in_alone():
    _, (mine, other) = plt.subplots(1, 2)

    plots.margin_bars(margins(), mine)

    assert not mine.spines["top"].get_visible()
    assert other.spines["top"].get_visible()


@pytest.mark.parametrize("engine", [None, "constrained"])
def test_pictures_of_one_page_lie_over_no_other(engine):
    figure, axes = plt.subplots(2, 2, figsize=(13, 9), layout=engine)
    week = pd.DataFrame(np.arange(168.0).reshape(7, 24) * 99, index=["Monday", *"BCDEFG"])
    plots.margin_bars(margins(), axes[0, 0])
    plots.trend(weeks(), axes[0, 1])
    plots.heatmap(week, axes[1, 0], metric="margin")
    plots.rank_mix(ranks(), axes[1, 1])
    figure.canvas.draw()
    boxes = [ax.get_tightbbox() for ax in axes.flat]

    overlaps = [
        (one, two)
        for one in range(4)
        for two in range(one)
        if boxes[one].padded(-1).overlaps(boxes[two].padded(-1))
    ]
    assert overlaps == []
    assert all(box.x0 >= -1 and box.y0 >= -1 and box.x1 <= 1301 and box.y1 <= 901 for box in boxes)


def test_a_figure_tells_notebooks_what_it_shows():
    ax = plots.margin_bars(margins().head(2))

    text = plots.describe(ax)
    _, metadata = ax.figure._repr_mimebundle_()

    assert text.startswith("Margin came to $79.00 of revenue $158.")
    assert "Affiliate 00: $40.00 50 %; Affiliate 01: $39.00 50 %." in text
    assert metadata["image/png"]["alt"] == text


def test_a_line_is_told_by_its_first_last_and_largest_value():
    assert "first $3.00 (28 Sep 2026), last $4.00 (26 Oct 2026), most $12.00 (19 Oct 2026)" in plots.describe(
        plots.trend(weeks())
    )


@pytest.mark.parametrize(
    "name", ["call_count", "lf_state", "bite_hour", "offer_qualification_rate", "margin_rate_change"]
)
def test_no_machine_name_is_shown(name):
    assert "_" not in label_of(name)
    state = pd.DataFrame({"lf_state": ["FL"], "call_hour": [21], "lost_count": [7], "lost_per_day": [0.9],
                          **{f"expected_margin_lost{end}": [9.0] for end in ("", "_low", "_high")}})  # fmt: skip

    drawn = [text.get_text() for text in plots.capacity_to_buy(state).figure.findobj(Text)]
    assert not any("_" in text for text in drawn)


@pytest.mark.parametrize(
    ("campaign", "said"),
    [("Roofs", "Roofs"), (None, "campaign 7100000202"), ("7100000202", "campaign 7100000202")],
)
def test_a_campaign_is_an_id_only_where_it_has_no_name(campaign, said):
    table = bands().head(1).assign(campaign=pd.Series([campaign], dtype="str"), path="1 > 7100000202")

    assert words(plots.rank_bands(table)) == [said]


def test_bars_of_intervals_are_seen_against_zero():
    money = {f"margin_per_call{end}": [50.0] for end in ("", "_low", "_high", "_shrunken")}
    card = pd.DataFrame(
        {"affiliate": ["A"], "call_count": [90], **money, "verdict": ["keep"], "calls_needed": [0]}
    )

    assert plots.verdicts(card).get_xlim()[0] <= 0
    assert plots.changes(changed()).get_xlim()[0] <= 0
    assert plots.rank_bands(bands()).get_xlim()[0] <= 0
