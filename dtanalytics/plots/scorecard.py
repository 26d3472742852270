"""The scorecard as pictures: whom to keep, and which rates are beyond chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dtanalytics.analysis.partners.scorecard import RATES
from dtanalytics.errors import InputError, nearest
from dtanalytics.plots import style, writing
from dtanalytics.stats.intervals import normal_quantile

if TYPE_CHECKING:
    from matplotlib.axes import Axes

VERDICTS = {"keep": style.BLUE, "cut": style.VERMILION, "wait": style.GREY}
_MARKS = {"keep": "o", "cut": "X", "wait": "D"}  # told apart in grey print too
_BAD = ("contest_rate", "repeat_rate")  # the higher, the worse
_LIMITS = ((0.95, "95 %", (4, 3)), (0.998, "99.8 %", (1, 0)))


def verdicts(table: pd.DataFrame, ax: Axes | None = None, *, top: int = 20) -> Axes:
    """Draw margin per call with its interval, its shrunken form and the verdict, against the target.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.analysis.partners.scorecard.scorecard`: the numbers behind the picture.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.
    top : int, default 20
        Most segments drawn, those with the most calls.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> card = pd.DataFrame({"affiliate": ["A", "B"], "call_count": [90, 9], "margin_per_call": [5.0, 1.0],
    ...     "margin_per_call_low": [3.0, -4.0], "margin_per_call_high": [7.0, 6.0],
    ...     "margin_per_call_shrunken": [4.8, 3.0], "verdict": ["keep", "wait"], "calls_needed": [0, 400]})
    >>> verdicts(card).get_title(loc="left")
    'Keep 1, cut 0, wait for 1'
    """
    keys = _keys(table)
    rows = table.nlargest(top, "call_count").sort_values("margin_per_call", ignore_index=True)
    target = table.attrs.get("target", {}).get("value", 0.0)
    with style.styled():
        ax = style.axes(ax, 8.2, max(2.6, 0.36 * len(rows) + 1.5))
        if rows.empty:
            return style.nothing(ax)
        place = np.arange(len(rows))
        for verdict, colour in VERDICTS.items():
            chosen = (rows["verdict"] == verdict).to_numpy()
            part, where = rows[chosen], place[chosen]
            low, high = part["margin_per_call_low"], part["margin_per_call_high"]
            ax.hlines(where, low, high, color=colour, linewidth=2.2)
            ax.scatter(part["margin_per_call"], where, color=colour, marker=_MARKS[verdict], s=44, zorder=3)
            for at, end, needed in zip(
                where,
                high.fillna(part["margin_per_call"]),
                part["calls_needed"].astype("Float64").to_numpy(float, na_value=np.nan),
                strict=True,
            ):
                shade = style.MUTED if verdict == "wait" else colour
                writing.beside(ax, end, at, _words(verdict, float(needed)), shade)
        shrunken = rows["margin_per_call_shrunken"]
        ax.scatter(shrunken, place, facecolor="none", edgecolor=style.INK, s=90, linewidth=0.9)
        ax.axvline(target, color=style.INK, linewidth=0.9, linestyle=(0, (3, 2)))
        writing.name_ticks(ax, "y", range(len(rows)), writing.row_names(rows, keys))
        ax.set_ylim(-0.7, len(rows) - 0.3)
        ax.margins(x=0.16)
        writing.money_axis(ax, "x")
        ax.set_xlabel("margin per call [USD]")
        counts = table["verdict"].value_counts()
        style.title(
            ax,
            "Keep {}, cut {}, wait for {}".format(*(int(counts.get(word, 0)) for word in VERDICTS)),
            f"line: interval; circle: shrunken; dashed: target {writing.money(target)}",
        )
    return ax


def control_funnel(
    table: pd.DataFrame, ax: Axes | None = None, *, rate: str = "offer_qualification_rate"
) -> Axes:
    """Draw a rate against the volume it rests on, with the limits between which chance keeps it.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.analysis.partners.scorecard.scorecard`: the numbers behind the picture.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.
    rate : str, default "offer_qualification_rate"
        A rate of the scorecard.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InputError
        The scorecard has no such rate.

    References
    ----------
    Spiegelhalter (2005), "Funnel plots for comparing institutional performance", Statistics in
    Medicine 24, doi:10.1002/sim.1970.

    Examples
    --------
    >>> card = pd.DataFrame({"affiliate": ["A", "B"], "call_count": [400, 100], "connect_rate": [0.9, 0.5]})
    >>> control_funnel(card, rate="connect_rate").get_title(loc="left")
    'Connect rate: 2 of 2 beyond chance'
    """
    from matplotlib.ticker import LogLocator, NullLocator

    if rate not in RATES:
        raise InputError(f"the scorecard has no rate {rate!r}: {nearest(rate, RATES)}")
    volume = RATES[rate][1]
    keys = _keys(table)
    rows = table[table[rate].notna() & (table[volume] > 0)]
    with style.styled():
        ax = style.axes(ax, 8.0, 4.6)
        if rows.empty:
            return style.nothing(ax)
        calls, value = rows[volume].to_numpy(dtype=float), rows[rate].to_numpy(dtype=float)
        overall = float(calls @ value / calls.sum())
        grid = np.geomspace(max(calls.min() * 0.6, 1.0), calls.max() * 1.5, 300)
        spread = np.sqrt(overall * (1 - overall))
        for confidence, label, dashes in _LIMITS:
            half = normal_quantile(confidence) * spread / np.sqrt(grid)
            for side in (-1, 1):
                edge = np.clip(overall + side * half, 0, 1)
                ax.plot(grid, edge, color=style.GREY, linewidth=1.0, linestyle=(0, dashes))
            low_end = max(overall - half[0], 0)
            ax.annotate(label, (grid[0], low_end), (5, 2), textcoords="offset points", fontsize=8)
        ax.axhline(overall, color=style.INK, linewidth=0.9)
        wide = normal_quantile(_LIMITS[-1][0]) * spread / np.sqrt(calls)
        above, below = (style.LOSS, style.GAIN) if rate in _BAD else (style.GAIN, style.LOSS)
        colours = np.where(value > overall, above, below)
        beyond = np.abs(value - overall) > wide
        colours[~beyond] = style.GREY
        ax.scatter(calls, value, color=colours, s=38, zorder=3)
        ax.set_xscale("log")
        ax.set_xlim(grid[0], grid[-1])
        ax.margins(y=0.12)
        told = list(zip(calls[beyond], value[beyond], strict=True))
        writing.write_apart(ax, told, writing.row_names(rows[beyond], keys))
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.xaxis.set_minor_locator(NullLocator())
        writing.count_axis(ax, "x")
        writing.percent_axis(ax, "y")
        what = volume.removesuffix("_count").replace("_", " ")
        ax.set_xlabel(f"{what if what.endswith('call') else what + ' call'}s, logarithmic [calls]")
        ax.set_ylabel(f"{rate.replace('_', ' ')} [%]")
        style.title(
            ax,
            f"{rate.replace('_', ' ').capitalize()}: {int(beyond.sum())} of {len(rows)} beyond chance",
            f"line: {writing.percent(overall, 1)} of all; named: outside the 99.8 % limits",
        )
    return ax


def _keys(table: pd.DataFrame) -> list[str]:
    return list(table.columns[: table.columns.get_loc("call_count")])


def _words(verdict: str, needed: float) -> str:
    more = verdict == "wait" and np.isfinite(needed)
    return f"wait: {writing.count(needed)} calls" if more else verdict
