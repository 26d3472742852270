"""The style of every picture: colours, type, axes.

The house style applies where the reader's own settings (`matplotlib.rcParams`, style sheets, a matplotlibrc)
say nothing. Series colours are Okabe and Ito's, told apart by colour-blind readers and in grey; text is
drawn in a shade that stands out from its ground by 4.5 to 1 (WCAG 2.2, AA).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from dtanalytics.plots.colours import contrast, mixed
from dtanalytics.plots.fonts import families
from dtanalytics.plots.room import room
from dtanalytics.texts.numerals import ENGLISH, Numerals

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, MUTED, PAPER = "#1f2933", "#5f6b78", "#ffffff"
"""Text, quieter text and ground of the house style."""

BLUE = "#0072b2"
ORANGE = "#e69f00"
GREEN = "#009e73"
VERMILION = "#d55e00"
SKY = "#56b4e9"
PURPLE = "#cc79a7"
GREY = "#9aa5b1"

PALETTE = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, GREY)
"""Series colours in the order of use."""
GAIN, LOSS, TOTAL = BLUE, VERMILION, "#52606d"
"""Money that came, money that went, and the bars that they lead from and to."""
SEQUENTIAL = "Blues"
DIVERGING = "RdBu"

_LEGIBLE = 4.5  # least contrast of text
_RC: dict[str, Any] = {
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
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "grid.linewidth": 0.8,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 9.0,
    "ytick.labelsize": 9.0,
    "xtick.major.size": 3.0,
    "ytick.major.size": 0.0,
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "figure.max_open_warning": 0,  # whoever draws many pictures in a loop closes them as they like
    "figure.dpi": 110.0,
    "savefig.dpi": 150.0,
    "legend.frameon": False,
    "patch.linewidth": 0.0,
    "lines.linewidth": 1.8,
}


@dataclass
class Drawing:
    """What holds while one picture is drawn.

    Attributes
    ----------
    figsize : (float, float) or None
        Size of the figure that is asked for [inch].
    currency : str
        ISO code of the money.
    numerals : Numerals
        How numbers are written.
    own : frozenset of str
        Settings of matplotlib that the reader made.
    paper, margin : str
        Colour of the ground inside of the axes, and around them.
    scale : float
        Size of text beside that of a picture of its natural size.
    facts : list of str
        Numbers for the alternative text that no label of the picture says.
    ax : matplotlib.axes.Axes or None
        Where it is drawn, once that is known.
    period : str
        Of which period the calls are, where that is known.
    """

    figsize: tuple[float, float] | None = None
    currency: str = "USD"
    numerals: Numerals = ENGLISH
    own: frozenset[str] = frozenset()
    paper: str = PAPER
    margin: str = PAPER
    scale: float = 1.0
    facts: list[str] = field(default_factory=list)
    ax: Any = None
    period: str = ""


_drawing: ContextVar[Drawing | None] = ContextVar("drawing", default=None)


def now() -> Drawing:
    """Return what holds for the picture that is being drawn."""
    return _drawing.get() or Drawing()


@contextmanager
def styled(
    figsize: tuple[float, float] | None = None, currency: str = "USD", numerals: Numerals = ENGLISH
) -> Iterator[Drawing]:
    """Context in which a picture is drawn; nothing outside it changes.

    Parameters
    ----------
    figsize : (float, float), optional
        Size of a new figure [inch].
    currency : str
        ISO code of the money.
    numerals : Numerals
        How numbers are written.

    Yields
    ------
    Drawing
    """
    import matplotlib as mpl
    import matplotlib.pyplot as plt

    # Choose matplotlib's backend before the settings change: chosen within `rc_context`, it would be undone.
    plt.draw_if_interactive()  # type: ignore[no-untyped-call]  # matplotlib declares none for it
    settings: Any = mpl.rcParams
    standard: Any = mpl.rcParamsDefault
    own = frozenset(name for name in [*_RC, *_WATCHED] if settings[name] != standard[name])
    house: dict[Any, Any] = {name: value for name, value in _RC.items() if name not in own}
    with mpl.rc_context({**house, "font.family": families()}):
        drawing = Drawing(figsize, currency, numerals, own)
        drawing.paper, drawing.margin = (
            mpl.colors.to_hex(settings[f"{name}.facecolor"], keep_alpha=False) for name in ("axes", "figure")
        )
        token = _drawing.set(drawing)
        try:
            yield drawing
        finally:
            _drawing.reset(token)


_WATCHED = ("axes.prop_cycle", "axes.titlecolor", "grid.color")


def axes(ax: Axes | None, width: float = 8.0, height: float = 4.2) -> Axes:
    """Give the Axes to draw on: the one passed in, or one on a new figure that fits its content.

    Parameters
    ----------
    ax : matplotlib.axes.Axes or None
        Axes of the caller.
    width, height : float
        Size at which the picture reads best [inch]; that of a new figure where none is asked for.

    Returns
    -------
    matplotlib.axes.Axes
        In the house style, where nobody has set another.
    """
    drawing = now()
    if ax is None:
        import matplotlib.pyplot as plt

        size = drawing.figsize or (width, height)
        ax = plt.figure(figsize=size, layout="constrained").add_subplot()
    else:
        size = room(ax)
    drawing.scale = float(np.clip(np.sqrt(min(size[0] / width, size[1] / height)), 0.62, 1.0))
    drawing.ax = ax
    _dress(ax, drawing)
    return ax


def _dress(ax: Axes, drawing: Drawing) -> None:
    """Give Axes the house style, but for what the reader has set."""
    import matplotlib as mpl

    outside = _ground(ax.get_figure(root=True).patch, PAPER)  # type: ignore[union-attr]  # it is on a figure
    drawing.margin, drawing.paper = outside, _ground(ax.patch, outside)
    quiet = muted(drawing.margin)
    for side in ("top", "right"):
        if f"axes.spines.{side}" not in drawing.own:
            ax.spines[side].set_visible(False)
    for spine in ax.spines.values():
        if "axes.edgecolor" not in drawing.own:
            spine.set(edgecolor=GREY, linewidth=0.8)
    if "axes.axisbelow" not in drawing.own:
        ax.set_axisbelow(True)
    for axis, name in ((ax.xaxis, "xtick"), (ax.yaxis, "ytick")):
        given = axis.get_tick_params()
        look: dict[str, Any] = {"length": 3.0 if name == "xtick" else 0.0}
        if f"{name}.labelsize" not in drawing.own:
            look["labelsize"] = points(9)
        if f"{name}.color" not in drawing.own:
            look |= {"color": GREY, "labelcolor": quiet}
        axis.set_tick_params(**{key: value for key, value in look.items() if key not in given})
        if "axes.labelcolor" not in drawing.own and axis.label.get_color() in {"black", "k", MUTED}:
            axis.label.set_color(quiet)
        if "axes.labelsize" not in drawing.own:
            axis.label.set_fontsize(points(9.5))
        axis.label.set_parse_math(False)
        axis.label.set_fontfamily(mpl.rcParams["font.family"])


def _ground(patch: Any, behind: str) -> str:
    from matplotlib.colors import to_hex, to_rgba

    colour = to_rgba(patch.get_facecolor())
    return to_hex(colour, keep_alpha=False) if patch.get_visible() and colour[3] > 0.5 else behind


def points(size: float) -> float:
    """Size of text [pt], where the house style has this one: larger or smaller as the reader set it."""
    import matplotlib as mpl

    return size * float(mpl.rcParams["font.size"]) / 10.0 * now().scale


def ink(ground: str | None = None) -> str:
    """Colour of text on a ground, by default that of the axes: the reader's own where it can be read."""
    import matplotlib as mpl

    ground = ground or now().paper
    wanted = mpl.colors.to_hex(mpl.rcParams["text.color"])
    return wanted if contrast(wanted, ground) >= _LEGIBLE else on(ground)


def muted(ground: str | None = None) -> str:
    """Colour of quieter text on a ground."""
    ground = ground or now().paper
    return legible(mixed(ink(ground), ground, 0.28), ground)


def faint(ground: str | None = None) -> str:
    """Colour of bars and lines behind what matters."""
    ground = ground or now().paper
    return mixed(ink(ground), ground, 0.86)


def paper() -> str:
    """Colour of the ground inside of the axes."""
    return now().paper


def series(place: int) -> str:
    """Colour of a series by its place: the house's, or the reader's own cycle."""
    import matplotlib as mpl

    cycle: list[str] = [*PALETTE]
    if "axes.prop_cycle" in now().own:
        cycle = mpl.rcParams["axes.prop_cycle"].by_key().get("color") or cycle
    return mpl.colors.to_hex(cycle[place % len(cycle)])


def over_lines() -> dict[str, Any]:
    """Return the ground of a label that may come to lie over a line."""
    return {"boxstyle": "square,pad=0.1", "facecolor": paper(), "edgecolor": "none"}


def on(ground: str) -> str:
    """Colour of text on a ground of any colour."""
    choices = (PAPER, INK, "#000000")
    return next(
        (one for one in choices if contrast(one, ground) >= _LEGIBLE),
        max(choices, key=lambda one: contrast(one, ground)),
    )


def legible(colour: str, ground: str | None = None) -> str:
    """Return the colour, mixed with that of text as far as it takes to be read on the ground."""
    ground = ground or now().paper
    far = ink(ground)
    shares = np.linspace(0, 1, 21)
    return next(
        (one for one in (mixed(colour, far, share) for share in shares) if contrast(one, ground) >= _LEGIBLE),
        far,
    )


def grid(ax: Axes, axis: Literal["x", "y"]) -> None:
    """Draw quiet lines at the ticks of an axis."""
    look: dict[str, Any] = {"alpha": 0.3} if "grid.color" in now().own else {"color": faint()}
    ax.grid(visible=True, axis=axis, **look)


def bare(ax: Axes) -> Axes:
    """Take away the axes of a picture that is its own scale."""
    ax.set_xticks([])
    ax.set_yticks([])
    for side in ax.spines.values():
        side.set_visible(False)
    ax.grid(visible=False)
    return ax


def nothing(ax: Axes, text: str = "no calls in this selection") -> Axes:
    """Say in the middle of an empty picture that there is nothing to draw."""
    bare(ax).text(0.5, 0.5, text, ha="center", va="center", color=muted(), transform=ax.transAxes)
    return ax
