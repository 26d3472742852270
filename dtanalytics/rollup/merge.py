"""Groups out of small tables that an engine has already reduced, whole or by partition."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dtanalytics import columns, money
from dtanalytics.columns.callers import one_spelling
from dtanalytics.metrics.measures import Measure
from dtanalytics.rollup.codes import encode
from dtanalytics.rollup.groups import CallerPairs, Codes, Groups, Ints, compress, fuse

Pairs = Callable[[str], tuple[Sequence[Any], Any]]


def merge_partials(
    labels: Sequence[pd.Series[Any]],
    sums: Mapping[str, npt.NDArray[Any]],
    pairs: Pairs,
    measures: Mapping[str, Measure],
    rows: int,
    estimates: Mapping[str, tuple[Sequence[pd.Series[Any]], Ints]] | None = None,
) -> Groups:
    """Add up rows that have the same labels, and put them into the order of the labels.

    Parameters
    ----------
    labels : sequence of pandas.Series
        One for each key.
    sums : mapping
        Measure -> partial sums, one for each row.
    pairs : callable
        For a measure of distinct callers: labels and caller of each distinct pair. Every group is
        among them, if only with a null caller, so that groups of both tables are numbered alike.
    rows : int
        Number of rows of ``labels`` and ``sums``.
    estimates : mapping, optional
        Measure -> labels and estimates of distinct callers; every group is among them.
    """
    coded, ids, count, decode = _number(labels, rows)

    def add(values: npt.NDArray[Any]) -> Ints:
        return money.sums(ids, count, values.astype(np.int64, copy=False))

    def numbered(name: str) -> CallerPairs:
        other, caller = pairs(name)
        group = _number(other, len(caller))[1]
        codes, found = pd.factorize(caller)
        group, codes = group[codes >= 0], codes[codes >= 0]
        texts = columns.ids(pd.Series(found))
        alike = one_spelling(texts)
        if alike is texts:
            return group, codes, pd.Series(found)
        again, numbers = pd.factorize(alike)
        different = pd.unique(group * len(numbers) + again[codes])
        return different // len(numbers), different % len(numbers), pd.Series(numbers)

    def estimated(other: Sequence[pd.Series[Any]], values: Ints) -> Ints:
        found = np.zeros(count, dtype=np.int64)
        found[_number(other, len(values))[1]] = values
        return found

    return Groups(
        keys=[Codes(codes, one.labels) for codes, one in zip(decode(np.arange(count)), coded, strict=True)],
        sums={name: add(values) for name, values in sums.items()},
        pairs=numbered,
        measures=measures,
        count=count,
        estimates={name: estimated(*one) for name, one in (estimates or {}).items()},
    )


def _number(labels: Sequence[pd.Series[Any]], rows: int) -> tuple[list[Codes], Ints, int, Any]:
    """Number the groups that occur, in the order of their labels."""
    coded = [encode(column) for column in labels]
    ids, size, decode = fuse([one.codes for one in coded], [one.size for one in coded], rows)
    if not labels:
        return coded, ids, 1, decode
    ids, occurring = compress(ids, size)
    return coded, ids, len(occurring), lambda at: decode(occurring[at])
