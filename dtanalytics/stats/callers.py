"""Sums by caller; callers with equal sums are stored once, with their count."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dtanalytics.columns.numbering import counted, dense
from dtanalytics.columns.slices import by_slices, slices
from dtanalytics.errors import InputError
from dtanalytics.stats.intervals import Floats, as_floats

Ints = npt.NDArray[np.int64]
_LARGEST = 1 << 31
"""Below it, the product with the number of a group fits in an int64."""
_RARE = 8
"""Of so many rows one has money: the others' callers are only counted."""
_SORTED = 1 << 62
"""So many kinds of callers can be told apart by one whole number."""


@dataclass(frozen=True)
class Callers:
    """Sums by caller; one element for all callers of a group with equal sums, sorted.

    Attributes
    ----------
    group : numpy.ndarray
        Number of the group.
    value, denominator : numpy.ndarray
        Sums of one such caller.
    count : numpy.ndarray [callers]
        How many callers of the group are alike.
    groups : int
        Number of groups.
    """

    group: Ints
    value: Floats
    denominator: Floats
    count: Floats
    groups: int

    def in_currency(self, scale: int) -> Callers:
        """Turn sums of money in units of ``1 / scale`` into currency."""
        return replace(self, value=self.value / scale)

    def per_group(self, values: Floats) -> Floats:
        """Add up by group, each kind as often as it occurs."""
        return np.bincount(self.group, self.count * values, self.groups).astype(np.float64, copy=False)


def gather_callers(values: Any, denominators: Any, clusters: Any, codes: Ints, groups: int) -> Callers:
    """Add up by group and cluster, then count the clusters with equal sums.

    Parameters
    ----------
    values, denominators, clusters
        As in `clustered_bootstrap`.
    codes : numpy.ndarray
        Number of each row's group, from 0.
    groups : int
        Number of groups.

    Returns
    -------
    Callers
    """
    money = np.nan_to_num(as_floats(values))
    calls = np.ones(len(money)) if denominators is None else np.nan_to_num(as_floats(denominators))
    who = np.arange(len(money)) if clusters is None else alone_where_null(_factorized(clusters))
    if not len(money) == len(calls) == len(who) == len(codes):
        raise InputError(
            f"{len(money)} values, {len(calls)} denominators, {len(who)} clusters, {len(codes)} groups: "
            "give one of each a row"
        )
    if clusters is not None:
        many = int(who.max(initial=0)) + 1
        keys = codes * many + who
        moved = np.flatnonzero(money)
        if denominators is None and moved.size * _RARE < money.size:
            touched, (pairs, times) = keys[moved], counted(keys)
            sums = np.bincount(np.searchsorted(pairs, touched), money[moved], pairs.size)
            return count_alike(pairs // many, sums.astype(np.float64), times.astype(np.float64), groups)
        pair = dense(keys)  # nearly as many as there are rows: sorted in less time than hashed
        first = np.empty(int(pair.max(initial=-1)) + 1, dtype=np.int64)
        first[pair] = np.arange(pair.size)
        money = np.bincount(pair, money).astype(np.float64)  # counts when there are no rows
        calls = np.bincount(pair, calls).astype(np.float64)
        codes = codes[first]
    return count_alike(codes, money, calls, groups)


def count_alike(codes: Ints, money: Floats, calls: Floats, groups: int) -> Callers:
    """Count together the callers of a group that have the same sums; one element a caller.

    Sums that are whole numbers, as those of money in its smallest unit, are counted in less time.
    """
    least, most = money.min(initial=0), money.max(initial=0)
    wide, long = most - least + 1, calls.max(initial=0) + 1
    if groups * wide * long < _SORTED and calls.min(initial=0) >= 0 and _whole(money) and _whole(calls):
        wide, long = int(wide), int(long)

        def key(codes: Ints, money: Floats, calls: Floats) -> Ints:
            keys: Ints = (codes * wide + (money - least).astype(np.int64)) * long + calls.astype(np.int64)
            return keys

        kinds, count = counted(by_slices(key, codes, money, calls, dtype=np.int64))
        both, called = np.divmod(kinds, long)
        group, amount = np.divmod(both, wide)
        return Callers(group, amount + least, called.astype(np.float64), count.astype(np.float64), groups)
    # Sums of the same amounts in another order differ in the last bits; they are alike none the less.
    scale = np.abs(money).max(initial=0.0) or 1.0
    kind, _ = _number(codes, pd.factorize(np.rint(money / scale * 2.0**40))[0])
    kind, first = _number(kind, pd.factorize(calls)[0])
    alike = np.bincount(kind).astype(np.float64)
    order = np.lexsort((calls[first], money[first], codes[first]))  # whatever the order of the rows
    first = first[order]
    return Callers(codes[first], money[first], calls[first], alike[order], groups)


def _whole(numbers: Floats) -> bool:
    return all((np.rint(numbers[part]) == numbers[part]).all() for part in slices(len(numbers)))


def number_groups(labels: Any, rows: int) -> tuple[Ints, pd.Index]:
    """Number the groups of the rows in the order of their labels, null last; all one when None."""
    if labels is None:
        return np.zeros(rows, dtype=np.int64), pd.RangeIndex(min(rows, 1))
    codes, index = pd.factorize(pd.Series(labels), sort=True, use_na_sentinel=False)
    return codes.astype(np.int64), pd.Index(index)


def alone_where_null(codes: Ints) -> Ints:
    """Give each null (code -1) a code of its own: an unknown caller is a cluster alone."""
    null = np.flatnonzero(codes < 0)
    if null.size:
        codes = codes.copy()
        codes[null] = codes.max() + 1 + np.arange(null.size)
    return codes


def _number(first: Ints, second: Ints) -> tuple[Ints, Ints]:
    """Number the pairs that occur; also the row in which each occurs first."""
    pair = pd.factorize(first * (int(second.max(initial=0)) + 1) + second)[0]
    where = np.empty(int(pair.max(initial=-1)) + 1, dtype=np.int64)
    where[pair[::-1]] = np.arange(pair.size)[::-1]
    return pair, where


def _factorized(values: Any) -> Ints:
    numbers = np.asarray(values) if getattr(values, "dtype", None) == np.int64 else None
    if numbers is not None and numbers.min(initial=0) >= 0 and numbers.max(initial=0) < _LARGEST:
        return numbers  # numbered by the caller
    return np.asarray(pd.factorize(pd.Series(values))[0], dtype=np.int64)
