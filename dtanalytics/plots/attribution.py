"""Attribution as pictures: which calls both reports know, and how sure the visits behind them are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dtanalytics.plots import layout, numbers, style, writing
from dtanalytics.plots.picture import Empty, Size, picture
from dtanalytics.plots.ranked import Ranked, notes, ranked

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_RANKS = [f"rank_{rank}_count" for rank in range(1, 6)]
_SHADES = ("#0b4f83", style.BLUE, style.SKY, "#a9d4f0", "#dfe4e9")  # the surer the darker
_SIDES = {"channel": ("bids", style.SKY), "affiliate": ("leadflow", style.BLUE)}


@picture
def match_rates(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    top: int = 15,
    figsize: Size = None,
    title: str | None = None,
    currency: str | None = None,
) -> Axes:
    """Draw which share of the calls of each affiliate and channel the other report has too.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.match_report`: the numbers behind the picture.
    top : int, default 15
        Most affiliates and most channels, those with the most calls; all others are one bar each.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from dtanalytics import match_report
    >>> leadflow = pd.DataFrame({"sid": ["1", "2"], "affiliate": ["North", "South"]})
    >>> match_rates(match_report(leadflow, pd.DataFrame({"sid": ["2"]}))).get_title(loc="left")
    '50 % of LeadFlow calls and 100 % of bid records are in both reports'
    """
    sides = [(side, colour, _matched(table, by, side, top)) for by, (side, colour) in _SIDES.items()]
    counts, shares = (
        np.concatenate([drawn.rows[name].to_numpy(dtype=float) for _, _, drawn in sides])
        for name in ("calls", "share")
    )
    if not counts.sum():
        raise Empty
    ax = style.axes(ax, 8.2, 1.3 + 0.32 * max(len(counts), 3))
    places = -np.arange(len(counts), dtype=float)
    ax.barh(places, 1.0, height=0.62, color=style.faint())
    colours = [colour for _, colour, drawn in sides for _ in drawn.names]
    ax.barh(places, shares, height=0.62, color=colours)
    for place, rate, count in zip(places, shares, counts, strict=True):
        text = f"{numbers.percent(rate)} of {numbers.count(count)}"
        writing.beside(ax, 1, place, text)
    writing.name_ticks(ax, "y", places, [name for _, _, drawn in sides for name in drawn.names])
    ax.set_xlim(0, 1)
    numbers.percent_axis(ax, "x")
    ax.set_xlabel("share of calls that the other report has too")
    whole = table[table["by"] == "overall"].iloc[0]
    mine, theirs = (numbers.percent(whole[f"{side}_match_rate"]) for side in ("leadflow", "bids"))
    note = notes(
        *(drawn.note for _, _, drawn in sides), "light blue: bid records by channel; blue: affiliates"
    )
    layout.title(ax, f"{mine} of LeadFlow calls and {theirs} of bid records are in both reports", note)
    return ax


def _matched(table: pd.DataFrame, by: str, side: str, top: int) -> Ranked:
    """Calls and matched calls of the groups of one dimension, the largest first."""
    rows = table[table["by"] == by]
    calls, rate = (
        rows[f"{side}_{name}"].to_numpy(dtype=float, na_value=np.nan) for name in ("count", "match_rate")
    )
    part = pd.DataFrame({by: rows["group"].to_numpy(dtype=object), "calls": calls, "matched": calls * rate})
    drawn = ranked(part, [by], "calls", ["calls", "matched"], top)
    drawn.rows["share"] = drawn.rows["matched"] / drawn.rows["calls"]
    return drawn


@picture
def rank_mix(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    top: int = 15,
    figsize: Size = None,
    title: str | None = None,
    currency: str | None = None,
) -> Axes:
    """Draw how sure the matches of each group are: its calls by rank, the surest first.

    Parameters
    ----------
    table : pandas.DataFrame
        A rollup of bids, the groups first, with ``call_count`` and ``rank_1_count`` to ``rank_5_count``:
        the numbers behind the picture.
    top : int, default 15
        Most groups, those with the most calls; all others are one bar.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> counts = {f"rank_{rank}_count": [5 if rank == 1 else 0] for rank in range(1, 6)}
    >>> rank_mix(pd.DataFrame({"channel": ["SourceTrak"], "call_count": [6], **counts})).get_title(loc="left")
    '100 % of the ranked calls have rank 1'
    """
    keys = list(table.columns[: table.columns.get_loc("call_count")])
    drawn = ranked(table, keys, "call_count", ["call_count", *_RANKS], top)
    counts = drawn.rows[_RANKS].to_numpy(dtype=float)
    ranks = counts.sum(axis=1)
    if not ranks.sum():
        raise Empty
    ax = style.axes(ax, 8.2, 1.6 + 0.36 * max(len(counts), 3))
    shares = np.divide(counts.T, ranks, out=np.zeros(counts.T.shape), where=ranks > 0)
    places = -np.arange(len(counts), dtype=float)
    left = np.zeros(len(counts))
    for rank, (share, colour) in enumerate(zip(shares, _SHADES, strict=True), start=1):
        ax.barh(places, share, left=left, height=0.66, color=colour, label=str(rank))
        left = left + share
    for place, share in zip(places, shares[0], strict=True):
        text = numbers.percent(share)
        if share > 0.1:
            ax.text(0.01, place, text, color=style.on(_SHADES[0]), va="center", fontsize=style.points(9))
        else:  # the bar is too short for its number
            writing.beside(ax, 1, place, text)
    writing.name_ticks(ax, "y", places, drawn.names)
    ax.set_xlim(0, 1)
    numbers.percent_axis(ax, "x")
    ax.set_xlabel("share of the calls that have a rank")
    ax.legend(
        title="rank",
        loc="upper left",
        bbox_to_anchor=(1.06, 1),
        fontsize=style.points(9),
        title_fontsize=style.points(9),
        handlelength=1,
        handleheight=1,
        labelcolor=style.ink(style.now().margin),
    ).get_title().set_color(style.ink(style.now().margin))
    first = float(drawn.whole[_RANKS[0]] / drawn.whole[_RANKS].sum())
    layout.title(
        ax,
        f"{numbers.percent(first)} of the ranked calls have rank 1",
        notes(drawn.note, "the darker the surer"),
    )
    return ax
