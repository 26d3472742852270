"""Numbers for the different values of a column of text: quickly where it holds telephone numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.columns.kinds import TEXT
from dtanalytics.columns.remembered import remembered

Ints = npt.NDArray[np.int64]

_LONGEST = 16
"""Digits that fit into int64 together with how many they are."""
_BITS = 5


def numbered(column: pd.Series[Any]) -> Ints:
    """Number the different values of a column, in any order; -1 is null.

    Examples
    --------
    >>> numbered(pd.Series(["2125550101", None, "2125550100", "2125550101"])).tolist()
    [1, -1, 0, 1]
    """
    return remembered(column, _codes).astype(np.int64)


def repeats(column: pd.Series[Any]) -> tuple[Ints, Ints]:
    """Find the rows whose value stands in the column more than once, and number these values.

    Returns
    -------
    (rows, codes)
        Ordered by value; nulls are left out.

    Examples
    --------
    >>> repeats(pd.Series(["2125550101", None, "2125550100", "2125550101", None]))
    (array([0, 3]), array([0, 0]))
    """
    return remembered(column, _repeats)


def _codes(column: pd.Series[Any]) -> npt.NDArray[np.int32]:
    return dense(sortable(column))


def dense(keys: Ints) -> npt.NDArray[np.int32]:
    """Number whole numbers from 0 in their order; -1 is null.

    They are sorted, which takes less time than a hash table where many of them differ.

    Examples
    --------
    >>> dense(np.array([70, -1, 50, 70])).tolist()
    [1, -1, 0, 1]
    """
    order, found = in_order(keys)
    rank = np.empty(len(found), dtype=np.int32)
    rank[:1] = -1 if len(found) and found[0] < 0 else 0
    np.cumsum(found[1:] != found[:-1], out=rank[1:])
    rank[1:] += rank[:1]
    codes = np.empty_like(rank)
    codes[order] = rank
    return codes


def _repeats(column: pd.Series[Any]) -> tuple[Ints, Ints]:
    return repeated_rows(sortable(column))


def repeated_rows(keys: Ints) -> tuple[Ints, Ints]:
    """Find the rows of whole numbers that stand there more than once, as `repeats` does; -1 is null.

    Examples
    --------
    >>> repeated_rows(np.array([5, -1, 7, 5, -1]))
    (array([0, 3]), array([0, 0]))
    """
    order, found = in_order(keys)
    same = np.zeros(len(found) + 1, dtype=bool)
    same[1:-1] = (found[1:] == found[:-1]) & (found[1:] >= 0)
    again = np.flatnonzero(same[1:] | same[:-1])
    return order[again], np.cumsum(~same[again]) - 1


def in_order(keys: Ints) -> tuple[Ints, Ints]:
    """Sort whole numbers from -1 on: their rows, equal ones as they stood, and the numbers themselves.

    Examples
    --------
    >>> in_order(np.array([7, -1, 7, 3]))
    (array([1, 3, 0, 2]), array([-1,  3,  7,  7]))
    """
    bits = len(keys).bit_length()
    if int(keys.max(initial=0)) >> (63 - bits):
        order = np.argsort(keys, kind="stable")
        return order, keys[order]
    # Number and row in one number: it is sorted in half of the time that sorting rows takes.
    both = keys << bits
    both |= np.arange(len(keys))
    both.sort()
    found = both >> bits
    both &= (1 << bits) - 1
    return both, found


def counted(numbers: Ints) -> tuple[Ints, Ints]:
    """Different whole numbers from 0 on, in order, and how often each occurs; the array itself is sorted.

    Examples
    --------
    >>> counted(np.array([7, 3, 7]))
    (array([3, 7]), array([1, 2]))
    """
    numbers.sort()
    begins, many = runs(numbers)
    return numbers[begins], many


def runs(ordered: npt.NDArray[Any]) -> tuple[Ints, Ints]:
    """Find where runs of equal numbers begin, and how long each is.

    Examples
    --------
    >>> runs(np.array([3, 7, 7, 3]))
    (array([0, 1, 3]), array([1, 2, 1]))
    """
    edges = np.ones(len(ordered) + 1, dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=edges[1:-1])
    places = np.flatnonzero(edges)
    return places[: len(places) - 1], np.diff(places)


def whole_numbers(column: pd.Series[Any]) -> tuple[Ints, Ints] | None:
    """Read texts of digits as whole numbers, and count their digits: "01" is not "1".

    Returns
    -------
    (numbers, digits) or None
        -1 for null. None where a text holds anything but digits, or more than 16 of them.

    Examples
    --------
    >>> whole_numbers(pd.Series(["01", "1", None]))
    (array([ 1,  1, -1]), array([ 2,  1, -1]))
    >>> whole_numbers(pd.Series(["+1"])) is None
    True
    """
    if column.dtype != TEXT:
        return None
    texts = pa.array(column.array)
    length = pc.binary_length(texts)
    longest = pc.max(length).as_py()
    if longest is None or longest > _LONGEST or not pc.all(pc.ascii_is_decimal(texts)).as_py():
        return None
    return _known_or_minus(texts.cast(pa.int64())), _known_or_minus(length).astype(np.int64, copy=False)


def _known_or_minus(numbers: pa.ChunkedArray) -> npt.NDArray[Any]:
    return np.asarray(pc.fill_null(numbers, -1) if numbers.null_count else numbers)


def sortable(column: pd.Series[Any]) -> Ints:
    """Whole numbers that differ where the values differ, -1 for null.

    To sort or look up whole numbers takes a third of the time that text takes.
    """
    found = whole_numbers(column)
    if found is None:
        return np.asarray(pd.factorize(column)[0], dtype=np.int64)
    numbers, digits = found
    longest = digits.max(initial=0)
    if np.array_equal(digits < longest, numbers < 0):  # all have as many digits, as telephone numbers do
        return numbers
    return np.asarray((numbers << _BITS) | digits, dtype=np.int64)
