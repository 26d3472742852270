"""Money of single calls, exactly: whole units of 1/10,000 currency unit."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dtanalytics import columns

SCALE = 10_000
_LARGEST = 10**15  # units; floats hold whole numbers exactly up to there


def to_units(money: pd.Series) -> pd.Series:
    """Amounts of any number type as Int64 units of 1/10,000; null where there is no finite amount.

    Examples
    --------
    >>> to_units(pd.Series([12.5, 0.1, None])).tolist()
    [125000, 1000, <NA>]
    """
    kind = money.dtype
    if isinstance(kind, pd.ArrowDtype) or not pd.api.types.is_numeric_dtype(kind):
        read = columns.money(money, rounded=True)
        units = pd.Series(pd.array(read.filled, "Int64"), index=money.index).mask(~read.known)
        return units.mask(units.abs() > _LARGEST)
    with np.errstate(over="ignore"):  # what overflows is no amount
        scaled = np.rint(money.to_numpy("float64", na_value=np.nan) * SCALE)
    known = np.isfinite(scaled) & (np.abs(scaled) <= _LARGEST)
    whole = pd.Series(np.where(known, scaled, 0).astype("int64"), index=money.index, dtype="Int64")
    return whole.where(known)


def written(units: int, places: int = 2) -> str:
    """Write an amount plainly, with as many decimal places as the currency has, or up to four.

    Examples
    --------
    >>> written(125000), written(-1), written(12340), written(125000, 0), written(125000, 3)
    ('12.50', '-0.0001', '1.234', '12.5', '12.500')
    """
    whole, part = divmod(abs(units), SCALE)
    digits = f"{part:04d}".rstrip("0").ljust(places, "0")
    return f"{'-' if units < 0 else ''}{whole}{'.' if digits else ''}{digits}"
