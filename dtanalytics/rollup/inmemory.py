"""Measures per group of a pandas frame: one fused key, one pass for each measure, no copy of the frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dtanalytics.measures import Measure
from dtanalytics.rollup.encode import amounts, key_codes, mask
from dtanalytics.rollup.groups import CallerPairs, Codes, Groups, Ints, fuse
from dtanalytics.rollup.keys import Key

_EXACT = float(2**53)


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
    coded = [key_codes(frame, key) for key in keys]
    ids, size, decode = fuse([one.codes for one in coded], [one.size for one in coded], len(frame))
    rows = np.bincount(ids, minlength=size)
    occurring = np.flatnonzero(rows) if keys else np.zeros(1, dtype=np.int64)
    sums = {
        name: (rows if measure.needs == () else _sum(frame, measure, ids, size))[occurring]
        for name, measure in measures.items()
        if not measure.distinct
    }
    position = np.zeros(size, dtype=np.int64)
    position[occurring] = np.arange(len(occurring))

    def pairs(name: str) -> CallerPairs:
        return _pairs(frame[measures[name].value], position[ids])

    return Groups(
        keys=[Codes(codes, one.labels) for codes, one in zip(decode(occurring), coded, strict=True)],
        sums=sums,
        pairs=pairs,
        measures=measures,
        count=len(occurring),
    )


def _sum(frame: pd.DataFrame, measure: Measure, ids: Ints, size: int) -> Ints:
    passing = mask(frame, measure.where)
    if measure.value is None and measure.rows is None:
        return np.bincount(ids[passing], minlength=size)
    values = amounts(frame, measure)
    if passing is not None:
        ids, values = ids[passing], values[passing]
    return exact_sum(ids, values, size)


def exact_sum(ids: Ints, values: npt.NDArray[Any], size: int) -> Ints:
    """Add up whole numbers by group, exactly."""
    if float(np.abs(values).sum(dtype=np.float64)) < _EXACT:
        # every partial sum is a whole number below 2**53, and floats hold those exactly
        return np.bincount(ids, weights=values, minlength=size).astype(np.int64)
    sums = np.zeros(size, dtype=np.int64)
    np.add.at(sums, ids, values.astype(np.int64))
    return sums


def _pairs(callers: pd.Series[Any], groups: Ints) -> CallerPairs:
    """Return the distinct pairs of group and caller; unknown callers are in none."""
    codes, found = pd.factorize(callers, use_na_sentinel=True)
    known = codes >= 0
    width = max(len(found), 1)
    different = pd.unique(groups[known] * width + codes[known])
    return different // width, different % width, pd.Series(found)
