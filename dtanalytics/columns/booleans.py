"""Flags that others made: booleans, 0 and 1, or the words for yes and no."""

from __future__ import annotations

from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.columns.kinds import Values, distinct, plain, refused, shown, taken

_FLAGS = {
    **dict.fromkeys(("y", "yes", "true", "t", "1", "1.0"), 1),
    **dict.fromkeys(("n", "no", "false", "f", "0", "0.0"), 0),
    # What spreadsheets write for TRUE and FALSE, and people for yes and no, in other languages.
    **dict.fromkeys(
        ("wahr", "ja", "vrai", "oui", "verdadero", "s\u00ed", "si", "vero", "verdadeiro", "sim", "waar"), 1
    ),
    **dict.fromkeys(("falsch", "nein", "faux", "non", "falso", "n\u00e3o", "nee", "onwaar"), 0),
}


def read_flag(text: str) -> bool | None:
    """Read one word for yes or no; None where it is neither.

    Examples
    --------
    >>> read_flag("Yes"), read_flag("f"), read_flag("maybe")
    (True, False, None)
    """
    found = _FLAGS.get(text.strip().lower())
    return None if found is None else bool(found)


def flags(column: pd.Series[Any]) -> Values:
    """Read a column of flags.

    Parameters
    ----------
    column : Series
        Booleans, 0 and 1, or text: Y/N, yes/no, true/false, t/f, 1/0 in any case.

    Returns
    -------
    Values
        ``filled`` and ``known``, two boolean arrays; null and empty text are unknown, and False.

    Raises
    ------
    SchemaError
        Anything else is in the column.

    Examples
    --------
    >>> flags(pd.Series(["Y", "n", None]))
    Values(filled=array([ True, False, False]), known=array([ True,  True, False]))
    """
    column = plain(column)
    if column.dtype.kind == "b":
        known = column.notna().to_numpy(dtype=bool)
        if isinstance(column.dtype, np.dtype):
            return Values(column.to_numpy(), known)
        return Values(column.to_numpy(dtype=bool, na_value=False), known)
    if column.dtype.kind in "mM" or isinstance(column.dtype, pd.PeriodDtype):
        raise refused(column, f"{column.dtype}, not flags", "give it Y and N, or booleans")
    codes, found = distinct(column, "flags")
    read = np.array([_flag(value, column) for value in found], dtype=np.int8)
    return taken(codes, read == 1, read >= 0)


def _flag(value: Any, column: pd.Series[Any]) -> int:
    if isinstance(value, str):
        text = value.strip().lower()
        read = -1 if not text else _FLAGS.get(text)
    else:
        read = int(value) if isinstance(value, bool | np.bool_ | Real | Decimal) and value in {0, 1} else None  # type: ignore[arg-type]
    if read is None:
        raise refused(
            column,
            f"{shown(value, column.name)}, which is no flag",
            "flags are Y/N, yes/no, true/false, t/f or 1/0: replace other values by one of these, or null",
        )
    return read
