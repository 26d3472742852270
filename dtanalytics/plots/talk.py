"""How long callers talk, beside the buffers from which calls qualify."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dtanalytics.plots import layout, numbers, style, writing
from dtanalytics.plots.picture import Empty, Size, picture
from dtanalytics.plots.ranked import check_top, notes, some_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@picture
def durations(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    buffers: pd.DataFrame | None = None,
    figsize: Size = None,
    title: str | None = None,
    currency: str | None = None,
) -> Axes:
    """Draw how many connected calls talked how long, and how many of them qualified.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.analysis.supply.talk.durations` (several groups are added up): the numbers behind the
        picture.
    buffers : pandas.DataFrame, optional
        `dtanalytics.analysis.supply.talk.buffers`: drawn as lines.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> table = pd.DataFrame({"seconds_from": [0, 60], "seconds_to": [10, 70], "call_count": [5, 8],
    ...                       "offer_qualified_count": [0, 7]})
    >>> durations(table).get_title(loc="left")
    '7 of 13 connected calls qualified'
    """
    if table.empty:
        raise Empty("no connected call")
    ax = style.axes(ax, 8.4, 4.2)
    names = ["call_count", "offer_qualified_count"]
    rows = table.groupby(["seconds_from"], as_index=False)[names].sum()
    width = float((table["seconds_to"] - table["seconds_from"]).dropna().min()) if len(table) else 10.0
    at = rows["seconds_from"].to_numpy(dtype=float)
    every, yes = (rows[name].to_numpy(dtype=float) for name in names)
    ax.bar(at, every, width=width * 0.92, align="edge", color=style.faint())
    ax.bar(at, yes, width=width * 0.92, align="edge", color=style.BLUE)
    top = float(every.max())
    last = table.loc[table["seconds_to"].isna(), "seconds_from"]
    if len(last):
        start = float(last.iloc[0])
        ax.annotate(
            "and longer",
            (start + width / 2, every[at == start].sum()),
            (0, 4),
            textcoords="offset points",
            ha="center",
            fontsize=style.points(8),
            color=style.muted(),
        )
    ax.set(xlim=(0, at.max() + width * 1.5), ylim=(0, top * 1.2))
    if buffers is not None:
        _buffer_lines(ax, buffers, top)
    ax.set(xlabel=f"talk time, in classes of {width:.0f} s [s]", ylabel="connected calls")
    ax.set_xticks(np.arange(0, at.max() + width, 60 if at.max() <= 900 else 300))
    numbers.count_axis(ax, "y")
    style.grid(ax, "y")
    calls, qualified = numbers.count(every.sum()), numbers.count(yes.sum())
    head = f"{qualified} of {calls} connected calls qualified"
    buffered = "dashed: buffers" if buffers is not None else ""
    layout.title(ax, head, notes("blue: the advertiser pays; pale: it does not", buffered))
    for start, many, some in zip(at, every, yes, strict=True):
        style.now().facts.append(
            f"from {start:.0f} s: {numbers.count(many)}, {numbers.count(some)} of them paid for"
        )
    return ax


def _buffer_lines(ax: Axes, buffers: pd.DataFrame, top: float) -> None:
    """One line a length, and at the right the names that have it."""
    keys = list(buffers.columns[: buffers.columns.get_loc("connected_count")])
    buffers = writing.public(buffers, keys)
    known = buffers[buffers["buffer"].notna()]
    written = -np.inf
    near = 0.02 * (ax.get_xlim()[1] - ax.get_xlim()[0])  # numbers over each other: the list has them all
    for number, seconds in enumerate(sorted(known["buffer"].astype(int).unique())):
        rows = known[known["buffer"] == seconds]
        names = writing.apart(writing.row_names(rows, keys), 20)
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        ax.plot(
            [seconds, seconds], [0, top * 1.06], color=style.VERMILION, linewidth=1, linestyle=(0, (4, 3))
        )
        if seconds - written > near:
            ax.text(
                seconds,
                top * 1.08,
                f"{seconds}",
                ha="center",
                fontsize=style.points(8),
                color=style.legible(style.VERMILION),
            )
            written = seconds
        ax.annotate(
            f"{seconds} s  {', '.join(names[:3])}{more}",
            (0.36, 1),
            (0, -8 - style.points(13) * number),
            xycoords="axes fraction",
            textcoords="offset points",
            va="top",
            fontsize=style.points(8),
            color=style.legible(style.VERMILION),
        )


@picture
def survival(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    longest: float = 900,
    top: int = 6,
    figsize: Size = None,
    title: str | None = None,
    currency: str | None = None,
) -> Axes:
    """Draw the share of connected calls that talk longer than a time, with its interval.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.analysis.supply.talk.survival`: the numbers behind the picture.
    longest : float, default 900 [s]
        Where the picture ends.
    top : int, default 6
        Most groups, those with the most calls.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> table = pd.DataFrame({"seconds": [5, 60], "at_risk": [3, 2], "ended": [1, 2],
    ...                       "survival": [2 / 3, 0.0], "survival_low": [0.2, 0.0],
    ...                       "survival_high": [0.9, 0.6]})
    >>> survival(table).get_title(loc="left")
    'Half of the calls talk longer than 60 s'
    """
    keys = list(table.columns[: table.columns.get_loc("seconds")])
    table = writing.public(table, keys)
    if table.empty:
        raise Empty("no connected call")
    check_top(top)
    ax = style.axes(ax, 8.4, 4.2)
    groups = list(table.groupby(keys, observed=True, dropna=False, sort=False)) if keys else [((), table)]
    groups.sort(key=lambda group: -group[1]["at_risk"].max())
    labels = []
    for place, (names, rows) in enumerate(groups[:top]):
        colour = style.series(place)
        time = np.append(0.0, rows["seconds"])
        curve, low, high = (
            np.append(1.0, rows[name]) for name in ("survival", "survival_low", "survival_high")
        )
        ax.fill_between(time, low, high, step="post", color=colour, alpha=0.18, linewidth=0)
        ax.step(time, curve, where="post", color=colour)
        if keys:
            labels.append((_median(rows), _text(keys, names), colour))
    ax.axhline(0.5, color=style.GREY, linewidth=0.8, linestyle=(0, (1, 2)))
    end = min(longest, float(table["seconds"].max()))
    for place, (median, text, colour) in enumerate(sorted(labels, reverse=True)):
        ax.annotate(
            f"{text}, {_half(median)}",
            (1, 1),
            (-4, -6 - style.points(15) * place),
            xycoords="axes fraction",
            textcoords="offset points",
            ha="right",
            va="top",
            color=style.legible(colour),
            fontsize=style.points(9),
        )
    ax.set(
        xlim=(0, end),
        ylim=(0, 1),
        xlabel="talk time [s]",
        ylabel="share of connected calls that talk longer",
    )
    numbers.percent_axis(ax, "y")
    style.grid(ax, "y")
    every = [(_median(rows), _text(keys, names)) for names, rows in groups]  # drawn or not
    head = _longest(every) if keys else _typical(_median(table))
    some = some_of(min(top, len(groups)), len(groups))
    layout.title(ax, head, notes(some, "Kaplan and Meier's curve with its 95 % interval"))
    return ax


def _text(keys: list[Any], names: Any) -> str:
    return " · ".join(writing.value_name(key, name, 60) for key, name in zip(keys, names, strict=True))


def _longest(groups: list[tuple[float, str]]) -> str:
    """Say whose calls are the longest; where more than half outlast the longest time seen, longest of all."""
    median, name = max(groups, key=lambda one: one[0] if np.isfinite(one[0]) else np.inf)
    return f"Calls of {name} talk longest, {_half(median)}"


def _typical(median: float) -> str:
    if np.isfinite(median):
        return f"Half of the calls talk longer than {median:.0f} s"
    return f"Of all calls {_half(median)} talk on"


def _half(median: float) -> str:
    return f"half over {median:.0f} s" if np.isfinite(median) else "more than half to the longest time seen"


def _median(rows: pd.DataFrame) -> float:
    """Shortest time that at most half of the calls outlast [s]."""
    return float(rows.loc[rows["survival"] <= 0.5, "seconds"].min())
