"""The week by hour, and the states on a grid of tiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dtanalytics.errors import InputError, SchemaError
from dtanalytics.metrics.dictionary import is_additive
from dtanalytics.metrics.labels import heading_of
from dtanalytics.plots import layout, numbers, style, writing
from dtanalytics.plots.picture import Empty, Size, picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@picture
def heatmap(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    metric: str = "call_count",
    figsize: Size = None,
    title: str | None = None,
    currency: str | None = None,
) -> Axes:
    """Draw a metric by weekday and hour.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.analysis.money.heatmap.heatmap`: weekdays down, hours across; the numbers behind the
        picture.
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
    'Calls came to 12, most on Tuesday at 9:00 (12)'
    """
    if not all(map(pd.api.types.is_numeric_dtype, table.dtypes)):
        raise SchemaError("table is not what heatmap draws: weekdays down, hours across, nothing but numbers")
    values = table.to_numpy(dtype=float, na_value=np.nan)
    if not np.isfinite(values).any():
        raise Empty
    ax = style.axes(ax, 9.2, 3.4)
    colours, norm = _scale(values)
    image = ax.imshow(values, cmap=colours, norm=norm, aspect="auto")
    for y in range(values.shape[0] - 1):
        ax.axhline(y + 0.5, color=style.paper(), linewidth=1.5)
    for x in range(values.shape[1] - 1):
        ax.axvline(x + 0.5, color=style.paper(), linewidth=1.5)
    row, column = divmod(int(np.nanargmax(values)), values.shape[1])
    write = numbers.writer(metric)
    writing.name_ticks(ax, "y", range(len(table)), table.index)
    hours = range(0, table.shape[1], 3)
    ax.set_xticks(hours, labels=[f"{table.columns[hour]}:00" for hour in hours])
    ax.set_xlabel("hour of the day [Eastern]")
    ax.tick_params(length=0)
    for side in ax.spines.values():
        side.set_visible(False)
    _bar(ax, image, metric)
    peak = f"{table.index[row]} at {table.columns[column]}:00 ({write(values[row, column])})"
    layout.title(ax, f"{whole(metric, values)} on {peak}", _empty_note(values))
    order = np.argsort(-np.nan_to_num(values.ravel(), nan=-np.inf), kind="stable")[
        : int(np.isfinite(values).sum())
    ]
    for place in dict.fromkeys([*order[:5], *order[-1:]]):
        day, hour = divmod(int(place), values.shape[1])
        value = write(values[day, hour])
        style.now().facts.append(f"{table.index[day]} {table.columns[hour]}:00: {value}")
    return ax


def whole(metric: str, values: Any) -> str:
    """Begin a sentence about where a metric is highest, with its sum over all calls where it adds up.

    Examples
    --------
    >>> whole("call_count", [3.0, 4.0]), whole("margin_rate", [0.5, 0.25])
    ('Calls came to 7, most', 'Margin rate peaked')
    """
    return f"{summed(metric, values)}, most" if adds_up(metric) else f"{heading_of(metric)} peaked"


def summed(metric: str, values: Any) -> str:
    """Say what a metric that adds up comes to over all calls.

    Examples
    --------
    >>> summed("call_count", [3.0, 4.0])
    'Calls came to 7'
    """
    total = float(np.nansum(np.asarray(values, dtype=float)))
    return f"{heading_of(metric)} came to {numbers.writer(metric)(total)}"


def adds_up(metric: str) -> bool:
    """Tell whether the values of groups add up to that of all; what is no metric by its name does not."""
    try:
        return is_additive(metric)
    except InputError:
        return False


def _empty_note(values: Any) -> str:
    return "pale: no calls to take a rate of" if np.isnan(values).any() else ""


def _scale(values: Any) -> tuple[Any, Any]:
    """Blues from 0 for what is never negative; else blue against red about 0."""
    import matplotlib as mpl
    from matplotlib.colors import Normalize

    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    name = style.DIVERGING if low < 0 else style.SEQUENTIAL
    bound = max(abs(low), abs(high)) or 1.0
    colours = mpl.colormaps[name].with_extremes(bad=style.faint())
    return colours, Normalize(-bound if low < 0 else 0.0, bound)


def _bar(ax: Axes, image: Any, metric: str) -> None:
    beside = ax.inset_axes(
        (1.015, 0.0, 0.02, 1.0)
    )  # inside of the picture's own room, on a page of several too
    bar = ax.figure.colorbar(image, cax=beside)
    bar.outline.set_visible(False)
    quiet = style.muted(style.now().margin)
    bar.ax.tick_params(length=0, labelsize=style.points(8.5), labelcolor=quiet)
    numbers.metric_axis(bar.ax, "y", metric)
    bar.set_label(writing.labelled(metric), color=quiet, fontsize=style.points(9))


@picture
def state_map(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    metric: str = "margin",
    figsize: Size = None,
    title: str | None = None,
    currency: str | None = None,
) -> Axes:
    """Draw a metric of each state on a grid of tiles of one size.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.analysis.money.state_map.state_map`: the numbers behind the picture.
    metric : str, default "margin"
        Column to draw.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> calls = pd.DataFrame({"lf_state": ["TX", "TX", "NY"]})
    >>> table = calls.calls.state_map("call_count")
    >>> state_map(table, metric="call_count").get_title(loc="left")
    'Calls came to 3, most in Texas (2)'
    """
    from matplotlib.colors import to_hex
    from matplotlib.patches import FancyBboxPatch

    tiles = table[table["row"].notna()]
    values = tiles[metric].to_numpy(dtype=float, na_value=np.nan)
    values = np.where(tiles["call_count"].to_numpy() > 0, values, np.nan)
    if not np.isfinite(values).any():
        raise Empty
    ax = style.axes(ax, 7.6, 5.2)
    colours, norm = _scale(values)
    write = numbers.writer(metric)
    for code, y, x, value in zip(tiles["state"], tiles["row"], tiles["column"], values, strict=True):
        known = np.isfinite(value)
        face = to_hex(colours(norm(value))) if known else style.faint()
        ink = style.on(face) if known else style.legible(style.GREY, face)
        box = FancyBboxPatch((x - 0.45, -y - 0.45), 0.9, 0.9, boxstyle="round,pad=0,rounding_size=0.08",
                             facecolor=face, linewidth=0)  # fmt: skip
        ax.add_patch(box)
        ax.text(
            x,
            -y + 0.12,
            code,
            ha="center",
            va="center",
            color=ink,
            fontsize=style.points(9),
            fontweight="bold",
        )
        if known:
            text = write(value).replace(".00", "") if abs(value) >= 10 else write(value)
            ax.text(x, -y - 0.22, text, ha="center", va="center", color=ink, fontsize=style.points(6.8))
    ax.set(xlim=(-0.5, 10.5), ylim=(-7.5, 0.5), aspect="equal")
    style.bare(ax)
    for place in np.argsort(-np.nan_to_num(values, nan=-np.inf), kind="stable")[
        : min(10, np.isfinite(values).sum())
    ]:
        style.now().facts.append(f"{tiles['name'].iloc[place]}: {write(values[place])}")
    best = tiles.iloc[int(np.nanargmax(values))]
    head = whole(metric, table[metric].to_numpy(dtype=float, na_value=np.nan))
    elsewhere = table.loc[table["row"].isna(), "call_count"].sum()
    note = (
        f"{numbers.count(elsewhere)} calls from elsewhere or nowhere known are not drawn" if elsewhere else ""
    )
    layout.title(ax, f"{head} in {best['name']} ({write(best[metric])})", note)
    return ax
