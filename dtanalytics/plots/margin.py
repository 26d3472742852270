"""The bridge as a waterfall."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from dtanalytics.analysis.money.bridge import PARTS
from dtanalytics.errors import InputError
from dtanalytics.metrics.labels import label_of
from dtanalytics.plots import fonts, layout, numbers, style, writing
from dtanalytics.plots.picture import Size, picture
from dtanalytics.plots.ranked import compared, groups_of, notes, ranked
from dtanalytics.plots.room import room

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LABELS = {
    "volume": "volume\nhow many calls",
    "mix": "mix\nfrom whom",
    "qualification": "qualification\nhow many count",
    "price": "price\nof those",
    "new": "new\nsegments",
    "lost": "lost\nsegments",
}


@picture
def waterfall(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    over: Literal["parts", "segments"] = "parts",
    earlier: float | None = None,
    top: int = 10,
    figsize: Size = None,
    title: str | None = None,
    currency: str | None = None,
) -> Axes:
    """Draw a bridge as steps from nothing (or the earlier margin) to the change (or this margin).

    Parameters
    ----------
    table : pandas.DataFrame
        A bridge of `dtanalytics.analysis.money.bridge.bridge`: the numbers behind the picture.
    over : {"parts", "segments"}
        Steps are volume, mix, qualification, ... or the segments' changes.
    earlier : float, optional [currency]
        Margin of the earlier period: the steps then lead from it to this period's margin.
    top : int, default 10
        Most segments that get a step of their own, those that changed most.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> bridge = pd.DataFrame({"affiliate": ["A"], "volume": [3.0], "mix": [0.0], "qualification": [1.5],
    ...                        "price": [-1.0], "new": [0.0], "lost": [0.0], "change": [3.5]})
    >>> [text.get_text() for text in waterfall(bridge).texts][:3]
    ['+$3.00', '$0', '+$1.50']
    """
    if over not in {"parts", "segments"}:
        raise InputError(f"over is 'parts' or 'segments', not {over!r}")
    rows = groups_of(table)
    total = round(float(rows["change"].sum()), 4)
    steps, some = (_parts(rows), "") if over == "parts" else _segments(rows, top)
    ax = style.axes(ax, max(7.6, 1.0 * (len(steps) + 2)), 4.4)
    names, bottoms, heights, colours = [], [], [], []
    level = earlier or 0.0
    if earlier is not None:
        names, bottoms, heights, colours = ["earlier"], [0.0], [earlier], [style.TOTAL]
    for name, amount in steps:
        names.append(_LABELS.get(name, name))
        bottoms.append(level)
        heights.append(amount)
        colours.append(style.GAIN if amount >= 0 else style.LOSS)
        level += amount
    names.append("change" if earlier is None else "now")
    bottoms.append(0.0)
    heights.append(total if earlier is None else earlier + total)
    colours.append(style.TOTAL)
    places = np.arange(len(names))
    ax.bar(places, heights, bottom=bottoms, color=colours, width=0.66)
    ends = [bottom + height for bottom, height in zip(bottoms, heights, strict=True)]
    for place in places[:-1]:
        ax.plot([place + 0.33, place + 0.67], [ends[place]] * 2, color=style.GREY, linewidth=0.8)
    each = room(ax)[0] / len(names)
    size = style.points(9) * float(np.clip(each / (0.58 * style.now().scale), 0.6, 1.0))
    for place, bottom, height in zip(places, bottoms, heights, strict=True):
        is_step = bool(0 <= place - (earlier is not None) < len(steps))
        top_end = max(bottom, bottom + height)
        ax.annotate(
            numbers.money(height, sign=is_step),
            (place, top_end),
            (0, 4),
            textcoords="offset points",
            ha="center",
            fontsize=size,
            fontweight="normal" if is_step else "bold",
        )
    ax.axhline(0, color=style.GREY, linewidth=0.8)
    _labels(ax, places, names, over)
    cut = _limits(ax, bottoms, ends, earlier)
    numbers.money_axis(ax, "y")
    ax.set_ylabel(writing.money_label("margin"))
    ax.tick_params(axis="x", length=0)
    direction = "rose" if total >= 0 else "fell"
    keys = list(table.columns[: table.columns.get_loc("volume")])
    by = f"by {', '.join(map(label_of, keys))}" if keys else ""
    reading = "blue adds to margin, orange takes from it"
    note = notes(compared(table), by, some, reading, "the axis does not begin at 0" if cut else "")
    moved = f"{direction} by {numbers.money(abs(total))}" if total else "is as it was"
    layout.title(ax, f"Margin {moved}", note)
    return ax


def _labels(ax: Axes, places: np.ndarray, names: list[str], over: str) -> None:
    ax.set_xticks(places, labels=names, fontsize=style.points(8.5))
    if over == "segments":
        for label in ax.get_xticklabels():
            label.set(rotation=30, ha="right", rotation_mode="anchor")
    fonts.plain(ax.get_xticklabels())


def _limits(ax: Axes, bottoms: list[float], ends: list[float], earlier: float | None) -> bool:
    """Leave room for labels; when steps are small beside the margin, begin the axis near them: True then."""
    low, high = min([*bottoms, *ends, 0.0]), max([*bottoms, *ends, 0.0])
    steps = [*bottoms[1:-1], *ends[1:-1]] if earlier else []
    if steps and min(steps) > 0.4 * high:
        low = max(min(steps) - 0.6 * (high - min(steps)), 0.0)
    room = (high - low) or 1.0
    ax.set_ylim(low - (0.06 * room if low < 0 else 0), high + 0.1 * room)
    return low > 0


def _parts(rows: pd.DataFrame) -> list[tuple[str, float]]:
    sums = {name: round(float(rows[name].sum()), 4) for name in PARTS}
    return [(name, amount) for name, amount in sums.items() if amount or name not in {"new", "lost"}]


def _segments(rows: pd.DataFrame, top: int) -> tuple[list[tuple[str, float]], str]:
    """The segments that changed most, those that gained first, then all others; and how many these are."""
    keys = list(rows.columns[: rows.columns.get_loc("volume")])
    drawn = ranked(rows, keys, "change", ["change"], top, size=True)
    change = drawn.rows["change"].to_numpy(dtype=float)
    names = writing.apart(drawn.names, 22)
    order = sorted(np.flatnonzero(~drawn.rest), key=lambda place: -change[place])
    order += list(np.flatnonzero(drawn.rest))
    return [(names[place], round(float(change[place]), 4)) for place in order], drawn.note
