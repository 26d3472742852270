"""Measures per group of a pandas frame: one fused key, integer sums, slice by slice, no copy of the frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import reduce as reduce_all
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dtanalytics.columns.numbering import numbered
from dtanalytics.metrics.measures import Measure, kind_of
from dtanalytics.rollup.codes import Finer
from dtanalytics.rollup.frame_columns import Columns, loaded
from dtanalytics.rollup.groups import (
    CallerPairs,
    Codes,
    Decode,
    Groups,
    Ints,
    compress,
    fuse,
    is_dense,
    unmixed,
)
from dtanalytics.rollup.keys import Key, resolve
from dtanalytics.rollup.packed.blocks import add_up
from dtanalytics.rollup.packed.readers import KeyReader, TimesOfDay, condition_reader, key_codes


class PandasCalls:
    """A pandas frame of calls, as `rollup` reads it."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame
        self.columns = frame.columns.tolist()

    def reduce(self, keys: Sequence[Key], measures: Mapping[str, Measure]) -> Groups:
        """Sum the measures of each group."""
        return reduce(self.frame, keys, measures)

    def wrap(self, table: pd.DataFrame, keys: Sequence[Key]) -> pd.DataFrame:  # noqa: ARG002 - other engines need them
        """Return the table as it is."""
        return table


def reduce(frame: pd.DataFrame, keys: Sequence[Key], measures: Mapping[str, Measure]) -> Groups:
    """Sum the measures of each group; groups come in the order of the keys, nulls last."""
    columns = Columns(frame)
    settled = {name: _settled(columns, one) for name, one in measures.items()}
    days = True
    while True:
        try:
            return _reduce(columns, keys, settled, days=days)
        except TimesOfDay:
            days = False
        except Finer as finer:
            column = str(finer)
            settled = {
                name: _settled(columns, one, exact=True) if one.value == column else one
                for name, one in settled.items()
            }


def number_rows(
    frame: pd.DataFrame, by: Sequence[str], rows: Ints | None = None
) -> tuple[Ints, pd.DataFrame]:
    """Number the groups of the rows of a frame, or of some, in the order in which `rollup` lists them.

    Returns
    -------
    (numbers, labels)
        A number a row, and the columns of ``by`` as in a rollup, one row a number.
    """
    columns, keys = Columns(frame), resolve(by, list(frame.columns))
    count = len(columns) if rows is None else len(rows)
    try:
        found = [key_codes(columns, key, days=True) for key in keys]
        codes = [_whole(key.read, count, rows) for key in found]
    except TimesOfDay:
        found = [key_codes(columns, key, days=False) for key in keys]
        codes = [_whole(key.read, count, rows) for key in found]
    ids, size, decode = fuse(codes, [key.size for key in found], count)
    numbers, occurring = compress(ids, size)
    parts = zip(keys, decode(occurring), found, strict=True)
    labels = {key.name: Codes(code, one.labels).take(code) for key, code, one in parts}
    return numbers, pd.DataFrame(labels, index=range(len(occurring)))


def passing(
    frame: pd.DataFrame, measures: Mapping[str, Measure], rows: Ints
) -> dict[str, npt.NDArray[np.bool_]]:
    """Find which of some rows each measure counts.

    Returns
    -------
    dict
        Name of a measure -> whether a row passes all of its conditions.
    """
    columns = Columns(frame)
    everything = np.ones(len(rows), dtype=bool)
    tests = dict.fromkeys(test for one in measures.values() for test in one.where)
    passed = {test: condition_reader(columns, test)(rows) for test in tests}
    return {
        name: reduce_all(np.logical_and, (passed[test] for test in one.where), everything)
        for name, one in measures.items()
    }


def _settled(columns: Columns, measure: Measure, *, exact: bool = False) -> Measure:
    """Give a measure the decimals in which its values are exact, unless it reads what loaders make."""
    if measure.counts or measure.distinct:
        return measure
    sent = measure.rows is None and kind_of(str(measure.value)) != ""
    if sent and not exact and loaded(columns[str(measure.value)], measure):
        return measure
    return replace(measure, finer=columns.exact(replace(measure, finer=None))[1])


def _reduce(columns: Columns, keys: Sequence[Key], measures: Mapping[str, Measure], *, days: bool) -> Groups:
    found = [key_codes(columns, key, days=days) for key in keys]
    ids, size, decode = _fused([key.read for key in found], [key.size for key in found], len(columns))
    summed = {name: one for name, one in measures.items() if not one.distinct}
    rows, totals = add_up(columns, ids, size, summed)
    occurring = np.flatnonzero(rows) if keys else np.zeros(1, dtype=np.int64)
    if len(occurring) < size:
        totals = {name: total[occurring] for name, total in totals.items()}

    def pairs(name: str) -> CallerPairs:
        position = np.zeros(size, dtype=np.int64)
        position[occurring] = np.arange(len(occurring))
        return _pairs(columns.read(str(measures[name].value), "caller"), position[_whole(ids, len(columns))])

    return Groups(
        keys=[Codes(codes, key.labels) for codes, key in zip(decode(occurring), found, strict=True)],
        sums=totals,
        pairs=pairs,
        measures=measures,
        count=len(occurring),
    )


def _fused(readers: Sequence[KeyReader], sizes: Sequence[int], rows: int) -> tuple[KeyReader, int, Decode]:
    """Return a reader of the groups' numbers: fused as they are read while all of them are few."""
    size = int(np.prod(sizes, dtype=object)) if sizes else 1
    if not is_dense(size, rows):
        ids, size, decode = fuse([_whole(read, rows) for read in readers], sizes, rows)
        return lambda at, out: np.copyto(out, ids[at]), size, decode

    def read(at: slice | Ints, out: Ints) -> None:
        if not readers:
            out.fill(0)
            return
        readers[0](at, out)
        part = np.empty_like(out) if len(readers) > 1 else out
        for reader, radix in zip(readers[1:], sizes[1:], strict=True):
            out *= radix
            reader(at, part)
            out += part

    return read, size, unmixed(sizes)


def _whole(read: KeyReader, count: int, rows: Ints | None = None) -> Ints:
    """Read the codes of all rows, or of some."""
    codes = np.empty(count, dtype=np.int64)
    read(slice(0, count) if rows is None else rows, codes)
    return codes


def _pairs(callers: pd.Series[Any], groups: Ints) -> CallerPairs:
    """Return the distinct pairs of group and caller; unknown callers are in none."""
    codes = numbered(callers)
    width = int(codes.max(initial=-1)) + 1
    known = codes >= 0
    if not known.all():
        codes, groups, callers = codes[known], groups[known], callers[known]
    place = np.empty(width, dtype=np.int64)
    place[codes] = np.arange(len(codes))
    different = pd.unique(groups * width + codes)
    return different // max(width, 1), different % max(width, 1), callers.iloc[place].reset_index(drop=True)
