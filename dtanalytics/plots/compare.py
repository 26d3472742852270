"""Changes between two periods as dots with their intervals."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dtanalytics.analysis.tables import Bools, Floats
from dtanalytics.errors import InputError, nearest
from dtanalytics.metrics.labels import label_of
from dtanalytics.metrics.units import unit_of
from dtanalytics.plots import layout, numbers, style, writing
from dtanalytics.plots.picture import Empty, Size, picture
from dtanalytics.plots.ranked import compared, groups_of, notes, ranked, some

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LEVEL = 0.05  # share of wrong colours among the coloured
_ADDITIVE = ("margin", "call_count")


@picture
def changes(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    metric: str = "margin",
    top: int = 15,
    figsize: Size = None,
    title: str | None = None,
    currency: str | None = None,
) -> Axes:
    """Draw the change of a metric by segment with its interval; what is beyond chance is coloured.

    That is a change of margin whose q-value is at most 0.05, and a change of another metric whose
    interval leaves zero out: of twenty segments that stay the same, one does that by chance.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.analysis.money.compare.compare`: the numbers behind the picture.
    metric : str, default "margin"
        One of the table: margin, margin_per_call, call_count or a rate.
    top : int, default 15
        Most segments drawn, those that changed most; of money and calls all others are one.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InputError
        The table has no change of such a metric.

    Examples
    --------
    >>> table = pd.DataFrame({"affiliate": ["A"], "call_count": [9], "margin_change": [-40.0],
    ...                       "margin_change_low": [-70.0], "margin_change_high": [-10.0]})
    >>> changes(table).get_title(loc="left")
    '1 of 1 changes of margin is beyond chance'
    """
    known = [str(name).removesuffix("_change") for name in table.columns if str(name).endswith("_change")]
    if metric not in known:
        raise InputError(f"the table has no change of {metric!r}: {nearest(metric, known)}")
    keys = list(table.columns[: table.columns.get_loc("call_count")])
    sums = [f"{metric}_change"] if metric in _ADDITIVE else []
    drawn = ranked(
        table, keys, "margin_change" if metric == "margin" else f"{metric}_change", sums, top, size=True
    )
    if drawn.rows.empty:
        raise Empty
    kept = np.flatnonzero(~drawn.rest | bool(sums))  # the changes of rates do not add up
    rows = drawn.rows.iloc[kept[::-1]]
    names = [drawn.names[place] for place in kept[::-1]]
    change = rows[f"{metric}_change"].to_numpy(dtype=float)
    low, high = (rows[f"{metric}_change_{end}"].to_numpy(dtype=float) for end in ("low", "high"))
    ax = style.axes(ax, 8.0, max(2.4, 0.36 * len(rows) + 1.5))
    place = np.arange(len(rows))
    beyond = _beyond(rows, metric, low, high)
    colours = np.where(~beyond, style.GREY, np.where(change > 0, style.GAIN, style.LOSS))
    ax.hlines(place, low, high, color=colours, linewidth=2.2)
    ax.scatter(change, place, color=colours, marker="o", s=40, zorder=3)
    ax.axvline(0, color=style.ink(), linewidth=0.9)
    ends = zip(place, change, np.fmax(high, change), colours, _sides(rows, metric), strict=True)
    for at, value, end, colour, sides in ends:
        if np.isfinite(value):
            text = numbers.changed(value, metric) + sides
            writing.beside(ax, end, at, text, style.muted() if colour == style.GREY else colour)
    writing.name_ticks(ax, "y", range(len(rows)), names)
    ax.set_ylim(-0.7, len(rows) - 0.3)
    ax.margins(x=0.14)
    numbers.change_axis(ax, "x", metric)
    words = label_of(metric)
    unit = unit_of(metric)
    unit = {"currency": style.now().currency, "ratio": "percentage points"}.get(unit, unit)
    ax.set_xlabel(f"change of {words}, with its interval [{unit}]")
    every = _beyond(groups_of(table), metric, *_ends(groups_of(table), metric))
    layout.title(
        ax,
        f"{some(every.sum(), len(every), f' changes of {words}')} beyond chance",
        notes(
            compared(table),
            drawn.note,
            "grey: within what chance does",
        ),
    )
    return ax


def _ends(rows: pd.DataFrame, metric: str) -> tuple[Floats, Floats]:
    low, high = (rows[f"{metric}_change_{end}"].to_numpy(dtype=float) for end in ("low", "high"))
    return low, high


def _sides(rows: pd.DataFrame, metric: str) -> list[str]:
    """The value before and now, as the metric is written; nothing where the table does not have both."""
    before, now = f"{metric}_before", metric
    if before not in rows or now not in rows:
        return [""] * len(rows)
    write = partial(numbers.percent, digits=1) if unit_of(metric) == "ratio" else numbers.writer(metric)
    values = rows[[before, now]].to_numpy(dtype=float)
    return [
        f"   {write(then)} {numbers.ARROW} {write(here)}" if np.isfinite([then, here]).all() else ""
        for then, here in values
    ]


def _beyond(rows: pd.DataFrame, metric: str, low: Floats, high: Floats) -> Bools:
    """Tell which changes chance does not explain; those of margin allow for the number of segments."""
    if metric == "margin" and "q_value" in rows:
        return np.asarray(rows["q_value"] <= _LEVEL)
    return (low > 0) | (high < 0)
