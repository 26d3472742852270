"""The scorecard as pictures: whom to keep, and which rates are beyond chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dtanalytics.analysis.partners.scorecard import RATES
from dtanalytics.errors import InputError, nearest
from dtanalytics.metrics.labels import label_of
from dtanalytics.plots import layout, numbers, style, writing
from dtanalytics.plots.picture import Empty, Size, picture
from dtanalytics.plots.ranked import groups_of, notes, ranked, some
from dtanalytics.stats.intervals import normal_quantile

if TYPE_CHECKING:
    from matplotlib.axes import Axes

VERDICTS = {"keep": style.BLUE, "cut": style.VERMILION, "wait": style.GREY}
_MARKS = {"keep": "o", "cut": "X", "wait": "D"}  # told apart in grey print too
_BAD = ("contest_rate", "repeat_rate")  # the higher, the worse
_FAR = 20  # times as many calls as there are: more are not written as a plan
_LIMITS = ((0.95, 0, (4, 3)), (0.998, 1, (1, 0)))
"""Share of segments that lie within the limits by chance, decimals to write it with, dashes."""


@picture
def verdicts(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    top: int = 20,
    figsize: Size = None,
    title: str | None = None,
    currency: str | None = None,
) -> Axes:
    """Draw margin per call with its interval, its shrunken form and the verdict, against the target.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.analysis.partners.scorecard.scorecard`: the numbers behind the picture.
    top : int, default 20
        Most segments drawn, those with the most calls; all others are one, without a verdict.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> card = pd.DataFrame({"affiliate": ["A", "B"], "call_count": [90, 9], "margin_per_call": [5.0, 1.0],
    ...     "margin_per_call_low": [3.0, -4.0], "margin_per_call_high": [7.0, 6.0],
    ...     "margin_per_call_shrunken": [4.8, 3.0], "verdict": ["keep", "wait"], "calls_needed": [0, 400]})
    >>> verdicts(card).get_title(loc="left")
    'Keep 1 of 2, cut 0, wait for 1'
    """
    keys = _keys(table)
    part = table.assign(margin=table["margin_per_call"] * table["call_count"])
    drawn = ranked(part, keys, "call_count", ["call_count", "margin"], top)
    if drawn.rows.empty:
        raise Empty
    rows = drawn.rows.assign(name=drawn.names, rest=drawn.rest)
    rows.loc[drawn.rest, "margin_per_call"] = rows["margin"] / rows["call_count"]
    rows = rows.sort_values("margin_per_call", ignore_index=True)
    target = table.attrs.get("target", {}).get("value", 0.0)
    ax = style.axes(ax, 8.2, max(2.6, 0.36 * len(rows) + 1.5))
    place = np.arange(len(rows))
    for verdict, colour in VERDICTS.items():
        chosen = (rows["verdict"] == verdict).to_numpy()
        part, where = rows[chosen], place[chosen]
        low, high = part["margin_per_call_low"], part["margin_per_call_high"]
        ax.hlines(where, low, high, color=colour, linewidth=2.2)
        ax.scatter(part["margin_per_call"], where, color=colour, marker=_MARKS[verdict], s=44, zorder=3)
        for at, end, needed, calls in zip(
            where,
            high.fillna(part["margin_per_call"]),
            part["calls_needed"].astype("Float64").to_numpy(float, na_value=np.nan),
            part["call_count"],
            strict=True,
        ):
            shade = style.muted() if verdict == "wait" else colour
            writing.beside(ax, end, at, _words(verdict, float(needed), float(calls)), shade)
    rest = rows["rest"].to_numpy(dtype=bool)
    ax.scatter(rows["margin_per_call"][rest], place[rest], color=style.TOTAL, marker="|", s=90, zorder=3)
    for at, each in zip(place[rest], rows["margin_per_call"][rest], strict=True):
        writing.beside(ax, each, at, numbers.money(float(each)), style.muted())
    shrunken = rows["margin_per_call_shrunken"].to_numpy(dtype=float, na_value=np.nan)
    ax.scatter(shrunken, place, facecolor="none", edgecolor=style.ink(), s=90, linewidth=0.9)
    ax.axvline(target, color=style.ink(), linewidth=0.9, linestyle=(0, (3, 2)))
    writing.name_ticks(ax, "y", range(len(rows)), rows["name"])
    ax.set_ylim(-0.7, len(rows) - 0.3)
    ax.plot(0, 0, alpha=0)  # margin is seen against nothing too
    ax.margins(x=0.16)
    numbers.money_axis(ax, "x")
    ax.set_xlabel(writing.money_label("margin per call"))
    counts = table["verdict"].value_counts()
    keep, cut, wait = (int(counts.get(word, 0)) for word in VERDICTS)
    layout.title(
        ax,
        f"Keep {keep} of {counts.sum()}, cut {cut}, wait for {wait}",
        notes(drawn.note, f"line: interval; circle: shrunken; dashed: target {numbers.money(target)}"),
    )
    return ax


@picture
def control_funnel(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    rate: str = "offer_qualification_rate",
    figsize: Size = None,
    title: str | None = None,
    currency: str | None = None,
) -> Axes:
    """Draw a rate against the volume it rests on, with the limits between which chance keeps it.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.analysis.partners.scorecard.scorecard`: the numbers behind the picture.
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
    '2 of 2 are beyond chance in connected share of calls'
    """
    from matplotlib.ticker import LogLocator, NullLocator

    if rate not in RATES:
        raise InputError(f"the scorecard has no rate {rate!r}: {nearest(rate, RATES)}")
    volume = RATES[rate][1]
    keys = _keys(table)
    table = groups_of(table)
    rows = table[table[rate].notna() & (table[volume] > 0)]
    if rows.empty:
        raise Empty
    ax = style.axes(ax, 8.0, 4.6)
    calls, value = rows[volume].to_numpy(dtype=float), rows[rate].to_numpy(dtype=float)
    overall = float(calls @ value / calls.sum())
    grid = np.geomspace(max(calls.min() * 0.6, 1.0), calls.max() * 1.5, 300)
    spread = np.sqrt(overall * (1 - overall))
    for confidence, digits, dashes in _LIMITS:
        half = normal_quantile(confidence) * spread / np.sqrt(grid)
        for side in (-1, 1):
            edge = np.clip(overall + side * half, 0, 1)
            ax.plot(grid, edge, color=style.GREY, linewidth=1.0, linestyle=(0, dashes))
        low_end = max(overall - half[0], 0)
        ax.annotate(
            numbers.percent(confidence, digits),
            (grid[0], low_end),
            (5, 2),
            textcoords="offset points",
            fontsize=style.points(8),
            color=style.muted(),
            bbox=style.over_lines(),
        )
    ax.axhline(overall, color=style.ink(), linewidth=0.9)
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
    numbers.count_axis(ax, "x")
    numbers.percent_axis(ax, "y")
    ax.set_xlabel(f"{label_of(volume)}, on a logarithmic scale")
    ax.set_ylabel(label_of(rate))
    layout.title(
        ax,
        f"{some(beyond.sum(), len(rows))} beyond chance in {label_of(rate)}",
        f"line: {numbers.percent(overall, 1)} of all; named: outside the "
        f"{numbers.percent(_LIMITS[-1][0], _LIMITS[-1][1])} limits",
    )
    return ax


def _keys(table: pd.DataFrame) -> list[str]:
    return list(table.columns[: table.columns.get_loc("call_count")])


def _words(verdict: str, needed: float, calls: float) -> str:
    """The verdict, with the calls that it still takes; more than a segment could ever bring are no help."""
    if verdict != "wait":
        return verdict
    if not np.isfinite(needed) or needed > _FAR * calls:
        return "wait: too near to the target to tell"
    return f"wait: about {numbers.count(needed)} more calls needed"
