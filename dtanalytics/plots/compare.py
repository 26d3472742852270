"""Changes between two periods as dots with their intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dtanalytics.analysis.tables import Bools, Floats
from dtanalytics.errors import InputError, nearest
from dtanalytics.plots import style, writing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LEVEL = 0.05  # share of wrong colours among the coloured
_MONEY = ("margin", "margin_per_call")
_UNITS = {"call_count": "calls", "margin": "USD", "margin_per_call": "USD"}


def changes(table: pd.DataFrame, ax: Axes | None = None, *, metric: str = "margin", top: int = 15) -> Axes:
    """Draw the change of a metric by segment with its interval; what is beyond chance is coloured.

    That is a change of margin whose q-value is at most 0.05, and a change of another metric whose
    interval leaves zero out: of twenty segments that stay the same, one does that by chance.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.analysis.money.compare.compare`: the numbers behind the picture.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.
    metric : str, default "margin"
        One of the table: margin, margin_per_call, call_count or a rate.
    top : int, default 15
        Most segments drawn, the first of the table: those whose margin changed most.

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
    'Change of margin: 1 of 1 beyond chance'
    """
    known = [name.removesuffix("_change") for name in table.columns if str(name).endswith("_change")]
    if metric not in known:
        raise InputError(f"the table has no change of {metric!r}: {nearest(metric, known)}")
    keys = list(table.columns[: table.columns.get_loc("call_count")])
    rows = table.head(top).iloc[::-1]
    change = rows[f"{metric}_change"].to_numpy(dtype=float)
    low, high = (rows[f"{metric}_change_{end}"].to_numpy(dtype=float) for end in ("low", "high"))
    write = writing.count if metric == "call_count" else writing.money if metric in _MONEY else _points
    with style.styled():
        ax = style.axes(ax, 8.0, max(2.4, 0.36 * len(rows) + 1.5))
        if rows.empty:
            return style.nothing(ax)
        place = np.arange(len(rows))
        beyond = _beyond(rows, metric, low, high)
        colours = np.where(~beyond, style.GREY, np.where(change > 0, style.GAIN, style.LOSS))
        ax.hlines(place, low, high, color=colours, linewidth=2.2)
        ax.scatter(change, place, color=colours, marker="o", s=40, zorder=3)
        ax.axvline(0, color=style.INK, linewidth=0.9)
        for at, value, end, colour in zip(place, change, np.fmax(high, change), colours, strict=True):
            if np.isfinite(value):
                text = ("+" if value > 0 else "") + write(value)
                writing.beside(ax, end, at, text, style.MUTED if colour == style.GREY else colour)
        writing.name_ticks(ax, "y", range(len(rows)), writing.row_names(rows, keys))
        ax.set_ylim(-0.7, len(rows) - 0.3)
        ax.margins(x=0.14)
        writing.written_axis(ax, "x", write)
        words = metric.replace("_", " ")
        unit = _UNITS.get(metric, "percentage points")
        ax.set_xlabel(f"change of {words} [{unit}]; grey: within what chance does")
        periods = table.attrs.get("periods", "")
        style.title(
            ax,
            f"Change of {words}: {int(beyond.sum())} of {len(rows)} beyond chance",
            periods if " against " in periods else "",
        )
    return ax


def _beyond(rows: pd.DataFrame, metric: str, low: Floats, high: Floats) -> Bools:
    """Tell which changes chance does not explain; those of margin allow for the number of segments."""
    if metric == "margin" and "q_value" in rows:
        return np.asarray(rows["q_value"] <= _LEVEL)
    return (low > 0) | (high < 0)


def _points(value: float) -> str:
    return f"{value * 100:.1f}".replace("-", writing.MINUS)
