"""Texts of nothing but digits: found a column at a time, since most identifiers and numbers are such."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

_TEXT = pd.StringDtype(na_value=np.nan)
_WIDE = {at + 0xFEE0: at for at in range(0x21, 0x7F)} | {0x3000: 0x20}
"""Signs as wide as a Chinese one, which Japanese keyboards write, and the blank among them."""


def western(text: str) -> str:
    """Write digits of every script, and wide signs, as ASCII has them; other signs stay as they are.

    Examples
    --------
    >>> western("\uff11\uff0c\uff12\uff15\uff10\uff0e\uff15\uff10"), western("\u0661\u0662 calls")
    ('1,250.50', '12 calls')
    """
    if text.isascii():
        return text
    text = text.translate(_WIDE)
    return "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in text)


def only_digits(column: pd.Series[Any]) -> npt.NDArray[np.bool_]:
    """Tell where a column of text holds digits (0 to 9) and nothing else; other dtypes: nowhere.

    Examples
    --------
    >>> only_digits(pd.Series(["2610", "26-10", "", None], dtype="str")).tolist()
    [True, False, False, False]
    """
    if column.dtype != _TEXT:
        return np.zeros(len(column), dtype=bool)
    found = pc.fill_null(pc.ascii_is_decimal(pa.array(column.array)), fill_value=False)
    return np.asarray(found, dtype=bool)


def changed(
    column: pd.Series[Any], change: Callable[[Any], str | None], same: npt.NDArray[np.bool_]
) -> pd.Series[Any]:
    """Apply a change to each different value once; nulls stay null.

    Parameters
    ----------
    column : Series
        Of any dtype.
    change : callable
        Text of a value; None or an empty text is null.
    same : numpy.ndarray of bool
        Rows whose text stays as it is, which are not looked at one by one: see `only_digits`.

    Returns
    -------
    Series
        Text, with the same index and name.

    Examples
    --------
    >>> column = pd.Series(["2610", " 2611 ", None], dtype="str")
    >>> changed(column, str.strip, only_digits(column)).tolist()
    ['2610', '2611', nan]
    """
    rows = np.flatnonzero(~same & column.notna().to_numpy(dtype=bool)) if same.any() else slice(None)
    if isinstance(rows, np.ndarray) and not rows.size:
        return column
    codes, found = pd.factorize(column.iloc[rows])
    made = pd.array([change(value) or None for value in found], dtype=_TEXT).take(codes, allow_fill=True)
    if not isinstance(rows, np.ndarray):
        return pd.Series(made, column.index, name=column.name)
    values = column.array.copy()
    values[rows] = made
    return pd.Series(values, column.index, name=column.name)
