"""Pictures in words: the alternative text of a figure, for readers who do not see it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST = 16  # numbers told
_facts: WeakKeyDictionary[Any, list[str]] = WeakKeyDictionary()


def describe(ax: Axes) -> str:
    """Say in words what a picture shows: heading, how to read it, and its main numbers.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes that a plot of this package has drawn on.

    Returns
    -------
    str
        For the ``alt`` of an image. A notebook's figures carry it by themselves, in the metadata of
        their output (``metadata["image/png"]["alt"]``), where nbconvert looks for it.

    Examples
    --------
    >>> import pandas as pd
    >>> from dtanalytics.plots import margin_bars
    >>> table = pd.DataFrame({"affiliate": ["North"], "call_count": [2], "revenue": [40.0],
    ...                       "payout": [25.0], "margin": [15.0], "margin_rate": [0.375]})
    >>> describe(margin_bars(table)).split(". ")[0]
    'Margin came to $15.00 of revenue $40.00'
    """
    heading = next(
        (ax.get_title(loc=where) for where in ("left", "center", "right") if ax.get_title(loc=where)), ""
    )
    notes = [text.get_text() for text in ax.texts if text.get_gid() == "note"]
    numbers = _facts.get(ax) or _numbers(ax)
    more = len(numbers) - _MOST
    told = "; ".join(numbers[:_MOST]) + (f"; and {more} more" if more > 0 else "")
    axes = [label for label in (ax.get_xlabel(), ax.get_ylabel()) if label]
    parts = [heading, *notes, f"Axes: {', '.join(axes)}" if axes else "", told]
    return " ".join(f"{' '.join(part.split()).rstrip('.')}." for part in parts if part)


def attach(ax: Axes, facts: list[str]) -> None:
    """Let the figure carry its description to notebooks; `facts` are numbers that no label says."""
    if facts:
        _facts[ax] = facts
    figure: Any = ax.get_figure(root=True)
    figure._repr_mimebundle_ = partial(_bundle, figure)


def of_figure(figure: Any) -> str:
    """Describe all pictures of a figure."""
    pictures = [
        ax
        for ax in figure.axes
        if any(ax.get_title(loc=at) for at in ("left", "center", "right")) or ax.texts
    ]
    return " ".join(describe(ax) for ax in pictures)


def _bundle(figure: Any, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Add no picture, only the metadata of the one that IPython makes."""
    return {}, {"image/png": {"alt": of_figure(figure)}}


def _numbers(ax: Axes) -> list[str]:
    """Labels of the picture, each with the name at its place on the axis."""
    names = [*_named(ax, "y"), *_named(ax, "x")]
    told = []
    for text in ax.texts:
        words = " ".join(text.get_text().split())
        if not words or text.get_gid() == "note":
            continue
        place = getattr(text, "xy", text.get_position())
        beside = (name for which, at, name in names if np.isclose(place[which], at, atol=1e-9))
        name = next(beside, "") if _is_number(place) else ""
        told.append(f"{name}: {words}" if name else words)
    return told


def _is_number(place: Any) -> bool:
    return all(isinstance(part, int | float | np.number) for part in place)


def _named(ax: Axes, axis: str) -> list[tuple[int, float, str]]:
    """Which names of the data stand where; none of an axis of numbers."""
    from matplotlib.ticker import FixedFormatter, FixedLocator

    target = ax.xaxis if axis == "x" else ax.yaxis
    locator, formatter = target.get_major_locator(), target.get_major_formatter()
    if not (
        isinstance(locator, FixedLocator) and type(formatter).__name__ in {"FixedFormatter", "FuncFormatter"}
    ):
        return []
    places = list(locator())
    labels = formatter.seq if isinstance(formatter, FixedFormatter) else formatter.format_ticks(places)
    names = (" ".join(str(label).split()) for label in labels)
    return [(int(axis == "y"), float(at), name) for at, name in zip(places, names, strict=False) if name]
