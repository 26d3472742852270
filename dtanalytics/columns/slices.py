"""Long columns a slice at a time: what is worked out of a slice stays in the processor's cache.

A new array of many megabytes costs more time than it takes to fill, since the system has to find and to
clear its memory first; the arrays of a slice take the memory of those of the slice before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

SLICE = 1 << 16
"""Rows of a slice."""


def slices(rows: int) -> Iterator[slice]:
    """Divide rows into slices, all but the last of the same length.

    Examples
    --------
    >>> [(part.start, part.stop) for part in slices(100_000)]
    [(0, 65536), (65536, 100000)]
    """
    for start in range(0, rows, SLICE):
        yield slice(start, min(start + SLICE, rows))


def by_slices(
    work: Callable[..., npt.NDArray[Any]], *columns: npt.NDArray[Any], dtype: Any = np.float64
) -> npt.NDArray[Any]:
    """Work out a column of others, element by element.

    Parameters
    ----------
    work : callable
        Is given the same slice of each column, and returns as many elements.
    columns : numpy.ndarray
        All of the same length.
    dtype : data-type
        Of the result.

    Examples
    --------
    >>> by_slices(lambda one, other: one - other, np.array([3, 4]), np.array([1, 2]), dtype=np.int64)
    array([2, 2])
    """
    made = np.empty(len(columns[0]), dtype=dtype)
    for part in slices(len(made)):
        made[part] = work(*(column[part] for column in columns))
    return made
