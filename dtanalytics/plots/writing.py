"""Names and numbers as pictures show them: at axes, at the ends of lines, beside points."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dtanalytics.mask import pseudonym
from dtanalytics.metrics.units import unit_of
from dtanalytics.personal.lineage import parts_of
from dtanalytics.plots.fonts import plain, shown
from dtanalytics.plots.style import INK, OVER_LINES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MISSING = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"
TIMES = "\N{MULTIPLICATION SIGN}"


def public(rows: Any, keys: Sequence[Any]) -> Any:
    """Give the rows of a table with pseudonyms in those key columns that identify people.

    Examples
    --------
    >>> import pandas as pd
    >>> calls = pd.DataFrame({"caller_id": ["2125550101"], "offer": ["Roofing"]})
    >>> public(calls, ["caller_id", "offer"])["caller_id"].str[:7].tolist()
    ['caller ']
    """
    _, parts = parts_of(rows[list(keys)])
    people = [place for place, part in enumerate(parts) if part.level == "direct"]
    if not people:
        return rows
    rows = rows.copy(deep=False)
    for key in (keys[place] for place in people):
        rows[key] = rows[key].astype(object).map(pseudonym, na_action="ignore")
    return rows


def row_names(rows: Any, keys: Sequence[Any]) -> list[str]:
    """Name the rows of a table by their key columns, in text that is safe to draw.

    Parameters
    ----------
    rows : pandas.DataFrame
    keys : sequence
        Columns whose values make a name; without any, each row stands for all calls.

    Returns
    -------
    list of str

    Examples
    --------
    >>> import pandas as pd
    >>> row_names(pd.DataFrame({"affiliate": ["North"], "offer": [None]}), ["affiliate", "offer"])
    ['North · (none)']
    """
    if not keys:
        return ["all calls"] * len(rows)
    values = public(rows, keys)[list(keys)].to_numpy(dtype=object)
    return [" · ".join(shown(value, 40) for value in row) for row in values]


def name_ticks(ax: Axes, axis: str, positions: Iterable[float], names: Iterable[object], **text: Any) -> None:
    """Write names of the data at an axis, each shortened and made safe.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    axis : {"x", "y"}
    positions : iterable of float
        Where the names stand, in data coordinates.
    names : iterable
        As many names; any object.
    **text
        Passed to the labels; ``limit`` is the longest name [characters].
    """
    limit = int(text.pop("limit", 28))
    target = ax.xaxis if axis == "x" else ax.yaxis
    target.set_ticks(list(positions), labels=[shown(name, limit) for name in names], **text)
    plain(target.get_ticklabels())


def money(value: float, *, sign: bool = False, unit: str = "$") -> str:
    """Money in as few characters as a label needs.

    Parameters
    ----------
    value : float
        Amount [currency].
    sign : bool
        Write the plus of a gain.
    unit : str
        Written before the number.

    Returns
    -------
    str
        A dash where the amount is missing.

    Examples
    --------
    >>> [money(v) for v in (0, 3.5, 4210, 48_250, 1_250_000)]
    ['$0', '$3.50', '$4,210', '$48.2k', '$1.25M']
    >>> money(12, sign=True)
    '+$12.00'
    """
    if value is None or value != value:  # noqa: PLR0124 (a missing value differs from itself)
        return MISSING
    size = abs(value)
    if size >= 999_500:
        number = f"{size / 1e6:,.2f}M"
    elif size >= 9_999.5:
        number = f"{size / 1e3:,.1f}k"
    elif size >= 99.995:
        number = f"{size:,.0f}"
    elif size == 0:
        number = "0"
    else:
        number = f"{size:.2f}"
    lead = MINUS if value < 0 else "+" if sign and value > 0 else ""
    return f"{lead}{unit}{number}"


def count(value: float) -> str:
    """Whole number with thousands apart.

    Examples
    --------
    >>> count(1234567)
    '1,234,567'
    """
    return MISSING if value is None or value != value else f"{value:,.0f}"  # noqa: PLR0124 (missing)


def percent(value: float, digits: int = 0) -> str:
    """Ratio as a percentage, for labels only.

    Examples
    --------
    >>> percent(0.125, 1)
    '12.5 %'
    """
    return MISSING if value is None or value != value else f"{value * 100:.{digits}f} %"  # noqa: PLR0124 (missing)


def money_axis(ax: Axes, axis: str) -> None:
    """Write the numbers of an axis as money."""
    written_axis(ax, axis, money)


def percent_axis(ax: Axes, axis: str) -> None:
    """Write the numbers of an axis, ratios from 0 to 1, as percentages."""
    written_axis(ax, axis, percent)


def count_axis(ax: Axes, axis: str) -> None:
    """Write the numbers of an axis with thousands apart."""
    written_axis(ax, axis, count)


def written_axis(ax: Axes, axis: str, write: Callable[[float], str]) -> None:
    """Write the numbers of an axis with a function of one number."""
    from matplotlib.ticker import FuncFormatter

    target = ax.xaxis if axis == "x" else ax.yaxis
    target.set_major_formatter(FuncFormatter(lambda value, _: write(value)))


def write_apart(ax: Axes, points: Iterable[tuple[float, float]], names: Iterable[object]) -> None:
    """Write a name beside each point, on the first side where it lies over no other name and no point.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Its limits and scales are set already.
    points : iterable of (float, float)
        In data coordinates.
    names : iterable
        As many names; any object.
    """
    from matplotlib.transforms import Bbox

    places = list(points)
    taken = [Bbox.from_bounds(x - 3, y - 3, 6, 6) for x, y in ax.transData.transform(places)]
    sides = (
        ((0, 6), "center", "bottom"),
        ((0, -6), "center", "top"),
        ((7, 0), "left", "center"),
        ((-7, 0), "right", "center"),
    )
    for place, name in zip(places, names, strict=True):
        for offset, across, up in sides:
            text = ax.annotate(
                shown(name, 24),
                place,
                offset,
                textcoords="offset points",
                ha=across,
                va=up,
                fontsize=8.5,
                bbox=OVER_LINES,
            )
            box = text.get_window_extent()
            if not any(box.overlaps(other) for other in taken):
                break
            text.remove()
        else:
            ax.annotate(shown(name, 24), place, (0, 6), textcoords="offset points", ha="center", fontsize=8.5)
        taken.append(box)


def writer(metric: str) -> Callable[[float], str]:
    """Give the function that writes values of a metric."""
    writers: dict[str, Callable[[float], str]] = {"currency": money, "ratio": percent}
    return writers.get(unit_of(metric), count)


def metric_axis(ax: Axes, axis: str, metric: str) -> None:
    """Write the numbers of an axis as the metric's unit asks for."""
    written_axis(ax, axis, writer(metric))


def labelled(metric: str, more: str = "") -> str:
    """Name of a metric with its unit, for an axis.

    Examples
    --------
    >>> labelled("margin"), labelled("call_count", " to date")
    ('margin [USD]', 'call_count to date [calls]')
    """
    unit = unit_of(metric)
    unit = {"currency": "USD", "ratio": "%"}.get(unit, unit)
    return shown(f"{metric}{more} [{unit}]" if unit else f"{metric}{more}", 56)


def beside(ax: Axes, x: Any, y: Any, text: str, colour: str = INK) -> None:
    """Write at the right of a point, over whatever line runs there; safe text only."""
    ax.annotate(
        text,
        (x, y),
        (8, 0),
        textcoords="offset points",
        va="center",
        fontsize=9,
        color=colour,
        annotation_clip=False,
        bbox=OVER_LINES,
    )


def line_ends(ax: Axes, ends: Iterable[tuple[Any, float, str, str]]) -> None:
    """Write the name of each line at its end, in its colour, none over another.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Its limits are set already.
    ends : iterable of (x, y, name, colour)
        In data coordinates; names are safe to draw.
    """
    low, high = ax.get_ylim()
    height = np.inf
    for x, y, text, colour in sorted(ends, key=lambda end: -end[1]):
        height = min(y, height - 0.065 * (high - low))
        beside(ax, x, height, text, colour)
