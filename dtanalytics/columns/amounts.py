"""Money that others made: numbers, decimals, or text by one grammar for the whole column."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.columns.kinds import Values, as_decimal, distinct, listed, plain, refused, shown, taken
from dtanalytics.columns.short_floats import widened
from dtanalytics.columns.units import LARGEST, SCALE, whole
from dtanalytics.errors import SchemaError
from dtanalytics.texts.amounts import decimal_marks, read_amount

_NOISE = 1e-6
"""Of a unit: what computing with floats may leave behind."""
_MOST = 15
"""Decimals of a float at most."""
_WHOLE = 1 << 53
"""Floats hold every whole number up to here."""
_SLICE = 1 << 15
"""Rows that are read at once."""


def money(column: pd.Series[Any], *, rounded: bool = False) -> Values:
    """Read a column of money as whole units of 1/10,000 of the currency.

    Parameters
    ----------
    column : Series
        Numbers of any dtype, decimals, or text (``1250.50``, ``$1,250.50``, ``(12.50)``, ``12.50-``), which
        is read by one grammar for the whole column.
    rounded : bool
        Round amounts that are finer than a unit (a half to the even unit) instead of refusing them.

    Returns
    -------
    Values
        ``filled``: int64, null as 0; ``known``: where there is an amount.

    Raises
    ------
    SchemaError
        The column holds something else, decimal commas, an infinite amount, one that is finer than a
        unit, or one that does not fit into int64.

    Examples
    --------
    >>> money(pd.Series(["$1,250.50", "(3.5)", ""])).filled.tolist()
    [12505000, -35000, 0]
    """
    column = widened(plain(column), money=True)
    kind = column.dtype
    if kind.kind == "f":
        return _scaled(column, rounded=rounded)
    if kind.kind in "iu":
        return _multiplied(column)
    if isinstance(kind, pd.ArrowDtype):
        return _decimals(column, rounded=rounded)
    if kind.kind not in "OU" and not isinstance(kind, pd.CategoricalDtype):
        raise refused(column, f"{kind}, not money", "give it numbers")
    codes, found = distinct(column, "money")
    read = [_units(amount, column, rounded=rounded) for amount in _amounts(found, column)]
    units = np.array([one or 0 for one in read], dtype=np.int64)
    return taken(codes, units, np.array([one is not None for one in read], dtype=bool))


def exact(
    column: pd.Series[Any], least: int = 4, *, money: bool = False
) -> tuple[npt.NDArray[np.int64], int]:
    """Read a column of numbers in any unit as whole multiples of a power of ten.

    Parameters
    ----------
    column : Series
        Numbers of any dtype, decimals, or text as in `money`.
    least : int
        Decimals at least.
    money : bool
        The numbers are amounts, whose cents must be there.

    Returns
    -------
    (units, decimals)
        int64, null as 0; units are numbers times ``10 ** decimals``. As many decimals as the numbers
        have; floats that are no decimal numbers get as many as leave room for their sum.

    Raises
    ------
    SchemaError
        The column holds something else, or numbers that do not fit into int64.

    Examples
    --------
    >>> exact(pd.Series([0.00085, 1.5]))
    (array([    85, 150000]), 5)
    """
    column = widened(plain(column), money=money)
    if column.dtype.kind == "f":
        return _exact_floats(column, least)
    if column.dtype.kind in "iu":
        units = listed_ints(column, 10**least)
        return units, least
    if column.dtype.kind in "bmM":
        raise refused(column, f"{column.dtype}, not numbers", "give it numbers")
    codes, found = distinct(column, "numbers")
    amounts = _amounts(found, column)
    known = [amount for amount in amounts if amount is not None]
    for amount in known:
        if not amount.is_finite() or amount.adjusted() > 18:
            raise _too_large(column, amount)
    places = [-int(amount.normalize().as_tuple().exponent) for amount in known]
    decimals = max([least, *places])
    whole_units = [0 if amount is None else int(amount.scaleb(decimals)) for amount in amounts]
    if decimals > _MOST or max(map(abs, whole_units), default=0) > LARGEST:
        raise _too_large(column, max(known, key=abs))
    units, _ = taken(codes, np.array(whole_units, dtype=np.int64), np.ones(len(whole_units), dtype=bool))
    return units, decimals


def listed_ints(column: pd.Series[Any], factor: int) -> npt.NDArray[np.int64]:
    """Return whole numbers times a factor, null as 0."""
    numpy = isinstance(column.dtype, np.dtype)
    numbers = column.to_numpy() if numpy else column.fillna(0).to_numpy(_numpy(column))
    largest = max(int(numbers.max()), int(numbers.min()), key=abs) if len(numbers) else 0
    if abs(largest) > LARGEST // factor:
        raise _too_large(column, largest)
    return numbers.astype(np.int64) * factor


def _exact_floats(column: pd.Series[Any], least: int) -> tuple[npt.NDArray[np.int64], int]:
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    values = np.where(np.isnan(values), 0.0, values)
    largest = float(np.abs(values).max(initial=0))
    if not np.isfinite(largest) or largest * 10**least >= LARGEST:
        raise _too_large(column, column.iloc[int(np.abs(values).argmax())])
    noise = float(np.finfo(_numpy(column)).eps) * 16 * largest
    room = [one for one in range(least, _MOST + 1) if largest * 10**one * max(len(values), 1) < LARGEST / 2]
    for decimals in room or [least]:
        scaled = values * 10.0**decimals
        units = np.rint(scaled)
        if (np.abs(scaled - units) <= noise * 10.0**decimals).all():
            break
    return units.astype(np.int64), decimals


def numbers(column: pd.Series[Any]) -> npt.NDArray[np.float64]:
    """Read a column of numbers as floats; null is NaN.

    Examples
    --------
    >>> numbers(pd.Series(["20.00", None, "3"])).tolist()
    [20.0, nan, 3.0]
    """
    column = widened(plain(column))
    if column.dtype.kind in "iuf":
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    if column.dtype.kind in "bmM":
        raise refused(column, f"{column.dtype}, not numbers", "give it numbers")
    codes, found = distinct(column, "numbers")
    read = [np.nan if amount is None else float(amount) for amount in _amounts(found, column)]
    return np.array([*read, np.nan])[codes]


def _scaled(column: pd.Series[Any], *, rounded: bool) -> Values:
    """Read floats slice by slice, so that what is worked out of a slice stays in the processor's cache."""
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    units, known = np.empty(len(values), dtype=np.int64), np.empty(len(values), dtype=bool)
    least = float(np.finfo(_numpy(column)).eps) * 4
    largest, fine = 0.0, -1
    for start in range(0, len(values), _SLICE):
        at = slice(start, start + _SLICE)
        with np.errstate(over="ignore", invalid="ignore"):  # what is infinite is refused below
            rest = values[at] * SCALE
            found = np.rint(np.round(rest, 6) if rounded else rest)  # 0.00015 is half a unit, nearly
            rest -= found
            np.abs(rest, out=rest)
        there = np.equal(found, found, out=known[at])  # nothing but null differs from itself
        if not there.all():
            np.copyto(found, 0.0, where=~there)
            np.copyto(rest, 0.0, where=~there)
        largest = max(largest, float(found.max()), -float(found.min()))
        if not rounded and fine < 0 and not rest.max() <= _NOISE:
            finer = rest > np.maximum(_NOISE, np.abs(found) * least)
            fine = start + int(finer.argmax()) if finer.any() else -1
        if largest < _WHOLE:
            np.copyto(units[at], found, casting="unsafe")
    if largest >= _WHOLE:
        raise _too_large(column, column.iloc[int(np.nanargmax(np.abs(values)))])
    if fine >= 0:
        raise _too_fine(column, column.iloc[fine])
    return Values(units, known)


def _multiplied(column: pd.Series[Any]) -> Values:
    return Values(listed_ints(column, SCALE), column.notna().to_numpy(dtype=bool))


def _decimals(column: pd.Series[Any], *, rounded: bool) -> Values:
    array = pa.array(column)
    kind = pa.decimal128(38, 4)
    try:
        units = pc.round(array, 4, "half_to_even").cast(kind) if rounded else array.cast(kind)
    except pa.ArrowInvalid:
        amounts = [None if one is None else _units(one, column, rounded=rounded) for one in array.to_pylist()]
        return listed(amounts)
    largest = pc.max(pc.abs(units)).as_py()
    if largest is not None and int(largest * SCALE) > LARGEST:
        raise _too_large(column, largest)
    chunk = units.combine_chunks() if isinstance(units, pa.ChunkedArray) else units
    low = np.frombuffer(chunk.buffers()[1] or b"", dtype=np.int64)[::2][chunk.offset :][: len(chunk)]
    known = column.notna().to_numpy(dtype=bool)
    return Values(np.where(known, low, 0), known)


def _numpy(column: pd.Series[Any]) -> Any:
    return getattr(column.dtype, "numpy_dtype", column.dtype)


def _amounts(found: list[Any], column: pd.Series[Any]) -> list[Decimal | None]:
    """Amounts of different values: numbers as they are, text by one grammar."""
    texts = [value.strip() for value in found if isinstance(value, str) and value.strip()]
    if texts:
        _check_marks(texts, column)
    amounts: list[Decimal | None] = []
    for value in found:
        if isinstance(value, str):
            amounts.append(read_amount(value) if value.strip() else None)
            continue
        amount = as_decimal(value)
        if amount is None:
            raise refused(column, f"{shown(value, column.name)}, which is no amount", "give it numbers")
        amounts.append(None if amount.is_nan() else amount)
    return amounts


def _check_marks(texts: list[str], column: pd.Series[Any]) -> None:
    if "." not in decimal_marks(texts):
        wrong = next(text for text in texts if read_amount(text) is None)
        european = "," in decimal_marks(texts)
        raise refused(
            column,
            f"{shown(wrong, column.name)}, " + ("with a decimal comma" if european else "which is no amount"),
            "give it numbers, or text such as 1250.50, $1,250.50 or (12.50)",
        )
    grouped = next((text for text in texts if "," in text), None)
    if grouped and "," in decimal_marks(texts):
        raise refused(
            column,
            f"{shown(grouped, column.name)}, whose comma may stand for thousands or before decimals",
            "give it numbers: the text of no row decides between the two",
        )


def _units(amount: Decimal | None, column: pd.Series[Any], *, rounded: bool) -> int | None:
    if amount is None:
        return None
    if not amount.is_finite() or amount.adjusted() > 15:
        raise _too_large(column, amount)
    units = amount * SCALE
    if units != units.to_integral_value() and not rounded:
        raise _too_fine(column, amount)
    if abs(units) > LARGEST:
        raise _too_large(column, amount)
    return whole(amount)


def _too_large(column: pd.Series[Any], value: Any) -> SchemaError:
    remedy = "replace it: amounts are finite, and below what can be counted exactly"
    return refused(column, f"the amount {shown(value, column.name)}", remedy)


def _too_fine(column: pd.Series[Any], value: Any) -> SchemaError:
    holds = f"the amount {shown(value, column.name)}, finer than 1/10,000 of the currency"
    return refused(column, holds, "round it to four decimals, for example with .round(4)")
