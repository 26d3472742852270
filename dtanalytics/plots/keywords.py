"""Keywords as pictures: what a call is worth, how far that is believed, where the profit comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dtanalytics.plots import fonts, style, writing
from dtanalytics.stats.intervals import Floats, as_floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LABELS = ("keyword", "ad_group", "campaign")  # the most telling name first


def keyword_values(table: pd.DataFrame, ax: Axes | None = None, *, top: int = 60) -> Axes:
    """Draw what a call is worth against how many calls say so, with intervals and the average.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.analysis.keywords.keyword_value`: the numbers behind the picture.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.
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
    'Of 2 keywords 1 above the average, 1 below'
    """
    rows = _named(table, "value_per_call_shrunken")
    average = _average(rows)
    rows = rows.nlargest(top, "call_count")
    with style.styled():
        ax = style.axes(ax, 8.2, 4.8)
        if rows.empty:
            return style.nothing(ax)
        calls, value, low, high = (
            rows[name].to_numpy(dtype=float)
            for name in ("call_count", *(f"value_per_call_{part}" for part in ("shrunken", "low", "high")))
        )
        above, below = low > average, high < average
        colours = np.where(above, style.GAIN, np.where(below, style.LOSS, style.GREY))
        ax.vlines(calls, low, high, color=colours, linewidth=1.4, alpha=0.55)
        ax.scatter(calls, value, color=colours, s=26, zorder=3)
        ax.axhline(average, color=style.INK, linewidth=0.9, linestyle=(0, (3, 2)))
        told = above | below
        middle = np.sqrt(calls.min() * calls.max())  # names lie inside of the picture, on either half
        line = 0.05 * (high.max() - low.min())
        written: list[tuple[bool, float]] = []
        for at, level, name in zip(calls[told], value[told], _names(rows[told]), strict=True):
            left = bool(at < middle)
            if any(half == left and abs(level - other) < line for half, other in written):
                continue  # names would lie over each other: the one with more calls is written
            written.append((left, level))
            ax.annotate(
                fonts.shown(name, 24),
                (at, level),
                (6 if left else -6, 0),
                textcoords="offset points",
                ha="left" if left else "right",
                va="center",
                fontsize=8.5,
                bbox=style.OVER_LINES,
            )
        _log_calls(ax)
        writing.money_axis(ax, "y")
        ax.set_ylabel("value per call, shrunken [USD]")
        many = int(above.sum())
        style.title(
            ax,
            f"Of {len(rows)} keywords {many} above the average, {int(below.sum())} below",
            f"line: interval; dashed: average {writing.money(average)}; coloured: interval beside it",
        )
    return ax


def keyword_shrinkage(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw shrunken values over raw ones: the fewer the calls, the nearer to what siblings say.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.analysis.keywords.keyword_value`: the numbers behind the picture.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> values = pd.DataFrame({"keyword": ["roof", "car"], "path": ["1 > 2", "1 > 3"], "call_count": [90, 2],
    ...     "value_per_call": [8.0, 30.0], "value_per_call_shrunken": [7.5, 8.5]})
    >>> keyword_shrinkage(values).get_title(loc="left")
    'Raw values from $8.00 to $30.00, shrunken from $7.50 to $8.50'
    """
    rows = _named(table, "value_per_call", "value_per_call_shrunken")
    with style.styled():
        ax = style.axes(ax, 8.2, 4.4)
        if rows.empty:
            return style.nothing(ax)
        raw, shrunken, calls = (
            rows[name].to_numpy(dtype=float)
            for name in ("value_per_call", "value_per_call_shrunken", "call_count")
        )
        bands = ((0.0, 5.0, style.FAINT), (5.0, 30.0, style.SKY), (30, np.inf, style.BLUE))
        for low, high, colour in bands:
            some = (calls > low) & (calls <= high)
            end = f"to {high:.0f}" if np.isfinite(high) else "and more"
            label = f"{low + 1:.0f} {end} calls ({writing.count(int(some.sum()))})"
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
        ax.plot(ends, ends, color=style.INK, linewidth=0.9, linestyle=(0, (3, 2)), zorder=4)
        ax.legend(loc="upper left", fontsize=8.5)
        writing.money_axis(ax, "x")
        writing.money_axis(ax, "y")
        ax.set_xlabel("value per call, its own calls alone [USD]")
        ax.set_ylabel("value per call, shrunken [USD]")
        told = [writing.money(float(end(side))) for side in (raw, shrunken) for end in (np.min, np.max)]
        style.title(
            ax,
            "Raw values from {} to {}, shrunken from {} to {}".format(*told),
            "dashed: nothing shrunken; the fewer the calls, the less of the own value is believed",
        )
    return ax


def rank_bands(table: pd.DataFrame, ax: Axes | None = None, *, top: int = 15) -> Axes:
    """Draw margin between the surest matches alone and all matches, and what the weights believe.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.analysis.keywords.keywords` with weights: the numbers behind the picture.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.
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
    'Margin: rank 1 alone $60.00, weighted $80.00, all ranks $100'
    """
    rows = _named(table, "weighted_margin").sort_values("margin", ascending=False, kind="stable").head(top)
    with style.styled():
        ax = style.axes(ax, 8.2, 1.6 + 0.34 * max(len(rows), 5))
        if rows.empty:
            return style.nothing(ax)
        places = -np.arange(len(rows), dtype=float)
        sure, weighed, every = (
            rows[name].to_numpy(dtype=float) for name in ("margin_rank_1", "weighted_margin", "margin")
        )
        ax.hlines(places, sure, every, color=style.SKY, linewidth=7, alpha=0.7)
        ax.scatter(sure, places, marker="|", s=110, color=style.INK, zorder=3)
        ax.scatter(weighed, places, s=34, color=style.BLUE, zorder=4)
        for place, end, level in zip(places, np.maximum(sure, every), weighed, strict=True):
            writing.beside(ax, end, place, writing.money(level))
        writing.name_ticks(ax, "y", places, _names(rows))
        ax.margins(x=0.12)
        ax.set_ylim(places.min() - 0.7, 0.7)
        writing.money_axis(ax, "x")
        ax.set_xlabel("margin [USD]")
        sums = [writing.money(float(part.sum())) for part in (sure, weighed, every)]
        style.title(
            ax,
            "Margin: rank 1 alone {}, weighted {}, all ranks {}".format(*sums),
            "tick: rank 1 alone; end of the bar: all ranks; dot: each call weighted by its rank",
        )
    return ax


def profit_bars(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the margin of each hour or device in the order of the table, with the margin of a call.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.analysis.keywords.keywords` of "hour" or "device": the numbers behind the picture.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> table = pd.DataFrame({"device": ["mobile", None], "call_count": [9, 1], "margin": [45.0, -2.0],
    ...                       "margin_per_call": [5.0, -2.0]})
    >>> profit_bars(table).get_title(loc="left")
    'Margin by device: most at mobile, $45.00'
    """
    key = str(table.columns[0])
    rows = table[table["call_count"] > 0]
    with style.styled():
        ax = style.axes(ax, 8.2, 3.6)
        if rows.empty:
            return style.nothing(ax)
        places, margin = np.arange(len(rows)), rows["margin"].to_numpy(dtype=float)
        few = len(rows) <= 8
        ax.bar(places, margin, width=0.72, color=np.where(margin >= 0, style.GAIN, style.LOSS))
        ax.axhline(0, color=style.GREY, linewidth=0.8)
        for place, level, each in zip(places, margin, as_floats(rows["margin_per_call"]), strict=True):
            ax.annotate(
                writing.money(float(each)),
                (place, max(level, 0)),
                (0, 3),
                textcoords="offset points",
                ha="center",
                rotation=0 if few else 90,
                fontsize=9 if few else 7.5,
                color=style.MUTED,
            )
        names = writing.row_names(rows, [key])
        writing.name_ticks(ax, "x", places, names, limit=14)
        ax.margins(y=0.12 if few else 0.18)
        writing.money_axis(ax, "y")
        ax.set_ylabel("margin [USD]")
        word = key.removeprefix("call_").removeprefix("vt_")
        ax.set_xlabel("hour [h, Eastern]" if word == "hour" else word.replace("_", " "))
        best = int(margin.argmax())
        where = f"{names[best]}:00" if word == "hour" else names[best]
        style.title(
            ax,
            f"Margin by {word.replace('_', ' ')}: most at {where}, {writing.money(float(margin[best]))}",
            "above the bars: margin per call [USD]",
        )
    return ax


def _named(table: pd.DataFrame, *needed: str) -> pd.DataFrame:
    """Rows that belong to a keyword and know what is drawn of them."""
    kept = table["path"].notna() & table[list(needed)].notna().all(axis=1)
    return table[kept & (table["call_count"] > 0)] if "call_count" in table else table[kept]


def _names(rows: pd.DataFrame) -> list[str]:
    """Name rows by their text, or by their last id where there is none."""
    names = rows["path"].astype("str").str.rsplit(" > ", n=1).str[-1]
    for column in reversed(_LABELS):
        if column in rows:
            names = rows[column].astype("str").fillna(names)
    return [fonts.shown(name, 40) for name in names]


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
    writing.count_axis(ax, "x")
    ax.set_xlabel("calls, logarithmic [calls]")
