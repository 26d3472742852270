"""Measures per group of a pandas frame: one fused key, integer sums, slice by slice, no copy of the frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.measures import Measure
from dtanalytics.rollup.groups import CallerPairs, Codes, Decode, Groups, Ints, fuse, is_dense, unmixed
from dtanalytics.rollup.keys import Key
from dtanalytics.rollup.passes import SLICE, Reader, condition_reader, key_reader, value_reader

BLOCK = 1 << 20
"""Rows whose groups are remembered while one measure after the other is summed."""
BITS, PACKED = 21, 3
"""A count of the rows of a block fits into 21 bits, and three such counts into one whole number."""


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
    passing = {name: _passing(frame, one) for name, one in measures.items()}
    values = {name: value_reader(frame, one) for name, one in measures.items() if not one.counts}
    counted = [name for name, one in measures.items() if one.counts and one.where]
    totals = {name: np.zeros(size, dtype=np.int64) for name in [*counted, *values]}
    rows = np.zeros(size, dtype=np.int64)
    tables = [(None, rows), *((passing[name], totals[name]) for name in counted)]
    for start in range(0, len(frame), BLOCK):
        slices = [slice(at, at + SLICE) for at in range(start, min(start + BLOCK, len(frame)), SLICE)]
        groups = [ids(at) for at in slices]
        for at in range(0, len(tables), PACKED):
            _count(slices, groups, tables[at : at + PACKED])
        for name, read in values.items():  # one measure after the other: its table stays in the cache
            _add(slices, groups, read, passing[name], totals[name])
    return rows, totals | {name: rows for name, one in measures.items() if one.counts and not one.where}


def _passing(frame: pd.DataFrame, measure: Measure) -> Reader | None:
    """Return a reader of the rows that count; None: all of them."""
    tests = [condition_reader(frame, test) for test in measure.where]
    if len(tests) < 2:
        return tests[0] if tests else None
    return lambda at: np.logical_and.reduce([test(at) for test in tests])


def _add(
    slices: Sequence[slice], groups: Sequence[Ints], read: Reader, passing: Reader | None, total: Ints
) -> None:
    for at, group in zip(slices, groups, strict=True):
        np.add.at(total, group, read(at) if passing is None else read(at) * passing(at))


def _count(
    slices: Sequence[slice], groups: Sequence[Ints], tables: Sequence[tuple[Reader | None, Ints]]
) -> None:
    """Count several things in one pass: each has some bits of the number that is added up."""
    packed = np.zeros(len(tables[0][1]), dtype=np.int64)
    always = sum(1 << (BITS * at) for at, (test, _) in enumerate(tables) if test is None)
    tests = [(at, test) for at, (test, _) in enumerate(tables) if test is not None]
    choices = np.array(
        [
            always + sum(1 << (BITS * at) for bit, (at, _) in enumerate(tests) if choice >> bit & 1)
            for choice in range(1 << len(tests))
        ]
    )
    for rows, group in zip(slices, groups, strict=True):
        choice = np.zeros(len(group), dtype=np.uint8)
        for bit, (_, test) in enumerate(tests):
            choice |= test(rows).view(np.uint8) << np.uint8(bit)
        np.add.at(packed, group, choices[choice])
    for at, (_, total) in enumerate(tables):
        np.add(total, packed >> (BITS * at) & ((1 << BITS) - 1), out=total)


def _pairs(callers: pd.Series[Any], groups: Ints) -> CallerPairs:
    """Return the distinct pairs of group and caller; unknown callers are in none."""
    codes, found = pd.factorize(callers, use_na_sentinel=True)
    known = codes >= 0
    width = max(len(found), 1)
    different = pd.unique(groups[known] * width + codes[known])
    return different // width, different % width, pd.Series(found)
