"""What stands in the cells of a sheet: inert text, Eastern clocks, days, numbers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Iterable
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics import columns
from dtanalytics.columns.kinds import plain
from dtanalytics.errors import InputError
from dtanalytics.personal.names import name_of
from dtanalytics.personal.parts import Part
from dtanalytics.personal.sharing import shareable
from dtanalytics.schema import TIMEZONE

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet may take for the beginning of a formula, full-width forms included."""


def safe_text(text: str) -> str:
    """Make a cell's text inert: an apostrophe before what begins like a formula.

    Examples
    --------
    >>> safe_text("=1+1"), safe_text("Acme")
    ("'=1+1", 'Acme')
    """
    text = text if text.isascii() else text.encode("utf-8", "replace").decode()  # halves of characters
    return f"'{text}" if text.startswith(FORMULA) else text


def presentable(table: Any, include: str | Iterable[Hashable]) -> tuple[pd.DataFrame, list[Part]]:
    """Give the columns that may be written, plain text for their names, and what was left out."""
    if isinstance(table, pd.Series):
        table = table.to_frame()
    if not isinstance(table, pd.DataFrame):
        raise InputError(f"a table to write is a pandas frame or series, not {type(table).__name__}")
    shown, left = shareable(table, include)
    shown.columns = pd.Index([name_of(label) for label in shown.columns], dtype=object)
    return shown, left


def values_of(column: pd.Series[Any]) -> list[Any]:
    """Values as they are written: times with a zone as Eastern clocks, days as dates, null as None."""
    column = plain(column)
    if isinstance(column.dtype, pd.CategoricalDtype) and column.cat.categories.dtype.kind == "M":
        column = column.astype(column.cat.categories.dtype)
    column = columns.wall_clock(column)
    values = column.astype(object)
    known = [None if missing else value for value, missing in zip(values, values.isna(), strict=True)]
    return [_wall_clock(value) for value in known] if column.dtype == object else known


def _wall_clock(value: Any) -> Any:
    """Turn a time in a column of objects into an Eastern clock; a day stays a day."""
    if isinstance(value, np.datetime64):
        value = pd.Timestamp(value)
    if not isinstance(value, dt.datetime):
        return value
    stamp = pd.Timestamp(value)
    return stamp if stamp.tzinfo is None else stamp.tz_convert(TIMEZONE).tz_localize(None)


def csv_cell(value: Any) -> Any:
    """Write one value into CSV; only text is escaped."""
    if isinstance(value, pd.Timestamp):
        return str(value.floor("s"))
    if (
        value is None
        or isinstance(value, (bool, int, float, np.number, dt.date))
        or hasattr(value, "as_tuple")
    ):
        return "" if value is None else value
    return safe_text(str(value))
