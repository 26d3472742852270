"""A ledger's amounts, by one grammar a column: which mark stands before the decimals, which currency."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from dtanalytics import columns
from dtanalytics.columns.kinds import shown
from dtanalytics.columns.units import SCALE, whole
from dtanalytics.errors import InputError
from dtanalytics.ledgers.cells import NO_VALUE, bare, is_text, prepared, unwrapped, wrong
from dtanalytics.ledgers.unread import NO_RESULT
from dtanalytics.texts.amounts import MARKS, DecimalMark, currencies, decimal_marks, read_amount

_LARGEST = 1 << 53
"""Units up to which a float holds every one."""


def read_money(
    column: pd.Series[Any], decimal: DecimalMark | None = None, kind: str = "money"
) -> pd.Series[Any]:
    """Read a column of amounts.

    Parameters
    ----------
    column : pandas.Series
        Numbers of any dtype, or text; its index numbers the rows of the ledger.
    decimal : {".", ","}, optional
        What stands before the decimals, where the column does not decide it.
    kind : str
        What messages call a value.

    Returns
    -------
    pandas.Series
        float64, exact to 1/10,000; null where there is none.

    Raises
    ------
    InputError
        A value is no amount; both marks fit and give different amounts; two currencies in one column.
    """
    column = prepared(column)
    if not is_text(column):
        if column.isna().all():
            return pd.Series(np.nan, column.index, name=column.name)
        read = columns.money(column, rounded=True)
        return pd.Series(np.where(read.known, read.filled / SCALE, np.nan), column.index, name=column.name)
    codes, found = pd.factorize(column)
    values = [unwrapped(bare(value)) if isinstance(value, str) else value for value in found]
    said = [value for value in values if isinstance(value, str) and value.lower() not in NO_VALUE]
    words = list(dict.fromkeys(said))
    mark = decimal_mark(column, words, decimal, kind)
    if len(named := currencies(words)) > 1:
        raise InputError(
            f"the ledger's {column.name!r} is in {' and '.join(sorted(named))}: amounts of two currencies do "
            "not add up; bring them into one"
        )
    units = [_units(column, codes, place, value, mark, kind) for place, value in enumerate(values)]
    amounts = np.array([*(np.nan if one is None else one / SCALE for one in units), np.nan], dtype=np.float64)
    return pd.Series(amounts[codes], column.index, name=column.name)


def decimal_mark(
    column: pd.Series[Any], words: list[str], decimal: DecimalMark | None, kind: str
) -> DecimalMark:
    """Tell what stands before the decimals in a column; ask where it may be either."""
    if decimal is not None:
        return decimal
    marks = decimal_marks(words)
    if len(marks) == 2:
        unclear = next((word for word in words if read_amount(word, ".") != read_amount(word, ",")), None)
        if unclear is None:
            return "."
        points, commas = (read_amount(unclear, mark) for mark in MARKS)
        raise InputError(
            f"the ledger's {column.name!r} has {shown(unclear, column.name)}, which may be {points} or "
            f"{commas}, and no row of the column decides: say which, decimal='.' or decimal=','"
        )
    if marks:
        return marks.pop()
    one, other = (next((word for word in words if _only(word, mark)), None) for mark in MARKS)
    if one is not None and other is not None and all(_either(word) for word in words):
        raise InputError(
            f"the ledger's {column.name!r} has both {one!r} and {other!r}: a column has one decimal mark; "
            "make it one, or split the file"
        )
    bad = {word for word in words if not _either(word)}
    place = next(
        n for n, value in enumerate(column) if isinstance(value, str) and unwrapped(bare(value)) in bad
    )
    raise wrong(column, place, kind, _hint(str(column.iloc[place])))


def _only(word: str, mark: DecimalMark) -> bool:
    other: DecimalMark = "," if mark == "." else "."
    return read_amount(word, mark) is not None and read_amount(word, other) is None


def _either(word: str) -> bool:
    return any(read_amount(word, mark) is not None for mark in MARKS)


def _hint(text: str) -> str:
    if text == NO_RESULT:
        return "open the file in a spreadsheet, which works it out, and save it"
    if text.startswith("#") or text.lower().startswith("err:"):
        return "an error of the spreadsheet is no amount: mend it there, or empty the cell"
    return "name the column of amounts in names=" if "%" in text else ""


def _units(
    column: pd.Series[Any], codes: Any, place: int, value: Any, mark: DecimalMark, kind: str
) -> int | None:
    if isinstance(value, str):
        if value.lower() in NO_VALUE:
            return None
        amount = read_amount(value, mark)
    else:
        from dtanalytics.columns.kinds import as_decimal

        amount = as_decimal(value)
    row = int(np.argmax(codes == place)) if amount is None or not amount.is_finite() else -1
    if row >= 0:
        if amount is not None and amount.is_nan():
            return None
        raise wrong(column, row, kind, _said(str(value), mark))
    units = whole(amount)  # type: ignore[arg-type]  # None was raised above
    if abs(units) >= _LARGEST:
        raise wrong(column, int(np.argmax(codes == place)), kind, "it is too large to be counted exactly")
    return units


def _said(text: str, mark: DecimalMark) -> str:
    return f"with decimal={mark!r}" if _either(text) else _hint(text)
