"""The two-sided matrix as a mosaic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dtanalytics.plots import layout, numbers, style, writing
from dtanalytics.plots.picture import Empty, Size, picture
from dtanalytics.plots.ranked import Ranked, groups_of, notes, ranked

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = {
    "both": style.BLUE,
    "billed_not_paid": style.SKY,
    "paid_not_billed": style.VERMILION,
    "neither": "#c8d0d8",
    "unknown": "#e9edf0",
}
_NAMES = {
    "both": "billed and paid",
    "billed_not_paid": "billed, not paid",
    "paid_not_billed": "paid, not billed",
    "neither": "neither",
    "unknown": "unknown",
}
_SUMS = ("call_count", *(f"{cell}_count" for cell in _COLOURS))
_NEXT = {"billed_not_paid": "both", "both": "billed_not_paid"} | {
    "neither": "paid_not_billed",
    "paid_not_billed": "neither",
}
"""The other tile of the column."""


@picture
def mosaic(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    top: int = 12,
    figsize: Size = None,
    title: str | None = None,
    currency: str | None = None,
) -> Axes:
    """Draw who is billed against who is paid: areas are calls.

    Parameters
    ----------
    table : pandas.DataFrame
        A matrix of `dtanalytics.analysis.money.matrix.matrix`, the numbers behind the picture: of
        one row it is drawn as a square of four tiles, of several as a bar a row.
    top : int, default 12
        Most bars, those with the most leakage; all others are one.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> matrix = pd.DataFrame({
    ...     "call_count": [10], "both_count": [4], "paid_not_billed_count": [1],
    ...     "billed_not_paid_count": [2], "neither_count": [3], "unknown_count": [0],
    ...     "both_margin": [30.0], "leakage": [12.5], "windfall": [40.0], "margin": [57.5],
    ... })
    >>> mosaic(matrix).get_title(loc="left")
    'Leakage came to $12.50, windfall to $40.00'
    """
    keys = list(table.columns[: table.columns.get_loc("call_count")])
    table = groups_of(table)
    if table["call_count"].sum() == 0:
        raise Empty
    leakage, windfall = (numbers.money(table[name].sum()) for name in ("leakage", "windfall"))
    head = f"Leakage came to {leakage}, windfall to {windfall}"
    if len(table) == 1 and not keys:
        ax = _square(table.iloc[0], style.axes(ax, 6.6, 4.6))
        layout.title(ax, head, "area is calls; leakage is paid and not billed, windfall the other way round")
    else:
        drawn = ranked(table[table["call_count"] > 0], keys, "leakage", [*_SUMS, "leakage"], top)
        ax = _bars(drawn, style.axes(ax, 8.2, 1.8 + 0.42 * len(drawn.rows)))
        layout.title(ax, head, notes(drawn.note, "share of calls, height is calls; at the right, leakage"))
    return ax


def _square(row: pd.Series, ax: Axes) -> Axes:
    from matplotlib.patches import Rectangle

    money = {
        "both": f"margin {numbers.money(row['both_margin'])}",
        "billed_not_paid": f"windfall {numbers.money(row['windfall'])}",
        "paid_not_billed": f"leakage {numbers.money(row['leakage'])}",
        "neither": "",
    }
    known = row["call_count"] - row["unknown_count"]
    gap, left = 0.012, 0.0
    for cells, name in (
        (("both", "billed_not_paid"), "billed"),
        (("paid_not_billed", "neither"), "not billed"),
    ):
        calls = [row[f"{cell}_count"] for cell in cells]
        width = sum(calls) / known * (1 - gap) if known else 0
        if not width:
            continue
        bottom = 0.0
        for cell, count in zip(cells, calls, strict=True):
            height = count / sum(calls) * (1 - gap)
            ax.add_patch(Rectangle((left, bottom), width, height, color=_COLOURS[cell], linewidth=0))
            _tile_text(ax, (left, bottom, width, height), cell, count, row["call_count"], money[cell])
            bottom += height + gap
        share = numbers.percent(sum(calls) / row["call_count"])
        ax.text(
            left + width / 2,
            -0.03,
            f"{name}  {share}",
            ha="center",
            va="top",
            color=style.muted(),
            fontsize=style.points(10),
        )
        left += width + gap
    style.bare(ax).set(xlim=(-0.002, 1.002), ylim=(-0.1, 1.002))
    if row["unknown_count"]:
        ax.text(1, -0.09, f"{numbers.count(row['unknown_count'])} calls with an unknown flag are not drawn",
                ha="right", va="top", fontsize=style.points(8), color=style.muted())  # fmt: skip
    return ax


def _tile_text(ax: Axes, box: Any, cell: str, count: float, total: float, money: str) -> None:
    left, bottom, width, height = box
    lines = [_NAMES[cell], f"{numbers.count(count)} calls", numbers.percent(count / total, 1), money]
    colour = style.on(_COLOURS[cell])
    told = [line for line in lines if line]
    tall = height * writing.height_of(ax) * 72 / style.points(10)  # lines of text that the tile has room for
    if tall > 1.5 * len(told) + 0.6 and width > 0.2:
        text = "\n".join(told)
        ax.text(
            left + 0.02,
            bottom + height - 0.025,
            text,
            va="top",
            color=colour,
            linespacing=1.5,
            fontsize=style.points(10),
        )
    elif count:  # too flat for text: write it into the other tile of the column, next to this one
        inside = tall > 3.2
        below = cell in {"billed_not_paid", "neither"}
        ax.annotate(
            f"{lines[0]} · {lines[1]}\n{lines[2]} · {lines[3]}" if lines[3] else " · ".join(lines[:3]),
            (left, bottom + height if inside else bottom if below else bottom + height),
            (6, -5 if below or inside else 5),
            textcoords="offset points",
            va="top" if below or inside else "bottom",
            fontsize=style.points(8.5),
            color=style.on(_COLOURS[cell if inside else _NEXT[cell]]),
        )


def _bars(drawn: Ranked, ax: Axes) -> Axes:
    from matplotlib.patches import Patch

    rows = drawn.rows
    calls = rows["call_count"].to_numpy(dtype=float)
    heights = 0.12 + 0.72 * np.sqrt(calls / calls.max())
    places = -np.arange(len(rows), dtype=float)
    left = np.zeros(len(rows))
    cells = []
    for cell, colour in _COLOURS.items():
        share = rows[f"{cell}_count"].to_numpy(dtype=float) / calls
        if not share.any():
            continue
        ax.barh(
            places, share, height=heights, left=left, color=colour, edgecolor=style.paper(), linewidth=0.6
        )
        cells.append(Patch(color=colour, label=_NAMES[cell]))
        left += share
    for place, leakage in zip(places, rows["leakage"], strict=True):
        ax.text(1.012, place, numbers.money(leakage), va="center", fontsize=style.points(9),
                color=style.legible(style.VERMILION) if leakage else style.muted())  # fmt: skip
    writing.name_ticks(ax, "y", places, drawn.names)
    ax.set(xlim=(0, 1), ylim=(places.min() - 0.6, 0.6), xlabel="share of calls")
    numbers.percent_axis(ax, "x")
    ax.spines["left"].set_visible(False)
    ax.legend(
        handles=cells,
        loc="upper left",
        bbox_to_anchor=(0, 0),
        borderaxespad=5,
        ncols=min(len(cells), 3 if style.now().scale < 0.9 else 5),
        fontsize=style.points(8.5),
        handlelength=1,
        columnspacing=1.2,
        borderpad=0,
        labelcolor=style.ink(style.now().margin),
    )
    return ax
