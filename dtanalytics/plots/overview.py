"""The first pictures: money by group, rates with their intervals, calls step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dtanalytics.plots import layout, numbers, style, writing
from dtanalytics.plots.picture import Empty, Size, picture
from dtanalytics.plots.ranked import Ranked, ceiling, groups_of, notes, ranked
from dtanalytics.stats.intervals import Floats, wilson

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_STEPS = {
    "call_count": "calls",
    "connected_count": "connected",
    "offer_qualified_count": "billed to the advertiser",
    "affiliate_qualified_count": "paid to the affiliate",
}
_SIDES = {
    "offer": ("the advertiser pays", style.BLUE, 0.14),
    "affiliate": ("the affiliate is paid", style.ORANGE, -0.14),
}
_MONEY = ("call_count", "revenue", "payout", "margin")


@picture
def margin_bars(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    top: int = 15,
    figsize: Size = None,
    title: str | None = None,
    currency: str | None = None,
) -> Axes:
    """Draw what is left of revenue, group by group.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.analysis.money.overview.margin`: the numbers behind the picture.
    top : int, default 15
        Most groups, those with the most margin; all others are one bar.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> table = pd.DataFrame({"affiliate": ["North"], "call_count": [2], "revenue": [40.0],
    ...                       "payout": [25.0], "margin": [15.0], "margin_rate": [0.375]})
    >>> [text.get_text() for text in margin_bars(table).texts][:1]
    ['$15.00   38 %']
    """
    keys = _keys(table)
    drawn = ranked(table, keys, "margin", [name for name in _MONEY if name in table], top)
    if drawn.rows.empty:
        raise Empty
    ax = style.axes(ax, 8.0, 1.5 + 0.36 * max(len(drawn.rows), 3))
    places = -np.arange(len(drawn.rows), dtype=float)
    revenue, margin = (drawn.rows[name].to_numpy(dtype=float) for name in ("revenue", "margin"))
    colours = np.where(margin >= 0, style.GAIN, style.LOSS)
    colours[drawn.rest] = style.TOTAL
    ax.barh(places, revenue, height=0.62, color=style.faint())
    ax.barh(places, margin, height=0.62, color=colours)
    rate = np.divide(margin, revenue, out=np.full(len(margin), np.nan), where=revenue != 0)
    high, cut = ceiling(np.maximum(revenue, margin), drawn.rest)
    for place, end, left, share in zip(places, np.maximum(revenue, margin), margin, rate, strict=True):
        writing.beside(
            ax, min(max(end, 0.0), high), place, f"{numbers.money(left)}   {numbers.percent(share)}"
        )
    writing.name_ticks(ax, "y", places, drawn.names, limit=28 if len(keys) < 2 else 40)
    bound = max(high, 0.0) or float(np.abs(margin).max()) or 1.0
    low = min(float(margin.min()), 0.0)
    ax.set(xlim=(low * 1.05, bound * (1.0 if cut else 1.3)), ylim=(places.min() - 0.6, 0.6))
    ax.set_xlabel(writing.money_label("revenue and margin"))
    numbers.money_axis(ax, "x")
    ax.spines["left"].set_visible(False)
    left, came = (numbers.money(drawn.whole[name]) for name in ("margin", "revenue"))
    reading = "pale: revenue; blue (orange when lost): what is left of it, and its share"
    layout.title(ax, f"Margin came to {left} of revenue {came}", notes(drawn.note, cut, reading))
    return ax


@picture
def qualification_rates(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    top: int = 15,
    figsize: Size = None,
    title: str | None = None,
    currency: str | None = None,
) -> Axes:
    """Draw the share of connected calls that each side counts, with its interval.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.analysis.money.overview.qualification`: the numbers behind the picture.
    top : int, default 15
        Most groups, those with the most connected calls; all others are one, with Wilson's interval.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from dtanalytics.analysis.money.overview import qualification
    >>> calls = pd.DataFrame({"lead_status": ["Connected"] * 4, "offer_qualified": [True, True, False, False],
    ...                       "affiliate_qualified": [True, False, False, False]})
    >>> qualification_rates(qualification(calls)).get_xlabel()
    'share of connected calls, with its 95 % interval'
    """
    counts = ["connected_count", *(f"{side}_qualified_count" for side in _SIDES)]
    drawn = ranked(table, _keys(table), "connected_count", counts, top)
    if drawn.rows.empty or not drawn.whole["connected_count"]:
        raise Empty("no connected call")
    ax = style.axes(ax, 8.0, 1.5 + 0.4 * max(len(drawn.rows), 3))
    places = -np.arange(len(drawn.rows), dtype=float)
    for side, (label, colour, shift) in _SIDES.items():
        rate, low, high = _rates(drawn, side)
        ax.hlines(places + shift, low, high, color=colour, linewidth=4, alpha=0.35)
        ax.plot(rate, places + shift, "o", color=colour, markersize=6, label=label)
    writing.name_ticks(ax, "y", places, drawn.names)
    ax.set(xlim=(0, 1), ylim=(places.min() - 0.6, 0.6))
    ax.set_xlabel("share of connected calls, with its 95 % interval")
    numbers.percent_axis(ax, "x")
    style.grid(ax, "x")
    ax.spines["left"].set_visible(False)
    billed, paid = (
        numbers.percent(drawn.whole[f"{side}_qualified_count"] / drawn.whole["connected_count"])
        for side in _SIDES
    )
    reading = "blue: the advertiser pays; orange: the affiliate is paid"
    layout.title(
        ax, f"{billed} of connected calls are billed, {paid} are paid for", notes(drawn.note, reading)
    )
    rates = [drawn.rows[f"{side}_qualification_rate"] for side in _SIDES]
    for name, *values in zip(drawn.names, *rates, strict=True):
        first, second = (numbers.percent(value) for value in values)
        style.now().facts.append(f"{name}: {first} billed, {second} paid for")
    return ax


def _rates(drawn: Ranked, side: str) -> tuple[Floats, Floats, Floats]:
    """Rates with their intervals; those of all others are worked out from their sums."""
    name = f"{side}_qualification_rate"
    rate, low, high = (
        drawn.rows[f"{name}{end}"].to_numpy(dtype=float, copy=True) for end in ("", "_low", "_high")
    )
    connected, qualified = (
        drawn.rows.loc[drawn.rest, column].to_numpy(dtype=float)
        for column in ("connected_count", f"{side}_qualified_count")
    )
    with np.errstate(invalid="ignore"):
        rate[drawn.rest] = qualified / connected
    low[drawn.rest], high[drawn.rest] = wilson(np.minimum(qualified, connected), connected)
    drawn.rows[name] = rate
    return rate, low, high


@picture
def funnel_steps(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    figsize: Size = None,
    title: str | None = None,
    currency: str | None = None,
) -> Axes:
    """Draw how many calls are left at each step from call to payment.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.analysis.money.overview.funnel` (several groups are added up): the numbers behind the
        picture.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> table = pd.DataFrame({"call_count": [10], "connected_count": [8], "offer_qualified_count": [6],
    ...                       "affiliate_qualified_count": [4]})
    >>> [text.get_text() for text in funnel_steps(table).texts][1]
    '8   80 % of calls'
    """
    rows = groups_of(table)
    counts = rows[list(_STEPS)].sum().to_numpy(dtype=float)
    if not counts[0]:
        raise Empty
    ax = style.axes(ax, 7.6, 3.0)
    places = -np.arange(len(counts), dtype=float)
    ax.barh(places, counts, height=0.68, color=[style.TOTAL, style.SKY, style.BLUE, style.ORANGE])
    of = ["", f"{numbers.percent(counts[1] / counts[0])} of calls"]
    connected = counts[1] or np.nan
    of += [f"{numbers.percent(value / connected)} of connected calls" for value in counts[2:]]
    for place, value, share in zip(places, counts, of, strict=True):
        text = f"{numbers.count(value)}   {share}".strip()
        writing.beside(ax, value, place, text)
    writing.name_ticks(ax, "y", places, _STEPS.values())
    ax.set(xlim=(0, counts[0] * 1.3), xlabel="calls")
    numbers.count_axis(ax, "x")
    ax.spines["left"].set_visible(False)
    share = numbers.percent(counts[2] / counts[0])
    layout.title(ax, f"{share} of {numbers.count(counts[0])} calls are billed")
    return ax


def _keys(table: pd.DataFrame) -> list[str]:
    """Columns that name the groups of a table."""
    return [str(name) for name in table.columns[: table.columns.get_loc("call_count")]]
