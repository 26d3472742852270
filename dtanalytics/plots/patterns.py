"""The week by hour, metrics over time, and the states on a grid of tiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dtanalytics.plots import fonts, style, writing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NO_VALUE = "#f2f4f6"


def heatmap(table: pd.DataFrame, ax: Axes | None = None, *, metric: str = "call_count") -> Axes:
    """Draw a metric by weekday and hour.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.analysis.money.overview.heatmap`: weekdays down, hours across; the numbers behind the
        picture.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.
    metric : str, default "call_count"
        What the table holds, for the labels.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> week = pd.DataFrame(0, index=["Monday", "Tuesday"], columns=range(24))
    >>> week.loc["Tuesday", 9] = 12
    >>> heatmap(week).get_title(loc="left")
    'call_count: most on Tuesday at 9:00 (12)'
    """
    values = table.to_numpy(dtype=float, na_value=np.nan)
    with style.styled():
        ax = style.axes(ax, 9.2, 3.4)
        if not np.isfinite(values).any():
            return style.nothing(ax)
        colours, norm = _scale(values)
        image = ax.imshow(values, cmap=colours, norm=norm, aspect="auto")
        for y in range(values.shape[0] - 1):
            ax.axhline(y + 0.5, color=style.PAPER, linewidth=1.5)
        for x in range(values.shape[1] - 1):
            ax.axvline(x + 0.5, color=style.PAPER, linewidth=1.5)
        row, column = divmod(int(np.nanargmax(values)), values.shape[1])
        write = writing.writer(metric)
        writing.name_ticks(ax, "y", range(len(table)), table.index)
        hours = range(0, table.shape[1], 3)
        ax.set_xticks(hours, labels=[f"{table.columns[hour]}:00" for hour in hours])
        ax.set_xlabel("hour of the day [Eastern]")
        ax.tick_params(length=0)
        for side in ax.spines.values():
            side.set_visible(False)
        _bar(ax, image, metric)
        peak = f"{table.index[row]} at {table.columns[column]}:00 ({write(values[row, column])})"
        style.title(ax, f"{metric}: most on {peak}", _empty_note(values))
    return ax


def _empty_note(values: Any) -> str:
    return "pale: no calls to take a rate of" if np.isnan(values).any() else ""


def _scale(values: Any) -> tuple[Any, Any]:
    """Blues from 0 for what is never negative; else blue against red about 0."""
    import matplotlib as mpl
    from matplotlib.colors import Normalize

    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    name = style.DIVERGING if low < 0 else style.SEQUENTIAL
    bound = max(abs(low), abs(high)) or 1.0
    colours = mpl.colormaps[name].with_extremes(bad=_NO_VALUE)
    return colours, Normalize(-bound if low < 0 else 0.0, bound)


def _bar(ax: Axes, image: Any, metric: str) -> None:
    bar = ax.figure.colorbar(image, ax=ax, fraction=0.025, pad=0.015, aspect=18)
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0)
    writing.metric_axis(bar.ax, "y", metric)
    bar.set_label(writing.labelled(metric), color=style.MUTED, fontsize=9)


def trend(table: pd.DataFrame, ax: Axes | None = None, *, metric: str = "margin", top: int = 6) -> Axes:
    """Draw a metric over time; what may still change is dashed.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.analysis.money.patterns.trend` (or of `overview`): the period, groups, metrics; the
        numbers behind the picture.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.
    metric : str, default "margin"
        Column to draw.
    top : int, default 6
        Most groups that are named, the largest in all; others are grey.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> days = pd.date_range("2026-10-01", periods=4, unit="us")
    >>> table = pd.DataFrame({"call_day": days, "margin": [10.0, 12.0, 9.0, 4.0],
    ...                       "is_mature": [True, True, False, False]})
    >>> trend(table).get_ylabel()
    'margin [USD]'
    """
    period = str(table.columns[0])
    keys = _groups(table)
    table = writing.public(table, keys)
    with style.styled():
        ax = style.axes(ax, 8.8, 4.0)
        if table.empty:
            return style.nothing(ax)
        lines = list(table.groupby(keys, observed=True, dropna=False, sort=False)) if keys else [((), table)]
        lines.sort(
            key=lambda line: -np.nansum(np.abs(line[1][metric].to_numpy(dtype=float, na_value=np.nan)))
        )
        ends: list[tuple[Any, float, str, str]] = []
        for place, (names, rows) in enumerate(lines):
            named = place < top
            colour = style.PALETTE[place % len(style.PALETTE)] if named else style.FAINT
            settled = (
                rows["is_mature"].to_numpy(dtype=bool) if "is_mature" in rows else np.ones(len(rows), bool)
            )
            value = rows[metric].to_numpy(dtype=float, na_value=np.nan)
            first, last = _solid(settled)
            look: dict[str, Any] = {"color": colour, "zorder": 3 if named else 1}
            ax.plot(rows[period][first:last], value[first:last], **look)
            for part in (slice(0, first + 1), slice(max(last - 1, 0), len(rows))):
                ax.plot(rows[period][part], value[part], linestyle=(0, (2, 1.5)), **look)
            if named and keys and np.isfinite(value[-1]):
                text = " · ".join(fonts.shown(name, 24) for name in names)
                ends.append((rows[period].iloc[-1], float(value[-1]), text, colour))
        if not np.nanmin(table[metric].to_numpy(dtype=float, na_value=np.nan)) < 0:
            ax.set_ylim(0, None)
        writing.line_ends(ax, ends)
        writing.metric_axis(ax, "y", metric)
        _dates(ax)
        ax.set_ylabel(writing.labelled(metric))
        ax.grid(visible=True, axis="y")
        note = (
            "dashed: periods that are cut off, or recent and may still change" if "is_mature" in table else ""
        )
        by = f" by {', '.join(keys)}" if keys else ""
        style.title(ax, f"{metric}{by}, {_step(period)}", note)
    return ax


def _solid(settled: Any) -> tuple[int, int]:
    """Where the mature periods begin and end; at the end of all when there are none."""
    firm = np.flatnonzero(settled)
    return (int(firm[0]), int(firm[-1]) + 1) if len(firm) else (len(settled), len(settled))


def _groups(table: pd.DataFrame) -> list[str]:
    """Columns between the period and the first measure: names, not numbers."""
    names = []
    for name in table.columns[1:]:
        if pd.api.types.is_numeric_dtype(table[name].dtype):
            break
        names.append(str(name))
    return names


def _step(period: str) -> str:
    words = {"call_day": "daily", "week": "weekly", "month": "monthly", "quarter": "quarterly"}
    return words.get(period, f"by {period}")


def _dates(ax: Axes) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator: Any = AutoDateLocator(minticks=4, maxticks=9)  # type: ignore[no-untyped-call]  # untyped there
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]  # untyped there


def state_map(table: pd.DataFrame, ax: Axes | None = None, *, metric: str = "margin") -> Axes:
    """Draw a metric of each state on a grid of tiles of one size.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.analysis.money.patterns.state_map`: the numbers behind the picture.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.
    metric : str, default "margin"
        Column to draw.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from dtanalytics.analysis import patterns
    >>> table = patterns.state_map(pd.DataFrame({"lf_state": ["TX", "TX", "NY"]}), "call_count")
    >>> state_map(table, metric="call_count").get_title(loc="left")
    'call_count by state: most in Texas (2)'
    """
    from matplotlib.patches import FancyBboxPatch

    tiles = table[table["row"].notna()]
    values = tiles[metric].to_numpy(dtype=float, na_value=np.nan)
    values = np.where(tiles["call_count"].to_numpy() > 0, values, np.nan)
    with style.styled():
        ax = style.axes(ax, 7.6, 5.2)
        if not np.isfinite(values).any():
            return style.nothing(ax)
        colours, norm = _scale(values)
        write = writing.writer(metric)
        for code, y, x, value in zip(tiles["state"], tiles["row"], tiles["column"], values, strict=True):
            known = np.isfinite(value)
            face: Any = colours(norm(value)) if known else _NO_VALUE
            light = 0.299 * face[0] + 0.587 * face[1] + 0.114 * face[2] > 0.55 if known else True
            ink = style.INK if known and light else style.PAPER if known else style.GREY
            box = FancyBboxPatch((x - 0.45, -y - 0.45), 0.9, 0.9, boxstyle="round,pad=0,rounding_size=0.08",
                                 facecolor=face, linewidth=0)  # fmt: skip
            ax.add_patch(box)
            ax.text(x, -y + 0.12, code, ha="center", va="center", color=ink, fontsize=9, fontweight="bold")
            if known:
                text = write(value).replace(".00", "") if abs(value) >= 10 else write(value)
                ax.text(x, -y - 0.22, text, ha="center", va="center", color=ink, fontsize=6.8)
        ax.set(xlim=(-0.5, 10.5), ylim=(-7.5, 0.5), aspect="equal")
        style.bare(ax)
        best = tiles.iloc[int(np.nanargmax(values))]
        elsewhere = table.loc[table["row"].isna(), "call_count"].sum()
        note = (
            f"{writing.count(elsewhere)} calls from elsewhere or nowhere known are not drawn"
            if elsewhere
            else ""
        )
        style.title(ax, f"{metric} by state: most in {best['name']} ({write(best[metric])})", note)
    return ax
