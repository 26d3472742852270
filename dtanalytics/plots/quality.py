"""Signals of poor traffic as a grid: segments down, signals across."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dtanalytics.analysis.partners.quality import SIGNALS
from dtanalytics.metrics.labels import label_of
from dtanalytics.plots import layout, numbers, style, writing
from dtanalytics.plots.picture import Empty, Size, picture
from dtanalytics.plots.ranked import check_top, notes, some, some_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@picture
def quality_signals(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    top: int = 20,
    figsize: Size = None,
    title: str | None = None,
    currency: str | None = None,
) -> Axes:
    """Draw how many times the expected number each signal shows; what is worth a look is coloured.

    Parameters
    ----------
    table : pandas.DataFrame
        `dtanalytics.analysis.partners.quality.quality`: the numbers behind the picture.
    top : int, default 20
        Most segments drawn: those with the largest effect among what is worth a look first.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> table = pd.DataFrame({"affiliate": ["A"], "signal": ["bursts"], "statistic": [30.0],
    ...                       "p_value": [1e-9], "effect": [480.0], "flagged": [True]})
    >>> [text.get_text() for text in quality_signals(table).texts][1]
    '$480'
    """
    from matplotlib.patches import Rectangle

    keys = list(table.columns[: table.columns.get_loc("signal")])
    worth = table["effect"].where(table["flagged"], 0.0)
    names = pd.Series(writing.row_names(table, keys), index=table.index, dtype="str")
    check_top(top)
    order = worth.groupby(names, sort=False).sum().sort_values(ascending=False, kind="stable").index
    ranked = order[:top]
    shown = [signal for signal in SIGNALS if (table["signal"] == signal).any()]
    if not len(ranked):
        raise Empty
    ax = style.axes(ax, max(6.0, 1.05 * len(shown) + 2.4), max(2.6, 0.42 * len(ranked) + 1.9))

    rows = {name: place for place, name in enumerate(ranked[::-1])}
    columns = (table[name] for name in ("signal", "statistic", "p_value", "effect", "flagged"))
    for name, signal, times, p_value, effect, flagged in zip(names, *columns, strict=True):
        if name not in rows:
            continue
        x, y = shown.index(signal), rows[name]
        tested = np.isfinite(p_value)
        face = style.VERMILION if flagged else style.faint() if tested else style.paper()
        ax.add_patch(Rectangle((x - 0.47, y - 0.44), 0.94, 0.88, facecolor=face, edgecolor=style.faint()))
        font: dict[str, Any] = {
            "ha": "center",
            "va": "center",
            "color": style.on(face) if flagged else style.muted(face),
        }
        weight = "bold" if flagged else "normal"
        text = _times(times) if tested else numbers.MISSING
        ax.text(x, y + (0.16 if flagged else 0), text, fontsize=style.points(9), fontweight=weight, **font)
        if flagged:
            ax.text(x, y - 0.2, numbers.money(effect), fontsize=style.points(8), **font)
        if flagged:
            told = f"{name}: {label_of(signal)} {text}, {numbers.money(effect)} above the expected"
            style.now().facts.append(told)
    writing.name_ticks(ax, "y", list(rows.values()), list(rows))
    lines = [label_of(name).replace(" ", "\n", 1) for name in shown]
    ax.set_xticks(range(len(shown)), labels=lines, fontsize=style.points(8.5))
    ax.set_xlim(-0.5, len(shown) - 0.5)
    ax.set_ylim(-0.5, len(rows) - 0.5)
    ax.tick_params(length=0)
    for side in ax.spines.values():
        side.set_visible(False)
    flagged = int(table["flagged"].sum())
    layout.title(
        ax,
        f"{some(flagged, len(table), ' signals')} worth a look" if flagged else "No signal stands out",
        notes(
            some_of(len(ranked), len(order)),
            "observed over expected; coloured: worth a look, with what was paid above the expected",
        ),
    )
    return ax


def _times(value: float) -> str:
    if not np.isfinite(value):
        return numbers.MISSING
    return f"{numbers.fixed(value, 0 if value >= 10 else 1)}{numbers.TIMES}"
