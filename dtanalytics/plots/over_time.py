"""Metrics over time, one line a group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dtanalytics.errors import InputError, nearest
from dtanalytics.metrics.labels import heading_of, label_of
from dtanalytics.plots import layout, numbers, style, writing
from dtanalytics.plots.patterns import adds_up, summed
from dtanalytics.plots.picture import Empty, Size, picture
from dtanalytics.plots.ranked import check_top, groups_of, notes, some_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WORDS = {
    "call_day": ("daily", "days"),
    "week": ("weekly", "weeks"),
    "month": ("monthly", "months"),
    "quarter": ("quarterly", "quarters"),
    "year": ("yearly", "years"),
    "hour": ("hourly", "hours"),
}
_POINTS = 60  # most periods that get a marker each


@picture
def trend(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    metric: str = "margin",
    top: int = 6,
    figsize: Size = None,
    title: str | None = None,
    currency: str | None = None,
) -> Axes:
    """Draw a metric over time; what may still change is dashed, and periods that are cut off are hollow.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.analysis.money.trend.trend` (or of `by_period`): the period, groups, metrics; the
        numbers behind the picture.
    metric : str, default "margin"
        Column to draw.
    top : int, default 6
        Most groups that are named, the largest in all; others are grey.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InputError
        The table has no such column.

    Examples
    --------
    >>> days = pd.date_range("2026-10-01", periods=4, unit="us")
    >>> table = pd.DataFrame({"call_day": days, "margin": [10.0, 12.0, 9.0, 4.0],
    ...                       "is_mature": [True, True, False, False]})
    >>> trend(table).get_title(loc="left")
    'Margin came to $35.00, daily'
    """
    check_top(top)
    if metric not in table:
        raise InputError(
            f"the table has no column {metric!r}: {nearest(metric, list(map(str, table.columns)))}"
        )
    period = str(table.columns[0])
    keys = _groups(table)
    table = writing.public(groups_of(table), keys)
    if table.empty:
        raise Empty
    ax = style.axes(ax, 8.8, 4.0)
    lines = list(table.groupby(keys, observed=True, dropna=False, sort=False)) if keys else [((), table)]
    lines.sort(key=lambda line: -_size(line[1], metric))
    names = writing.apart([_name(names, keys) for names, _ in lines], 32)
    ends: list[tuple[Any, float, str, str]] = []
    for place, (name, (_, rows)) in enumerate(zip(names, lines, strict=True)):
        named = place < top
        colour = style.series(place) if named else style.faint()
        value = _line(ax, rows, metric, colour, named=named)
        known = np.flatnonzero(np.isfinite(value))
        if named and len(known):
            last = int(known[-1])
            if keys:
                ends.append((rows[period].iloc[last], float(value[last]), name, colour))
            style.now().facts.append(_told(name if keys else "", rows[period], value, known, metric))
    if not np.nanmin(table[metric].to_numpy(dtype=float, na_value=np.nan), initial=0.0) < 0:
        ax.set_ylim(0, None)
    numbers.metric_axis(ax, "y", metric)
    _dates(ax, period, table[period])
    ax.set_ylabel(writing.labelled(metric))
    style.grid(ax, "y")
    writing.line_ends(ax, ends)
    adverb, plural = _words(period)
    by = f", by {', '.join(map(label_of, keys))}" if keys else ""
    head = _head(metric, table[metric].to_numpy(dtype=float, na_value=np.nan))
    some = some_of(min(top, len(lines)), len(lines)).replace("shown", "named, grey: the others")
    layout.title(ax, f"{head}, {adverb}{by}", notes(some, *_reading(table, plural)))
    return ax


def _head(metric: str, values: Any) -> str:
    """What all calls sum to, or between what values a metric moves that does not add up."""
    known = values[np.isfinite(values)]
    if adds_up(metric):
        return summed(metric, values)
    if not len(known):
        return f"{heading_of(metric)} is not known"
    write = numbers.writer(metric)
    low, high = write(float(known.min())), write(float(known.max()))
    return f"{heading_of(metric)} " + (f"was {low}" if low == high else f"lay between {low} and {high}")


def _size(rows: pd.DataFrame, metric: str) -> float:
    """How large a group is: by what it adds up to, else by its calls, else by its mean."""
    value = rows[metric].to_numpy(dtype=float, na_value=np.nan)
    if adds_up(metric):
        return abs(float(np.nansum(value)))
    if "call_count" in rows:
        return float(rows["call_count"].sum())
    return float(np.nansum(np.abs(value)))


def _name(names: Any, keys: list[str]) -> str:
    return " · ".join(writing.value_name(key, name, 60) for key, name in zip(keys, names, strict=True))


def _line(ax: Axes, rows: pd.DataFrame, metric: str, colour: str, *, named: bool) -> Any:
    """Draw one group: solid where it is settled, dashed else, hollow markers where a period is cut off."""
    time, value = rows.iloc[:, 0], rows[metric].to_numpy(dtype=float, na_value=np.nan)
    everything = np.ones(len(rows), bool)
    settled = rows["is_mature"].to_numpy(dtype=bool) if "is_mature" in rows else everything
    complete = rows["is_complete"].to_numpy(dtype=bool) if "is_complete" in rows else everything
    first, last = _solid(settled & complete)
    look: dict[str, Any] = {"color": colour, "zorder": 3 if named else 1}
    ax.plot(time[first:last], value[first:last], **look)
    for part in (slice(0, first + 1), slice(max(last - 1, 0), len(rows))):
        ax.plot(time[part], value[part], linestyle=(0, (2, 1.5)), **look)
    if named and len(rows) <= _POINTS:
        size = 4.5 if len(rows) <= 30 else 3.0
        for some, face in ((complete, colour), (~complete, style.paper())):
            ax.plot(
                time[some],
                value[some],
                "o",
                markersize=size,
                markerfacecolor=face,
                markeredgecolor=colour,
                zorder=4,
            )
    return value


def _told(name: str, time: Any, value: Any, known: Any, metric: str) -> str:
    """The line in words, for who does not see it."""
    write = numbers.writer(metric)
    lead = f"{name}: " if name else ""
    best = int(known[np.argmax(value[known])])
    spots = {"first": int(known[0]), "last": int(known[-1]), "most": best}
    return lead + ", ".join(
        f"{word} {write(value[at])} ({time.iloc[at]:%d %b %Y})" for word, at in spots.items()
    )


def _solid(settled: Any) -> tuple[int, int]:
    """Where the settled periods begin and end; at the end of all when there are none."""
    firm = np.flatnonzero(settled)
    return (int(firm[0]), int(firm[-1]) + 1) if len(firm) else (len(settled), len(settled))


def _reading(table: pd.DataFrame, plural: str) -> list[str]:
    """Say which periods are not what they will be or were."""
    said = []
    if "is_complete" in table and not table["is_complete"].all():
        said.append(f"hollow: {plural} of which only some days are in the calls")
    if "is_mature" in table and not table["is_mature"].all():
        said.append("dashed: may still change, or cut off")
    return said


def _groups(table: pd.DataFrame) -> list[str]:
    """Columns between the period and the first measure: names, not numbers."""
    names = []
    for name in table.columns[1:]:
        if pd.api.types.is_numeric_dtype(table[name].dtype):
            break
        names.append(str(name))
    return names


def _words(period: str) -> tuple[str, str]:
    return _WORDS.get(period, (f"by {label_of(period)}", "periods"))


def _dates(ax: Axes, period: str, time: Any) -> None:
    """Write dates: Mondays for days and weeks, with the year below."""
    from matplotlib import dates

    first, last = time.min(), time.max()
    weeks = (last - first).days / 7
    years = f"{first:%Y}" if first.year == last.year else f"{first:%Y} to {last:%Y}"
    if period in {"week", "call_day"} and 2 <= weeks <= 80:
        locator: Any = dates.WeekdayLocator(byweekday=dates.MO, interval=max(1, int(np.ceil(weeks / 8))))  # type: ignore[no-untyped-call]  # untyped there
        ax.xaxis.set_major_locator(locator)
        ax.xaxis.set_major_formatter(dates.DateFormatter("%d %b"))  # type: ignore[no-untyped-call]  # untyped there
        ax.set_xlabel(
            f"week that begins on this Monday, {years}"
            if period == "week"
            else f"day, ticks at Mondays, {years}"
        )
        return
    if period == "week":
        ax.set_xticks(sorted(time.unique()))
        ax.xaxis.set_major_formatter(dates.DateFormatter("%d %b"))  # type: ignore[no-untyped-call]  # untyped there
        ax.set_xlabel(f"week that begins on this Monday, {years}")
        return
    locator = dates.AutoDateLocator(minticks=3, maxticks=9)  # type: ignore[no-untyped-call]  # untyped there
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]  # untyped there
