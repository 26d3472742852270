"""The one style of every picture: colours, type, axes, headings.

Colours are Okabe and Ito's, told apart by colour-blind readers and in grey.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from dtanalytics.plots.fonts import families, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK = "#1f2933"
MUTED = "#66727f"
FAINT = "#dfe4e9"
PAPER = "#ffffff"

BLUE = "#0072b2"
ORANGE = "#e69f00"
GREEN = "#009e73"
VERMILION = "#d55e00"
SKY = "#56b4e9"
PURPLE = "#cc79a7"
YELLOW = "#f0e442"
GREY = "#9aa5b1"

PALETTE = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, GREY)
"""Series colours in the order of use."""
GAIN, LOSS, TOTAL = BLUE, VERMILION, "#52606d"
"""Money that came, money that went, and the bars that they lead from and to."""
OVER_LINES: dict[str, Any] = {"boxstyle": "square,pad=0.1", "facecolor": PAPER, "edgecolor": "none"}
"""Ground of a label that may come to lie over a line."""
SEQUENTIAL = "Blues"
DIVERGING = "RdBu"

_RC: dict[Any, Any] = {
    "text.parse_math": False,
    "font.size": 10.0,
    "text.color": INK,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 9.5,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.8,
    "axes.titlesize": 12.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlecolor": INK,
    "axes.titlepad": 12.0,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "grid.color": FAINT,
    "grid.linewidth": 0.8,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 9.0,
    "ytick.labelsize": 9.0,
    "xtick.major.size": 3.0,
    "ytick.major.size": 0.0,
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "figure.max_open_warning": 0,  # whoever draws many pictures in a loop closes them as they like
    "figure.dpi": 110.0,
    "savefig.dpi": 150.0,
    "legend.frameon": False,
    "patch.linewidth": 0.0,
    "lines.linewidth": 1.8,
}


def styled() -> AbstractContextManager[None]:
    """Context in which the package draws; nothing outside it changes.

    Returns
    -------
    context manager
        Sets matplotlib's parameters on entry and puts them back on exit.
    """
    import matplotlib as mpl
    import matplotlib.pyplot as plt

    # Wakes the backend: were it first used inside, a notebook's would be switched off again on exit.
    plt.draw_if_interactive()  # type: ignore[no-untyped-call]  # matplotlib declares none for it
    return mpl.rc_context({**_RC, "font.family": list(families())})


def axes(ax: Axes | None, width: float = 8.0, height: float = 4.2) -> Axes:
    """Give the Axes to draw on: the one passed in, or one on a new figure that fits its content.

    Parameters
    ----------
    ax : matplotlib.axes.Axes or None
        Axes of the caller.
    width, height : float
        Size of a new figure [inch].

    Returns
    -------
    matplotlib.axes.Axes
    """
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.figure(figsize=(width, height), layout="constrained").add_subplot()


def title(ax: Axes, text: str, note: str = "") -> None:
    """Head a picture with what it says, and below in grey how to read it."""
    ax.set_title(shown(text, 90), pad=24.0 if note else 12.0, wrap=True)
    if note:
        ax.annotate(
            shown(note, 120),
            (0, 1),
            (0, 8),
            xycoords="axes fraction",
            textcoords="offset points",
            color=MUTED,
            fontsize=9,
            va="bottom",
            annotation_clip=False,
        )


def bare(ax: Axes) -> Axes:
    """Take away the axes of a picture that is its own scale."""
    ax.set_xticks([])
    ax.set_yticks([])
    for side in ax.spines.values():
        side.set_visible(False)
    return ax


def nothing(ax: Axes, text: str = "no calls in this selection") -> Axes:
    """Say in the middle of an empty picture that there is nothing to draw."""
    bare(ax).text(0.5, 0.5, text, ha="center", va="center", color=MUTED, transform=ax.transAxes)
    return ax
