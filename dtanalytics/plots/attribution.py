"""Attribution as pictures: which calls both reports know, and how sure the visits behind them are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dtanalytics.plots import style, writing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_RANKS = [f"rank_{rank}_count" for rank in range(1, 6)]
_SHADES = ("#0b4f83", style.BLUE, style.SKY, "#a9d4f0", style.FAINT)  # the surer the darker
_SIDES = {"channel": ("bids", style.SKY), "affiliate": ("leadflow", style.BLUE)}


def match_rates(table: pd.DataFrame, ax: Axes | None = None, *, top: int = 15) -> Axes:
    """Draw which share of the calls of each affiliate and channel the other report has too.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.match_report`: the numbers behind the picture.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.
    top : int, default 15
        Most affiliates, those with the most calls, and most channels.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from dtanalytics import match_report
    >>> leadflow = pd.DataFrame({"sid": ["1", "2"], "affiliate": ["North", "South"]})
    >>> match_rates(match_report(leadflow, pd.DataFrame({"sid": ["2"]}))).get_title(loc="left")
    'In both reports: 50 % of LeadFlow calls, 100 % of bid records'
    """
    parts = [
        table[table["by"] == by].nlargest(top, f"{side}_count").assign(side=side, colour=colour)
        for by, (side, colour) in _SIDES.items()
    ]
    rows = pd.concat(parts, ignore_index=True)
    counts = np.where(rows["side"] == "bids", rows["bids_count"], rows["leadflow_count"]).astype(float)
    rates = np.where(rows["side"] == "bids", rows["bids_match_rate"], rows["leadflow_match_rate"])
    with style.styled():
        ax = style.axes(ax, 8.2, 1.3 + 0.32 * max(len(rows), 3))
        if not counts.sum():
            return style.nothing(ax)
        places = -np.arange(len(rows), dtype=float)
        ax.barh(places, 1.0, height=0.62, color=style.FAINT)
        ax.barh(places, rates.astype(float), height=0.62, color=rows["colour"])
        for place, rate, count in zip(places, rates, counts, strict=True):
            text = f"{writing.percent(rate)} of {writing.count(count)}"
            writing.beside(ax, 1, place, text)
        writing.name_ticks(ax, "y", places, rows["group"])
        ax.set_xlim(0, 1)
        writing.percent_axis(ax, "x")
        ax.set_xlabel("share of calls that the other report has too; light blue: bid records by channel")
        whole = table[table["by"] == "overall"].iloc[0]
        mine, theirs = (writing.percent(whole[f"{side}_match_rate"]) for side in ("leadflow", "bids"))
        style.title(ax, f"In both reports: {mine} of LeadFlow calls, {theirs} of bid records")
    return ax


def rank_mix(table: pd.DataFrame, ax: Axes | None = None, *, top: int = 15) -> Axes:
    """Draw how sure the matches of each group are: its calls by rank, the surest first.

    Parameters
    ----------
    table : pandas.DataFrame
        A rollup of bids, the groups first, with ``call_count`` and ``rank_1_count`` to ``rank_5_count``:
        the numbers behind the picture.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.
    top : int, default 15
        Most groups, those with the most calls.

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
    rows = table.nlargest(top, "call_count")
    with style.styled():
        ax = style.axes(ax, 8.2, 1.6 + 0.36 * max(len(rows), 3))
        counts = rows[_RANKS].to_numpy(dtype=float)
        ranked = counts.sum(axis=1)
        if not ranked.sum():
            return style.nothing(ax)
        shares = np.divide(counts.T, ranked, out=np.zeros(counts.T.shape), where=ranked > 0)
        places = -np.arange(len(rows), dtype=float)
        left = np.zeros(len(rows))
        for rank, (share, colour) in enumerate(zip(shares, _SHADES, strict=True), start=1):
            ax.barh(places, share, left=left, height=0.66, color=colour, label=str(rank))
            left = left + share
        for place, share in zip(places, shares[0], strict=True):
            ax.text(0.01, place, writing.percent(share), color=style.PAPER, va="center", fontsize=9)
        writing.name_ticks(ax, "y", places, writing.row_names(rows, keys))
        ax.set_xlim(0, 1)
        writing.percent_axis(ax, "x")
        ax.set_xlabel("share of the calls that have a rank")
        ax.legend(
            title="rank", loc="upper left", bbox_to_anchor=(1, 1), fontsize=9, handlelength=1, handleheight=1
        )
        style.title(
            ax, f"{writing.percent(counts[:, 0].sum() / ranked.sum())} of the ranked calls have rank 1"
        )
    return ax
