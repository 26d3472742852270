"""Keywords as pictures: what a call is worth, and how far that is believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dtanalytics.metrics.labels import label_of
from dtanalytics.plots import layout, numbers, style, writing
from dtanalytics.plots.picture import Empty, Size, picture
from dtanalytics.plots.ranked import check_top, notes, ranked, some_of
from dtanalytics.stats.intervals import Floats, as_floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LABELS = ("keyword", "ad_group", "campaign", "account")  # the most telling name first
_BAND = ("margin_rank_1", "weighted_margin", "margin")


@picture
def keyword_values(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    top: int = 60,
    figsize: Size = None,
    title: str | None = None,
    currency: str | None = None,
) -> Axes:
    """Draw what a call is worth against how many calls say so, with intervals and the average.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.analysis.keywords.keyword_value`: the numbers behind the picture.
    top : int, default 60
        Most keywords drawn, those with the most calls; calls without a keyword are left out.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> values = pd.DataFrame({"keyword": ["roof", "car"], "path": ["1 > 2", "1 > 3"],
    ...     "call_count": [90, 60], "value_per_call": [8.0, 2.0], "value_per_call_shrunken": [7.5, 2.5],
    ...     "value_per_call_low": [6.5, 1.5], "value_per_call_high": [8.5, 3.5]})
    >>> keyword_values(values).get_title(loc="left")
    'Of 2 keywords 1 is above the average, 1 below'
    """
    rows = _named(table, "value_per_call_shrunken")
    if rows.empty:
        raise Empty
    average = _average(rows)
    columns = ("call_count", *(f"value_per_call_{part}" for part in ("shrunken", "low", "high")))
    all_above, all_below = rows[columns[2]] > average, rows[columns[3]] < average
    check_top(top)
    some = some_of(min(top, len(rows)), len(rows))
    verb = "is" if all_above.sum() == 1 else "are"
    head = (
        f"Of {len(rows)} {_many(table)} {all_above.sum()} {verb} above the average, {all_below.sum()} below"
    )
    rows = rows.nlargest(top, "call_count")
    calls, value, low, high = (rows[name].to_numpy(dtype=float) for name in columns)
    above, below = low > average, high < average
    ax = style.axes(ax, 8.2, 4.8)
    colours = np.where(above, style.GAIN, np.where(below, style.LOSS, style.GREY))
    ax.vlines(calls, low, high, color=colours, linewidth=1.4, alpha=0.55)
    ax.scatter(calls, value, color=colours, s=26, zorder=3)
    ax.axhline(average, color=style.ink(), linewidth=0.9, linestyle=(0, (3, 2)))
    told = above | below
    middle = np.sqrt(calls.min() * calls.max())  # names lie inside of the picture, on either half
    line = 0.05 * (high.max() - low.min())
    written: list[tuple[bool, float]] = []
    for at, level, name in zip(calls[told], value[told], writing.apart(_names(rows[told]), 24), strict=True):
        left = bool(at < middle)
        if any(half == left and abs(level - other) < line for half, other in written):
            continue  # names would lie over each other: the one with more calls is written
        written.append((left, level))
        ax.annotate(
            name,
            (at, level),
            (6 if left else -6, 0),
            textcoords="offset points",
            ha="left" if left else "right",
            va="center",
            fontsize=style.points(8.5),
            color=style.ink(),
            bbox=style.over_lines(),
        )
    _log_calls(ax)
    numbers.money_axis(ax, "y")
    ax.set_ylim(min(ax.get_ylim()[0], 0), None)
    ax.set_ylabel(writing.money_label("value per call, shrunken"))
    reading = f"line: interval; dashed: average {numbers.money(average)}; coloured: interval beside it"
    layout.title(ax, head, notes(some, reading))
    return ax


@picture
def keyword_shrinkage(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    figsize: Size = None,
    title: str | None = None,
    currency: str | None = None,
) -> Axes:
    """Draw shrunken values over raw ones: the fewer the calls, the nearer to the mean of its group.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.analysis.keywords.keyword_value`: the numbers behind the picture.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> values = pd.DataFrame({"keyword": ["roof", "car"], "path": ["1 > 2", "1 > 3"], "call_count": [90, 2],
    ...     "value_per_call": [8.0, 30.0], "value_per_call_shrunken": [7.5, 8.5]})
    >>> keyword_shrinkage(values).get_title(loc="left")
    'Raw values lie between $8.00 and $30.00, shrunken ones between $7.50 and $8.50'
    """
    rows = _named(table, "value_per_call", "value_per_call_shrunken")
    if rows.empty:
        raise Empty
    ax = style.axes(ax, 8.2, 4.4)
    raw, shrunken, calls = (
        rows[name].to_numpy(dtype=float)
        for name in ("value_per_call", "value_per_call_shrunken", "call_count")
    )
    bands = ((0.0, 5.0, style.faint()), (5.0, 30.0, style.SKY), (30, np.inf, style.BLUE))
    for low, high, colour in bands:
        some = (calls > low) & (calls <= high)
        end = f"to {high:.0f}" if np.isfinite(high) else "and more"
        label = f"{low + 1:.0f} {end} calls ({numbers.count(int(some.sum()))})"
        ax.scatter(
            raw[some],
            shrunken[some],
            s=10 + 2.0 * np.sqrt(calls[some]),
            color=colour,
            edgecolor=style.GREY,
            linewidth=0.5,
            label=label,
            zorder=3,
        )
    ends = [float(shrunken.min()), float(shrunken.max())]
    ax.plot(ends, ends, color=style.ink(), linewidth=0.9, linestyle=(0, (3, 2)), zorder=4)
    ax.legend(loc="upper left", fontsize=style.points(8.5), labelcolor=style.ink())
    numbers.money_axis(ax, "x")
    numbers.money_axis(ax, "y")
    ax.set_xlabel(writing.money_label("value per call, its own calls alone"))
    ax.set_ylabel(writing.money_label("value per call, shrunken"))
    told = [numbers.money(float(end(side))) for side in (raw, shrunken) for end in (np.min, np.max)]
    layout.title(
        ax,
        "Raw values lie between {} and {}, shrunken ones between {} and {}".format(*told),
        "dashed: nothing shrunken; the fewer the calls, the less of the own value is believed",
    )
    return ax


@picture
def rank_bands(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    top: int = 15,
    figsize: Size = None,
    title: str | None = None,
    currency: str | None = None,
) -> Axes:
    """Draw margin between the surest matches alone and all matches, and what the weights believe.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.analysis.keywords.keywords` with weights: the numbers behind the picture.
    top : int, default 15
        Most groups drawn, those with the largest margin; calls that belong to none are left out.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> table = pd.DataFrame({"campaign": ["roofs"], "path": ["1 > 2"], "margin": [100.0],
    ...                       "weighted_margin": [80.0], "margin_rank_1": [60.0]})
    >>> rank_bands(table).get_title(loc="left")
    'Margin comes to $60.00 by rank 1 alone, $80.00 weighted, $100 by all ranks'
    """
    rows = _named(table, "weighted_margin")
    if rows.empty:
        raise Empty
    named = rows[list(_BAND)].assign(name=_names(rows))
    drawn = ranked(named[["name", *_BAND]], ["name"], "margin", list(_BAND), top)
    sure, weighed, every = (drawn.rows[name].to_numpy(dtype=float) for name in _BAND)
    ax = style.axes(ax, 8.2, 1.6 + 0.34 * max(len(every), 5))
    places = -np.arange(len(every), dtype=float)
    ax.hlines(places, sure, every, color=style.SKY, linewidth=7, alpha=0.7)
    ax.scatter(sure, places, marker="|", s=110, color=style.ink(), zorder=3)
    ax.scatter(weighed, places, s=34, color=style.BLUE, zorder=4)
    for place, end, level in zip(places, np.maximum(sure, every), weighed, strict=True):
        writing.beside(ax, end, place, numbers.money(level))
    writing.name_ticks(ax, "y", places, drawn.names)
    ax.axvline(0, color=style.GREY, linewidth=0.8, zorder=1)
    ax.margins(x=0.12)
    ax.set_ylim(places.min() - 0.7, 0.7)
    numbers.money_axis(ax, "x")
    ax.set_xlabel(writing.money_label("margin"))
    sums = [numbers.money(float(table[name].sum())) for name in _BAND]
    left = float(table["margin"].sum() - rows["margin"].sum())
    layout.title(
        ax,
        "Margin comes to {} by rank 1 alone, {} weighted, {} by all ranks".format(*sums),
        notes(
            drawn.note,
            f"{numbers.money(left)} of calls by no keyword is not drawn" if len(rows) < len(table) else "",
            "tick: rank 1 alone; end of the bar: all ranks; dot: each call weighted by its rank",
        ),
    )
    return ax


def _named(table: pd.DataFrame, *needed: str) -> pd.DataFrame:
    """Rows that belong to a keyword and know what is drawn of them."""
    kept = table["path"].notna() & table[list(needed)].notna().all(axis=1)
    return table[kept & (table["call_count"] > 0)] if "call_count" in table else table[kept]


def _names(rows: pd.DataFrame) -> list[str]:
    """Name rows by their text; where there is none by what they are and their last id."""
    level = label_of(_level(rows))
    names = f"{level} " + rows["path"].astype("str").str.rsplit(" > ", n=1).str[-1]
    for column in reversed(_LABELS):
        if column in rows:
            text = rows[column].astype("str")
            names = text.where(rows[column].notna() & ~text.str.fullmatch(r"\d+"), names)
    return names.tolist()


def _level(table: pd.DataFrame) -> str:
    """The level of a table of keywords: its most telling name."""
    return next((name for name in _LABELS if name in table), "keyword")


def _many(table: pd.DataFrame) -> str:
    return f"{label_of(_level(table))}s"


def _average(rows: pd.DataFrame) -> float:
    calls: Floats = as_floats(rows["call_count"])
    if not calls.sum() > 0:
        return float("nan")
    return float(calls @ as_floats(rows["value_per_call_shrunken"]) / calls.sum())


def _log_calls(ax: Axes) -> None:
    from matplotlib.ticker import LogLocator, NullLocator

    ax.set_xscale("log")
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_minor_locator(NullLocator())
    numbers.count_axis(ax, "x")
    ax.set_xlabel("calls, on a logarithmic scale")
