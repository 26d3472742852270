"""The amounts of an export: those that no file can hold are unknown, and their calls are refused."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dtanalytics import columns
from dtanalytics.money import SCALE

_LARGEST = 10**15  # units; floats hold whole numbers exactly up to there


def to_units(money: pd.Series) -> pd.Series:
    """Amounts of any number type as Int64 units of 1/10,000; null where there is no finite amount.

    Examples
    --------
    >>> to_units(pd.Series([12.5, 0.1, None])).tolist()
    [125000, 1000, <NA>]
    """
    if money.dtype.kind == "f":
        money = money.mask(np.abs(money.to_numpy("float64", na_value=np.nan)) > _LARGEST / SCALE)
    read = columns.money(money, rounded=True)
    units = pd.Series(pd.array(read.filled, "Int64"), index=money.index).mask(~read.known)
    return units.mask(units.abs() > _LARGEST)
