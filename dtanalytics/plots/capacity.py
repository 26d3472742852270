"""Peaks, the hours at which caps bite, and the month against the months before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dtanalytics.plots import layout, numbers, style, writing
from dtanalytics.plots.picture import Empty, Size, picture
from dtanalytics.plots.ranked import check_top, notes, some_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@picture
def concurrency(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    top: int = 15,
    figsize: Size = None,
    title: str | None = None,
    currency: str | None = None,
) -> Axes:
    """Draw the most calls at once, beside the mean while there are any.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.analysis.supply.capacity.concurrency`: the numbers behind the picture.
    top : int, default 15
        Most rows, the highest peaks.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> table = pd.DataFrame({"advertiser": ["Acme"], "call_count": [3], "peak": [2],
    ...                       "peak_at": pd.to_datetime(["2026-10-05 09:00:30"]), "mean_when_busy": [1.4]})
    >>> concurrency(table).get_title(loc="left")
    'At most 2 calls ran at once: Acme'
    """
    from matplotlib.ticker import MaxNLocator

    check_top(top)
    rows = table.sort_values("peak", ascending=False, kind="stable").head(top)
    keys = list(table.columns[: table.columns.get_loc("call_count")])
    ax = style.axes(ax, 7.8, 1.4 + 0.36 * max(len(rows), 3))
    if rows.empty:
        raise Empty("no call talked")
    names = writing.row_names(rows, keys)
    places = -np.arange(len(rows), dtype=float)
    peak, mean = rows["peak"].to_numpy(dtype=float), rows["mean_when_busy"].to_numpy(dtype=float)
    ax.hlines(places, mean, peak, color=style.faint(), linewidth=3)
    ax.plot(mean, places, "o", color=style.paper(), markeredgecolor=style.BLUE, markersize=6)
    ax.plot(peak, places, "o", color=style.BLUE, markersize=8)
    for place, high, when in zip(places, peak, rows["peak_at"], strict=True):
        writing.beside(ax, high, place, f"{high:.0f}   {when:%a %d %b %Y, %H:%M}")
    writing.name_ticks(ax, "y", list(places), names)
    ax.set(xlim=(0, peak.max() * 1.42), ylim=(places.min() - 0.6, 0.6), xlabel="calls at the same time")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.spines["left"].set_visible(False)
    style.grid(ax, "x")
    head = f"At most {peak[0]:.0f} calls ran at once: {names[0]}"
    note = "full dot: the peak and when it first was; open dot: mean while there was a call"
    layout.title(ax, head, notes(some_of(len(rows), len(table)), note))
    return ax


@picture
def cap_hours(
    profile: pd.DataFrame,
    hours: pd.DataFrame,
    ax: Axes | None = None,
    *,
    top: int = 5,
    figsize: Size = None,
    title: str | None = None,
    currency: str | None = None,
) -> Axes:
    """Draw by hour what was turned away (or taken), with the hour from which a cap bites.

    Parameters
    ----------
    profile, hours : pandas.DataFrame
        `dtanalytics.analysis.supply.capacity.cap_profile` and `cap_hours` of the same calls: the numbers
        behind the picture.
    top : int, default 5
        Most groups that are named, those that are capped and whose rate changes most; others are grey.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from dtanalytics.analysis.supply import capacity
    >>> calls = pd.DataFrame({"affiliate": "North", "call_hour": [9, 10, 11, 15, 16, 17] * 50})
    >>> calls["lead_status"] = (calls["call_hour"] >= 15).map({True: "Affiliate Cap", False: "Connected"})
    >>> ax = cap_hours(capacity.cap_profile(calls), capacity.cap_hours(calls))
    >>> ax.get_title(loc="left")
    'A cap bites at North from 15:00'
    """
    keys = list(profile.columns[: profile.columns.get_loc("call_hour")])
    profile, hours = writing.public(profile, keys), writing.public(hours, keys)
    capped = hours[hours["bite_hour"].notna()]
    order = (capped["rate_after"] - capped["rate_before"]).abs().sort_values(ascending=False, kind="stable")
    check_top(top)
    every = capped.loc[order.index]
    capped = every.head(top)
    ax = style.axes(ax, 8.4, 4.4)
    if profile.empty:
        raise Empty
    drawn = {tuple(map(str, row)): place for place, row in enumerate(capped[keys].to_numpy(dtype=object))}
    ends: list[tuple[float, float, str, str]] = []
    for names, lines in profile.groupby(keys, observed=True, dropna=False, sort=False):
        seen = lines[lines["rate"].notna()]
        place = drawn.get(tuple(map(str, names)))
        if seen.empty:
            continue
        if place is None:
            ax.plot(seen["call_hour"], seen["rate"], color=style.faint(), linewidth=1.2, zorder=1)
            continue
        colour = style.series(place)
        ax.plot(seen["call_hour"], seen["rate"], color=colour, zorder=3)
        hour = int(capped["bite_hour"].iloc[place])
        ax.axvline(hour - 0.5, color=colour, linewidth=1, linestyle=(0, (4, 3)), zorder=2)
        ends.append(
            (
                seen["call_hour"].iloc[-1],
                seen["rate"].iloc[-1],
                f"{_name(names, keys)}, from {hour}:00",
                colour,
            )
        )
    writing.line_ends(ax, ends)
    taken = bool(set(keys) & {"offer", "advertiser", "transfer_number"})
    what = "share of the sets' calls that it took" if taken else "share of calls turned away by the cap"
    ax.set(xlim=(-0.3, 23.3), ylim=(0, None), xlabel="hour of the day [Eastern]", ylabel=what)
    ax.set_xticks(range(0, 24, 3), labels=[f"{hour}:00" for hour in range(0, 24, 3)])
    numbers.percent_axis(ax, "y")
    style.grid(ax, "y")
    note = "dashed: the hour from which the rate is worse; grey: other groups"
    named = f"{len(capped)} of {len(every)} capped named" if len(capped) < len(every) else ""
    layout.title(ax, _bites(every, keys), notes(named, note))
    return ax


def _bites(capped: pd.DataFrame, keys: list[Any]) -> str:
    if capped.empty:
        return "No cap is seen to bite"
    first = capped.iloc[0]
    more = f", and at {len(capped) - 1} more" if len(capped) > 1 else ""
    name = _name(first[keys].to_numpy(dtype=object), keys)
    return f"A cap bites at {name} from {int(first['bite_hour'])}:00{more}"


def _name(values: Any, keys: list[Any]) -> str:
    each = np.atleast_1d(np.asarray(values, dtype=object))
    return " · ".join(writing.value_name(key, value, 28) for key, value in zip(keys, each, strict=True))


@picture
def pacing(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    metric: str = "margin",
    figsize: Size = None,
    title: str | None = None,
    currency: str | None = None,
) -> Axes:
    """Draw a month so far, what earlier months had by then, and where it is going.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.analysis.money.pacing.pacing`: the numbers behind the picture.
    metric : str, default "margin"
        What was paced, for the labels.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from dtanalytics.analysis.money.pacing import pacing as pace
    >>> days = pd.date_range("2026-09-01", "2026-10-10", unit="us")
    >>> table = pace(pd.DataFrame({"call_day": days.repeat(10)}), "call_count")
    >>> pacing(table, metric="call_count").get_title(loc="left")
    'October 2026 brought 100 so far and is expected to bring 310'
    """
    ax = style.axes(ax, 8.4, 4.4)
    if table.empty or table["to_date"].isna().all():
        raise Empty
    write = numbers.writer(metric)
    day = table["day"].to_numpy()
    now = int(table["to_date"].notna().sum())
    if table["earlier_mean"].notna().any():
        low, high = table["earlier_low"], table["earlier_high"]
        ax.fill_between(day, low, high, color=style.faint(), linewidth=0, zorder=1)
        ax.plot(day, table["earlier_mean"], color=style.GREY, linewidth=1.2, zorder=2)
    ahead = table.iloc[now - 1 :]
    ax.fill_between(
        ahead["day"],
        ahead["forecast_low"],
        ahead["forecast_high"],
        color=style.SKY,
        alpha=0.35,
        linewidth=0,
        zorder=3,
    )
    ax.plot(ahead["day"], ahead["forecast"], color=style.BLUE, linestyle=(0, (4, 2)), linewidth=1.6, zorder=4)
    ax.plot(day[:now], table["to_date"][:now], color=style.BLUE, linewidth=2.6, zorder=5)
    ax.plot(day[now - 1], table["to_date"].iloc[now - 1], "o", color=style.BLUE, zorder=6)
    last = table.iloc[-1]
    marks = [
        (float(day[-1]), last[name], f"{write(last[name])} {word}", colour)
        for name, word, colour in (
            ("forecast", "expected", style.BLUE),
            ("earlier_mean", "earlier months", style.muted()),
        )
        if pd.notna(last[name])
    ]
    ax.set(xlim=(0.6, day[-1] + 0.2), ylim=(min(0, table["to_date"].min()), None))
    writing.line_ends(ax, marks)
    ax.set(xlabel="day of the month [Eastern]", ylabel=writing.labelled(metric, " to date"))
    ax.set_xticks([1, *range(5, day[-1] + 1, 5)])
    numbers.metric_axis(ax, "y", metric)
    style.grid(ax, "y")
    month = table["call_day"].iloc[0]
    so_far = write(table["to_date"].iloc[now - 1])
    head = f"{month:%B %Y} brought {so_far}"
    if now < len(table):
        head += f" so far and is expected to bring {write(last['forecast'])}"
    note = "grey: least to most of the earlier months by that day; light blue: band of the forecast"
    layout.title(ax, head, note)
    return ax
