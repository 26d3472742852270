"""A cache of what was worked out of columns of text, kept while their values are in memory."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, TypeVar

import pandas as pd
import pyarrow as pa

from dtanalytics.columns.kinds import TEXT

Found = TypeVar("Found")

_found: dict[tuple[int, str], tuple[weakref.ref[Any], Any]] = {}
"""Number of an Arrow array, and what was asked of it -> the array, weakly, and the answer."""


def remembered(
    column: pd.Series[Any],
    work: Callable[[pd.Series[Any]], Found],
    keep: Callable[[Found], bool] = lambda _: True,
) -> Found:
    """Work something out of a column of text, once while its values are in memory.

    pandas keeps text in Arrow arrays, which never change: a column that is set anew, or in part, is another
    array. Columns that are held in another way are worked on each time.

    Parameters
    ----------
    column : Series
        The column; frames that share it share the answer.
    work : callable
        A function of the column's values alone, not of its index. Its answer must not be changed.
    keep : callable, optional
        Whether an answer is worth its memory; one that is not is worked out each time.

    Examples
    --------
    >>> column = pd.Series(["a", "b"], dtype="str")
    >>> remembered(column, len), remembered(column, len)
    (2, 2)
    """
    # The array that pandas holds: pyarrow.array() would make another one of the same values each time.
    values = getattr(column.array, "__arrow_array__", lambda: None)() if column.dtype == TEXT else None
    if not isinstance(values, pa.ChunkedArray):
        return work(column)
    key = id(values), f"{work.__module__}.{work.__qualname__}"
    known = _found.get(key)
    if known is not None and known[0]() is values:
        answer: Found = known[1]
        return answer
    answer = work(column)
    if not keep(answer):
        return answer
    _found[key] = weakref.ref(values, lambda _: _found.pop(key, None)), answer
    return answer
