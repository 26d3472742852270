"""The board as a picture, where widgets do not run: a saved notebook, a report, GitHub, paper."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dtanalytics.analysis.money.state_map import NAMES
from dtanalytics.explore.time_marks import WEEKDAYS
from dtanalytics.metrics.labels import heading_of, label_of
from dtanalytics.plots import numbers, style, writing
from dtanalytics.plots.patterns import heatmap, state_map
from dtanalytics.settings import current

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH = 12.0
"""Of the picture [inch]."""
_HEIGHTS = {"trend": 2.0, "bars": 3.2, "cells": 3.4}


def png(page: dict[str, Any]) -> bytes:
    """Draw what `payload` says as a PNG: the headline, the choice and the charts."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    marks = {kind: [one for one in page["marks"] if one["kind"] == kind] for kind in _DRAWN}
    bars = marks["bars"][:3]
    cells = [*marks["week"], *marks["talk"], *marks["states"]]
    rows = [("trend", marks["trend"]), ("bars", bars), ("cells", cells)]
    rows = [(name, charts) for name, charts in rows if charts]
    with style.styled(None, current().currency, current().numerals):
        figure = Figure(figsize=(_WIDTH, 1.0 + sum(_HEIGHTS[name] for name, _ in rows)), layout="constrained")
        FigureCanvasAgg(figure)
        heads: Any = figure.subfigures(
            len(rows) + 1, 1, height_ratios=[0.8, *(_HEIGHTS[name] for name, _ in rows)]
        )
        _head(heads[0], page)
        for place, (_, charts) in zip(heads[1:], rows, strict=True):
            for ax, one in zip(np.atleast_1d(place.subplots(1, len(charts))), charts, strict=True):
                _DRAWN[one["kind"]](style.axes(ax), one)
        written = io.BytesIO()
        figure.savefig(written, dpi=100, format="png")
    return written.getvalue()


def alternative(page: dict[str, Any]) -> str:
    """Say in words what the picture shows: what is chosen, and the headline."""
    names = {one["name"]: one["label"] for one in page["metrics"]}
    with style.styled(None, current().currency, current().numerals):
        told = [
            f"{names[one['name']]} {_said(write, one['selected'])} of {_said(write, one['all'])}"
            for one in page["headline"]
            for write in [numbers.writer(one["name"])]
        ]
    chosen = "; ".join(chip["text"] for chip in page["chips"]) or "all calls"
    charts = ", ".join(one["title"] for one in page["marks"])
    return f"Board of {chosen}: {'; '.join(told)}. Charts: {charts}."


def _head(place: Any, page: dict[str, Any]) -> None:
    """Write the headline, and what is chosen."""
    names = {one["name"]: one["label"] for one in page["metrics"]}
    width = 1 / max(len(page["headline"]), 1)
    for at, one in enumerate(page["headline"]):
        write = numbers.writer(one["name"])
        texts = [(names[one["name"]], 0.86, 9.0, "normal", style.muted())]
        texts.append((_said(write, one["selected"]), 0.58, 15.0, "bold", style.ink()))
        if page["chips"]:
            texts.append((f"of all: {_said(write, one['all'])}", 0.32, 9.0, "normal", style.muted()))
        for text, y, size, weight, colour in texts:
            place.text(0.01 + at * width, y, text, va="center", size=size, weight=weight, color=colour)
    chosen = "; ".join(chip["text"] for chip in page["chips"]) or "all calls"
    place.text(0.01, 0.08, writing.apart([chosen], limit=150)[0], va="center", size=9.5, color=style.ink())


def _said(write: Any, value: float | None) -> str:
    return "\N{EN DASH}" if value is None else str(write(value))


def _values(one: dict[str, Any]) -> Any:
    return np.array([np.nan if value is None else value for value in one["values"]], dtype=float)


def _colours(values: Any, chosen: list[int] | None) -> list[str]:
    inside = set(range(len(values)) if chosen is None else chosen)
    return [
        style.faint() if at not in inside else style.LOSS if value < 0 else style.GAIN
        for at, value in enumerate(np.nan_to_num(values))
    ]


def _title(ax: Axes, text: str) -> None:
    ax.set_title(text, size=10.5, color=style.ink(), parse_math=False)


def _trend(ax: Axes, one: dict[str, Any]) -> None:
    values = _values(one)
    days = pd.Timestamp(one["first"]) + pd.to_timedelta(np.arange(len(values)) * one["step"], unit="D")
    ax.bar(days, values, width=one["step"] * 0.9, align="center", color=_colours(values, one["chosen"]))
    ax.margins(x=0.01)
    numbers.metric_axis(ax, "y", one["metric"])
    style.grid(ax, "y")
    ax.set_ylabel("")
    _title(ax, f"{heading_of(one['metric'])} {one['title']}")


def _bars(ax: Axes, one: dict[str, Any]) -> None:
    rows = one["rows"]
    values = np.array([row["value"] or 0.0 for row in rows])
    chosen = [at for at, row in enumerate(rows) if row["chosen"]] if one["active"] else None
    places = -np.arange(len(rows), dtype=float)
    ax.barh(places, values, height=0.7, color=_colours(values, chosen))
    write = numbers.writer(one["metric"])
    for place, row, value in zip(places, rows, values, strict=True):
        writing.beside(ax, max(value, 0.0), place, _said(write, row["value"]))
    writing.name_ticks(ax, "y", places, [row["name"] for row in rows], limit=24)
    top = float(np.abs(values).max(initial=0)) or 1.0
    ax.set(xlim=(min(0.0, float(values.min(initial=0))) * 1.05, top * 1.32), xticks=[])
    ax.spines["bottom"].set_visible(False)
    ax.spines["left"].set_visible(False)
    more = f", and {numbers.count(one['more'])} more" if one["more"] else ""
    _title(ax, f"{heading_of(one['title'])}{more}")


def _week(ax: Axes, one: dict[str, Any]) -> None:
    table = pd.DataFrame(_chosen_only(one).reshape(7, 24), index=list(WEEKDAYS), columns=range(24))
    if np.isfinite(table.to_numpy()).any():
        heatmap(table, ax, metric=one["metric"])
    else:
        style.nothing(ax)
    _title(ax, f"{heading_of(one['metric'])} by {one['title']}")


def _chosen_only(one: dict[str, Any]) -> Any:
    values = _values(one)
    if one["chosen"] is not None:
        values[np.setdiff1d(np.arange(len(values)), one["chosen"])] = np.nan
    return values


def _talk(ax: Axes, one: dict[str, Any]) -> None:
    values = _values(one)
    at = np.arange(len(values)) * one["width"]
    ax.bar(at, values, width=one["width"] * 0.92, align="edge", color=_colours(values, one["chosen"]))
    for buffer in sorted({buffer["at"] for buffer in one["buffers"]}):
        if buffer <= at[-1]:
            ax.axvline(buffer, color=style.LOSS, linestyle="--", linewidth=1)
    lines = " (lines: from where offers' calls qualify)" if one["buffers"] else ""
    ax.set_xlabel(f"talk time [s]{lines}")
    numbers.count_axis(ax, "y")
    ax.set_ylabel("")
    _title(ax, f"{heading_of(label_of(one['metric']))} by talk time")


def _states(ax: Axes, one: dict[str, Any]) -> None:
    values = _values(one)
    rows = [(code, NAMES[code], row, column) for code, row, column in one["tiles"]]
    table = pd.DataFrame(rows, columns=["state", "name", "row", "column"])
    table[one["metric"]] = values
    table["call_count"] = np.where(np.nan_to_num(values) != 0, 1, 0)
    if np.nan_to_num(values).any():
        state_map(table, ax, metric=one["metric"])
    else:
        style.nothing(ax)
    _title(ax, f"{heading_of(one['metric'])} by state")


_DRAWN = {"trend": _trend, "bars": _bars, "week": _week, "talk": _talk, "states": _states}
