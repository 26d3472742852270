"""Where calls go, and where capacity would keep the most margin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dtanalytics.plots import fonts, style, writing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = {
    "Connected": style.BLUE,
    "No Buyer": style.VERMILION,
    "Affiliate Cap": style.ORANGE,
    "Hang Up": style.PURPLE,
}
_LEFT, _MIDDLE, _RIGHT, _WIDTH, _GAP = 0.0, 0.36, 0.7, 0.022, 0.05


def unsold_flow(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw how calls part into connected and unsold ones, and which of these came back.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.analysis.supply.unsold.unsold` without `by` (several groups are added up): the numbers
        behind the picture.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

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
    'Unsold: 20 of 100 calls, about $180 of margin lost'
    """
    keys = list(table.columns[: table.columns.get_loc("lead_status")])
    whole = table.drop_duplicates(keys) if keys else table.head(1)
    calls = int(whole["group_call_count"].sum())
    measures = ["call_count", "recovered_count", "lost_count", "recovered_margin", "expected_margin_lost"]
    rows = table.groupby("lead_status", sort=False, observed=True)[measures].sum()
    rows = rows.sort_values("call_count", ascending=False, kind="stable")
    with style.styled():
        ax = style.axes(ax, 8.4, 4.8)
        if not calls:
            return style.nothing(ax)
        unsold = int(rows["call_count"].sum())
        style.bare(ax)
        _block(ax, _LEFT, 0, 1, style.TOTAL)
        ax.text(_LEFT + 0.035, 0.5, f"all calls\n{writing.count(calls)}", va="center", color=style.PAPER,
                fontweight="bold", linespacing=1.4)  # fmt: skip
        scale = 1.0 / calls
        spread = _GAP * len(rows)
        source, target = 1.0, 1.0 + spread
        source, target = _stream(
            ax, _LEFT, source, _MIDDLE, target, (calls - unsold) * scale, _COLOURS["Connected"]
        )
        sold = calls - unsold
        text = f"Connected  {writing.count(sold)}  ({writing.percent(sold * scale, 1)})"
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
                inner, _ = _stream(
                    ax, _MIDDLE + _WIDTH, inner, _RIGHT, inner + lift, part, colour, alpha=0.28
                )
                about = "about " if kind == "lost_count" else "with "
                ends.append(
                    (
                        inner + lift + part / 2,
                        part,
                        f"{writing.count(row[kind])} {word}, {about}{writing.money(money)}",
                    )
                )
                lift -= _GAP * 0.5
            text = (
                f"{fonts.shown(status, 22)}  {writing.count(row['call_count'])}  ({writing.percent(size, 1)})"
            )
            _caption(ax, _MIDDLE, target + size / 2, text)
        _spread_labels(ax, ends)
        ax.set(xlim=(-0.005, 1.06), ylim=(min(-spread * 0.5, target - 0.05), 1.02 + spread))
        head = f"Unsold: {writing.count(unsold)} of {writing.count(calls)} calls"
        lost = writing.money(float(rows["expected_margin_lost"].sum()))
        note = "widths are calls; lost calls are valued at what like calls brought"
        style.title(ax, f"{head}, about {lost} of margin lost", note)
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


def _caption(ax: Axes, left: float, middle: float, text: str) -> None:
    ax.text(left + _WIDTH + 0.008, middle, text, va="center", fontsize=9)


def _spread_labels(ax: Axes, ends: list[tuple[float, float, str]], least: float = 0.052) -> None:
    """Write the labels at the right side by side with their bands, none over another."""
    ends = sorted((end for end in ends if end[1] > 0), key=lambda end: -end[0])
    heights = [end[0] for end in ends]
    for row in range(1, len(heights)):
        heights[row] = min(heights[row], heights[row - 1] - least)
    for (_, _, text), height in zip(ends, heights, strict=True):
        ax.text(_RIGHT + _WIDTH + 0.01, height, text, va="center", fontsize=8.5)


def capacity_to_buy(table: pd.DataFrame, ax: Axes | None = None, *, top: int = 15) -> Axes:
    """Draw where more capacity would keep the most margin.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.analysis.supply.unsold.capacity_to_buy`: the numbers behind the picture.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.
    top : int, default 15
        Most rows.

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
    'Where capacity is missing: FL, 21:00 first'
    """
    keys: list[Any] = list(table.columns[: table.columns.get_loc("lost_count")])
    rows = writing.public(table.head(top), keys)
    with style.styled():
        ax = style.axes(ax, 7.8, 1.3 + 0.3 * max(len(rows), 3))
        if rows.empty:
            return style.nothing(ax, "no call was lost")
        rows = rows[rows["expected_margin_lost"].notna()]
        if rows.empty:
            return style.nothing(ax, "no call was connected: nothing says what the lost ones were worth")
        names = [", ".join(_place(key, value) for key, value in zip(keys, row, strict=True))
                 for row in rows[keys].to_numpy(dtype=object)]  # fmt: skip
        places = -np.arange(len(rows), dtype=float)
        middle = rows["expected_margin_lost"].to_numpy(dtype=float)
        low, high = (rows[f"expected_margin_lost_{end}"].to_numpy(dtype=float) for end in ("low", "high"))
        ax.hlines(places, low, high, color=style.SKY, linewidth=5, alpha=0.6)
        ax.plot(middle, places, "o", color=style.BLUE, markersize=6)
        for place, end, money, calls in zip(places, high, middle, rows["lost_per_day"], strict=True):
            text = f"{writing.money(money)}   {calls:.1f} calls a day"
            writing.beside(ax, np.nanmax([end, money]), place, text)
        writing.name_ticks(ax, "y", list(places), names, limit=34)
        writing.money_axis(ax, "x")
        ends = np.nan_to_num([*low, *high, *middle])
        most, least = float(ends.max()) or 1.0, float(ends.min())
        left = least - 0.1 * (most - least) if least < 0 else 0.0
        ax.set(xlim=(left, most + 0.38 * (most - left)), ylim=(places.min() - 0.6, 0.6))
        ax.set_xlabel("expected margin lost, with its 95 % interval [USD]")
        ax.spines["left"].set_visible(False)
        ax.grid(visible=True, axis="x")
        style.title(ax, f"Where capacity is missing: {names[0]} first")
    return ax


def _place(key: object, value: Any) -> str:
    if key == "call_hour" and not pd.isna(value):
        return f"{int(value)}:00"
    return fonts.shown(value, 24)
