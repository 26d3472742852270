"""Callers by their telephone numbers: one number is one caller, however a frame spells it in its rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.columns.kinds import TEXT
from dtanalytics.columns.numbering import are_ten_digits
from dtanalytics.columns.remembered import remembered
from dtanalytics.texts.phones import spelled

CALLERS = frozenset({"caller_id", "ani", "bid_ani"})
"""Columns that hold who called."""
_DIGITS = 10


def one_spelling(callers: pd.Series[Any]) -> pd.Series[Any]:
    """Write telephone numbers alike where a column of text spells one of them in two ways.

    A column that does not, as that of a load, is handed back as it is. What is no number stays.

    Examples
    --------
    >>> one_spelling(pd.Series(["2125550101", "+1 (212) 555-0101", "anonymous"])).tolist()
    ['2125550101', '2125550101', 'anonymous']
    """
    if callers.dtype != TEXT or not remembered(callers, is_respelled):
        return callers
    found = spelled(callers)
    return found.where(found.notna(), callers)


def is_respelled(callers: pd.Series[Any]) -> bool:
    """Tell whether a column of ``str`` holds one telephone number in two spellings."""
    if remembered(callers, are_ten_digits):
        return False
    texts = pa.array(callers.array)
    plain = pc.and_(pc.ascii_is_decimal(texts), pc.equal(pc.binary_length(texts), _DIGITS))
    others = callers[np.asarray(pc.fill_null(pc.invert(plain), False))].drop_duplicates()  # noqa: FBT003 - a value
    numbers = spelled(others).dropna()
    if not len(numbers):
        return False
    return bool(numbers.duplicated().any()) or bool(
        pc.any(pc.and_(plain, pc.is_in(texts, pa.array(numbers.array).cast(texts.type)))).as_py()
    )
