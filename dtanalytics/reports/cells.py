"""The cells of a table as HTML: money, per cent, points, words, intervals with their bars."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dtanalytics.metrics.units import unit_of, units_of
from dtanalytics.texts.currencies import PLACES
from dtanalytics.texts.numerals import MINUS, Numerals

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


@dataclass(frozen=True)
class _Numbers:
    """How numbers of one table are written."""

    currency: str
    numerals: Numerals

    def number(self, value: Any, unit: str) -> str:
        """Write a number of a unit, as HTML."""
        if pd.isna(value):
            return MISSING
        text = self._text(abs(value), unit)
        if value >= 0 or text == self._text(0, unit):
            return text
        return f'<span style="white-space:nowrap">{self._text(-value, unit, MINUS)}</span>'  # one line

    def _text(self, size: Any, unit: str, lead: str = "") -> str:
        write = self.numerals
        if unit == "currency":
            return html.escape(write.money(size, self.currency, PLACES[self.currency], lead))
        if unit == "ratio":
            return write.percent(size, 1, lead)
        if unit == "points":
            return f"{write.number(100 * size, 1, lead)} points"
        if unit == "probability":
            return write.number(size, 3) if size >= 0.001 else f"&lt;{write.number(0.001, 3)}"
        return write.number(size, 2 if unit == "number" else 0, lead)


def written(frame: pd.DataFrame, currency: str, numerals: Numerals) -> dict[str, list[str]]:
    """Write each column as HTML; the ends of an interval are written with their estimate.

    Parameters
    ----------
    frame : DataFrame
        Names are texts that differ.
    currency : str
        ISO code.
    numerals : Numerals
        How numbers are written.

    Returns
    -------
    dict of str to list of str
        Column -> cells, escaped.
    """
    write = _Numbers(currency, numerals)
    names = [str(name) for name in frame]
    ends = {f"{name}{end}" for name in names for end in _ENDS if _has_interval(frame, name)}
    units = units_of(frame)
    rows = next((frame[name] for name in _NAMES_ROWS if name in frame), None)
    return {
        name: _of_rows(frame[name], rows, write)
        if rows is not None and name in _OF_THE_ROW
        else _cells(frame, name, units[name], write)
        for name in names
        if name not in ends
    }


def is_number(column: pd.Series[Any]) -> bool:
    """Tell whether a column holds numbers; flags are none."""
    kind = getattr(column.dtype, "kind", "O")
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column) and kind != "c"


def plain(column: pd.Series[Any]) -> pd.Series[Any]:
    """Give a column of objects that are all numbers, or all flags, the dtype of these."""
    if column.dtype != object:
        return column
    kind = pd.api.types.infer_dtype(column, skipna=True)
    if kind in {"decimal", "floating", "integer", "mixed-integer-float"}:
        return pd.to_numeric(column.astype("Float64"), errors="coerce")
    return column.astype("boolean") if kind == "boolean" else column


def _cells(frame: pd.DataFrame, name: str, unit: str, write: _Numbers) -> list[str]:
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
    cells = [write.number(value, unit) for value in column]
    if not beside:
        return cells
    low, high = (one.astype("float64") for one in beside)
    start = min(low.min(), 0.0)
    width = max(high.max() - start, 1e-12)
    return [
        cell
        if pd.isna(a) or pd.isna(b)
        else f"{cell}{_interval(a, b, unit, write)}{_bar(a, b, start, width)}"
        for cell, a, b in zip(cells, low, high, strict=True)
    ]


def _of_rows(column: pd.Series[Any], names: pd.Series[Any], write: _Numbers) -> list[str]:
    """Write values each of which is what its row says: money as money, a flag as a word."""
    return [_of_row(value, unit_of(str(name)), write) for value, name in zip(column, names, strict=True)]


def _of_row(value: Any, unit: str, write: _Numbers) -> str:
    if unit:
        number = pd.to_numeric(pd.Series([value], dtype="object"), errors="coerce")[0]
        if pd.notna(number):
            return write.number(number, unit)
    return _text(value)


def _text(value: Any) -> str:
    if not pd.api.types.is_scalar(value):
        return html.escape(str(value))
    if pd.isna(value):
        return MISSING
    text = _WORDS.get(str(value), str(value))
    return html.escape(text if text.isascii() else text.encode("utf-8", "replace").decode())


def _interval(low: float, high: float, unit: str, write: _Numbers) -> str:
    ends = f"{write.number(low, unit)} to {write.number(high, unit)}"
    return f' <span style="{_QUIET}">({ends})</span>'


def _bar(low: float, high: float, start: float, width: float) -> str:
    left, long = (round(_WIDTH * part / width) for part in (low - start, high - low))
    inside = f'<span style="{_INSIDE};left:{left}px;width:{max(long, 1)}px"></span>'
    return f'<span style="{_SCALE}">{inside}</span>'


def _has_interval(frame: pd.DataFrame, name: str) -> bool:
    return all(f"{name}{end}" in frame for end in _ENDS)


def _is_whole(column: pd.Series[Any]) -> bool:
    known = column.dropna().astype("float64")
    return bool((known == known.round()).all())


def _is_days(column: pd.Series[Any]) -> bool:
    return bool((column.dropna() == column.dropna().dt.normalize()).all())
