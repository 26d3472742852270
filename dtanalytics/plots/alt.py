"""Pictures in words: the alternative text of a figure, for readers who do not see it.

It is read from the figure itself, so that figures of any library on matplotlib have one; a plot of this
package adds the numbers that no label says.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from dtanalytics.texts.numerals import ENGLISH, Numerals

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FEW = 10  # points of a curve that are told one by one
_MOST = 16  # labels told
_LONGEST = 900  # characters; the whole is in the table beside the figure
_facts: WeakKeyDictionary[Any, tuple[list[str], Numerals]] = WeakKeyDictionary()
"""Of each picture of ours the numbers that no label says, and how its numbers are written."""


def describe(ax: Axes) -> str:
    """Say in words what a picture shows: heading, how to read it, axes, and its main numbers.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes that a plot of this package, or any other, has drawn on.

    Returns
    -------
    str
        For the ``alt`` of an image: plain text of at most about 900 characters. A notebook's figures carry
        it by themselves, in the metadata of their output (``metadata["image/png"]["alt"]``), where nbconvert
        looks for it.

    Examples
    --------
    >>> import pandas as pd
    >>> from dtanalytics.plots import margin_bars
    >>> table = pd.DataFrame({"affiliate": ["North"], "call_count": [2], "revenue": [40.0],
    ...                       "payout": [25.0], "margin": [15.0], "margin_rate": [0.375]})
    >>> describe(margin_bars(table)).split(". ")[0]
    'Margin came to $15.00 of revenue $40.00'
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().add_subplot(title="Calls by day", xlabel="day")
    >>> _ = ax.plot([1, 2, 3], [10, 30, 20], label="North")
    >>> describe(ax)
    'Calls by day. Horizontal: day. North: 1: 10, 2: 30, 3: 20.'
    """
    return _sentences(_parts(ax))


def of_figure(figure: Figure) -> str:
    """Describe all pictures of a figure that was drawn."""
    shown = [ax for ax in figure.axes if ax.get_visible()]
    return _sentences([figure.get_suptitle(), *(part for ax in shown for part in _parts(ax))])


def attach(ax: Axes, facts: list[str], numerals: Numerals = ENGLISH) -> None:
    """Let the figure carry its description to notebooks; `facts` are numbers that no label says."""
    _facts[ax] = facts, numerals
    figure: Any = ax.get_figure(root=True)
    figure._repr_mimebundle_ = partial(bundle, figure)


def bundle(figure: Any, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Add no picture, only the text of the one that IPython makes, as its metadata."""
    try:
        text = of_figure(figure)
    except Exception as error:  # noqa: BLE001  # a notebook does not fail for a figure of whatever artists
        text = f"A figure that could not be described ({type(error).__name__})."
    return {}, {"image/png": {"alt": text}}


def _sentences(parts: list[str]) -> str:
    said = list(dict.fromkeys(_plain(part).rstrip(".") for part in parts if part))
    text = "".join(f"{part}. " for part in said).strip() or "A figure without text."
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rsplit(' ', 1)[0]} …"


def _parts(ax: Axes) -> list[str]:
    """Titles, notes, axes, then the numbers: those noted or labelled, else bars, lines, points and cells."""
    titles = [ax.get_title(loc) for loc in ("left", "center", "right")]
    notes = [text.get_text() for text in ax.texts if text.get_gid() == "note"]
    axes = [
        f"{word}: {text}"
        for word, text in (("Horizontal", ax.get_xlabel()), ("Vertical", ax.get_ylabel()))
        if text
    ]
    told = _facts.get(ax, ([],))[0] or _labelled(ax)
    more = len(told) - _MOST
    numbers = "; ".join(told[:_MOST]) + (f"; and {more} more" if more > 0 else "")
    is_ours = ax in _facts  # our labels say what is drawn
    drawn = [] if is_ours and told else [*_bars(ax), *_lines(ax), *_points(ax), *_cells(ax)]
    return [*titles, *notes, *axes, numbers, *drawn]


def _labelled(ax: Axes) -> list[str]:
    """Texts in the picture; those that stand at a named place of an axis begin with its name."""
    said: dict[str, list[str]] = {}
    for text in ax.texts:
        if text.get_visible() and text.get_text().strip() and text.get_gid() != "note":
            place = getattr(text, "xy", None) or text.get_position()
            inside = text.get_transform() == ax.transData or getattr(text, "xycoords", "") == "data"
            said.setdefault(_name_at(ax, place) if inside else "", []).append(text.get_text())
    alone = said.pop("", [])
    named = [f"{name}: {', '.join(text for text in texts if text != name)}" for name, texts in said.items()]
    return [one.removesuffix(": ") for one in named] + alone


def _name_at(ax: Axes, place: Any) -> str:
    """Name of the category at a place, where an axis has names and not numbers."""
    for axis, coordinate in ((ax.yaxis, place[1]), (ax.xaxis, place[0])):
        names = _names(axis)
        if not names or not isinstance(coordinate, (int, float, np.number)):
            continue
        nearest = min(names, key=lambda tick: abs(tick - float(coordinate)))
        if abs(nearest - float(coordinate)) <= 0.5:
            return names[nearest]
    return ""


def _names(axis: Any) -> dict[float, str]:
    """Places and labels of an axis of categories; none of an axis of numbers or times."""
    from matplotlib.category import StrCategoryLocator
    from matplotlib.ticker import FixedLocator

    if not isinstance(axis.get_major_locator(), FixedLocator | StrCategoryLocator):
        return {}
    places = [float(place) for place in axis.get_ticklocs()]
    names = [_plain(text) for text in axis.get_major_formatter().format_ticks(places)]
    are_words = any(any(sign.isalpha() for sign in name) for name in names)
    return dict(zip(places, names, strict=True)) if are_words else {}


def _bars(ax: Axes) -> list[str]:
    """Bars whose values are not written beside them."""
    from matplotlib.container import BarContainer

    if any(any(sign.isdigit() for sign in text.get_text()) for text in ax.texts):
        return []
    said = []
    for container in ax.containers:
        if not isinstance(container, BarContainer):
            continue
        lying = container.orientation == "horizontal"
        along, across = (ax.yaxis, ax.xaxis) if lying else (ax.xaxis, ax.yaxis)
        middles = [
            bar.get_y() + bar.get_height() / 2 if lying else bar.get_x() + bar.get_width() / 2
            for bar in container.patches
        ]
        values = np.asarray(container.datavalues, dtype="float64")
        for middle, value in zip(middles, values, strict=False):
            said.append(f"{_written(along, middle, ax, lying=lying)}: {_number(across, value)}")
    return said


def _written(along: Any, middle: float, ax: Axes, *, lying: bool) -> str:
    return _name_at(ax, (np.nan, middle) if lying else (middle, np.nan)) or _number(along, middle)


def _lines(ax: Axes) -> list[str]:
    """Curves: their points where these are few, else where they begin and end, and between what they lie.

    Pieces of one colour are one curve; its name is its label's, or that of the text in its colour.
    """
    from matplotlib.colors import to_hex

    if _names(ax.yaxis):
        return _dots(ax)
    if ax.patches and _names(ax.xaxis):
        return []  # what leads from bar to bar
    curves: dict[str, dict[float, float]] = {}
    names = {to_hex(text.get_color()): text.get_text() for text in ax.texts if text.get_visible()}
    for line in ax.lines:
        across, up = np.asarray(line.get_xdata(orig=False)), np.asarray(line.get_ydata(orig=False))
        if line.get_transform() != ax.transData or across.shape != up.shape:
            continue  # a line across the whole picture: a limit, a mean
        colour, label = to_hex(line.get_color()), str(line.get_label())
        curve = curves.setdefault(colour if label.startswith("_") else label, {})
        curve.update(dict(zip(across.tolist(), up.tolist(), strict=True)))
    said = []
    for key, curve in curves.items():
        points = [(place, height) for place, height in sorted(curve.items()) if np.isfinite(height)]
        name = f"{names.get(key, '' if key.startswith('#') else key)}: ".removeprefix(": ")
        heights = [height for _, height in points]
        if len(points) > (_FEW if len(curves) == 1 else 2):
            first, last, least, most = (
                _number(ax.yaxis, value) for value in (heights[0], heights[-1], min(heights), max(heights))
            )
            said.append(f"{name}from {first} to {last}, between {least} and {most}")
        elif len(points) > 2 or (name and points):
            said.append(
                name + ", ".join(f"{_at(ax, at)}: {_number(ax.yaxis, value)}" for at, value in points)
            )
    return said


def _dots(ax: Axes) -> list[str]:
    """Dots beside names: each with its name."""
    said = []
    for line in ax.lines:
        across, up = np.asarray(line.get_xdata(orig=False)), np.asarray(line.get_ydata(orig=False))
        if line.get_marker() in {"None", "", " ", None, "|", "_"} or across.shape != up.shape:
            continue
        label = str(line.get_label())
        name = "" if label.startswith("_") else f"{label}, "
        said += [
            f"{name}{_name_at(ax, (np.nan, float(height)))}: {_number(ax.xaxis, float(value))}"
            for value, height in zip(across, up, strict=True)
        ]
    return said


def _at(ax: Axes, place: float) -> str:
    return _name_at(ax, (place, np.nan)) or _number(ax.xaxis, place)


def _points(ax: Axes) -> list[str]:
    """Clouds of points: how many, and between what they lie."""
    from matplotlib.collections import PathCollection

    said = []
    for cloud in ax.collections:
        if isinstance(cloud, PathCollection):
            places: Any = np.ma.filled(np.ma.asarray(cloud.get_offsets(), dtype="float64"), np.nan)
            places = places[np.isfinite(places).all(axis=1)]
            if len(places):
                across = [
                    f"{_number(axis, column.min())} to {_number(axis, column.max())}"
                    for axis, column in ((ax.xaxis, places[:, 0]), (ax.yaxis, places[:, 1]))
                ]
                said.append(f"{_said(ax, len(places))} points, across {across[0]}, up {across[1]}")
    return said


def _cells(ax: Axes) -> list[str]:
    """Maps of cells: between what their values lie."""
    grids = [*ax.images, *(one for one in ax.collections if type(one).__name__ == "QuadMesh")]
    said = []
    for grid in grids:
        values: Any = np.ma.asarray(grid.get_array(), dtype="float64").compressed()
        values = values[np.isfinite(values)]
        if values.size > 1 and not str(ax.get_label()).startswith("<colorbar"):
            least, most = _said(ax, values.min()), _said(ax, values.max())
            said.append(f"{_said(ax, values.size)} cells from {least} to {most}")
    return said


def _number(axis: Any, value: float) -> str:
    """A value as its axis would write it."""
    if not np.isfinite(value):
        return "unknown"
    from matplotlib.dates import DateConverter, num2date
    from matplotlib.ticker import FuncFormatter

    if isinstance(axis.get_converter(), DateConverter) or "Date" in type(axis.get_converter()).__name__:
        moment = num2date(value)  # type: ignore[no-untyped-call]  # matplotlib declares none for it
        return f"{moment:%Y-%m-%d}" if value == int(value) else f"{moment:%Y-%m-%d %H:%M}"
    formatter = axis.get_major_formatter()
    if isinstance(formatter, FuncFormatter):
        return _plain(formatter(value)) or _said(axis.axes, value)
    return _said(axis.axes, value)


def _said(ax: Any, value: float) -> str:
    """Write a number as the other numbers of its picture are."""
    return _facts.get(ax, ([], ENGLISH))[1].format(value, ",.6g")


def _plain(text: Any) -> str:
    return " ".join(str(text).split())
