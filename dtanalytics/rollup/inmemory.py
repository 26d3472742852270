"""Measures per group of a pandas frame: one fused key, integer sums, slice by slice, no copy of the frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.measures import Measure
from dtanalytics.rollup.groups import CallerPairs, Codes, Decode, Groups, Ints, fuse, is_dense, unmixed
from dtanalytics.rollup.keys import Key
from dtanalytics.rollup.passes import Reader, condition_reader, key_reader, value_reader

SLICE = 1 << 16
"""Rows that are read at once: what they need fits into the cache of a processor."""
BLOCK = 1 << 20
"""Rows whose groups are remembered while one measure after the other is summed."""


class PandasCalls:
    """A pandas frame of calls, as `rollup` reads it."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame
        self.columns = list(frame.columns)

    def reduce(self, keys: Sequence[Key], measures: Mapping[str, Measure]) -> Groups:
        """Sum the measures of each group."""
        return reduce(self.frame, keys, measures)

    def wrap(self, table: pd.DataFrame, keys: Sequence[Key]) -> pd.DataFrame:  # noqa: ARG002 - other engines need them
        """Return the table as it is."""
        return table


def reduce(frame: pd.DataFrame, keys: Sequence[Key], measures: Mapping[str, Measure]) -> Groups:
    """Sum the measures of each group; groups come in the order of the keys, nulls last."""
    readers, labels = _keys(frame, keys)
    ids, size, decode = _fused(readers, [len(one) + 1 for one in labels], len(frame))
    summed = {name: one for name, one in measures.items() if not one.distinct}
    rows, totals = _sums(frame, ids, size, summed)
    occurring = np.flatnonzero(rows) if keys else np.zeros(1, dtype=np.int64)
    if len(occurring) < size:
        totals = {name: total[occurring] for name, total in totals.items()}

    def pairs(name: str) -> CallerPairs:
        position = np.zeros(size, dtype=np.int64)
        position[occurring] = np.arange(len(occurring))
        return _pairs(frame[measures[name].value], position[ids(slice(None))])

    return Groups(
        keys=[Codes(codes, one) for codes, one in zip(decode(occurring), labels, strict=True)],
        sums=totals,
        pairs=pairs,
        measures=measures,
        count=len(occurring),
    )


def _keys(frame: pd.DataFrame, keys: Sequence[Key]) -> tuple[list[Reader], list[pd.Series[Any]]]:
    found = [key_reader(frame, key) for key in keys]
    return [reader for reader, _ in found], [labels for _, labels in found]


def _fused(
    readers: Sequence[Reader], sizes: Sequence[int], rows: int
) -> tuple[Callable[[slice], Ints], int, Decode]:
    """Return a reader of the groups' numbers: fused as they are read while all of them are few."""
    size = int(np.prod(sizes, dtype=object)) if sizes else 1
    if not is_dense(size, rows):
        ids, size, decode = fuse([read(slice(None)) for read in readers], sizes, rows)
        return ids.__getitem__, size, decode
    if not readers:
        return lambda at: np.zeros(len(range(rows)[at]), dtype=np.int64), 1, unmixed(sizes)

    def read(at: slice) -> Ints:
        ids = readers[0](at).astype(np.int64)
        for reader, radix in zip(readers[1:], sizes[1:], strict=True):
            ids *= radix
            ids += reader(at)
        return ids

    return read, size, unmixed(sizes)


def _sums(
    frame: pd.DataFrame, ids: Callable[[slice], Ints], size: int, measures: Mapping[str, Measure]
) -> tuple[Ints, dict[str, Ints]]:
    """Return the rows of each group, and the sum of each measure."""
    readers = {name: _reader(frame, one) for name, one in measures.items() if one.needs}
    totals = {name: np.zeros(size, dtype=np.int64) for name in readers}
    rows, ones = np.zeros(size, dtype=np.int64), np.ones(min(SLICE, len(frame)), dtype=np.int64)
    for start in range(0, len(frame), BLOCK):
        slices = [slice(at, at + SLICE) for at in range(start, min(start + BLOCK, len(frame)), SLICE)]
        groups = [ids(at) for at in slices]
        for group in groups:
            np.add.at(rows, group, ones[: len(group)])
        for name, read in readers.items():  # one measure after the other: its table stays in the cache
            for at, group in zip(slices, groups, strict=True):
                np.add.at(totals[name], group, read(at))
    return rows, totals | {name: rows for name, one in measures.items() if not one.needs}


def _reader(frame: pd.DataFrame, measure: Measure) -> Reader:
    """Return a reader of what each row adds to a measure."""
    tests = [condition_reader(frame, test) for test in measure.where]
    counts = measure.value is None and measure.rows is None
    value = None if counts else value_reader(frame, measure)

    def read(at: slice) -> Ints:
        passing = [test(at) for test in tests]
        mask = passing[0] if passing else None
        for other in passing[1:]:
            mask = mask & other
        if value is None:
            return np.asarray(mask).astype(np.int64)
        return value(at) if mask is None else value(at) * mask

    return read


def _pairs(callers: pd.Series[Any], groups: Ints) -> CallerPairs:
    """Return the distinct pairs of group and caller; unknown callers are in none."""
    codes, found = pd.factorize(callers, use_na_sentinel=True)
    known = codes >= 0
    width = max(len(found), 1)
    different = pd.unique(groups[known] * width + codes[known])
    return different // width, different % width, pd.Series(found)
