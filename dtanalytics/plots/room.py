"""The part of a figure that a picture may take, where it stands beside others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.transforms import Bbox

_EDGE = 0.006  # free at the edges of a picture [share of the figure]


def room(ax: Axes) -> tuple[float, float]:
    """Width and height that a picture may take with all its labels [inch]."""
    figure: Any = ax.get_figure(root=True)
    cell = _cell(ax)
    return figure.get_figwidth() * cell.width, figure.get_figheight() * cell.height


def _cell(ax: Axes) -> Bbox:
    """The part of the figure between this picture's neighbours, or its own box where it stands in no grid."""
    from matplotlib.figure import SubFigure
    from matplotlib.transforms import Bbox

    spec = ax.get_subplotspec()
    figure: Any = ax.get_figure(root=True)
    if spec is None or isinstance(ax.get_figure(), SubFigure):
        return ax.get_position(original=True)
    spec = spec.get_topmost_subplotspec()
    bottoms, tops, lefts, rights = spec.get_gridspec().get_grid_positions(figure)
    rows, columns = spec.rowspan, spec.colspan
    left, bottom, right, top = 0.0, 0.0, 1.0, 0.93 if figure.get_suptitle() else 1.0
    if columns.start:
        left = (rights[columns.start - 1] + lefts[columns.start]) / 2
    if columns.stop < len(lefts):
        right = (rights[columns.stop - 1] + lefts[columns.stop]) / 2
    if rows.start:
        top = (bottoms[rows.start - 1] + tops[rows.start]) / 2
    if rows.stop < len(tops):
        bottom = (bottoms[rows.stop - 1] + tops[rows.stop]) / 2
    return Bbox.from_extents(left + _EDGE, bottom + _EDGE, right - _EDGE, top - _EDGE)


def fit(ax: Axes) -> None:
    """Draw in the axes of a figure without a layout engine until their labels lie over no neighbour."""
    from matplotlib.transforms import Bbox

    figure: Any = ax.get_figure(root=True)
    if figure.get_layout_engine() is not None or ax.get_subplotspec() is None:
        return
    cell, given = _cell(ax), ax.get_position(original=True)
    for _ in range(3):  # narrower axes break headings into more lines
        outer = ax.get_tightbbox()
        if outer is None:
            return
        outer = outer.transformed(figure.transFigure.inverted())
        inner = ax.get_position()
        left = max(given.x0, cell.x0 + inner.x0 - outer.x0)
        right = min(given.x1, cell.x1 - (outer.x1 - inner.x1))
        bottom = max(given.y0, cell.y0 + inner.y0 - outer.y0)
        top = min(given.y1, cell.y1 - (outer.y1 - inner.y1))
        right, top = max(right, left + 0.2 * cell.width), max(top, bottom + 0.2 * cell.height)
        ax.set_position(Bbox.from_extents(left, bottom, right, top))
        ax.set_in_layout(True)  # set_position leaves it out, and a later tight_layout() counts it in
