"""Design effects of rates of calls: which callers of a frame, and of each of its groups, call again."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from dtanalytics.analysis.tables import group_codes
from dtanalytics.analysis.traffic import Traffic
from dtanalytics.columns.numbering import counted, numbered, repeats_by_row, runs, sortable
from dtanalytics.metrics.dictionary import measures_for
from dtanalytics.rollup import rollup
from dtanalytics.rollup.groups import DENSE
from dtanalytics.rollup.pandas_calls import number_rows, passing
from dtanalytics.stats.design_effect import design_effect, shared_effect
from dtanalytics.stats.intervals import Floats

_LARGEST = 1 << 62
_SHORT = np.iinfo(np.int32).max


class _Kinds(NamedTuple):
    """Counts of the callers with several calls; all others have one call each.

    Attributes
    ----------
    group : numpy.ndarray
        Number of each row's group.
    counts : mapping
        Name of a count -> that of one such caller of the group [calls].
    whole : pandas.DataFrame [calls]
        Counts of each group.
    callers : numpy.ndarray [callers]
        How many callers of the group have these counts.
    """

    group: npt.NDArray[np.int64]
    counts: Mapping[str, npt.NDArray[np.int64]]
    whole: pd.DataFrame
    callers: npt.NDArray[np.int64]

    @classmethod
    def alike(
        cls,
        group: npt.NDArray[np.int64],
        counts: Mapping[str, npt.NDArray[np.int64]],
        whole: pd.DataFrame,
    ) -> _Kinds:
        """Put callers of a group with equal counts together: a million are a few thousand kinds."""
        columns = list(counts.values())
        radices = [int(column.max(initial=0)) + 1 for column in columns]
        size = (int(group.max(initial=0)) + 1) * prod(radices)
        if size >= _LARGEST:
            return cls(group, counts, whole, np.ones(len(group), dtype=np.int64))
        key = group.copy()
        for column, radix in zip(columns, radices, strict=True):
            key *= radix
            key += column
        if size <= max(DENSE, len(key)):
            callers = np.bincount(key, minlength=size)
            rest = np.flatnonzero(callers)
            callers = callers[rest]
        else:
            rest, callers = counted(key)
        kinds = {}
        for name, radix in zip(reversed(list(counts)), reversed(radices), strict=True):
            rest, kinds[name] = np.divmod(rest, radix)
        return cls(rest, kinds, whole, callers)

    def of(self, hits: str, trials: str) -> tuple[npt.NDArray[np.int64], Floats, Floats, Floats, int]:
        """Kinds of callers of a rate, as `design_effect` takes them."""
        mine, calls = (self.counts[name].astype(np.float64) for name in (hits, trials))
        all_hits, all_calls = (self.whole[name].to_numpy(dtype=np.float64) for name in (hits, trials))
        groups = len(all_calls)
        once = all_calls - np.bincount(self.group, self.callers * calls, groups)
        again = np.bincount(self.group, self.callers * np.minimum(mine, calls), groups)
        counted = np.clip(all_hits - again, 0, once)
        numbers = np.arange(groups)
        return (
            np.concatenate([self.group, numbers, numbers]),
            np.concatenate([mine, np.ones(groups), np.zeros(groups)]),
            np.concatenate([calls, np.ones(2 * groups)]),
            np.concatenate([self.callers, counted, once - counted]),
            groups,
        )


class Effects(NamedTuple):
    """Design effects of a rate [ratio]: a group's own for its interval, and shared ones to weigh groups."""

    own: Floats
    shared: Floats


def design_effects(
    traffic: Traffic, rates: Mapping[str, tuple[str, str]], counts: pd.DataFrame, confidence: float
) -> dict[str, Effects]:
    """Design effects of each rate, an element a segment.

    Parameters
    ----------
    traffic : Traffic
        With the columns that the counts are made of.
    rates : mapping
        Name -> (numerator, denominator), names of counts.
    counts : pandas.DataFrame
        Those counts by segment, in order.
    confidence : float [ratio]
        Coverage of the interval.
    """
    # Callers with one call either qualified or not; both numbers follow from the totals.
    calls = traffic.calls
    often = np.bincount(traffic.pair) > 1
    again = np.flatnonzero(often[traffic.pair])
    number = np.cumsum(often) - 1
    wanted = list(dict.fromkeys(name for pair in rates.values() for name in pair))
    needed = dict.fromkeys(
        need for one in measures_for(wanted, list(calls.columns)).values() for need in one.needs
    )
    rows = pd.DataFrame({name: calls[name].array.take(again) for name in needed}, copy=False)
    table = rollup(rows.assign(_pair=number[traffic.pair[again]]), "_pair", wanted)
    group = traffic.pair_segment[np.flatnonzero(often)]
    mine = {name: table[name].to_numpy(dtype=np.int64) for name in wanted}
    kinds = _Kinds.alike(group, mine, counts)
    found = {name: kinds.of(*pair) for name, pair in rates.items()}
    return {
        name: Effects(design_effect(*kind, confidence), shared_effect(*kind)) for name, kind in found.items()
    }


def design_effects_of_table(
    calls: pd.DataFrame,
    table: pd.DataFrame,
    keys: list[str],
    rates: Mapping[str, tuple[str, str]],
    confidence: float,
) -> dict[str, Floats]:
    """Design effects of the rates of a rollup's rows; 1 where the calls do not say who called.

    Parameters
    ----------
    calls : pandas.DataFrame
        The calls that were rolled up.
    table : pandas.DataFrame
        The rollup, with the counts that the rates are made of; the total's row is marked by ``is_total``.
    keys : list of str
        What was grouped by, as `rollup` takes it.
    rates, confidence
        As for `design_effects`.
    """
    ones = {name: np.ones(len(table)) for name in rates}
    if "caller_id" not in calls or "caller_id" in keys:
        return ones
    rows, caller = repeats_by_row(calls["caller_id"])
    if not rows.size:
        return ones
    total = np.zeros(len(table), dtype=bool)
    if "is_total" in table:
        total = table["is_total"].to_numpy(dtype=bool)
    for part, by in ((~total, keys), (total, [])):
        if part.any():
            shown = table if part.all() else table.loc[part]
            effects = _effects_of_rows(calls, rows, caller, shown, by, rates, confidence)
            for name, effect in effects.items():
                ones[name][part] = effect
    return ones


def _effects_of_rows(
    calls: pd.DataFrame,
    rows: npt.NDArray[np.int64],
    caller: npt.NDArray[np.int64],
    table: pd.DataFrame,
    by: list[str],
    rates: Mapping[str, tuple[str, str]],
    confidence: float,
) -> dict[str, Floats]:
    """Design effects of rows of a table, from the rows of numbered callers who call again."""
    numbers, labels = number_rows(calls, by, rows)
    group = _places(labels, table)[numbers]
    wanted = list(dict.fromkeys(name for pair in rates.values() for name in pair))
    passes = passing(calls, measures_for(wanted, list(calls.columns)), rows)
    if group.min(initial=0) < 0:
        kept = group >= 0
        group, caller = group[kept], caller[kept]
        passes = {name: mask[kept] for name, mask in passes.items()}
    occurring, counts = _counts_of_pairs(caller * len(table) + group, passes)
    kinds = _Kinds.alike(occurring % len(table), counts, table)
    return {name: design_effect(*kinds.of(*pair), confidence) for name, pair in rates.items()}


def _counts_of_pairs(
    pair: npt.NDArray[np.int64], passes: Mapping[str, npt.NDArray[np.bool_]]
) -> tuple[npt.NDArray[np.int64], dict[str, npt.NDArray[np.int64]]]:
    """Count what passes of each pair of caller and group that occurs, in the order of the pairs."""
    # A row's pair and what it passes are one number: sorted, the rows of a pair stand together.
    keys = pair << len(passes)
    for at, mask in enumerate(passes.values()):
        keys |= mask.astype(np.int64) << at
    if int(keys.max(initial=0)) <= _SHORT:
        keys = keys.astype(np.int32)  # sorted in half of the time
    keys.sort()
    begins, _ = runs(keys >> len(passes))
    ends = np.append(begins, len(keys))
    so_far = np.zeros(len(keys) + 1, dtype=np.int64)
    counts = {}
    for at, name in enumerate(passes):
        np.cumsum((keys >> at) & 1, out=so_far[1:])
        counts[name] = np.diff(so_far[ends])
    return (keys[begins] >> len(passes)).astype(np.int64), counts


def _places(labels: pd.DataFrame, table: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Row of a table that each group is in, -1 for those that `having` and `top` left out."""
    names = [str(name) for name in labels]
    if len(table) == len(labels) and all(table[name].array.equals(labels[name].array) for name in names):
        return np.arange(len(labels))
    shown = table[names].reset_index(drop=True)
    both = group_codes(pd.concat([shown, labels], ignore_index=True), names)[0]
    place = np.full(len(both), -1)
    place[both[: len(shown)]] = np.arange(len(shown))
    return place[both[len(shown) :]]


def shared_effects(
    callers: pd.Series, codes: npt.NDArray[np.int64], hits: Floats, trials: Floats, groups: int
) -> Floats:
    """Design effects of one rate for groups that are weighed against each other (see `shared_effect`).

    Parameters
    ----------
    callers : Series
        Of each call.
    codes, hits, trials : numpy.ndarray
        Group of each call, and whether it counts and is counted (1 or 0).
    groups : int
        Number of groups.
    """
    # Caller, group and both counts in one number: what is sorted by it needs no other look at the rows.
    low = groups.bit_length() + 2
    who = sortable(callers)
    if int(who.max(initial=0)) >> (63 - low):
        who = numbered(callers)
    keys = who << low
    keys |= codes << 2
    keys |= hits.astype(np.int64) << 1
    keys |= trials.astype(np.int64)
    keys.sort()
    keys = keys[np.searchsorted(keys, 0) :]  # a call whose caller is unknown is alone
    same = np.zeros(keys.size + 1, dtype=bool)
    same[1:-1] = (keys[1:] >> low) == (keys[:-1] >> low)
    keys = keys[same[1:] | same[:-1]]
    begins, _ = runs(keys >> 2)
    marks = ((keys >> 1) & 1, keys & 1)
    again = {
        name: np.add.reduceat(values, begins) if begins.size else values
        for name, values in zip(("hits", "calls"), marks, strict=True)
    }
    sums = (np.bincount(codes, values, groups) for values in (hits, trials))
    whole = pd.DataFrame(dict(zip(("hits", "calls"), sums, strict=True)))
    group = (keys[begins] >> 2) & ((1 << (low - 2)) - 1)
    effect = shared_effect(*_Kinds.alike(group, again, whole).of("hits", "calls"))
    return np.where(np.isnan(effect), 1.0, effect)
