"""Pictures of keywords: what they show, and what cannot hurt them."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest

import dtanalytics as dta
from dtanalytics import plots

HOSTILE = ["$x$ 50 %", "<script>alert(1)</script>", "=cmd()", "非常に長い" * 100, "x" * 500, None]


def keyword_table(names):
    """Values and sums of as many keywords as there are names, the first with the most calls."""
    size = range(len(names))
    return pd.DataFrame(
        {
            "keyword": pd.Series(names, dtype="str"),
            "path": pd.Series([f"1 > {place}" for place in size], dtype="str"),
            "call_count": [100 - place for place in size],
            "value_per_call": [float(place) for place in size],
            "value_per_call_shrunken": [4.0 + place / 10 for place in size],
            "value_per_call_low": [1.0 + place / 10 for place in size],
            "value_per_call_high": [9.0 + place / 10 for place in size],
            "margin": [100.0 + place for place in size],
            "weighted_margin": [80.0 + place for place in size],
            "margin_rank_1": [60.0 + place for place in size],
        }
    )


def profit_table(names):
    names = pd.Series(names, dtype="str")
    return pd.DataFrame({"device": names, "call_count": 3, "margin": 6.0, "margin_per_call": 2.0})


def rank_table(names):
    counts = {f"rank_{rank}_count": 6 - rank for rank in range(1, 6)}
    return pd.DataFrame({"pool": pd.Series(names, dtype="str"), "call_count": 20, **counts})


def match_table(names):
    leadflow = pd.DataFrame({"sid": [str(place) for place in range(len(names))], "affiliate": names})
    return dta.match_report(
        leadflow.astype("str"), pd.DataFrame({"sid": ["0", "x"][: len(names)]}).astype("str")
    )


PICTURES = {
    "match_rates": match_table,
    "rank_mix": rank_table,
    "keyword_values": keyword_table,
    "keyword_shrinkage": keyword_table,
    "rank_bands": keyword_table,
    "profit_bars": profit_table,
}


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


@pytest.mark.parametrize("picture", PICTURES)
def test_a_picture_is_drawn_on_the_axes_given_and_leaves_the_table_as_it_was(picture):
    table = PICTURES[picture](["roof", "car"])
    before = table.copy(deep=True)
    _, ax = plt.subplots()

    drawn = getattr(plots, picture)(table, ax)

    assert drawn is ax
    pd.testing.assert_frame_equal(table, before)


@pytest.mark.parametrize("picture", PICTURES)
def test_hostile_names_are_drawn_as_harmless_text(picture):
    ax = getattr(plots, picture)(PICTURES[picture](HOSTILE))
    ax.figure.canvas.draw()

    ticks = [*ax.get_xticklabels(), *ax.get_yticklabels()]
    assert max(len(text.get_text()) for text in ticks) <= 28
    assert not any(text.get_parse_math() for text in ax.texts)


@pytest.mark.parametrize("picture", PICTURES)
def test_no_calls_make_a_picture_that_says_so(picture):
    ax = getattr(plots, picture)(PICTURES[picture]([]))

    assert [text.get_text() for text in ax.texts] == ["no calls in this selection"]


def test_only_keywords_whose_interval_leaves_the_average_are_named():
    """The average is (98 * 5 + 1 * 9 + 1 * 1) / 100 = 5: only the two with narrow intervals beside it are told."""
    table = keyword_table(["usual", "dear", "cheap"]).assign(
        call_count=[98, 1, 1],
        value_per_call_shrunken=[5.0, 9.0, 1.0],
        value_per_call_low=[4.0, 8.0, 0.5],
        value_per_call_high=[6.0, 9.5, 1.5],
    )

    ax = plots.keyword_values(table)

    assert sorted(text.get_text() for text in ax.texts if text.get_text() in set(table["keyword"])) == [
        "cheap",
        "dear",
    ]
    assert ax.get_title(loc="left") == "Of 3 keywords 1 is above the average, 1 below"


def test_calls_that_came_by_no_keyword_are_not_drawn_as_one():
    table = keyword_table(["roof", "car"]).assign(path=pd.Series(["1 > 2", None], dtype="str"))

    labels = [label.get_text() for label in plots.rank_bands(table).get_yticklabels()]

    assert labels == ["roof"]


def test_a_band_runs_from_the_surest_calls_to_all_of_them():
    ax = plots.rank_bands(keyword_table(["roof"]))

    (bar,) = ax.collections[0].get_segments()
    assert bar[:, 0].tolist() == [60.0, 100.0]
    assert "$80.00" in [text.get_text() for text in ax.texts]


def test_a_loss_is_drawn_below_zero_with_its_value_per_call():
    hours = pd.DataFrame(
        {"call_hour": [9, 10], "call_count": [3, 2], "margin": [30.0, -4.0], "margin_per_call": [10.0, -2.0]}
    )

    ax = plots.profit_bars(hours)

    assert [bar.get_height() for bar in ax.patches] == [30.0, -4.0]
    assert "\N{MINUS SIGN}$2.00" in [text.get_text() for text in ax.texts]
    assert ax.get_title(loc="left") == "Margin came to $26.00, most at 9:00 ($30.00)"


def test_of_names_that_would_lie_over_each_other_the_one_with_more_calls_is_written():
    table = keyword_table(["big", "small", "usual"]).assign(
        call_count=[30, 20, 900],
        value_per_call_shrunken=[9.0, 9.1, 5.0],
        value_per_call_low=[8.0, 8.0, 1.0],
        value_per_call_high=[9.5, 9.5, 9.0],
    )

    texts = [text.get_text() for text in plots.keyword_values(table).texts]

    assert "big" in texts
    assert "small" not in texts


def test_the_mix_of_ranks_adds_up_to_the_ranked_calls():
    """5 of 15 calls with a rank have rank 1, however many have none."""
    ax = plots.rank_mix(rank_table(["a", "b"]))
    widths = [patch.get_width() for patch in ax.patches]

    assert widths == pytest.approx([5 / 15] * 2 + [4 / 15] * 2 + [3 / 15] * 2 + [2 / 15] * 2 + [1 / 15] * 2)
    assert ax.get_title(loc="left") == "33 % of the ranked calls have rank 1"


def test_a_match_rate_is_drawn_for_each_affiliate_and_channel():
    """One of North's two calls has a bid record, and the one record of the channel is a LeadFlow call."""
    leadflow = pd.DataFrame({"sid": ["1", "2", "3"], "affiliate": ["North", "North", "South"]})
    bids = pd.DataFrame({"sid": ["1"], "channel": ["SourceTrak"]})
    ax = plots.match_rates(dta.match_report(leadflow, bids))

    assert [label.get_text() for label in ax.get_yticklabels()] == ["SourceTrak", "North", "South"]
    assert [patch.get_width() for patch in ax.patches[3:]] == [1.0, 0.5, 0.0]
