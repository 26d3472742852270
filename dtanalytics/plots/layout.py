"""Headings of a picture, wrapped to its width."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from dtanalytics.plots import style
from dtanalytics.plots.fonts import plain, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text


def title(ax: Axes, text: str, note: str = "", below: Any = None) -> None:
    """Head a picture with what it says, and below, quieter, how to read it.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    text : str
        The heading: what the table as a whole says.
    note : str
        How to read the picture; the period of the calls is put before it.
    below : matplotlib.artist.Artist, optional
        What stands between the heading and the picture, such as a legend, where there is no note.
    """
    import matplotlib as mpl

    drawing = style.now()
    if drawing.period and " against " not in note:  # of a comparison both periods are told
        note = f"{drawing.period}; {note}" if note else drawing.period
    lower = below
    if note:
        lower = ax.annotate(
            shown(note, 240),
            (0, 1),
            (0, 6),
            xycoords="axes fraction",
            textcoords="offset points",
            color=style.muted(drawing.margin),
            fontsize=style.points(9),
            va="bottom",
            annotation_clip=False,
            wrap=True,
            gid="note",
        )
        _wrap(ax, lower)
    look: dict[str, Any] = {}
    if "axes.titlecolor" not in drawing.own:
        look["color"] = style.ink(drawing.margin)
    if "axes.titlesize" not in drawing.own:
        look["fontsize"] = style.points(12)
    where = mpl.rcParams["axes.titlelocation"]
    heading = ax.set_title(shown(text, 120), pad=6 if lower else 10, loc=where, wrap=True, **look)
    plain([heading])  # the axes, and this text with them, may be older than the style
    _wrap(ax, heading)
    if lower is not None:
        heading.set_transform(ax.transAxes + _above(ax, lower))


def retitle(ax: Axes, text: str) -> None:
    """Write the reader's own heading in the place of the picture's."""
    for where in ("left", "center", "right"):
        if ax.get_title(loc=where):
            heading: Text = {"left": ax._left_title, "center": ax.title, "right": ax._right_title}[where]  # type: ignore[attr-defined]  # noqa: SLF001 - matplotlib gives no other way to keep the place and change the words
            heading.set_text(text)
            return
    title(ax, text)


def _wrap(ax: Axes, text: Any) -> None:
    """Break lines at the width of the axes as they are when drawn, not at that of the figure.

    Matplotlib has no public way to say so; and it takes amounts for mathematics when it measures words.
    """
    text._get_wrap_line_width = partial(_width, ax)  # noqa: SLF001
    text._get_rendered_text_width = partial(_measured, text, {})  # noqa: SLF001


def _width(ax: Axes) -> float:
    return 0.98 * float(ax.bbox.width)  # letters are a little wider at some resolutions


def _measured(text: Any, known: dict[tuple[object, ...], float], words: str) -> float:
    """Width of words [pixels]: a heading is laid out about ten times a picture, word by word."""
    renderer = text._renderer  # noqa: SLF001 - matplotlib keeps it nowhere else
    font = text.get_fontproperties()
    key = (words, type(renderer), text.get_figure(root=True).dpi, hash(font))
    if key not in known:
        known[key] = float(renderer.get_text_width_height_descent(words, font, ismath=False)[0])
    return known[key]


def _above(ax: Axes, artist: Any) -> Any:
    """Transform that lifts by the height of what stands on the axes, as tall as it is when drawn."""
    from matplotlib.transforms import Affine2DBase

    class Above(Affine2DBase):
        def get_matrix(self) -> Any:
            top = artist.get_window_extent().y1 - ax.bbox.y1
            gap = 5 * ax.get_figure(root=True).dpi / 72  # type: ignore[union-attr]  # it is on a figure
            return np.array([[1, 0, 0], [0, 1, max(top, 0) + gap], [0, 0, 1]])

    return Above()
