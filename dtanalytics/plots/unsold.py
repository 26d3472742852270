"""Where calls go, and where capacity would keep the most margin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dtanalytics.metrics.labels import label_of
from dtanalytics.plots import fonts, layout, numbers, style, writing
from dtanalytics.plots.picture import Empty, Size, picture
from dtanalytics.plots.ranked import ceiling, notes, ranked

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = {
    "Connected": style.BLUE,
    "No Buyer": style.VERMILION,
    "Affiliate Cap": style.ORANGE,
    "Hang Up": style.PURPLE,
}
_LEFT, _MIDDLE, _RIGHT, _WIDTH, _GAP = 0.0, 0.36, 0.7, 0.022, 0.05


@picture
def unsold_flow(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    figsize: Size = None,
    title: str | None = None,
    currency: str | None = None,
) -> Axes:
    """Draw how calls part into connected and unsold ones, and which of these came back.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.analysis.supply.unsold.unsold` without `by` (several groups are added up): the numbers
        behind the picture.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> unsold = pd.DataFrame({
    ...     "lead_status": ["No Buyer"], "call_count": [20], "group_call_count": [100],
    ...     "recovered_count": [5], "lost_count": [15], "recovered_margin": [60.0],
    ...     "expected_margin_lost": [180.0],
    ... })
    >>> unsold_flow(unsold).get_title(loc="left")
    '20 of 100 calls were unsold, with about $180 of margin lost'
    """
    keys = list(table.columns[: table.columns.get_loc("lead_status")])
    whole = table.drop_duplicates(keys) if keys else table.head(1)
    calls = int(whole["group_call_count"].sum())
    measures = ["call_count", "recovered_count", "lost_count", "recovered_margin", "expected_margin_lost"]
    rows = table.groupby("lead_status", sort=False, observed=True)[measures].sum()
    rows = rows.sort_values("call_count", ascending=False, kind="stable")
    if not calls:
        raise Empty
    ax = style.axes(ax, 8.4, 4.8)
    unsold = int(rows["call_count"].sum())
    style.bare(ax)
    _block(ax, _LEFT, 0, 1, style.TOTAL)
    ax.text(
        _LEFT + 0.035,
        0.5,
        f"all calls\n{numbers.count(calls)}",
        va="center",
        color=style.on(style.TOTAL),
        fontweight="bold",
        fontsize=style.points(10),
        linespacing=1.4,
    )
    scale = 1.0 / calls
    spread = _GAP * len(rows)
    source, target = 1.0, 1.0 + spread
    source, target = _stream(
        ax, _LEFT, source, _MIDDLE, target, (calls - unsold) * scale, _COLOURS["Connected"]
    )
    sold = calls - unsold
    text = f"Connected  {numbers.count(sold)}{_share(sold * scale)}"
    _caption(ax, _MIDDLE, target + sold * scale / 2, text)
    ends: list[tuple[float, float, str]] = []
    for number, (status, row) in enumerate(rows.iterrows()):
        colour = _COLOURS.get(str(status), style.GREY)
        size = float(row["call_count"]) * scale
        source, target = _stream(ax, _LEFT, source, _MIDDLE, target - _GAP, size, colour)
        inner = target + size
        lift = _GAP * 0.18 * (len(rows) - number)
        for kind, word, money in (
            ("recovered_count", "came back", row["recovered_margin"]),
            ("lost_count", "lost", row["expected_margin_lost"]),
        ):
            part = float(row[kind]) * scale
            inner, _ = _stream(ax, _MIDDLE + _WIDTH, inner, _RIGHT, inner + lift, part, colour, alpha=0.28)
            about = "about " if kind == "lost_count" else "with "
            ends.append(
                (
                    inner + lift + part / 2,
                    part,
                    f"{numbers.count(row[kind])} {word}, {about}{numbers.money(money)}",
                )
            )
            lift -= _GAP * 0.5
        text = f"{fonts.shown(status, 22)}  {numbers.count(row['call_count'])}{_share(size)}"
        _caption(ax, _MIDDLE, target + size / 2, text)
    _spread_labels(ax, ends)
    ax.set(xlim=(-0.005, 1.06), ylim=(min(-spread * 0.5, target - 0.05), 1.02 + spread))
    head = f"{numbers.count(unsold)} of {numbers.count(calls)} calls were unsold"
    lost = numbers.money(float(rows["expected_margin_lost"].sum()))
    note = "widths are calls; lost calls are valued at what like calls brought"
    layout.title(ax, f"{head}, with about {lost} of margin lost", note)
    return ax


def _block(ax: Axes, left: float, bottom: float, height: float, colour: str) -> None:
    from matplotlib.patches import Rectangle

    width = 0.13 if left == _LEFT else _WIDTH
    ax.add_patch(Rectangle((left, bottom), width, height, color=colour, linewidth=0))


def _stream(
    ax: Axes,
    start: float,
    top: float,
    end: float,
    end_top: float,
    size: float,
    colour: str,
    alpha: float = 0.45,
) -> tuple[float, float]:
    """Draw a band from one column to the next; the lower ends of both sides come back."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    begin = start + (0.13 if start == _LEFT else 0)
    half = (begin + end) / 2
    low, end_low = top - size, end_top - size
    points = [
        (begin, top), (half, top), (half, end_top), (end, end_top),
        (end, end_low), (half, end_low), (half, low), (begin, low), (begin, top),
    ]  # fmt: skip
    codes = [1, 4, 4, 4, 2, 4, 4, 4, 79]
    if size:
        ax.add_patch(PathPatch(Path(points, codes), facecolor=colour, alpha=alpha, linewidth=0))
        _block(ax, end, end_low, size, colour)
    return low, end_low


def _share(value: float) -> str:
    """The share beside a number of calls, where there is room for it."""
    return f"  ({numbers.percent(value, 1)})" if style.now().scale > 0.9 else ""


def _caption(ax: Axes, left: float, middle: float, text: str) -> None:
    ax.text(left + _WIDTH + 0.008, middle, text, va="center", fontsize=style.points(9), color=style.ink())


def _spread_labels(ax: Axes, ends: list[tuple[float, float, str]], least: float = 0.052) -> None:
    """Write the labels at the right side by side with their bands, none over another."""
    ends = sorted((end for end in ends if end[1] > 0), key=lambda end: -end[0])
    heights = [end[0] for end in ends]
    for row in range(1, len(heights)):
        heights[row] = min(heights[row], heights[row - 1] - least)
    for (_, _, text), height in zip(ends, heights, strict=True):
        ax.text(
            _RIGHT + _WIDTH + 0.01, height, text, va="center", fontsize=style.points(8.5), color=style.ink()
        )


@picture
def capacity_to_buy(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    top: int = 15,
    figsize: Size = None,
    title: str | None = None,
    currency: str | None = None,
) -> Axes:
    """Draw where more capacity would keep the most margin.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.analysis.supply.unsold.capacity_to_buy`: the numbers behind the picture.
    top : int, default 15
        Most groups, those with the most margin lost; all others are one.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> table = pd.DataFrame({"lf_state": ["FL"], "call_hour": [21], "lost_count": [72],
    ...                       "lost_per_day": [0.9], "expected_margin_lost": [917.0],
    ...                       "expected_margin_lost_low": [721.0],
    ...                       "expected_margin_lost_high": [1112.0]})
    >>> capacity_to_buy(table).get_title(loc="left")
    'About $917 was lost for want of capacity, most at FL · 21:00'
    """
    keys: list[Any] = list(table.columns[: table.columns.get_loc("lost_count")])
    if table.empty:
        raise Empty("no call was lost")
    known = table[table["expected_margin_lost"].notna()]
    if known.empty:
        raise Empty("no call was connected: nothing says what the lost ones were worth")
    drawn = ranked(known, keys, "expected_margin_lost", ["expected_margin_lost", "lost_per_day"], top)
    rows, names = drawn.rows, drawn.names
    ax = style.axes(ax, 7.8, 1.3 + 0.3 * max(len(rows), 3))
    places = -np.arange(len(rows), dtype=float)
    middle = rows["expected_margin_lost"].to_numpy(dtype=float)
    low, high = (rows[f"expected_margin_lost_{end}"].to_numpy(dtype=float) for end in ("low", "high"))
    ax.hlines(places, low, high, color=style.SKY, linewidth=5, alpha=0.6)
    ax.plot(middle[~drawn.rest], places[~drawn.rest], "o", color=style.BLUE, markersize=6)
    ax.barh(places[drawn.rest], middle[drawn.rest], height=0.5, color=style.TOTAL)
    bound, cut = ceiling(np.fmax(high, middle), drawn.rest)
    for place, end, money, calls in zip(places, high, middle, rows["lost_per_day"], strict=True):
        text = f"{numbers.money(money)}   {numbers.fixed(calls, 1)} calls a day"
        writing.beside(ax, min(np.nanmax([end, money, 0.0]), bound), place, text)
    writing.name_ticks(ax, "y", list(places), names, limit=34)
    numbers.money_axis(ax, "x")
    least, most = min(float(np.nanmin([*low, *middle])), 0.0), bound or 1.0
    left = least - 0.1 * (most - least) if least < 0 else 0.0
    ax.set(xlim=(left, most + (0.0 if cut else 0.38) * (most - left)), ylim=(places.min() - 0.6, 0.6))
    ax.set_xlabel(writing.money_label("expected margin lost, with its 95 % interval"))
    ax.spines["left"].set_visible(False)
    style.grid(ax, "x")
    lost = numbers.money(float(drawn.whole["expected_margin_lost"]))
    by = ", ".join(label_of(key) for key in keys)
    layout.title(
        ax,
        f"About {lost} was lost for want of capacity, most at {names[0]}",
        notes(f"by {by}", drawn.note, cut),
    )
    return ax
