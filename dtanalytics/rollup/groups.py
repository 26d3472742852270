"""Measures per group, and what can be made of them without going back to the rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dtanalytics.errors import InputError
from dtanalytics.metrics.formulas import Amount
from dtanalytics.metrics.measures import Measure
from dtanalytics.money import sums

Ints = npt.NDArray[np.int64]
CallerPairs = tuple[Ints, Ints, "pd.Series[Any]"]
Decode = Callable[[Ints], list[Ints]]

DENSE = 1 << 12
"""Up to this many possible groups, a table of all of them is cheaper than numbering those that occur."""
TABLE = 1 << 20
"""Up to this many possible groups, those that occur are found in a table of all of them."""


@dataclass
class Codes:
    """A column as ranks: ``codes`` index ``labels``, which are sorted; ``len(labels)`` stands for null."""

    codes: npt.NDArray[Any]
    labels: pd.Series[Any]

    @property
    def size(self) -> int:
        """How many different codes there may be."""
        return len(self.labels) + 1

    def take(self, codes: Ints) -> Any:
        """Return the labels of these codes as an array; codes beyond the labels become null."""
        inside = (codes >= 0) & (codes < len(self.labels))
        if inside.all():
            return self.labels.array.take(codes)
        labels = self.labels
        if labels.dtype.kind in "iub" and isinstance(labels.dtype, np.dtype):
            labels = labels.convert_dtypes()  # so that whole numbers stay whole beside a null
        return labels.array.take(np.where(inside, codes, -1), allow_fill=True)


@dataclass
class Groups:
    """Exact sums of measures for each group, in the order of the keys.

    Attributes
    ----------
    keys : list of Codes
        One for each column of ``by``; ``codes`` has one entry a group.
    sums : dict
        Measure -> int64, one entry a group; of measures that are not distinct.
    pairs : callable
        Returns the distinct pairs of group and caller as two arrays of codes, and the callers, for
        measures of distinct callers, which do not add up.
    measures : mapping
        Name -> measure.
    count : int
        Number of groups.
    estimates : mapping
        Measure -> estimate of each group, of distinct measures that an engine has estimated.
    """

    keys: list[Codes]
    sums: dict[str, Ints]
    pairs: Callable[[str], CallerPairs]
    measures: Mapping[str, Measure]
    count: int
    estimates: Mapping[str, Ints] = field(default_factory=dict)

    def merged(self, owner: Ints | None, size: int) -> dict[str, Amount]:
        """Return the amounts of ``size`` larger groups.

        ``owner`` says which one each group goes into (-1: none); None: every group stays its own.
        """
        if owner is None:
            return {name: Amount(self._alone(name), one.scale) for name, one in self.measures.items()}
        kept = np.flatnonzero(owner >= 0)
        amounts = {}
        for name, measure in self.measures.items():
            if name in self.estimates:
                values = self._estimated(name, owner[kept], kept, size)
            elif measure.distinct:
                values = self._distinct(name, owner, size)
            else:
                values = sums(owner[kept], size, self.sums[name][kept])
            amounts[name] = Amount(values, measure.scale)
        return amounts

    def _alone(self, name: str) -> Ints:
        if name in self.estimates:
            return self.estimates[name]
        if self.measures[name].distinct:
            return np.bincount(self.pairs(name)[0], minlength=self.count)
        return self.sums[name]

    def _estimated(self, name: str, owner: Ints, kept: Ints, size: int) -> Ints:
        if np.bincount(owner, minlength=size).max(initial=0) > 1:
            raise InputError(
                f"estimates of {name!r} do not add up, since groups share callers: with exact=False, leave "
                "out total, top and columns, or ask for each level of by on its own"
            )
        values = np.zeros(size, dtype=np.int64)
        values[owner] = self.estimates[name][kept]
        return values

    def _distinct(self, name: str, owner: Ints, size: int) -> Ints:
        group, caller, _ = self.pairs(name)
        larger = owner[group]
        inside = larger >= 0
        larger, caller = larger[inside], caller[inside]
        if not len(caller):
            return np.zeros(size, dtype=np.int64)
        different = pd.unique(larger * (caller.max() + 1) + caller)
        return np.bincount(different // (caller.max() + 1), minlength=size)


def is_dense(size: int, rows: int) -> bool:
    """Tell whether a table of all possible groups is cheaper than numbering those that occur."""
    return size <= max(DENSE, rows // 2 + 1)


def fuse(codes: Sequence[npt.NDArray[Any]], sizes: Sequence[int], rows: int) -> tuple[Ints, int, Decode]:
    """Make one number of several codes, in their order.

    Returns
    -------
    (ids, size, decode) : tuple
        ``ids`` lie below ``size``, not all of which need to occur; ``decode(ids)`` gives the codes
        back, one array for each of ``codes``.
    """
    if not codes:
        return np.zeros(rows, dtype=np.int64), 1, unmixed([])
    ids, size = codes[0].astype(np.int64, copy=False), sizes[0]
    decode = unmixed(sizes[:1])
    for code, radix in zip(codes[1:], sizes[1:], strict=True):
        ids = ids * radix
        ids += code
        size, decode = size * radix, _paired(decode, radix)
        if not is_dense(size, rows):
            ids, occurring = compress(ids, size)
            size, decode = len(occurring), _listed(decode, occurring)
    return ids, size, decode


def compress(ids: Ints, size: int) -> tuple[Ints, Ints]:
    """Number what occurs from 0, keeping the order: ``occurring[numbers] == ids``, all below ``size``."""
    if size <= max(TABLE, 4 * len(ids)):
        present = np.zeros(size, dtype=bool)
        present[ids] = True
        occurring = np.flatnonzero(present)
        position = np.empty(size, dtype=np.int64)
        position[occurring] = np.arange(len(occurring))
        return position[ids], occurring
    found, unsorted = pd.factorize(ids)
    order = np.argsort(unsorted)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return rank[found], unsorted[order]


def unmixed(sizes: Sequence[int]) -> Decode:
    """Return a function that takes combined numbers apart into their codes."""
    decode: Decode = _alone if sizes else _none
    for radix in sizes[1:]:
        decode = _paired(decode, radix)
    return decode


def _none(_: Ints) -> list[Ints]:
    return []


def _alone(ids: Ints) -> list[Ints]:
    return [ids]


def _paired(decode: Decode, radix: int) -> Decode:
    return lambda ids: [*decode(ids // radix), ids % radix]


def _listed(decode: Decode, occurring: Ints) -> Decode:
    return lambda ids: decode(occurring[ids])
