"""Text, identifiers and names that others made, as text."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.columns.kinds import TEXT, as_decimal, by_category, distinct, plain, refused
from dtanalytics.columns.remembered import remembered

_WHOLE = 1 << 53
"""Floats hold every whole number below."""


def text(column: pd.Series[Any]) -> pd.Series[Any]:
    """Read a column of text; empty text is null.

    Numbers are written as in `ids`.

    Returns
    -------
    Series of str
        With the index of the column.

    Examples
    --------
    >>> text(pd.Series(["a", "", 7], dtype=object)).tolist()
    ['a', nan, '7']
    """
    return _texts(column, "text")


def ids(column: pd.Series[Any]) -> pd.Series[Any]:
    """Read a column of identifiers as text, never by way of a float that cannot hold them.

    Returns
    -------
    Series of str
        With the index of the column; null and empty text are null, leading zeros stay. A float that
        is whole and below 2**53 is written without a fraction.

    Raises
    ------
    SchemaError
        Floats that are not whole or too large to be exact, flags, times, or other objects.

    Examples
    --------
    >>> ids(pd.Series([101.0, None])).tolist(), ids(pd.Series(["007"])).tolist()
    (['101', nan], ['007'])
    """
    return _texts(column, "identifiers")


def names(column: pd.Series[Any]) -> pd.Series[Any]:
    """Read a column of names and labels: a category of text stays one, all else is read as text.

    Examples
    --------
    >>> names(pd.Series(["North", ""], dtype="category")).tolist()
    ['North', nan]
    """
    column = plain(column)
    if isinstance(column.dtype, pd.CategoricalDtype) and column.cat.categories.dtype == TEXT:
        return without_empty(column)
    return _texts(column, "names")


def without_empty(column: pd.Series[Any]) -> pd.Series[Any]:
    """Make empty text null; values of other types stay as they are.

    Examples
    --------
    >>> without_empty(pd.Series(["North", "", 7], dtype=object)).tolist()
    ['North', nan, 7]
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        found = column.dtype.categories
        first = found.is_monotonic_increasing  # where empty text is, without a table of all categories
        is_there = len(found) > 0 and (found[0] == "" if first else "" in found)
        return column.cat.remove_categories([""]) if is_there else column
    if column.dtype.kind not in "OU" or (column.dtype == TEXT and not remembered(column, has_empty)):
        return column
    empty = column.eq("").to_numpy(dtype=bool, na_value=False)
    return column.mask(empty) if empty.any() else column


def has_empty(column: pd.Series[Any]) -> bool:
    """Tell whether empty text stands in a column of ``str``."""
    return bool(pc.any(pc.equal(pa.array(column.array), "")).as_py())


def has_blanks(column: pd.Series[Any]) -> bool:
    """Tell whether white space stands before or behind a text in a column of ``str``."""
    texts = pa.array(column.array)
    if pc.all(pc.ascii_is_decimal(texts)).as_py() is not False:
        return False
    return not pc.all(pc.equal(pc.utf8_trim_whitespace(texts), texts)).as_py()


def _texts(column: pd.Series[Any], what: str) -> pd.Series[Any]:
    column = plain(column)
    if isinstance(column.dtype, pd.StringDtype):
        return without_empty(column if column.dtype == TEXT else column.astype(TEXT))
    if isinstance(column.dtype, pd.CategoricalDtype):
        return by_category(column, lambda words: _texts(words, what))
    codes, found = distinct(column, what)
    written = pd.array([_written(value, column, what) for value in found], dtype=TEXT)
    return pd.Series(written.take(codes, allow_fill=True), column.index, name=column.name)


def _written(value: Any, column: pd.Series[Any], what: str) -> str | None:
    if isinstance(value, str):
        return value or None
    number = as_decimal(value)
    if number is None:
        raise refused(column, f"{type(value).__name__} objects, which are no {what}", "give it text")
    whole = number.is_finite() and number == number.to_integral_value()
    if not whole or (isinstance(value, float | np.floating) and abs(number) >= _WHOLE):
        raise refused(
            column,
            f"numbers that are not whole, or floats too large to be exact: no {what}",
            "read it as text (dtype=str)",
        )
    return str(int(number))
