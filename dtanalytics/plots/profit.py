"""Where the profit comes from: margin by hour or device."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dtanalytics.metrics.labels import label_of
from dtanalytics.plots import layout, numbers, style, writing
from dtanalytics.plots.picture import Empty, Size, picture
from dtanalytics.plots.ranked import notes
from dtanalytics.stats.intervals import as_floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@picture
def profit_bars(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    figsize: Size = None,
    title: str | None = None,
    currency: str | None = None,
) -> Axes:
    """Draw the margin of each hour or device in the order of the table, with the margin of a call.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.analysis.keywords.keywords` of "hour" or "device": the numbers behind the picture.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> table = pd.DataFrame({"device": ["mobile", None], "call_count": [9, 1], "margin": [45.0, -2.0],
    ...                       "margin_per_call": [5.0, -2.0]})
    >>> profit_bars(table).get_title(loc="left")
    'Margin came to $43.00, most at mobile ($45.00)'
    """
    key = str(table.columns[0])
    rows = table[table["call_count"] > 0]
    if rows.empty:
        raise Empty
    ax = style.axes(ax, 8.2, 3.6)
    places, margin = np.arange(len(rows)), rows["margin"].to_numpy(dtype=float)
    few = len(rows) <= 8
    ax.bar(places, margin, width=0.72, color=np.where(margin >= 0, style.GAIN, style.LOSS))
    ax.axhline(0, color=style.GREY, linewidth=0.8)
    for place, level, each in zip(places, margin, as_floats(rows["margin_per_call"]), strict=True):
        ax.annotate(
            numbers.money(float(each)),
            (place, max(level, 0)),
            (0, 3),
            textcoords="offset points",
            ha="center",
            rotation=0 if few else 90,
            fontsize=style.points(9 if few else 7.5),
            color=style.muted(),
        )
    names = writing.row_names(rows, [key])
    every = 3 if label_of(key) == "hour" and not few else 1  # 24 names would run into each other
    writing.name_ticks(ax, "x", places[::every], names[::every], limit=14)
    ax.margins(y=0.12 if few else 0.18)
    numbers.money_axis(ax, "y")
    ax.set_ylabel(writing.money_label("margin"))
    word = label_of(key)
    ax.set_xlabel("hour of the day [Eastern]" if word == "hour" else word)
    best = int(margin.argmax())
    where = f"{names[best]} ({numbers.money(float(margin[best]))})"
    whole = f"Margin came to {numbers.money(float(table['margin'].sum()))}"
    reading = writing.money_label("above the bars: margin per call")
    layout.title(ax, f"{whole}, most at {where}", notes(f"by {word}", reading))
    return ax
