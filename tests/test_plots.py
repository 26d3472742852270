"""Pictures: they draw what their table says, on the Axes given, and no name does harm."""

import importlib
import itertools
from functools import cache

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from dtanalytics import plots
from dtanalytics.analysis.money import bridge, heatmap, matrix, overview, pacing, state_map, trend
from dtanalytics.analysis.supply import capacity, talk, unsold
from dtanalytics.analysis.terms import break_even, what_if
from dtanalytics.errors import SchemaError
from dtanalytics.plots import fonts, style, writing
from dtanalytics.plots.picture import picture

HOSTILE = (
    "<script>alert(1)</script>",
    "$x^2$ and $",
    "$\\frac{broken",
    "名前の長い会社 株式会社",
    "smile \U0001f600 \U0001f1fa\U0001f1f8",
    "=cmd()|'/c calc'!A1",
    "N" * 500,
    "tab\tline\nnull\x00 \u202e reversed",
    "",
    "_under_ \\ %s {0}",
)


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


@cache
def calls(names=("North", "South"), days: int = 45, seed: int = 1) -> pd.DataFrame:
    """Some six weeks of calls of affiliates and offers with these names."""
    rng = np.random.default_rng(seed)
    many = 40 * days
    start = pd.Timestamp("2026-09-01", tz="America/New_York")
    second = np.sort(rng.integers(0, days * 86_400, many))
    time = (start + pd.to_timedelta(second, unit="s")).astype("datetime64[us, America/New_York]")
    status = rng.choice(["Connected", "No Buyer", "Hang Up", "Affiliate Cap"], many, p=[0.7, 0.1, 0.1, 0.1])
    sold = status == "Connected"
    length = np.where(sold, rng.integers(1, 900, many), 0)
    billed, paid = sold & (length >= 90), sold & (length >= 120) | (sold & (rng.random(many) < 0.2))
    return pd.DataFrame(
        {
            "call_date": time,
            "call_day": time.tz_localize(None).normalize(),
            "call_hour": pd.array(time.hour, dtype="Int8"),
            "affiliate": pd.Categorical(rng.choice(names, many)),
            "offer": pd.Categorical(np.where(sold, rng.choice(names, many), None)),
            "advertiser": pd.Categorical(np.where(sold, rng.choice(names, many), None)),
            "set_name": pd.Categorical(rng.choice(names[:2], many)),
            "lf_state": pd.Categorical(rng.choice(["TX", "NY", "CA", "ON"], many)),
            "caller_id": rng.integers(2_000_000_000, 2_000_000_400, many).astype(str),
            "lead_status": pd.Categorical(status),
            "talk_seconds": pd.array(length, dtype="Int32"),
            "offer_qualified": pd.array(billed, dtype="boolean"),
            "offer_price": np.where(billed, 37.25, np.nan),
            "affiliate_qualified": pd.array(paid, dtype="boolean"),
            "affiliate_price": np.where(paid, 21.5, np.nan),
            "contest_qualification": pd.array(billed & (second % 30 == 0), dtype="boolean"),
            "repeat_affiliate_caller": pd.array(second % 10 == 0, dtype="boolean"),
        }
    )


def with_keywords(frame: pd.DataFrame) -> pd.DataFrame:
    """The same calls with what a join with their bid records adds."""
    every = np.arange(len(frame))
    return frame.assign(
        channel=pd.Categorical(np.where(every % 3 > 0, "SourceTrak", "Call Extension")),
        rank=pd.array(1 + every % 5, dtype="Int8"),
        vt_device=pd.Categorical(np.array(["m", "c", "t"])[every % 3]),
        adwords_account_id="1",
        adwords_campaign_id=(every % 2).astype(str),
        adwords_adgroup_id=(every % 4).astype(str),
        adwords_keyword_id=(every % 20).astype(str),
    )


def drawn(frame: pd.DataFrame):
    """Every plot as (name, function that draws it on the Axes given)."""
    half = frame["call_day"] < "2026-09-20"
    offer = max(frame["offer"].cat.categories)

    def bridged():
        return bridge.bridge(frame[~half], frame[half], "affiliate")

    return {
        "margin_bars": lambda ax: plots.margin_bars(overview.margin(frame, "affiliate", total=True), ax),
        "qualification_rates": lambda ax: plots.qualification_rates(
            overview.qualification(frame, "affiliate"), ax
        ),
        "funnel_steps": lambda ax: plots.funnel_steps(overview.funnel(frame), ax),
        "waterfall": lambda ax: plots.waterfall(bridged(), ax),
        "waterfall of segments": lambda ax: plots.waterfall(
            bridged(), ax, over="segments", earlier=100.0, top=3
        ),
        "mosaic": lambda ax: plots.mosaic(matrix.matrix(frame), ax),
        "mosaic of groups": lambda ax: plots.mosaic(matrix.matrix(frame, "affiliate"), ax),
        "unsold_flow": lambda ax: plots.unsold_flow(unsold.unsold(frame, "affiliate"), ax),
        "capacity_to_buy": lambda ax: plots.capacity_to_buy(unsold.capacity_to_buy(frame, "affiliate"), ax),
        "concurrency": lambda ax: plots.concurrency(capacity.concurrency(frame), ax),
        "cap_hours": lambda ax: plots.cap_hours(
            capacity.cap_profile(frame), capacity.cap_hours(frame, false_discovery_rate=1.0), ax
        ),
        "pacing": lambda ax: plots.pacing(pacing.pacing(frame), ax),
        "heatmap": lambda ax: plots.heatmap(heatmap.heatmap(frame, "margin_rate"), ax, metric="margin_rate"),
        "trend": lambda ax: plots.trend(trend.trend(frame, "W", "affiliate"), ax),
        "state_map": lambda ax: plots.state_map(state_map.state_map(frame), ax),
        "durations": lambda ax: plots.durations(talk.durations(frame), ax, buffers=talk.buffers(frame)),
        "before_and_after": lambda ax: plots.before_and_after(
            what_if.what_if(frame, {offer: {"buffer": 200}}, repeats=100), ax
        ),
        "break_even": lambda ax: plots.break_even(
            break_even.break_even(frame, {offer: [60, 200]}, repeats=100), ax
        ),
        "survival": lambda ax: plots.survival(talk.survival(frame, "affiliate"), ax),
    }


NAMES = list(drawn(calls()))


def figure_texts(ax) -> list[mpl.text.Text]:
    return ax.figure.findobj(mpl.text.Text)


@pytest.mark.parametrize("name", NAMES)
def test_hostile_names_draw_without_a_warning_and_as_plain_text(name):
    ax = drawn(calls(HOSTILE))[name](None)
    ax.figure.canvas.draw()

    texts = [text for text in figure_texts(ax) if text.get_text()]
    assert texts
    assert max(len(line) for text in texts for line in text.get_text().split("\n")) <= 130
    with_dollars = [text for text in texts if text.get_text().count("$") > 1]
    assert not any(text.get_parse_math() for text in with_dollars)


@pytest.mark.parametrize(
    "name", ["waterfall of segments", "mosaic of groups", "before_and_after", "break_even"]
)  # the others are among every picture of no call
def test_no_calls_are_drawn_as_a_remark(name):
    ax = drawn(calls().head(0))[name](None)
    ax.figure.canvas.draw()

    assert ax.figure.axes


def bars(ax) -> list[tuple[float, float]]:
    return [(patch.get_y(), patch.get_height()) for patch in ax.patches]


def test_a_waterfall_has_a_step_for_every_part_and_ends_at_the_change():
    table = pd.DataFrame(
        [["A", 3.0, -1.0, 2.0, 0.0, 0.0, 0.0, 4.0], ["B", 1.0, 0.5, -2.5, 1.0, 0.0, 0.0, 0.0]],
        columns=["affiliate", "volume", "mix", "qualification", "price", "new", "lost", "change"],
    )

    ax = plots.waterfall(table)

    assert bars(ax) == [(0.0, 4.0), (4.0, -0.5), (3.5, -0.5), (3.0, 1.0), (0.0, 4.0)]
    assert ax.get_title(loc="left") == "Margin rose by $4.00"


def test_a_waterfall_of_segments_adds_the_rest_up():
    table = pd.DataFrame({"affiliate": list("ABCD"), "volume": 0.0, "change": [5.0, -3.0, 1.0, 0.5]})

    ax = plots.waterfall(table, over="segments", top=2, earlier=10.0)

    assert bars(ax) == [(0.0, 10.0), (10.0, 5.0), (15.0, -3.0), (12.0, 1.5), (0.0, 13.5)]


def test_the_tiles_of_a_mosaic_have_the_areas_of_their_calls():
    table = matrix.matrix(calls())
    row = table.iloc[0]

    ax = plots.mosaic(table)

    areas = np.array([patch.get_width() * patch.get_height() for patch in ax.patches])
    counts = np.array(
        [row[f"{cell}_count"] for cell in ("both", "billed_not_paid", "paid_not_billed", "neither")]
    )
    np.testing.assert_allclose(areas / areas.sum(), counts / counts.sum(), rtol=0.02)


def test_a_heatmap_shows_the_values_of_its_table():
    table = heatmap.heatmap(calls(), "call_count")

    ax = plots.heatmap(table)

    np.testing.assert_array_equal(np.asarray(ax.images[0].get_array()), table.to_numpy())


def test_a_tile_says_the_number_of_its_state():
    ax = plots.state_map(state_map.state_map(calls(), "call_count"), metric="call_count")

    texts = [text.get_text() for text in ax.texts]
    expected = (calls()["lf_state"] == "TX").sum()
    assert texts[texts.index("TX") + 1] == f"{expected}"


@pytest.mark.parametrize("name", dir(calls().calls.plot))
def test_every_picture_draws_on_the_axes_given_shows_nothing_and_leaves_the_settings_alone(name, monkeypatch):
    monkeypatch.setattr(plt, "show", lambda *_, **__: pytest.fail("a plot must not show"))
    frame = with_keywords(calls())
    offer = str(frame["offer"].value_counts().index[0])
    terms = {
        "what_if": ({offer: {"buffer": 120}},),
        "break_even": ({offer: [60, 120]},),
        "bridge": (frame[frame["call_day"] < "2026-09-20"],),
    }
    before = dict(mpl.rcParams)
    figure, ax = plt.subplots()
    figures = plt.get_fignums()

    returned = getattr(frame.calls.plot, name)(*terms.get(name, ()), ax=ax)
    figure.canvas.draw()

    assert returned is ax
    assert dict(mpl.rcParams) == before
    assert plt.get_fignums() == figures
    assert returned.get_title(loc="left")


@pytest.mark.parametrize("rows", [0, 1])
def test_every_picture_of_no_call_or_a_single_one_can_be_drawn(rows):
    frame = with_keywords(calls())
    frame = frame[frame["lead_status"] == "Connected"].head(rows)
    for name in set(dir(frame.calls.plot)) - {"what_if", "break_even"}:  # terms are of an offer with calls
        more = (frame,) if name in {"bridge", "compare"} else ()
        figure = getattr(frame.calls.plot, name)(*more).figure
        figure.canvas.draw()

        assert figure.findobj(mpl.text.Text)
        plt.close(figure)


def test_bars_are_as_long_as_revenue_and_margin():
    table = pd.DataFrame(
        {"affiliate": ["A", "B"], "call_count": 1, "revenue": [10.0, 5.0], "payout": [4.0, 7.0],
         "margin": [6.0, -2.0], "margin_rate": [0.6, -0.4]}
    )  # fmt: skip

    ax = plots.margin_bars(table)

    assert [patch.get_width() for patch in ax.patches] == [10.0, 5.0, 6.0, -2.0]


def test_text_is_cut_cleaned_and_boxed_where_no_font_has_the_letter():
    assert fonts.shown("A" * 40, 10) == "AAAAAAAAA…"
    assert fonts.shown("a\n\tb\x00\u202ec") == "a bc"
    assert fonts.shown(None) == fonts.shown(float("nan")) == fonts.shown(pd.NA) == "(none)"
    assert fonts.shown("") == "(empty)"
    assert fonts.BOX in fonts.shown("\U0001fae0")


def test_every_name_that_the_package_lists_is_a_function():
    hidden = {name for name in plots.__all__ if not callable(getattr(plots, name))}
    assert hidden == set()  # a file of the same name would stand before the function
    assert set(plots.__all__) <= set(dir(plots))
    with pytest.raises(AttributeError, match="waterfal"):
        importlib.import_module("dtanalytics.plots").waterfal  # noqa: B018


def test_a_column_that_a_picture_lacks_is_named_however_pandas_says_so():
    @picture
    def draw(table, ax=None, *, figsize=None, title=None, currency=None):
        table.dropna(subset="rate")

    with pytest.raises(SchemaError, match="table is not what draw draws, and has no column 'rate'"):
        draw(pd.DataFrame({"call_count": [1]}))


def test_names_are_written_apart():
    """Names of points side by side lie over no other name and no point; a crowd of points keeps all its names."""
    with style.styled():
        ax = style.axes(None)
        writing.write_apart(
            ax, [(0.40, 0.5), (0.45, 0.5), (0.5, 0.5)], ["North Leads", "South Leads", "East"]
        )
        crowd = style.axes(None)
        writing.write_apart(crowd, [(0.5, 0.5)] * 9, "abcdefghi")
    boxes = [text.get_window_extent() for text in ax.texts]

    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))
    assert "".join(text.get_text() for text in crowd.texts) == "abcdefghi"
