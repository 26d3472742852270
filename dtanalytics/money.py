"""Money: one scale, one rounding, one reading of text, and what a call earned.

Money is counted in whole units of 1/10,000 of the currency, the finest that the services send, so
that sums do not depend on the order of the rows and every table ties to the cent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from dtanalytics import columns
from dtanalytics.columns.units import LARGEST, SCALE, whole
from dtanalytics.errors import SchemaError
from dtanalytics.texts.amounts import decimal_marks, read_amount

if TYPE_CHECKING:
    import pandas as pd

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Side = Literal["offer", "affiliate"]


_FEW = 1024
"""Rows below which numbers of Python are as fast as parts of an array."""


def currency(units: Any) -> Floats:
    """Whole units as money.

    Examples
    --------
    >>> currency([372500, -1]).tolist()
    [37.25, -0.0001]
    """
    return np.asarray(units, dtype=np.int64) / SCALE


def units(values: Any) -> Ints:
    """Money of any dtype as whole units; a missing amount is 0.

    Raises
    ------
    SchemaError
        The values are no money, or finer than a unit.

    Examples
    --------
    >>> units([37.25, None, 46.3333]).tolist()
    [372500, 0, 463333]
    """
    import pandas as pd

    return columns.money(pd.Series(values)).filled


def written(units: int, places: int = 2) -> str:
    """Write an amount plainly, with as many decimal places as the currency has, and at most four.

    Examples
    --------
    >>> written(125000), written(-1), written(12340), written(125000, 0), written(125000, 3)
    ('12.50', '-0.0001', '1.234', '12.5', '12.500')
    """
    above, part = divmod(abs(units), SCALE)
    digits = f"{part:04d}".rstrip("0").ljust(places, "0")
    return f"{'-' if units < 0 else ''}{above}{'.' if digits else ''}{digits}"


def sums(codes: npt.NDArray[np.integer[Any]], groups: int, units: Ints) -> Ints:
    """Add up whole units by group, exactly.

    Raises
    ------
    SchemaError
        A sum is larger than can be counted (922 trillion of the currency).

    Examples
    --------
    >>> sums(np.array([0, 1, 0]), 2, np.array([372500, -1, 10_000])).tolist()
    [382500, -1]
    """
    total = np.zeros(groups, dtype=np.int64)
    if max(int(units.max(initial=0)), -int(units.min(initial=0))) * len(units) >= LARGEST // 2:
        exact = np.zeros(groups, dtype=object)
        np.add.at(exact, codes, units.astype(object))
        if any(abs(one) > LARGEST for one in exact):
            raise SchemaError("the amounts add up to more than 922 trillion, which cannot be counted exactly")
        return exact.astype(np.int64)
    if groups == 1:
        total[0] = units.sum()
    else:
        np.add.at(total, codes, units)
    return total


def squares(units: Ints) -> int:
    """Add up the squares of whole units, exactly, so that no order of rows changes the sum.

    Examples
    --------
    >>> squares(np.array([3_000_000_000, -1, 2]))
    9000000000000000005
    """
    largest = max(int(units.max(initial=0)), -int(units.min(initial=0)))
    rows = (LARGEST // largest**2) if largest else len(units)
    if rows < _FEW:
        return sum(one * one for one in units.tolist())
    return sum(int(part @ part) for part in (units[at : at + rows] for at in range(0, len(units), rows)))


def spread(units: Ints, codes: npt.NDArray[np.integer[Any]], groups: int) -> float:
    """Add up the squared distances of amounts from the mean of their group [currency squared].

    They are summed as whole numbers: no order of rows changes the sum.

    Examples
    --------
    >>> spread(np.array([10_000, 30_000, 50_000]), np.array([0, 0, 1]), 2)
    2.0
    """
    many = np.maximum(np.bincount(codes, minlength=groups), 1)
    whole = sums(codes, groups, units)
    middle = whole // many
    rest = whole - middle * many  # what the mean has beyond the whole units from which distances are taken
    return (squares(units - middle[codes]) - float((rest * (rest / many)).sum())) / SCALE**2


def earned(calls: pd.DataFrame, side: Side) -> Ints:
    """Whole units that each call earned on one side: its price where that side qualified, else 0.

    Parameters
    ----------
    calls : DataFrame
        With ``offer_price`` and ``offer_qualified``, or the same of the affiliate, in any dtype.
    side : {"offer", "affiliate"}
        ``offer``: what the advertiser pays (revenue). ``affiliate``: what the affiliate is paid.

    Returns
    -------
    array of int64
        Units of 1/10,000 currency. An unknown flag and a missing price earn nothing.

    Raises
    ------
    SchemaError
        The columns hold something else than money and flags.

    Examples
    --------
    >>> import pandas as pd
    >>> calls = pd.DataFrame({"offer_price": ["20.00", "18.50"], "offer_qualified": ["Y", "N"]})
    >>> earned(calls, "offer").tolist()
    [200000, 0]
    """
    amounts: Ints = columns.money(calls[f"{side}_price"]).filled
    amounts *= columns.flags(calls[f"{side}_qualified"]).filled
    return amounts


__all__ = [
    "LARGEST",
    "SCALE",
    "currency",
    "decimal_marks",
    "earned",
    "read_amount",
    "sums",
    "units",
    "whole",
    "written",
]
