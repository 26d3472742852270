"""The cells of a table as HTML: money, per cent, points, words, intervals with their bars."""

from __future__ import annotations

import html
from typing import Any

import pandas as pd

from dtanalytics.metrics.units import unit_of, units_of
from dtanalytics.texts.currencies import PLACES, SIGNS

MISSING = "\N{EN DASH}"
_ENDS = ("_low", "_high")
_WIDTH = 56  # of an interval's bar [px]
_SCALE = (
    f"display:inline-block;position:relative;width:{_WIDTH}px;height:8px;margin-left:6px;"
    "background:rgba(128,128,128,.25)"  # seen on white and on black
)
_INSIDE = "position:absolute;height:8px;background:#8fb3d9"
_QUIET = "opacity:.8;white-space:nowrap"
_NAMES_ROWS = ("field", "metric")
"""Columns that say of each row what its values are, and so in which unit."""
_NAMES = frozenset({"metric", "signal", "rule", "quality_flags"})
"""Columns of our own words, written as the headings of columns are."""
_OF_THE_ROW = ("before", "after", "value", "expected", "observed", "here", "there")
_WORDS = {"True": "yes", "False": "no"}


def written(frame: pd.DataFrame, currency: str) -> dict[str, list[str]]:
    """Write each column as HTML; the ends of an interval are written with their estimate.

    Parameters
    ----------
    frame : DataFrame
        Names are texts that differ.
    currency : str
        ISO code.

    Returns
    -------
    dict of str to list of str
        Column -> cells, escaped.
    """
    names = [str(name) for name in frame]
    ends = {f"{name}{end}" for name in names for end in _ENDS if _has_interval(frame, name)}
    units = units_of(frame)
    rows = next((frame[name] for name in _NAMES_ROWS if name in frame), None)
    return {
        name: _of_rows(frame[name], rows, currency)
        if rows is not None and name in _OF_THE_ROW
        else _cells(frame, name, units[name], currency)
        for name in names
        if name not in ends
    }


def is_number(column: pd.Series[Any]) -> bool:
    """Tell whether a column holds numbers; flags are none."""
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def plain(column: pd.Series[Any]) -> pd.Series[Any]:
    """Give a column of objects that are all numbers, or all flags, the dtype of these."""
    if column.dtype != object:
        return column
    kind = pd.api.types.infer_dtype(column, skipna=True)
    if kind in {"decimal", "floating", "integer", "mixed-integer-float"}:
        return pd.to_numeric(column.astype("Float64"), errors="coerce")
    return column.astype("boolean") if kind == "boolean" else column


def _cells(frame: pd.DataFrame, name: str, unit: str, currency: str) -> list[str]:
    """Write the cells of one column."""
    column = frame[name]
    if isinstance(column.dtype, pd.DatetimeTZDtype) or column.dtype.kind == "M":
        dated = column.dt.strftime("%Y-%m-%d" if _is_days(column) else "%Y-%m-%d %H:%M")
        return [html.escape(str(text)) if pd.notna(text) else MISSING for text in dated]
    if pd.api.types.is_bool_dtype(column):
        column = column.astype("object").map({True: "yes", False: "no"})
    if not is_number(column):
        texts = [_text(value) for value in column]
        return [text.replace("_", " ") for text in texts] if name in _NAMES else texts
    beside = [frame[name + end] for end in _ENDS] if _has_interval(frame, name) else []
    unit = unit or ("" if all(_is_whole(one) for one in (column, *beside)) else "number")
    cells = [_number(value, unit, currency) for value in column]
    if not beside:
        return cells
    low, high = (one.astype("float64") for one in beside)
    start = min(low.min(), 0.0)
    width = max(high.max() - start, 1e-12)
    return [
        cell
        if pd.isna(a) or pd.isna(b)
        else f"{cell}{_interval(a, b, unit, currency)}{_bar(a, b, start, width)}"
        for cell, a, b in zip(cells, low, high, strict=True)
    ]


def _of_rows(column: pd.Series[Any], names: pd.Series[Any], currency: str) -> list[str]:
    """Write values each of which is what its row says: money as money, a flag as a word."""
    return [_of_row(value, unit_of(str(name)), currency) for value, name in zip(column, names, strict=True)]


def _of_row(value: Any, unit: str, currency: str) -> str:
    if unit:
        number = pd.to_numeric(pd.Series([value], dtype="object"), errors="coerce")[0]
        if pd.notna(number):
            return _number(number, unit, currency)
    return _text(value)


def _text(value: Any) -> str:
    if not pd.api.types.is_scalar(value):
        return html.escape(str(value))
    return MISSING if pd.isna(value) else html.escape(_WORDS.get(str(value), str(value)))


def _interval(low: float, high: float, unit: str, currency: str) -> str:
    ends = f"{_number(low, unit, currency)} to {_number(high, unit, currency)}"
    return f' <span style="{_QUIET}">({ends})</span>'


def _bar(low: float, high: float, start: float, width: float) -> str:
    left, long = (round(_WIDTH * part / width) for part in (low - start, high - low))
    inside = f'<span style="{_INSIDE};left:{left}px;width:{max(long, 1)}px"></span>'
    return f'<span style="{_SCALE}">{inside}</span>'


def _number(value: Any, unit: str, currency: str) -> str:
    if pd.isna(value):
        return MISSING
    if value < 0:
        positive = _number(-value, unit, currency)
        if positive == _number(0, unit, currency):
            return positive
        return f'<span style="white-space:nowrap">\N{MINUS SIGN}{positive}</span>'  # a line may not end in it
    if unit == "currency":
        sign = SIGNS.get(currency, html.escape(currency) + " ")
        return f"{sign}{value:,.{PLACES[currency]}f}"
    if unit == "ratio":
        return f"{100 * value:.1f}%"
    if unit == "points":
        return f"{100 * value:.1f} points"
    if unit == "probability":
        return f"{value:.3f}" if value >= 0.001 else "&lt;0.001"
    return f"{value:,.2f}" if unit == "number" else f"{abs(value):,.0f}"


def _has_interval(frame: pd.DataFrame, name: str) -> bool:
    return all(f"{name}{end}" in frame for end in _ENDS)


def _is_whole(column: pd.Series[Any]) -> bool:
    known = column.dropna().astype("float64")
    return bool((known == known.round()).all())


def _is_days(column: pd.Series[Any]) -> bool:
    return bool((column.dropna() == column.dropna().dt.normalize()).all())
