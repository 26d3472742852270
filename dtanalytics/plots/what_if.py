"""Other terms as pictures: margin before and after, and the price at which a buffer costs nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dtanalytics.plots import layout, numbers, style, writing
from dtanalytics.plots.picture import Empty, Size, picture
from dtanalytics.plots.ranked import check_top, notes, ranked, some_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SUMS = ("call_count", "margin_before", "margin_after", "margin_change")


@picture
def before_and_after(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    top: int = 15,
    figsize: Size = None,
    title: str | None = None,
    currency: str | None = None,
) -> Axes:
    """Draw each segment's margin before and after, with the change and its interval in words.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.analysis.terms.what_if.what_if`: the numbers behind the picture.
    top : int, default 15
        Most segments drawn, those that change most; all others are one.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> table = pd.DataFrame({"affiliate": ["A"], "call_count": [9], "margin_before": [50.0],
    ...                       "margin_after": [40.0], "margin_change": [-10.0],
    ...                       "margin_change_low": [-15.0], "margin_change_high": [-5.0]})
    >>> before_and_after(table).get_title(loc="left")
    'Margin would fall by $10.00, to $40.00'
    """
    keys = list(table.columns[: table.columns.get_loc("call_count")])
    drawn = ranked(table, keys, "margin_change", list(_SUMS), top, size=True)
    if drawn.rows.empty:
        raise Empty
    rows, names = drawn.rows.iloc[::-1], drawn.names[::-1]
    before, after, change = (
        rows[f"margin_{part}"].to_numpy(dtype=float) for part in ("before", "after", "change")
    )
    low, high = (rows[f"margin_change_{end}"].to_numpy(dtype=float) for end in ("low", "high"))
    ax = style.axes(ax, 8.2, max(2.4, 0.36 * len(rows) + 1.5))
    place = np.arange(len(rows))
    colours = np.where(change > 0, style.GAIN, np.where(change < 0, style.LOSS, style.GREY))
    ax.hlines(place, before, after, color=colours, linewidth=2.2)
    ax.scatter(before, place, facecolor=style.paper(), edgecolor=style.muted(), linewidth=1.2, s=44, zorder=3)
    ax.scatter(after, place, color=colours, s=44, zorder=4)
    for at, end, value, least, most, colour in zip(
        place, np.maximum(before, after), change, low, high, colours, strict=True
    ):
        text = numbers.money(value, sign=True)
        if np.isfinite(least) and np.isfinite(most):
            text += f"   {numbers.money(least, sign=True)} to {numbers.money(most, sign=True)}"
        writing.beside(ax, end, at, text, style.muted() if colour == style.GREY else colour)
    writing.name_ticks(ax, "y", place, names)
    ax.set_ylim(-0.7, len(rows) - 0.3)
    ax.axvline(0, color=style.ink(), linewidth=0.9)
    ax.margins(x=0.22)
    numbers.money_axis(ax, "x")
    ax.set_xlabel(writing.money_label("margin"))
    moved = round(float(drawn.whole["margin_change"]), 4)
    verb = "rise" if moved >= 0 else "fall"
    result = numbers.money(float(drawn.whole["margin_after"]))
    reading = "ring: before; dot: after; then the change and its interval; callers behave as before"
    layout.title(
        ax,
        f"Margin would {verb} by {numbers.money(abs(moved))}, to {result}"
        if moved
        else f"Margin would stay at {result}",
        notes(drawn.note, reading, _explained(table)),
    )
    return ax


@picture
def break_even(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    top: int = 6,
    figsize: Size = None,
    title: str | None = None,
    currency: str | None = None,
) -> Axes:
    """Draw the price at which each proposed buffer costs nothing, with its interval.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.analysis.terms.break_even.break_even`: the numbers behind the picture.
    top : int, default 6
        Most parties drawn, the first of the table.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> table = pd.DataFrame({"side": "offer", "name": "Auto", "buffer": [60.0, 90.0], "buffer_before": 60.0,
    ...                       "price_before": 20.0, "price": [20.0, 30.0], "price_low": [19.0, 27.0],
    ...                       "price_high": [21.0, 33.0]})
    >>> break_even(table).get_title(loc="left")
    'A buffer of 90 s costs nothing at $30.00 for a call of Auto'
    """
    check_top(top)
    known = table[table["price"].notna()]
    if known.empty:
        raise Empty("no call would qualify")
    parties = known[["side", "name"]].drop_duplicates()
    shown = parties.head(top)
    ax = style.axes(ax, 8.0, 4.4)
    ends = []
    for number, (side, name) in enumerate(shown.itertuples(index=False)):
        rows = known[(known["side"] == side) & (known["name"] == name)].sort_values("buffer")
        colour = style.series(number)
        x, price, low, high = (
            rows[column].to_numpy(dtype=float) for column in ("buffer", "price", "price_low", "price_high")
        )
        ax.fill_between(x, low, high, color=colour, alpha=0.15, linewidth=0)
        ax.plot(x, price, color=colour, marker="o", markersize=4)
        ax.scatter(
            rows["buffer_before"].iloc[:1],
            rows["price_before"].iloc[:1],
            color=colour,
            marker="D",
            s=46,
            zorder=4,
        )
        ends.append((x[-1], float(price[-1]), writing.value_name("name", name, 26), colour))
        style.now().facts.extend(
            f"{writing.value_name('name', name)}, {at:.0f} s: {numbers.money(value)}"
            for at, value in zip(x, price, strict=True)
        )
    ax.margins(x=0.04, y=0.12)
    ax.set_xlabel("buffer [s]")
    ax.set_ylabel(writing.money_label("price of a qualified call"))
    numbers.money_axis(ax, "y")
    style.grid(ax, "y")
    writing.line_ends(ax, ends)
    buffer, price, name, _ = ends[0]
    head = f"A buffer of {buffer:.0f} s costs nothing at {numbers.money(price)} for a call of {name}"
    layout.title(
        ax,
        head,
        notes(some_of(len(shown), len(parties)), "diamond: present buffer and price; band: interval"),
    )
    return ax


def _explained(table: pd.DataFrame) -> str:
    """How well the rules give the flags that are decided anew, where the table says so."""
    rules = [rule for rule in table.attrs.get("rules", []) if rule["explained_share"] is not None]
    decided = sum(rule["decided_count"] for rule in rules)
    if not decided:
        return ""
    right = sum(rule["explained_share"] * rule["decided_count"] for rule in rules) / decided
    return f"the rules give {numbers.percent(right, 1)} of the flags"
