"""Names as pictures show them: at axes, at the ends of lines, beside points."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dtanalytics.mask import pseudonym
from dtanalytics.metrics.labels import heading_of, label_of
from dtanalytics.metrics.units import unit_of
from dtanalytics.personal.parts import parts_of
from dtanalytics.plots import style
from dtanalytics.plots.fonts import plain, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def public(rows: Any, keys: Sequence[Any]) -> Any:
    """Give the rows of a table with pseudonyms in those key columns that identify people.

    Examples
    --------
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


def value_name(key: object, value: Any, limit: int = 40) -> str:
    """Name one value of a key column; a missing one by what is missing.

    Examples
    --------
    >>> value_name("offer", None), value_name("call_hour", 21), value_name("affiliate", "North")
    ('no offer', '21:00', 'North')
    """
    if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
        return f"no {label_of(key)}"
    if key in {"call_hour", "hour"} and isinstance(value, int | float | np.number):
        return f"{int(value)}:00"
    if isinstance(value, pd.Timestamp | np.datetime64):
        moment = pd.Timestamp(value)
        return f"{moment:%d %b %Y}" if moment == moment.normalize() else f"{moment:%d %b %Y, %H:%M}"
    return shown(value, limit)


def row_names(rows: Any, keys: Sequence[Any], limit: int = 120) -> list[str]:
    """Name the rows of a table by their key columns, in text that is safe to draw.

    Parameters
    ----------
    rows : pandas.DataFrame
    keys : sequence
        Columns whose values make a name; without any, each row stands for all calls.
    limit : int
        Longest value [characters].

    Returns
    -------
    list of str

    Examples
    --------
    >>> row_names(pd.DataFrame({"affiliate": ["North"], "offer": [None]}), ["affiliate", "offer"])
    ['North · no offer']
    """
    if not keys:
        return ["all calls"] * len(rows)
    values = public(rows, keys)[list(keys)].to_numpy(dtype=object)
    return [
        " · ".join(value_name(key, value, limit) for key, value in zip(keys, row, strict=True))
        for row in values
    ]


def apart(names: Iterable[object], limit: int = 28) -> list[str]:
    """Shorten names so that different ones stay different.

    Parameters
    ----------
    names : iterable
        Names of the data.
    limit : int
        Longest name [characters].

    Returns
    -------
    list of str
        Each cut at its end; those that would become equal are cut in the middle instead, and numbered
        where that does not tell them apart either.

    Examples
    --------
    >>> apart(["Brightpath Search Auto Insurance West", "Brightpath Search Auto Insurance East"])
    ['Brightpath Se…Insurance West', 'Brightpath Se…Insurance East']
    """
    whole = [shown(name, 4 * limit) for name in names]
    told = _told_apart([shown(name, limit) for name in whole], whole)
    if told is None:
        half = (limit - 1) // 2
        told = [
            name if len(name) <= limit else f"{name[:half]}…{name[-(limit - 1 - half) :]}" for name in whole
        ]
        short = [shown(name, limit) for name in whole]
        unique = Counter(short)
        told = [cut if unique[end] > 1 else end for cut, end in zip(told, short, strict=True)]
    seen: dict[str, dict[str, int]] = {}
    for place, (name, full) in enumerate(zip(told, whole, strict=True)):
        known = seen.setdefault(name, {})
        number = known.setdefault(full, len(known) + 1)
        if number > 1:
            told[place] = f"{name[: limit - 4]} ({number})"
    return told


def _told_apart(short: list[str], whole: list[str]) -> list[str] | None:
    return short if len(set(short)) == len(set(whole)) else None


def name_ticks(ax: Axes, axis: str, positions: Iterable[float], names: Iterable[object], **text: Any) -> None:
    """Write names of the data at an axis, each shortened, told apart and made safe.

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
    target.set_ticks(list(positions), labels=apart(names, limit), **text)
    plain(target.get_ticklabels())


def write_apart(ax: Axes, places: Iterable[tuple[float, float]], names: Iterable[object]) -> None:
    """Write a name beside each point, on the first side where it lies over no other name and no point.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Its limits and scales are set already.
    places : iterable of (float, float)
        In data coordinates.
    names : iterable
        As many names; any object.
    """
    from matplotlib.transforms import Bbox

    places = list(places)
    taken = [Bbox.from_bounds(x - 3, y - 3, 6, 6) for x, y in ax.transData.transform(places)]
    sides = (
        ((0, 6), "center", "bottom"),
        ((0, -6), "center", "top"),
        ((7, 0), "left", "center"),
        ((-7, 0), "right", "center"),
    )
    size = style.points(8.5)
    for place, name in zip(places, apart(names, 24), strict=True):
        for offset, across, up in sides:
            text = ax.annotate(
                name,
                place,
                offset,
                textcoords="offset points",
                ha=across,
                va=up,
                fontsize=size,
                bbox=style.over_lines(),
            )
            box = text.get_window_extent()
            if not any(box.overlaps(other) for other in taken):
                break
            text.remove()
        else:
            ax.annotate(name, place, (0, 6), textcoords="offset points", ha="center", fontsize=size)
        taken.append(box)


def labelled(metric: str, more: str = "") -> str:
    """Name of a metric with its unit, for an axis.

    Examples
    --------
    >>> labelled("margin"), labelled("call_count", " to date"), labelled("talk_time")
    ('margin [USD]', 'calls to date', 'talk time [s]')
    """
    unit = unit_of(metric)
    unit = {"currency": style.now().currency, "ratio": "%", "calls": "", "callers": ""}.get(unit, unit)
    label = f"{label_of(metric)}{more}"
    return shown(f"{label} [{unit}]" if unit else label, 56)


def money_label(text: str) -> str:
    """Return the label of an axis of money, with its currency.

    Examples
    --------
    >>> money_label("margin per call")
    'margin per call [USD]'
    """
    return f"{text} [{style.now().currency}]"


def beside(ax: Axes, x: Any, y: Any, text: str, colour: str | None = None) -> None:
    """Write at the right of a point, over whatever line runs there; safe text only."""
    ax.annotate(
        text,
        (x, y),
        (8, 0),
        textcoords="offset points",
        va="center",
        fontsize=style.points(9),
        color=style.legible(colour) if colour else style.ink(),
        annotation_clip=False,
        bbox=style.over_lines(),
    )


def line_ends(ax: Axes, ends: Iterable[tuple[Any, float, str, str]]) -> None:
    """Write the name of each line at its end, in its colour: as near to it as others let it.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Its limits are set already.
    ends : iterable of (x, y, name, colour)
        In data coordinates; names are safe to draw.
    """
    from scipy.optimize import isotonic_regression

    ordered = sorted(ends, key=lambda end: end[1])
    if not ordered:
        return
    low, high = ax.get_ylim()
    line = style.points(9) * 1.35 / 72 / height_of(ax) * (high - low)  # a line of text [data]
    steps = line * np.arange(len(ordered))
    wanted = np.array([float(end[1]) for end in ordered])
    heights = isotonic_regression(wanted - steps).x + steps
    heights += np.clip(max(low - heights[0], 0.0), 0, None)
    for (x, y, text, colour), height in zip(ordered, heights, strict=True):
        moved = abs(height - y) > 0.4 * line
        ax.annotate(
            text,
            (x, y),
            (16 if moved else 8, (height - y) / (high - low) * height_of(ax) * 72),
            textcoords="offset points",
            va="center",
            fontsize=style.points(9),
            color=style.legible(colour),
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.7, "shrinkA": 0, "shrinkB": 3}
            if moved
            else None,
            bbox=style.over_lines(),
        )


def height_of(ax: Axes) -> float:
    """Height of the axes [inch], as far as it is known before the page is laid out."""
    figure: Any = ax.get_figure(root=True)
    return max(float(ax.get_position().height * figure.get_figheight()), 0.1)


__all__ = [
    "apart",
    "beside",
    "heading_of",
    "height_of",
    "label_of",
    "labelled",
    "line_ends",
    "money_label",
    "name_ticks",
    "public",
    "row_names",
    "value_name",
    "write_apart",
]
