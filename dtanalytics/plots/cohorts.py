"""Cohorts of callers as a grid: weeks of the first call down, weeks since then across."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dtanalytics.errors import InputError
from dtanalytics.plots import layout, numbers, style, writing
from dtanalytics.plots.picture import Empty, Size, picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_METRICS = {
    "active_share": "callers who call again, of those who first called in that week [%]",
    "margin": "margin of the cohort's calls",
}


@picture
def retention(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    metric: str = "active_share",
    figsize: Size = None,
    title: str | None = None,
    currency: str | None = None,
) -> Axes:
    """Draw the grid of `cohort_grid`: how many came back, or what they earned, week by week.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.analysis.partners.cohorts.cohort_grid` (several groups are added up): the numbers behind
        the picture.
    metric : {"active_share", "margin"}
        What is written and coloured. The week of the first call is written, not coloured.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InputError
        Another metric.

    Examples
    --------
    >>> table = pd.DataFrame({"first_week": pd.to_datetime(["2026-10-05"] * 2), "age": [0, 1],
    ...     "caller_count": [200, 200], "active_caller_count": [200, 18], "margin": [900.0, 80.0]})
    >>> retention(table).get_title(loc="left")
    'Of 200 callers, 9 % called in the week after their first'
    """
    import matplotlib as mpl
    from matplotlib.colors import to_hex

    if metric not in _METRICS:
        raise InputError(f"metric is {metric!r}: give one of {', '.join(_METRICS)}")
    measures = ["caller_count", "active_caller_count", "margin"]
    cells = table.groupby(["first_week", "age"], as_index=False, observed=True)[measures].sum()
    weeks, ages = (
        cells["first_week"].drop_duplicates().to_list(),
        int(cells["age"].max() + 1) if len(cells) else 0,
    )
    ax = style.axes(ax, max(5.4, 0.72 * ages + 2.6), max(2.6, 0.38 * len(weeks) + 1.7))
    if not ages:
        raise Empty
    grid = np.full((len(weeks), ages), np.nan)
    values = cells["margin"] if metric == "margin" else cells["active_caller_count"] / cells["caller_count"]
    place = [weeks.index(week) for week in cells["first_week"]]
    grid[place, cells["age"]] = values
    later = grid.copy()
    later[:, 0] = np.nan
    known = later[np.isfinite(later)]
    top = float(known.max()) if known.size and known.max() > 0 else 1.0
    colours = mpl.colormaps[style.SEQUENTIAL]
    ax.pcolormesh(later, cmap=colours, vmin=0, vmax=top * 1.25, edgecolor=style.paper(), linewidth=1.5)
    write = numbers.money if metric == "margin" else _share
    for (row, age), value in np.ndenumerate(grid):
        if np.isfinite(value):
            text = write(value) if age or metric == "margin" else "first"
            ink = style.on(to_hex(colours(value / (top * 1.25))))
            ax.text(
                age + 0.5,
                row + 0.5,
                text,
                ha="center",
                va="center",
                fontsize=style.points(8.5),
                color=ink if age else style.muted(),
            )
    sizes = cells[cells["age"] == 0]["caller_count"]
    labels = [f"{week:%b %d} · {numbers.count(size)}" for week, size in zip(weeks, sizes, strict=True)]
    writing.name_ticks(ax, "y", [row + 0.5 for row in range(len(weeks))], labels)
    ax.set_xticks(np.arange(ages) + 0.5, labels=[str(age) for age in range(ages)])
    ax.invert_yaxis()
    ax.tick_params(length=0)
    for side in ax.spines.values():
        side.set_visible(False)
    ax.set_xlabel("weeks since the week of the first call")
    ax.set_ylabel("week of the first call · callers")
    unit = f" [{style.now().currency}]" if metric == "margin" else ""
    layout.title(ax, _headline(cells), f"{_METRICS[metric]}{unit}")
    return ax


def _headline(cells: pd.DataFrame) -> str:
    next_week = cells[cells["age"] == 1]
    callers = next_week["caller_count"].sum()
    if not callers:
        return "No week after that of a first call is over yet"
    share = numbers.percent(next_week["active_caller_count"].sum() / callers)
    return f"Of {numbers.count(callers)} callers, {share} called in the week after their first"


def _share(value: float) -> str:
    return numbers.percent(value, 0 if value >= 0.0995 or value == 0 else 1)
