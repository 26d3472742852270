"""Floats of 16 and 32 bits, in which people keep amounts to save memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.columns.kinds import refused

_CENT = 0.01
_MOST = 7
"""Decimals that are tried: a float of 32 bits has seven digits or so."""


def widened(column: pd.Series[Any], *, money: bool = False) -> pd.Series[Any]:
    """Read short floats as the decimal numbers that they were made of; other columns stay as they are.

    Parameters
    ----------
    column : Series
        Of any dtype.
    money : bool
        Refuse amounts so large that such a float does not keep their cents.

    Returns
    -------
    Series of float64
        Of each value the number with the fewest decimals that makes the same short float.

    Raises
    ------
    SchemaError
        Such a large amount.

    Examples
    --------
    >>> widened(pd.Series([1234.57], dtype="float32")).tolist()
    [1234.57]
    """
    dtype = getattr(column.dtype, "numpy_dtype", column.dtype)
    if not isinstance(dtype, np.dtype) or dtype.kind != "f" or dtype.itemsize >= np.dtype(float).itemsize:
        return column
    short = column.to_numpy(dtype=dtype, na_value=np.nan)
    if money and np.isfinite(short).any():
        largest = np.max(np.abs(short), where=np.isfinite(short), initial=0)
        if np.spacing(largest) > _CENT:
            raise refused(
                column,
                f"the amount {float(largest):,.2f} as {column.dtype}, which does not keep its cents",
                "read it anew as float64 or as Decimal; .astype('float64') comes too late",
            )
    wide = short.astype(np.float64)
    found, open_ = wide.copy(), np.isfinite(wide)
    for decimals in range(_MOST + 1):
        tried = np.round(wide, decimals)
        same = open_ & (tried.astype(dtype) == short)
        found[same] = tried[same]
        open_ &= ~same
    return pd.Series(found, column.index, name=column.name)
