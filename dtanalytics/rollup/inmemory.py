"""Measures per group of a pandas frame: one fused key, integer sums, slice by slice, no copy of the frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.measures import Condition, Measure
from dtanalytics.rollup.groups import CallerPairs, Codes, Decode, Groups, Ints, fuse, is_dense, unmixed
from dtanalytics.rollup.keys import Key
from dtanalytics.rollup.passes import Reader, condition_reader, key_reader, value_reader

SLICE = 1 << 16
"""Rows that are worked on at once: what they need fits into the cache of a processor."""


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

    def pairs(name: str) -> CallerPairs:
        position = np.zeros(size, dtype=np.int64)
        position[occurring] = np.arange(len(occurring))
        return _pairs(frame[measures[name].value], position[ids(slice(None))])

    return Groups(
        keys=[Codes(codes, one) for codes, one in zip(decode(occurring), labels, strict=True)],
        sums={name: total[occurring] for name, total in totals.items()},
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
    tests = {test for measure in measures.values() for test in measure.where}
    conditions = {test: condition_reader(frame, test) for test in tests}
    columns = {_source(one): value_reader(frame, one) for one in measures.values() if _source(one) is not None}
    totals = {name: np.zeros(size, dtype=np.int64) for name, one in measures.items() if one.needs}
    rows = np.zeros(size, dtype=np.int64)
    for start in range(0, len(frame), SLICE):
        at = slice(start, start + SLICE)
        group = ids(at)
        _count(rows, group)
        passing = {test: read(at) for test, read in conditions.items()}
        values = {source: read(at) for source, read in columns.items()}
        for name, total in totals.items():
            _add(total, group, measures[name], passing, values)
    return rows, totals | {name: rows for name, one in measures.items() if not one.needs}


def _source(measure: Measure) -> Any:
    """Name what a measure sums, so that measures of one column read it once; None: rows are counted."""
    if measure.rows is not None:
        return measure.name
    return None if measure.value is None else (measure.value, measure.scale, measure.factor)


def _add(
    total: Ints,
    group: Ints,
    measure: Measure,
    passing: Mapping[Condition, Any],
    values: Mapping[Any, Any],
) -> None:
    mask = None
    for test in measure.where:
        mask = passing[test] if mask is None else mask & passing[test]
    source = _source(measure)
    if source is None:
        _count(total, group if mask is None else group[mask])
    else:
        np.add.at(total, group, values[source] if mask is None else values[source] * mask)


def _count(total: Ints, group: Ints) -> None:
    if len(total) <= len(group):
        total += np.bincount(group, minlength=len(total))
    else:
        np.add.at(total, group, np.ones(len(group), dtype=np.int64))


def _pairs(callers: pd.Series[Any], groups: Ints) -> CallerPairs:
    """Return the distinct pairs of group and caller; unknown callers are in none."""
    codes, found = pd.factorize(callers, use_na_sentinel=True)
    known = codes >= 0
    width = max(len(found), 1)
    different = pd.unique(groups[known] * width + codes[known])
    return different // width, different % width, pd.Series(found)
