"""The two-sided matrix as a mosaic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dtanalytics.plots import style, writing

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
_LIGHT = frozenset({"neither", "unknown", "billed_not_paid"})


def mosaic(table: pd.DataFrame, ax: Axes | None = None, *, top: int = 12) -> Axes:
    """Draw who is billed against who is paid: areas are calls.

    Parameters
    ----------
    table : pandas.DataFrame
        A matrix of `dtanalytics.analysis.money.matrix.matrix`, the numbers behind the picture: of
        one row it is drawn as a square of four tiles, of several as a bar a row.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.
    top : int, default 12
        Most bars; the rows with the most leakage are kept.

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
    'Leakage $12.50, windfall $40.00'
    """
    with style.styled():
        keys = list(table.columns[: table.columns.get_loc("call_count")])
        if table["call_count"].sum() == 0:
            return style.nothing(style.axes(ax))
        leakage, windfall = (writing.money(table[name].sum()) for name in ("leakage", "windfall"))
        head = f"Leakage {leakage}, windfall {windfall}"
        if len(table) == 1 and not keys:
            ax = _square(table.iloc[0], style.axes(ax, 6.6, 4.6))
            style.title(
                ax, head, "area is calls; leakage is paid and not billed, windfall the other way round"
            )
        else:
            ax = _bars(table, keys, style.axes(ax, 8.2, 0.9 + 0.42 * min(len(table), top) + 0.9), top)
            style.title(ax, head, "share of calls, height is calls; at the right, leakage")
    return ax


def _square(row: pd.Series, ax: Axes) -> Axes:
    from matplotlib.patches import Rectangle

    money = {
        "both": f"margin {writing.money(row['both_margin'])}",
        "billed_not_paid": f"windfall {writing.money(row['windfall'])}",
        "paid_not_billed": f"leakage {writing.money(row['leakage'])}",
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
        share = writing.percent(sum(calls) / row["call_count"])
        ax.text(left + width / 2, -0.03, f"{name}  {share}", ha="center", va="top", color=style.MUTED)
        left += width + gap
    style.bare(ax).set(xlim=(-0.002, 1.002), ylim=(-0.1, 1.002))
    if row["unknown_count"]:
        ax.text(1, -0.09, f"{writing.count(row['unknown_count'])} calls with an unknown flag are not drawn",
                ha="right", va="top", fontsize=8, color=style.MUTED)  # fmt: skip
    return ax


def _tile_text(ax: Axes, box: Any, cell: str, count: float, total: float, money: str) -> None:
    left, bottom, width, height = box
    lines = [_NAMES[cell], f"{writing.count(count)} calls", writing.percent(count / total, 1), money]
    colour = style.INK if cell in _LIGHT else style.PAPER
    if height > 0.16 and width > 0.2:
        text = "\n".join(line for line in lines if line)
        ax.text(left + 0.02, bottom + height - 0.025, text, va="top", color=colour, linespacing=1.5)
    elif count:  # too flat for text: write it into the other tile of the column, next to this one
        below = cell in {"billed_not_paid", "neither"}
        ax.annotate(
            f"{lines[0]} · {lines[1]}\n{lines[2]} · {lines[3]}" if lines[3] else " · ".join(lines[:3]),
            (left, bottom if below else bottom + height),
            (6, -5 if below else 5),
            textcoords="offset points",
            va="top" if below else "bottom",
            fontsize=8.5,
            color=style.INK,
        )


def _bars(table: pd.DataFrame, keys: list[Any], ax: Axes, top: int) -> Axes:
    from matplotlib.patches import Patch

    rows = table[table["call_count"] > 0]
    rows = rows.sort_values(["leakage", "call_count"], ascending=False, kind="stable").head(top)
    heights = 0.12 + 0.72 * np.sqrt(rows["call_count"].to_numpy() / rows["call_count"].max())
    places = -np.arange(len(rows), dtype=float)
    left = np.zeros(len(rows))
    drawn = []
    for cell, colour in _COLOURS.items():
        share = rows[f"{cell}_count"].to_numpy() / rows["call_count"].to_numpy()
        if not share.any():
            continue
        ax.barh(places, share, height=heights, left=left, color=colour, edgecolor=style.PAPER, linewidth=0.6)
        drawn.append(Patch(color=colour, label=_NAMES[cell]))
        left += share
    for place, leakage in zip(places, rows["leakage"], strict=True):
        ax.text(1.012, place, writing.money(leakage), va="center", fontsize=9,
                color=style.VERMILION if leakage else style.MUTED)  # fmt: skip
    writing.name_ticks(ax, "y", places, writing.row_names(rows, keys))
    ax.set(xlim=(0, 1), ylim=(places.min() - 0.6, 0.6), xlabel="share of calls")
    writing.percent_axis(ax, "x")
    ax.spines["left"].set_visible(False)
    ax.legend(
        handles=drawn,
        loc="upper left",
        bbox_to_anchor=(0, 0),
        borderaxespad=5,
        ncols=len(drawn),
        fontsize=8.5,
        handlelength=1,
        columnspacing=1.2,
        borderpad=0,
    )
    return ax
