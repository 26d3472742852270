"""What readers of a ledger's columns share: text without invisible characters, messages that name a row."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from dtanalytics.columns.kinds import TEXT, plain, shown
from dtanalytics.errors import InputError
from dtanalytics.texts.digits import changed, only_digits

NO_VALUE = frozenset(
    {"", "null", "none", "nan", "n/a", "na", "n.a.", "<na>", "nat", "nil", "(null)", "(blank)"}
)
"""What programs write where they have no amount and no time. Names keep such texts."""
UNSEEN = re.compile("[\u00ad\ufeff\u200b-\u200f\u202a-\u202e\u2060]")
"""Signs that take no room, which programs leave in texts."""


def bare(text: str) -> str:
    """Strip a text of white space and of invisible characters, such as zero-width spaces."""
    return text.strip() if text.isascii() else UNSEEN.sub("", text).strip()


def unwrapped(text: str) -> str:
    """Return what a spreadsheet was to keep as text, without an apostrophe before or ``="..."`` around it.

    Examples
    --------
    >>> unwrapped('="2610"'), unwrapped("'2610"), unwrapped('"2610"'), unwrapped("2610")
    ('2610', '2610', '2610', '2610')
    """
    if (formula := re.fullmatch(r'="?([^"]*)"?', text)) is not None:
        text = formula[1]
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1]
    return text.removeprefix("'").strip()


def is_text(column: pd.Series[Any]) -> bool:
    """Whether a column may hold text: text, categories or objects."""
    return isinstance(column.dtype, pd.StringDtype | pd.CategoricalDtype) or column.dtype == object


def prepared(column: pd.Series[Any]) -> pd.Series[Any]:
    """Bring Arrow columns and categories into plain ones."""
    column = plain(column)
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.astype(column.cat.categories.dtype)
    return column


def texts(column: pd.Series[Any]) -> pd.Series[Any]:
    """Names and free text of a ledger: stripped, empty ones null; ``NA`` stays ``NA``."""
    column = prepared(column)
    if not is_text(column):
        return column.astype(TEXT)
    return changed(column, lambda value: bare(str(value)), only_digits(column))


def wrong(column: pd.Series[Any], place: int, kind: str, remedy: str = "") -> InputError:
    """Return the error that names the row, the column and the value, unless it may identify a person."""
    row, value = column.index[place], column.iloc[place]
    said = shown(value, column.name)
    more = f"; {remedy}" if remedy else ""
    return InputError(f"row {row} of the ledger: {column.name!r} is {said}, which is no {kind}{more}")
