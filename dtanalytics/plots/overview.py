"""The first pictures: money by group, rates with their intervals, calls step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dtanalytics.plots import style, writing

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


def margin_bars(table: pd.DataFrame, ax: Axes | None = None, *, top: int = 15) -> Axes:
    """Draw what is left of revenue, group by group.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.analysis.money.overview.margin`: the numbers behind the picture.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.
    top : int, default 15
        Most groups, those with the most revenue.

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
    rows, keys = _rows(table, "call_count")
    rows = rows.sort_values("revenue", ascending=False, kind="stable").head(top)
    with style.styled():
        ax = style.axes(ax, 8.0, 1.5 + 0.36 * max(len(rows), 3))
        if rows.empty:
            return style.nothing(ax)
        places = -np.arange(len(rows), dtype=float)
        revenue, margin = (rows[name].to_numpy(dtype=float) for name in ("revenue", "margin"))
        ax.barh(places, revenue, height=0.62, color=style.FAINT)
        ax.barh(places, margin, height=0.62, color=np.where(margin >= 0, style.GAIN, style.LOSS))
        for place, end, left, rate in zip(
            places, np.maximum(revenue, margin), margin, rows["margin_rate"], strict=True
        ):
            writing.beside(ax, max(end, 0.0), place, f"{writing.money(left)}   {writing.percent(rate)}")
        writing.name_ticks(ax, "y", places, writing.row_names(rows, keys) if keys else ["all calls"])
        bound = float(np.abs([*revenue, *margin]).max()) or 1.0
        low = min(float(margin.min()), 0.0)
        ax.set(
            xlim=(low * 1.05, bound * 1.3), ylim=(places.min() - 0.6, 0.6), xlabel="revenue and margin [USD]"
        )
        writing.money_axis(ax, "x")
        ax.spines["left"].set_visible(False)
        total = writing.money(float(margin.sum()))
        style.title(
            ax, f"Margin {total}", "grey: revenue; blue (orange when lost): what is left of it, and its share"
        )
    return ax


def qualification_rates(table: pd.DataFrame, ax: Axes | None = None, *, top: int = 15) -> Axes:
    """Draw the share of connected calls that each side counts, with its interval.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.analysis.money.overview.qualification`: the numbers behind the picture.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.
    top : int, default 15
        Most groups, those with the most connected calls.

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
    rows, keys = _rows(table, "call_count")
    rows = rows.sort_values("connected_count", ascending=False, kind="stable").head(top)
    with style.styled():
        ax = style.axes(ax, 8.0, 1.5 + 0.4 * max(len(rows), 3))
        if rows.empty or not rows["connected_count"].sum():
            return style.nothing(ax, "no connected call")
        places = -np.arange(len(rows), dtype=float)
        for side, (label, colour, shift) in _SIDES.items():
            name = f"{side}_qualification_rate"
            rate, low, high = (rows[f"{name}{end}"].to_numpy(dtype=float) for end in ("", "_low", "_high"))
            ax.hlines(places + shift, low, high, color=colour, linewidth=4, alpha=0.35)
            ax.plot(rate, places + shift, "o", color=colour, markersize=6, label=label)
        writing.name_ticks(ax, "y", places, writing.row_names(rows, keys) if keys else ["all calls"])
        ax.set(xlim=(0, 1), ylim=(places.min() - 0.6, 0.6))
        ax.set_xlabel("share of connected calls, with its 95 % interval")
        writing.percent_axis(ax, "x")
        ax.grid(visible=True, axis="x")
        ax.spines["left"].set_visible(False)
        ax.legend(
            loc="lower left", bbox_to_anchor=(0, 1), ncols=2, fontsize=9, borderpad=0, handletextpad=0.2
        )
        ax.set_title("Which connected calls count", pad=26.0)
    return ax


def funnel_steps(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw how many calls are left at each step from call to payment.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.analysis.money.overview.funnel` (several groups are added up): the numbers behind the
        picture.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

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
    rows, _ = _rows(table, "call_count")
    counts = rows[list(_STEPS)].sum().to_numpy(dtype=float)
    with style.styled():
        ax = style.axes(ax, 7.6, 3.0)
        if not counts[0]:
            return style.nothing(ax)
        places = -np.arange(len(counts), dtype=float)
        ax.barh(places, counts, height=0.68, color=[style.TOTAL, style.SKY, style.BLUE, style.ORANGE])
        of = ["", f"{writing.percent(counts[1] / counts[0])} of calls"]
        connected = counts[1] or np.nan
        of += [f"{writing.percent(value / connected)} of connected calls" for value in counts[2:]]
        for place, value, share in zip(places, counts, of, strict=True):
            text = f"{writing.count(value)}   {share}".strip()
            writing.beside(ax, value, place, text)
        writing.name_ticks(ax, "y", places, _STEPS.values())
        ax.set(xlim=(0, counts[0] * 1.3), xlabel="calls")
        writing.count_axis(ax, "x")
        ax.spines["left"].set_visible(False)
        share = writing.percent(counts[2] / counts[0])
        style.title(ax, f"{share} of {writing.count(counts[0])} calls are billed")
    return ax


def _rows(table: pd.DataFrame, first: str) -> tuple[pd.DataFrame, list[str]]:
    """The groups of a table without its totals, and the columns that name them."""
    marks = [name for name in ("is_total",) if name in table]
    rows = table[~table[marks[0]].astype(bool)] if marks else table
    return rows, [str(name) for name in table.columns[: table.columns.get_loc(first)]]
