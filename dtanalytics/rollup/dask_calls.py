"""Calls in Dask: each partition is reduced by its worker, then the partial sums are added up in a tree."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.errors import SchemaError
from dtanalytics.metrics.formulas import checked
from dtanalytics.metrics.measures import Measure
from dtanalytics.rollup.groups import Groups
from dtanalytics.rollup.keys import Key
from dtanalytics.rollup.merge import merge_partials
from dtanalytics.rollup.pandas_calls import reduce
from dtanalytics.rollup.weekdays import WEEKDAY_TYPE

Part = tuple[pd.DataFrame, dict[str, pd.DataFrame], dict[str, int]]
"""Sums by group, distinct pairs of group and caller by measure, decimals of the sums."""
FAN_IN = 16
"""Partial results that one task adds up."""


class DaskCalls:
    """A Dask frame; the scheduler in charge (threads, processes, a cluster) does the work."""

    def __init__(self, frame: Any) -> None:
        self.frame = frame
        self.columns = list(frame.columns)

    def reduce(self, keys: Sequence[Key], measures: Mapping[str, Measure]) -> Groups:
        """Sum the measures of each group."""
        from dask.delayed import delayed

        needed = {need for measure in measures.values() for need in measure.needs}
        needed |= {key.column for key in keys}
        wanted = [name for name in self.columns if name in needed] or self.columns[:1]
        names = [f"k{at}" for at in range(len(keys))]
        partial = delayed(_partial, pure=True)
        level = [partial(part, list(keys), dict(measures)) for part in self.frame[wanted].to_delayed()]
        merge = delayed(_merge, pure=True)
        while len(level) > 1:
            level = [merge(level[at : at + FAN_IN], names) for at in range(0, len(level), FAN_IN)]
        sums, pairs, decimals = level[0].compute()
        measures = {
            name: replace(one, finer=decimals[name]) if name in decimals else one
            for name, one in measures.items()
        }

        def callers(name: str) -> tuple[list[pd.Series[Any]], pd.Series[Any]]:
            return [pairs[name][key] for key in names], pairs[name]["caller"]

        summed = {name: sums[name].to_numpy() for name, one in measures.items() if not one.distinct}
        return merge_partials([sums[key] for key in names], summed, callers, measures, len(sums))

    def wrap(self, table: pd.DataFrame, keys: Sequence[Key]) -> Any:
        """Return a Dask frame of one partition."""
        import dask.dataframe as dd

        for key in keys:
            if key.freq is None and key.name in table.columns:
                table[key.name] = table[key.name].astype(self.frame.dtypes[key.column])
        return dd.from_pandas(table, npartitions=1, sort=False)  # type: ignore[no-untyped-call] # dask has no types


def _partial(part: pd.DataFrame, keys: list[Key], measures: dict[str, Measure]) -> Part:
    """Reduce one partition: sums by group, the distinct pairs of group and caller, decimals of the sums."""
    groups = reduce(part, keys, measures)
    labels = {f"k{at}": _plain(key.take(key.codes)) for at, key in enumerate(groups.keys)}
    index = range(groups.count)
    pairs = {}
    for name in (name for name, measure in measures.items() if measure.distinct):
        group, caller, callers = groups.pairs(name)
        met = pd.DataFrame(labels, index=index).take(group).assign(caller=callers.take(caller).to_numpy())
        nobody = pd.DataFrame(labels, index=index).assign(caller=None)  # so that every group is there
        pairs[name] = pd.concat([nobody, met.astype({"caller": "object"})], ignore_index=True)
    decimals = {name: one.decimals for name, one in groups.measures.items() if not one.distinct}
    return pd.DataFrame(labels | groups.sums, index=index), pairs, decimals


def _merge(parts: list[Part], names: list[str]) -> Part:
    """Add up partial results; sums of fewer decimals are brought to those of the most."""
    decimals = {name: max(part[2][name] for part in parts) for name in parts[0][2]}
    tables = [_at(sums, had, decimals) for sums, _, had in parts]
    table = pd.concat(tables, ignore_index=True)
    added = {name: table[name].to_numpy() for name in table.columns if name not in names}
    groups = merge_partials([table[name] for name in names], added, _no_pairs, {}, len(table))
    labels = {name: key.take(key.codes) for name, key in zip(names, groups.keys, strict=True)}
    met = {
        name: pd.concat([pairs[name] for _, pairs, _ in parts], ignore_index=True).drop_duplicates()
        for name in parts[0][1]
    }
    return pd.DataFrame(labels | groups.sums, index=range(groups.count)), met, decimals


def _at(sums: pd.DataFrame, had: Mapping[str, int], decimals: Mapping[str, int]) -> pd.DataFrame:
    more = {name: 10 ** (many - had[name]) for name, many in decimals.items() if many > had[name]}
    try:
        scaled = {
            name: checked(operator.mul, sums[name].to_numpy(), np.asarray(factor))
            for name, factor in more.items()
        }
    except OverflowError:
        raise SchemaError(f"the sums of {', '.join(more)} are too large to be counted exactly") from None
    return sums.assign(**scaled)


def _no_pairs(name: str) -> tuple[list[pd.Series[Any]], pd.Series[Any]]:
    raise AssertionError(name)  # callers are told apart when all parts are together


def _plain(array: Any) -> pd.Series[Any]:
    """Return categories as plain values: partitions may have different ones, but of the same weekdays."""
    labels = pd.Series(array)
    if isinstance(labels.dtype, pd.CategoricalDtype) and labels.dtype != WEEKDAY_TYPE:
        return labels.astype(labels.cat.categories.dtype)
    return labels
