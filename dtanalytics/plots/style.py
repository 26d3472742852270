"""The one style of every picture: colours, type, axes, and text that cannot do harm.

Colours are Okabe and Ito's, told apart by colour-blind readers and in grey. Names come from
affiliates and advertisers, so all text passes through `shown`: no mathematics between dollar signs,
no control characters, no glyph that the fonts lack, no line longer than its limit.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from functools import cache
from typing import TYPE_CHECKING, Any

from pandas import isna
from pandas.api.types import is_scalar

from dtanalytics.analysis.units import unit_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

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

FALLBACKS = (
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Source Han Sans",
    "Hiragino Sans",
    "PingFang SC",
    "Microsoft YaHei",
    "Yu Gothic",
    "WenQuanYi Zen Hei",
    "Malgun Gothic",
)
"""Fonts that draw Chinese, Japanese and Korean names, where one is installed."""
BOX = "\N{WHITE SQUARE}"
MISSING = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"
TIMES = "\N{MULTIPLICATION SIGN}"

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
    return mpl.rc_context({**_RC, "font.family": list(_families())})


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


@cache
def _families() -> tuple[str, ...]:
    from matplotlib.font_manager import fontManager

    installed = {entry.name for entry in fontManager.ttflist}
    return ("DejaVu Sans", *(name for name in FALLBACKS if name in installed))


@cache
def _glyphs() -> frozenset[int]:
    """Code points that the fonts in use can draw."""
    from matplotlib.font_manager import findfont
    from matplotlib.ft2font import FT2Font

    drawn = (FT2Font(findfont(name)).get_charmap() for name in _families())
    return frozenset(code for charmap in drawn for code in charmap)


def shown(text: Any, limit: int = 28) -> str:
    """Text that is safe to draw: one line, at most `limit` characters, only glyphs that exist.

    Parameters
    ----------
    text : object
        A name of the data; None and missing values read "(none)".
    limit : int
        Longest text [characters]; what is longer ends in an ellipsis.

    Returns
    -------
    str
        A character that no installed font has is an empty box.

    Examples
    --------
    >>> shown("Acme Leads and Partners of North America", limit=12)
    'Acme Leads …'
    >>> shown(None)
    '(none)'
    """
    if text is None or (is_scalar(text) and isna(text)):
        return "(none)"
    kept = (" " if char.isspace() else char for char in str(text)[: 4 * limit + 64])
    line = " ".join("".join(c for c in kept if unicodedata.category(c)[0] != "C").split())
    if len(line) > limit:
        line = line[: max(limit - 1, 1)] + "…"
    return "".join(char if ord(char) in _glyphs() else BOX for char in line) or "(empty)"


def row_names(rows: Any, keys: Sequence[Any]) -> list[str]:
    """Name the rows of a table by their key columns, in text that is safe to draw.

    Parameters
    ----------
    rows : pandas.DataFrame
    keys : sequence
        Columns whose values make a name; without any, each row stands for all calls.

    Returns
    -------
    list of str

    Examples
    --------
    >>> import pandas as pd
    >>> row_names(pd.DataFrame({"affiliate": ["North"], "offer": [None]}), ["affiliate", "offer"])
    ['North · (none)']
    """
    if not keys:
        return ["all calls"] * len(rows)
    return [" · ".join(shown(value, 40) for value in row) for row in rows[list(keys)].to_numpy(dtype=object)]


def plain(texts: Iterable[Text]) -> None:
    """Take mathematics out of texts that matplotlib makes by itself, such as tick labels."""
    for text in texts:
        text.set_parse_math(False)
        text.set_fontfamily(list(_families()))


def name_ticks(ax: Axes, axis: str, positions: Iterable[float], names: Iterable[object], **text: Any) -> None:
    """Write names of the data at an axis, each shortened and made safe.

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
    target.set_ticks(list(positions), labels=[shown(name, limit) for name in names], **text)
    plain(target.get_ticklabels())


def money(value: float, *, sign: bool = False, unit: str = "$") -> str:
    """Money in as few characters as a label needs.

    Parameters
    ----------
    value : float
        Amount [currency].
    sign : bool
        Write the plus of a gain.
    unit : str
        Written before the number.

    Returns
    -------
    str
        A dash where the amount is missing.

    Examples
    --------
    >>> [money(v) for v in (0, 3.5, 4210, 48_250, 1_250_000)]
    ['$0', '$3.50', '$4,210', '$48.2k', '$1.25M']
    >>> money(12, sign=True)
    '+$12.00'
    """
    if value is None or value != value:  # noqa: PLR0124 (a missing value differs from itself)
        return MISSING
    size = abs(value)
    if size >= 999_500:
        number = f"{size / 1e6:,.2f}M"
    elif size >= 9_999.5:
        number = f"{size / 1e3:,.1f}k"
    elif size >= 99.995:
        number = f"{size:,.0f}"
    elif size == 0:
        number = "0"
    else:
        number = f"{size:.2f}"
    lead = MINUS if value < 0 else "+" if sign and value > 0 else ""
    return f"{lead}{unit}{number}"


def count(value: float) -> str:
    """Whole number with thousands apart.

    Examples
    --------
    >>> count(1234567)
    '1,234,567'
    """
    return MISSING if value is None or value != value else f"{value:,.0f}"  # noqa: PLR0124 (missing)


def percent(value: float, digits: int = 0) -> str:
    """Ratio as a percentage, for labels only.

    Examples
    --------
    >>> percent(0.125, 1)
    '12.5 %'
    """
    return MISSING if value is None or value != value else f"{value * 100:.{digits}f} %"  # noqa: PLR0124 (missing)


def money_axis(ax: Axes, axis: str) -> None:
    """Write the numbers of an axis as money."""
    written_axis(ax, axis, money)


def percent_axis(ax: Axes, axis: str) -> None:
    """Write the numbers of an axis, ratios from 0 to 1, as percentages."""
    written_axis(ax, axis, percent)


def count_axis(ax: Axes, axis: str) -> None:
    """Write the numbers of an axis with thousands apart."""
    written_axis(ax, axis, count)


def written_axis(ax: Axes, axis: str, write: Callable[[float], str]) -> None:
    """Write the numbers of an axis with a function of one number."""
    from matplotlib.ticker import FuncFormatter

    target = ax.xaxis if axis == "x" else ax.yaxis
    target.set_major_formatter(FuncFormatter(lambda value, _: write(value)))


def write_apart(ax: Axes, points: Iterable[tuple[float, float]], names: Iterable[object]) -> None:
    """Write a name beside each point, on the first side where it lies over no other name and no point.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Its limits and scales are set already.
    points : iterable of (float, float)
        In data coordinates.
    names : iterable
        As many names; any object.
    """
    from matplotlib.transforms import Bbox

    places = list(points)
    taken = [Bbox.from_bounds(x - 3, y - 3, 6, 6) for x, y in ax.transData.transform(places)]
    sides = (
        ((0, 6), "center", "bottom"),
        ((0, -6), "center", "top"),
        ((7, 0), "left", "center"),
        ((-7, 0), "right", "center"),
    )
    for place, name in zip(places, names, strict=True):
        for offset, across, up in sides:
            text = ax.annotate(
                shown(name, 24), place, offset, textcoords="offset points", ha=across, va=up, fontsize=8.5
            )
            box = text.get_window_extent()
            if not any(box.overlaps(other) for other in taken):
                break
            text.remove()
        else:
            ax.annotate(shown(name, 24), place, (0, 6), textcoords="offset points", ha="center", fontsize=8.5)
        taken.append(box)


def writer(metric: str) -> Callable[[float], str]:
    """Give the function that writes values of a metric."""
    writers: dict[str, Callable[[float], str]] = {"currency": money, "ratio": percent}
    return writers.get(unit_of(metric), count)


def metric_axis(ax: Axes, axis: str, metric: str) -> None:
    """Write the numbers of an axis as the metric's unit asks for."""
    written_axis(ax, axis, writer(metric))


def labelled(metric: str, more: str = "") -> str:
    """Name of a metric with its unit, for an axis.

    Examples
    --------
    >>> labelled("margin"), labelled("call_count", " to date")
    ('margin [USD]', 'call_count to date [calls]')
    """
    unit = unit_of(metric)
    unit = {"currency": "USD", "ratio": "%"}.get(unit, unit)
    return shown(f"{metric}{more} [{unit}]" if unit else f"{metric}{more}", 56)


def title(ax: Axes, text: str, note: str = "") -> None:
    """Head a picture with what it says, and below in grey how to read it."""
    ax.set_title(shown(text, 90), pad=24.0 if note else 12.0)
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
