"""Money of single calls, exactly: whole units of 1/10,000 currency unit."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any

import numpy as np
import pandas as pd

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
        units = pd.Series(
            [_exact(amount) for amount in money.astype(object)], index=money.index, dtype="Int64"
        )
        return units.mask(units.abs() > _LARGEST)
    with np.errstate(over="ignore"):  # what overflows is no amount
        scaled = np.rint(money.to_numpy("float64", na_value=np.nan) * SCALE)
    known = np.isfinite(scaled) & (np.abs(scaled) <= _LARGEST)
    whole = pd.Series(np.where(known, scaled, 0).astype("int64"), index=money.index, dtype="Int64")
    return whole.where(known)


def _exact(amount: Any) -> int | None:
    try:
        units = (Decimal(str(amount)) * SCALE).to_integral_value(ROUND_HALF_EVEN)
        return int(units)
    except (InvalidOperation, ValueError, OverflowError):
        return None


def written(units: int) -> str:
    """Write an amount plainly, with two to four decimal places.

    Examples
    --------
    >>> written(125000), written(-1), written(12340)
    ('12.50', '-0.0001', '1.234')
    """
    whole, part = divmod(abs(units), SCALE)
    digits = f"{part:04d}".rstrip("0").ljust(2, "0")
    return f"{'-' if units < 0 else ''}{whole}.{digits}"
